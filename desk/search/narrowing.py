"""Filters of a search as conditions on conversations, and as marks that lines carry in the index."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import cast

from sqlalchemy import ColumnElement, Table, and_, false, func, not_, or_, select

from desk import agents, conversations, segments, settings
from desk.agents import Viewer
from desk.conversations import StatusName
from desk.conversations.tables import Conversation, ConversationLabel
from desk.lifecycle.tables import CustomerStage
from desk.search import words
from desk.search.language import ALIASES, Atom, Filter, Problem, Term
from desk.store import Tx

_C = cast(Table, Conversation.__table__).c
_LABELS = cast(Table, ConversationLabel.__table__).c
_STAGES = cast(Table, CustomerStage.__table__).c
PRIORITY = {"high": 1, "normal": 0, "low": -1}
_IN_LINES = {"attachment": "has attachment", "note": "kind note"}

Called = Callable[[Tx, str], list[int]]


def conditions(
    tx: Tx, viewer: Viewer, filters: Sequence[Filter], called: Called, *, spam: bool = False
) -> tuple[list[ColumnElement[bool]], Problem | None]:
    """What the filters ask of conversations; the problem is the first of them that names nobody. Unless `spam` is asked
    for, or let through, it is left out."""
    found: list[ColumnElement[bool]] = []
    for one in filters:
        if one.name == "status":
            states, names = _status(tx, one)
            if not (states or names):
                return [], Problem("nobody", "status", one.value)
            spam = spam or "spam" in states or any(name.status == "spam" for name in names)
            called_so = [
                and_(_C.status == name.status, func.coalesce(_C.status_name_id, 0) == name.id) for name in names
            ]
            wanted = or_(_C.status.in_(states), *called_so)
            found.append(not_(wanted) if one.negative else wanted)
            continue
        condition = _condition(tx, viewer, one, called)
        if isinstance(condition, Problem):
            return [], condition
        if condition is not None:
            # Who has no assignee is not mine: what compares to nothing is not a yes, and turned round it is one.
            found.append(not_(func.coalesce(condition, false())) if one.negative else condition)
    if not (spam or any(one.name == "is" and one.value == "spam" for one in filters)):
        found.append(_C.status != "spam")
    return found, None


def marks(filters: Sequence[Filter]) -> tuple[list[str], list[Term]]:
    """What the filters ask of lines, as the index keeps it, and what they leave out."""
    found, left_out = [], []
    for one in filters:
        if one.name not in ("has", "channel"):
            continue
        mark = words.mark(_IN_LINES[one.value] if one.name == "has" else f"channel {one.value}")
        if one.negative:
            left_out.append(Term("", (Atom((mark,)),), negative=True))
        else:
            found.append(mark)
    return found, left_out


def channels(filters: Sequence[Filter]) -> list[ColumnElement[bool]]:
    """By which channel their customer wrote last: what `channel:` asks of conversations by themselves."""
    asked = [one for one in filters if one.name == "channel"]
    return [_C.channel != one.value if one.negative else _C.channel == one.value for one in asked]


def _condition(tx: Tx, viewer: Viewer, one: Filter, called: Called) -> ColumnElement[bool] | Problem | None:
    match one.name:
        case "is":
            return _state(viewer, one.value)
        case "sentiment":
            return _C.level == one.value
        case "risk":  # kinds are whole words of the column, and none is a part of another
            return _C.risks != "" if one.value == "any" else _C.risks.contains(one.value, autoescape=True)
        case "label":
            return _C.id.in_(select(_LABELS.conversation_id).where(_LABELS.label.in_(_forms(one.value))))
        case "stage":
            stage = select(_STAGES.customer_id).where(_STAGES.stage.in_(_forms(one.value)))
            return _C.customer_id.in_(stage)
        case "assignee":
            return _assignee(tx, viewer, one)
        case "team":
            return _team(tx, one)
        case "inbox":
            inboxes = [inbox.id for inbox in settings.inboxes(tx) if _begins(inbox.name, one.value)]
            return _C.inbox_id.in_(inboxes) if inboxes else Problem("nobody", "inbox", one.value)
        case "priority":
            return _C.priority == PRIORITY[one.value]
        case "segment":
            known = segments_called(tx, one.value)
            return _C.customer_id.in_(segments.within(known)) if known else Problem("nobody", "segment", one.value)
        case "from":
            ids = called(tx, one.value)
            return _C.customer_id.in_(ids) if ids else Problem("nobody", "from", one.value)
    return None


def _forms(value: str) -> list[str]:
    """Labels and stages are written in any case; people type them in none."""
    spaced = value.replace("_", " ")
    return list(dict.fromkeys([value, value.casefold(), value.capitalize(), value.title(), value.upper(), spaced]))


def _state(viewer: Viewer, value: str) -> ColumnElement[bool]:
    match value:
        case "unassigned":
            return and_(_C.status == "open", _C.assignee_id.is_(None))
        case "assigned":
            return _C.assignee_id.is_not(None)
        case "mine":
            return _C.assignee_id == viewer.id
        case "unread":
            return _C.unread > 0
    return _C.status == value


def _status(tx: Tx, one: Filter) -> tuple[list[str], list[StatusName]]:
    """One of the five, or else the desk's own names that are meant, retired ones too."""
    folded = one.value.casefold()
    folded = ALIASES.get(folded, folded)
    if folded in conversations.STATUSES:
        return [folded], []
    return [], conversations.names_like(tx, one.value)


def _assignee(tx: Tx, viewer: Viewer, one: Filter) -> ColumnElement[bool] | Problem:
    folded = one.value.casefold()
    if folded == "me":
        return _C.assignee_id == viewer.id
    if folded == "none":
        return _C.assignee_id.is_(None)
    ids = [number for number, name in agents.names(tx).items() if _begins(name, one.value)]
    return _one_of(_C.assignee_id, ids) if ids else Problem("nobody", "assignee", one.value)


def _team(tx: Tx, one: Filter) -> ColumnElement[bool] | Problem:
    if one.value.casefold() == "none":
        return _C.team_id.is_(None)
    ids = [team.id for team in agents.teams(tx) if _begins(team.name, one.value)]
    return _one_of(_C.team_id, ids) if ids else Problem("nobody", "team", one.value)


def _one_of(column: ColumnElement[int | None], ids: list[int]) -> ColumnElement[bool]:
    """Of one alone an index keeps its order."""
    return column == ids[0] if len(ids) == 1 else column.in_(ids)


def segments_called(tx: Tx, value: str) -> list[int]:
    """The segments that are meant: the one of this very name, or else those whose names begin so."""
    every, folded = segments.every(tx), " ".join(value.replace("_", " ").split()).casefold()
    exact = [row.id for row in every if row.name_folded == folded]
    return exact or [row.id for row in every if _begins(row.name, value)]


def _begins(name: str, typed: str) -> bool:
    """Whether each word that was typed begins a word of the name."""
    there = words.runs(name)
    wanted = words.runs(typed)
    return bool(wanted) and all(any(word.startswith(begin) for word in there) for begin in wanted)
