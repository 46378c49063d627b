"""/customers/: everybody, newest first; by name or address; or those of one segment, with the CSV."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator
from datetime import datetime

from flask import Blueprint, Response, abort, render_template, request, stream_with_context
from flask.typing import ResponseReturnValue

from desk import people, segments
from desk.store import Tx
from desk.web.base import allow, number_argument, signed_in_viewer, the_desk
from desk.web.customers.rows import StageNames, rows

blueprint = Blueprint("customers", __name__, url_prefix="/customers")
PAGE = 25
MOST_FOUND = 200  # by name or address, within a segment
BATCH = 500
HEAD = (
    "customer", "name", "address", "evidence", "stage", "sentiment", "last_message", "score", "score_of", "score_at",
    "orders", "orders_value", "in_segment_since",
)  # fmt: skip


@blueprint.get("/")
@allow("customer.list")
def home() -> ResponseReturnValue:
    """The list. With `q` whoever begins with it; with `segment` whoever is in it; `before` goes on."""
    asked, before = request.args.get("q", "").strip()[:200], number_argument("before")
    with the_desk().store.reading() as tx:
        segment = _segment(tx, number_argument("segment"))
        ids, since = _ids(tx, asked, segment, before)
        shown = rows(tx, ids[:PAGE], StageNames.of(tx, str(signed_in_viewer().locale)[:2]), since)
        every, count = segments.every(tx), people.count(tx)
    return render_template(
        "customers/list.html",
        rows=shown,
        asked=asked,
        segment=segment,
        segments=every,
        count=count,
        before=before,
        more=ids[PAGE - 1] if len(ids) > PAGE and not asked else None,
        cut=bool(asked) and len(ids) > PAGE,
    )


def _segment(tx: Tx, segment_id: int | None) -> segments.Segment | None:
    if segment_id is None:
        return None
    try:
        return segments.get(tx, segment_id)
    except LookupError:
        abort(404)


def _ids(
    tx: Tx, asked: str, segment: segments.Segment | None, before: int | None
) -> tuple[list[int], dict[int, datetime]]:
    if segment is not None and asked:
        found = [row.id for row, _ in people.search(tx, asked, limit=MOST_FOUND)]
        since = segments.inside(tx, segment.id, found)
        return [customer_id for customer_id in found if customer_id in since], since
    if segment is not None:
        inside = segments.members(tx, segment.id, before=before, limit=PAGE + 1)
        return [customer_id for customer_id, _ in inside], dict(inside)
    if asked:
        return [row.id for row, _ in people.search(tx, asked, limit=PAGE + 1)], {}
    return people.newest(tx, before=before, limit=PAGE + 1), {}


@blueprint.get("/segments/<int:segment_id>.csv")
@allow("customer.export")
def as_csv(segment_id: int) -> Response:
    """Everybody of a segment, as they are written: page after page, each read by itself."""
    desk = the_desk()
    with desk.store.reading() as tx:
        name = (_segment(tx, segment_id) or abort(404)).name
        stages = StageNames.of(tx, str(signed_in_viewer().locale)[:2])

    def lines() -> Iterator[str]:
        yield _line(HEAD)
        before: int | None = None
        while True:
            with desk.store.reading() as tx:
                inside = segments.members(tx, segment_id, before=before, limit=BATCH)
                page = rows(tx, [customer_id for customer_id, _ in inside], stages, dict(inside))
            for row in page:
                yield _line(
                    (
                        row.id, row.name, row.address, row.evidence, row.stage, row.level, _iso(row.heard),
                        "" if row.score is None else row.score, "" if row.score is None else row.score_of,
                        _iso(row.score_at), row.orders, f"{row.value:.2f}", _iso(row.since),
                    )
                )  # fmt: skip
            if len(inside) < BATCH:
                return
            before = inside[-1][0]

    safe = "".join(c if c.isalnum() and c.isascii() else "-" for c in name.lower()).strip("-") or "segment"
    headers = {"Content-Disposition": f'attachment; filename="{safe}.csv"'}
    return Response(stream_with_context(lines()), mimetype="text/csv", headers=headers)


def _iso(at: datetime | None) -> str:
    return at.isoformat() if at is not None else ""


def _line(values: tuple[object, ...]) -> str:
    """One line. A text that a spreadsheet would run as a formula gets an apostrophe before it."""
    out = io.StringIO()
    csv.writer(out).writerow([f"'{v}" if isinstance(v, str) and v[:1] in "=+-@\t\r" else v for v in values])
    return out.getvalue()
