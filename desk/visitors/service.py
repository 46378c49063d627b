"""Whose conversations are whose in the widget, and how far they were read."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import select, update

from desk import conversations, outbound, people, timeline
from desk.signals import ChatRead
from desk.store import Tx
from desk.timeline import Bone, EntryView
from desk.visitors.tables import Thread, Visitor

SHOWN = ("message", "reply", "bot", "handover", "status", "assigned", "mailed")
ANSWERS = ("reply", "bot")
WORDS = ("message", *ANSWERS)
PAGE = 60
MOST_THREADS = 10


class NotYours(LookupError):
    """There is no such conversation, or it is another's; nobody is told which."""


def owner_of(visitor_id: str, user_ref: str) -> str:
    """Who owns what is written: a signed-in user on any device, else the browser."""
    return f"user:{user_ref}" if user_ref else f"visitor:{visitor_id}"


def known(tx: Tx, visitor_id: str) -> Visitor | None:
    """The visitor's row; None for one who has only looked so far."""
    return tx.get(Visitor, visitor_id)


def keep(tx: Tx, visitor_id: str, inbox_id: int, *, user_ref: str = "", identity_id: int | None = None) -> Visitor:
    """The visitor's row, made where there is none. What an anonymous browser wrote before becomes the user's."""
    row = tx.get(Visitor, visitor_id)
    now = tx.now()
    if row is None:
        row = Visitor(id=visitor_id, inbox_id=inbox_id, user_ref=user_ref, first_seen_at=now, last_seen_at=now)
        row.name = row.locale = row.zone = row.page_url = row.page_title = ""
        tx.add(row)
    elif user_ref and not row.user_ref:
        row.user_ref = user_ref
        tx.execute(
            update(Thread).where(Thread.owner == owner_of(visitor_id, "")).values(owner=owner_of(visitor_id, user_ref))
        )
    if identity_id is not None:
        row.identity_id = identity_id
    tx.flush()
    return row


def looked(tx: Tx, visitor_id: str, *, locale: str, zone: str, url: str, title: str) -> None:
    """Where a visitor is on the site, and how they read; for colleagues who talk to them. Strangers leave no row."""
    row = tx.get(Visitor, visitor_id)
    if row is not None:
        row.locale, row.zone = locale[:16], zone[:64]
        row.page_url, row.page_title, row.last_seen_at = url[:1000], title[:300], tx.now()


def begin(tx: Tx, owner: str, inbox_id: int, conversation_id: int, at: datetime) -> Thread:
    """Notes that a conversation is this owner's, because the corridor has just put their message into it."""
    row = tx.get(Thread, conversation_id)
    if row is None:
        row = Thread(conversation_id=conversation_id, owner=owner, inbox_id=inbox_id, wrote_at=at)
        row.got_id = row.seen_id = row.read_id = row.mailed_id = 0
        tx.add(row)
    elif row.owner != owner:
        # The corridor let two identities of one customer into one conversation: it stays with who began it.
        return row
    row.wrote_at = max(at, row.wrote_at)
    tx.flush()
    return row


def thread(tx: Tx, owner: str, conversation_id: int) -> Thread:
    """Raises NotYours."""
    row = tx.get(Thread, conversation_id)
    if row is None or row.owner != owner:
        raise NotYours
    return row


def threads(tx: Tx, owner: str, inbox_id: int, limit: int = MOST_THREADS) -> list[Thread]:
    """The conversations of an owner in one inbox, latest first."""
    query = select(Thread).where(Thread.owner == owner, Thread.inbox_id == inbox_id)
    return list(tx.scalars(query.order_by(Thread.wrote_at.desc()).limit(limit)))


def threads_of(tx: Tx, conversation_ids: Sequence[int]) -> dict[int, Thread]:
    """Those of these conversations that are in a widget."""
    if not conversation_ids:
        return {}
    return {
        t.conversation_id: t for t in tx.scalars(select(Thread).where(Thread.conversation_id.in_(conversation_ids)))
    }


def visitors_of(tx: Tx, identity_ids: Sequence[int]) -> list[Visitor]:
    """The browsers of these identities, the one that was seen last first."""
    if not identity_ids:
        return []
    query = select(Visitor).where(Visitor.identity_id.in_(identity_ids))
    return list(tx.scalars(query.order_by(Visitor.last_seen_at.desc()).limit(5)))


