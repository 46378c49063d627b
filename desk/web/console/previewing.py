"""What becomes of the answer that is being written, by each way that is open: read by the desk itself, so that what is
shown is what goes out."""

from __future__ import annotations

from dataclasses import dataclass

from flask import Response, render_template, request
from flask_babel import gettext as _
from flask_babel import ngettext
from markupsafe import Markup

from desk import conversations, formatting, outbound
from desk.channels.base import known
from desk.conversations import Conversation
from desk.outbound import attaching, pictures, uploads
from desk.outbound.pictures import SHOWN, mark
from desk.store import Tx
from desk.web.base import allow, limiter, signed_in_viewer
from desk.web.console import marked as dressed
from desk.web.console import prose
from desk.web.console.look import Look
from desk.web.console.reading import look_of
from desk.web.console.routes import as_json, blueprint, reading

LONGEST = 100_000


@dataclass(frozen=True, slots=True)
class Made:
    """What one channel makes of it."""

    channel: str
    word: str
    said: str


@blueprint.post("/c/<int:conversation_id>/preview")
@limiter.limit("240 per minute")
@allow("conversation.reply")
def preview(conversation_id: int) -> Response:
    """`html`: the answer (`text`; `mode=note` for a note) as it will stand there by `channel`, and what the other ways
    make of it; `text`: its words as they go where nothing is formatted, which is what is counted and paid for."""
    viewer = signed_in_viewer()
    text = request.form.get("text", "").replace("\r\n", "\n").replace("\x00", "").strip()[:LONGEST]
    note, channel = request.form.get("mode") == "note", request.form.get("channel", "")[:20]
    with reading() as tx:
        found = conversations.get(tx, conversation_id, viewer)
        waiting = uploads.waiting(tx, viewer, conversation_id)
        images = {
            mark(row.name): dressed.picture(row.name, f"/console/c/{conversation_id}/files/{row.id}")
            for row in waiting
            if row.kind in SHOWN
        }
        nodes = formatting.read(text, tuple(sorted(images)))
        bare = formatting.plain(nodes).strip() if nodes is not None else text
        sent = pictures.without(bare, [row.name for row in waiting if row.kind in SHOWN])
        made = [] if note else _made(tx, found, sent, len(waiting), look_of(viewer))
    words = not note and channel in known() and not known()[channel].formats
    if words:
        body = Markup("<p class=pre>{}</p>").format(sent) if sent else Markup()
    elif nodes is not None:
        body = dressed.html(nodes, images)
    else:
        body = prose.prose(text)
        for one, picture in images.items():
            body = Markup(body.replace(str(Markup.escape(one)), picture, 1))
    html = render_template("console/preview.html", body=body, note=note, made=made, channel=channel)
    return as_json(html=html, text=sent)


def _made(tx: Tx, found: Conversation, sent: str, files: int, reader: Look) -> list[Made]:
    out = []
    for way in outbound.ways(tx, found.id):
        if not way.usable:
            continue
        channel = known()[way.channel]
        said = _("formatted")
        if way.channel == "email":
            said = _("formatted, and as plain text for programs that show nothing else")
        elif not channel.formats:
            # Files go as addresses below the words, which are paid for as well.
            room = attaching.link_length(tx) * files if attaching.as_links(tx, way) else 0
            parts = channel.cost(sent + "x" * room).parts
            said = ngettext("plain text, %(num)d segment", "plain text, %(num)d segments", parts)
        out.append(Made(way.channel, reader.words.get(way.channel, way.channel), said))
    return out
