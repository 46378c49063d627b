"""Merging a conversation into another of the same customer, splitting one, and the ways back."""

from __future__ import annotations

from collections.abc import Callable

from flask import abort, render_template, request
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from desk import conversations, timeline
from desk.agents import Viewer
from desk.conversations import NotPossible, NotVisible
from desk.merging import talks
from desk.store import Tx
from desk.web.base import allow, signed_in_viewer, the_desk
from desk.web.console.acting import told
from desk.web.console.reading import look_of
from desk.web.console.routes import blueprint, reading

OFFERED = 8  # conversations to merge into, and messages to split at


def _number(name: str) -> int:
    text = request.form.get(name, "").strip().removeprefix("#")
    number = int(text) if text.isascii() and text.isdigit() and len(text) <= 19 else 0
    return number if number < 2**63 else 0


def _done(
    do: Callable[[Tx, Viewer], tuple[int, str, tuple[str, dict[str, str]] | None]], back: int
) -> ResponseReturnValue:
    """Runs one change, which gives where to go on, the news, and the way back."""
    viewer = signed_in_viewer()
    try:
        with the_desk().store.transaction() as tx:
            there, news, undo = do(tx, viewer)
    except NotVisible:
        abort(404)
    except NotPossible as error:
        return told(_(str(error)), f"/console/c/{back}", refused=True)
    return told(news, f"/console/c/{there}", undo=undo, moved=True)


@blueprint.get("/c/<int:conversation_id>/menu/talks")
@allow("conversation.resolve")
def talks_menu(conversation_id: int) -> str:
    """Into which of the customer's conversations it can be merged, and at which messages it can be split."""
    viewer = signed_in_viewer()
    with reading() as tx:
        found = conversations.get(tx, conversation_id, viewer)
        rows = conversations.of_customer(tx, found.customer_id, viewer, limit=OFFERED + 1)
        said = timeline.of_conversation(tx, found.id, limit=OFFERED + 1, kinds=("message",))
        first = len(said) <= OFFERED  # then the oldest of these begins the conversation
        now = tx.now()
    return render_template(
        "console/menu_talks.html",
        id=conversation_id,
        others=[row for row in rows if row.id != found.id and row.status not in ("resolved", "spam")],
        lines=said[1 if first else 0 :][::-1],
        look=look_of(viewer),
        now=now,
    )


@blueprint.post("/c/<int:conversation_id>/merge")
@allow("conversation.resolve")
def merge_talks(conversation_id: int) -> ResponseReturnValue:
    """Merges it into `into`, which the screen goes on with."""

    def do(tx: Tx, who: Viewer) -> tuple[int, str, tuple[str, dict[str, str]]]:
        move = talks.merge(tx, conversation_id, _number("into"), who)
        news = _("Merged into #%(number)s", number=move.to_id)
        return move.to_id, news, (f"/console/talks/{move.id}/undo", {"back": str(conversation_id)})

    return _done(do, conversation_id)


@blueprint.post("/c/<int:conversation_id>/split")
@allow("conversation.resolve")
def split_talk(conversation_id: int) -> ResponseReturnValue:
    """A new conversation from the message `entry` on."""

    def do(tx: Tx, who: Viewer) -> tuple[int, str, tuple[str, dict[str, str]]]:
        move = talks.split(tx, _number("entry"), who)
        news = _("Split off: #%(number)s", number=move.to_id)
        return move.from_id, news, (f"/console/talks/{move.id}/undo", {"back": str(conversation_id)})

    return _done(do, conversation_id)


@blueprint.post("/talks/<int:move_id>/undo")
@allow("conversation.resolve")
def undo_talk(move_id: int) -> ResponseReturnValue:
    """Takes a merge or a split back."""

    def do(tx: Tx, who: Viewer) -> tuple[int, str, None]:
        move = talks.undo(tx, move_id, who)
        return move.from_id, _("Taken back: two conversations") if move.kind == "merge" else _("Taken back"), None

    return _done(do, _number("back"))
