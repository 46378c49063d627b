"""The timeline of a conversation's customer: its newest lines, those around one, some kinds alone, a search within."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from flask import Response, abort, render_template, request
from flask_babel import gettext as _

from desk import conversations, search, timeline
from desk.agents import Viewer
from desk.conversations import Row
from desk.store import Tx
from desk.timeline import EntryView, Sieve
from desk.web.base import allow, signed_in_viewer, the_desk
from desk.web.console.fragments import line_values
from desk.web.console.lines import Line, lines
from desk.web.console.reading import line_context, look_of
from desk.web.console.routes import as_json, blueprint, reading
from desk.web.console.sorts import Asked, chips, sorts_word

PAGE = 50
FOUND = 200  # lines of a search within one timeline
LONGEST = 200  # letters of what is searched for


@dataclass(frozen=True, slots=True)
class Page:
    """Some lines, and where to go on; None at the beginning of the customer's life, and at the newest line."""

    lines: list[Line]
    older: str | None = None
    newer: str | None = None
    newest: int = 0  # the greatest number among them


def place(entry: EntryView) -> str:
    """An entry's place in the timeline, as a page hands it back."""
    return f"{entry.occurred_at.isoformat()}~{entry.id}"


def read_place(text: str) -> tuple[datetime, int] | None:
    """The other way round; None for what no page has written."""
    at, _tilde, entry_id = text.partition("~")
    try:
        when = datetime.fromisoformat(at.replace(" ", "+"))
        number = int(entry_id)
    except ValueError:
        return None
    return (when, number) if when.tzinfo is not None and 0 < number < 2**63 else None


def _is_number(text: str) -> bool:
    return text.isascii() and text.isdigit() and len(text) < 20 and int(text) < 2**63


def asked() -> Asked:
    """The filter that the address names."""
    return Asked.read(request.args.get("show", ""), request.args.get("by", ""))


def _written(tx: Tx, viewer: Viewer, found: Row, entries: list[EntryView]) -> list[Line]:
    context = line_context(tx, look_of(viewer), entries, found.customer_id, found.customer_name, found.id)
    return lines(entries, context)


def newest(tx: Tx, viewer: Viewer, found: Row, sieve: Sieve, before: tuple[datetime, int] | None = None) -> Page:
    """The newest lines, of every conversation that the viewer may see, or those before a place."""
    visible = conversations.visible_entries(viewer)
    reader = viewer.id if before is None else None  # what is new is told apart at the end of the timeline
    entries = timeline.page(
        tx, found.customer_id, before=before, limit=PAGE + 1, visible=visible, sieve=sieve, reader=reader
    )
    more = len(entries) > PAGE
    entries = entries[-PAGE:]
    return Page(_written(tx, viewer, found, entries), place(entries[0]) if more else None)


def following(tx: Tx, viewer: Viewer, found: Row, sieve: Sieve, after: tuple[datetime, int], *, upward: bool) -> Page:
    """What came after a place: the newest of it, or `upward` what is next to it."""
    visible = conversations.visible_entries(viewer)
    entries = timeline.page(
        tx, found.customer_id, after=after, limit=PAGE + 1, visible=visible, sieve=sieve, upward=upward
    )
    more = upward and len(entries) > PAGE
    entries = entries[:PAGE] if upward else entries[-PAGE:]
    return Page(_written(tx, viewer, found, entries), newer=place(entries[-1]) if more else None)


def around(tx: Tx, viewer: Viewer, found: Row, sieve: Sieve, there: tuple[datetime, int]) -> Page:
    """The lines before and after a place."""
    visible = conversations.visible_entries(viewer)
    stretch = timeline.around(tx, found.customer_id, there, limit=PAGE, visible=visible, sieve=sieve)
    entries = stretch.entries
    return Page(
        _written(tx, viewer, found, entries),
        place(entries[0]) if stretch.older else None,
        place(entries[-1]) if stretch.newer else None,
    )


def _line(tx: Tx, viewer: Viewer, found: Row, number: int) -> EntryView | None:
    """A line of this timeline that the viewer may see."""
    entry = timeline.one(tx, number)
    if entry is None or entry.customer_id != found.customer_id or entry.kind == timeline.WITHDRAWN:
        return None
    if entry.conversation_id is not None and conversations.row_of(tx, entry.conversation_id) is not None:
        try:
            conversations.seen(tx, entry.conversation_id, viewer)
        except conversations.NotVisible:
            return None
    return entry


def values(tx: Tx, viewer: Viewer, found: Row, *, strict: bool = False) -> dict[str, Any]:
    """What templates/console/stream.html reads. The address says what of it: a filter, a line, or a time."""
    wanted, reader, now = asked(), look_of(viewer), tx.now()
    number = request.args.get("entry", "")
    there = read_place(f"{request.args.get('at', '')}~1")
    if _is_number(number):
        entry = _line(tx, viewer, found, int(number))
        if entry is None and strict:
            abort(404)
        there = (entry.occurred_at, entry.id) if entry is not None else None
    page = around(tx, viewer, found, wanted.sieve, there) if there else newest(tx, viewer, found, wanted.sieve)
    return {
        "older": page.older,
        "newer": page.newer,
        "newest": max((line.id for line in page.lines), default=0),
        "filter": wanted,
        "filter_word": sorts_word(wanted, reader),
        "conversation_id": found.id,
        **line_values(page.lines, reader, now),
        **_since(tx, viewer, found, page.lines),
    }


