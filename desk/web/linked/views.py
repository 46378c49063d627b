"""What is shown by an address alone: a file of an answer that stood in a text, and the logo of a brand."""

from __future__ import annotations

from flask import Blueprint, Response
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from desk import settings
from desk.files import MissingBlob
from desk.outbound import attaching
from desk.outbound.pictures import SHOWN
from desk.web.base import allow, answer, handed_out, limiter, the_desk

blueprint = Blueprint("linked", __name__)

# It runs nothing, and nothing is loaded for it.
SEALED = "sandbox; default-src 'none'; frame-ancestors 'none'"


@blueprint.get("/f/<token>")
@limiter.limit("120 per minute")
@allow("public")
def file(token: str) -> ResponseReturnValue:
    """The file. Whoever has the address has the file: it went to one number, nobody can guess it, and it ends."""
    desk = the_desk()
    with desk.store.reading() as tx:
        found = attaching.linked(tx, token)
    if found.over:
        return answer(410, text=_("The time of this link is over. Write to us, and we send the file again."))
    if found.file is None:
        return answer(404, text=_("There is no file at this address."))
    try:
        content = desk.files.get(str(found.file.get("sha256") or ""))
    except MissingBlob:
        return answer(404, text=_("There is no file at this address."))
    kind, name = str(found.file.get("content_type") or ""), str(found.file.get("filename") or "file")
    shown = kind in SHOWN
    response = handed_out(content, name, kind if shown else "")
    response.headers["Referrer-Policy"] = "no-referrer"
    response.headers["X-Robots-Tag"] = "noindex, nofollow"
    return response


@blueprint.get("/brand/<sha256>.<any(png,jpg,webp):suffix>")
@limiter.limit("600 per minute")
@allow("public")
def logo(sha256: str, suffix: str) -> ResponseReturnValue:
    """A logo that some brand has or had. The address names the bytes, so that what it shows never changes."""
    desk = the_desk()
    with desk.store.reading() as tx:
        found = settings.known_logo(tx, sha256) if len(sha256) == 64 and sha256.isalnum() else None
    if found is None or not found.path.endswith(f".{suffix}"):
        return answer(404, text=_("There is no file at this address."))
    try:
        content = desk.files.get(found.sha256)
    except MissingBlob:
        return answer(404, text=_("There is no file at this address."))
    response = Response(content, mimetype=found.kind)
    response.headers["Cache-Control"] = "public, max-age=31536000, immutable"
    response.headers["Content-Security-Policy"] = SEALED
    response.headers["X-Content-Type-Options"] = "nosniff"
    response.headers["Cross-Origin-Resource-Policy"] = "cross-origin"  # the widget shows it on other sites
    return response
