"""Segments: the list, the editor with its count while one writes, and removing one."""

from __future__ import annotations

from dataclasses import dataclass
from time import perf_counter
from typing import Any

from flask import abort, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

from desk import agents, facts, segments
from desk.reports.statistics import wilson
from desk.segments import SegmentError
from desk.store import Tx
from desk.web.base import allow, limiter, may, signed_in_viewer, the_desk
from desk.web.base.fact_words import described
from desk.web.customers.listing import blueprint
from desk.web.customers.rows import StageNames

# To begin with: each is a condition that many desks want, written in the language of docs/conditions.md.
STARTS = (
    (_l("Unhappy and still here"), "csat <= 2 and days since message.received < 30"),
    (_l("Quiet after trouble"), 'frustration is "frustrated" and days since message.received > 14'),
    (_l("Bought, then went quiet"), "count(order.placed) >= 1 and days since order.placed > 60"),
    (_l("Promoters who bought twice"), "nps >= 9 and count(order.placed) >= 2"),
    (_l("Asked for help three times this week"), "count(conversation.opened, 7 days) >= 3"),
    (_l("Never asked how it was"), "count(conversation.resolved) >= 1 and csat is unknown"),
)


@dataclass(frozen=True, slots=True)
class Share:
    """How many of those who fit stand in one stage; `left` and `width` are per cent of the bar."""

    name: str
    step: int
    n: int
    left: float
    width: float


@dataclass(frozen=True, slots=True)
class Counted:
    """What the count says: `n` of `looked`, and where those are a part, the estimate of all with its interval."""

    preview: segments.Preview
    milliseconds: int
    low: int
    high: int
    shares: tuple[Share, ...]


@blueprint.get("/segments")
@allow("customer.list")
def all_segments() -> str:
    with the_desk().store.reading() as tx:
        found, names = segments.every(tx), agents.names(tx)
        texts = {number: str(condition) for number, condition in segments.conditions(tx).items()}
    return render_template("customers/segments.html", segments=found, names=names, texts=texts)


@blueprint.get("/segments/new")
@allow("segment.write")
def new_segment() -> str:
    return _editor(None, {"name": "", "description": "", "condition": request.args.get("condition", "")[:2000]})


@blueprint.post("/segments/new")
@allow("segment.write")
def create_segment() -> ResponseReturnValue:
    return _saved(None)


@blueprint.get("/segments/<int:segment_id>")
@allow("customer.list")
def segment(segment_id: int) -> str:
    row = _get(segment_id)
    with the_desk().store.reading() as tx:
        text = str(segments.conditions(tx)[segment_id])
    return _editor(row, {"name": row.name, "description": row.description, "condition": text})


@blueprint.post("/segments/<int:segment_id>")
@allow("segment.write")
def save_segment(segment_id: int) -> ResponseReturnValue:
    return _saved(_get(segment_id))


@blueprint.post("/segments/<int:segment_id>/remove")
@allow("segment.write")
def remove_segment(segment_id: int) -> ResponseReturnValue:
    row = _get(segment_id)
    try:
        with the_desk().store.transaction() as tx:
            segments.remove(tx, segment_id)
    except SegmentError as used:
        flash(str(used))
        return redirect(url_for("customers.segment", segment_id=segment_id) + "#h-away", 303)
    flash(_("“%(name)s” is removed; its customers are as they were.", name=row.name))
    return redirect(url_for("customers.all_segments"), 303)


@blueprint.post("/segments/count")
@allow("customer.list")
@limiter.limit("120/minute")
def count() -> str:
    """The part of the page that says how many a condition holds for, before it is saved."""
    return render_template("customers/count.html", **_count(request.form.get("condition", "")))


def _get(segment_id: int) -> segments.Segment:
    with the_desk().store.reading() as tx:
        try:
            return segments.get(tx, segment_id)
        except LookupError:
            abort(404)


def _saved(row: segments.Segment | None) -> ResponseReturnValue:
    typed = {name: request.form.get(name, "").strip() for name in ("name", "description", "condition")}
    try:
        with the_desk().store.transaction() as tx:
            made = segments.save(
                tx,
                signed_in_viewer(),
                name=typed["name"],
                condition=typed["condition"],
                description=typed["description"],
                segment_id=row.id if row is not None else None,
            )
            counts = made.counted_at is None
    except SegmentError as wrong:
        return _editor(row, typed, {wrong.field: str(wrong)}), 422
    flash(_("Saved; it is being counted.") if counts else _("Saved."))
    return redirect(url_for("customers.home", segment=made.id), 303)


def _editor(row: segments.Segment | None, typed: dict[str, str], problems: dict[str, str] | None = None) -> str:
    with the_desk().store.reading() as tx:
        known, saved = _catalog(tx), segments.spoken(tx, row.id if row is not None else None)
        uses = segments.used_by(tx, row.id) if row is not None else []
    return render_template(
        "customers/segment.html",
        segment=row,
        typed=typed,
        problems=problems or {},
        writes=may("segment.write"),
        starts=STARTS,
        catalog=known,
        saved=saved,
        uses=uses,
        **_count(typed["condition"]),
    )


def _catalog(tx: Tx) -> list[tuple[str, facts.FactType]]:
    """What can be asked: the desk's own attributes first, then what every desk knows."""
    return [*facts.described(tx), *described(facts.CATALOG)]


def _count(text: str) -> dict[str, Any]:
    """`counted` is None, and `wrong` says why, where there is nothing to count yet."""
    if not text.strip():
        return {"counted": None, "wrong": ""}
    began = perf_counter()
    with the_desk().store.reading() as tx:
        try:
            condition = segments.read(tx, text)
        except SegmentError as wrong:
            return {"counted": None, "wrong": str(wrong)}
        found = segments.preview(tx, condition)
        names = StageNames.of(tx, str(signed_in_viewer().locale)[:2])
    took = round((perf_counter() - began) * 1000)
    low = high = found.n
    if not found.whole and found.looked:
        interval = wilson(found.n, found.looked)
        low, high = round(interval.low * found.of), round(interval.high * found.of)
    return {"counted": Counted(found, took, low, high, _shares(found, names)), "wrong": ""}


def _shares(found: segments.Preview, names: StageNames) -> tuple[Share, ...]:
    shares, left = [], 0.0
    for (model, key), n in sorted(found.stages.items(), key=lambda one: -one[1]):
        width = 100 * n / found.n
        name = names.name(model, key) or str(_("no stage"))
        shares.append(Share(name, names.step(model, key), n, round(left, 2), round(width, 2)))
        left += width
    return tuple(shares)
