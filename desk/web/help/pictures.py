"""/help/pictures, /help/<article>/files: what articles show and hand out, for whoever may read the article."""

from __future__ import annotations

from flask import Response, request
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from desk import knowledge
from desk.files import MissingBlob
from desk.web.base import allow, answer, current_viewer, handed_out, limiter, the_desk
from desk.web.help.pages import blueprint

PICTURES = "1200 per minute"  # an office may share one address, and an article has a dozen
FILES = "120 per minute"


@blueprint.get("/pictures/<sha256>.<any(png,jpg,webp,gif):suffix>")
@limiter.limit(PICTURES)
@allow("public")
def picture(sha256: str, suffix: str) -> ResponseReturnValue:
    """Its address names its bytes. It is asked for again after an hour all the same: an article may be withdrawn."""
    desk = the_desk()
    with desk.store.reading() as tx:
        found = knowledge.picture(tx, sha256[:64], staff=current_viewer() is not None)
    if found is None or not found[0].path.endswith(f"/{sha256}.{suffix}"):
        return _nothing()
    shown, everybodys = found
    response = Response(mimetype=shown.kind)
    response.set_etag(shown.sha256)
    response.headers["Cache-Control"] = "public, max-age=3600" if everybodys else "no-store"
    response.headers["X-Content-Type-Options"] = "nosniff"
    if request.if_none_match.contains(shown.sha256):
        response.status_code = 304
        return response
    try:
        response.set_data(desk.files.get(shown.sha256))
    except MissingBlob:
        return _nothing()
    return response


@blueprint.get("/<slug>/files/<sha256>")
@limiter.limit(FILES)
@allow("public")
def file(slug: str, sha256: str) -> ResponseReturnValue:
    """A file of the live version, as a download."""
    desk = the_desk()
    with desk.store.reading() as tx:
        article = knowledge.by_slug(tx, slug, internal=current_viewer() is not None)
    found = next((one for one in article.files if one.sha256 == sha256), None) if article is not None else None
    if article is None or found is None:
        return _nothing()
    try:
        response = handed_out(desk.files.get(found.sha256), found.name)
    except MissingBlob:
        return _nothing()
    public = article.visibility == "public"
    response.headers["Cache-Control"] = "public, max-age=3600" if public else "no-store"
    return response


def _nothing() -> Response:
    response = answer(404, text=_("There is no file at this address."))
    response.headers["Cache-Control"] = "no-store"
    return response
