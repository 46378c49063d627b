"""The REST interface of Twilio and of those who speak like it: send one message, look one up, try an account out.

Between our request and its answer a connection can break. Twilio knows no key that would make a second request the same
as the first, so what may have been accepted is `unknown`, and is looked up before anybody thinks of sending it again.
"""

from __future__ import annotations

import base64
import time
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from functools import lru_cache
from typing import Any
from urllib.parse import quote, urlencode, urlsplit

from desk.channels.base import Step
from desk.channels.sms.common import as_object, hidden, outcome_of, unreached, why
from desk.http import Answer, Client, Forbidden, Unreachable
from desk.messages import Attachment, OutboundMessage, SendResult

BASE = "https://api.twilio.com"
VERSION = "2010-04-01"
SKEW = timedelta(minutes=2)  # by which the provider's clock and ours may differ
OPTED_OUT = "21610"  # Twilio, "Attempt to send to unsubscribed recipient"
NO_ACCOUNT = "this inbox names no account and no auth token"


@lru_cache(maxsize=2)
def client(allow_private: bool) -> Client:
    """One client for all calls: opening TLS anew for each message would cost more than the message."""
    return Client(allow_private=allow_private)


def body(message: OutboundMessage, config: Mapping[str, Any]) -> bytes:
    """The form of one message."""
    sender = str(config.get("sender") or message.sender_address)
    form = [("To", message.to[0].value), ("MessagingServiceSid" if _is_service(sender) else "From", sender)]
    media = [("MediaUrl", file.url) for file in message.attachments if file.url]
    if message.text or not media:
        form.append(("Body", message.text))
    form += media
    if config.get("status_callbacks", True) and config.get("status_url"):
        form.append(("StatusCallback", str(config["status_url"])))
    return urlencode(form, errors="replace").encode()


def _is_service(sender: str) -> bool:
    return sender.startswith("MG") and len(sender) == 34


def send(message: OutboundMessage, config: Mapping[str, Any]) -> SendResult:
    """The contract of `Channel.send`. `retry`: 429, 500, 503, and where nobody answered. `unknown`: the answer was
    lost, or a server in between gave up waiting (502, 504). `refused`: any other 4xx, in the provider's words."""
    try:
        answer = _call("POST", "Messages.json", config, body(message, config))
    except Unreachable as error:
        return unreached(error) if str(error) != NO_ACCOUNT else SendResult("refused", detail=NO_ACCOUNT)
    if 200 <= answer.status < 300:
        found = _json(answer)
        name = str(found.get("sid") or "")[:120]
        if not name:
            return SendResult("unknown", detail=f"the provider answered {answer.status} without naming the message")
        if str(found.get("status")) == "failed":
            return SendResult("refused", name, _sentence(answer, config), _code(found) == OPTED_OUT)
        return SendResult("accepted", name, _accepted(found))
    return outcome_of(answer, _sentence(answer, config), stopped=_code(_json(answer)) == OPTED_OUT)


def look_up(message: OutboundMessage, config: Mapping[str, Any]) -> SendResult:
    """The contract of `LookedUp.look_up`: among the newest messages to this number, one with this text that was made
    after ours and is none of those that we know (`config["known"]`, their ids)."""
    sender = str(config.get("sender") or message.sender_address)
    asked = {"To": message.to[0].value, "PageSize": "100"}
    if not _is_service(sender):
        asked["From"] = sender
    try:
        answer = _call("GET", f"Messages.json?{urlencode(asked)}", config)
    except Unreachable as error:
        return SendResult("unknown", detail=_why(error))
    found = _json(answer).get("messages")
    if answer.status != 200 or not isinstance(found, list):
        return SendResult("unknown", detail=_sentence(answer, config))
    known = frozenset(config.get("known") or ())
    for row in found:
        if not isinstance(row, dict) or str(row.get("body")) != message.text or row.get("sid") in known:
            continue
        made = _time(row.get("date_created"))
        if made is None or message.sent_at is None or made >= message.sent_at - SKEW:
            return SendResult("accepted", str(row.get("sid") or "")[:120], _accepted(row))
    return SendResult("refused", detail="the provider has no such message")


def fetch(attachment: Attachment, config: Mapping[str, Any]) -> bytes:
    """The contract of `Fetching.fetch`. Only the provider itself is told who we are."""
    ours = _host(attachment.url) == _host(_base(config))
    return fetch_plain(attachment, config, _authority(config) if ours else {})


