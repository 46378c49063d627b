"""Menus and search that load when they are opened: who can take it, when to wake it, its labels, what fits a word."""

from __future__ import annotations

from flask import Response, render_template, request
from flask_babel import gettext as _

from desk import agents, conversations, people
from desk.agents import Viewer
from desk.store import Tx
from desk.web.base import allow, signed_in_viewer
from desk.web.console.reading import look_of
from desk.web.console.routes import as_json, blueprint, reading
from desk.web.console.times import presets

COLLEAGUES = 200
FOUND = 8


@blueprint.get("/c/<int:conversation_id>/menu/assign")
@allow("conversation.assign")
def assign_menu(conversation_id: int) -> str:
    viewer = signed_in_viewer()
    with reading() as tx:
        found = conversations.get(tx, conversation_id, viewer)
        staff = [s for s in agents.page(tx, limit=COLLEAGUES).rows if s.active and s.id != viewer.id]
        if found.team_id is not None:
            members = next((set(t.staff_ids) for t in agents.teams(tx) if t.id == found.team_id), set())
            staff.sort(key=lambda s: (s.id not in members, s.name.casefold()))
        else:
            members = set()
        people_ = [(s.id, s.name, s.id in members) for s in staff]
    return render_template(
        "console/menu_assign.html", id=conversation_id, people=people_, assignee=found.assignee_id, me=viewer
    )


@blueprint.get("/c/<int:conversation_id>/menu/snooze")
@allow("conversation.resolve")
def snooze_menu(conversation_id: int) -> str:
    viewer = signed_in_viewer()
    with reading() as tx:
        found = conversations.get(tx, conversation_id, viewer)
        now = tx.now()
    reader = look_of(viewer)
    names = {
        "later": _("Later today"),
        "tomorrow": _("Tomorrow"),
        "monday": _("Next Monday"),
        "week": _("In a week"),
    }
    offered = [(names[p.key], p.until.isoformat(), reader.until(p.until, now)) for p in presets(now, reader.zone_name)]
    return render_template(
        "console/menu_snooze.html",
        id=conversation_id,
        offered=offered,
        least=reader.here(now).strftime("%Y-%m-%dT%H:%M"),
        zone=reader.zone_name,
        snoozed=found.status == "snoozed",
    )


@blueprint.get("/c/<int:conversation_id>/menu/label")
@allow("conversation.label")
def label_menu(conversation_id: int) -> str:
    with reading() as tx:
        conversations.get(tx, conversation_id, signed_in_viewer())
        on = conversations.labels(tx, [conversation_id]).get(conversation_id, [])
    return render_template("console/menu_label.html", id=conversation_id, on=on)


@blueprint.get("/find")
@allow("agent")
def find() -> Response:
    """What the palette shows: customers whose name or address begins with the word, and a conversation by number."""
    viewer = signed_in_viewer()
    text = request.args.get("q", "").strip()[:120]
    with reading() as tx:
        found = _conversation(tx, viewer, text) + _customers(tx, viewer, text)
    return as_json(results=found[:FOUND])


def _conversation(tx: Tx, viewer: Viewer, text: str) -> list[dict[str, str]]:
    number = text.removeprefix("#")
    if not (number.isascii() and number.isdigit() and len(number) < 19):
        return []
    try:
        found = conversations.get(tx, int(number), viewer)
    except conversations.NotVisible:
        return []
    return [
        {
            "group": _("Conversations"),
            "icon": "inbox",
            "text": f"#{found.id} {found.subject}".strip(),
            "more": found.customer_name,
            "url": f"/console/c/{found.id}",
        }
    ]


def _customers(tx: Tx, viewer: Viewer, text: str) -> list[dict[str, str]]:
    if len(text) < 2:
        return []
    out = []
    for person, identity in people.search(tx, text, FOUND):
        theirs = conversations.of_customer(tx, person.id, viewer, limit=1)
        if theirs:
            out.append(
                {
                    "group": _("Customers"),
                    "icon": theirs[0].channel,
                    "text": person.name or theirs[0].reply_address,
                    "more": identity.value if identity is not None else theirs[0].reply_address,
                    "url": f"/console/c/{theirs[0].id}",
                }
            )
    return out
