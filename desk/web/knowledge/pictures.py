"""/knowledge/pictures: takes in a picture of a text that is being written."""

from __future__ import annotations

from contextlib import closing

from flask import Response, jsonify, request
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from werkzeug.datastructures import FileStorage

from desk import knowledge
from desk.knowledge import BadPicture
from desk.web.base import allow, limiter, signed_in_viewer, the_desk
from desk.web.knowledge.pages import blueprint


@blueprint.post("/pictures")
@limiter.limit("60 per minute", key_func=lambda: f"pictures:{signed_in_viewer().id}")
@allow("knowledge.write")
def take_picture() -> ResponseReturnValue:
    """Keeps the picture `file`, and gives the address that stands for it in the Markdown: {"path": "/help/…"}."""
    sent = request.files.get("file")
    if not isinstance(sent, FileStorage):
        return Response(_("No file came with this."), status=422, mimetype="text/plain")
    with closing(sent):
        content = sent.stream.read(knowledge.BIGGEST_PICTURE + 1)
    try:
        content = knowledge.clean_picture(content)
    except BadPicture as error:
        return Response(_why(error), status=422, mimetype="text/plain")
    desk = the_desk()
    sha256 = desk.files.put(content)
    with desk.store.transaction() as tx:
        found = knowledge.put_picture(tx, desk.files, sha256, content, signed_in_viewer().id)
    return jsonify(path=found.path, width=found.width, height=found.height), 201


def _why(error: BadPicture) -> str:
    return {
        "empty": _("This file is empty."),
        "big": _("A picture of an article has 5 MB at most."),
        "svg": _("SVG can run scripts and is not taken: save the picture as PNG or WebP."),
        "sides": _("A picture of an article has 8,000 pixels at most either way."),
    }.get(error.reason) or _("Pictures are PNG, JPEG, WebP or GIF.")
