"""The status of the open conversation: one of the five, or one of the desk's own names for it."""

from __future__ import annotations

from flask import abort, render_template, request
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from desk import conversations
from desk.agents import Viewer
from desk.store import Tx
from desk.web.base import allow, signed_in_viewer, the_desk
from desk.web.console import ending
from desk.web.console.actions import _act, _url
from desk.web.console.linking import number_of
from desk.web.console.reading import look_of
from desk.web.console.routes import blueprint, reading

ICONS = {"open": "inbox", "pending": "pause", "snoozed": "moon", "resolved": "check", "spam": "x"}


@blueprint.get("/c/<int:conversation_id>/menu/status")
@allow("conversation.resolve")
def status_menu(conversation_id: int) -> str:
    """The five, each with the names in use; the one that it has is marked, also where its name was retired."""
    viewer = signed_in_viewer()
    with reading() as tx:
        found = conversations.seen(tx, conversation_id, viewer)
        names = conversations.status_names(tx)
    groups = [(status, [one for one in names if one.status == status]) for status in conversations.STATUSES]
    return render_template("console/menu_status.html", row=found, groups=groups, icons=ICONS, **look_of(viewer).speech)


@blueprint.post("/c/<int:conversation_id>/status")
@allow("conversation.resolve")
def set_status(conversation_id: int) -> ResponseReturnValue:
    """Sets `status`, under the name with the number `name`; nothing there: under none."""
    viewer = signed_in_viewer()
    status, number = request.form.get("status", ""), request.form.get("name", "")
    name_id = number_of(number) if number else None
    question = ending.asked(conversation_id, status)
    if question is not None:
        return question
    with the_desk().store.reading() as tx:
        try:
            row = conversations.get(tx, conversation_id, viewer)
        except conversations.NotVisible:
            abort(404)
        before, was = row.status, row.status_name_id
        known = {one.id: one.name for one in conversations.status_names(tx)}
    called = known.get(name_id or 0) or look_of(viewer).words.get(status, status)
    undo = None
    if before == status or before in (
        "open",
        "pending",
    ):  # others began or ended something that this does not bring back
        back = {"status": before, "name": str(was or "") if was in known else "", "tasks": "keep"}
        undo = (_url("set_status", conversation_id), back)

    def do(tx: Tx, who: Viewer) -> None:
        ending.finish(tx, conversation_id, who)
        conversations.choose_status(tx, conversation_id, who, status, name_id)

    return _act(
        conversation_id,
        do,
        _("Status: %(name)s", name=called),
        undo,
    )
