"""Texts of an SMS inbox without a provider: shown at /admin/outbox, answered as the customer, and given receipts.

What is written here comes in as the provider would hand it in: a signed call at the same door, with the same checks.
"""

from __future__ import annotations

import contextvars
import re
import secrets
from urllib.parse import parse_qsl, quote, urlencode, urlsplit

from flask import Flask, abort, current_app, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from werkzeug.test import EnvironBuilder, run_wsgi_app

from desk import outbound, settings
from desk.channels.base import known
from desk.channels.sms import signature
from desk.channels.sms.numbers import NoNumber, e164
from desk.files import MissingBlob
from desk.outbound import OutboxMail
from desk.store import Tx
from desk.web.admin.face import blueprint
from desk.web.base import allow, answer, may, the_desk

MAX_TEXT = 1600  # characters
NEWS = {"delivered": {"MessageStatus": "delivered"}, "failed": {"MessageStatus": "undelivered", "ErrorCode": "30003"}}


def text_page(tx: Tx, mail: OutboxMail, error: str = "", typed: str = "") -> str:
    """One message that was kept here instead of sent."""
    try:
        form = the_desk().files.get(mail.raw_sha256).decode("utf-8", "replace")
    except MissingBlob:
        abort(404)
    fields = parse_qsl(form, keep_blank_values=True) if mail.channel == "sms" else []
    body = dict(fields).get("Body", "" if fields else form)
    row = outbound.delivery_named(tx, mail.message_id)
    channel = known().get(mail.channel)
    to_customer = row is not None and row.purpose not in ("notice", "code")
    return render_template(
        "admin/text.html",
        mail=mail,
        body=body,
        fields=fields,
        media=[urlsplit(value).path for name, value in fields if name == "MediaUrl"],
        cost=channel.cost(body) if channel is not None else None,
        delivery=row,
        answerable=to_customer and mail.channel == "sms" and mail.inbox_id is not None and may("outbox.answer"),
        error=error,
        typed=typed,
    )


def _kept(tx: Tx, mail_id: int) -> tuple[OutboxMail, settings.Inbox]:
    """A text of ours to a customer, and the inbox that it is of."""
    try:
        found = outbound.outbox_mail(tx, mail_id)
    except LookupError:
        abort(404)
    if found.channel != "sms" or found.inbox_id is None:
        abort(404)
    return found, settings.inbox(tx, found.inbox_id)


@blueprint.post("/outbox/<int:mail_id>/text")
@allow("outbox.answer")
def answer_text(mail_id: int) -> ResponseReturnValue:
    """Hands in an answer from the number that this text went to."""
    text = request.form.get("text", "").replace("\r\n", "\n").strip()
    with the_desk().store.reading() as tx:
        found, inbox = _kept(tx, mail_id)
        if not text or len(text) > MAX_TEXT:
            wrong = _("Write something, in %(n)s characters at most.", n=MAX_TEXT)
            return text_page(tx, found, wrong, text), 422
    if not _hand_in(inbox, "", _message(inbox, found.recipient, text)):
        flash(_("The door refused it: this inbox is switched off, or has no auth token."))
    else:
        flash(_("Handed in as a text from %(number)s.", number=found.recipient))
    return redirect(url_for("admin.mail", mail_id=mail_id), 303)


@blueprint.post("/outbox/<int:mail_id>/news")
@allow("outbox.answer")
def text_news(mail_id: int) -> ResponseReturnValue:
    """Hands in a receipt for this text (`state`: delivered or failed), as the provider would."""
    news = NEWS.get(request.form.get("state", ""))
    with the_desk().store.reading() as tx:
        found, inbox = _kept(tx, mail_id)
        row = outbound.delivery_named(tx, found.message_id)
    if news is None or row is None:
        return answer(400, text=_("A text was delivered, or it was not."))
    told = {
        "MessageSid": row.provider_id or _sid(found.message_id),
        "To": found.recipient,
        "From": inbox.address,
    } | news
    if _hand_in(inbox, f"/status?delivery={quote(found.message_id)}", told):
        flash(_("The receipt was handed in."))
    else:
        flash(_("The door refused it: this inbox is switched off, or has no auth token."))
    return redirect(url_for("admin.mail", mail_id=mail_id), 303)


@blueprint.post("/outbox/texts")
@allow("outbox.answer")
def write_text() -> ResponseReturnValue:
    """Hands in a first text from any number, to try the desk without an account anywhere."""
    wanted, number, text = (request.form.get(name, "").strip() for name in ("inbox", "from", "text"))
    with the_desk().store.reading() as tx:
        inbox = next((i for i in settings.inboxes(tx, "sms", active=True) if str(i.id) == wanted), None)
    if inbox is None:
        return answer(400, text=_("Choose one of the inboxes."))
    try:
        number = e164(number)
    except NoNumber as error:
        return answer(422, text=_(str(error)))
    if not text or len(text) > MAX_TEXT:
        return answer(422, text=_("Write something, in %(n)s characters at most.", n=MAX_TEXT))
    if _hand_in(inbox, "", _message(inbox, number, text.replace("\r\n", "\n"))):
        flash(_("Handed in as a text from %(number)s.", number=number))
    else:
        flash(_("The door refused it: this inbox is switched off, or has no auth token."))
    return redirect(url_for("admin.outbox"), 303)


def _message(inbox: settings.Inbox, number: str, text: str) -> dict[str, str]:
    sid = f"SM{secrets.token_hex(16)}"
    return {"MessageSid": sid, "From": number, "To": inbox.address, "Body": text, "NumMedia": "0"}


def _sid(message_id: str) -> str:
    """What a provider would have called a message that it never saw: the same each time."""
    return "SM" + re.sub(r"[^0-9a-f]", "", message_id.lower())[:32].ljust(32, "0")


def _hand_in(inbox: settings.Inbox, rest: str, params: dict[str, str]) -> bool:
    """Calls the door of an inbox as its provider does, in a context of its own; whether it was let in."""
    desk = the_desk()
    with desk.store.reading() as tx:
        config = settings.opened(tx, settings.inbox(tx, inbox.id))
    path = f"/hooks/sms/{inbox.key}{rest}"
    secret = str(config.get("webhook_secret") or config.get("auth_token") or "")
    signed = signature.sign(f"{desk.store.public_url}{path}", list(params.items()), secret)
    builder = EnvironBuilder(
        path=path,
        base_url=desk.store.public_url,
        method="POST",
        data=urlencode(params, errors="replace").encode(),
        content_type="application/x-www-form-urlencoded",
    )
    builder.headers["X-Twilio-Signature"] = signed
    app: Flask = current_app._get_current_object()  # type: ignore[attr-defined]
    environ = builder.get_environ()
    # Of its own, because the door must not find whoever is signed in here.
    body, status, _headers = contextvars.Context().run(run_wsgi_app, app, environ, True)
    b"".join(body)
    return status.startswith("200")
