"""Menus and search that load when they are opened: who can take it, when to wake it, its labels, what fits a word."""

from __future__ import annotations

from datetime import datetime
from urllib.parse import urlencode

from flask import Response, render_template, request
from flask_babel import gettext as _

from desk import agents, assigning, bot, conversations, people, search, sla
from desk.agents import Viewer
from desk.search import PersonHit, ThreadHit
from desk.store import Tx
from desk.web.base import allow, signed_in_viewer, state_word
from desk.web.console import places, promised
from desk.web.console.look import Look
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
        ids = [s.id for s in staff]
        there, able = assigning.standings(tx, ids), assigning.able(tx, ids)
        counted = conversations.loads(tx, ids)
        people_ = [
            {
                "id": s.id,
                "name": s.name,
                "member": s.id in members,
                "state": (state := there[s.id].state if s.id in there else "offline"),
                "word": state_word(state),
                "load": assigning.load(tx, counted[s.id]),
                "capacity": able[s.id].capacity,
            }
            for s in staff
        ]
        own = assigning.current(tx, conversation_id) if found.assignee_id == viewer.id else None
        teams = [team for team in agents.teams(tx) if team.id != found.team_id]
        bot_may = bot.may_be_released(tx, found)
    return render_template(
        "console/menu_assign.html",
        id=conversation_id,
        people=people_,
        teams=teams,
        kept=own is not None and own.kept,
        assignee=found.assignee_id,
        bot=bot_may,
        me=viewer,
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


@blueprint.get("/c/<int:conversation_id>/menu/promise")
@allow("agent")
def promise_menu(conversation_id: int) -> str:
    """What was promised, by which policy and why, and what the place in the queue is made of."""
    viewer = signed_in_viewer()
    reader = look_of(viewer)
    with reading() as tx:
        found = conversations.seen(tx, conversation_id, viewer)
        rows, now = [_promise(p, reader, tx.now()) for p in sla.promises(tx, conversation_id, viewer)], tx.now()
    return render_template("console/menu_promise.html", rows=rows, urgency=promised.formula(found, reader, now))


def _promise(row: sla.Promise, reader: Look, now: datetime) -> dict[str, str]:
    css, icon, state = promised.states(row, reader, now)
    length = promised.length(row.minutes, reader)
    target = (
        _("within %(length)s, around the clock", length=length)
        if row.around_the_clock
        else _("within %(length)s of office hours (%(zone)s)", length=length, zone=row.zone)
    )
    due = row.due_at or (row.promised_at if row.stopped_at is not None else None)
    when = {"begun": reader.short(row.started_at, now), "due": reader.short(due, now) if due is not None else ""}
    return {
        "css": css,
        "icon": icon,
        "state": state,
        "what": reader.words.get(f"due_{row.kind}", row.kind),
        "target": target,
        "when": _("since %(begun)s, due %(due)s", **when) if due is not None else "",
        "policy": row.policy,
        "why": promised.why(row.because, reader),
    }


@blueprint.get("/c/<int:conversation_id>/menu/label")
@allow("conversation.label")
def label_menu(conversation_id: int) -> str:
    with reading() as tx:
        conversations.get(tx, conversation_id, signed_in_viewer())
        on = conversations.labels(tx, [conversation_id]).get(conversation_id, [])
        offered = [one.name for one in conversations.known_labels(tx) if one.name not in on]
    return render_template("console/menu_label.html", id=conversation_id, on=on, offered=offered)


@blueprint.get("/find")
@allow("agent")
def find() -> Response:
    """What the palette shows: the best conversations and customers, the way to everything that was found, and
    `places`: queues, pages and canned replies that are called so."""
    viewer = signed_in_viewer()
    text = request.args.get("q", "").strip()[:120]
    with reading() as tx:
        prepared = search.prepare(tx, viewer, text)
        said = search.best_lines(tx, prepared, search.RANKED)
        called = places.found(tx, viewer, text)
        threads = [_conversation(hit) for hit in search.best_threads(tx, prepared, said.hits, FOUND).hits]
        customers = _customers(tx, viewer, text)
        known = {row["url"] for row in customers}
        indexed = [_customer(hit) for hit in search.people(tx, prepared, limit=FOUND).hits]
        customers += [row for row in indexed if row["url"] not in known]
    half = FOUND // 2
    kept = customers[: max(half, FOUND - len(threads))]
    found = threads[: FOUND - len(kept)] + kept
    return as_json(results=[*found, _everything(text)] if found else [], places=called)


def _conversation(hit: ThreadHit) -> dict[str, str]:
    return {
        "group": _("Conversations"),
        "icon": hit.row.channel,
        "text": f"#{hit.row.id} {hit.row.subject}".strip(),
        "more": hit.row.customer_name,
        "url": f"/console/c/{hit.row.id}" + (f"#e{hit.entry_id}" if hit.entry_id is not None else ""),
    }


def _customers(tx: Tx, viewer: Viewer, text: str) -> list[dict[str, str]]:
    """Who begins so, straight from the customers: somebody who wrote a moment ago is not in the index yet."""
    out = []
    for person, identity in people.search(tx, text, FOUND) if len(text) >= 2 else []:
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


def _customer(hit: PersonHit) -> dict[str, str]:
    return {
        "group": _("Customers"),
        "icon": hit.channel,
        "text": hit.name.text or hit.address.text,
        "more": hit.address.text,
        "url": f"/console/c/{hit.conversation_id}",
    }


def _everything(text: str) -> dict[str, str]:
    return {
        "group": _("Everything"),
        "icon": "search",
        "text": _("Search everything for “%(text)s”", text=text),
        "url": "/search/?" + urlencode({"q": text}),
    }
