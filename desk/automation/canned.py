"""Canned replies and macros: kept by their owners, found by shortcut, name and words, filled in for a conversation."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, func, or_, select, update

from desk import agents, formatting, i18n, people, settings
from desk.agents import Viewer, may
from desk.automation.acting import known
from desk.automation.definition import Action, RuleError, filled, read_actions, read_text, unfilled
from desk.automation.service import targets
from desk.automation.tables import Canned
from desk.conversations import Conversation
from desk.store import Tx

LONGEST_NAME, LONGEST_SHORTCUT = 120, 40
MOST = 500  # of one owner: a person, a team, everybody
MOST_TEXTS = 10
BY_HAND = ("assign", "unassign", "team", "priority", "label", "unlabel", "pending", "snooze", "resolve", "note", "task")
ENDING = ("pending", "snooze", "resolve")
OWN, EVERYBODY = "own", "everybody"  # whom one is for, beside "team:7"
_SHORTCUT = re.compile(r"[\w][\w-]*")


@dataclass(frozen=True, slots=True)
class Filled:
    """A text for one conversation; `missing` are the variables that have no value there and still stand in it."""

    text: str
    missing: tuple[str, ...]
    locale: str


@dataclass(frozen=True, slots=True)
class _Read:
    name: str
    shortcut: str
    texts: list[dict[str, str]]
    actions: tuple[Action, ...]
    staff_id: int | None
    team_id: int | None


def save(tx: Tx, viewer: Viewer, given: Mapping[str, Any], canned_id: int | None = None) -> Canned:
    """Makes one or changes it. `given`: name, shortcut, texts [{locale, text}], actions, whose ("own", "everybody",
    "team:7"). Raises RuleError with all that is wrong, LookupError for one that is not this person's to change."""
    row = mine_to_change(tx, viewer, canned_id) if canned_id is not None else None
    problems: dict[str, str] = {}
    found = _read(tx, viewer, given, problems, row)
    if not problems:
        _is_free(tx, found, row, problems)
    if problems:
        raise RuleError(problems)
    if row is None:
        row = Canned(created_at=tx.now(), uses=0)
        tx.add(row)
    row.name, row.shortcut, row.texts = found.name, found.shortcut, found.texts
    row.actions = [action.as_json() for action in found.actions]
    row.staff_id, row.team_id = found.staff_id, found.team_id
    row.changed_by, row.updated_at = viewer.id, tx.now()
    tx.flush()
    return row


def _read(tx: Tx, viewer: Viewer, given: Mapping[str, Any], problems: dict[str, str], row: Canned | None) -> _Read:
    name = " ".join(str(given.get("name") or "").split())
    if not 1 <= len(name) <= LONGEST_NAME:
        problems["name"] = f"A name has 1 to {LONGEST_NAME} characters."
    shortcut = str(given.get("shortcut") or "").strip().removeprefix("/").casefold()
    if shortcut and (len(shortcut) > LONGEST_SHORTCUT or not _SHORTCUT.fullmatch(shortcut)):
        problems["shortcut"] = f"A shortcut is one word of up to {LONGEST_SHORTCUT} letters, digits and hyphens."
    texts = _texts(given.get("texts") or (), problems)
    actions = read_actions(given.get("actions") or (), problems, BY_HAND)
    if sum(action.do in ENDING for action in actions) > 1:
        problems["actions"] = "A macro sets one status at most."
    problems |= targets(tx, actions)
    if not texts and not actions and "texts.0" not in problems:
        problems["texts.0"] = "Write a text, or choose something to do."
    staff_id, team_id = _whose(tx, viewer, str(given.get("whose") or OWN), problems, row)
    return _Read(name, shortcut, texts, actions, staff_id, team_id)


def _texts(given: Sequence[Mapping[str, Any]], problems: dict[str, str]) -> list[dict[str, str]]:
    found: list[dict[str, str]] = []
    for n, one in enumerate(given[:MOST_TEXTS]):
        if not str(one.get("text") or "").strip():
            continue
        text, wrong = read_text(one.get("text"))
        locale = str(one.get("locale") or "")
        if wrong:
            problems[f"texts.{n}"] = wrong
        elif locale not in i18n.languages():
            problems[f"texts.{n}"] = "Choose the language of this text."
        elif locale in [other["locale"] for other in found]:
            problems[f"texts.{n}"] = "There is a text in this language already."
        else:
            found.append({"locale": locale, "text": text})
    return found


def _whose(
    tx: Tx, viewer: Viewer, whose: str, problems: dict[str, str], row: Canned | None
) -> tuple[int | None, int | None]:
    if whose == OWN:  # what a lead changes of a colleague's stays the colleague's
        return (row.staff_id if row is not None and row.staff_id is not None else viewer.id), None
    if not may(viewer, "canned.share"):
        problems["whose"] = "Only supervisors and admins share one with others."
        return viewer.id, None
    if whose == EVERYBODY:
        return None, None
    number = whose.removeprefix("team:")
    team_id = int(number) if number.isascii() and number.isdigit() and len(number) < 18 else 0
    if team_id not in {team.id for team in agents.teams(tx)}:
        problems["whose"] = "Choose for whom it is."
    return None, team_id


