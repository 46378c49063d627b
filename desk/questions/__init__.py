"""What customers asked, grouped by meaning: what found no good answer, and drafts of the articles that are missing."""

from desk.questions.drafting import draft
from desk.questions.reading import shown
from desk.questions.service import (
    NAME,
    BadGroup,
    ask_draft,
    count,
    dismiss,
    forget,
    group,
    group_of,
    group_with,
    groups,
    members,
    merge,
    note,
    note_handover,
    out,
    rename,
    restore,
    sources,
)
from desk.questions.tables import DraftSource, Question, QuestionGroup, QuestionLens
from desk.questions.working import ask_to_group, waiting, work

__all__ = [
    "NAME",
    "BadGroup",
    "DraftSource",
    "Question",
    "QuestionGroup",
    "QuestionLens",
    "ask_draft",
    "ask_to_group",
    "count",
    "dismiss",
    "draft",
    "forget",
    "group",
    "group_of",
    "group_with",
    "groups",
    "members",
    "merge",
    "note",
    "note_handover",
    "out",
    "rename",
    "restore",
    "shown",
    "sources",
    "waiting",
    "work",
]
