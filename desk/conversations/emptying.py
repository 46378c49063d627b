"""Conversations whose content is not kept any longer: which are over for long enough, and what their rows lose."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import func, literal, select, text, tuple_, update

from desk.conversations.tables import Conversation, Episode, Participant
from desk.signals import ConversationChanged
from desk.store import BigInt, Tx, UtcTime

RAW, FILES, WORDS = 1, 2, 3  # what `emptied` says: each takes what those before it take
_C = Conversation
# Said as the index says it: SQLite takes an index with a condition for a query that repeats the condition.
_ENDED = text("conversations.status IN ('resolved', 'spam')")


@dataclass(frozen=True, slots=True)
class Ended:
    """A conversation that is over. `ended_at`: its last message, or when it was resolved, whichever came later."""

    id: int
    customer_id: int
    inbox_id: int
    status: str
    emptied: int
    last_at: datetime
    ended_at: datetime
    subject: str = ""
    customer_name: str = ""


_COLUMNS = (
    _C.id, _C.customer_id, _C.inbox_id, _C.status, _C.emptied, _C.last_at, Episode.resolved_at, _C.subject,
    _C.customer_name,
)  # fmt: skip


def ended(
    tx: Tx,
    inbox_id: int,
    status: str,
    emptied: int,
    before: datetime,
    after: tuple[datetime, int] | None = None,
    limit: int = 200,
) -> list[Ended]:
    """Conversations of an inbox that are over (`status`: resolved or spam) and hold what `emptied` leaves, whose last
    message came before a time; those with the oldest first, from the place (last message, number) on."""
    query = (
        select(*_COLUMNS)
        .outerjoin(Episode, Episode.id == _C.episode_id)
        .where(_ENDED, _C.inbox_id == inbox_id, _C.status == status, _C.emptied == emptied, _C.last_at < before)
    )
    if after is not None:
        query = query.where(tuple_(_C.last_at, _C.id) > tuple_(literal(after[0], UtcTime()), literal(after[1], BigInt)))
    return [_ended(row) for row in tx.execute(query.order_by(_C.last_at, _C.id).limit(limit))]


def ended_one(tx: Tx, conversation_id: int) -> Ended | None:
    """The same of one conversation; None where it is not over."""
    query = select(*_COLUMNS).outerjoin(Episode, Episode.id == _C.episode_id)
    row = tx.execute(query.where(_C.id == conversation_id, _ENDED)).first()
    return None if row is None else _ended(row)


def _ended(row: tuple[int, int, int, str, int, datetime, datetime | None, str, str]) -> Ended:
    *first, last_at, resolved_at, subject, name = row
    at = last_at if resolved_at is None else max(last_at, resolved_at)
    return Ended(*first, last_at, at, subject, name)  # type: ignore[call-arg, arg-type]


def held_rows(tx: Tx, conversation_ids: Sequence[int]) -> dict[int, Conversation]:
    """The rows of conversations by their numbers, with the right to change them; whoever writes in one of them waits,
    or is done before."""
    query = select(_C).where(_C.id.in_(list(conversation_ids))).order_by(_C.id).with_for_update()
    return {row.id: row for row in tx.scalars(query.execution_options(populate_existing=True))}


def empty(tx: Tx, rows: Sequence[Conversation], level: int) -> None:
    """Says that conversations, which the caller holds, have lost this much. With its words go its subject, its preview
    and who was copied in it; who its customer is stays."""
    for row in rows:
        row.emptied = level
        if level == WORDS:
            row.subject = row.preview = ""
        tx.announce(ConversationChanged(row.id, row.customer_id))
    if level == WORDS:
        ids = [row.id for row in rows]
        for other in tx.scalars(select(Participant).where(Participant.conversation_id.in_(ids))):
            other.address = other.address_folded = f"erased-{other.id}"
            other.name, other.kept = "", False
    tx.flush()


def refill(tx: Tx, conversation_id: int) -> None:
    """Words came into a conversation without anything else being done to it, such as a note: retention looks again."""
    again = update(_C).where(_C.id == conversation_id, _C.emptied > 0).values(emptied=0)
    tx.execute(again.execution_options(synchronize_session="evaluate"))


def has_more(tx: Tx, customer_ids: Sequence[int]) -> bool:
    """Whether a conversation of these customers is not empty, or not over."""
    full = select(func.count()).select_from(_C)
    return bool(tx.scalar(full.where(_C.customer_id.in_(list(customer_ids)), _C.emptied < WORDS)))