def _is_free(tx: Tx, found: _Read, row: Canned | None, problems: dict[str, str]) -> None:
    """No shortcut means two things to one owner, and nobody keeps more than a menu can search."""
    query = select(Canned.id, Canned.shortcut).where(Canned.removed_at.is_(None), _of(found.staff_id, found.team_id))
    others = [one for one in tx.execute(query) if row is None or one.id != row.id]
    if found.shortcut and found.shortcut in {one.shortcut for one in others}:
        problems["shortcut"] = "This shortcut is taken."
    if len(others) >= MOST:
        problems[""] = f"There are {MOST} of them already: remove one first."


def _of(staff_id: int | None, team_id: int | None) -> ColumnElement[bool]:
    if staff_id is not None:
        return Canned.staff_id == staff_id
    return Canned.staff_id.is_(None) & (Canned.team_id.is_(None) if team_id is None else Canned.team_id == team_id)


def _offered_to(viewer: Viewer) -> ColumnElement[bool]:
    teams = sorted(viewer.team_ids)
    shared = Canned.staff_id.is_(None) & or_(Canned.team_id.is_(None), Canned.team_id.in_(teams))
    return Canned.removed_at.is_(None) & or_(Canned.staff_id == viewer.id, shared)


def offered(tx: Tx, viewer: Viewer) -> list[Canned]:
    """What this person can use: their own, their teams', everybody's."""
    return list(tx.scalars(select(Canned).where(_offered_to(viewer)).order_by(Canned.id)))


def kept(tx: Tx, viewer: Viewer) -> list[Canned]:
    """What the page of them lists: what this person can use and, for leads, what is shared in any team."""
    if not may(viewer, "canned.share"):
        return offered(tx, viewer)
    mine = or_(Canned.staff_id.is_(None), Canned.staff_id == viewer.id)
    return list(tx.scalars(select(Canned).where(Canned.removed_at.is_(None), mine).order_by(Canned.id)))


def usable(tx: Tx, viewer: Viewer, canned_id: int) -> Canned:
    """One that this person can use. Raises LookupError."""
    row = tx.scalar(select(Canned).where(Canned.id == canned_id, _offered_to(viewer)))
    if row is None:
        raise LookupError("This canned reply is not there any more.")
    return row


def mine_to_change(tx: Tx, viewer: Viewer, canned_id: int) -> Canned:
    """One's own; shared ones for leads. Raises LookupError."""
    row = tx.get(Canned, canned_id)
    shared = row is not None and row.staff_id is None and may(viewer, "canned.share")
    if row is None or row.removed_at is not None or not (shared or row.staff_id == viewer.id):
        raise LookupError("There is no such canned reply.")
    return row


def remove(tx: Tx, viewer: Viewer, canned_id: int) -> Canned:
    """Offers it no more; what it was used for stays as it is. Raises LookupError."""
    row = mine_to_change(tx, viewer, canned_id)
    row.removed_at, row.changed_by = tx.now(), viewer.id
    tx.flush()
    return row


def find(rows: Sequence[Canned], text: str, limit: int = 8) -> list[Canned]:
    """Those that fit what was typed, best first: by shortcut, then name, then words; the most used first among
    equals, and one's own before everybody's."""
    words = text.casefold().split()
    ranked = []
    for row in rows:
        name = row.name.casefold()
        whole = " ".join([row.shortcut, name, *(one["text"].casefold() for one in row.texts)])
        if not all(word in whole for word in words):
            continue
        typed = " ".join(words)
        if not typed or row.shortcut == typed:
            rank = 0
        elif row.shortcut.startswith(typed):
            rank = 1
        elif any(part.startswith(words[0]) for part in name.split()):
            rank = 2
        else:
            rank = 3 if typed in name or typed in row.shortcut else 4
        ranked.append(((rank, -row.uses, row.staff_id is None, name, row.id), row))
    return [row for _rank, row in sorted(ranked, key=lambda pair: pair[0])[:limit]]


def fill(tx: Tx, conversation: Conversation, row: Canned, viewer: Viewer) -> Filled:
    """Its text in the customer's language, with what is known of the conversation; nothing where it has no text."""
    if not row.texts:
        return Filled("", (), "")
    brand = settings.brand(tx, settings.inbox(tx, conversation.inbox_id).brand_id)
    wanted = [people.customer(tx, conversation.customer_id).locale, brand.locale]
    texts = {one["locale"]: one["text"] for one in row.texts}
    locale = next(
        (language for one in wanted if one and (language := i18n.best(one)) in texts and _speaks(one, language)),
        row.texts[0]["locale"],
    )
    values = {name: value for name, value in known(tx, conversation, viewer).items() if value}
    text = filled(texts[locale], {name: formatting.verbatim(value) for name, value in values.items()})
    # What a value brings is not a variable, whatever somebody called themselves.
    missing = tuple(name for name in unfilled(texts[locale]) if name not in values)
    return Filled(text, missing, locale)


def _speaks(wanted: str, language: str) -> bool:
    """`best` falls back to English for what the desk does not speak; that is not the customer's language."""
    return wanted.casefold().replace("_", "-").split("-")[0] == language.casefold().split("-")[0]


def used(tx: Tx, canned_id: int) -> None:
    """Counts one use."""
    tx.execute(
        update(Canned).where(Canned.id == canned_id).values(uses=Canned.uses + 1, used_at=tx.now()),
        execution_options={"synchronize_session": False},
    )


def count(tx: Tx) -> int:
    """How many there are, personal ones included."""
    return tx.scalar(select(func.count()).select_from(Canned).where(Canned.removed_at.is_(None))) or 0
