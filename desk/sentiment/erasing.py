"""Scores and flags of messages that are erased: numbers and kinds stay, the places of the words go."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import update

from desk.sentiment.tables import GONE, RiskFlag, Sampled, Score
from desk.store import Tx


def erase(tx: Tx, entry_ids: Sequence[int]) -> None:
    """Forgets which words of these messages weighed how much; in a blind sample nobody can judge them any more."""
    tx.flush()
    gone = update(Score).where(Score.entry_id.in_(list(entry_ids))).values(words=[])
    tx.execute(gone.execution_options(synchronize_session=False))
    unquoted = update(RiskFlag).where(RiskFlag.entry_id.in_(list(entry_ids))).values(start=None, end=None)
    tx.execute(unquoted.execution_options(synchronize_session=False))
    unjudged = update(Sampled).where(Sampled.entry_id.in_(list(entry_ids)), Sampled.verdict.is_(None))
    tx.execute(unjudged.values(verdict=GONE).execution_options(synchronize_session=False))
