"""/reports/reasons: why customers came, what it cost and how it was felt, with the episodes behind each number."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any
from zoneinfo import ZoneInfo

from flask import Response, abort, render_template, request
from flask_babel import get_locale

from desk.agents import Viewer
from desk.i18n import N_
from desk.reasons import Known, known
from desk.reports import DEFINITIONS, NOBODY, Choices, Filters, choices, feedback, parse
from desk.reports import reasons as why
from desk.reports.filters import NONE, PERIODS
from desk.reports.reasons import Line, Row, StageKey
from desk.store import Tx
from desk.web.base import allow, sheets, signed_in_viewer, the_desk
from desk.web.base.sheets import Cell
from desk.web.reports import models, words
from desk.web.reports.face import blueprint
from desk.web.reports.models import Option, Picker
from desk.web.reports.promises import span

_ = words._
TABLES: Mapping[str, str] = {"table": N_("Contact reasons"), "stages": N_("By stage"), "rows": N_("Contacts")}
KEYS = ("reason_share", "reason_time", "reason_csat", "reason_frustrated", "reason_stage")


@dataclass(frozen=True, slots=True)
class Choice:
    """What this page looks at, and how its reasons and stages are called."""

    filters: Filters
    known: Choices
    reasons: Mapping[int, Known]
    today: date

    def link(self, **changes: Any) -> str:
        return models.address("why_page", self.filters.but(**changes).query() if changes else self.filters.query())

    def rows(self, line: int | None = None, **changes: Any) -> str:
        found = self.filters.but(**changes).query() if changes else self.filters.query()
        more = {} if line in (None, why.ALL) else {"reason": str(line or NONE)}
        return models.address("why_rows", more | found)

    def csv(self, what: str) -> str:
        return models.address("why_csv", self.filters.query(), what=what)

    def name(self, line: int) -> str:
        if line == why.ALL:
            return _("All contacts")
        return self.reasons[line].path if line in self.reasons else _("No reason")

    def stage(self, key: StageKey) -> str:
        return self.known.stage_name(*key) or _("No stage")


def _choice(tx: Tx, viewer: Viewer) -> Choice:
    found = choices(tx, str(get_locale() or "en")[:2])
    filters = parse(request.args, now=tx.now(), zone=viewer.zone, choices=found)
    today = tx.now().astimezone(ZoneInfo(filters.zone)).date()
    tree = {one.id: one for one in known(tx, archived=True)}
    # What no contact knows is left out of the address, so that no number claims to be narrowed by it.
    return Choice(filters.but(score=None, staff_id=None, period=filters.period), found, tree, today)


def _pickers(choice: Choice) -> list[Picker]:
    filters, every = choice.filters, choice.known

    def to_period(name: str) -> str:
        rest = {key: value for key, value in filters.query().items() if key not in ("from", "to", "period")}
        return models.address("why_page", {"period": name, **rest})

    periods = tuple(Option(_(words.PERIODS[name]), to_period(name), name == filters.period) for name in PERIODS)
    found = [Picker("period", _("Period"), words.days(filters.first, filters.last, choice.today), True, periods)]
    channels = {channel: _(words.CHANNELS.get(channel, channel)) for channel in every.channels}
    listed: tuple[tuple[str, str, str, Mapping[Any, str], Any, str, Any], ...] = (
        ("inbox_id", "inbox", _("Inbox"), every.inboxes, filters.inbox_id, "", None),
        ("team_id", "team", _("Team"), every.teams, filters.team_id, _("No team"), NOBODY),
        ("channel", "channel", _("Channel"), channels, filters.channel, "", None),
        ("stage", "stage", _("Stage"), every.stages, filters.stage, _("No stage"), ("", "")),
        ("segment_id", "segment", _("Segment, as of now"), every.segments, filters.segment_id, "", None),
    )
    for field, key, name, some, chosen, nobody, none in listed:
        if not some and chosen is None:
            continue
        options = [Option(_("All"), choice.link(**{field: None}), chosen is None)]
        options += [Option(text, choice.link(**{field: value}), value == chosen) for value, text in some.items()]
        if nobody:
            options.append(Option(nobody, choice.link(**{field: none}), chosen == none))
        value = next((one.name for one in options if one.chosen), str(chosen))
        found.append(Picker(key, name, value, chosen is not None, tuple(options)))
    return found


def change(line: Line) -> tuple[str, str]:
    """The change of a share against the period before: in points with its interval, and how to read it."""
    found, reading = line.change()
    if found is None:
        return "", _(words.READINGS[reading])
    points = [words.number(100 * one, 1, sign=True) for one in (found.value, found.interval.low, found.interval.high)]
    return points[0], _(
        "%(low)s to %(high)s: %(reading)s", low=points[1], high=points[2], reading=_(words.READINGS[reading])
    )


@blueprint.get("/reasons")
@allow("report.read")
def why_page() -> str:
    """Each reason with its volume, cost, CSAT and mood; and by stage."""
    viewer = signed_in_viewer()
    with the_desk().store.reading() as tx:
        feedback.one_moment(tx)
        choice = _choice(tx, viewer)
        found = why.report(tx, choice.filters)
    return render_template(
        "reports/reasons.html",
        choice=choice,
        filters=choice.filters,
        pickers=_pickers(choice),
        found=found,
        definitions=[DEFINITIONS[key] for key in KEYS],
        tabs=[kind for kind in ("csat", "nps", "ces") if kind in choice.known.kinds or kind == "csat"],
        change=change,
        rate=words.rate,
        span=span,
        words=words,
    )


@blueprint.get("/reasons/rows")
@allow("report.read")
def why_rows() -> str:
    """The contacts behind a number, the last one in front."""
    viewer, args = signed_in_viewer(), request.args
    with the_desk().store.reading() as tx:
        feedback.one_moment(tx)
        choice = _choice(tx, viewer)
        asked = why.reason_of(args.get("reason", "").strip(), list(choice.reasons.values()))
        after = args.get("after", "").strip() or None
        found = why.page(tx, choice.filters, viewer=viewer, reason_id=asked, after=after)
    following = f"{choice.rows(asked)}&after={found.next}".replace("+", "%2B") if found.next else ""
    return render_template(
        "reports/reasons_rows.html",
        choice=choice,
        filters=choice.filters,
        asked=asked,
        rows=found.rows,
        following=following,
        span=span,
        words=words,
    )


@blueprint.get("/reasons/<what>.csv")
@allow("report.export")
def why_csv(what: str) -> Response:
    """The reasons (`table`), the same by stage (`stages`), or all contacts of the choice (`rows`)."""
    if what not in TABLES:
        abort(404)
    desk, viewer = the_desk(), signed_in_viewer()
    with desk.store.reading() as tx:
        choice = _choice(tx, viewer)
        asked = why.reason_of(request.args.get("reason", "").strip(), list(choice.reasons.values()))

    def lines(tx: Tx) -> Iterable[Iterable[Cell]]:
        feedback.one_moment(tx)
        if what == "rows":
            rows = why.every(tx, choice.filters, viewer=viewer, reason_id=asked)
            return _row_lines(rows, choice, desk.store.public_url)
        found = why.report(tx, choice.filters)
        every = [found.whole, *found.lines]
        return _table_lines(every, choice) if what == "table" else _stage_lines(every, found.stages, choice)

    return sheets.answer(desk.store, f"reasons-{what}-{choice.filters.first}-{choice.filters.last}", lines)


def _part(good: int, n: int, interval: Any) -> list[Cell]:
    """n and the share with its interval in per cent; under ten counts alone."""
    if n < why.FEW or interval is None:
        return [good, n, None, None, None]
    return [good, n, 100 * good / n, 100 * interval.low, 100 * interval.high]


def _table_lines(lines: Iterable[Line], choice: Choice) -> Iterator[list[Cell]]:
    yield [
        "reason", "reason_id", "first_day", "last_day", "zone", "contacts", "of", "share", "low", "high", "before",
        "before_of", "change", "change_low", "change_high", "resolved", "median_seconds", "median_low", "median_high",
        "answers_written", "csat_good", "csat_answers", "csat", "csat_low", "csat_high", "frustrated", "frustrated_of",
        "frustrated_share", "frustrated_low", "frustrated_high", "definition",
    ]  # fmt: skip
    filters = choice.filters
    for line in lines:
        found, time = line.change()[0], line.time
        between = time.interval if time is not None else None
        yield [
            choice.name(line.key), line.key if line.key > 0 else None, str(filters.first), str(filters.last),
            filters.zone, *_part(line.n, line.whole, line.interval), line.before, line.whole_before,
            *((100 * found.value, 100 * found.interval.low, 100 * found.interval.high) if found else (None,) * 3),
            line.resolved, time.value if time else None, *((between.low, between.high) if between else (None, None)),
            line.replies, *_part(line.good, line.answers, line.csat), *_part(line.frustrated, line.n, line.mood),
            " ".join(f"{key} v{DEFINITIONS[key].version}" for key in KEYS[:4]),
        ]  # fmt: skip


def _stage_lines(lines: Iterable[Line], stages: list[StageKey], choice: Choice) -> Iterator[list[Cell]]:
    yield ["reason", "reason_id", "model", "stage", "stage_name", "contacts"]
    for line in lines:
        for key in stages:
            number = line.key if line.key > 0 else None
            yield [choice.name(line.key), number, key[0], key[1], choice.stage(key), line.stages.get(key, 0)]


def _row_lines(rows: Iterable[Row], choice: Choice, public_url: str) -> Iterator[list[Cell]]:
    yield [
        "began_at", "reason", "reason_id", "chosen_by", "customer", "conversation_id", "subject", "stage", "seconds",
        "answers_written", "csat", "frustrated", "link",
    ]  # fmt: skip
    for row in rows:
        yield [
            row.opened_at.isoformat(), choice.name(row.reason_id), row.reason_id or None,
            choice.known.staff.get(row.staff_id or 0), row.customer, row.conversation_id, row.subject,
            choice.stage(row.stage), row.seconds, row.replies, row.score, int(row.frustrated),
            f"{public_url}/console/c/{row.conversation_id}",
        ]  # fmt: skip
