"""What a merge and its undo do to the bot's records: they go with their conversations."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import update

from desk.bot.tables import BotEpisode
from desk.store import Tx

BATCH = 500


def move(tx: Tx, conversation_ids: Sequence[int], to_id: int) -> None:
    """Gives the bot's episodes of these conversations to a customer."""
    tx.flush()
    for start in range(0, len(conversation_ids), BATCH):
        tx.execute(
            update(BotEpisode)
            .where(BotEpisode.conversation_id.in_(conversation_ids[start : start + BATCH]))
            .values(customer_id=to_id)
            .execution_options(synchronize_session=False)
        )
