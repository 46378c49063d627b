"""/admin/teams: teams made and renamed; who is in them stands on the pages of people."""

from __future__ import annotations

from flask import abort, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from desk import agents
from desk.web.admin.face import blueprint
from desk.web.base import allow, refusals, the_desk


def _page(error: str = "", wrong: int | None = None, typed: str = "") -> str:
    with the_desk().store.reading() as tx:
        teams, names = agents.teams(tx), agents.names(tx)
    return render_template("admin/teams.html", teams=teams, names=names, error=error, wrong=wrong, typed=typed)


@blueprint.get("/teams")
@allow("admin.people")
def teams() -> ResponseReturnValue:
    return _page()


@blueprint.post("/teams")
@allow("admin.people")
def add_team() -> ResponseReturnValue:
    typed = request.form.get("name", "")
    try:
        with the_desk().store.transaction() as tx:
            agents.create_team(tx, typed)
    except agents.TeamRefused as refused:
        return _page(refusals.team_refused(refused), None, typed), 422
    flash(_("The team is there. Put people into it on their pages."))
    return redirect(url_for("admin.teams"), 303)


@blueprint.post("/teams/<int:team_id>")
@allow("admin.people")
def rename_team(team_id: int) -> ResponseReturnValue:
    typed = request.form.get("name", "")
    try:
        with the_desk().store.transaction() as tx:
            agents.rename_team(tx, team_id, typed)
    except agents.TeamRefused as refused:
        return _page(refusals.team_refused(refused), team_id, typed), 422
    except LookupError:
        abort(404)
    flash(_("Saved."))
    return redirect(url_for("admin.teams"), 303)