def newest(tx: Tx, conversation_id: int, limit: int = PAGE) -> tuple[list[EntryView], bool]:
    """What the widget shows of a conversation, newest last, and whether there is more before it. Notes and what
    machines wrote are not among it."""
    rows = timeline.of_conversation(tx, conversation_id, limit + 1, SHOWN)
    return _spoken(rows[-limit:]), len(rows) > limit


def last_words(tx: Tx, conversation_id: int) -> EntryView | None:
    """What was said last of what the widget shows. Mostly that is what was said last at all: few lines are machines' or
    can still be taken back."""
    for limit in (2, PAGE):
        rows = timeline.of_conversation(tx, conversation_id, limit, WORDS)
        found = next((entry for entry in reversed(rows) if shown(entry)), None)
        if found is not None or len(rows) < limit:
            return found
    return None


def before(
    tx: Tx, conversation_id: int, at: datetime, entry_id: int, limit: int = PAGE
) -> tuple[list[EntryView], bool]:
    """The page before a place, newest last, and whether there is more before it."""
    rows = timeline.of_conversation_before(tx, conversation_id, at, entry_id, limit + 1, SHOWN)
    return _spoken(rows[-limit:]), len(rows) > limit


def shown(entry: EntryView | Bone) -> bool:
    """Whether a visitor may see this entry. An answer that can still be taken back is not theirs yet."""
    if entry.kind not in SHOWN or entry.conversation_id is None or "automatic" in entry.detail:
        return False
    return not timeline.waits(entry)


def _spoken(rows: list[EntryView]) -> list[EntryView]:
    return [entry for entry in rows if shown(entry)]


def unread(tx: Tx, row: Thread, limit: int = 100) -> int:
    """How many answers of a conversation its owner has not had on screen."""
    return sum(map(shown, timeline.recorded_since(tx, row.conversation_id, row.seen_id, ANSWERS, limit)))


def _there(tx: Tx, row: Thread, entry_id: int) -> int:
    """Nobody has seen what is not written yet."""
    return min(entry_id, timeline.highest(tx, row.conversation_id))


def got(tx: Tx, row: Thread, entry_id: int) -> bool:
    """The widget has everything up to this entry. Whether that is news."""
    entry_id = _there(tx, row, entry_id)
    if entry_id <= row.got_id:
        return False
    outbound.reached(tx, _between(tx, row, row.got_id, entry_id), "delivered")
    row.got_id = entry_id
    tx.flush()
    return True


def seen(tx: Tx, row: Thread, entry_id: int) -> bool:
    """The visitor had everything up to this entry on screen. Whether that is news."""
    entry_id = _there(tx, row, entry_id)
    if entry_id <= row.seen_id:
        return False
    outbound.reached(tx, _between(tx, row, row.seen_id, entry_id), "seen")
    row.seen_id, row.seen_at = entry_id, tx.now()
    row.got_id = max(row.got_id, entry_id)
    tx.flush()
    tx.announce(ChatRead(row.conversation_id, "visitor"))
    return True


def read_by(tx: Tx, conversation_id: int, staff_id: int | None) -> bool:
    """A colleague (or the assistant: None) has the conversation on screen, with all that was written so far. Whether
    that is news to its visitor."""
    row = tx.get(Thread, conversation_id)
    if row is None:
        return False
    written = timeline.recorded_since(tx, conversation_id, 0, ("message",), 1)
    if not written or written[0].id < row.read_id:
        return False
    if written[0].id == row.read_id and (staff_id is None or row.read_by is not None):
        return False  # known; but where only the assistant had read it, a person who does is news
    row.read_id, row.read_at, row.read_by = written[0].id, tx.now(), staff_id
    tx.flush()
    tx.announce(ChatRead(conversation_id, "staff"))
    return True


def _between(tx: Tx, row: Thread, after: int, upto: int) -> list[int]:
    answers = timeline.recorded_since(tx, row.conversation_id, after, ANSWERS)
    return [entry.id for entry in reversed(answers) if entry.id <= upto]


def visitors_with_email(tx: Tx, identity_id: int) -> list[Visitor]:
    """The browsers in which this address was typed."""
    return list(tx.scalars(select(Visitor).where(Visitor.email_id == identity_id).limit(20)))


def customer_of(tx: Tx, visitor: Visitor | None) -> int | None:
    """The customer behind a browser, None before the first message."""
    if visitor is None or visitor.identity_id is None:
        return None
    return people.identity(tx, visitor.identity_id).customer_id


def conversation_of(tx: Tx, row: Thread) -> conversations.Conversation:
    return conversations.get(tx, row.conversation_id, None)
