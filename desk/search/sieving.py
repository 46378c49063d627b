"""Filters of the search as a queue: what may stand in one, and which few conversations it can be about."""

from __future__ import annotations

from collections.abc import Sequence
from typing import cast

from sqlalchemy import BinaryExpression, ColumnElement, Table, select
from sqlalchemy.sql import operators

from desk import conversations, segments
from desk.agents import Viewer
from desk.conversations import FEW, STATUSES, Sieve
from desk.conversations.tables import Conversation, ConversationLabel
from desk.search.language import Asked, Filter, Problem, read
from desk.search.narrowing import _C, _condition, _forms, _status, channels, conditions, segments_called
from desk.store import Tx

# What a queue can ask of a conversation. Words, dates and files are asked of lines; a customer's name is theirs, and
# would stay behind in the filter when they are erased.
FILTERS = (
    "is", "status", "channel", "inbox", "team", "assignee", "label", "sentiment", "risk", "priority", "segment",
    "stage",
)  # fmt: skip
_LABELS = cast(Table, ConversationLabel.__table__).c
_ID = cast(Table, Conversation.__table__).c.id


def asked_of_rows(tx: Tx, text: str) -> tuple[Asked, Problem | None]:
    """The filters that were typed, and the first thing among it that no queue can ask for (`words`, `line`)."""
    asked = read(text, tx.now().date())
    if asked.problem is not None:
        return asked, asked.problem
    if asked.terms or asked.numbers:
        return asked, Problem("words", value=asked.terms[0].text if asked.terms else f"#{asked.numbers[0]}")
    for one in asked.filters:
        if one.name not in FILTERS:
            return asked, Problem("line", one.name, one.value)
    return asked, None


def statuses(tx: Tx, filters: Sequence[Filter]) -> tuple[str, ...]:
    """In which of the five statuses a conversation can be that these filters keep."""
    left = set(STATUSES)
    spam = False
    for one in filters:
        if one.name == "status":
            states, names = _status(tx, one)
            spam = spam or "spam" in states or any(name.status == "spam" for name in names)
            # Turned round, one of the desk's own names still leaves the rest of its status.
            left = left - set(states) if one.negative else left & {*states, *(name.status for name in names)}
        elif one.name == "is" and one.value in STATUSES:
            spam = spam or one.value == "spam"
            left = left - {one.value} if one.negative else left & {one.value}
        elif one.name == "is" and one.value == "unassigned" and not one.negative:
            left &= {"open"}
    return tuple(status for status in STATUSES if status in left and (spam or status != "spam"))


def sieve(tx: Tx, viewer: Viewer, text: str) -> tuple[Sieve, Problem | None]:
    """The queue that the filters mean for this colleague; the problem says why there is none."""
    asked, problem = asked_of_rows(tx, text)
    where: list[ColumnElement[bool]] = []
    if problem is None:
        where, problem = conditions(tx, viewer, asked.filters, _nobody)
    if problem is not None:
        return Sieve((), ()), problem
    where += [conversations.visible_to(viewer), _C.merged_into.is_(None), *channels(asked.filters)]
    return Sieve(
        tuple(where), statuses(tx, asked.filters), _few(tx, asked.filters), _lead(tx, viewer, asked.filters)
    ), None


def _nobody(_tx: Tx, _value: str) -> list[int]:
    return []


def _few(tx: Tx, filters: Sequence[Filter]) -> tuple[int, ...] | None:
    """All conversations with a label, or of a segment's customers, if they are few: each a look at one index."""
    found: set[int] | None = None
    for one in filters:
        if one.negative or one.name not in ("label", "segment"):
            continue
        if one.name == "label":
            labelled = select(_LABELS.conversation_id).where(_LABELS.label.in_(_forms(one.value)))
            numbers = set(tx.scalars(labelled.limit(FEW + 1)))
        else:
            inside = list(tx.scalars(segments.within(segments_called(tx, one.value)).limit(FEW + 1)))
            if len(inside) > FEW:
                continue
            numbers = set(tx.scalars(select(_ID).where(_C.customer_id.in_(inside)).limit(FEW + 1)))
        if len(numbers) <= FEW:
            found = numbers if found is None else found & numbers
    return None if found is None else tuple(sorted(found))


def _lead(tx: Tx, viewer: Viewer, filters: Sequence[Filter]) -> ColumnElement[bool] | None:
    """A condition that an index in the order of urgency begins with: on one assignee, one team, the level."""
    for name in ("assignee", "is", "team", "sentiment"):
        for one in filters:
            if one.name != name or one.negative or (name == "is" and one.value != "mine"):
                continue
            condition = _condition(tx, viewer, one, _nobody)
            if isinstance(condition, BinaryExpression) and condition.operator in (operators.eq, operators.is_):
                return condition
    return None
