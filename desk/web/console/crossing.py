"""Two answers that would cross: whoever sends the second is shown the first one, and then decides."""

from __future__ import annotations

from collections.abc import Sequence

from flask import Response, render_template
from flask_babel import gettext as _

from desk import conversations, timeline
from desk.agents import Viewer
from desk.outbound import recording
from desk.store import Tx
from desk.web.base import the_desk
from desk.web.console.lines import lines
from desk.web.console.reading import line_context, look_of

LOOKED_AT = 5  # answers of the conversation, the newest


class Crossed(Exception):
    """A colleague has answered since this draft was begun. `entries`: what they said, newest last."""

    def __init__(self, entries: Sequence[timeline.EntryView]) -> None:
        super().__init__()
        self.entries = entries


def seen_of(text: str) -> int | None:
    """The last line that a draft's writer saw, as the form names it; None for what no page has written."""
    return int(text) if text.isascii() and text.isdigit() and len(text) < 20 else None


def check(tx: Tx, conversation_id: int, viewer: Viewer, seen: int | None, request_id: str | None) -> None:
    """Raises Crossed where a colleague has answered since `seen`; who names nothing (a program) is not asked, nor is an
    answer that went already and is only asked for again.

    The conversation's row is held from here on, so that of two who send at the same instant the second finds what the
    first one said.
    """
    if seen is None:
        return
    conversation = conversations.get(tx, conversation_id, viewer)
    if recording.known(tx, conversation, viewer, request_id) is not None:
        return
    newest = timeline.of_conversation(tx, conversation_id, LOOKED_AT, ("reply",))
    others = [e for e in newest if e.id > seen and e.staff_id not in (None, viewer.id)]
    if others:
        raise Crossed(others)


def asked(conversation_id: int, viewer: Viewer, crossed: Crossed) -> Response:
    """What the script shows above the draft: their answer, and both ways on."""
    with the_desk().store.reading() as tx:
        found = conversations.row_of(tx, conversation_id)
        reader, entries = look_of(viewer), list(crossed.entries)
        name = found.customer_name if found is not None else ""
        context = line_context(tx, reader, entries, entries[-1].customer_id, name)
        values = {"lines": lines(entries, context), "seen": entries[-1].id, "now": tx.now(), **reader.speech}
    return Response(render_template("console/crossed.html", **values), status=409)


def sentence() -> str:
    """The same for a form without a script: the page comes again with their answer on it."""
    return _("A colleague has answered since you began to write. Read it; send yours again if it is still needed.")