def fetch_plain(attachment: Attachment, config: Mapping[str, Any], headers: Mapping[str, str] | None = None) -> bytes:
    """A file by its address. Raises OSError with a sentence."""
    try:
        answer = client(bool(config.get("allow_private"))).call("GET", attachment.url, headers=headers)
    except Unreachable as error:
        raise OSError(str(error)) from error
    if answer.status != 200:
        raise OSError(f"the provider answered {answer.status}")
    return answer.content


def check(config: Mapping[str, Any]) -> list[Step]:
    """The contract of `Checked.check`."""
    if config.get("transport", "outbox") == "outbox":
        return [Step(True, "Outgoing", "messages are kept in the outbox of this desk, none is sent", 0.0)]
    began = time.monotonic()
    steps: list[Step] = []

    def step(ok: bool, title: str, detail: str) -> None:
        steps.append(Step(ok, title, detail, round(time.monotonic() - began, 2)))

    try:
        answer = _call("GET", "", config)
    except Unreachable as error:
        step(False, "Outgoing: find the provider", str(error))
        return steps
    step(True, "Outgoing: find the provider", f"{_host(_base(config))} answers")
    state = str(_json(answer).get("status") or "")
    signed_in = answer.status == 200
    ok = signed_in and state in ("", "active")
    said = f"the account is {state}" if signed_in else _sentence(answer, config)
    if answer.status in (401, 403):
        said = f"the account and its auth token do not go together ({answer.status}: {said}); compare both there"
    step(ok, "Outgoing: sign in", "the account is active" if ok else said)
    url = str(config.get("status_url") or "")
    near = _host(url).rpartition(":")[0] in ("", "localhost", "127.0.0.1", "[::1]")
    step(
        not near,
        "Incoming: webhooks",
        "the provider can call no address of this machine: set PUBLIC_URL to one that the internet knows"
        if near
        else f"the provider calls {url.removesuffix('/status')}",
    )
    return steps


def _call(method: str, path: str, config: Mapping[str, Any], content: bytes | None = None) -> Answer:
    account, token = str(config.get("account_sid") or ""), str(config.get("auth_token") or "")
    if not account or not token:
        raise Forbidden(NO_ACCOUNT)
    account = quote(account, safe="")
    url = f"{_base(config)}/{VERSION}/Accounts/{account}" + (f"/{path}" if path else ".json")
    headers = _authority(config) | {"Accept": "application/json"}
    if content is not None:
        headers["Content-Type"] = "application/x-www-form-urlencoded"
    return client(bool(config.get("allow_private"))).call(method, url, headers=headers, content=content)


def _host(url: str) -> str:
    """Host and port of an address; nothing where it is none."""
    try:
        parts = urlsplit(url)
        return f"{parts.netloc.rpartition('@')[2]}{'' if parts.port else ':443' if parts.scheme == 'https' else ':80'}"
    except ValueError:
        return ""


def _why(error: Unreachable) -> str:
    return NO_ACCOUNT if str(error) == NO_ACCOUNT else why(error)


def _base(config: Mapping[str, Any]) -> str:
    return str(config.get("api_base") or BASE).rstrip("/")


def _authority(config: Mapping[str, Any]) -> dict[str, str]:
    pair = f"{config.get('account_sid') or ''}:{config.get('auth_token') or ''}"
    return {"Authorization": f"Basic {base64.b64encode(pair.encode()).decode()}"}


def _json(answer: Answer) -> dict[str, Any]:
    return as_object(answer.content)


def _code(found: Mapping[str, Any]) -> str:
    return str(found.get("code") or found.get("error_code") or "")[:12]


def _accepted(found: Mapping[str, Any]) -> str:
    """The provider's own count of segments stands beside its word for the state: it is what it will ask money for."""
    number = str(found.get("num_segments") or "")
    word = str(found.get("status") or "accepted")[:40]
    return f"{word}, {number} segment{'' if number == '1' else 's'}" if number.isdigit() and number != "0" else word


def _sentence(answer: Answer, config: Mapping[str, Any]) -> str:
    """What the provider says went wrong, without our secret in it."""
    found = _json(answer)
    said = " ".join(str(found.get("message") or found.get("error_message") or "").split())[:400]
    code = _code(found)
    out = f"{said or f'the provider answered {answer.status}'}{f' (error {code})' if code else ''}"
    return hidden(out, config, "auth_token")


def _time(text: Any) -> datetime | None:
    try:
        at = parsedate_to_datetime(str(text))
    except (TypeError, ValueError, IndexError):
        return None
    return at if at.tzinfo is not None else at.replace(tzinfo=UTC)
