"""Moving the open conversation to another inbox, and back."""

from __future__ import annotations

from flask import abort, render_template, request
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from desk import conversations, outbound, settings
from desk.conversations import NotPossible, NotVisible
from desk.web.base import allow, signed_in_viewer, the_desk
from desk.web.console.acting import told
from desk.web.console.actions import _act, _url
from desk.web.console.linking import number_of
from desk.web.console.reading import look_of
from desk.web.console.routes import blueprint, reading


@blueprint.get("/c/<int:conversation_id>/menu/inbox")
@allow("conversation.resolve")
def inbox_menu(conversation_id: int) -> str:
    """In which inbox it is, and to which ones it can be moved."""
    viewer = signed_in_viewer()
    with reading() as tx:
        found = conversations.get(tx, conversation_id, viewer)
        now, homes = settings.inbox(tx, found.inbox_id), outbound.homes(tx, found)
    return render_template(
        "console/menu_inbox.html", id=conversation_id, now=now, homes=homes, **look_of(viewer).speech
    )


@blueprint.post("/c/<int:conversation_id>/inbox")
@allow("conversation.resolve")
def move_inbox(conversation_id: int) -> ResponseReturnValue:
    """Moves it to the inbox `inbox_id`: answers go out from there, and its team has it from now on."""
    to = number_of(request.form.get("inbox_id", ""))
    with the_desk().store.reading() as tx:
        name = next((inbox.name for inbox in settings.inboxes(tx) if inbox.id == to), "")
    return _act(
        conversation_id,
        lambda tx, who: outbound.move_to(tx, conversation_id, who, to),
        _("Moved to %(inbox)s", inbox=name),
        (_url("move_inbox_back", conversation_id), {}),
        from_afar=True,
    )


@blueprint.post("/c/<int:conversation_id>/inbox/back")
@allow("conversation.resolve")
def move_inbox_back(conversation_id: int) -> ResponseReturnValue:
    """Takes back a move of one's own of a moment ago, though another team may have the conversation now."""
    viewer, back = signed_in_viewer(), f"/console/c/{conversation_id}"
    try:
        with the_desk().store.transaction() as tx:
            conversations.move_back(tx, conversation_id, viewer)
    except NotVisible:
        abort(404)
    except NotPossible as error:
        return told(_(str(error)), back, refused=True)
    return told(_("Moved back"), back, moved=True)
