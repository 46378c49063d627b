"""Saved views: their queues as a live screen follows them, and the pages on which they are made and ordered."""

from __future__ import annotations

from typing import Any

from flask import Response, abort, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from desk import agents, conversations, views
from desk.agents import Viewer
from desk.conversations import SORTS
from desk.search import FILTERS as KNOWN
from desk.search import ROW_FILTERS
from desk.store import Tx
from desk.views import BadView, NoView, View
from desk.web.base import allow, signed_in_viewer, the_desk
from desk.web.console import queues
from desk.web.console.linking import number_of
from desk.web.console.routes import as_json, blueprint, reading
from desk.web.console.rows import sort_key, sorted_by

ASKED = 200  # conversations that a screen asks about at once


@blueprint.get("/view-<int:view_id>/among")
@allow("agent")
def among(view_id: int) -> Response:
    """Which of the conversations `ids` stand in the view now, and where: asked by a screen that heard of changes."""
    viewer = signed_in_viewer()
    with reading() as tx:
        view = _one(tx, view_id, viewer)
        try:
            rows = views.rows_of(tx, view, viewer, _asked_of())
        except BadView:
            rows = []
    return as_json(keys={str(row.id): sorted_by(row, view.sort) for row in rows})


@blueprint.get("/mentions/among")
@allow("agent")
def mentions_among() -> Response:
    """The same for the conversations in whose notes one is named: no row says of itself who that is."""
    viewer = signed_in_viewer()
    with reading() as tx:
        rows = conversations.among(tx, viewer, "mentions", _asked_of())
    return as_json(keys={str(row.id): sort_key(row, "mentions") for row in rows})


def _asked_of() -> list[int]:
    ids = [int(one) for one in request.args.get("ids", "").split(",")[:ASKED] if one.isascii() and one.isdigit()]
    return [one for one in ids if one < 2**63]


@blueprint.get("/views/menu")
@allow("agent")
def views_menu() -> str:
    """All queues beside the first five: one's teams', the saved views, with their counts."""
    viewer = signed_in_viewer()
    with reading() as tx:
        found = [(view, counted(tx, view, viewer)) for view in views.every(tx, viewer)]
        teams = [team for team in agents.teams(tx) if team.id in viewer.team_ids][: conversations.MOST_TEAMS]
        counts = conversations.counts(tx, viewer)
    return render_template(
        "console/menu_views.html", views=found, teams=teams, counts=counts, cap=conversations.CAP, view=queues.asked()
    )


def counted(tx: Tx, view: View, viewer: Viewer) -> str:
    """A count as it is shown: "99+" from the cap on, "7+" where only so many were found within bounds."""
    n, cut = views.count(tx, view, viewer)
    if n >= conversations.CAP:
        return f"{conversations.CAP - 1}+"
    return f"{n}+" if cut else str(n or "")


@blueprint.get("/views")
@allow("agent")
def views_page() -> str:
    """All views of a colleague, to put in order, change and remove."""
    viewer = signed_in_viewer()
    with reading() as tx:
        found = [(view, views.may_change(view, viewer)) for view in views.every(tx, viewer)]
        names, teams = agents.names(tx), {team.id: team.name for team in agents.teams(tx)}
    return render_template("console/views.html", views=found, names=names, teams=teams, sorts=_sorts(), me=viewer)


@blueprint.get("/views/new")
@allow("agent")
def new_view() -> str:
    """The form, filled with what is on the screen (`view`) or with `filters`."""
    viewer = signed_in_viewer()
    view = queues.asked("all")
    with reading() as tx:
        filters, sort = queues.BEGINNINGS.get(view, ("is:open", "urgency"))
        team_id, number = conversations.team_of(view), queues.saved_of(view)
        if team_id is not None:
            name = next((team.name for team in agents.teams(tx) if team.id == team_id), "none")
            filters = f'is:open team:"{name}"'
        elif number is not None:
            saved = _one(tx, number, viewer)
            filters, sort = saved.filters, saved.sort
        elif "filters" in request.args:
            filters = request.args["filters"][:300]
        return _form(tx, viewer, {"filters": filters, "sort": sort, "shared": "private"})


