"""/admin/blocks: whose messages are kept aside, how many were, and the ways to let them in."""

from __future__ import annotations

from flask import abort, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_babel import ngettext

from desk import agents, blocking, intake
from desk.blocking import BadBlock
from desk.web.admin.face import PAGE, blueprint
from desk.web.base import allow, number_argument, signed_in_viewer, the_desk

MOST = 500  # messages released at once; the rest by pressing again


@blueprint.get("/blocks")
@allow("quarantine.read")
def blocks() -> ResponseReturnValue:
    return _page()


def _page(error: str = "") -> ResponseReturnValue:
    with the_desk().store.reading() as tx:
        found = blocking.blocks(tx, before=number_argument("before"), limit=PAGE + 1)
        held = {b.id: len(intake.quarantined(tx, state="blocked", block_id=b.id, limit=100)) for b in found[:PAGE]}
        names = agents.names(tx)
    page = render_template(
        "admin/blocks.html",
        rows=found[:PAGE],
        held=held,
        names=names,
        next=found[PAGE - 1].id if len(found) > PAGE else None,
        older="before" in request.args,
        error=error,
        typed=request.form,
    )
    return (page, 422) if error else page


@blueprint.post("/blocks")
@allow("quarantine.release")
def add_block() -> ResponseReturnValue:
    """Puts an address, a domain, a number or a network on the list."""
    form = request.form
    kind = form.get("kind", "") if form.get("kind") in ("email", "phone", "network") else ""
    try:
        with the_desk().store.transaction() as tx:
            row = blocking.add(tx, kind, form.get("value", ""), by=signed_in_viewer(), why=form.get("why", ""))
    except BadBlock as error:
        return _page(_(str(error)))
    flash(_("Blocked: %(sender)s", sender=row.value))
    return redirect(url_for("admin.blocks"), 303)


@blueprint.post("/blocks/<int:block_id>/lift")
@allow("quarantine.release")
def lift_block(block_id: int) -> ResponseReturnValue:
    """Takes a sender off the list; with `release=1` what was kept aside goes on to where it was written to."""
    viewer, sent = signed_in_viewer(), 0
    try:
        with the_desk().store.transaction() as tx:
            row = blocking.lift(tx, block_id, by=viewer)
            waiting = intake.quarantined(tx, state="blocked", block_id=row.id, limit=MOST)
            if request.form.get("release") == "1":
                for arrival in reversed(waiting):  # in the order in which they came
                    if arrival.state == "blocked" and arrival.inbox_id is not None:  # a piece goes with its message
                        sent += intake.release(tx, arrival.id, arrival.inbox_id, viewer.id)
    except LookupError:
        abort(404)
    news = _("%(sender)s can write again.", sender=row.value)
    if sent:
        news += " " + ngettext("%(num)s message is on its way in.", "%(num)s messages are on their way in.", sent)
    flash(news)
    return redirect(url_for("admin.blocks"), 303)
