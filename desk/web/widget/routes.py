"""The blueprint, and what all of the widget's doors share: any origin, no cookies, errors as the widget reads them."""

from __future__ import annotations

from typing import NoReturn

from flask import Blueprint, Response, abort, current_app, jsonify, make_response, request
from flask_limiter import RateLimitExceeded
from werkzeug.exceptions import HTTPException

from desk import i18n, settings
from desk.files import FilesUnreachable
from desk.store import Tx
from desk.visitors.words import sentence
from desk.web.base import csrf

blueprint = Blueprint("widget", __name__)

# The authority is the visitor's token in the form; no cookie is read, so there is nothing that a forged post could use.
csrf.exempt(blueprint)

CODES = {404: "inbox", 413: "too_big", 429: "slow_down"}
SEALED = "sandbox; default-src 'none'; frame-ancestors 'none'"  # a stranger's file runs no script


def asked_locale() -> str:
    """The language that the widget asks for, else the browser's."""
    return i18n.best(request.values.get("locale"), *(value for value, _quality in request.accept_languages))


def chat_inbox(tx: Tx, key: str) -> settings.Inbox:
    """The chat inbox of this key, or 404."""
    found = settings.inbox_by_key(tx, "chat", key)
    if found is None:
        refuse(404, "inbox")
    return found


def refuse(status: int, code: str, **values: object) -> NoReturn:
    """Ends the request with a code and a sentence."""
    answer = jsonify(error=code, text=sentence(asked_locale(), code, **values))
    answer.status_code = status
    abort(answer)


@blueprint.after_request
def for_any_origin(response: Response) -> Response:
    if request.endpoint != "widget.demo":
        response.headers["Access-Control-Allow-Origin"] = "*"
        response.headers["Access-Control-Expose-Headers"] = "Retry-After"
        response.headers["Cross-Origin-Resource-Policy"] = "cross-origin"
    return response


@blueprint.errorhandler(RateLimitExceeded)
def too_often(error: RateLimitExceeded) -> Response:
    """How long to wait is a header of the limiter's; the sentence says it as well."""
    seconds = 60
    limit = error.limit.limit if error.limit is not None else None
    if limit is not None:
        seconds = int(limit.get_expiry())
    answer = make_response(
        jsonify(error="slow_down", text=sentence(asked_locale(), "slow_down", seconds=seconds), retry_after=seconds),
        429,
    )
    answer.headers["Retry-After"] = str(seconds)
    return answer


@blueprint.errorhandler(FilesUnreachable)
def without_files(error: FilesUnreachable) -> Response:
    """The store of files is away: whoever sent a file, or asked for one, is told to do so again."""
    current_app.logger.error("a file of a visitor could not be read or stored: %s", error)
    code = "busy" if request.method == "POST" else "away"
    return make_response(jsonify(error=code, text=sentence(asked_locale(), code)), 503)


@blueprint.errorhandler(HTTPException)
def refused(error: HTTPException) -> Response | HTTPException:
    if error.response is not None or request.endpoint == "widget.demo":
        return error
    code = CODES.get(error.code or 500, "shape")
    return make_response(jsonify(error=code, text=sentence(asked_locale(), code, limit=25)), error.code or 500)
