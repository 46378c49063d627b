"""Conversations of a customer who is erased: the row keeps its times, its inbox and its labels, and names nobody."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import func, select, update

from desk import timeline
from desk.conversations.queue import held
from desk.conversations.service import PREVIEW
from desk.conversations.tables import Conversation, Episode, Participant
from desk.people import fold
from desk.signals import ConversationChanged
from desk.store import Tx

BATCH = 500
LOOKED_AT = 60  # newest lines, for words that are left
SHOWN = ("message", "reply", "bot", "participant")


def count_of(tx: Tx, customer_ids: Sequence[int]) -> tuple[int, int]:
    """How many conversations these customers have, and how many of them are not over."""
    mine = Conversation.customer_id.in_(customer_ids)
    total = tx.scalar(select(func.count()).select_from(Conversation).where(mine)) or 0
    going = select(func.count()).select_from(Conversation).where(mine, Conversation.status.not_in(("resolved", "spam")))
    return total, tx.scalar(going) or 0


def erase(tx: Tx, customer_ids: Sequence[int]) -> dict[str, int]:
    """Erases what the conversations of these customers say. Those still open end here: there is nobody to answer. They
    end without a signal, so that nobody is asked how it was."""
    tx.flush()
    rows = list(
        tx.scalars(
            select(Conversation)
            .where(Conversation.customer_id.in_(customer_ids))
            .order_by(Conversation.id)
            .with_for_update()
            .execution_options(populate_existing=True)
        )
    )
    ended = 0
    for row in rows:
        row.subject = row.preview = row.customer_name = row.reply_address = ""
        row.reply_identity_id = None
        if row.status not in ("resolved", "spam"):
            row.status, row.waiting_since, row.snoozed_until, row.unread = "resolved", None, None, 0
            ended += 1
            tx.execute(
                update(Episode)
                .where(Episode.id == row.episode_id, Episode.resolved_at.is_(None))
                .values(resolved_at=tx.now(), pending_since=None)
            )
        tx.announce(ConversationChanged(row.id, row.customer_id))
    others = 0
    ids = [row.id for row in rows]
    for start in range(0, len(ids), BATCH):
        found = tx.scalars(select(Participant).where(Participant.conversation_id.in_(ids[start : start + BATCH])))
        others += _blank(list(found))
    tx.flush()
    return {"conversations": len(rows), "ended": ended, "participants": others}


def take_out(tx: Tx, addresses: Sequence[str]) -> list[tuple[int, int]]:
    """Erases who these addresses were in conversations of others, where they were copied or wrote. Gives the places:
    (conversation, participant)."""
    folded = [fold(one)[:320] for one in addresses]
    if not folded:
        return []
    rows = list(tx.scalars(select(Participant).where(Participant.address_folded.in_(folded))))
    _blank(rows)
    tx.flush()
    return [(row.conversation_id, row.id) for row in rows]


def _blank(rows: Sequence[Participant]) -> int:
    for row in rows:
        row.address = row.address_folded = f"erased-{row.id}"
        row.name, row.kept = "", False  # no answer goes there any more
    return len(rows)


def retell(tx: Tx, conversation_id: int) -> None:
    """Words of a conversation were erased: its row in the queue begins with the newest words that are left."""
    row = held(tx, conversation_id)
    if row is None or not row.preview:
        return
    lines = timeline.of_conversation(tx, conversation_id, limit=LOOKED_AT, kinds=SHOWN)
    left = next((line.text for line in reversed(lines) if line.text), "")
    row.preview = " ".join(left.split())[:PREVIEW]
    tx.flush()
    tx.announce(ConversationChanged(row.id, row.customer_id))


def forget_subject(tx: Tx, conversation_id: int, subject: str) -> None:
    """A redacted mail had this subject: where the conversation has it from there, it loses it."""
    row = held(tx, conversation_id)
    if row is not None and row.subject and row.subject.casefold() in subject.casefold():
        row.subject = ""
        tx.flush()
        tx.announce(ConversationChanged(row.id, row.customer_id))
