"""What the browser or program asked for: page, part of a page, or JSON; and arguments that are read without trust."""

from __future__ import annotations

from typing import Any

from flask import abort, request
from werkzeug.routing import IntegerConverter, Map

BIGGEST_ID = 2**63 - 1  # what a BIGINT column holds; a larger number names no row, and drivers refuse it


def wants_json() -> bool:
    """Whether a program asks: a path of the API or of a hook, or an Accept header that puts JSON before HTML."""
    if request.path.startswith(("/api/", "/hooks/")):
        return True
    best = request.accept_mimetypes.best_match(["text/html", "application/json"], "text/html")
    return best == "application/json"


def wants_part() -> bool:
    """Whether htmx asks for a part of the page. A boosted link asks for a whole page, and gets one."""
    return request.headers.get("HX-Request") == "true" and request.headers.get("HX-Boosted") != "true"


def number_argument(name: str) -> int | None:
    """A whole number from the query, None where it is not given. Anything else is a 400."""
    text = request.args.get(name, "").strip()
    if not text:
        return None
    if not (text.isascii() and text.isdigit() and len(text) <= 19) or int(text) > BIGGEST_ID:
        abort(400)
    return int(text)


class RowId(IntegerConverter):
    """`<int:…>` of a route: what no row can have as its id is no page, and never reaches the database."""

    def __init__(self, url_map: Map, **limits: Any) -> None:
        super().__init__(url_map, **{"max": BIGGEST_ID} | limits)


def refuse_nul() -> None:
    """No text that anybody types holds a NUL; PostgreSQL cannot store one, and probes send it first of all."""
    sent = [request.path, request.query_string.decode("latin-1")]
    if "\x00" in sent[0] or "%00" in sent[1]:
        abort(400)
    if request.blueprint == "hooks":
        return  # they are kept as the bytes that came, which reading the form would use up
    if request.method in {"POST", "PUT", "PATCH"} and request.mimetype in {
        "application/x-www-form-urlencoded",
        "multipart/form-data",
    }:
        for name, value in request.form.items(multi=True):
            if "\x00" in name or "\x00" in value:
                abort(400)
