"""/admin/sla: what is promised to whom, in order; with what a promise would mean before it is saved."""

from __future__ import annotations

import re
from dataclasses import asdict
from datetime import datetime, timedelta
from typing import Any

from flask import abort, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from desk import calendars, segments, settings, sla
from desk.sla import KINDS, Policy, PolicyError, Wanted
from desk.store import Tx
from desk.web.admin.face import blueprint
from desk.web.admin.hours import at_wall, example
from desk.web.base import allow, signed_in_viewer, the_desk

_LENGTH = re.compile(r"(?:(\d{1,4})\s*h)?\s*(?:(\d{1,6})\s*(?:m|min)?)?", re.IGNORECASE)
_FIELDS = ("name", "inbox", "segment", "priority", *KINDS, "warn", "hours")


def read_length(text: str, field: str) -> int | None:
    """`45 min`, `8 h`, `2 h 30 min`, `90` as minutes; None for nothing. Raises PolicyError."""
    text = text.strip()
    if not text:
        return None
    found = _LENGTH.fullmatch(text)
    if found is None or not any(found.groups()):
        raise PolicyError(field, f"“{text[:20]}” is no length of time: write 45 min, 8 h or 2 h 30 min.")
    hours, minutes = (int(part or 0) for part in found.groups())
    return hours * 60 + minutes


def written(minutes: int | None) -> str:
    """The other way round."""
    if minutes is None:
        return ""
    hours, rest = divmod(minutes, 60)
    return " ".join(filter(None, (f"{hours} h" if hours else "", f"{rest} min" if rest or not hours else "")))


def _policy(tx: Tx, policy_id: int) -> Policy:
    try:
        return sla.get(tx, policy_id)
    except LookupError:
        abort(404)


def _names(tx: Tx) -> dict[str, Any]:
    return {
        "inboxes": {row.id: row.name for row in settings.inboxes(tx)},
        "segments": {row.id: row.name for row in segments.every(tx)},
        "calendars": {row.id: row.name for row in calendars.every(tx)},
        "priorities": {1: _("High priority"), 0: _("Normal priority"), -1: _("Low priority")},
    }


@blueprint.get("/sla")
@allow("admin.settings")
def promises() -> ResponseReturnValue:
    with the_desk().store.reading() as tx:
        rows, names = sla.every(tx), _names(tx)
    return render_template("admin/sla.html", rows=rows, written=written, **names)


def _form(policy: Policy | None, typed: dict[str, str], error: PolicyError | None = None) -> str:
    with the_desk().store.reading() as tx:
        names, told = _names(tx), _preview(tx, typed)
    wrong = {error.field: str(error)} if error is not None else {}
    return render_template("admin/policy.html", policy=policy, t=typed, wrong=wrong, **names, **told)


def _typed() -> dict[str, str]:
    return {name: request.values.get(name, "") for name in _FIELDS} | {
        "pauses": "on" if "pauses" in request.values else ""
    }


def _as_typed(wanted: Wanted | Policy) -> dict[str, str]:
    at = wanted.calendar_id if wanted.hours == "calendar" else None
    return {
        "name": wanted.name,
        "inbox": str(wanted.inbox_id or ""),
        "segment": str(wanted.segment_id or ""),
        "priority": "" if wanted.priority is None else str(wanted.priority),
        "first": written(wanted.first_minutes),
        "next": written(wanted.next_minutes),
        "resolution": written(wanted.resolution_minutes),
        "warn": written(wanted.warn_minutes),
        "hours": wanted.hours if at is None else str(at),
        "pauses": "on" if wanted.pauses else "",
    }


def _number(text: str, field: str) -> int | None:
    if not text:
        return None
    if not re.fullmatch(r"-?\d{1,18}", text):
        raise PolicyError(field, "Choose one of those that are offered.")
    return int(text)


def _wanted(typed: dict[str, str]) -> Wanted:
    hours = typed["hours"]
    return Wanted(
        name=typed["name"],
        inbox_id=_number(typed["inbox"], "inbox"),
        segment_id=_number(typed["segment"], "segment"),
        priority=_number(typed["priority"], "priority"),
        first_minutes=read_length(typed["first"], "first"),
        next_minutes=read_length(typed["next"], "next"),
        resolution_minutes=read_length(typed["resolution"], "resolution"),
        hours=hours if hours in ("inbox", "always") else "calendar",
        calendar_id=None if hours in ("inbox", "always") else _number(hours, "hours"),
        pauses=bool(typed["pauses"]),
        warn_minutes=read_length(typed["warn"], "warn") or 0,
    )


