"""/admin/audit: who changed what at this desk, when, from what to what; narrowed, read page by page, taken as CSV."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from flask import Response, abort, render_template, request
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from desk import agents, audit, settings
from desk.store import Tx
from desk.web.admin import audit_words as words
from desk.web.admin.face import PAGE, blueprint
from desk.web.base import allow, number_argument, sheets, signed_in_viewer, the_desk

THE_DESK = "desk"  # stands for nobody among the people


@dataclass(frozen=True, slots=True)
class Line:
    """One row of the page."""

    change: audit.Change
    kind: str
    title: str
    what: str
    fields: list[words.Field]
    undo: int | None  # what sets it back, where one press can


def lines_of(tx: Tx, changes: list[audit.Change]) -> list[Line]:
    """Changes as a page shows them."""
    names = words.Names.of(tx) if changes else words.Names({})
    return [
        Line(
            change,
            words.kind_of(change),
            words.title_of(change),
            str(words.DEEDS.get(change.what, change.what)),
            words.fields_of(change, names),
            change.ref if change.kind == "setting" and change.key in settings.SPECS else None,
        )
        for change in changes
    ]


def _day(name: str) -> date | None:
    """A day of the query; whatever else stands there narrows nothing."""
    try:
        return date.fromisoformat(request.args.get(name, ""))
    except ValueError:
        return None


def _begins(day: date) -> datetime:
    try:
        return datetime.combine(day, time(), ZoneInfo(signed_in_viewer().zone)).astimezone(UTC)
    except OverflowError:  # the first or last day that there is
        abort(400)


def _sieve() -> audit.Sieve:
    who, kind = request.args.get("who", ""), request.args.get("kind", "")
    since, until = _day("since"), _day("until")
    if until is not None and until >= date.max:
        abort(400)
    return audit.Sieve(
        staff_id=number_argument("who") if who and who != THE_DESK else None,
        nobody=who == THE_DESK,
        kind=kind if kind in words.KINDS else "",
        since=_begins(since) if since is not None else None,
        until=_begins(until + timedelta(days=1)) if until is not None else None,
    )


def _asked() -> dict[str, str]:
    return {name: value for name in ("who", "kind", "since", "until") if (value := request.args.get(name, "")[:40])}


@blueprint.get("/audit")
@allow("admin.audit")
def log() -> ResponseReturnValue:
    with the_desk().store.reading() as tx:
        found = audit.page(tx, _sieve(), before=number_argument("before"), limit=PAGE)
        shown = {"lines": lines_of(tx, found.rows), "names": agents.names(tx)}
    return render_template(
        "admin/audit.html",
        next=found.next,
        older="before" in request.args,
        asked=_asked(),
        kinds=sorted(words.KINDS.items(), key=lambda pair: str(pair[1]).casefold()),
        the_desk=THE_DESK,
        **shown,
    )


@blueprint.get("/audit.csv")
@allow("admin.audit")
def log_csv() -> Response:
    """All that the filters let through, a line a field."""
    sieve = _sieve()
    heads = (_("Time (UTC)"), _("Who"), _("Kind"), _("What"), _("How"), _("Field"), _("Before"), _("After"))
    by_itself = _("The desk")

    def lines(tx: Tx) -> Iterator[tuple[sheets.Cell, ...]]:
        yield heads
        people, names = agents.names(tx), words.Names.of(tx)
        for change in audit.each(tx, sieve):
            start = (
                change.at.astimezone(UTC).isoformat(timespec="seconds"),
                people.get(change.staff_id, by_itself) if change.staff_id is not None else by_itself,
                words.kind_of(change),
                words.title_of(change),
                str(words.DEEDS.get(change.what, change.what)),
            )
            for field in words.fields_of(change, names) or [words.Field("", "", "")]:
                yield (*start, field.name, field.before, field.after)

    return sheets.answer(the_desk().store, "changes", lines)
