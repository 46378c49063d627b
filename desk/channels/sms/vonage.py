"""Vonage as a provider of SMS: its Messages API and its older SMS API, both ways; signed calls in, one call out.

Neither interface knows a key that makes a second request the same as the first, and neither can be asked for a message
by what is in it. What may have been accepted stays `unknown` until its receipt comes, which names our own id.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import json
import time
from collections.abc import Mapping
from datetime import datetime
from typing import Any, Literal
from urllib.parse import urlencode, urlsplit

from desk.channels.abilities import Forged, Hook
from desk.channels.base import ConfigField, InboxRef, Part, Receipt, Step, Translated, Unreadable
from desk.channels.sms import api
from desk.channels.sms.common import (
    LINKS,
    PICTURES,
    as_object,
    hidden,
    key_of,
    outcome_of,
    reachable,
    text_message,
    unreached,
)
from desk.channels.sms.segments import GSM7, count
from desk.channels.sms.signature import fields as form_fields
from desk.http import Unreachable
from desk.i18n import N_
from desk.messages import Attachment, Carriage, OutboundMessage, SendResult

MESSAGES_BASE, SMS_BASE = "https://api.nexmo.com", "https://rest.nexmo.com"
NO_ACCOUNT = "this inbox names no API key and no API secret"
HASHES = {"md5": hashlib.md5, "sha1": hashlib.sha1, "sha256": hashlib.sha256, "sha512": hashlib.sha512}
MOST_PARTS = 40

FIELDS = (
    ConfigField("vonage_key", N_("API key"), group=N_("Vonage"), of="vonage"),
    ConfigField("vonage_secret", N_("API secret"), "secret", N_("Vonage"), of="vonage"),
    ConfigField(
        "vonage_api", N_("Interface"), "choice", N_("Vonage"), default="messages",
        choices=("messages", "sms"), of="vonage",
        help=N_("messages: the Messages API, up to 1,000 characters; sms: the older SMS API"),
    ),
    ConfigField(
        "vonage_base", N_("Address of the API"), group=N_("Vonage"), of="vonage", help=N_("empty: Vonage's own"),
    ),
    ConfigField(
        "vonage_signature", N_("Signature secret"), "secret", N_("Vonage"), of="vonage",
        help=N_("from the dashboard’s API settings: with it Vonage signs what it hands in"),
    ),
    ConfigField(
        "vonage_sig", N_("How calls are signed"), "choice", N_("Vonage"), default="jwt",
        choices=("jwt", "md5hash", "md5", "sha1", "sha256", "sha512"), of="vonage",
        help=N_("jwt: by a token in the header (Messages API); the others: by the parameter sig of the SMS API"),
    ),
)  # fmt: skip

_STATES: dict[str, Literal["sent", "delivered", "failed"]] = {
    "submitted": "sent", "accepted": "sent", "buffered": "sent",
    "delivered": "delivered", "read": "delivered",
    "rejected": "failed", "undeliverable": "failed", "failed": "failed", "expired": "failed", "deleted": "failed",
}  # fmt: skip

# What a person can do something about; others are told by their number and Vonage's own words.
_ERRORS = {
    "1": "the network does not say why", "2": "the phone is switched off or out of reach",
    "3": "this number is no longer in use", "4": "this number takes no messages (barred by its owner)",
    "5": "the number moved to another network, and was not found there", "6": "the carrier filtered it as unwanted",
    "7": "the phone was busy", "8": "the network failed", "9": "this number has asked for no messages",
    "10": "the network refused the message", "11": "there is no way to this network",
    "12": "the phone cannot be reached", "13": "its owner is too young for this kind of message",
    "14": "the carrier has blocked this number", "15": "the prepaid card is empty",
    "50": "a regulator's list filtered it (sender)", "51": "a regulator's list filtered it (header)",
    "52": "a regulator's list filtered it (text)", "53": "a regulator's list filtered it (no consent)",
    "1000": "too many at once", "1050": "this number has asked for no messages",
    "1200": "the phone is switched off or out of reach", "1210": "the carrier filtered it as unwanted",
    "1240": "this number has asked for no messages", "1260": "the phone cannot be reached",
}  # fmt: skip
# Vonage blocks what goes to a number that has opted out (Opt-Out Assist, "Messaging opted-out numbers"), or is barred.
_STOPPED_RECEIPT = frozenset({"9", "1240", "1050"})
_STOPPED_SEND = frozenset({"7", "1050"})


def sign(params: Mapping[str, Any], secret: str, method: str) -> str:
    """The `sig` of a call of the SMS API, in hex. Raises KeyError for a method that is none of Vonage's."""
    text = "".join(f"&{k}={str(params[k]).replace('&', '_').replace('=', '_')}" for k in sorted(params) if k != "sig")
    if method == "md5hash":
        return hashlib.md5((text + secret).encode("utf-8", "replace"), usedforsecurity=False).hexdigest()
    return hmac.new(secret.encode(), text.encode("utf-8", "replace"), HASHES[method]).hexdigest()


