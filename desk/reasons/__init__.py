"""Why customers come: a tree of reasons that people edit, and which of them each episode has."""

from desk.reasons.giving import Given, choose, given, groups_joined, leave_to_desk, let_go, say_what
from desk.reasons.service import (
    DESCRIPTION,
    NAME,
    BadReason,
    Known,
    add,
    archive,
    became,
    change,
    get,
    known,
    merge,
    move,
    shift,
)
from desk.reasons.tables import EpisodeReason, Reason, ReasonGroup

__all__ = [
    "DESCRIPTION",
    "NAME",
    "BadReason",
    "EpisodeReason",
    "Given",
    "Known",
    "Reason",
    "ReasonGroup",
    "add",
    "archive",
    "became",
    "change",
    "choose",
    "get",
    "given",
    "groups_joined",
    "known",
    "leave_to_desk",
    "let_go",
    "merge",
    "move",
    "say_what",
    "shift",
]
