"""Spam and whoever sends it: marking, blocking, and both ways back."""

from __future__ import annotations

from flask import render_template, request
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from desk import blocking, conversations
from desk.agents import Viewer
from desk.blocking import BadBlock
from desk.conversations import NotPossible
from desk.store import Tx
from desk.web.base import allow, signed_in_viewer
from desk.web.console.actions import _act, _url
from desk.web.console.routes import blueprint, reading


@blueprint.get("/c/<int:conversation_id>/menu/spam")
@allow("conversation.resolve")
def spam_menu(conversation_id: int) -> str:
    """What can be done about this sender, and who that is."""
    with reading() as tx:
        found = conversations.get(tx, conversation_id, signed_in_viewer())
        sender, block = blocking.sender_of(tx, found), blocking.block_of(tx, found)
    shown = "" if sender is None else sender.value if sender.kind in ("email", "phone") else _("this visitor")
    return render_template(
        "console/menu_spam.html",
        id=conversation_id,
        spam=found.status == "spam",
        sender=shown,
        block=block,
        whole=block is not None and sender is not None and block.value_folded != sender.value_folded,
    )


@blueprint.post("/c/<int:conversation_id>/spam")
@allow("conversation.resolve")
def spam(conversation_id: int) -> ResponseReturnValue:
    """Marks it, or with `on=0` says that it is none."""
    on = request.form.get("on", "1") == "1"
    change = conversations.mark_spam if on else conversations.not_spam
    return _act(
        conversation_id,
        lambda tx, who: change(tx, conversation_id, who),
        _("Marked as spam") if on else _("No spam: it is back"),
        (_url("spam", conversation_id), {"on": "0" if on else "1"}),
    )


@blueprint.post("/c/<int:conversation_id>/block")
@allow("conversation.resolve")
def block(conversation_id: int) -> ResponseReturnValue:
    """Blocks whoever wrote last, or with `on=0` lets them write again; `spam=1` does the same with the mark."""
    on, spam_too = request.form.get("on", "1") == "1", request.form.get("spam") == "1"
    change = blocking.block_sender if on else blocking.unblock_sender

    def do(tx: Tx, who: Viewer) -> None:
        try:
            change(tx, conversation_id, who, spam=spam_too)
        except BadBlock as error:
            raise NotPossible(str(error)) from error

    return _act(
        conversation_id,
        do,
        _("Blocked: what comes from there is kept aside") if on else _("No longer blocked"),
        (_url("block", conversation_id), {"on": "0" if on else "1", "spam": "1" if spam_too else "0"}),
    )
