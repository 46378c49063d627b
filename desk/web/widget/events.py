"""What a site's page says of its visitor: events for the timeline, and whether the desk believes who is signed in."""

from __future__ import annotations

import json
from typing import Any

from flask import jsonify, request
from flask.typing import ResponseReturnValue
from flask_limiter.util import get_remote_address

from desk import people, settings, timeline, visitors
from desk.channels.chat import origin_allowed
from desk.keys import BadSignature
from desk.messages import Address, Sender
from desk.store import Tx
from desk.web.base import allow, limiter, the_desk
from desk.web.widget.routes import blueprint, chat_inbox, refuse

MOST = 10  # events of one call
BIGGEST = 64 * 1024


def _said() -> dict[str, Any]:
    """The body, whatever a page calls its type: a plain one needs no question before it. Empty where it is none."""
    if (request.content_length or 0) > BIGGEST:
        return {}
    try:
        said = json.loads(request.get_data(cache=True))
    except (ValueError, RecursionError):
        return {}
    return said if isinstance(said, dict) else {}


def _visitor() -> str:
    """Whom a call is counted for too: the tokens that it came with, or the address where it has none."""
    said = _said()
    return f"{said.get('visitor')}|{said.get('user')}"[-300:] if said else get_remote_address()


@blueprint.post("/widget/<key>/events")
@limiter.limit("120 per minute; 2000 per hour")
@limiter.limit("30 per minute; 300 per hour", key_func=_visitor)
@allow("public")
def events(key: str) -> ResponseReturnValue:
    """Takes events of a page. Who has neither written nor signed in is nobody yet: nothing of them is kept."""
    store = the_desk().store
    said = _said()
    sent = said.get("events")
    if not isinstance(sent, list) or len(sent) > MOST or not all(isinstance(one, dict) for one in sent):
        refuse(422, "shape")
    with store.reading() as tx:
        inbox = chat_inbox(tx, key)
        if not inbox.active:
            refuse(404, "inbox")
        if not origin_allowed(inbox.config, request.headers.get("Origin"), tx.public_url):
            refuse(403, "origin")
        user = _user(tx, inbox, said.get("user"))
        visitor_id = _read_visitor(tx, inbox, said.get("visitor"))
    try:
        read = [timeline.read_event(one.get("event"), one.get("properties")) for one in sent]
    except timeline.BadEvent as wrong:
        refuse(422, wrong.code, about=wrong.about, limit=timeline.MOST_PROPERTIES)
    kept = bool(read) and _keep(inbox, visitor_id, user, read)
    return jsonify(ok=True, kept=kept, user=user is not None)


def _user(tx: Tx, inbox: settings.Inbox, token: Any) -> visitors.User | None:
    if token is None or token == "":
        return None
    try:
        return visitors.read_user(visitors.user_secrets(settings.opened(tx, inbox)), token, tx.now())
    except (visitors.BadToken, BadSignature):
        refuse(403, "user")


def _read_visitor(tx: Tx, inbox: settings.Inbox, token: Any) -> str:
    if token is None or token == "":
        return ""
    try:
        return visitors.read_visitor(tx.keys, inbox.id, token, tx.now()).visitor_id
    except visitors.BadToken:
        refuse(403, "visitor")


def _keep(inbox: settings.Inbox, visitor_id: str, user: visitors.User | None, read: list[timeline.Happened]) -> bool:
    """Puts them on the timeline of whoever this is. A signed-in user is proved by the site's token; a browser that has
    written is known, and no more than that: what its page says stands there as a claim."""
    ref = f"{user.sub}@{inbox.address}"[:320] if user is not None else ""

    def keep(tx: Tx) -> bool:
        row = visitors.known(tx, visitor_id) if visitor_id else None
        if user is not None:
            sender = Sender(
                Address("user", ref, user.name), "verified", "the site's signed token says who is signed in"
            )
            identity = people.resolve(tx, sender, at=tx.now())
        elif row is not None and row.identity_id is not None and not row.user_ref:
            identity = people.identity(tx, row.identity_id)
        else:
            return False
        for event in read:
            timeline.happened(
                tx,
                event,
                customer_id=identity.customer_id,
                identity_id=identity.id,
                at=tx.now(),
                proved=user is not None,
                said_by="page",
                channel="chat",
                inbox_id=inbox.id,
            )
        return True

    return the_desk().store.attempt(keep)
