"""What the templates of the reports are given: every text, length and address worked out, nothing left to decide."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any
from urllib.parse import urlencode

from flask import url_for

from desk.reports import NOBODY, Choices, Figure, Filters, Measure
from desk.reports.feedback import By, Group, Point
from desk.reports.filters import PERIODS
from desk.reports.rows import Which
from desk.web.reports import drawing, words

_: Callable[..., str] = words._


def address(endpoint: str, query: Mapping[str, str], **path: str) -> str:
    """A link into the reports. The query is put behind it here: url_for would take some names in it for its own."""
    return f"{url_for(f'reports.{endpoint}', **path)}?{urlencode(query)}"  # type: ignore[arg-type]


@dataclass(frozen=True, slots=True)
class Links:
    """The addresses of one report in one choice of filters."""

    measure: Measure
    filters: Filters

    def report(self, **changes: Any) -> str:
        return address("report", self.filters.but(**changes).query(), measure=self.measure.key)

    def of(self, measure: str) -> str:
        return address("report", self.filters.but(score=None).query(), measure=measure)

    def rows(self, which: Which = "answers", **changes: Any) -> str:
        query = {"which": which, **self.filters.but(**changes).query()}
        return address("rows", query, measure=self.measure.key)

    def rows_after(self, which: Which, after: str) -> str:
        query = {"which": which, **self.filters.query(), "after": after}
        return address("rows", query, measure=self.measure.key)

    def rows_of_score(self, score: int) -> str:
        return self.rows("answers", score=score)

    def csv(self, what: str, **changes: Any) -> str:
        return address("csv", self.filters.but(**changes).query(), measure=self.measure.key, what=what)

    def all_csv(self) -> str:
        return address("all_csv", self.filters.query(), measure=self.measure.key)


@dataclass(frozen=True, slots=True)
class Option:
    name: str
    href: str
    chosen: bool


@dataclass(frozen=True, slots=True)
class Picker:
    """One filter: what it is called, what is chosen, and what else there is."""

    key: str
    name: str
    value: str
    set: bool
    options: tuple[Option, ...]


def pickers(links: Links, choices: Choices, today: date) -> list[Picker]:
    """The filters above the report, the period first."""
    filters = links.filters
    periods = tuple(
        Option(_(words.PERIODS[name]), _with_period(links, name), name == filters.period) for name in PERIODS
    )
    found = [Picker("period", _("Period"), words.days(filters.first, filters.last, today), True, periods)]
    found.append(_picker(links, "inbox_id", "inbox", _("Inbox"), choices.inboxes, filters.inbox_id, ""))
    found.append(_picker(links, "team_id", "team", _("Team"), choices.teams, filters.team_id, _("No team")))
    found.append(_picker(links, "staff_id", "agent", _("Agent"), choices.staff, filters.staff_id, _("Nobody")))
    several = len({model for model, _stage in choices.stages}) > 1
    stages = {
        key: f"{name} ({choices.models.get(key[0], key[0])})" if several else name
        for key, name in choices.stages.items()
    }
    stray = choices.stage_name(*filters.stage) if filters.stage else ""
    found.append(_picker(links, "stage", "stage", _("Stage"), stages, filters.stage, _("No stage"), ("", ""), stray))
    if filters.channel is not None or len(choices.channels) > 1:
        channels = {channel: _(words.CHANNELS.get(channel, channel)) for channel in choices.channels}
        found.append(_picker(links, "channel", "channel", _("Channel"), channels, filters.channel, ""))
    if choices.segments:
        name = _("Segment, as of now")
        found.append(_picker(links, "segment_id", "segment", name, choices.segments, filters.segment_id, ""))
    return found


def _with_period(links: Links, period: str) -> str:
    query = {name: value for name, value in links.filters.query().items() if name not in ("from", "to", "period")}
    return address("report", {"period": period, **query}, measure=links.measure.key)


def _picker(
    links: Links,
    field: str,
    key: str,
    name: str,
    known: Any,
    chosen: Any,
    nobody: str,
    none: Any = NOBODY,
    stray: str = "",
) -> Picker:
    options = [Option(_("All"), links.report(**{field: None}), chosen is None)]
    options += [Option(text, links.report(**{field: value}), value == chosen) for value, text in known.items()]
    if nobody:
        options.append(Option(nobody, links.report(**{field: none}), chosen == none))
    value = next((option.name for option in options if option.chosen), stray or str(chosen))
    return Picker(key, name, value, chosen is not None, tuple(options))


@dataclass(frozen=True, slots=True)
class Line:
    """One line of a breakdown. `pips` are (good, not good) where there are too few answers for a whisker."""

    name: str
    id: int | None
    channel: str
    score: str
    interval: str
    n: str
    rows: str
    low: float | None
    high: float | None
    at: float | None
    pips: tuple[int, int] | None
    empty: str


@dataclass(frozen=True, slots=True)
class Breakdown:
    by: By
    lines: tuple[Line, ...]
    axis: str
    mean: float | None
    hint: str


def breakdown(links: Links, by: By, groups: Sequence[Group], whole: Figure, hint: str) -> Breakdown:
    """A breakdown as it is drawn: whiskers on a shared axis, with the whole period as a dashed line."""
    measure = links.measure
    shown = [group for group in groups if not group.figure.small]
    intervals = [group.figure.interval for group in shown if group.figure.interval is not None]
    scale = drawing.whisker_scale(measure, intervals)
    return Breakdown(
        by,
        tuple(_line(links, by, group, scale) for group in groups),
        _("%(low)s to %(high)s, dashed: period", low=words.number(scale.low), high=words.number(scale.high))
        if intervals
        else "",
        None if whole.score is None or whole.small else scale.place(whole.score),
        hint,
    )


def _line(links: Links, by: By, group: Group, scale: drawing.Scale) -> Line:
    measure, figure = links.measure, group.figure
    change: dict[By, str] = {"agent": "staff_id", "stage": "stage", "channel": "channel", "segment": "segment_id"}
    drawn = figure.interval is not None and figure.score is not None and not figure.small
    score = words.counted(measure, figure)
    if drawn and figure.score is not None:
        score = words.with_unit(measure, figure.score)
    return Line(
        name=words.group_name(by, group),
        id=group.key if by == "agent" and group.key != NOBODY else None,
        channel=group.key if by == "channel" else "",
        score=score,
        interval=words.span(measure, figure.interval) if drawn and figure.interval else "",
        n=words.number(figure.n),
        rows=links.rows(**{change[by]: group.key}),
        low=scale.place(figure.interval.low) if drawn and figure.interval else None,
        high=scale.place(figure.interval.high) if drawn and figure.interval else None,
        at=scale.place(figure.score) if drawn and figure.score is not None else None,
        pips=None if drawn or measure.key == "nps" else (figure.good, figure.n - figure.good),
        empty="" if figure.n else _nobody_answered(by, group),
    )


def _nobody_answered(by: By, group: Group) -> str:
    if group.cohort.sent:
        return words.ngettext(
            "no answer yet: %(num)s was asked", "no answer yet: %(num)s were asked", group.cohort.sent
        )
    if by == "stage":
        return _("no data: nobody in this stage was asked")
    return _("no data: nobody was asked")


@dataclass(frozen=True, slots=True)
class Week:
    """One line of the table behind the trend, and what its dot says."""

    days: str
    whole: bool
    n: str
    score: str
    interval: str
    brief: str
    label: str
    rows: str


def weeks(links: Links, points: Sequence[Point], labels: Sequence[tuple[int, float]], today: date) -> list[Week]:
    measure, grain = links.measure, links.filters.grain()
    before: dict[int, Any] = {}
    last = None
    for index, _x in labels:
        before[index], last = last, points[index].bucket
    found = []
    for index, point in enumerate(points):
        figure, bucket = point.figure, point.bucket
        plain = figure.score is not None and figure.interval is not None and not figure.small
        score = words.counted(measure, figure) if figure.n else _("no data")
        if plain and figure.score is not None:
            score = words.with_unit(measure, figure.score)
        found.append(
            Week(
                days=words.days(bucket.first, bucket.last, today),
                whole=bucket.whole,
                n=words.number(figure.n),
                score=score,
                interval=words.span(measure, figure.interval) if plain and figure.interval else "",
                brief=f"{words.days(bucket.first, bucket.last, today)}: {words.in_brief(measure, figure)}",
                label=words.bucket(bucket, grain, before[index]) if index in before else "",
                rows=links.rows(first=bucket.first, last=bucket.last),
            )
        )
    return found


def chosen(filters: Filters, choices: Choices) -> list[str]:
    """The filters beyond the period in words, for the head of the rows."""
    found = []
    if filters.inbox_id is not None:
        found.append(choices.inboxes[filters.inbox_id])
    if filters.team_id is not None:
        found.append(choices.teams.get(filters.team_id, _("No team")))
    if filters.staff_id is not None:
        found.append(choices.staff.get(filters.staff_id, _("Nobody")))
    if filters.stage is not None:
        found.append(choices.stage_name(*filters.stage) or _("No stage"))
    if filters.channel is not None:
        found.append(_(words.CHANNELS.get(filters.channel, filters.channel)))
    if filters.segment_id is not None:
        found.append(_("now in the segment “%(name)s”", name=choices.segments[filters.segment_id]))
    if filters.score is not None:
        found.append(_("answer %(score)s", score=filters.score))
    return found