def _params(body: bytes) -> dict[str, Any]:
    """What a call says, as JSON or as a form."""
    if body.lstrip()[:1] in (b"{", b"["):
        return as_object(body)
    return dict(form_fields(body))


def _unsealed(text: str) -> bytes:
    try:
        return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))
    except (ValueError, binascii.Error):
        raise Forged("The token of this call cannot be read.") from None


class Vonage:
    """See `common.Provider`."""

    name = "vonage"
    fields = FIELDS

    def problems(self, config: Mapping[str, Any]) -> dict[str, str]:
        found = {}
        for field, label in (("vonage_key", "API key"), ("vonage_secret", "API secret")):
            if config.get("transport") == "provider" and not config.get(field):
                found[field] = f"Vonage needs the {label} of your account."
        if not config.get("vonage_signature"):
            found["vonage_signature"] = "Vonage needs the signature secret: without it nobody can tell who is calling."
        if config.get("vonage_sig") not in (None, "", "jwt", "md5hash", *HASHES):
            found["vonage_sig"] = "Choose one of the ways in which Vonage signs."
        return found

    def verify(self, hook: Hook, config: Mapping[str, Any]) -> str:
        """The contract of `Hooked.verify`. The token signs the hash of the body; `sig` signs each parameter."""
        secret = str(config.get("vonage_signature") or "")
        if not secret:
            raise Forged("This inbox has no signature secret yet, so nobody can tell who is calling.")
        method = str(config.get("vonage_sig") or "jwt")
        try:
            params = _params(hook.body)
        except ValueError:
            raise Forged("This call has more fields than a message can have.") from None
        if method == "jwt":
            self._token(hook, secret, str(config.get("vonage_key") or ""))
        else:
            given = str(params.get("sig") or "").lower().encode("utf-8", "replace")
            if not given:
                raise Forged("This call carries no signature (sig).")
            if method not in ("md5hash", *HASHES) or not hmac.compare_digest(
                sign(params, secret, method).encode(), given
            ):
                raise Forged("The signature does not fit: it was made with another secret, or in another way.")
        name = str(params.get("message_uuid") or params.get("messageId") or "")
        if not name:
            return hashlib.sha256(hook.body).hexdigest()
        return key_of(f"{name}:{params.get('status') or ''}" if hook.kind == "status" else name)

    def _token(self, hook: Hook, secret: str, key: str) -> None:
        kind, _, token = hook.headers.get("authorization", "").partition(" ")
        pieces = token.strip().split(".")
        if kind.lower() != "bearer" or len(pieces) != 3 or not token.isascii():
            raise Forged("This call carries no token (Authorization: Bearer).")
        head, claims = as_object(_unsealed(pieces[0])), as_object(_unsealed(pieces[1]))
        if head.get("alg") != "HS256":
            raise Forged("The token of this call is signed in a way that this desk does not take.")
        wanted = hmac.new(secret.encode(), f"{pieces[0]}.{pieces[1]}".encode(), hashlib.sha256).digest()
        if not hmac.compare_digest(wanted, _unsealed(pieces[2])):
            raise Forged("The signature does not fit: it was made with another signature secret.")
        told = str(claims.get("payload_hash") or "").lower().encode("utf-8", "replace")
        if not hmac.compare_digest(hashlib.sha256(hook.body).hexdigest().encode(), told):
            raise Forged("The body of this call is not the one that was signed.")
        theirs = str(claims.get("api_key") or "").encode("utf-8", "replace")
        if key and theirs and not hmac.compare_digest(key.encode("utf-8", "replace"), theirs):
            raise Forged("This call was made for another account.")

    def noted(self, hook: Hook, config: Mapping[str, Any]) -> dict[str, Any]:
        return {}

    def translate(self, raw: bytes, inbox: InboxRef, envelope: Mapping[str, Any], received_at: datetime) -> Translated:
        """The contract of `Channel.translate`."""
        try:
            found = _params(raw)
        except ValueError:
            raise Unreadable("this call has more fields than a message can have") from None
        name = key_of(str(found.get("message_uuid") or found.get("messageId") or ""))
        if envelope.get("kind") == "status":
            return _receipt(found, name, inbox, envelope)
        channel = str(found.get("channel") or "sms")
        if channel not in ("sms", "mms"):
            raise Unreadable(f"this message came by {channel[:20]}, and this inbox takes SMS")
        message = text_message(
            inbox,
            received_at,
            name=name,
            written=str(found.get("from") or found.get("msisdn") or ""),
            text=str(found.get("text") or ""),
            signed=bool(envelope.get("signed")),
            attachments=_media(found),
            international=True,
        )
        return _whole(found, message)

    def send(self, message: OutboundMessage, config: Mapping[str, Any]) -> SendResult:
        """The contract of `Channel.send`."""
        if not config.get("vonage_key") or not config.get("vonage_secret"):
            return SendResult("refused", detail=NO_ACCOUNT)
        older = config.get("vonage_api") == "sms"
        base = str(config.get("vonage_base") or (SMS_BASE if older else MESSAGES_BASE)).rstrip("/")
        headers = {"Accept": "application/json"}
        if older:
            path, content = "/sms/json", urlencode(_form(message, config), errors="replace").encode()
            headers["Content-Type"] = "application/x-www-form-urlencoded"
        else:
            path, content = "/v1/messages", json.dumps(_sheet(message, config)).encode()
            headers |= {"Content-Type": "application/json"} | _authority(config)
        try:
            answer = api.client(bool(config.get("allow_private"))).call(
                "POST", base + path, headers=headers, content=content
            )
        except Unreachable as error:
            return unreached(error)
        found = as_object(answer.content)
        if 200 <= answer.status < 300:
            result = _older(found) if older else _newer(found)
        else:
            code = str(found.get("title") or "") if str(found.get("title") or "").isdigit() else ""
            code = code or str(found.get("type") or "").rpartition("#")[2][:12]
            said = " ".join(str(found.get("detail") or found.get("title") or "").split())[:400]
            said = f"{said or f'the provider answered {answer.status}'}{f' (error {code})' if code else ''}"
            result = outcome_of(answer, said, stopped=code in _STOPPED_SEND)
        detail = hidden(result.detail, config, "vonage_secret", "vonage_signature")
        return SendResult(result.outcome, result.provider_id, detail, result.stopped)

    def look_up(self, message: OutboundMessage, config: Mapping[str, Any]) -> SendResult:
        return SendResult("unknown", detail="Vonage cannot be asked what became of it: its receipt will tell")

    def fetch(self, attachment: Attachment, config: Mapping[str, Any]) -> bytes:
        """The contract of `Fetching.fetch`. Only Vonage itself is told who we are."""
        parts = urlsplit(attachment.url)
        ours = parts.scheme == "https" and (parts.hostname or "").endswith(".nexmo.com")
        return api.fetch_plain(attachment, config, _authority(config) if ours else {})

    def carriage(self, config: Mapping[str, Any]) -> Carriage:
        """One picture a message, by the Messages API alone; beyond 1 MB carriers drop it."""
        if config.get("vonage_api") == "sms":
            return LINKS
        return Carriage("media", total=1_000_000, most=1, kinds=PICTURES)

    def check(self, config: Mapping[str, Any]) -> list[Step]:
        """The contract of `Checked.check`: the account's balance can be read by whoever may send."""
        began = time.monotonic()
        base = str(config.get("vonage_base") or SMS_BASE).rstrip("/")
        asked = urlencode({"api_key": config.get("vonage_key") or "", "api_secret": config.get("vonage_secret") or ""})
        try:
            answer = api.client(bool(config.get("allow_private"))).call("GET", f"{base}/account/get-balance?{asked}")
        except Unreachable as error:
            seconds = round(time.monotonic() - began, 2)
            return [Step(False, "Outgoing: find the provider", unreached(error).detail, seconds)]
        seconds, ok = round(time.monotonic() - began, 2), answer.status == 200
        said = "the account is open" if ok else f"Vonage answered {answer.status}: is the key right, and the secret?"
        return [Step(ok, "Outgoing: sign in", said, seconds), reachable(config)]


