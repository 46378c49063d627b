"""What the pages of the console read, in as few statements as they need, as plain values for the templates."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache

from markupsafe import Markup

from desk import agents, conversations, merging, outbound, people, sentiment, timeline
from desk.agents import Viewer
from desk.conversations import Row
from desk.store import Tx
from desk.timeline import EntryView
from desk.web.console import beside, promised
from desk.web.console.lines import Context
from desk.web.console.look import Look, look

CALLED = 40  # letters of a name that a sentence holds


@dataclass(frozen=True, slots=True)
class Head:
    """The head of an open conversation."""

    id: int
    customer_id: int
    customer_name: str
    first_name: str
    address: str
    subject: str
    status: str
    priority: int
    level: str
    channel: str
    assignee_id: int | None
    assignee: str
    mine: bool
    snoozed_until: datetime | None
    waiting_since: datetime | None
    status_name: str
    merged_into: int | None = None
    pinned_id: int | None = None  # the note it was handed over with
    risks: tuple[str, ...] = ()  # the gravest first
    promise: Markup = Markup()  # the chip that counts down


def look_of(viewer: Viewer) -> Look:
    return look(viewer.locale, viewer.zone)


def head(tx: Tx, found: Row, viewer: Viewer) -> Head:
    """The head of a conversation that the viewer may see."""
    needed = {found.assignee_id} if found.assignee_id is not None else set()
    names = agents.NAMES.get(tx, {n for n in needed if n is not None})
    name = found.customer_name or found.reply_address
    return Head(
        id=found.id,
        customer_id=found.customer_id,
        customer_name=name,
        first_name=_short(name if "@" in name else name.split()[0] if name.split() else name),
        address=found.reply_address,
        subject=found.subject,
        status=found.status,
        priority=found.priority,
        level=found.level,
        channel=found.channel,
        assignee_id=found.assignee_id,
        assignee=names.get(found.assignee_id or 0, ""),
        mine=found.assignee_id == viewer.id,
        snoozed_until=found.snoozed_until,
        waiting_since=found.waiting_since,
        promise=promised.head_chip(found, look_of(viewer), tx.now()),
        status_name=found.status_name,
        pinned_id=found.pinned_entry_id,
        merged_into=found.merged_into,
        risks=tuple(found.risks.split()),
    )


def _short(name: str) -> str:
    """What somebody is called in a sentence; senders can write hundreds of letters there."""
    return name if len(name) <= CALLED else f"{name[: CALLED - 1]}…"


def line_context(
    tx: Tx,
    reader: Look,
    entries: Sequence[EntryView],
    customer_id: int,
    customer_name: str,
    conversation_id: int | None = None,
) -> Context:
    """What is needed to read these entries of one customer: identities, deliveries, scores and names, each once."""
    replies = [e.id for e in entries if e.kind in ("reply", "bot", "forward")]
    messages = [e.id for e in entries if e.kind == "message"]
    texts = {e.id: e.text for e in entries if e.kind == "message"}
    for entry in entries:
        wanted = int(entry.detail.get("message_entry_id") or 0) if entry.kind == "sentiment" else 0
        if wanted and wanted not in texts:
            found = timeline.one(tx, wanted)  # the message stands on the page before
            texts[wanted] = found.text if found is not None else ""
    needed = {e.staff_id for e in entries if e.staff_id is not None}
    needed |= {e.detail["after"] for e in entries if e.kind == "assigned" and isinstance(e.detail.get("after"), int)}
    scores = sentiment.scores(tx, messages) if messages else {}
    needed |= {flag.off_by for sound in scores.values() for flag in sound.flags if flag.off_by is not None}
    for entry in entries:
        if entry.kind == "task":
            needed |= {one for one in (entry.detail.get("assignee"), entry.detail.get("who")) if isinstance(one, int)}
    return Context(
        look=reader,
        now=tx.now(),
        customer_name=customer_name,
        names=agents.NAMES.get(tx, {n for n in needed if n is not None}),
        identities=people.addresses(tx, customer_id) if messages else {},
        deliveries=outbound.delivery_of(tx, replies) if replies else {},
        others=conversations.participants_of(tx, beside.ids_in(entries)),
        scores=scores,
        texts=texts,
        standing=standing(tx, entries),
        conversation_id=conversation_id,
    )


def standing(tx: Tx, entries: Sequence[EntryView]) -> dict[tuple[str, int], str]:
    """Whether the merges among these lines can be undone, by ("talk" or "merge", their number)."""
    talks = {int(e.detail["move_id"]) for e in entries if e.kind == "talk" and e.detail.get("what") != "undone"}
    joins = {int(e.detail["merge_id"]) for e in entries if e.kind == "merge" and e.detail.get("direction") == "joined"}
    found: dict[tuple[str, int], str] = {}
    found.update({("talk", number): state for number, state in merging.standing.of_talks(tx, talks).items()})
    found.update({("merge", number): state for number, state in merging.standing.of_merges(tx, joins).items()})
    return found


@lru_cache(maxsize=64)
def line_words(reader: Look) -> dict[str, str]:
    """The fixed words of timeline lines, read once a language."""
    _ = reader.gettext
    return {
        "note": _("Private note"),
        "forward": _("Forward"),
        "redact": _("Redact"),
        "missed": _("Missed? Say how it sounds"),
        "answer": _("Answer the third party"),
        "unseen": _("The customer does not see this"),
        "arrived": _("It arrived"),
        "again": _("Send again"),
        "elsewhere": _("To another address"),
        "corrected": _("The corrected address"),
        "there": _("Send there"),
        "undo": _("Undo"),
        "rest": _("Show the rest"),
        "quoted": _("Show quoted text"),
        "formatted": _("Show formatted"),
        "became": _("became"),
        "not_right": _("Not right?"),
        "carried": _("Words that carried it"),
        "of": _("%(score)s of %(top)s"),
        "back_to": _("back to"),
        "because": _("Because:"),
        "link": _("Copy the link to this line"),
    }
