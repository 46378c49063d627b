"""/admin/people: who works here, in which role and teams; invited, changed, switched off."""

from __future__ import annotations

from zoneinfo import available_timezones

from flask import abort, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from desk import agents, assigning, i18n, settings
from desk.assigning import WorkRefused
from desk.store import Tx
from desk.web.admin.assignment import read_work, work_values
from desk.web.admin.face import PAGE, blueprint
from desk.web.base import allow, notices, number_argument, refusals, signed_in_viewer, the_desk


def _page(typed: dict[str, str] | None = None, error: str = "", team_error: str = "") -> str:
    after_id, after_name = number_argument("after"), request.args.get("name", "")
    with the_desk().store.reading() as tx:
        page = agents.page(tx, after=None if after_id is None else (after_name, after_id), limit=PAGE)
        shown = {
            "rows": page.rows,
            "next": page.next,
            "counts": agents.counts(tx),
            "names": agents.names(tx),
            "teams": agents.teams(tx),
            "waiting": agents.waiting(tx),
        }
    return render_template(
        "admin/people.html", roles=agents.ROLES, typed=typed or {}, error=error, team_error=team_error, **shown
    )


@blueprint.get("/people")
@allow("admin.people")
def people() -> ResponseReturnValue:
    return _page()


@blueprint.post("/people")
@allow("admin.people")
def invite() -> ResponseReturnValue:
    """Makes a place for a new colleague and mails them the link to set a password."""
    typed = {name: request.form.get(name, "").strip() for name in ("email", "name", "role", "team")}
    try:
        with the_desk().store.transaction() as tx:
            staff = agents.create(
                tx,
                email=typed["email"],
                name=typed["name"] or typed["email"].partition("@")[0].replace(".", " ").title(),
                role=typed["role"],
                zone=settings.get(tx, "desk.zone"),
                locale=signed_in_viewer().locale,
            )
            if typed["team"]:
                _into_teams(tx, staff.id, [typed["team"]])
            notices.send_invitation(tx, agents.invite(tx, staff.id), signed_in_viewer().name)
    except agents.StaffRefused as refused:
        return _page(typed, error=refusals.staff_refused(refused)), 422
    flash(_("A link is on its way to %(email)s.", email=typed["email"]))
    return redirect(url_for("admin.people"), 303)


def _into_teams(tx: Tx, staff_id: int, given: list[str]) -> None:
    known = {str(team.id): team.id for team in agents.teams(tx)}
    if not set(given) <= set(known):
        abort(400)
    agents.set_teams(tx, staff_id, frozenset(known[team] for team in given))


def _person_page(staff_id: int, error: str = "", refused: WorkRefused | None = None) -> str:
    with the_desk().store.reading() as tx:
        person = agents.get(tx, staff_id)
        if person is None:
            abort(404)
        teams = agents.teams(tx)
        viewer = agents.viewer(tx, staff_id)
        link = agents.waiting(tx).get(staff_id)
    return render_template(
        "admin/person.html",
        person=person,
        teams=teams,
        inside=viewer.team_ids if viewer is not None else frozenset(),
        link=link,
        roles=agents.ROLES,
        languages=i18n.for_readers(),
        zones=sorted(available_timezones()),
        error=error,
        **work_values(staff_id, refused),
    )


@blueprint.get("/people/<int:staff_id>")
@allow("admin.people")
def person(staff_id: int) -> ResponseReturnValue:
    return _person_page(staff_id)


@blueprint.post("/people/<int:staff_id>")
@allow("admin.people")
def person_post(staff_id: int) -> ResponseReturnValue:
    locale = request.form.get("locale", "en")
    try:
        with the_desk().store.transaction() as tx:
            if agents.get(tx, staff_id) is None:
                abort(404)
            agents.change(
                tx,
                staff_id,
                name=request.form.get("name", ""),
                role=request.form.get("role", ""),
                zone=request.form.get("zone", ""),
                locale=locale if locale in i18n.for_readers() else "en",
            )
            _into_teams(tx, staff_id, request.form.getlist("teams"))
    except agents.StaffRefused as refused:
        return _person_page(staff_id, refusals.staff_refused(refused)), 422
    flash(_("Saved."))
    return redirect(url_for("admin.people"), 303)


@blueprint.post("/people/<int:staff_id>/work")
@allow("admin.people")
def person_work(staff_id: int) -> ResponseReturnValue:
    """When they work, how much they can take at once, what they speak and know."""
    try:
        with the_desk().store.transaction() as tx:
            if agents.get(tx, staff_id) is None:
                abort(404)
            assigning.save_work(tx, staff_id, read_work())
    except WorkRefused as refused:
        return _person_page(staff_id, refused=refused), 422
    flash(_("Saved."))
    return redirect(url_for("admin.person", staff_id=staff_id), 303)


@blueprint.post("/people/<int:staff_id>/link")
@allow("admin.people")
def new_link(staff_id: int) -> ResponseReturnValue:
    """Sends a fresh link; the ones before it stop working."""
    with the_desk().store.transaction() as tx:
        try:
            link = agents.invite(tx, staff_id)
        except LookupError:
            abort(404)
        notices.send_invitation(tx, link, signed_in_viewer().name)
    flash(_("A link is on its way to %(email)s.", email=link.email))
    return redirect(url_for("admin.person", staff_id=staff_id), 303)


@blueprint.post("/people/<int:staff_id>/active")
@allow("admin.people")
def switch(staff_id: int) -> ResponseReturnValue:
    """Switches an account off (at once, everywhere) or on again."""
    on = request.form.get("active") == "1"
    try:
        with the_desk().store.transaction() as tx:
            if agents.get(tx, staff_id) is None:
                abort(404)
            (agents.reactivate if on else agents.deactivate)(tx, staff_id)
    except agents.StaffRefused as refused:
        return _person_page(staff_id, refusals.staff_refused(refused)), 422
    flash(_("They can sign in again.") if on else _("They are signed out everywhere, and cannot sign in."))
    return redirect(url_for("admin.person", staff_id=staff_id), 303)