def _authority(config: Mapping[str, Any]) -> dict[str, str]:
    pair = f"{config.get('vonage_key') or ''}:{config.get('vonage_secret') or ''}"
    return {"Authorization": f"Basic {base64.b64encode(pair.encode()).decode()}"}


def _bare(number: str) -> str:
    """Vonage writes numbers with their country code and without the plus."""
    return number.removeprefix("+")


def _sheet(message: OutboundMessage, config: Mapping[str, Any]) -> dict[str, Any]:
    sheet: dict[str, Any] = {
        "channel": "sms",
        "message_type": "text",
        "to": _bare(message.to[0].value),
        "from": _bare(str(config.get("sender") or message.sender_address)),
        "text": message.text,
        "client_ref": message.message_id[:100],
    }
    pictures = [file.url for file in message.attachments if file.url]
    if pictures:
        text = {"caption": sheet.pop("text")} if message.text else {}
        sheet.pop("text", None)
        sheet |= {"channel": "mms", "message_type": "image", "image": {"url": pictures[0]} | text}
    if config.get("status_callbacks", True) and config.get("status_url"):
        sheet |= {"webhook_url": str(config["status_url"]), "webhook_version": "v1"}
    return sheet


def _form(message: OutboundMessage, config: Mapping[str, Any]) -> dict[str, str]:
    form = {
        "api_key": str(config.get("vonage_key") or ""),
        "api_secret": str(config.get("vonage_secret") or ""),
        "to": _bare(message.to[0].value),
        "from": _bare(str(config.get("sender") or message.sender_address)),
        "text": message.text,
        "type": "text" if count(message.text).encoding == GSM7 else "unicode",
        "client-ref": message.message_id[:100],
    }
    if config.get("status_callbacks", True) and config.get("status_url"):
        form |= {"status-report-req": "1", "callback": str(config["status_url"])}
    return form


