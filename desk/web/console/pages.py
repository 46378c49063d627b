"""The pages of the console and their fragments: queue, conversation, timeline, customer. They only read."""

from __future__ import annotations

from typing import Any

from flask import Response, abort, current_app, redirect, render_template, request, url_for
from flask_babel import gettext as _

from desk import automation, conversations, people, views
from desk.agents import Viewer
from desk.conversations import VIEWS, Row
from desk.store import Tx
from desk.web.base import allow, signed_in_viewer
from desk.web.console import (
    actions,
    attaching,
    beside,
    canned,
    customer,
    delivering,
    enclosed,
    files,
    forwarding,
    giving,
    held,
    holding,
    housing,
    junk,
    later,
    linking,
    menus,
    offers,
    presence,
    previewing,
    queues,
    redacting,
    returned,
    several,
    starting,
    statuses,
    stream,
    suggested,
    suppressing,
    talks,
    viewing,
)
from desk.web.console.fragments import EXTENSION
from desk.web.console.frame import FRAMES
from desk.web.console.reach import at_first, reach
from desk.web.console.reading import head, look_of
from desk.web.console.routes import as_json, blueprint, reading, wants_fragment
from desk.web.console.rows import written

__all__ = [
    "actions",
    "attaching",
    "blueprint",
    "canned",
    "customer",
    "delivering",
    "enclosed",
    "files",
    "forwarding",
    "giving",
    "held",
    "holding",
    "housing",
    "junk",
    "later",
    "linking",
    "menus",
    "offers",
    "presence",
    "previewing",
    "queues",
    "redacting",
    "several",
    "starting",
    "statuses",
    "stream",
    "suggested",
    "suppressing",
    "talks",
    "viewing",
]

_VIEW = f"<any({','.join(VIEWS)}):view>"


def queue_values(tx: Tx, viewer: Viewer, view: str, *, current: int | None = None) -> dict[str, Any]:
    """What templates/console/queue.html reads: one page of rows and the counts."""
    shown = queues.read(tx, viewer, view)
    reader = look_of(viewer)
    return {
        "view": view,
        "shown": shown,
        "look_bound": f"{conversations.LOOK:,}",
        "next": shown.next,
        "counts": conversations.counts(tx, viewer),
        "cap": conversations.CAP,
        "rows": written(shown.rows, view, reader, tx.now(), current, shown.sort),
        "reread": queues.REREAD if shown.saved is not None and "segment:" in shown.saved.filters else 0,
        **reader.speech,
    }


def conversation_values(tx: Tx, viewer: Viewer, found: Row) -> dict[str, Any]:
    """What templates/console/conversation.html reads: the head and the newest lines."""
    return {
        "head": head(tx, found, viewer),
        "ways": at_first(found, look_of(viewer)),
        # A script asks for them with the ways; a form without one is shown them where it came back.
        **(attaching.shown(tx, viewer, found.id) if returned.draft() is not None else {}),
        "me": viewer,
        "draft": returned.draft() or "",
        "variables": "|".join(automation.VARIABLES).replace(".", r"\."),
        "pinned": presence.pinned(tx, found, viewer),
        **stream.values(tx, viewer, found),
    }


@blueprint.get("/", defaults={"view": "mine"})
@blueprint.get(f"/{_VIEW}")
@allow("agent")
def queue(view: str) -> str:
    viewer = signed_in_viewer()
    with reading() as tx:
        values = queue_values(tx, viewer, view)
    if wants_fragment():
        return render_template("console/queue.html", **values)
    panes = render_template("console/panes.html", head=None, **values)
    return FRAMES.around(viewer, panes, _("Inbox"), opened=False)


@blueprint.get(f"/{_VIEW}/rows")
@allow("agent")
def rows(view: str) -> str:
    """The rows behind a place in the queue, for scrolling on."""
    viewer = signed_in_viewer()
    with reading() as tx:
        page = queues.read(tx, viewer, view, after=request.args.get("after"))
        html = written(page.rows, view, look_of(viewer), tx.now(), order=page.sort)
    values = {"view": view, "shown": page, "next": page.next, "rows": html}
    values["look_bound"] = f"{conversations.LOOK:,}"
    return render_template("console/more_rows.html", **values, **look_of(viewer).speech)


