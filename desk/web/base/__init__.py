"""What every face of the desk shares: who is asking, protection, limits, errors, languages."""

from __future__ import annotations

from flask import Flask

from desk.web.base import access, asked, errors, limits, notices, rail, refusals, security, sheets, words
from desk.web.base.access import (
    allow,
    begin_session,
    current_viewer,
    end_session,
    lets_in,
    may,
    safe_next,
    signed_in_viewer,
    the_desk,
)
from desk.web.base.asked import number_argument, wants_json, wants_part
from desk.web.base.errors import answer
from desk.web.base.handing import handed_out
from desk.web.base.limits import limiter
from desk.web.base.plain import stand_apart
from desk.web.base.rail import state_word
from desk.web.base.security import csp_nonce, csrf, request_id

__all__ = [
    "allow",
    "answer",
    "begin_session",
    "csp_nonce",
    "csrf",
    "current_viewer",
    "end_session",
    "handed_out",
    "lets_in",
    "limiter",
    "may",
    "notices",
    "number_argument",
    "refusals",
    "request_id",
    "safe_next",
    "setup",
    "sheets",
    "signed_in_viewer",
    "stand_apart",
    "state_word",
    "the_desk",
    "wants_json",
    "wants_part",
]


def setup(app: Flask) -> None:
    """Prepares an application: call it once, with the configuration in `app.config` and the Desk in
    `app.extensions["loopdesk"]`, before any blueprint is registered."""
    app.url_map.converters["int"] = asked.RowId
    if not app.secret_key:
        # A rotated key ring signs nobody out: cookies of the older keys are still read, and written anew.
        newest, *older = app.extensions["loopdesk"].store.keys.derive_all("session")
        app.secret_key, app.config["SECRET_KEY_FALLBACKS"] = newest, older
    errors.setup(app)
    app.before_request(security.name_request)
    app.before_request(asked.refuse_nul)
    # In this order: too often is told before anything else is looked at, then who may, then whether a form is ours.
    limits.setup(app)
    access.setup(app)
    security.setup(app)
    words.setup(app)
    rail.setup(app)
