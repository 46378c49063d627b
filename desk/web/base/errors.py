"""Error pages: one clear sentence, what to do next, and the request's id; never a traceback."""

from __future__ import annotations

import logging

from flask import Flask, Response, g, jsonify, make_response, render_template, request
from flask_babel import gettext as _
from flask_wtf.csrf import CSRFError
from sqlalchemy.exc import SQLAlchemyError
from werkzeug.exceptions import HTTPException, InternalServerError

from desk import agents
from desk.files import FilesUnreachable
from desk.web.base.access import current_viewer
from desk.web.base.asked import wants_json, wants_part
from desk.web.base.security import request_id

log = logging.getLogger(__name__)


def _words(code: int) -> tuple[str, str]:
    """The headline and the sentence below it."""
    said = {
        400: (_("That could not be read"), _("Something in the address or the form is not as it should be.")),
        401: (_("Please sign in"), _("This needs somebody who is signed in.")),
        403: (_("This is not yours to open"), _forbidden()),
        404: (_("There is nothing here"), _("The address is wrong, or what stood here is gone.")),
        405: (_("That cannot be done here"), _("This address takes another kind of request.")),
        409: (_("Somebody else was faster"), _("Look at what has changed, then try again.")),
        413: (_("That is too large"), _("Send less, or a smaller file.")),
        415: (_("That kind of file is not taken"), _("Send it in another form.")),
        429: (_("That was a little fast"), _("Wait a minute, then try again. Nothing you typed before is lost.")),
        503: (_("Not ready yet"), _("The desk is starting or its database does not answer. Try again in a minute.")),
    }
    if code in said:
        return said[code]
    if 400 <= code < 500:
        return said[400]
    return (
        _("Something broke on our side"),
        _("It was written down. Try again; if it happens again, give the number below to whoever runs this desk."),
    )


def _forbidden() -> str:
    missing = g.get("missing")
    if missing == "admin" or (missing in agents.PERMISSIONS and len(agents.PERMISSIONS[missing]) == 1):
        return _("Only admins may do this. An admin of this desk can change your role.")
    if missing is not None:
        return _("Only supervisors and admins may do this. An admin of this desk can change your role.")
    return _("You may not see this. Somebody in its team can, or an admin of this desk.")


def _is_colleague(code: int) -> bool:
    """Whether the page can stand in the shell: for somebody who is signed in, as long as the database answers."""
    if code >= 500:
        return False
    try:
        return current_viewer() is not None
    except SQLAlchemyError:
        g.viewer = None
        return False


def answer(code: int, *, title: str = "", text: str = "") -> Response:
    """An error answer in the form that was asked for: a page, a part of one, or JSON."""
    headline, sentence = _words(code)
    headline, sentence = title or headline, text or sentence
    if wants_json():
        response = jsonify(error={"code": code, "title": headline, "message": sentence, "request_id": request_id()})
    elif wants_part():
        response = make_response(
            render_template("errors/part.html", code=code, title=headline, text=sentence, request_id=request_id())
        )
        message = f"{headline}. {sentence}"
        if all(0x20 <= ord(c) <= 0xFF for c in message):  # what a header can carry
            response.headers["X-Message"] = message
    else:
        response = make_response(
            render_template(
                "errors/page.html",
                code=code,
                title=headline,
                text=sentence,
                request_id=request_id(),
                layout="shell.html" if _is_colleague(code) else "base.html",
            )
        )
    response.status_code = code
    return response


def _refused(error: HTTPException) -> Response:
    code = error.code or 500
    if isinstance(error, CSRFError):
        # Usually a page that outlived its session; a forged form gets the same words.
        response = answer(
            400,
            title=_("This page has grown old"),
            text=_("You were signed out or in again since it was opened. Open it anew and repeat what you did."),
        )
    else:
        response = answer(code)
    for name, value in error.get_headers(request.environ):
        if name.lower() in {"allow", "retry-after", "www-authenticate"}:
            response.headers[name] = value
    return response


def _redirected(error: HTTPException) -> Response | HTTPException:
    if error.code is not None and 300 <= error.code < 400:
        return error  # Werkzeug redirects by raising: to the address with the slash, for one
    if error.response is not None:
        return error  # abort(Response) says itself what it answers
    return _refused(error)


def _broke(error: InternalServerError) -> Response:
    log.error("request %s broke: %s %s", request_id(), request.method, request.path)
    return answer(500)


def _without_files(error: FilesUnreachable) -> Response:
    """The store of files is away: what needs one says so, and comes back by itself. A webhook's sender calls again."""
    log.error("request %s needs a file: %s", request_id(), error)
    return answer(
        503,
        title=_("Files are out of reach"),
        text=_("Files cannot be read or stored right now. Nothing is lost: try again in a minute."),
    )


def setup(app: Flask) -> None:
    app.register_error_handler(FilesUnreachable, _without_files)
    app.register_error_handler(HTTPException, _redirected)
    app.register_error_handler(InternalServerError, _broke)
