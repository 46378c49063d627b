"""What the wall shows, gathered in one reading: numbers of `desk.reports.live`, and who is on by their open screens."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Protocol
from zoneinfo import ZoneInfo

from flask import current_app
from flask_babel import gettext as _

from desk.agents import Viewer
from desk.reports import live
from desk.store import Tx
from desk.web.wall import drawing

COMPANY = "loopdesk.company"  # the key in app.extensions
TODAY_KEPT = 1.0  # seconds: a day's answers are counted anew no more often
ON_SHOWN = 60


class Here(Protocol):
    """One open screen of the staff."""

    @property
    def staff_id(self) -> int: ...
    @property
    def name(self) -> str: ...
    @property
    def conversation_id(self) -> int | None: ...
    @property
    def writing(self) -> bool: ...


def screens() -> list[Here]:
    """Every open screen. Where no sockets are served (a page in a test), nobody is on."""
    company = current_app.extensions.get(COMPANY)
    found: list[Here] = company.all() if company is not None else []
    return found


def midnight(now: datetime, zone: str) -> datetime:
    """When today began, where the reader is."""
    here = now.astimezone(ZoneInfo(zone))
    return here.replace(hour=0, minute=0, second=0, microsecond=0).astimezone(now.tzinfo)


@dataclass(frozen=True, slots=True)
class Person:
    """A colleague who is on: what stands open on their screens, and what is in their name."""

    id: int
    name: str
    at: tuple[int, ...]
    writing: tuple[int, ...]
    places: live.Places
    slots: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Risen:
    """A conversation on the wall, and whom a whisper about it would reach."""

    row: live.Rising
    pieces: list[drawing.Piece]
    strokes: list[drawing.Stroke]
    with_whom: str
    to: int | None  # who writes there, has it open, or has it in their name
    to_name: str


@dataclass(frozen=True, slots=True)
class Now:
    """All of the wall."""

    at: datetime
    start: datetime
    waiting: live.Waiting
    counts: live.Counts
    risk: list[live.Promised]
    rising: list[Risen]
    on: list[Person]
    all_staff: int
    today: live.Today


_today: dict[datetime, tuple[float, live.Today]] = {}
_lock = threading.Lock()


def today(tx: Tx, start: datetime, now: datetime) -> live.Today:
    """The day's answers, as they were counted within the last second: every change of a row asks for the wall anew, and
    they are the one number on it that grows with the day."""
    with _lock:
        until, kept = _today.get(start, (0.0, None))
    if kept is not None and time.monotonic() < until:
        return kept
    found = live.today(tx, start, now)
    with _lock:
        if len(_today) > 50:
            _today.clear()
        _today[start] = (time.monotonic() + TODAY_KEPT, found)
    return found


def gather(tx: Tx, viewer: Viewer, here: Sequence[Here]) -> Now:
    now = tx.now()
    start = midnight(now, viewer.zone)
    staff = live.staff(tx)
    by_person: dict[int, list[Here]] = {}
    for one in here:
        if one.staff_id in staff:
            by_person.setdefault(one.staff_id, []).append(one)
    shown = sorted(by_person, key=lambda number: staff[number].casefold())
    places = live.places(tx, shown[:ON_SHOWN])
    return Now(
        now,
        start,
        live.waiting(tx),
        live.counts(tx, now),
        live.at_risk(tx, now),
        [_risen(row, here, viewer) for row in live.rising(tx, now)],
        [_person(number, staff[number], by_person[number], places.get(number, live.Places(0, 0))) for number in shown],
        len(staff),
        today(tx, start, now),
    )


def _person(number: int, name: str, at: Iterable[Here], places: live.Places) -> Person:
    open_ = {one.conversation_id: one.writing for one in at if one.conversation_id is not None}
    slots = ["hot"] * places.frustrated + ["on"] * (places.taken - places.frustrated)
    return Person(
        number,
        name,
        tuple(sorted(open_)),
        tuple(sorted(n for n, writes in open_.items() if writes)),
        places,
        tuple(slots),
    )


def _risen(row: live.Rising, here: Sequence[Here], viewer: Viewer) -> Risen:
    there = [one for one in here if one.conversation_id == row.id and one.staff_id != viewer.id]
    there.sort(key=lambda one: (not one.writing, one.staff_id != row.assignee_id, one.name))
    to, name = (there[0].staff_id, there[0].name) if there else (row.assignee_id, row.assignee)
    if to == viewer.id:
        to, name = None, ""
    return Risen(
        row, drawing.sentence(row.text, row.words), drawing.course(row.course), _with(row, there, viewer), to, name
    )


def _with(row: live.Rising, there: Sequence[Here], viewer: Viewer) -> str:
    if there and there[0].writing:
        return _("%(name)s is writing there now", name=there[0].name)
    if row.assignee_id == viewer.id:
        return _("with you")
    if there:
        return _("%(name)s has it open", name=there[0].name)
    if row.assignee:
        return _("with %(name)s, who does not have it open", name=row.assignee)
    return _("with nobody")


def span(seconds: float) -> str:
    """A length of time in two units at most: "2 h 08 min"."""
    minutes = max(0, int(seconds // 60))
    if minutes < 1:
        return _("< 1 min")
    if minutes < 60:
        return _("%(m)s min", m=minutes)
    hours, rest = divmod(minutes, 60)
    if hours < 48:
        return _("%(h)s h %(m)s min", h=hours, m=f"{rest:02d}")
    return _("%(d)s d", d=hours // 24)


def columns() -> dict[str, Any]:
    """What every template of the wall reads beside its data."""
    return {"span": span, "bars": drawing.bars, "cap": live.CAP, "looked_at": live.LOOKED_AT}
