"""Scores of messages, and the shifts of a conversation's level."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import Index, String
from sqlalchemy.orm import Mapped, mapped_column

from desk.store import Base, BigInt


class Score(Base):
    """What one message sounded like. `compound` is VADER's in [-1, 1]; `frustration` a probability in [0, 1]."""

    __tablename__ = "sentiment_scores"
    __table_args__ = (
        Index("ix_sentiment_scores_conversation", "conversation_id", "entry_id"),
        Index("ix_sentiment_scores_customer", "customer_id", "occurred_at"),
    )
    entry_id: Mapped[int] = mapped_column(BigInt, primary_key=True, autoincrement=False)
    conversation_id: Mapped[int] = mapped_column(BigInt)
    customer_id: Mapped[int] = mapped_column(BigInt)
    occurred_at: Mapped[datetime]
    model: Mapped[str] = mapped_column(String(40))
    compound: Mapped[float]
    frustration: Mapped[float]
    words: Mapped[list[Any]] = mapped_column(default=list)  # [[start, end, weight], …] into the entry's text
    conversation_frustration: Mapped[float]
    level_before: Mapped[str] = mapped_column(String(10))
    level_after: Mapped[str] = mapped_column(String(10))


class Correction(Base):
    """An agent said "Not right?": what they say instead, kept to learn from."""

    __tablename__ = "sentiment_corrections"
    id: Mapped[int] = mapped_column(primary_key=True)
    entry_id: Mapped[int] = mapped_column(BigInt, index=True)
    conversation_id: Mapped[int] = mapped_column(BigInt)
    said: Mapped[str] = mapped_column(String(10))
    instead: Mapped[str] = mapped_column(String(10))
    staff_id: Mapped[int] = mapped_column(BigInt)
    at: Mapped[datetime]
