"""The channels: one file or package for each kind of transport, all of them pure translation."""

from desk.channels.base import (
    Automatic,
    Bounce,
    BouncedRecipient,
    Channel,
    ConfigField,
    InboxRef,
    Translated,
    Unreadable,
    discover,
)

__all__ = [
    "Automatic",
    "Bounce",
    "BouncedRecipient",
    "Channel",
    "ConfigField",
    "InboxRef",
    "Translated",
    "Unreadable",
    "discover",
]