def _since(tx: Tx, viewer: Viewer, found: Row, shown: list[Line]) -> dict[str, Any]:
    """The first line that is new to this colleague: recorded after the last that they read, by somebody else."""
    known = timeline.look(tx, viewer.id, found.customer_id)
    if known is None:
        return {"read_to": 0, "new_from": None, "new_text": ""}
    first = next((line.id for line in shown if line.id > known.entry_id and line.by != viewer.id), None)
    when = look_of(viewer).short(known.at, tx.now())
    return {"read_to": known.entry_id, "new_from": first, "new_text": _("New since %(time)s", time=when)}


@blueprint.get("/c/<int:conversation_id>/stream")
@allow("agent")
def whole(conversation_id: int) -> str:
    """The timeline anew: with another filter, or around a line or a time."""
    viewer = signed_in_viewer()
    with reading() as tx:
        found = conversations.seen(tx, conversation_id, viewer)
        shown = values(tx, viewer, found, strict=True)
    return render_template("console/stream.html", name=found.customer_name or found.reply_address, **shown)


@blueprint.get("/c/<int:conversation_id>/timeline")
@allow("agent")
def more(conversation_id: int) -> str:
    """Older lines (`before`), those that were missed (`after`), or those that follow (`after` with `up`): a place is
    "time~id"."""
    viewer = signed_in_viewer()
    before, after = (read_place(request.args.get(name, "")) for name in ("before", "after"))
    if before is None and after is None and (request.args.get("before") or request.args.get("after")):
        abort(400)
    wanted, upward = asked(), "up" in request.args
    with reading() as tx:
        found = conversations.seen(tx, conversation_id, viewer)
        if after is None:
            page = newest(tx, viewer, found, wanted.sieve, before)
        else:
            page = following(tx, viewer, found, wanted.sieve, after, upward=upward)
        since = _since(tx, viewer, found, page.lines) if after is None else {}
        now = tx.now()
    if after is not None and not upward and len(page.lines) >= PAGE:
        return render_template("console/too_many.html")  # more happened than one page holds: the screen begins anew
    return render_template(
        "console/more_lines.html",
        conversation_id=conversation_id,
        older=page.older,
        newer=page.newer,
        filter=wanted,
        **(line_values(page.lines, look_of(viewer), now) | since),
    )


@blueprint.get("/c/<int:conversation_id>/sieve")
@allow("agent")
def sieve(conversation_id: int) -> str:
    """The bar above the timeline: what it can be narrowed to, with how many lines there are of each."""
    viewer = signed_in_viewer()
    wanted = asked()
    with reading() as tx:
        found = conversations.seen(tx, conversation_id, viewer)
        counted = timeline.counted(tx, found.customer_id, conversations.visible_entries(viewer))
    shown = chips(wanted, counted, look_of(viewer), f"/console/c/{conversation_id}", request.args.get("view", ""))
    return render_template("console/sieve.html", conversation_id=conversation_id, filter=wanted, **shown)


@blueprint.get("/c/<int:conversation_id>/within")
@allow("agent")
def within(conversation_id: int) -> Response:
    """Where on this timeline something was said: numbers of lines, newest first, the words to mark in them, and whether
    the index lags behind the timeline, so that asking again soon may find more."""
    viewer = signed_in_viewer()
    with reading() as tx:
        found = conversations.seen(tx, conversation_id, viewer)
        prepared = search.prepare(tx, viewer, request.args.get("q", "")[:LONGEST], found.customer_id)
        behind = search.behind(tx, found.customer_id)  # before the look: what is indexed in between is seen by it
        page = search.lines(tx, prepared, limit=FOUND)
    words = [word for term in prepared.asked.wanted for atom in term.atoms for word in atom.words]
    return as_json(
        lines=[str(hit.entry_id) for hit in page.hits],
        more=page.next is not None,
        words=words,
        behind=behind,
        problem=_("This cannot be searched for here. Try the words alone.") if prepared.problem else "",
    )


@blueprint.post("/c/<int:conversation_id>/looked")
@allow("agent")
def looked(conversation_id: int) -> tuple[str, int]:
    """The colleague has read the timeline up to a line. Asked for once something new was read, not with each view."""
    viewer = signed_in_viewer()
    number = request.form.get("entry", "")
    if not _is_number(number):
        abort(400)
    with reading() as tx:
        found = conversations.seen(tx, conversation_id, viewer)
        if _line(tx, viewer, found, int(number)) is None:
            abort(404)
    with the_desk().store.transaction() as tx:
        timeline.looked(tx, viewer.id, found.customer_id, int(number))
    return "", 204
