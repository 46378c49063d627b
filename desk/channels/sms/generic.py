"""Any other provider of SMS that speaks HTTP, told by templates: what to call, and where in its calls what stands.

A template has places: {to} {from} {text} {id} {key} {status_url} {media}. What is put there is written as the format
needs it, so that no text can break out of its place. {id} is ours and the same at every attempt. What holds {media} in
a list or a form stands there once for each file, and not at all without any.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import re
from collections.abc import Mapping
from datetime import datetime
from typing import Any, Literal
from urllib.parse import parse_qsl, quote, urlencode, urlsplit
from xml.sax.saxutils import escape

from desk.channels.abilities import Forged, Hook
from desk.channels.base import ConfigField, FieldKind, InboxRef, Receipt, Step, Translated, Unreadable
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
from desk.channels.sms.signature import fields as form_fields
from desk.http import Unreachable
from desk.i18n import N_
from desk.messages import Attachment, Carriage, OutboundMessage, SendResult

PLACES = ("to", "from", "text", "id", "key", "status_url", "media")
MEDIA = "{media}"
_PLACE = re.compile(r"\{([a-z_]+)\}")
_HEADER = re.compile(r"[A-Za-z0-9!#$%&'*+.^_`|~-]{1,80}")
_TYPES = {"json": "application/json", "form": "application/x-www-form-urlencoded", "xml": "text/xml; charset=utf-8"}
G = N_("Another provider")


def _field(
    name: str,
    label: str,
    kind: FieldKind = "text",
    *,
    default: Any = None,
    help: str = "",
    choices: tuple[str, ...] = (),
) -> ConfigField:
    return ConfigField(name, label, kind, G, default=default, help=help, choices=choices, of="generic")


FIELDS = (
    _field("generic_method", N_("Send with"), "choice", default="POST", choices=("POST", "PUT", "GET")),
    _field(
        "generic_url", N_("Address to call"), help=N_("https://…; places: {to} {from} {text} {id} {key} {status_url}"),
    ),
    _field("generic_key", N_("Key, for the place {key}"), "secret"),
    _field(
        "generic_headers", N_("Headers"), "lines",
        help=N_("one a line, such as Authorization: Bearer {key}"),
    ),
    _field("generic_format", N_("Format of the body"), "choice", default="json", choices=("json", "form", "xml")),
    _field(
        "generic_body", N_("Body"), "lines",
        default='{"to": "{to}", "from": "{from}", "text": "{text}", "ref": "{id}"}',
        help=N_("json: an object with places inside its texts; form: to={to}&text={text}; GET sends none;"
        " {media} in a list is the address of each file"),
    ),
    _field(
        "generic_id", N_("Where the answer names the message"), default="id", help=N_("a path such as messages.0.id"),
    ),
    _field(
        "generic_once", N_("It takes the same {id} only once"), "flag", default=False,
        help=N_("then a message whose answer was lost is sent again by itself; only where the provider promises it"),
    ),
    _field(
        "generic_stop_words", N_("Words of a refusal because of STOP"),
        help=N_("such as opted_out, 21610; any of them"),
    ),
    _field("generic_auth", N_("How its calls prove themselves"), "choice", default="hmac", choices=("hmac", "header")),
    _field(
        "generic_auth_header", N_("In this header"), default="X-Signature",
        help=N_("hmac: HMAC-SHA-256 of the body, in hex or base64; header: the shared secret itself"),
    ),
    _field("generic_secret", N_("Shared secret"), "secret"),
    _field("generic_in_id", N_("Field of a message’s id"), default="id", help=N_("of what it hands in, JSON or form")),
    _field("generic_in_from", N_("Field of its sender"), default="from"),
    _field("generic_in_text", N_("Field of its text"), default="text"),
    _field("generic_st_id", N_("Field of a receipt’s message id"), default="id"),
    _field("generic_st_ref", N_("Field of a receipt that holds our {id}"), help=N_("empty: it holds none")),
    _field("generic_st_state", N_("Field of its state"), default="status"),
    _field("generic_st_detail", N_("Field of its reason"), default="error"),
    _field("generic_sent", N_("Words for sent"), default="sent, queued, accepted, submitted"),
    _field("generic_delivered", N_("Words for delivered"), default="delivered, read"),
    _field("generic_failed", N_("Words for failed"), default="failed, rejected, undelivered, expired"),
)  # fmt: skip
_NAMED = (
    *(f.name for f in FIELDS if f.name.startswith(("generic_in_", "generic_st_"))),
    *("generic_sent", "generic_delivered", "generic_failed", "generic_stop_words"),
)
_DEFAULTS = {f.name: f.default for f in FIELDS}


def _of(config: Mapping[str, Any], name: str) -> str:
    value = config.get(name)
    return str(_DEFAULTS[name] or "" if value is None else value)


def _words(text: str) -> list[str]:
    return [word for word in (w.strip().casefold() for w in text.split(",")) if word]


def at(found: Any, path: str) -> str:
    """What stands at a path (`messages.0.id`) of a JSON value; nothing where it leads nowhere."""
    for step in path.split("."):
        if isinstance(found, Mapping):
            found = found.get(step)
        elif isinstance(found, list) and step.isdecimal() and len(step) < 5 and int(step) < len(found):
            found = found[int(step)]
        else:
            return ""
    return str(found) if isinstance(found, (str, int, float)) and not isinstance(found, bool) else ""


def _put(template: str, values: Mapping[str, str]) -> str:
    return _PLACE.sub(lambda m: values.get(m[1], m[0]), template)


def _filled(found: Any, values: Mapping[str, str]) -> Any:
    """A JSON template with its places filled, in texts only: a text stays a text whatever is put in."""
    if isinstance(found, str):
        return _put(found, values)
    if isinstance(found, list):
        return [_filled(one, each) for one in found for each in _each(one, values)]
    if isinstance(found, dict):
        return {name: _filled(one, values) for name, one in found.items()}
    return found


def _each(template: Any, values: Mapping[str, str]) -> list[Mapping[str, str]]:
    """The values for each copy of what holds {media}: one file each; once as they are for anything else."""
    if not isinstance(template, str) or MEDIA not in template:
        return [values]
    return [{**values, "media": url} for url in values["media"].split()]


def body_of(config: Mapping[str, Any], values: Mapping[str, str]) -> bytes | None:
    """The body of one call. Raises ValueError for a template that cannot be one."""
    if _of(config, "generic_method") == "GET":
        return None
    template, form = _of(config, "generic_body"), _of(config, "generic_format")
    if form == "json":
        found = json.loads(template)
        return json.dumps(_filled(found, values), ensure_ascii=False).encode("utf-8", "replace")
    if form == "form":
        pairs = parse_qsl(template.replace("\n", ""), keep_blank_values=True, strict_parsing=True)
        filled = [(name, _put(value, each)) for name, value in pairs for each in _each(value, values)]
        return urlencode(filled, errors="replace").encode()
    return _put(template, {name: escape(value, {'"': "&quot;"}) for name, value in values.items()}).encode(
        "utf-8", "replace"
    )


def headers_of(config: Mapping[str, Any], values: Mapping[str, str]) -> dict[str, str]:
    """The headers of one call. Raises ValueError with a sentence for a line that is none."""
    out = {"Accept": "application/json"}
    if _of(config, "generic_method") != "GET":
        out["Content-Type"] = _TYPES[_of(config, "generic_format")]
    for line in _of(config, "generic_headers").splitlines():
        name, mark, value = line.partition(":")
        if not line.strip():
            continue
        if not mark or not _HEADER.fullmatch(name.strip()):
            raise ValueError(f"“{line.strip()[:60]}” is no header: write a name, a colon, a value.")
        filled = _put(value.strip(), values)
        if not filled.isascii() or any(ord(c) < 32 for c in filled):
            raise ValueError(f"The header {name.strip()} can hold plain letters only.")
        out[name.strip()] = filled
    return out


def url_of(config: Mapping[str, Any], values: Mapping[str, str]) -> str:
    return _put(_of(config, "generic_url"), {name: quote(value, safe="") for name, value in values.items()})


def values_of(message: OutboundMessage, config: Mapping[str, Any]) -> dict[str, str]:
    return {
        "to": message.to[0].value,
        "from": str(config.get("sender") or message.sender_address),
        "text": message.text,
        "id": message.message_id,
        "key": str(config.get("generic_key") or ""),
        "status_url": str(config.get("status_url") or "") if config.get("status_callbacks", True) else "",
        "media": " ".join(file.url for file in message.attachments if file.url),
    }


_TRY = dict.fromkeys(PLACES, "x") | {"to": "+46705550132", "from": "+46705550100"}


class Generic:
    """See `common.Provider`."""

    name = "generic"
    fields = FIELDS

    def carriage(self, config: Mapping[str, Any]) -> Carriage:
        """As media where the templates have a place for them."""
        held = MEDIA in _of(config, "generic_url") + _of(config, "generic_body")
        return Carriage("media", total=5_000_000, most=10, kinds=PICTURES) if held else LINKS

    def problems(self, config: Mapping[str, Any]) -> dict[str, str]:
        """A sentence for each field that cannot be what it is for."""
        found: dict[str, str] = {}
        for name in ("generic_url", "generic_headers", "generic_body"):
            strange = [m[1] for m in _PLACE.finditer(_of(config, name)) if m[1] not in PLACES]
            if strange:
                found[name] = f"{{{strange[0]}}} is none of the places {' '.join('{' + p + '}' for p in PLACES)}."
        url, sends = _of(config, "generic_url"), config.get("transport") == "provider"
        if url or sends:
            bare = re.match(r"https?://[^/{}?#\s]+", url)
            if not url:
                found["generic_url"] = "Type the address that this desk is to call for each message."
            elif bare is None or not _is_address(url_of(config, _TRY)):
                found.setdefault("generic_url", "An address begins with https:// and names its host without a place.")
        try:
            headers_of(config, _TRY)
        except ValueError as error:
            found.setdefault("generic_headers", str(error))
        try:
            body = body_of(config, _TRY) or b""
        except ValueError:
            wanted = {"json": "JSON", "form": "a form such as to={to}&text={text}"}
            found.setdefault("generic_body", f"This is not {wanted.get(_of(config, 'generic_format'), 'a body')}.")
        else:
            whole = _of(config, "generic_url") + (_of(config, "generic_body") if body else "")
            if sends:
                for place in ("to", "text"):
                    if "{" + place + "}" not in whole:
                        found.setdefault("generic_body", f"The place {{{place}}} is missing: it must stand somewhere.")
        if config.get("media") == "mms" and self.carriage(config) is LINKS:
            found["media"] = "For MMS the place {media} must stand somewhere in the body."
        if config.get("generic_once") and "{id}" not in _of(config, "generic_url") + _of(config, "generic_body"):
            found["generic_once"] = "Then {id} must stand in the address or in the body."
        if not config.get("generic_secret"):
            found["generic_secret"] = "Type a shared secret: without it nobody can tell who is calling."
        if not _HEADER.fullmatch(_of(config, "generic_auth_header")):
            found["generic_auth_header"] = "Type the name of a header, such as X-Signature."
        for name in ("generic_in_id", "generic_in_from", "generic_in_text", "generic_st_state"):
            if not _of(config, name).strip():
                found[name] = "Type the name of the field."
        if not _of(config, "generic_st_id").strip() and not _of(config, "generic_st_ref").strip():
            found["generic_st_id"] = "A receipt must name its message: type this field, or the one of our {id}."
        return found

    def verify(self, hook: Hook, config: Mapping[str, Any]) -> str:
        """The contract of `Hooked.verify`."""
        secret = str(config.get("generic_secret") or "")
        if not secret:
            raise Forged("This inbox has no shared secret yet, so nobody can tell who is calling.")
        header = _of(config, "generic_auth_header")
        given = hook.headers.get(header.lower(), "").strip().encode("utf-8", "replace")
        if not given:
            raise Forged(f"This call carries no proof ({header}).")
        if _of(config, "generic_auth") == "header":
            told = given.removeprefix(b"Bearer ")
            fits = [hmac.compare_digest(secret.encode(), told)]
        else:
            told = given.removeprefix(b"sha256=")
            digest = hmac.new(secret.encode(), hook.body, hashlib.sha256)
            fits = [
                hmac.compare_digest(digest.hexdigest().encode(), told.lower()),
                hmac.compare_digest(base64.b64encode(digest.digest()), told),
            ]
        if not any(fits):
            raise Forged("The proof does not fit: it was made with another secret.")
        try:
            found = _params(hook.body)
        except ValueError:
            raise Forged("This call has more fields than a message can have.") from None
        # A receipt's states share its id, and one provider repeats an id: the body tells copies apart from news.
        if hook.kind == "status":
            return hashlib.sha256(hook.url.encode("utf-8", "replace") + b"\n" + hook.body).hexdigest()
        name = at(found, _of(config, "generic_in_id"))
        return key_of(name) if name else hashlib.sha256(hook.body).hexdigest()

    def noted(self, hook: Hook, config: Mapping[str, Any]) -> dict[str, Any]:
        """The names of the fields as they were when the call came."""
        return {"names": {name: _of(config, name) for name in _NAMED}}

    def translate(self, raw: bytes, inbox: InboxRef, envelope: Mapping[str, Any], received_at: datetime) -> Translated:
        """The contract of `Channel.translate`."""
        noted = envelope.get("names")
        names: Mapping[str, Any] = noted if isinstance(noted, Mapping) else {}
        try:
            found = _params(raw)
        except ValueError:
            raise Unreadable("this call has more fields than a message can have") from None
        if envelope.get("kind") == "status":
            return _receipt(found, names, inbox, envelope)
        return text_message(
            inbox,
            received_at,
            name=key_of(at(found, _of(names, "generic_in_id"))),
            written=at(found, _of(names, "generic_in_from")),
            text=at(found, _of(names, "generic_in_text")),
            signed=bool(envelope.get("signed")),
            international=True,
        )

    def send(self, message: OutboundMessage, config: Mapping[str, Any]) -> SendResult:
        """The contract of `Channel.send`."""
        values = values_of(message, config)
        try:
            url, headers, content = url_of(config, values), headers_of(config, values), body_of(config, values)
            if not url:
                raise ValueError("no address")
        except (ValueError, KeyError):
            return SendResult("refused", detail="this inbox does not say how its provider is called")
        try:
            answer = api.client(bool(config.get("allow_private"))).call(
                _of(config, "generic_method"), url, headers=headers, content=content, redirects=0
            )
        except Unreachable as error:
            return unreached(error)
        said = " ".join(answer.content[:600].decode("utf-8", "replace").split())[:400]
        said = hidden(said, config, "generic_key", "generic_secret")
        if 200 <= answer.status < 300:
            return SendResult("accepted", key_of(at(_json(answer.content), _of(config, "generic_id"))), "accepted")
        folded = said.casefold()
        stopped = any(word in folded for word in _words(_of(config, "generic_stop_words")))
        told = f"the provider answered {answer.status}" + (f": {said}" if said else "")
        return outcome_of(answer, told, stopped=stopped)

    def look_up(self, message: OutboundMessage, config: Mapping[str, Any]) -> SendResult:
        """A provider that takes an id once can simply be sent it again; no other can be asked."""
        if config.get("generic_once"):
            return SendResult("refused", detail="this provider takes the same id only once, so it is sent again")
        return SendResult("unknown", detail="this provider cannot be asked what became of it")

    def fetch(self, attachment: Attachment, config: Mapping[str, Any]) -> bytes:
        """The contract of `Fetching.fetch`."""
        return api.fetch_plain(attachment, config)

    def check(self, config: Mapping[str, Any]) -> list[Step]:
        """The contract of `Checked.check`: nothing can be tried that sends nothing, so the templates are."""
        found = self.problems(config)
        said = "; ".join(found.values()) or "the templates fit; only a message shows whether the provider takes them"
        return [Step(not found, "Outgoing: templates", said, 0.0), reachable(config)]


def _is_address(url: str) -> bool:
    try:
        return urlsplit(url).scheme in ("http", "https") and bool(urlsplit(url).hostname)
    except ValueError:
        return False


def _json(content: bytes) -> Any:
    try:
        return json.loads(content)
    except (ValueError, RecursionError):
        return {}


def _params(body: bytes) -> dict[str, Any]:
    """What a call says, as JSON or as a form. Raises ValueError where there are too many fields."""
    if body.lstrip()[:1] in (b"{", b"["):
        return as_object(body)
    return dict(form_fields(body))


def _receipt(
    found: Mapping[str, Any], names: Mapping[str, Any], inbox: InboxRef, envelope: Mapping[str, Any]
) -> Receipt:
    query = envelope.get("query")
    ours = str(query.get("delivery", "")) if isinstance(query, Mapping) else ""
    ref = _of(names, "generic_st_ref")
    ours = ours or (at(found, ref) if ref else "")
    path = _of(names, "generic_st_id")
    name = key_of(at(found, path)) if path else ""
    if not name and not ours:
        raise Unreadable("this news names no message")
    word = at(found, _of(names, "generic_st_state")).strip()[:40]
    state: Literal["sent", "delivered", "failed", "unknown"] = "unknown"
    states: tuple[Literal["sent", "delivered", "failed"], ...] = ("sent", "delivered", "failed")
    for one in states:
        if word.casefold() in _words(_of(names, f"generic_{one}")):
            state = one
    told = " ".join(at(found, _of(names, "generic_st_detail")).split())[:300]
    stopped = state == "failed" and any(w in told.casefold() for w in _words(_of(names, "generic_stop_words")))
    return Receipt(inbox.id, name, state, ": ".join(filter(None, [word, told])), ours[:255], stopped)
