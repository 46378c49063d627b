"""/admin/outbox: what a desk without a provider would have sent; mails are read here, and answered as the customer.

What is written here goes through the same door, corridor and checks as a mail from outside.
"""

from __future__ import annotations

import re
import secrets
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime
from typing import Any

from flask import Response, abort, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from desk import inbound, outbound, settings
from desk.files import MissingBlob
from desk.store import Tx
from desk.web.admin.face import PAGE, blueprint
from desk.web.admin.raw import Read, download, read, with_pictures
from desk.web.admin.texts import text_page
from desk.web.base import allow, answer, may, number_argument, the_desk

MAX_TEXT = 100_000  # characters
_ADDRESS = re.compile(r"[^@\s<>,;\"]{1,64}@[^@\s<>,;\"]{1,255}")
# No script, no form, nothing loaded from elsewhere; links open in a tab of their own, so that a survey can be answered.
MAIL_POLICY = (
    "default-src 'none'; style-src 'unsafe-inline'; img-src 'self' data:; base-uri 'none'; form-action 'none'; "
    "frame-ancestors 'self'; sandbox allow-popups allow-popups-to-escape-sandbox"
)


@blueprint.get("/outbox")
@allow("outbox.read")
def outbox() -> ResponseReturnValue:
    return _list()


def _list(error: str = "", typed: dict[str, str] | None = None) -> str:
    with the_desk().store.reading() as tx:
        found = outbound.outbox(tx, before=number_argument("before"), limit=PAGE + 1, notices=may("outbox.notices"))
        inboxes = settings.inboxes(tx, active=True)
    return render_template(
        "admin/outbox.html",
        mails=found[:PAGE],
        next=found[PAGE - 1].id if len(found) > PAGE else None,
        older="before" in request.args,
        inboxes=[inbox for inbox in inboxes if inbox.channel == "email"],
        numbers=[inbox for inbox in inboxes if inbox.channel == "sms"],
        names={inbox.id: inbox.name for inbox in inboxes},
        error=error,
        typed=typed or {},
    )


def _mail(tx: Tx, mail_id: int, *, answerable: bool = False) -> Any:
    try:
        return outbound.outbox_mail(tx, mail_id, notices=may("outbox.notices") and not answerable)
    except LookupError:
        abort(404)


def _read(raw_sha256: str) -> tuple[bytes, Read]:
    try:
        raw = the_desk().files.get(raw_sha256)
    except MissingBlob:
        abort(404)
    return raw, read(raw)


def _page(mail_id: int, error: str = "", typed: str = "") -> str:
    with the_desk().store.reading() as tx:
        mail = _mail(tx, mail_id)
        if mail.channel != "email":
            return text_page(tx, mail, error, typed)
        try:  # a notice to a colleague is nobody's conversation
            outbound.outbox_mail(tx, mail_id, notices=False)
            to_customer = mail.inbox_id is not None
        except LookupError:
            to_customer = False
    return render_template(
        "admin/mail.html",
        mail=mail,
        read=_read(mail.raw_sha256)[1],
        answerable=to_customer and may("outbox.answer"),
        error=error,
        typed=typed,
    )


@blueprint.get("/outbox/<int:mail_id>")
@allow("outbox.read")
def mail(mail_id: int) -> ResponseReturnValue:
    return _page(mail_id)


@blueprint.get("/outbox/<int:mail_id>/html")
@allow("outbox.read")
def mail_html(mail_id: int) -> Response:
    """The HTML of a mail, for a frame that can do nothing but show it."""
    with the_desk().store.reading() as tx:
        found = _mail(tx, mail_id)
    if found.channel != "email":
        abort(404)
    told = _read(found.raw_sha256)[1]
    html = with_pictures(told.html, told.files)
    base = '<base target="_blank">'
    found = re.search(r"<head\b[^>]*>", html, re.IGNORECASE)
    html = html[: found.end()] + base + html[found.end() :] if found else base + html
    response = Response(html, content_type="text/html; charset=utf-8")
    response.headers["Content-Security-Policy"] = MAIL_POLICY
    response.headers["X-Frame-Options"] = "SAMEORIGIN"
    return response


