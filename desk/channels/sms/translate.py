"""A webhook of a Twilio-compatible provider as a message of a customer, or as news of a message of ours."""

from __future__ import annotations

import mimetypes
import re
from collections.abc import Mapping
from datetime import datetime
from typing import Any, Literal

from desk.channels.base import InboxRef, Receipt, Translated, Unreadable
from desk.channels.sms.api import OPTED_OUT
from desk.channels.sms.common import key_of, text_message
from desk.channels.sms.signature import fields
from desk.messages import Attachment

MAX_MEDIA = 10

_STATES: dict[str, Literal["sent", "delivered", "failed"]] = {
    "accepted": "sent", "scheduled": "sent", "queued": "sent", "sending": "sent", "sent": "sent",
    "delivered": "delivered", "read": "delivered",
    "undelivered": "failed", "failed": "failed", "canceled": "failed",
}  # fmt: skip

# What a person can do something about (Twilio, "Error and warning dictionary"); all others are told by their number.
_ERRORS = {
    "30003": "the phone is switched off or out of reach",
    "30004": "this number takes no messages from us (blocked)",
    "30005": "there is no such number, or it is no longer in use",
    "30006": "this is a landline, or its network takes no messages",
    "30007": "the carrier filtered the message as unwanted",
    "30008": "the carrier does not say why",
    "21610": "this number has sent STOP",
}


def translate(raw: bytes, inbox: InboxRef, envelope: Mapping[str, Any], received_at: datetime) -> Translated:
    """The contract of `Channel.translate`. `envelope`: `kind` (message or status), `signed` (the door checked the
    signature), `query` (of the address)."""
    try:
        found = dict(fields(raw))
    except ValueError:
        raise Unreadable("this call has more fields than a message can have") from None
    name = key_of(found.get("MessageSid") or found.get("SmsSid") or found.get("SmsMessageSid") or "")
    if envelope.get("kind") == "status":
        return _receipt(found, name, inbox, envelope)
    if not name:
        raise Unreadable("this call names no message (no MessageSid)")
    written = found.get("From", "").strip()[:64]
    if not written:
        raise Unreadable("this message has no sender (no From)")
    if ":" in written:
        raise Unreadable(f"this message came by {written.partition(':')[0]}, and this inbox takes SMS")
    return text_message(
        inbox,
        received_at,  # a webhook carries no time of its own
        name=name,
        written=written,
        text=found.get("Body", ""),
        signed=bool(envelope.get("signed")),
        attachments=_media(found),
        said=found.get("OptOutType", "").strip(),
    )


def _receipt(found: Mapping[str, str], name: str, inbox: InboxRef, envelope: Mapping[str, Any]) -> Receipt:
    query = envelope.get("query")
    ours = str(query.get("delivery", "")) if isinstance(query, Mapping) else ""
    if not name and not ours:
        raise Unreadable("this news names no message (no MessageSid)")
    word = (found.get("MessageStatus") or found.get("SmsStatus") or "").strip().lower()[:40]
    code = found.get("ErrorCode", "").strip()[:12]
    told = _ERRORS.get(code) or " ".join(found.get("ErrorMessage", "").split())[:300]
    detail = ": ".join(filter(None, [word, told]))
    if code:
        detail += f" (error {code})"
    state: Literal["sent", "delivered", "failed", "unknown"] = _STATES.get(word, "unknown")
    return Receipt(inbox.id, name, state, detail, ours[:255], state == "failed" and code == OPTED_OUT)


def _media(found: Mapping[str, str]) -> tuple[Attachment, ...]:
    """The files of a message, which lie at the provider until they are fetched."""
    text = found.get("NumMedia", "0").strip()
    number = min(int(text), MAX_MEDIA) if text.isascii() and text.isdigit() and len(text) < 4 else 0
    out = []
    for n in range(number):
        url = found.get(f"MediaUrl{n}", "").strip()
        if not url or len(url) > 2000:
            continue
        kind = found.get(f"MediaContentType{n}", "").partition(";")[0].strip().lower()
        if not re.fullmatch(r"[a-z0-9.+-]{1,60}/[a-z0-9.+-]{1,60}", kind):
            kind = "application/octet-stream"
        out.append(Attachment(f"file-{n + 1}{mimetypes.guess_extension(kind) or ''}", kind, 0, "", url=url))
    return tuple(out)
