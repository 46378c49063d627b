"""The settings: what an admin changes, and what could not go in or out by itself."""

from desk.web.admin import (
    blocks,
    consent,
    home,
    inboxes,
    loops,
    outbox,
    people,
    quarantine,
    signing,
    teams,
    texts,
    values,
)
from desk.web.admin.face import blueprint

__all__ = [
    "blocks",
    "blueprint",
    "consent",
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