@blueprint.get("/outbox/<int:mail_id>/raw")
@allow("outbox.read")
def mail_raw(mail_id: int) -> Response:
    with the_desk().store.reading() as tx:
        found = _mail(tx, mail_id)
    if found.channel != "email":
        try:
            return download(the_desk().files.get(found.raw_sha256), f"message-{found.id}.txt")
        except MissingBlob:
            abort(404)
    return download(_read(found.raw_sha256)[0], f"mail-{found.id}.eml")


@blueprint.get("/outbox/<int:mail_id>/file/<int:index>")
@allow("outbox.read")
def mail_file(mail_id: int, index: int) -> Response:
    """One file of a mail that was kept here."""
    with the_desk().store.reading() as tx:
        found = _mail(tx, mail_id)
    files = _read(found.raw_sha256)[1].files if found.channel == "email" else ()
    if index >= len(files):
        abort(404)
    return download(files[index].content, files[index].name)


@blueprint.post("/outbox/<int:mail_id>/answer")
@allow("outbox.answer")
def answer_mail(mail_id: int) -> ResponseReturnValue:
    """Hands in an answer to this mail, as the mail program of its reader would have written it."""
    text = request.form.get("text", "").replace("\r\n", "\n").strip()
    with the_desk().store.reading() as tx:
        found = _mail(tx, mail_id, answerable=True)
    if found.inbox_id is None or found.channel != "email":
        abort(404)
    if not text or len(text) > MAX_TEXT:
        return _page(mail_id, _("Write something, in %(n)s characters at most.", n=MAX_TEXT), text), 422
    sent = _read(found.raw_sha256)[1]
    quoted = "\n".join(f"> {line}".rstrip() for line in sent.text.strip().splitlines()[:200])
    subject = sent.subject if sent.subject.lower().startswith("re:") else f"Re: {sent.subject}"
    _hand_in(
        found.inbox_id,
        sender=found.recipient,
        to=sent.reply_to,
        subject=subject,
        text=f"{text}\n\nOn {found.sent_at:%d %B %Y at %H:%M}, {sent.sender} wrote:\n{quoted}\n",
        headers={
            "In-Reply-To": sent.message_id,
            "References": f"{sent.references} {sent.message_id}".strip(),
        },
    )
    flash(_("Handed in as a mail from %(email)s.", email=found.recipient))
    return redirect(url_for("admin.mail", mail_id=mail_id), 303)


@blueprint.post("/outbox")
@allow("outbox.answer")
def write() -> ResponseReturnValue:
    """Hands in a first mail from any address, to try the desk without an account anywhere."""
    typed = {name: request.form.get(name, "").strip() for name in ("inbox", "from", "subject", "text")}
    with the_desk().store.reading() as tx:
        inboxes = {str(inbox.id): inbox for inbox in settings.inboxes(tx, "email", active=True)}
    inbox = inboxes.get(typed["inbox"])
    if inbox is None:
        return answer(400, text=_("Choose one of the inboxes."))
    if not _ADDRESS.fullmatch(typed["from"]):
        return _list(_("That is not a mail address."), typed), 422
    if not typed["text"] or len(typed["text"]) > MAX_TEXT:
        return _list(_("Write something, in %(n)s characters at most.", n=MAX_TEXT), typed), 422
    _hand_in(
        inbox.id,
        sender=typed["from"],
        to=inbox.address,
        subject=" ".join(typed["subject"].split())[:300],
        text=typed["text"].replace("\r\n", "\n") + "\n",
        headers={},
    )
    flash(_("Handed in as a mail from %(email)s.", email=typed["from"]))
    return redirect(url_for("admin.outbox"), 303)


def _hand_in(inbox_id: int, *, sender: str, to: str, subject: str, text: str, headers: dict[str, str]) -> None:
    desk = the_desk()
    mail = EmailMessage(policy=SMTP)
    try:
        mail["From"], mail["To"], mail["Subject"] = sender, to, subject
        for name, value in headers.items():
            mail[name] = value
    except ValueError:  # an address with something in it that no header can carry
        abort(400)
    domain = sender.rpartition("@")[2]
    mail["Date"] = format_datetime(desk.store.clock.now())
    mail["Message-ID"] = f"<{secrets.token_hex(16)}@{domain if domain.isascii() else 'customer.invalid'}>"
    mail.set_content(text.encode("utf-8", "replace").decode("utf-8"))
    inbound.take_raw(
        desk,
        mail.as_bytes(),
        channel="email",
        door="outbox",
        inbox_id=inbox_id,
        envelope={"mail_from": sender, "rcpt_to": [to]},
    )