@blueprint.get("/views/<int:view_id>")
@allow("agent")
def edit_view(view_id: int) -> str:
    viewer = signed_in_viewer()
    with reading() as tx:
        view = _one(tx, view_id, viewer)
        if not views.may_change(view, viewer):
            abort(404)
        values = {"name": view.name, "filters": view.filters, "sort": view.sort, "shared": view.shared}
        return _form(tx, viewer, values | {"team_id": view.team_id}, view)


@blueprint.post("/views")
@allow("agent")
def make_view() -> ResponseReturnValue:
    viewer = signed_in_viewer()
    try:
        with the_desk().store.transaction() as tx:
            view = views.create(tx, viewer, **_typed())
    except BadView as error:
        with reading() as tx:
            return _form(tx, viewer, _typed(), error=queues.why(error)), 422
    flash(_("The view is there."))
    return redirect(f"/console/view-{view.id}", 303)


@blueprint.post("/views/<int:view_id>")
@allow("agent")
def change_view(view_id: int) -> ResponseReturnValue:
    viewer = signed_in_viewer()
    try:
        with the_desk().store.transaction() as tx:
            views.change(tx, view_id, viewer, **_typed())
    except NoView:
        abort(404)
    except BadView as error:
        with reading() as tx:
            return _form(tx, viewer, _typed(), _one(tx, view_id, viewer), error=queues.why(error)), 422
    flash(_("Changed, for all who have it."))
    return redirect(f"/console/view-{view_id}", 303)


@blueprint.post("/views/<int:view_id>/remove")
@allow("agent")
def remove_view(view_id: int) -> ResponseReturnValue:
    return _do(view_id, lambda tx, viewer: views.remove(tx, view_id, viewer), _("The view is removed."))


@blueprint.post("/views/<int:view_id>/move")
@allow("agent")
def move_view(view_id: int) -> ResponseReturnValue:
    """Up with `up=1`, else down, in one's own list."""
    by = -1 if request.form.get("up") == "1" else 1
    return _do(view_id, lambda tx, viewer: views.move(tx, view_id, viewer, by), _("Moved."))


def _do(view_id: int, do: Any, news: str) -> ResponseReturnValue:
    try:
        with the_desk().store.transaction() as tx:
            do(tx, signed_in_viewer())
    except NoView:
        abort(404)
    except BadView as error:
        news = queues.why(error)
    flash(news)
    return redirect(url_for("console.views_page"), 303)


def _one(tx: Tx, view_id: int, viewer: Viewer) -> View:
    try:
        return views.get(tx, view_id, viewer)
    except NoView as error:
        raise conversations.NotVisible(str(error)) from error


def _typed() -> dict[str, Any]:
    form = request.form
    shared = form.get("shared", "")
    team = number_of(shared.removeprefix("team-")) if shared.startswith("team-") else None
    return {
        "name": form.get("name", "")[:200],
        "filters": form.get("filters", "")[:1000],
        "sort": form.get("sort", ""),
        "shared": "team" if team is not None else shared,
        "team_id": team,
    }


def _sorts() -> dict[str, str]:
    names = (_("Most urgent first"), _("Longest waiting first"), _("Next due first"), _("Latest first"))
    return dict(zip(SORTS, names, strict=True))


def _form(tx: Tx, viewer: Viewer, values: dict[str, Any], view: View | None = None, error: str = "") -> str:
    teams = [team for team in agents.teams(tx) if viewer.role in conversations.LEADS or team.id in viewer.team_ids]
    offers = [(name, [f"{name}:{value}" for value in KNOWN[name]] or [f"{name}:"]) for name in ROW_FILTERS]
    return render_template(
        "console/view_form.html",
        values=values,
        saved=view,
        error=error,
        teams=teams,
        sorts=_sorts(),
        offers=offers,
        owner=view is None or view.staff_id == viewer.id,
    )