@blueprint.get("/sla/new")
@allow("admin.settings")
def new_policy() -> ResponseReturnValue:
    return _form(None, _as_typed(Wanted(name="", first_minutes=60, next_minutes=240, resolution_minutes=1440)))


@blueprint.get("/sla/<int:policy_id>")
@allow("admin.settings")
def policy(policy_id: int) -> ResponseReturnValue:
    with the_desk().store.reading() as tx:
        row = _policy(tx, policy_id)
    return _form(row, _as_typed(row))


@blueprint.post("/sla/new")
@allow("admin.settings")
def new_policy_post() -> ResponseReturnValue:
    return _save(None)


@blueprint.post("/sla/<int:policy_id>")
@allow("admin.settings")
def policy_post(policy_id: int) -> ResponseReturnValue:
    with the_desk().store.reading() as tx:
        row = _policy(tx, policy_id)
    return _save(row)


def _save(row: Policy | None) -> ResponseReturnValue:
    typed = _typed()
    try:
        with the_desk().store.transaction() as tx:
            sla.save(tx, signed_in_viewer().id, _wanted(typed), row.id if row is not None else None)
    except PolicyError as error:
        return _form(row, typed, error), 422
    flash(_("Saved. Clocks that run keep what they began with."))
    return redirect(url_for("admin.promises"), 303)


@blueprint.post("/sla/<int:policy_id>/move")
@allow("admin.settings")
def move_policy(policy_id: int) -> ResponseReturnValue:
    with the_desk().store.transaction() as tx:
        _policy(tx, policy_id)
        sla.shift(tx, policy_id, -1 if request.form.get("by") == "up" else 1)
    return redirect(url_for("admin.promises"), 303)


@blueprint.post("/sla/<int:policy_id>/remove")
@allow("admin.settings")
def remove_policy(policy_id: int) -> ResponseReturnValue:
    with the_desk().store.transaction() as tx:
        _policy(tx, policy_id)
        sla.remove(tx, policy_id)
    flash(_("The policy is removed. Its clocks end when they are looked at next."))
    return redirect(url_for("admin.promises"), 303)


@blueprint.get("/sla/preview")
@allow("admin.settings")
def preview_policy() -> ResponseReturnValue:
    """What the typed promise would mean, as a part of the page."""
    with the_desk().store.reading() as tx:
        return render_template("admin/policy_preview.html", **_preview(tx, _typed()))


def _preview(tx: Tx, typed: dict[str, str]) -> dict[str, Any]:
    try:
        wanted = _wanted(typed)
    except PolicyError as error:
        return {"lines": [], "refused": str(error), "example": ""}
    calendar_id = wanted.calendar_id
    if wanted.hours == "inbox" and wanted.inbox_id is not None:
        try:
            calendar_id = settings.inbox(tx, wanted.inbox_id).calendar_id
        except LookupError:
            calendar_id = None
    rules = calendars.rules(tx, calendars.version_of(tx, calendar_id)) if wanted.hours != "always" else None
    zone = rules.zone if rules is not None else signed_in_viewer().zone
    at = example(rules, tx.now())
    words = {
        "first": _("the first reply is due %(due)s"),
        "next": _("a later reply to a message of that time is due %(due)s"),
        "resolution": _("a solution is due %(due)s"),
    }
    lines = [
        words[kind] % {"due": _when(rules, at, minutes, zone)}
        for kind in KINDS
        if (minutes := asdict(wanted)[f"{kind}_minutes"]) is not None
    ]
    return {"lines": lines, "refused": "", "example": _("A message on %(at)s:", at=at_wall(at, zone))}


def _when(rules: calendars.Hours | None, at: datetime, minutes: int, zone: str) -> str:
    due = calendars.add(rules, at, timedelta(minutes=minutes))
    return at_wall(due, zone) if due is not None else _("never")
