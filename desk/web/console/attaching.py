"""Files of the answer that is being written: taken in one by one, shown in the composer, taken out again."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from flask import Response, abort, flash, render_template, request
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from werkzeug.datastructures import FileStorage

from desk import conversations
from desk.agents import Viewer
from desk.files import MissingBlob
from desk.outbound import Refused, Upload, uploads
from desk.outbound.pictures import SHOWN, mark
from desk.store import Tx
from desk.web.base import allow, handed_out, limiter, signed_in_viewer, the_desk
from desk.web.base.words import file_size
from desk.web.console.returned import with_draft
from desk.web.console.routes import blueprint, reading, wants_fragment


@dataclass(frozen=True, slots=True)
class Chip:
    """One file as the composer shows it; `mark` is what stands for a picture in the text."""

    id: int
    conversation_id: int
    name: str
    bytes: int
    size: str
    picture: bool
    mark: str


def shown(tx: Tx, viewer: Viewer, conversation_id: int) -> dict[str, Any]:
    """What templates/console/attached.html reads: the files of the viewer's next answer, and how large one may be."""
    biggest = uploads.largest(tx)
    return {
        "attached": [_chip(row) for row in uploads.waiting(tx, viewer, conversation_id)],
        "file_bytes": biggest,
        "file_megabytes": biggest // uploads.MEGABYTE,
    }


def _chip(row: Upload) -> Chip:
    picture = row.kind in SHOWN
    return Chip(
        row.id, row.conversation_id, row.name, row.size, file_size(row.size), picture, mark(row.name) if picture else ""
    )


@blueprint.post("/c/<int:conversation_id>/files")
@limiter.limit("120 per minute")
@allow("conversation.reply")
def attach(conversation_id: int) -> ResponseReturnValue:
    """Takes in one file for the viewer's next answer, and gives its chip."""
    viewer = signed_in_viewer()
    sent = request.files.get("file")
    if not isinstance(sent, FileStorage):
        return Response(_("No file came with this."), status=422, mimetype="text/plain")
    try:
        chip = take(viewer, conversation_id, sent)
    except Refused as error:
        return Response(_(str(error)), status=422, mimetype="text/plain")
    return Response(render_template("console/chip.html", file=chip), status=201)


def take(viewer: Viewer, conversation_id: int, sent: FileStorage) -> Chip:
    """Stores a file, then notes it as one of the viewer's next answer. Raises Refused."""
    desk = the_desk()
    with reading() as tx:
        conversations.get(tx, conversation_id, viewer)
        limit = uploads.largest(tx)
    content = sent.stream.read(limit + 1)
    name = uploads.clean_name(sent.filename or "")
    kind = uploads.looked_at(name, content, sent.mimetype or "", limit)
    sha256 = desk.files.put(content)
    with desk.store.transaction() as tx:
        row = uploads.keep(
            tx, desk.files, viewer, conversation_id, name=name, kind=kind, sha256=sha256, size=len(content)
        )
        return _chip(row)


@blueprint.get("/c/<int:conversation_id>/files/<int:upload_id>")
@allow("conversation.reply")
def attached(conversation_id: int, upload_id: int) -> Response:
    """A file of the viewer's own next answer: pictures are shown, all else is downloaded."""
    with reading() as tx:
        conversations.get(tx, conversation_id, signed_in_viewer())
        row = uploads.one(tx, signed_in_viewer(), conversation_id, upload_id)
        if row is None:
            abort(404)
        name, kind, sha256 = row.name, row.kind, row.sha256
    try:
        content = the_desk().files.get(sha256)
    except MissingBlob:
        abort(404)
    return handed_out(content, name, kind if kind in SHOWN else "")


@blueprint.post("/c/<int:conversation_id>/files/<int:upload_id>/remove")
@allow("conversation.reply")
def detach(conversation_id: int, upload_id: int) -> ResponseReturnValue:
    """Takes a file out of the viewer's next answer; whether it still was there makes no difference."""
    viewer = signed_in_viewer()
    with reading() as tx:
        conversations.get(tx, conversation_id, viewer)
    with the_desk().store.transaction() as tx:
        uploads.drop(tx, the_desk().files, viewer, conversation_id, upload_id)
    if wants_fragment():
        return Response(status=204)
    flash(_("The file was taken out."))
    return with_draft(conversation_id, request.form.get("text", ""))


def of_form(viewer: Viewer, conversation_id: int) -> list[int]:
    """The uploads that a posted answer names, with those that a plain form brings along. Raises Refused."""
    named = [part for value in request.form.getlist("file") for part in value.split(",") if part.strip()]
    if any(not (part.isascii() and part.isdigit() and len(part) <= 18) for part in named):
        raise Refused("A file of this answer has no such number.")
    brought = [sent for sent in request.files.getlist("attach") if sent.filename]
    return [*map(int, named), *(take(viewer, conversation_id, sent).id for sent in brought)]
