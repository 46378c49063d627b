"""What agents do about an answer on its way: take it back while it waits, send it again where it failed."""

from __future__ import annotations

from dataclasses import asdict

from flask import Response, abort, flash, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from desk import bot, conversations, outbound, timeline
from desk.store import Tx
from desk.web.base import allow, signed_in_viewer, the_desk
from desk.web.console.acting import toast, told
from desk.web.console.returned import with_draft
from desk.web.console.routes import as_json, blueprint, wants_fragment


def undo_toast(entry_id: int) -> str:
    """The news that an answer waits, with the way to take it back."""
    return toast(_("Your answer goes out in a moment."), (url_for("console.take_answer_back", entry_id=entry_id), {}))


@blueprint.post("/e/<int:entry_id>/undo")
@allow("conversation.reply")
def take_answer_back(entry_id: int) -> ResponseReturnValue:
    """Takes an answer back that has not begun to be sent, and gives what was in it as JSON, for the composer; without a
    script, the page comes with the words in its field."""
    viewer = signed_in_viewer()
    try:
        with the_desk().store.transaction() as tx:
            back = outbound.take_back(tx, entry_id, viewer)
            bot.suggestion_unused(tx, entry_id)
    except conversations.NotVisible:
        abort(404)
    except outbound.Refused as error:
        with the_desk().store.reading() as tx:
            return told(_(str(error)), _page(tx, entry_id), refused=True)
    if not wants_fragment():
        flash(_("Taken back. Nothing was sent."))
        return with_draft(back.conversation_id, back.text)
    values = asdict(back) | {"conversation_id": str(back.conversation_id)}
    response: Response = as_json(**values, said=_("Taken back. Nothing was sent."))
    response.headers["X-Restored"] = "1"
    return response


@blueprint.post("/e/<int:entry_id>/again")
@allow("conversation.reply")
def send_again(entry_id: int) -> ResponseReturnValue:
    """Sends an answer that failed once more, to `address` where one is named."""
    address = request.form.get("address", "")[:400]
    viewer = signed_in_viewer()
    try:
        with the_desk().store.transaction() as tx:
            outbound.send_again(tx, entry_id, viewer, address)
            back = _page(tx, entry_id)
    except conversations.NotVisible:
        abort(404)
    except outbound.Refused as error:
        with the_desk().store.reading() as tx:
            return told(_(str(error)), _page(tx, entry_id), refused=True)
    return told(_("It is sent again"), back)


def _page(tx: Tx, entry_id: int) -> str:
    entry = timeline.one(tx, entry_id)
    if entry is None or entry.conversation_id is None:
        return ""
    return f"{url_for('console.conversation', conversation_id=entry.conversation_id)}#e{entry_id}"
