"""How a colleague wants to be told: each kind by which ways, and when not to be disturbed; pure but for its row."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import select

from desk.notices.tables import NoticeChoice
from desk.store import Tx

# What can be told, in the order of the page.
KINDS = ("assigned", "answered", "mention", "task", "reminder", "frustrated", "promise", "survey", "failed", "rule")
SWITCHES = ("in_app", "sound", "browser", "push")
MAILS = ("", "now", "hourly", "daily")
DAY = 24 * 60
DAILY_AT = 8  # o'clock in the reader's zone


class ChoiceRefused(ValueError):
    """Hours that are none. `reason`: half (one end is missing), time (no time of day) or empty (both are the same)."""

    def __init__(self, reason: str) -> None:
        super().__init__(f"choice refused: {reason}")
        self.reason = reason


@dataclass(frozen=True, slots=True)
class Ways:
    """By which ways one kind is told. A push reaches only browsers that were switched on."""

    in_app: bool = True
    sound: bool = False
    browser: bool = False
    push: bool = True
    mail: str = ""

    @property
    def any(self) -> bool:
        return self.in_app or self.sound or self.browser or self.push or bool(self.mail)


@dataclass(frozen=True, slots=True)
class Quiet:
    """When nothing rings: from one minute of the day to another (past midnight where `to` is the earlier one), and
    whole days (0 is Monday). What is told meanwhile waits in the list."""

    start: int | None = None
    end: int | None = None
    days: frozenset[int] = frozenset()

    def holds(self, local: datetime) -> bool:
        """Whether it is quiet at this time of a clock on the wall."""
        if local.weekday() in self.days:
            return True
        if self.start is None or self.end is None:
            return False
        minute = local.hour * 60 + local.minute
        if self.start < self.end:
            return self.start <= minute < self.end
        return minute >= self.start or minute < self.end

    def over(self, at: datetime, zone: str) -> datetime:
        """The first moment from `at` on that is not quiet; `at` where every day is quiet as a whole."""
        local = at.astimezone(ZoneInfo(zone)).replace(tzinfo=None)
        if len(self.days) == 7:
            return at
        for _ in range(32):
            if not self.holds(local):
                break
            ends = [datetime.combine(local.date() + timedelta(days=1), time())]
            if self.end is not None:
                today = datetime.combine(local.date(), time()) + timedelta(minutes=self.end)
                ends += [end for end in (today, today + timedelta(days=1)) if end > local]
            local = min(ends)
        # Back by the wall clock: an hour that the clocks skip ends where they go on.
        return max(at, local.replace(tzinfo=ZoneInfo(zone)).astimezone(at.tzinfo))


@dataclass(frozen=True, slots=True)
class Choice:
    """All that one colleague has chosen."""

    ways: Mapping[str, Ways] = field(default_factory=dict)
    quiet: Quiet = Quiet()
    names_in_push: bool = False

    def of(self, kind: str) -> Ways:
        return self.ways.get(kind, DEFAULT)

    def is_quiet(self, at: datetime, zone: str) -> bool:
        return self.quiet.holds(at.astimezone(ZoneInfo(zone)))


DEFAULT = Ways()


def read_ways(found: Mapping[str, Any]) -> Ways:
    """What a row or a form says of one kind; what it does not know is as the defaults have it."""
    switches = {name: bool(found.get(name, getattr(DEFAULT, name))) for name in SWITCHES}
    mail = str(found.get("mail", ""))
    return Ways(**switches, mail=mail if mail in MAILS else "")


def minute_of(text: str) -> int | None:
    """A time of day as a form has it ("18:30"); None for nothing. Raises ChoiceRefused."""
    if not text.strip():
        return None
    try:
        found = time.fromisoformat(text.strip())
    except ValueError as error:
        raise ChoiceRefused("time") from error
    return found.hour * 60 + found.minute


def quiet_of(start: str, end: str, days: Sequence[int]) -> Quiet:
    """Raises ChoiceRefused where the hours are none."""
    begins, ends = minute_of(start), minute_of(end)
    if (begins is None) != (ends is None):
        raise ChoiceRefused("half")
    if begins is not None and begins == ends:
        raise ChoiceRefused("empty")
    return Quiet(begins, ends, frozenset(day for day in days if 0 <= day <= 6))


def next_mail(mail: str, at: datetime, zone: str) -> datetime:
    """When a digest that something was put into at `at` goes out: now (a minute later, so that a few go together), at
    the next full hour or at eight of the reader's morning."""
    if mail == "now":
        return at + timedelta(minutes=1)
    local = at.astimezone(ZoneInfo(zone))
    if mail == "hourly":
        return (local.replace(minute=0, second=0, microsecond=0) + timedelta(hours=1)).astimezone(at.tzinfo)
    morning = local.replace(hour=DAILY_AT, minute=0, second=0, microsecond=0, fold=0)
    if morning <= local:
        morning = datetime.combine(local.date() + timedelta(days=1), time(DAILY_AT), tzinfo=ZoneInfo(zone))
    return morning.astimezone(at.tzinfo)


def _read(row: NoticeChoice) -> Choice:
    return Choice(
        {kind: read_ways(found) for kind, found in row.ways.items() if kind in KINDS},
        Quiet(row.quiet.get("from"), row.quiet.get("to"), frozenset(row.quiet.get("days", ()))),
        row.names_in_push,
    )


def choices(tx: Tx, staff_ids: Sequence[int]) -> dict[int, Choice]:
    """What these colleagues have chosen, the defaults for who has chosen nothing."""
    found = dict.fromkeys(staff_ids, Choice())
    for row in tx.scalars(select(NoticeChoice).where(NoticeChoice.staff_id.in_(staff_ids))):
        found[row.staff_id] = _read(row)
    return found


def choose(tx: Tx, staff_id: int, choice: Choice) -> None:
    """Keeps what somebody has chosen."""
    row = tx.get(NoticeChoice, staff_id)
    if row is None:
        row = NoticeChoice(staff_id=staff_id, ways={}, quiet={})
        tx.add(row)
    row.ways = {kind: {name: getattr(ways, name) for name in (*SWITCHES, "mail")} for kind, ways in choice.ways.items()}
    row.quiet = {"from": choice.quiet.start, "to": choice.quiet.end, "days": sorted(choice.quiet.days)}
    row.names_in_push = choice.names_in_push
    tx.flush()
