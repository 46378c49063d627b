"""The settings: what an admin changes, and what could not go in or out by itself."""

from desk.web.admin import home, inboxes, loops, outbox, people, quarantine, signing, teams, texts, values
from desk.web.admin.face import blueprint

__all__ = [
    "blueprint",
    "home",
    "inboxes",
    "loops",
    "outbox",
    "people",
    "quarantine",
    "signing",
    "teams",
    "texts",
    "values",
]
