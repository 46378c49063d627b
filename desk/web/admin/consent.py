"""/admin/inboxes/…/connect: consent for a mailbox, asked for at its provider and brought back here.

The way back is open to whoever has its address, so the `state` that comes with it decides: it is signed, names the
inbox and the colleague, works for ten minutes and once, and only in the session that began it.
"""

from __future__ import annotations

import secrets

from flask import Response, flash, make_response, redirect, render_template, request, session, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from desk import jobs, settings
from desk.channels.email import consent
from desk.channels.email.oauth_providers import provider
from desk.keys import BadSignature
from desk.settings import grants
from desk.web.admin.face import blueprint, email_inbox
from desk.web.base import allow, answer, signed_in_viewer, the_desk

PURPOSE = "mailbox consent"
BEGUN = "consent"  # in the session: the attempts that this browser began, by inbox
MOST_BEGUN = 5
PATIENCE = 60  # looks, one a second, before the page says that nobody has taken it up
LONGEST_CODE = 4000


def redirect_uri() -> str:
    """The one address that is registered at each provider."""
    return f"{the_desk().store.public_url}/admin/inboxes/connected"


@blueprint.post("/inboxes/<int:inbox_id>/connect")
@allow("admin.inboxes")
def connect(inbox_id: int) -> ResponseReturnValue:
    """Remembers that somebody goes to the provider, and sends them there."""
    viewer, store = signed_in_viewer(), the_desk().store
    nonce, verifier = secrets.token_urlsafe(24), consent.verifier()
    with store.transaction() as tx:
        found = email_inbox(tx, inbox_id)
        config = settings.plain(found)
        lacking = consent.lacking(config)
        if not lacking:
            until = grants.ask(
                tx, inbox_id, nonce=nonce, verifier=verifier, redirect_uri=redirect_uri(), staff_id=viewer.id
            )
    if lacking:
        flash(_("Fill in and save first: %(fields)s.", fields=", ".join(_(label) for label in lacking)))
        return redirect(url_for("admin.inbox", inbox_id=inbox_id) + "#inbox-consent", 303)
    begun = dict(session.get(BEGUN) or {})
    begun.pop(str(inbox_id), None)
    session[BEGUN] = dict([*begun.items(), (str(inbox_id), nonce)][-MOST_BEGUN:])
    state = store.keys.sign(PURPOSE, {"i": inbox_id, "n": nonce, "s": viewer.id, "t": int(until.timestamp())})
    there = consent.question(
        config, redirect_uri=redirect_uri(), state=state, verifier=verifier, login_hint=found.address
    )
    # Not a redirect: the page's policy lets no form lead to another site, and that is worth keeping.
    page = make_response(render_template("admin/leaving.html", inbox=found, there=there, name=provider(config).name))
    page.headers["Refresh"] = f"0; url={there}"
    return page


@blueprint.get("/inboxes/connected")
@allow("admin.inboxes")
def connected() -> ResponseReturnValue:
    """Where the provider sends a person back to: with a code, or with the reason why there is none."""
    store, args = the_desk().store, request.args
    try:
        state = store.keys.verify(PURPOSE, args.get("state", "")[:1000])
        inbox_id, nonce, staff_id, until = (state[name] for name in "inst")
    except (BadSignature, KeyError):
        return _refused(_("This answer belongs to no question of this desk."))
    if until < store.clock.now().timestamp():
        return _refused(_("More than ten minutes went by. Go to the inbox and connect it once more."))
    begun = dict(session.get(BEGUN) or {})
    if staff_id != signed_in_viewer().id or not secrets.compare_digest(str(begun.get(str(inbox_id), "")), str(nonce)):
        return _refused(
            _("This answer was used already, or the connection was begun in another session. Connect it once more.")
        )
    del begun[str(inbox_id)]
    session[BEGUN] = begun
    code, error = args.get("code", ""), args.get("error", "")
    reason = ""
    if error or not code or len(code) > LONGEST_CODE:
        reason = consent.denied(error, args.get("error_description", "")) if error else _("The provider sent no code.")
    with store.transaction() as tx:
        email_inbox(tx, inbox_id)
        taken = grants.answered(tx, inbox_id, nonce, code=code, reason=reason)
        if taken and not reason:
            args_ = {"inbox_id": inbox_id, "attempt": nonce}
            jobs.enqueue(tx, "inbox.redeem", args_, key=f"inbox.redeem:{inbox_id}:{nonce}", max_attempts=5)
    if not taken:
        return _refused(_("This answer was used already, or a newer attempt took its place. Connect it once more."))
    return redirect(url_for("admin.inbox", inbox_id=inbox_id) + "#inbox-consent", 303)


def _refused(sentence: str) -> Response:
    return answer(400, title=_("The mailbox was not connected"), text=sentence)


@blueprint.post("/inboxes/<int:inbox_id>/disconnect")
@allow("admin.inboxes")
def disconnect(inbox_id: int) -> ResponseReturnValue:
    """Forgets the consent at once; that the provider hears of it is a job."""
    with the_desk().store.transaction() as tx:
        email_inbox(tx, inbox_id)
        if grants.disconnect(tx, inbox_id, signed_in_viewer().id):
            jobs.enqueue(tx, "inbox.revoke", {"inbox_id": inbox_id}, key=f"inbox.revoke:{inbox_id}", max_attempts=8)
            flash(_("Disconnected. The desk has forgotten the token."))
    return redirect(url_for("admin.inbox", inbox_id=inbox_id) + "#inbox-consent", 303)


@blueprint.get("/inboxes/<int:inbox_id>/consent")
@allow("admin.inboxes")
def consented(inbox_id: int) -> ResponseReturnValue:
    """How it stands, as a part that asks again while tokens are being asked for."""
    look = request.args.get("look", "0")
    with the_desk().store.reading() as tx:
        found = email_inbox(tx, inbox_id)
    return render_template(
        "admin/consent.html", inbox=found, **shown(found, int(look) if look.isdecimal() and len(look) < 4 else 0)
    )


def shown(inbox: settings.Inbox | None, look: int = 0) -> dict[str, object]:
    """What the part about consent needs, within the inbox's page too."""
    stands = grants.grant(inbox) if inbox is not None else grants.Grant()
    waits = stands.attempt == "connecting" and look < PATIENCE
    config = settings.plain(inbox) if inbox is not None else {}
    found = provider(config)
    return {
        "consent": stands,
        "consent_waits": waits,
        "consent_look": look + 1,
        "consent_redirect": redirect_uri(),
        "consent_provider": found.name,
        "consent_lacking": consent.lacking(config),
        "consent_revokes": bool(found.revoke),
        "consent_other": bool(stands.account)
        and str(config.get("imap_user") or stands.account).casefold() != stands.account.casefold(),
    }
