"""Fills what is known into texts, addresses and bodies, each encoded for the place where it stands. Pure."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import Any
from urllib.parse import quote, unquote, urlencode, urlsplit

from desk.flows.definition import Call

_HOLE = re.compile(r"\{\{\s*([a-z][a-z0-9_]*(?:\.[a-z0-9_]+)?)\s*\}\}")
_ANY = re.compile(r"\{\{(.*?)\}\}", re.DOTALL)
_CONTROLS = re.compile(r"[\x00-\x08\x0b-\x1f\x7f\u202a-\u202e\u2066-\u2069]")


class Unfillable(ValueError):
    """A value is missing, or would change where the call goes; no value stands in the sentence."""


def names_in(text: str) -> list[str]:
    """The names in a text; what stands in the braces as it is, where it is no name."""
    return [" ".join(found.split()) for found in _ANY.findall(text)]


def plain(text: str) -> str:
    """A value without what cannot be seen and turns what follows around."""
    return _CONTROLS.sub("", text).strip()


def words(text: str, values: Mapping[str, str]) -> str:
    """A text for a customer; what is not known is left out. What a value says is never read as a hole itself."""
    return _HOLE.sub(lambda hole: plain(values.get(hole[1], "")), text)


def _filled(text: str, values: Mapping[str, str]) -> str:
    def of(hole: re.Match[str]) -> str:
        if not values.get(hole[1]):
            raise Unfillable(f"{hole[1]} is not known")
        return values[hole[1]]

    return _HOLE.sub(of, text)


def address(call: Call, values: Mapping[str, str]) -> str:
    """Where a call goes: each value is one piece of the path, whatever is in it. Raises Unfillable."""
    parts = urlsplit(call.url)

    def piece(hole: re.Match[str]) -> str:
        value = _filled(hole[0], values)
        # A piece that is only dots leads up, and some servers read %2f and %5c as what they stand for.
        if any(set(each.strip()) <= {"."} for each in re.split(r"[/\\]", unquote(value))):
            raise Unfillable("a value would lead to another address")
        return quote(value, safe="")

    path = _HOLE.sub(piece, parts.path)
    query = urlencode([(name, _filled(value, values)) for name, value in call.query], quote_via=quote)
    return f"{parts.scheme}://{parts.netloc}{path}{'?' + query if query else ''}"


def headers(call: Call, values: Mapping[str, str]) -> dict[str, str]:
    """The headers; only secrets were let in. Raises Unfillable."""
    out = {name: _filled(value, values) for name, value in call.headers}
    if any("\n" in v or "\r" in v or not v.isascii() for v in out.values()):
        raise Unfillable("a secret has a character that no header takes")
    return out


def body(call: Call, values: Mapping[str, str]) -> tuple[str, bytes] | None:
    """The type and bytes of what is sent. Raises Unfillable."""
    if call.json is not None:
        return "application/json", json.dumps(_deep(call.json, values), ensure_ascii=False).encode()
    if call.form:
        pairs = [(name, _filled(value, values)) for name, value in call.form]
        return "application/x-www-form-urlencoded", urlencode(pairs).encode()
    return None


def _deep(value: Any, values: Mapping[str, str]) -> Any:
    if isinstance(value, dict):
        return {name: _deep(one, values) for name, one in value.items()}
    if isinstance(value, list):
        return [_deep(one, values) for one in value]
    return _filled(value, values) if isinstance(value, str) else value
