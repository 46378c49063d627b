"""Why the customer came, beside the conversation: its reason, how that is known, and another one for it."""

from __future__ import annotations

from dataclasses import dataclass

from flask import Response, abort, flash, redirect, render_template, request
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_babel import ngettext

from desk import conversations, reasons
from desk.agents import Viewer
from desk.conversations import Conversation, NotVisible
from desk.reasons import BadReason, Given, Known
from desk.store import Tx
from desk.web.base import allow, signed_in_viewer, the_desk
from desk.web.console.acting import toast, told
from desk.web.console.routes import blueprint, reading, wants_fragment

NONE, DESK = "none", "desk"  # there is no reason; its question says


@dataclass(frozen=True, slots=True)
class Why:
    """What the panel shows; without reasons in this desk nothing at all."""

    given: Given
    because: str
    known: list[Known]


def shown(tx: Tx, viewer: Viewer, found: Conversation) -> Why:
    known = reasons.known(tx)
    given = reasons.given(tx, found.episode_id) if known else reasons.Given(None, "", "")
    return Why(given, _because(given, viewer), known)


def _because(given: Given, viewer: Viewer) -> str:
    if given.how == "person":
        return _("by you") if given.by == viewer.name else _("by %(name)s", name=given.by)
    if given.how == "group" and given.alike > 0:
        return ngettext("by its question, like %(num)s other", "by its question, like %(num)s others", given.alike)
    return _("by its question") if given.how == "group" else ""


@blueprint.post("/c/<int:conversation_id>/reason")
@allow("conversation.label")
def reason(conversation_id: int) -> ResponseReturnValue:
    """Chooses the reason `reason`: its number, `none`, or `desk` for what its question says."""
    viewer, text = signed_in_viewer(), request.form.get("reason", "")
    back = f"/console/c/{conversation_id}"
    number = int(text) if text.isascii() and text.isdigit() and len(text) < 19 else 0
    try:
        with the_desk().store.transaction() as tx:
            if text == DESK:
                reasons.leave_to_desk(tx, conversation_id, viewer)
            else:
                reasons.choose(tx, conversation_id, viewer, None if text == NONE else number)
    except (NotVisible, LookupError):
        abort(404)
    except BadReason:
        return told(_("That reason is offered no more."), back, refused=True)
    news = _("The contact reason is kept.")
    if not wants_fragment():
        flash(news)
        return redirect(back, 303)
    with reading() as tx:
        why = shown(tx, viewer, conversations.get(tx, conversation_id, viewer))
    page = render_template("console/why.html", id=conversation_id, why=why)
    return Response(page, headers={"X-Toast": toast(news)})
