"""Joining customers who are one person, by evidence, and parting them again."""

from desk.merging import standing, talks
from desk.merging.codes import ask_code, sender_for
from desk.merging.evidence import Evidence, Suggestion, keep_apart, kept_apart, suggestions
from desk.merging.letters import CodeLetter, compose
from desk.merging.service import (
    BadMerge,
    NotAllowed,
    Preview,
    Side,
    get,
    identity_verified,
    join,
    may_join,
    older_first,
    preview,
    side_of,
    undo,
)
from desk.merging.tables import Apart, Merge, TalkMove

__all__ = [
    "Apart",
    "BadMerge",
    "CodeLetter",
    "Evidence",
    "Merge",
    "NotAllowed",
    "Preview",
    "Side",
    "Suggestion",
    "TalkMove",
    "ask_code",
    "compose",
    "get",
    "identity_verified",
    "join",
    "keep_apart",
    "kept_apart",
    "may_join",
    "older_first",
    "preview",
    "sender_for",
    "side_of",
    "standing",
    "suggestions",
    "talks",
    "undo",
]