def _newer(found: Mapping[str, Any]) -> SendResult:
    name = key_of(str(found.get("message_uuid") or ""))
    if not name:
        return SendResult("unknown", detail="the provider took it without naming the message")
    return SendResult("accepted", name, "accepted")


def _older(found: Mapping[str, Any]) -> SendResult:
    """The SMS API answers 200 to everything, with one row for each segment: the first names the message."""
    rows = found.get("messages")
    if not isinstance(rows, list) or not rows or not all(isinstance(row, dict) for row in rows):
        return SendResult("unknown", detail="the provider's answer cannot be read")
    name, code = key_of(str(rows[0].get("message-id") or "")), str(rows[0].get("status") or "")
    if code == "0" and name:
        number = len(rows)
        return SendResult("accepted", name, f"accepted, {number} segment{'' if number == 1 else 's'}")
    said = " ".join(str(rows[0].get("error-text") or "refused").split())[:400] + f" (error {code[:12]})"
    if code in ("1", "5", "10"):  # too fast, their fault, too many connections: it was not taken
        return SendResult("retry", detail=said)
    return SendResult("refused" if code.isdigit() and code != "0" else "unknown", detail=said,
                      stopped=code in _STOPPED_SEND)  # fmt: skip


def _receipt(found: Mapping[str, Any], name: str, inbox: InboxRef, envelope: Mapping[str, Any]) -> Receipt:
    query = envelope.get("query")
    ours = str(query.get("delivery", "")) if isinstance(query, Mapping) else ""
    ours = ours or str(found.get("client_ref") or found.get("client-ref") or "")
    if not name and not ours:
        raise Unreadable("this news names no message")
    error = found.get("error")
    told = error if isinstance(error, Mapping) else {}
    code = str(found.get("err-code") or told.get("title") or "").strip()[:12]
    code = "" if code == "0" else code
    word = str(found.get("status") or "").strip().lower()[:40]
    words = _ERRORS.get(code) or " ".join(str(told.get("detail") or "").split())[:300]
    detail = ": ".join(filter(None, [word, words])) + (f" (error {code})" if code else "")
    state: Literal["sent", "delivered", "failed", "unknown"] = _STATES.get(word, "unknown")
    stopped = state == "failed" and code in _STOPPED_RECEIPT
    return Receipt(inbox.id, name, state, detail, ours[:255], stopped)


_KINDS = {"image": "image/jpeg", "audio": "audio/mpeg", "video": "video/mp4", "vcard": "text/vcard"}


def _media(found: Mapping[str, Any]) -> tuple[Attachment, ...]:
    """The file of an MMS, which lies at Vonage until it is fetched."""
    for kind, default in _KINDS.items():
        part = found.get(kind)
        url = str(part.get("url") or "") if isinstance(part, Mapping) else ""
        if url and len(url) <= 2000:
            name = str(part.get("name") or kind)[:80] if isinstance(part, Mapping) else kind
            return (Attachment(name, default, 0, "", url=url),)
    return ()


def _whole(found: Mapping[str, Any], message: Any) -> Translated:
    """The message, or the part of one that came in several calls."""
    if str(found.get("concat") or "").lower() != "true":
        out: Translated = message
        return out
    number, total = str(found.get("concat-part") or ""), str(found.get("concat-total") or "")
    if not (number.isdecimal() and total.isdecimal() and len(number) < 4 and len(total) < 4):
        raise Unreadable("this part of a message does not say which part it is")
    if not 1 <= int(number) <= int(total) <= MOST_PARTS:
        raise Unreadable(f"this is part {number} of {total}, which cannot be")
    inner = getattr(message, "message", message)
    key = key_of(f"{inner.sender.address.value}:{found.get('concat-ref') or ''}:{total}")
    return Part(inner, key, int(number), int(total)) if inner is message else message
