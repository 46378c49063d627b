"""/reports/: CSAT, NPS and CES for supervisors, the rows behind each figure, and both as CSV."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from zoneinfo import ZoneInfo

from flask import Response, abort, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import get_locale

from desk.agents import Viewer
from desk.reports import (
    DEFINITIONS,
    MEASURES,
    Choices,
    FilterError,
    Filters,
    Measure,
    choices,
    feedback,
    parse,
    withholding,
)
from desk.reports import rows as behind
from desk.reports.feedback import BREAKDOWNS, By, Group
from desk.reports.rows import WHICH
from desk.reports.statistics import nps_margin, wilson
from desk.store import Tx
from desk.web.base import allow, answer, sheets, signed_in_viewer, the_desk
from desk.web.reports import drawing, models, tables, words
from desk.web.reports.face import blueprint

COMMENTS, SILENT = 6, 4  # on the report itself; the rest are rows


def _measure(key: str) -> Measure:
    return MEASURES.get(key) or abort(404)


def _choice(tx: Tx, viewer: Viewer) -> tuple[Filters, Choices, date]:
    """The filters of this address, what they are chosen from, and today, where the reader is."""
    known = choices(tx, str(get_locale() or "en")[:2])
    filters = parse(request.args, now=tx.now(), zone=viewer.zone, choices=known)
    return filters, known, tx.now().astimezone(ZoneInfo(filters.zone)).date()


@blueprint.errorhandler(FilterError)
def refused(error: FilterError) -> Response:
    """A filter that cannot be read: one sentence that says which, and what would be."""
    return answer(400, title=words._("That filter could not be read"), text=words._(error.template) % error.values)


@blueprint.get("/")
@allow("report.read")
def home() -> ResponseReturnValue:
    """The first report."""
    query = request.query_string.decode("latin-1")
    return redirect(url_for("reports.report", measure="csat") + (f"?{query}" if query else ""), 302)


@blueprint.get("/<any(csat,nps,ces):measure>")
@allow("report.read")
def report(measure: str) -> ResponseReturnValue:
    """One measure with all that belongs beside it."""
    what, viewer = _measure(measure), signed_in_viewer()
    with the_desk().store.reading() as tx:
        feedback.one_moment(tx)
        filters, known, today = _choice(tx, viewer)
        filters, now = filters.but(score=None), tx.now()
        links = models.Links(what, filters)
        points = feedback.trend(tx, what, filters)
        head = feedback.headline(tx, what, filters, points)
        groups = feedback.breakdowns(tx, what, filters, known)
        comments = behind.page(tx, what, filters, "comments", viewer=viewer, limit=COMMENTS)
        unhappy = behind.unhappy(tx, what, filters, viewer=viewer, limit=SILENT)
    figure = head.figure
    plain = figure.score is not None and figure.interval is not None and not figure.small
    drawn = drawing.chart(what, points, figure.score if plain else None)
    return render_template(
        "reports/feedback.html",
        measure=what,
        tabs=[MEASURES[kind] for kind in MEASURES if kind in known.kinds or kind in ("csat", what.key)],
        definition=DEFINITIONS[what.key],
        definitions=DEFINITIONS,
        filters=filters,
        pickers=models.pickers(links, known, today),
        links=links,
        head=head,
        figure=figure,
        plain=plain,
        empty=words.nothing(filters, head, today) if not figure.n else None,
        scale=drawing.Scale(*what.axis),
        segments=drawing.distribution(what, figure.counts),
        margin=_margin(what, head),
        easy=_easy(what, head),
        points=points,
        drawn=drawn,
        weeks=models.weeks(links, points, drawn.labels, today),
        recent=_recent(what, points, filters),
        breakdowns={
            by: models.breakdown(
                links,
                by,
                groups[by],
                figure,
                words.segments_sentence(known, len(groups[by]))
                if by == "segment"
                else words.ranking_sentence(by, feedback.ranking(groups[by])),
            )
            for by in BREAKDOWNS
        },
        of_segment=words.segment_sentence(filters, known, now) if filters.segment_id is not None else "",
        comments=comments.rows,
        comment_count=head.cohort.comments,
        unhappy=unhappy,
        unhappy_count=head.cohort.unhappy,
        not_asked=head.withheld.unhappy if head.withheld else 0,
        bias_scale=drawing.share_scale([each.interval for each in (head.bias.asked, head.bias.withheld)])
        if head.bias
        else None,
        known=known,
        words=words,
    )


def _margin(what: Measure, head: feedback.Headline) -> str:
    """The plain margin of an NPS, which other tools show."""
    figure = head.figure
    if what.key != "nps" or figure.small:
        return ""
    return "±" + words.number(nps_margin(figure.good, figure.between, figure.bad), 1)


def _easy(what: Measure, head: feedback.Headline) -> str:
    """The share of 5 to 7 beside a CES."""
    figure = head.figure
    if what.key != "ces" or not figure.n:
        return ""
    return words.rate(figure.good, figure.n, wilson(figure.good, figure.n))


def _recent(what: Measure, points: list[feedback.Point], filters: Filters) -> tuple[str, str] | None:
    found = feedback.recent(what, points)
    return words.recent_sentence(what, found, filters.grain()) if found else None


@blueprint.get("/<any(csat,nps,ces):measure>/rows")
@allow("report.read")
def rows(measure: str) -> ResponseReturnValue:
    """The questions behind a figure, each with the way to its conversation."""
    what, viewer = _measure(measure), signed_in_viewer()
    which = behind.which(request.args.get("which", "").strip())
    after = request.args.get("after", "").strip() or None
    with the_desk().store.reading() as tx:
        feedback.one_moment(tx)
        filters, known, today = _choice(tx, viewer)
        found = behind.page(tx, what, filters, which, viewer=viewer, after=after)
        total = behind.count(tx, what, filters, which)
        reasons = withholding.by_reason(tx, what, filters) if which == "withheld" else {}
    return render_template(
        "reports/rows.html",
        measure=what,
        which=which,
        filters=filters,
        chosen=models.chosen(filters, known),
        when=words.days(filters.first, filters.last, today),
        links=models.Links(what, filters),
        rows=found.rows,
        next=found.next,
        after=after,
        total=total,
        reasons=reasons,
        known=known,
        words=words,
        which_names=WHICH,
    )


@blueprint.get("/<any(csat,nps,ces):measure>.csv")
@allow("report.export")
def all_csv(measure: str) -> ResponseReturnValue:
    """Every question of the choice, answered or not."""
    return _rows_csv(_measure(measure), "sent")


@blueprint.get("/<any(csat,nps,ces):measure>/<what>.csv")
@allow("report.export")
def csv(measure: str, what: str) -> ResponseReturnValue:
    """One part of the report: headline, trend, a breakdown, or one kind of rows."""
    of = _measure(measure)
    if what in WHICH:
        return _rows_csv(of, what)
    if what not in ("headline", "trend", *BREAKDOWNS):
        abort(404)
    desk = the_desk()
    with desk.store.reading() as tx:
        filters, known, _today = _choice(tx, signed_in_viewer())
    filters = filters.but(score=None)

    def lines(tx: Tx) -> Iterable[Iterable[sheets.Cell]]:
        feedback.one_moment(tx)
        return tables.of_segment(plain(tx), filters, known, tx.now())

    def plain(tx: Tx) -> Iterable[Iterable[sheets.Cell]]:
        if what == "headline":
            return tables.headline_lines(of, filters, feedback.headline(tx, of, filters))
        if what == "trend":
            return tables.trend_lines(of, feedback.trend(tx, of, filters))
        by: By = next(by for by in BREAKDOWNS if by == what)
        return tables.group_lines(of, by, feedback.breakdowns(tx, of, filters, known)[by], _plain_name, tx.now())

    return sheets.answer(desk.store, tables.file_name(of, what, filters), lines)


def _plain_name(group: Group) -> str:
    return group.name


def _rows_csv(of: Measure, name: str) -> Response:
    desk, viewer, which = the_desk(), signed_in_viewer(), behind.which(name)
    with desk.store.reading() as tx:
        filters, known, _today = _choice(tx, viewer)
    behind.check(filters, which)

    def lines(tx: Tx) -> Iterable[Iterable[sheets.Cell]]:
        feedback.one_moment(tx)
        found = behind.every(tx, of, filters, which, viewer=viewer)
        return tables.of_segment(tables.row_lines(found, known, desk.store.public_url), filters, known, tx.now())

    return sheets.answer(desk.store, tables.file_name(of, which, filters), lines)
