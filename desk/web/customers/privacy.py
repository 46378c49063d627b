"""What a customer may ask of us: everything in one archive, and that nothing of them stays, with the proof of it."""

from __future__ import annotations

from flask import Response, abort, current_app, flash, jsonify, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from desk import agents, people, privacy
from desk.files import FilesUnreachable, MissingBlob
from desk.store import Tx
from desk.web.base import allow, limiter, signed_in_viewer, the_desk
from desk.web.customers.listing import blueprint


@blueprint.post("/<int:customer_id>/archive")
@allow("customer.export")
@limiter.limit("30/hour")
def begin_archive(customer_id: int) -> ResponseReturnValue:
    with the_desk().store.transaction() as tx:
        try:
            privacy.ask_archive(tx, customer_id, signed_in_viewer())
        except LookupError:
            abort(404)
    return redirect(url_for("customers.person", customer_id=customer_id) + "#h-privacy", 303)


@blueprint.get("/<int:customer_id>/archive")
@allow("customer.export")
def archive_state(customer_id: int) -> str:
    """The part of the page that says how far the archive has come."""
    with the_desk().store.reading() as tx:
        shown = archive_of(tx, customer_id)
    return render_template("customers/archive.html", archive=shown, customer_id=customer_id)


def archive_of(tx: Tx, customer_id: int) -> privacy.Archive | None:
    """The newest archive of a customer, as the page shows it: one whose time is over counts as gone."""
    row = privacy.latest(tx, customer_id)
    over = row is not None and row.state == "done" and privacy.to_fetch(tx, row.id) is None
    return None if over or (row is not None and row.state == "gone") else row


@blueprint.get("/archives/<int:archive_id>.zip")
@allow("customer.export")
def fetch_archive(archive_id: int) -> Response:
    with the_desk().store.reading() as tx:
        row = privacy.to_fetch(tx, archive_id)
    if row is None:
        abort(404)
    try:
        content = the_desk().files.get(row.sha256)
    except MissingBlob:
        abort(404)
    except FilesUnreachable as error:
        current_app.logger.error("an archive could not be read: %s", error)
        abort(503)
    headers = {
        "Content-Disposition": f'attachment; filename="customer-{row.customer_id}.zip"',
        "Cache-Control": "no-store",
    }
    return Response(content, mimetype="application/zip", headers=headers)


@blueprint.get("/<int:customer_id>/erase")
@allow("customer.erase")
def erase_form(customer_id: int) -> ResponseReturnValue:
    """What would go and what stays, before anybody presses anything."""
    return _form(customer_id, "", "")


def _form(customer_id: int, reason: str, wrong: str) -> ResponseReturnValue:
    with the_desk().store.reading() as tx:
        current = people.current_id(tx, customer_id)
        if not people.customers(tx, [current]):
            abort(404)
        if people.is_erased(tx, current):
            return redirect(url_for("customers.person", customer_id=current), 303)
        counts, word = privacy.preview(tx, current), _word(tx, current)
    page = render_template(
        "customers/erase.html", customer_id=current, preview=counts, word=word, reason=reason, wrong=wrong
    )
    return (page, 422) if wrong else page


def _word(tx: Tx, customer_id: int) -> str:
    """What has to be typed: who it is that is erased, so that it is nobody else."""
    named = people.customer(tx, customer_id).name
    known = people.identities(tx, customer_id)
    return " ".join(named.split()) or next((one.value for one in known if one.kind != "visitor"), str(customer_id))


@blueprint.post("/<int:customer_id>/erase")
@allow("customer.erase")
def erase(customer_id: int) -> ResponseReturnValue:
    reason, typed = request.form.get("reason", ""), " ".join(request.form.get("typed", "").split())
    desk = the_desk()
    with desk.store.reading() as tx:
        current = people.current_id(tx, customer_id)
        if not people.customers(tx, [current]):
            abort(404)
        word = _word(tx, current)
    if typed.casefold() != word.casefold():
        return _form(current, reason, _("Type “%(word)s” to say that it is this customer.", word=word))
    try:
        with desk.store.transaction() as tx:
            privacy.ask(tx, current, signed_in_viewer(), reason, desk.files)
    except privacy.NotErased as error:
        return _form(current, reason, _(str(error)))
    flash(_("Who this was is erased; what was said follows."))
    return redirect(url_for("customers.person", customer_id=current), 303)


@blueprint.get("/<int:customer_id>/proof.json")
@allow("customer.export")
def proof(customer_id: int) -> Response:
    """The record that a customer was erased, to hand out: it names nobody but who erased them."""
    with the_desk().store.reading() as tx:
        row = privacy.proof(tx, people.current_id(tx, customer_id))
    if row is None or row.state != "done":
        abort(404)
    response = jsonify(privacy.record_of(row))
    response.headers["Content-Disposition"] = f'attachment; filename="erasure-{row.id}.json"'
    return response


def erased_page(tx: Tx, customer_id: int) -> str:
    """What there is to show of a customer who was erased: the proof, or how far it has come."""
    row = privacy.proof(tx, customer_id)
    return render_template(
        "customers/erased.html",
        customer_id=customer_id,
        proof=row,
        good=row is not None and privacy.holds_good(row),
        by=agents.names(tx).get(row.staff_id, "") if row is not None else "",
    )


@blueprint.get("/<int:customer_id>/erased")
@allow("customer.list")
def erased_state(customer_id: int) -> str:
    """The part of the page that changes while the lines go."""
    with the_desk().store.reading() as tx:
        if not people.is_erased(tx, customer_id):
            abort(404)
        return erased_page(tx, customer_id)
