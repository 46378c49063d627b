"""Votes of a customer who is erased: that an article helped or not stays, what they wrote about it goes."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import update

from desk.knowledge.tables import ArticleVote
from desk.store import Tx


def erase_votes(tx: Tx, entry_ids: Sequence[int]) -> None:
    """Erases the words of the votes that were given on these turns of the bot."""
    tx.flush()
    gone = update(ArticleVote).where(ArticleVote.entry_id.in_(list(entry_ids)), ArticleVote.words != "")
    tx.execute(gone.values(words="").execution_options(synchronize_session=False))
