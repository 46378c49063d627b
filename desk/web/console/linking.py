"""Linking the open conversation with another one by hand, and taking a link off."""

from __future__ import annotations

from flask import abort, render_template, request
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from desk import conversations, search
from desk.agents import Viewer
from desk.conversations import Conversation, NotPossible, NotVisible, Row
from desk.store import Tx
from desk.web.base import allow, signed_in_viewer, the_desk
from desk.web.console.acting import told
from desk.web.console.reading import look_of
from desk.web.console.routes import blueprint, reading

OFFERED = 8
LONGEST = 120  # letters of what is searched for


def number_of(text: str) -> int:
    """A conversation's number as people type it, "#12" too; 0 for anything else."""
    text = text.strip().removeprefix("#")
    number = int(text) if text.isascii() and text.isdigit() and len(text) <= 19 else 0
    return number if number < 2**63 else 0


def _offered(tx: Tx, viewer: Viewer, found: Conversation, text: str) -> list[Row]:
    """What can be linked: what a number or words find; with nothing typed, the customer's other conversations."""
    if text:
        prepared = search.prepare(tx, viewer, text)
        said = search.best_lines(tx, prepared, search.RANKED)
        rows = [hit.row for hit in search.best_threads(tx, prepared, said.hits, OFFERED + 1).hits]
        named = number_of(text)
        if named and all(row.id != named for row in rows):
            there = conversations.row_of(tx, named)
            if there is not None and conversations.may_see(viewer, there.team_id, there.assignee_id):
                rows.insert(0, there)
    else:
        rows = conversations.of_customer(tx, found.customer_id, viewer, limit=OFFERED * 2)
    linked = {one.id for one in conversations.links(tx, found.id, viewer)} | {found.id}
    return [row for row in rows if row.id not in linked][:OFFERED]


def _shown(template: str, conversation_id: int) -> str:
    viewer = signed_in_viewer()
    text = request.args.get("q", "").strip()[:LONGEST]
    with reading() as tx:
        found = conversations.get(tx, conversation_id, viewer)
        rows = _offered(tx, viewer, found, text)
    return render_template(template, id=conversation_id, rows=rows, typed=text, **look_of(viewer).speech)


@blueprint.get("/c/<int:conversation_id>/menu/link")
@allow("conversation.resolve")
def link_menu(conversation_id: int) -> str:
    return _shown("console/menu_link.html", conversation_id)


@blueprint.get("/c/<int:conversation_id>/linkable")
@allow("conversation.resolve")
def linkable(conversation_id: int) -> str:
    """What fits the words or the number `q`."""
    return _shown("console/linkable.html", conversation_id)


def _change(conversation_id: int, on: bool) -> ResponseReturnValue:
    viewer, other = signed_in_viewer(), number_of(request.form.get("to", ""))
    change = conversations.link if on else conversations.unlink
    try:
        with the_desk().store.transaction() as tx:
            done = change(tx, conversation_id, other, viewer)
    except NotVisible:
        abort(404)
    except NotPossible as error:
        return told(_(str(error)), f"/console/c/{conversation_id}", refused=True)
    news = _("Linked with #%(number)s", number=other) if on else _("No longer linked with #%(number)s", number=other)
    back = (f"/console/c/{conversation_id}/{'unlink' if on else 'link'}", {"to": str(other)})
    return told(news, f"/console/c/{conversation_id}", undo=back if done else None, moved=True)


@blueprint.post("/c/<int:conversation_id>/link")
@allow("conversation.resolve")
def link(conversation_id: int) -> ResponseReturnValue:
    """Links it with the conversation `to`, both ways. Twice is once."""
    return _change(conversation_id, True)


@blueprint.post("/c/<int:conversation_id>/unlink")
@allow("conversation.resolve")
def unlink(conversation_id: int) -> ResponseReturnValue:
    """Takes the link with `to` off on both sides."""
    return _change(conversation_id, False)
