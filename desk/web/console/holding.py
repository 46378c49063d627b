"""A conversation on hold: the page that asks why, and the posts that put it there and lift it."""

from __future__ import annotations

from flask import abort, flash, redirect, render_template, request
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from desk import agents, conversations, privacy
from desk.conversations import NotVisible
from desk.web.base import allow, limiter, signed_in_viewer, the_desk
from desk.web.console.routes import blueprint, reading


@blueprint.get("/c/<int:conversation_id>/hold")
@allow("conversation.hold")
def hold_form(conversation_id: int) -> ResponseReturnValue:
    return _form(conversation_id, "", "")


def _form(conversation_id: int, reason: str, wrong: str) -> ResponseReturnValue:
    with reading() as tx:
        found = conversations.seen(tx, conversation_id, signed_in_viewer())
        held = privacy.held_by(tx, conversation_id)
        by = agents.names(tx).get(held.staff_id, "") if held is not None else ""
    own = held is not None and held.conversation_id == conversation_id
    page = render_template("console/hold.html", row=found, held=held, own=own, by=by, reason=reason, wrong=wrong)
    return (page, 422) if wrong else page


@blueprint.post("/c/<int:conversation_id>/hold")
@allow("conversation.hold")
@limiter.limit("60/hour")
def hold(conversation_id: int) -> ResponseReturnValue:
    """Puts it on hold, or with `on=0` lifts that."""
    on, reason = request.form.get("on", "1") == "1", request.form.get("reason", "")
    try:
        with the_desk().store.transaction() as tx:
            if on:
                privacy.hold(tx, conversation_id, signed_in_viewer(), reason)
            else:
                privacy.lift(tx, conversation_id, signed_in_viewer())
    except NotVisible:
        abort(404)
    except privacy.NotHeld as error:
        return _form(conversation_id, reason, _(str(error)))
    flash(_("On hold: nothing of it goes.") if on else _("No longer on hold."))
    return redirect(f"/console/c/{conversation_id}?view=all", 303)
