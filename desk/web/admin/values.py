"""/admin/settings: every typed setting with its sentence, and the history of what was changed."""

from __future__ import annotations

from itertools import groupby
from typing import Any
from zoneinfo import available_timezones

from flask import abort, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from desk import agents, settings
from desk.settings import SPECS, BadSetting, Spec
from desk.web.admin.face import PAGE, blueprint
from desk.web.base import allow, number_argument, signed_in_viewer, the_desk


def _groups() -> list[tuple[str, list[Spec]]]:
    return [(group, list(specs)) for group, specs in groupby(SPECS.values(), key=lambda spec: spec.group)]


def _page(typed: dict[str, Any] | None = None, errors: dict[str, str] | None = None) -> str:
    with the_desk().store.reading() as tx:
        values = settings.all_values(tx)
        changes = settings.changes(tx, limit=12)
        names = agents.names(tx)
    return render_template(
        "admin/settings.html",
        groups=_groups(),
        values=values | (typed or {}),
        errors=errors or {},
        changes=changes,
        names=names,
        specs=SPECS,
        zones=sorted(available_timezones()),
    )


@blueprint.get("/settings")
@allow("admin.settings")
def values() -> ResponseReturnValue:
    return _page()


@blueprint.post("/settings")
@allow("admin.settings")
def values_post() -> ResponseReturnValue:
    """Changes the settings of one group: all of them, or none where one does not fit."""
    group = dict(_groups()).get(request.form.get("group", ""))
    if group is None:
        abort(400)
    typed: dict[str, Any] = {}
    errors: dict[str, str] = {}
    for spec in group:
        given = spec.name in request.form if spec.kind == "flag" else request.form.get(spec.name, "")
        typed[spec.name] = given
        try:
            spec.check(given)
        except BadSetting as error:
            errors[spec.name] = str(error)
    if errors:
        return _page(typed, errors), 422
    with the_desk().store.transaction() as tx:
        for name, value in typed.items():
            settings.set(tx, name, value, signed_in_viewer().id)
    flash(_("Saved."))
    return redirect(url_for("admin.values"), 303)


@blueprint.get("/settings/changes")
@allow("admin.settings")
def changes() -> ResponseReturnValue:
    """Everything that was ever changed, newest first."""
    with the_desk().store.reading() as tx:
        rows = settings.changes(tx, limit=PAGE + 1, before=number_argument("before"))
        names = agents.names(tx)
    return render_template(
        "admin/changes.html",
        changes=rows[:PAGE],
        next=rows[PAGE - 1].id if len(rows) > PAGE else None,
        names=names,
        specs=SPECS,
    )


@blueprint.post("/settings/changes/<int:change_id>/undo")
@allow("admin.settings")
def undo(change_id: int) -> ResponseReturnValue:
    """Sets what a setting was before one change. That is a change too, and stands in the history."""
    with the_desk().store.transaction() as tx:
        found = settings.changes(tx, limit=1, before=change_id + 1)
        if not found or found[0].id != change_id or found[0].name not in SPECS:
            abort(404)
        change = found[0]
        before = change.before[0] if change.before else SPECS[change.name].default
        try:
            settings.set(tx, change.name, before, signed_in_viewer().id)
        except BadSetting as error:  # its limits were narrowed since
            flash(str(error))
        else:
            flash(_("Set back: %(setting)s.", setting=_(SPECS[change.name].title)))
    return redirect(url_for("admin.values"), 303)
