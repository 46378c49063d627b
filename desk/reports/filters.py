"""What a report looks at: a period in the reader's zone, and whose questions. One object for figures, rows and CSV."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time, timedelta
from typing import Any, Literal
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from sqlalchemy import ColumnElement, and_, exists

from desk.i18n import N_
from desk.reports.choices import NOBODY, Choices
from desk.segments.tables import SegmentMember
from desk.surveys.tables import Invitation

PERIODS = ("7d", "30d", "13w", "month", "last-month", "quarter", "year")
DEFAULT_PERIOD = "13w"
LONGEST = timedelta(days=3 * 366)
NONE = "none"  # in an address: without an agent, a team, a stage

Grain = Literal["day", "week", "month"]


class FilterError(ValueError):
    """A filter that cannot be read. `template` is a whole sentence for a person, `values` what stands in it."""

    def __init__(self, template: str, **values: Any) -> None:
        super().__init__(template % values)
        self.template, self.values = template, values


def midnight(day: date, zone: str) -> datetime:
    """The instant at which `day` begins in `zone`, in UTC.

    Where the clocks skip midnight this is the instant of the change; where midnight comes twice, the first one.
    """
    return datetime.combine(day, time.min, tzinfo=ZoneInfo(zone)).astimezone(UTC)


@dataclass(frozen=True, slots=True)
class Bucket:
    """One day, week or month of a trend, cut to the period. `low` to `high` (not included) are UTC."""

    first: date
    last: date
    low: datetime
    high: datetime
    whole: bool  # False where the period begins or ends within it


@dataclass(frozen=True, slots=True)
class Filters:
    """A validated choice. Days count in `zone`, both ends included; None means all.

    `staff_id` and `team_id` NOBODY and `stage` "" mean "without one". A stage is ("model", "stage"), since the same
    word means different things in different models. `score` narrows rows to one answer. `segment_id` asks who the
    customer is now, unlike all others: nobody keeps who was in a segment when a question was sent.
    """

    first: date
    last: date
    zone: str
    period: str = ""  # the preset by which it was chosen; empty for days chosen one by one
    inbox_id: int | None = None
    team_id: int | None = None
    staff_id: int | None = None
    stage: tuple[str, str] | None = None
    channel: str | None = None
    score: int | None = None
    segment_id: int | None = None

    @property
    def low(self) -> datetime:
        return midnight(self.first, self.zone)

    @property
    def high(self) -> datetime:
        return midnight(self.last + timedelta(days=1), self.zone)

    @property
    def days(self) -> int:
        return (self.last - self.first).days + 1

    @property
    def narrowed(self) -> bool:
        """True where anything but the period is chosen."""
        return any(
            value is not None
            for value in (self.inbox_id, self.team_id, self.staff_id, self.stage, self.channel, self.segment_id)
        )

    def before(self) -> Filters:
        """The same choice for the period of equal length that ends the day before."""
        return replace(
            self, first=self.first - timedelta(days=self.days), last=self.first - timedelta(days=1), period=""
        )

    def but(self, **changes: Any) -> Filters:
        """The same with some fields changed; days that change end the preset."""
        if {"first", "last"} & changes.keys():
            changes.setdefault("period", "")
        return replace(self, **changes)

    def whole(self) -> Filters:
        """The same period for everybody: all other filters off."""
        return Filters(self.first, self.last, self.zone, self.period)

    def where(self, kind: str, low: datetime | None = None, high: datetime | None = None) -> ColumnElement[bool]:
        """The condition on invitations of `kind`, for the whole period or a part of it."""
        parts = [
            Invitation.kind == kind,
            Invitation.sent_at >= (low or self.low),
            Invitation.sent_at < (high or self.high),
        ]
        if self.inbox_id is not None:
            parts.append(Invitation.inbox_id == self.inbox_id)
        if self.team_id is not None:
            parts.append(Invitation.team_id.is_(None) if self.team_id == NOBODY else Invitation.team_id == self.team_id)
        if self.staff_id is not None:
            parts.append(
                Invitation.staff_id.is_(None) if self.staff_id == NOBODY else Invitation.staff_id == self.staff_id
            )
        if self.stage is not None:
            model, stage = self.stage
            parts.append(Invitation.stage == stage if stage else Invitation.stage.is_(None))
            if stage:
                parts.append(Invitation.stage_model == model if model else Invitation.stage_model.is_(None))
        if self.channel is not None:
            parts.append(Invitation.channel == self.channel)
        if self.segment_id is not None:
            parts.append(self.in_segment(Invitation.customer_id))
        return and_(*parts)

    def in_segment(self, customer_id: Any) -> ColumnElement[bool]:
        """Whether a customer is in the chosen segment, as of now: one look into its key for each row."""
        inside = exists().where(SegmentMember.segment_id == self.segment_id, SegmentMember.customer_id == customer_id)
        return inside.correlate_except(SegmentMember)  # the breakdown by segment has that table too

    def grain(self) -> Grain:
        """How finely the trend is cut: days up to three weeks, weeks up to 60, months beyond."""
        if self.days <= 21:
            return "day"
        return "week" if self.days <= 420 else "month"

    def buckets(self) -> list[Bucket]:
        """The period cut by `grain`, oldest first; weeks begin on Monday."""
        grain, found, day = self.grain(), [], self.first
        while day <= self.last:
            start, end = _span(day, grain)
            last = min(end, self.last)
            found.append(
                Bucket(
                    day,
                    last,
                    midnight(day, self.zone),
                    midnight(last + timedelta(days=1), self.zone),
                    whole=start == day and end == last,
                )
            )
            day = last + timedelta(days=1)
        return found

    def query(self) -> dict[str, str]:
        """What stands in an address for this choice; `parse` reads it back."""
        found = {"period": self.period} if self.period else {"from": str(self.first), "to": str(self.last)}
        for name, value in (("inbox", self.inbox_id), ("team", self.team_id), ("agent", self.staff_id)):
            if value is not None:
                found[name] = NONE if value == NOBODY else str(value)
        if self.stage is not None:
            found["stage"] = "/".join(filter(None, self.stage)) or NONE
        if self.channel is not None:
            found["channel"] = self.channel
        if self.score is not None:
            found["score"] = str(self.score)
        if self.segment_id is not None:
            found["segment"] = str(self.segment_id)
        return found


def _span(day: date, grain: Grain) -> tuple[date, date]:
    if grain == "day":
        return day, day
    if grain == "week":
        start = day - timedelta(days=day.weekday())
        return start, start + timedelta(days=6)
    start = day.replace(day=1)
    return start, (start + timedelta(days=32)).replace(day=1) - timedelta(days=1)


def period_days(period: str, today: date) -> tuple[date, date]:
    """First and last day of a preset. "13w" is this week and the twelve before. Raises KeyError for others."""
    month = today.replace(day=1)
    monday = today - timedelta(days=today.weekday())
    last_month = month - timedelta(days=1)
    return {
        "7d": (today - timedelta(days=6), today),
        "30d": (today - timedelta(days=29), today),
        "13w": (monday - timedelta(weeks=12), today),
        "month": (month, today),
        "last-month": (last_month.replace(day=1), last_month),
        "quarter": (month.replace(month=(month.month - 1) // 3 * 3 + 1), today),
        "year": (today - timedelta(days=364), today),
    }[period]


def parse(args: Mapping[str, str], *, now: datetime, zone: str, choices: Choices) -> Filters:
    """Reads filters from the arguments of an address: period or from and to, inbox, team, agent, stage, channel, score,
    segment.

    Raises FilterError with one sentence for what cannot be read; arguments of other names are left alone.
    """
    try:
        today = now.astimezone(ZoneInfo(zone)).date()
    except (ZoneInfoNotFoundError, ValueError):
        zone, today = "UTC", now.astimezone(UTC).date()
    first, last, period = _period(args, today)
    return Filters(
        first,
        last,
        zone,
        period,
        inbox_id=_one_of(args, "inbox", N_("There is no inbox %(value)s."), choices.inboxes, nobody=False),
        team_id=_one_of(args, "team", N_("There is no team %(value)s."), choices.teams),
        staff_id=_one_of(args, "agent", N_("There is no agent %(value)s."), choices.staff),
        stage=_stage(args, choices),
        channel=_channel(args, choices),
        score=_score(args),
        segment_id=_one_of(args, "segment", N_("There is no segment %(value)s."), choices.segments, nobody=False),
    )


def _period(args: Mapping[str, str], today: date) -> tuple[date, date, str]:
    asked = args.get("period", "").strip()
    days = {name: args.get(name, "").strip() for name in ("from", "to")}
    if asked and asked != "custom":
        if asked not in PERIODS:
            raise FilterError(N_("There is no period called “%(value)s”."), value=asked[:40])
        return (*period_days(asked, today), asked)
    if not any(days.values()):
        return (*period_days(DEFAULT_PERIOD, today), DEFAULT_PERIOD)
    last = _day(days["to"]) if days["to"] else max(today, _day(days["from"]))
    first = _day(days["from"]) if days["from"] else last - timedelta(days=90)
    if last < first:
        raise FilterError(N_("The period ends on %(last)s, before it begins on %(first)s."), last=last, first=first)
    if last - first > LONGEST:
        raise FilterError(
            N_("A report covers three years at most; this period has %(days)s days."), days=(last - first).days
        )
    return first, last, ""


def _day(text: str) -> date:
    try:
        day = date.fromisoformat(text)
    except ValueError:
        raise FilterError(N_("“%(value)s” is not a day such as 2026-11-22."), value=text[:40]) from None
    if not 2000 <= day.year <= 2199:
        raise FilterError(N_("The day %(value)s is out of reach: the years 2000 to 2199 are known."), value=text[:40])
    return day


def _one_of(
    args: Mapping[str, str], name: str, sentence: str, known: Mapping[int, str], *, nobody: bool = True
) -> int | None:
    text = args.get(name, "").strip()
    if not text:
        return None
    if text == NONE and nobody:
        return NOBODY
    if text.isascii() and text.isdigit() and int(text[:18]) in known:
        return int(text)
    raise FilterError(sentence, value=text[:40])


def _stage(args: Mapping[str, str], choices: Choices) -> tuple[str, str] | None:
    text = args.get("stage", "").strip()
    if not text:
        return None
    if text == NONE:
        return "", ""
    model, _, stage = text.rpartition("/")
    if not choices.knows_stage(model, stage):
        raise FilterError(N_("There is no stage “%(value)s”."), value=text[:80])
    return model, stage


def _channel(args: Mapping[str, str], choices: Choices) -> str | None:
    text = args.get("channel", "").strip()
    if not text:
        return None
    if text not in choices.channels:
        raise FilterError(N_("There is no channel “%(value)s”."), value=text[:40])
    return text


def _score(args: Mapping[str, str]) -> int | None:
    text = args.get("score", "").strip()
    if not text:
        return None
    if not (text.isascii() and text.isdigit() and int(text[:4]) <= 10):
        raise FilterError(N_("“%(value)s” is not a score: scores go from 0 to 10."), value=text[:40])
    return int(text)
