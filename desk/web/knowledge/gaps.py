"""/knowledge/gaps: what customers asked and found no good answer to, in groups; one press drafts the article.

Grouping and drafting are jobs: a page shows what stands, and says what is still being done.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from flask import abort, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import get_locale
from flask_babel import gettext as _

from desk import conversations, i18n, questions
from desk.questions import BadGroup, QuestionGroup
from desk.reports import DEFINITIONS, gaps
from desk.reports.gaps import Asked
from desk.reports.statistics import wilson
from desk.store import Tx
from desk.web.base import allow, number_argument, sheets, signed_in_viewer, the_desk, wants_part
from desk.web.knowledge.pages import blueprint
from desk.web.knowledge.shown import FEW, own_name

KEYS = ("gap_questions", "gap_csat", "gap_frustrated")
LOOKS = 60  # of the page for a draft that is being written, one a second, before it says that nobody has taken it up
PAGE = 50


@dataclass(frozen=True, slots=True)
class Part:
    """`good` of `n`; from ten on the share and its 95 % interval in per cent."""

    good: int
    n: int
    share: int | None = None
    low: int = 0
    high: int = 0


def part(good: int, n: int) -> Part:
    if n < FEW:
        return Part(good, n)
    found = wilson(good, n)
    return Part(good, n, round(100 * good / n), round(100 * found.low), round(100 * found.high))


def _asked(tx: Tx) -> tuple[int, Asked]:
    """The period in days, and what is looked at; what is no choice of the page is as if it were not there."""
    days = number_argument("days")
    days = days if days in gaps.PERIODS else gaps.PERIODS[1]
    locale = request.args.get("locale", "")
    since = tx.now() - timedelta(days=days)
    return days, Asked(since, locale if locale in gaps.locales(tx) else "", request.args.get("view") == "dismissed")


@blueprint.get("/gaps")
@allow("knowledge.gaps")
def gap_list() -> ResponseReturnValue:
    """The groups, what hurts most first."""
    zone = signed_in_viewer().zone
    with the_desk().store.reading() as tx:
        days, asked = _asked(tx)
        found = gaps.gaps(tx, asked, gaps.SHOWN + 1)
        more, found = len(found) > gaps.SHOWN, found[: gaps.SHOWN]
        gaps.by_week(tx, found, gaps.weeks(gaps.today(tx.now(), zone), zone))
        total, waiting, languages = gaps.total(tx, asked), questions.waiting(tx), gaps.locales(tx)
    return render_template(
        "knowledge/gaps.html",
        found=found,
        more=more,
        days=days,
        asked=asked,
        total=total,
        waiting=waiting,
        languages={code: own_name(code) for code in languages},
        periods=gaps.PERIODS,
        part=part,
        definitions=[DEFINITIONS[key] for key in KEYS],
        said=_,
        model=the_desk().models.status,
    )


@blueprint.get("/gaps.csv")
@allow("report.export")
def gap_table() -> ResponseReturnValue:
    """All groups of the choice as CSV."""
    with the_desk().store.reading() as tx:
        _days, asked = _asked(tx)

    def lines(tx: Tx) -> Iterable[Iterable[sheets.Cell]]:
        yield (
            "group", "name", "language", "without a good answer", "asked", "csat answers", "csat 4 or 5", "frustrated",
            "resolved by people", "nearest article", "confidence", "drafted article",
        )  # fmt: skip
        for one in gaps.gaps(tx, asked, None):
            near, article = one.nearest, one.article
            yield (
                one.id, one.name, one.locale, one.n, one.asked, one.answers, one.good, one.frustrated, one.resolved,
                near[1] if near else "", near[2] if near else None, article[1] if article else "",
            )  # fmt: skip

    return sheets.answer(the_desk().store, "gaps", lines)


@blueprint.get("/gaps/<int:group_id>")
@allow("knowledge.gaps")
def gap(group_id: int) -> ResponseReturnValue:
    """One group: its course, its questions, and what can be done with it."""
    viewer = signed_in_viewer()
    zone = viewer.zone
    before = _place(request.args.get("before", ""))
    with the_desk().store.reading() as tx:
        group = _group(tx, group_id)
        if group.id != group_id:
            return redirect(url_for("knowledge.gap", group_id=group.id), 302)
        days, asked = _asked(tx)
        edges = gaps.weeks(gaps.today(tx.now(), zone), zone)
        shown = gaps.one(tx, group, asked)
        gaps.by_week(tx, [shown], edges)
        rows = gaps.rows(tx, group.id, asked.since, before, PAGE + 1)
        seen = conversations.visible_among(tx, {row.conversation_id for row in rows}, viewer)
        others = gaps.gaps(tx, Asked(asked.since, group.locale), 100)
        drafting = group.draft
    return render_template(
        "knowledge/gap.html",
        gap=shown,
        group=group,
        rows=rows[:PAGE],
        more=f"{rows[PAGE - 1].at.isoformat()}~{rows[PAGE - 1].episode_id}" if len(rows) > PAGE else "",
        seen=seen,
        others=[one for one in others if one.id != group.id],
        # A week is named by its first day, also the one that began today.
        weeks=[i18n.day(edge.astimezone(ZoneInfo(zone)).date(), "d MMM", get_locale() or "en") for edge in edges],
        days=days,
        periods=gaps.PERIODS,
        part=part,
        drafting=drafting,
        look=0,
        looks=LOOKS,
        limit=questions.NAME,
        definitions=[DEFINITIONS[key] for key in KEYS],
        said=_,
        kinds=kinds(),
        language=own_name(group.locale),
    )


def kinds() -> dict[str, str]:
    """Why a question is a gap, in words."""
    return {
        "unsure": _("the bot found nothing"),
        "asked_back": _("the bot asked back"),
        "not_helped": _("the answer did not help"),
        "handed_over": _("a person had to answer"),
        "opening": _("no article fits"),
    }


def _group(tx: Tx, group_id: int) -> QuestionGroup:
    try:
        return questions.group(tx, group_id)
    except LookupError:
        abort(404)


def _place(text: str) -> tuple[datetime, int] | None:
    at, _tilde, number = text.partition("~")
    try:
        when = datetime.fromisoformat(at.replace(" ", "+"))
        return (when, int(number)) if when.tzinfo is not None and 0 < int(number) < 2**63 else None
    except ValueError:
        return None


@blueprint.get("/gaps/<int:group_id>/rows.csv")
@allow("report.export")
def gap_rows(group_id: int) -> ResponseReturnValue:
    """The questions of a group as CSV."""
    with the_desk().store.reading() as tx:
        group, (_days, asked) = _group(tx, group_id), _asked(tx)

    def lines(tx: Tx) -> Iterable[Iterable[sheets.Cell]]:
        yield ("conversation", "asked at", "why", "csat", "frustrated", "question")
        place: tuple[datetime, int] | None = None
        while found := gaps.rows(tx, group.id, asked.since, place):
            for row in found:
                yield row.conversation_id, row.at.isoformat(), row.gap, row.score, int(row.frustrated), row.text
            place = found[-1].at, found[-1].episode_id

    return sheets.answer(the_desk().store, f"gap-{group.id}", lines)


@blueprint.post("/gaps/<int:group_id>")
@allow("knowledge.gaps")
def change_gap(group_id: int) -> ResponseReturnValue:
    """Names a group, dismisses it or takes that back, puts it into another, takes a question out, asks for a draft."""
    viewer, what = signed_in_viewer(), request.form.get("do", "")
    other = request.form.get("other", "")
    number = int(other) if other.isascii() and other.isdigit() and len(other) < 19 else 0
    said, to = "", group_id
    try:
        with the_desk().store.transaction() as tx:
            if what == "name":
                questions.rename(tx, group_id, request.form.get("name", ""))
                said = _("The name is kept.")
            elif what == "dismiss":
                questions.dismiss(tx, group_id, viewer)
                said = _("Dismissed: it is no longer shown among the gaps, and goes on taking in what is like it.")
            elif what == "restore":
                questions.restore(tx, group_id)
                said = _("It is shown among the gaps again.")
            elif what == "merge":
                to = questions.merge(tx, group_id, number).id
                said = _("The two are one group now.")
            elif what == "out":
                questions.out(tx, group_id, number)
                said = _("Taken out. It does not come back into this group.")
            elif what == "draft":
                questions.ask_draft(tx, group_id, viewer)
            else:
                abort(400)
    except BadGroup as bad:
        said = {
            "long": _("A name holds %(n)s characters at most.", n=questions.NAME),
            "same": _("Choose another group."),
            "language": _("The two are of different languages."),
            "article": _("There is an article for this group already."),
        }[bad.reason]
    except LookupError:
        abort(404)
    if said:
        flash(said)
    return redirect(url_for("knowledge.gap", group_id=to) + ("#draft" if what == "draft" else ""), 303)


@blueprint.get("/gaps/<int:group_id>/draft")
@allow("knowledge.gaps")
def gap_draft(group_id: int) -> ResponseReturnValue:
    """How far the draft is, as a part that asks again until it is there."""
    look = request.args.get("look", "0")
    with the_desk().store.reading() as tx:
        group = _group(tx, group_id)
        shown = gaps.one(tx, group, _asked(tx)[1])
    if not wants_part():
        return redirect(url_for("knowledge.gap", group_id=group.id) + "#draft", 302)
    return render_template(
        "knowledge/gap_draft.html",
        gap=shown,
        drafting=group.draft,
        look=min(int(look), LOOKS) if look.isdigit() and len(look) < 4 else 0,
        looks=LOOKS,
    )
