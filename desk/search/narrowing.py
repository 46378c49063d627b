"""Filters of a search as conditions on conversations, and as marks that lines carry in the index."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import cast

from sqlalchemy import ColumnElement, Table, and_, not_, select

from desk import agents
from desk.agents import Viewer
from desk.conversations.tables import Conversation, ConversationLabel
from desk.lifecycle.tables import CustomerStage
from desk.search import words
from desk.search.language import Atom, Filter, Problem, Term
from desk.store import Tx

_C = cast(Table, Conversation.__table__).c
_LABELS = cast(Table, ConversationLabel.__table__).c
_STAGES = cast(Table, CustomerStage.__table__).c
_IN_LINES = {"attachment": "has attachment", "note": "kind note"}

Called = Callable[[Tx, str], list[int]]


def conditions(
    tx: Tx, viewer: Viewer, filters: Sequence[Filter], called: Called, *, spam: bool = False
) -> tuple[list[ColumnElement[bool]], Problem | None]:
    """What the filters ask of conversations; the problem is the first of them that names nobody. Unless `spam` is asked
    for, or let through, it is left out."""
    found: list[ColumnElement[bool]] = []
    for one in filters:
        condition = _condition(tx, viewer, one, called)
        if isinstance(condition, Problem):
            return [], condition
        if condition is not None:
            found.append(not_(condition) if one.negative else condition)
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
        case "label":
            return _C.id.in_(select(_LABELS.conversation_id).where(_LABELS.label.in_(_forms(one.value))))
        case "stage":
            stage = select(_STAGES.customer_id).where(_STAGES.stage.in_(_forms(one.value)))
            return _C.customer_id.in_(stage)
        case "assignee":
            return _assignee(tx, viewer, one)
        case "team":
            return _team(tx, one)
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


def _assignee(tx: Tx, viewer: Viewer, one: Filter) -> ColumnElement[bool] | Problem:
    folded = one.value.casefold()
    if folded == "me":
        return _C.assignee_id == viewer.id
    if folded == "none":
        return _C.assignee_id.is_(None)
    ids = [number for number, name in agents.names(tx).items() if _begins(name, one.value)]
    return _C.assignee_id.in_(ids) if ids else Problem("nobody", "assignee", one.value)


def _team(tx: Tx, one: Filter) -> ColumnElement[bool] | Problem:
    if one.value.casefold() == "none":
        return _C.team_id.is_(None)
    ids = [team.id for team in agents.teams(tx) if _begins(team.name, one.value)]
    return _C.team_id.in_(ids) if ids else Problem("nobody", "team", one.value)


def _begins(name: str, typed: str) -> bool:
    """Whether each word that was typed begins a word of the name."""
    there = words.runs(name)
    wanted = words.runs(typed)
    return bool(wanted) and all(any(word.startswith(begin) for word in there) for begin in wanted)
