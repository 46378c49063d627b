"""Here or away: how a colleague stands, what they have in hand, and what was handed to them with a note."""

from __future__ import annotations

from typing import Any

from flask import Response, flash, redirect, render_template, request
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_wtf.csrf import generate_csrf

from desk import agents, assigning, calendars, conversations, timeline
from desk.agents import Viewer
from desk.conversations import Row
from desk.store import Tx
from desk.web.base import allow, signed_in_viewer, state_word, the_desk
from desk.web.console.look import Look
from desk.web.console.reading import look_of
from desk.web.console.routes import as_json, blueprint, reading, wants_fragment


def _values(tx: Tx, viewer: Viewer, look: Look) -> dict[str, Any]:
    now, able = tx.now(), assigning.able(tx, [viewer.id])[viewer.id]
    standing = assigning.standing_of(tx, viewer.id, now)
    opening = calendars.opening(assigning.hours_of(tx, able), now)
    hours = ""
    if able.calendar_id is not None and opening.open:
        hours = _("in working hours")
        if opening.until is not None:
            hours = _("in working hours until %(time)s", time=look.short(opening.until, now))
    elif able.calendar_id is not None:
        hours = _("out of working hours")
        if opening.opens is not None:
            hours = _("out of working hours until %(time)s", time=look.until(opening.opens, now))
    return {
        "standing": standing,
        "word": state_word(standing.state),
        "since": look.short(standing.since, now) if standing.since is not None else "",
        "hours": hours,
        "taken": assigning.load(tx, conversations.loads(tx, [viewer.id])[viewer.id]),
        "capacity": able.capacity,
    }


@blueprint.get("/self")
@allow("agent")
def oneself() -> Response:
    """Who is signed in in this browser now, and their token: a page that was opened before may be somebody else's."""
    return as_json(me=str(signed_in_viewer().id), token=generate_csrf())


@blueprint.get("/presence")
@allow("agent")
def presence() -> str:
    """What the menu of the rail says of whoever looks, and the dot at its button."""
    viewer = signed_in_viewer()
    with reading() as tx:
        values = _values(tx, viewer, look_of(viewer))
    return render_template("console/presence.html", **values)


@blueprint.post("/presence")
@allow("agent")
def choose_presence() -> ResponseReturnValue:
    """`state`: here or away."""
    viewer = signed_in_viewer()
    state = request.form.get("state", "")
    if state not in ("here", "away"):
        return Response(_("Somebody is here or away."), status=422, mimetype="text/plain")
    with the_desk().store.transaction() as tx:
        assigning.choose_state(tx, viewer.id, state == "away")
    if not wants_fragment():
        flash(_("You are away: nothing is given to you by itself.") if state == "away" else _("You are here."))
        return redirect("/console/", 303)
    return presence()


def pinned(tx: Tx, found: Row, viewer: Viewer) -> dict[str, Any] | None:
    """The note that a conversation was handed over with, until it is answered; None where its words are erased."""
    if found.pinned_entry_id is None:
        return None
    entry = timeline.one(tx, found.pinned_entry_id)
    if entry is None or entry.erased or not entry.text:
        return None
    look, name = look_of(viewer), agents.names(tx).get(entry.staff_id or 0, "")
    return {"id": entry.id, "text": entry.text, "who": name, "at": look.short(entry.occurred_at, tx.now())}


@blueprint.get("/c/<int:conversation_id>/pinned")
@allow("agent")
def pinned_note(conversation_id: int) -> str:
    viewer = signed_in_viewer()
    with reading() as tx:
        note = pinned(tx, conversations.seen(tx, conversation_id, viewer), viewer)
    return render_template("console/pinned.html", pinned=note)