@blueprint.get("/<any(team,view):kind>-<int:number>")
@allow("agent")
def other_queue(kind: str, number: int) -> str:
    """A team's queue, or a saved view's."""
    return queue(f"{kind}-{number}")


@blueprint.get("/<any(team,view):kind>-<int:number>/rows")
@allow("agent")
def other_rows(kind: str, number: int) -> str:
    return rows(f"{kind}-{number}")


@blueprint.get("/counts")
@allow("agent")
def counts() -> Response:
    """The counts of the desk's queues and one's teams', and of the saved views that are asked for (`saved`)."""
    viewer = signed_in_viewer()
    wanted = [number for number in map(linking.number_of, request.args.get("saved", "").split(",")) if number]
    with reading() as tx:
        found: dict[str, int | str] = {**conversations.counts(tx, viewer)}
        if wanted:
            for view in views.every(tx, viewer):
                if view.id in wanted:
                    found[f"view-{view.id}"] = viewing.counted(tx, view, viewer)
    return as_json(counts=found, cap=conversations.CAP)


@blueprint.get("/c/<int:conversation_id>")
@allow("agent")
def conversation(conversation_id: int) -> Any:
    viewer = signed_in_viewer()
    with reading() as tx:
        found = conversations.seen(tx, conversation_id, viewer)
        if found.merged_into is not None:
            there = conversations.current(tx, conversation_id)
            # `came`: the screen says so, and takes along what was being written there.
            view = request.args.get("view")
            return redirect(url_for(".conversation", conversation_id=there.id, view=view, came=conversation_id))
        values = conversation_values(tx, viewer, found)
        if wants_fragment():
            return render_template("console/conversation.html", **values)
        values |= queue_values(tx, viewer, queues.asked(), current=conversation_id)
    title = f"#{found.id} {found.customer_name or found.reply_address}"
    return FRAMES.around(viewer, render_template("console/panes.html", **values), title, opened=True)


@blueprint.get("/c/<int:conversation_id>/head")
@allow("agent")
def conversation_head(conversation_id: int) -> str:
    viewer = signed_in_viewer()
    with reading() as tx:
        found = conversations.seen(tx, conversation_id, viewer)
        shown = head(tx, found, viewer)
        now = tx.now()
    reader = look_of(viewer)
    return render_template("console/head.html", head=shown, me=viewer, now=now, **reader.speech)


@blueprint.get("/c/<int:conversation_id>/ways")
@allow("agent")
def conversation_ways(conversation_id: int) -> str:
    """By which channels it can be answered now: the customer may have written by another one, or gone away."""
    viewer = signed_in_viewer()
    with reading() as tx:
        found = conversations.get(tx, conversation_id, viewer)
        reader = look_of(viewer)
        values = {
            "ways": reach(tx, found, reader),
            "others": beside.others(conversations.participants(tx, found.id), reader),
            **attaching.shown(tx, viewer, found.id),
        }
    parts = ("ways", "reach", "copies", "attached")
    return "".join(render_template(f"console/{name}.html", **values) for name in parts)


@blueprint.get("/row/<int:conversation_id>")
@allow("agent")
def row(conversation_id: int) -> Response:
    """One row as a live screen takes it, for a screen that was away."""
    viewer = signed_in_viewer()
    with reading() as tx:
        found = conversations.seen(tx, conversation_id, viewer)
    return as_json(**current_app.extensions[EXTENSION].row(found, viewer.locale, viewer.zone))


@blueprint.get("/u/<int:customer_id>")
@allow("agent")
def customer_page(customer_id: int) -> Any:
    """A customer found by search: to the newest of their conversations that this colleague may see."""
    viewer = signed_in_viewer()
    with reading() as tx:
        found = conversations.of_customer(tx, people.current_id(tx, customer_id), viewer, limit=1)
    if not found:
        abort(404)
    return redirect(url_for("console.conversation", conversation_id=found[0].id, view=queues.asked("all")))
