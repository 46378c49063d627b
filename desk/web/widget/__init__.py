"""The widget's public doors: its script, what it boots with, files both ways, and a shop to see it on."""

from desk.web.widget import boot, challenge, demo, events, script, transfer
from desk.web.widget.routes import blueprint

__all__ = ["blueprint", "boot", "challenge", "demo", "events", "script", "transfer"]
