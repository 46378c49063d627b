"""/admin/hours: business calendars, made, changed and removed, with what they would mean before they are saved."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo, available_timezones

from flask import abort, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import format_datetime
from flask_babel import gettext as _

from desk import calendars, sla
from desk.calendars import CalendarError, Hours
from desk.store import Tx
from desk.web.admin.face import blueprint
from desk.web.base import allow, signed_in_viewer, the_desk

FIELDS = ("name", "zone", "hours", "holidays")
BEFORE_CLOSING = timedelta(minutes=10)
EXAMPLE = timedelta(hours=1)


def _calendar(tx: Tx, calendar_id: int) -> calendars.Kept:
    try:
        return calendars.get(tx, calendar_id)
    except LookupError:
        abort(404)


@blueprint.get("/hours")
@allow("admin.settings")
def hours() -> ResponseReturnValue:
    with the_desk().store.reading() as tx:
        now = tx.now()
        rows = [(kept, calendars.opening(kept.rules, now), sla.users_of(tx, kept.id)) for kept in calendars.every(tx)]
    said = {kept.id: _standing(kept, opening) for kept, opening, _users in rows}
    return render_template("admin/hours.html", rows=rows, said=said, error="")


def _standing(kept: calendars.Kept, opening: calendars.Opening) -> str:
    if opening.open:
        return _("open until %(time)s", time=at_wall(opening.until, kept.zone)) if opening.until else _("always open")
    return _("closed until %(time)s", time=at_wall(opening.opens, kept.zone)) if opening.opens else _("never open")


def at_wall(at: datetime, zone: str) -> str:
    """A moment as a clock in a zone shows it: "Friday 17:50"; with the date where it is far away."""
    here = at.astimezone(ZoneInfo(zone))
    far = abs(at - the_desk().store.clock.now()) > timedelta(days=6)
    return format_datetime(here, "EEEE d MMMM HH:mm" if far else "EEEE HH:mm", rebase=False)


def _form(kept: calendars.Kept | None, typed: dict[str, str], error: CalendarError | None = None) -> str:
    with the_desk().store.reading() as tx:
        users = sla.users_of(tx, kept.id) if kept is not None else []
    return render_template(
        "admin/calendar.html",
        calendar=kept,
        t=typed,
        users=users,
        zones=sorted(available_timezones()),
        wrong={error.field: str(error)} if error is not None else {},
        **_preview(typed),
    )


def _typed() -> dict[str, str]:
    return {name: request.values.get(name, "") for name in FIELDS}


@blueprint.get("/hours/new")
@allow("admin.settings")
def new_calendar() -> ResponseReturnValue:
    return _form(None, {"name": "", "zone": signed_in_viewer().zone, "hours": "Mo-Fr 9:00-18:00", "holidays": ""})


@blueprint.get("/hours/<int:calendar_id>")
@allow("admin.settings")
def calendar(calendar_id: int) -> ResponseReturnValue:
    with the_desk().store.reading() as tx:
        kept = _calendar(tx, calendar_id)
    return _form(kept, {name: getattr(kept, name) for name in FIELDS})


@blueprint.post("/hours/new")
@allow("admin.settings")
def new_calendar_post() -> ResponseReturnValue:
    return _save(None)


@blueprint.post("/hours/<int:calendar_id>")
@allow("admin.settings")
def calendar_post(calendar_id: int) -> ResponseReturnValue:
    with the_desk().store.reading() as tx:
        kept = _calendar(tx, calendar_id)
    return _save(kept)


def _save(kept: calendars.Kept | None) -> ResponseReturnValue:
    typed = _typed()
    try:
        with the_desk().store.transaction() as tx:
            calendars.save(tx, signed_in_viewer().id, **typed, calendar_id=kept.id if kept is not None else None)
    except CalendarError as error:
        return _form(kept, typed, error), 422
    flash(_("Saved. Clocks that run keep the hours they began with."))
    return redirect(url_for("admin.hours"), 303)


@blueprint.post("/hours/<int:calendar_id>/remove")
@allow("admin.settings")
def remove_calendar(calendar_id: int) -> ResponseReturnValue:
    try:
        with the_desk().store.transaction() as tx:
            _calendar(tx, calendar_id)
            sla.remove_calendar(tx, calendar_id)
    except CalendarError as error:
        with the_desk().store.reading() as tx:
            kept = _calendar(tx, calendar_id)
        return _form(kept, {name: getattr(kept, name) for name in FIELDS}, error), 422
    flash(_("The calendar is removed."))
    return redirect(url_for("admin.hours"), 303)


@blueprint.get("/hours/preview")
@allow("admin.settings")
def preview_hours() -> ResponseReturnValue:
    """What the typed hours would mean, as a part of the page."""
    return render_template("admin/hours_preview.html", **_preview(_typed()))


def _preview(typed: dict[str, str]) -> dict[str, Any]:
    now = the_desk().store.clock.now()
    try:
        rules = calendars.checked(zone=typed["zone"], hours=typed["hours"], holidays=typed["holidays"], at=now)
    except CalendarError as error:
        return {"sentence": "", "refused": str(error)}
    at = example(rules, now)
    due = calendars.add(rules, at, EXAMPLE)
    if due is None:
        return {"sentence": "", "refused": _("It opens no more.")}
    return {
        "refused": "",
        "sentence": _(
            "A message on %(at)s that is promised an answer within one hour is due %(due)s.",
            at=at_wall(at, rules.zone),
            due=at_wall(due, rules.zone),
        ),
    }


def example(rules: Hours | None, now: datetime) -> datetime:
    """A telling moment: ten minutes before the office closes next."""
    begin = calendars.next_opening(rules, now)
    until = calendars.opening(rules, begin).until if begin is not None else None
    return until - BEFORE_CLOSING if until is not None else now
