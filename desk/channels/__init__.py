"""The channels: one file or package for each kind of transport, all of them pure translation."""

from desk.channels.abilities import Checked, Fetching, Forged, Hook, Hooked, LookedUp
from desk.channels.base import (
    Automatic,
    Bounce,
    BouncedRecipient,
    Channel,
    ConfigField,
    Cost,
    InboxRef,
    Plain,
    Receipt,
    Step,
    Translated,
    Unreadable,
    discover,
    known,
)

__all__ = [
    "Automatic",
    "Bounce",
    "BouncedRecipient",
    "Channel",
    "Checked",
    "ConfigField",
    "Cost",
    "Fetching",
    "Forged",
    "Hook",
    "Hooked",
    "InboxRef",
    "LookedUp",
    "Plain",
    "Receipt",
    "Step",
    "Translated",
    "Unreadable",
    "discover",
    "known",
]
