"""A mail as a message of a customer, a machine's mail, or a notice that one of ours did not arrive."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from desk.channels.base import OWN_MAIL, Automatic, Bounce, InboxRef, Translated, Unreadable
from desk.channels.email import automatic, bounces, dkim_check, meetings, sniff, trust
from desk.channels.email.addresses import is_like_ours, is_same_mailbox, subject_token_from, subject_with, token_from
from desk.channels.email.language import language_of
from desk.channels.email.parse import MailAttachment, Mailbox, ParsedMail, parse
from desk.channels.email.strip_html import strip_mail
from desk.messages import Address, Attachment, InboundMessage, Sender, Trust

MAX_PARTICIPANTS = 100
_LIST_ADDRESS = re.compile(r"mailto:([^\s<>?,]+)", re.IGNORECASE)
_DELIVERY_HEADERS = ("delivered-to", "x-original-to", "envelope-to", "x-envelope-to", "apparently-to", "x-delivered-to")


def translate(raw: bytes, inbox: InboxRef, envelope: Mapping[str, Any], received_at: datetime) -> Translated:
    """The contract of `Channel.translate`. `envelope`: mail_from, rcpt_to (a list) where the door knows them."""
    mail = parse(raw)
    new, rest = strip_mail(mail)
    external_id = external_id_of(mail, new)
    notice = bounces.bounce(mail, envelope)
    if notice is not None:
        return Bounce(inbox.id, notice.recipients, notice.message_ids, received_at, notice.detail, external_id)
    sender = mail.sender
    if sender is None or not sender.email:
        named = f": {sender.name!r} is a name without an address" if sender is not None and sender.name else ""
        raise Unreadable(f"this mail has no sender that could be answered (no address in From){named}")
    reason = automatic.reason(mail, envelope)
    if reason is None and _is_ours(mail, inbox):
        reason = OWN_MAIL
    message = InboundMessage(
        channel="email",
        inbox_id=inbox.id,
        external_id=external_id,
        sender=Sender(Address("email", sender.email, sender.name), "inferred", f"a mail came from {sender.email}"),
        sent_at=mail.date or received_at,
        text=new,
        full_text=mail.text if rest else "",
        html=mail.html,
        subject=subject_with(mail.subject, ""),
        message_id=mail.message_id,
        reply_refs=reply_refs(mail),
        reply_token=token_from(_recipients(mail, envelope), inbox.address),
        subject_token=subject_token_from(mail.subject),
        participants=_participants(mail, inbox, sender),
        hidden=not any(is_same_mailbox(b.email, inbox.address) for b in (*mail.to, *mail.cc)),
        attachments=tuple(_attached(a) for a in mail.attachments),
        automatic=reason,
        locale=language_of(new or mail.text),
    )
    message = trust.judged(message, _first_look(mail, inbox.config))
    return Automatic(message, reason) if reason is not None else message


def _attached(file: MailAttachment) -> Attachment:
    """A file with the type that its bytes say, and whether it must wait."""
    return Attachment(
        file.filename,
        sniff.kind(file.content, file.content_type),
        file.size,
        file.sha256,
        file.content,
        file.content_id,
        file.inline,
        held=sniff.reason(file.content, file.filename, turned=file.turned),
        meeting=meetings.read(file.content) if meetings.is_calendar(file.content_type, file.filename) else None,
    )


def _first_look(mail: ParsedMail, config: Mapping[str, Any]) -> Trust:
    """What is known of the sender without asking anybody."""
    server = str(config.get("trusted_server") or "")
    if server:
        below = bool(config.get("trusted_below"))
        return trust.by_hop(mail, server, str(config.get("trusted_received") or ""), below=below)
    if not config.get("check_dkim", True):
        return Trust("unchecked", "dkim", "not_looked")
    return dkim_check.first_look(mail)


def external_id_of(mail: ParsedMail, new: str) -> str:
    """The same for the same mail through two doors, another for another mail under the same Message-ID: a digest over
    message id, sender, subject, date, new text and attachments. What mail servers add or rewrap on the way is not
    in it."""
    digest = hashlib.sha256()
    for piece in (
        mail.message_id,
        mail.sender.email.casefold() if mail.sender else "",
        mail.subject,
        mail.date.isoformat() if mail.date else mail.header("date"),
        " ".join((new or mail.text).split()),
        *(a.sha256 for a in mail.attachments),
    ):
        raw = piece.encode("utf-8", "replace")
        digest.update(len(raw).to_bytes(8, "big") + raw)
    return digest.hexdigest()


def reply_refs(mail: ParsedMail) -> tuple[str, ...]:
    """What this mail may answer, most likely first: In-Reply-To, then References from the newest back."""
    return tuple(dict.fromkeys((*mail.in_reply_to, *reversed(mail.references))))[:50]


def _is_ours(mail: ParsedMail, inbox: InboxRef) -> bool:
    """A forwarding rule or a loop gave us our own mail: it carries an id of the form that this desk makes."""
    domain = inbox.address.rpartition("@")[2].casefold()
    found = is_like_ours(mail.message_id) and mail.message_id.rpartition("@")[2].casefold() == domain
    found = found or is_same_mailbox(mail.header("x-loopdesk").strip(), inbox.address)
    return found or (mail.sender is not None and is_same_mailbox(mail.sender.email, inbox.address))


def _recipients(mail: ParsedMail, envelope: Mapping[str, Any]) -> list[str]:
    """Every address that the mail was sent to, as far as anybody says: the door first, then its headers."""
    out = [str(a) for a in envelope.get("rcpt_to") or ()]
    out += [b.email for b in (*mail.to, *mail.cc, *mail.bcc)]
    for name in _DELIVERY_HEADERS:
        value = mail.header(name)
        if value:
            out.append(value.strip("<> "))
    return out


def _participants(mail: ParsedMail, inbox: InboxRef, sender: Mailbox) -> tuple[Address, ...]:
    """Who else was written to, each once: To and Cc, without our own address, the writer's, and those of lists."""
    seen = {sender.email.casefold(), *(a.casefold() for a in _LIST_ADDRESS.findall(mail.header("list-post")))}
    out: list[Address] = []
    for box in (*mail.to, *mail.cc):
        key = box.email.casefold()
        if key in seen or is_same_mailbox(key, inbox.address):
            continue
        seen.add(key)
        out.append(Address("email", box.email, box.name))
    return tuple(out[:MAX_PARTICIPANTS])
