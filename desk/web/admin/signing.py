"""The signature of an inbox's mails (DKIM): a key is made, its record published and looked up, then it signs."""

from __future__ import annotations

from typing import Any

from flask import abort, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from desk import jobs, settings
from desk.channels.email import dkim_sign
from desk.settings import NotYet
from desk.store import Tx
from desk.web.admin.face import blueprint, email_inbox
from desk.web.base import allow, signed_in_viewer, the_desk

PATIENCE = 20  # looks, one a second, before the page says that nobody has taken it up


def signing_values(tx: Tx, inbox: settings.Inbox | None) -> dict[str, Any]:
    """What templates/admin/signing.html reads; nothing where the inbox sends no mails."""
    if inbox is None or inbox.channel != "email":
        return {"signing": None}
    keys = settings.signing_keys(tx, inbox.id)
    return {
        "signing": keys,
        "signing_domain": settings.domain_of(inbox),
        "key_name": dkim_sign.name_of,
        "in_pieces": dkim_sign.in_pieces,
    }


def _key(tx: Tx, inbox_id: int, key_id: int) -> settings.SigningKey:
    email_inbox(tx, inbox_id)
    try:
        found = settings.signing_key(tx, key_id)
    except LookupError:
        abort(404)
    if found.inbox_id != inbox_id:
        abort(404)
    return found


def _part(inbox_id: int, look: int = 0) -> ResponseReturnValue:
    """The section for a script; the page again for a plain form."""
    if not request.headers.get("HX-Request"):
        return redirect(url_for("admin.inbox", inbox_id=inbox_id) + "#signing", 303)
    with the_desk().store.reading() as tx:
        found = email_inbox(tx, inbox_id)
        values = signing_values(tx, found)
    return render_template("admin/signing.html", inbox=found, look=look, patience=PATIENCE, **values)


@blueprint.get("/inboxes/<int:inbox_id>/signing")
@allow("admin.inboxes")
def signing(inbox_id: int) -> ResponseReturnValue:
    """The section, which asks for itself again while a name server is being asked."""
    look = request.args.get("look", "0")
    return _part(inbox_id, min(int(look), PATIENCE) if look.isdigit() and len(look) < 4 else 0)


@blueprint.post("/inboxes/<int:inbox_id>/signing")
@allow("admin.inboxes")
def make_signing_key(inbox_id: int) -> ResponseReturnValue:
    """Makes a key pair, named by today's date. It signs nothing before its record is found."""
    pair = dkim_sign.make_pair()  # before the transaction: it takes a while
    with the_desk().store.transaction() as tx:
        email_inbox(tx, inbox_id)
        taken = {key.selector for key in settings.signing_keys(tx, inbox_id)}
        day = f"desk{tx.now():%Y%m%d}"
        selector = next(name for name in (day, *(f"{day}-{n}" for n in range(2, 1000))) if name not in taken)
        try:
            settings.add_signing_key(
                tx,
                inbox_id,
                selector=selector,
                secret=pair.secret,
                record=pair.record,
                staff_id=signed_in_viewer().id,
            )
        except NotYet as error:
            flash(_(str(error)))
    return _part(inbox_id)


@blueprint.post("/inboxes/<int:inbox_id>/signing/<int:key_id>/check")
@allow("admin.inboxes")
def check_signing_key(inbox_id: int, key_id: int) -> ResponseReturnValue:
    """Asks the background work to look the record up; no request waits for a name server."""
    with the_desk().store.transaction() as tx:
        _key(tx, inbox_id, key_id)
        settings.forget_looks(tx, key_id)
        jobs.enqueue(tx, "dkim.check", {"key_id": key_id}, key=f"dkim.check:{key_id}", max_attempts=2)
    return _part(inbox_id, 1)


@blueprint.post("/inboxes/<int:inbox_id>/signing/<int:key_id>/use")
@allow("admin.inboxes")
def use_signing_key(inbox_id: int, key_id: int) -> ResponseReturnValue:
    """Signs by this key from now on."""
    with the_desk().store.transaction() as tx:
        _key(tx, inbox_id, key_id)
        try:
            settings.use_signing_key(tx, key_id, signed_in_viewer().id)
        except NotYet as error:
            flash(_(str(error)))
    return _part(inbox_id)


@blueprint.post("/inboxes/<int:inbox_id>/signing/<int:key_id>/retire")
@allow("admin.inboxes")
def retire_signing_key(inbox_id: int, key_id: int) -> ResponseReturnValue:
    """Signs nothing by this key any more."""
    with the_desk().store.transaction() as tx:
        _key(tx, inbox_id, key_id)
        settings.retire_signing_key(tx, key_id, signed_in_viewer().id)
    return _part(inbox_id)
