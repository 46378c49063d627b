"""The blueprint of the console, and what its routes share."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import cast

from flask import Blueprint, Flask, Response, abort, jsonify, request

from desk import conversations
from desk.store import Tx
from desk.web.base import the_desk, wants_part
from desk.web.console.fragments import EXTENSION, Fragments

blueprint = Blueprint("console", __name__, url_prefix="/console")
blueprint.record_once(lambda state: state.app.extensions.setdefault(EXTENSION, Fragments(cast(Flask, state.app))))


@contextmanager
def reading() -> Iterator[Tx]:
    """A reading transaction in which "not visible" is a 404: nobody is told whether it is missing or not theirs."""
    with the_desk().store.reading() as tx:
        try:
            yield tx
        except conversations.NotVisible:
            abort(404)


def wants_fragment() -> bool:
    """Whether the console's own script asks for a part of the page."""
    return wants_part() or request.headers.get("X-Part") == "1"


def as_json(**values: object) -> Response:
    return jsonify(values)
