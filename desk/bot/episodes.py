"""How episodes with the bot end: in exactly one of confirmed, assumed, escalated, abandoned, returned."""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlalchemy import delete, select

from desk import conversations, flows, settings, timeline
from desk.bot.tables import BotEpisode, BotTrial, BotTurn
from desk.conversations import Conversation
from desk.store import Tx

OUTCOMES = ("confirmed", "assumed", "escalated", "abandoned", "returned")


def began(tx: Tx, conversation: Conversation, at: datetime) -> BotEpisode:
    """The record of the conversation's present episode, made with the bot's first word in it."""
    row = tx.get(BotEpisode, conversation.episode_id)
    if row is None:
        row = BotEpisode(
            episode_id=conversation.episode_id,
            conversation_id=conversation.id,
            customer_id=conversation.customer_id,
            inbox_id=conversation.inbox_id,
            began_at=at,
            last_turn_at=at,
            outcome="",
            why="",
        )
        tx.add(row)
    row.last_turn_at = max(row.last_turn_at, at)
    tx.flush()
    return row


def settle(tx: Tx, episode_id: int, outcome: str, why: str = "") -> None:
    """Says how an episode ended. A person who was needed after all outweighs what was said before."""
    row = tx.get(BotEpisode, episode_id)
    if row is None or row.outcome == "escalated":
        return
    row.outcome, row.why, row.settled_at = outcome, why, tx.now()
    tx.flush()


def reopen(tx: Tx, episode_id: int) -> None:
    """Somebody went on after all: how it ends is open again, but for an escalation."""
    row = tx.get(BotEpisode, episode_id)
    if row is not None and row.outcome != "escalated":
        row.outcome, row.settled_at = "", None
        tx.flush()


def look_after(tx: Tx, limit: int = 200) -> int:
    """What time does: conversations that were left with an answer are closed after a day; how they ended is known when
    the window is over in which somebody would have come back. Gives how many were settled."""
    now = tx.now()
    for conversation_id in conversations.left_with_bot(tx, now - conversations.LEFT_AFTER, limit):
        conversations.resolve(tx, conversation_id, None)
    flows.look_after(tx)
    tx.execute(delete(BotTrial).where(BotTrial.asked_at < now - timedelta(days=1)))
    window = timedelta(days=settings.get(tx, "bot.window_days"))
    due = tx.scalars(
        select(BotEpisode)
        .where(BotEpisode.outcome == "", BotEpisode.last_turn_at < now - window)
        .order_by(BotEpisode.last_turn_at)
        .limit(limit)
    ).all()
    for row in due:
        row.outcome, row.settled_at = _outcome(tx, row, window), now
    tx.flush()
    return len(due)


def _outcome(tx: Tx, row: BotEpisode, window: timedelta) -> str:
    """Left after an answer: assumed, or returned where they wrote again within the window, whatever the channel. Left
    where the bot had asked something: abandoned."""
    last = tx.scalar(
        select(BotTurn).where(BotTurn.episode_id == row.episode_id).order_by(BotTurn.entry_id.desc()).limit(1)
    )
    if last is not None and last.outcome == "flow" and last.because != "told":
        return "abandoned"
    if last is None or last.outcome == "did_you_mean" or (last.outcome == "greeting" and last.because == "greeting"):
        return "abandoned"
    customer_id = conversations.get(tx, row.conversation_id, None).customer_id
    again = timeline.wrote_between(tx, customer_id, row.last_turn_at, row.last_turn_at + window)
    return "returned" if again else "assumed"
