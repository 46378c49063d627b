"""A conversation given by hand to a colleague, a team or back to the queue, with a note for who gets it; or kept."""

from __future__ import annotations

from flask import abort, request
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from desk import agents, assigning, bot, conversations, outbound
from desk.agents import Viewer
from desk.conversations import NotVisible
from desk.store import Tx
from desk.web.base import allow, signed_in_viewer, the_desk
from desk.web.console.actions import _act, _refused, _url
from desk.web.console.routes import blueprint

LONGEST = 4000


def _number(text: str) -> int | None:
    return int(text) if text.isascii() and text.isdigit() and len(text) <= 18 else None


@blueprint.post("/c/<int:conversation_id>/assign")
@allow("conversation.assign")
def assign(conversation_id: int) -> ResponseReturnValue:
    """To `staff_id`: a colleague's number, "me", or nothing for back to the queue; or to `team_id`. A `note` goes with
    it, for colleagues only."""
    viewer = signed_in_viewer()
    note = request.form.get("note", "").strip()
    if len(note) > LONGEST:
        return _refused(conversation_id, _("A note that goes with it has %(n)s characters at most.", n=LONGEST))
    if "team_id" in request.form:
        return _to_team(conversation_id, viewer, note)
    wanted = request.form.get("staff_id", "").strip()
    number = _number(wanted)
    if wanted not in ("", "me") and number is None:
        return _refused(conversation_id, _("Nobody with that number works here now."))
    to = viewer.id if wanted == "me" else number
    with the_desk().store.reading() as tx:
        try:
            before = conversations.get(tx, conversation_id, viewer).assignee_id
        except NotVisible:
            abort(404)
        colleague = agents.viewer(tx, to) if to is not None else None
        if to is not None and colleague is None:
            return _refused(conversation_id, _("Nobody with that number works here now."))
    news = _("Back in the queue") if colleague is None else _("Assigned to %(name)s", name=colleague.name)
    if to == viewer.id:
        news = _("Yours now")

    def given(tx: Tx, who: Viewer) -> None:
        _with_note(tx, conversation_id, who, note)
        conversations.assign(tx, conversation_id, who, to)

    undo = (_url("assign", conversation_id), {"staff_id": str(before or "")})
    return _act(conversation_id, given, news, undo)


def _with_note(tx: Tx, conversation_id: int, viewer: Viewer, note: str) -> None:
    """Before it is given away: who gives it may not see it after."""
    if note:
        conversations.pin(tx, conversation_id, outbound.note(tx, conversation_id, viewer, note).id)


def _to_team(conversation_id: int, viewer: Viewer, note: str) -> ResponseReturnValue:
    with the_desk().store.reading() as tx:
        team = next((t for t in agents.teams(tx) if t.id == _number(request.form.get("team_id", ""))), None)
    if team is None:
        return _refused(conversation_id, _("This team is not there any more."))

    def given(tx: Tx, who: Viewer) -> None:
        _with_note(tx, conversation_id, who, note)
        conversations.give_to_team(tx, conversation_id, who, team.id)

    return _act(conversation_id, given, _("Given to %(team)s", team=team.name))


@blueprint.post("/c/<int:conversation_id>/bot")
@allow("conversation.assign")
def to_bot(conversation_id: int) -> ResponseReturnValue:
    """The bot has the word again."""
    undo = (_url("assign", conversation_id), {"staff_id": "me"})
    return _act(
        conversation_id, lambda tx, who: bot.release(tx, conversation_id, who), _("The bot answers again"), undo
    )


@blueprint.post("/c/<int:conversation_id>/keep")
@allow("conversation.assign")
def keep(conversation_id: int) -> ResponseReturnValue:
    """`on`: whether one's own conversation stays one's own while one is away."""
    on = request.form.get("on") == "1"
    news = _("It stays with you while you are away.") if on else _("It can go back to the queue while you are away.")
    return _act(conversation_id, lambda tx, who: assigning.keep(tx, conversation_id, who, on), news)
