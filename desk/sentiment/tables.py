"""Scores of messages, and the shifts of a conversation's level."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import ForeignKey, Index, LargeBinary, String, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from desk.store import Base, BigInt


class Score(Base):
    """What one message sounded like. `compound` is VADER's in [-1, 1]; `frustration` a probability in [0, 1], None
    where nobody can tell, for the message is in a language that we do not hear.

    A row without `read_at` holds the quick score of a message that the head has yet to read; the level of its
    conversation does not follow it before.
    """

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
    frustration: Mapped[float | None]
    language: Mapped[str] = mapped_column(String(8), default="", server_default=text("''"))  # empty: nobody can tell
    words: Mapped[list[Any]] = mapped_column(default=list)  # [[start, end, weight], …] into the entry's text
    conversation_frustration: Mapped[float]
    level_before: Mapped[str] = mapped_column(String(10))
    level_after: Mapped[str] = mapped_column(String(10))
    episode_id: Mapped[int | None] = mapped_column(BigInt)  # a new episode is followed from calm again
    unanswered: Mapped[int] = mapped_column(default=0)  # messages before it that nobody had answered
    waited: Mapped[float] = mapped_column(default=0.0)  # in times of what people wait patiently for on that channel
    similarity: Mapped[float] = mapped_column(default=0.0)  # cosine with the likest earlier message of the episode
    read_at: Mapped[datetime | None]


class RiskFlag(Base):
    """A message says something that a person should look at: which kind, and between which characters of its text. The
    quote is never copied; an erased message leaves the kind alone. Taken off by a person, it stays with who and when.
    """

    __tablename__ = "risk_flags"
    __table_args__ = (
        UniqueConstraint("entry_id", "kind", name="uq_risk_flags_entry_id"),
        Index("ix_risk_flags_conversation", "conversation_id", "kind"),
    )
    id: Mapped[int] = mapped_column(primary_key=True)
    entry_id: Mapped[int] = mapped_column(BigInt)
    conversation_id: Mapped[int] = mapped_column(BigInt)
    kind: Mapped[str] = mapped_column(String(12))
    start: Mapped[int | None]
    end: Mapped[int | None]
    at: Mapped[datetime]
    off_at: Mapped[datetime | None]
    off_by: Mapped[int | None] = mapped_column(ForeignKey("staff.id"))


class Correction(Base):
    """An agent said "Not right?": what they say instead, kept to learn from."""

    __tablename__ = "sentiment_corrections"
    __table_args__ = (Index("ix_sentiment_corrections_conversation", "conversation_id", "id"),)
    id: Mapped[int] = mapped_column(primary_key=True)
    entry_id: Mapped[int] = mapped_column(BigInt, index=True)
    conversation_id: Mapped[int] = mapped_column(BigInt)
    after_entry_id: Mapped[int | None] = mapped_column(BigInt)  # the newest message when it was said
    said: Mapped[str] = mapped_column(String(10))
    instead: Mapped[str] = mapped_column(String(10))
    staff_id: Mapped[int] = mapped_column(BigInt)
    at: Mapped[datetime]


class Layer(Base):
    """What the desk learned from its own agents: a small regression on top of the shipped head.

    `how`: kept, refused (on corrections that it had not seen it was worse than what judged then), shipped (a mark: the
    head alone). What was made or chosen last judges, unless it was refused. `held`, `loss_…` and `right_…` are of those
    unseen corrections: how many, and how it was before and after.
    """

    __tablename__ = "sentiment_layers"
    id: Mapped[int] = mapped_column(primary_key=True)
    at: Mapped[datetime]
    head: Mapped[str] = mapped_column(String(80))  # of which head and which embedding it speaks
    corrections: Mapped[int]  # learned from
    last_correction_id: Mapped[int] = mapped_column(BigInt)
    weights: Mapped[bytes] = mapped_column(LargeBinary)  # float32, as desk.sentiment.adapting writes them
    how: Mapped[str] = mapped_column(String(8), default="kept", server_default=text("'kept'"))
    held: Mapped[int | None]
    loss_before: Mapped[float | None]
    loss_after: Mapped[float | None]
    right_before: Mapped[int | None]
    right_after: Mapped[int | None]
    chosen_at: Mapped[datetime | None]
    chosen_by: Mapped[int | None] = mapped_column(ForeignKey("staff.id"))


class Sample(Base):
    """Messages drawn at random, for people to judge who do not see what the desk said: `flagged` and `calm` are how
    many messages of either kind they were drawn from."""

    __tablename__ = "sentiment_samples"
    id: Mapped[int] = mapped_column(primary_key=True)
    at: Mapped[datetime]
    staff_id: Mapped[int] = mapped_column(BigInt)
    flagged: Mapped[int]
    calm: Mapped[int]


GONE = "gone"  # the verdict on a message whose words are not there to be judged


class Sampled(Base):
    """One message of a sample, as the desk judged it then (`chance`) and as a person did who did not know that.

    `verdict`: calm, upset, unsure (no help), gone (its words are); None until somebody said so.
    """

    __tablename__ = "sentiment_sampled"
    sample_id: Mapped[int] = mapped_column(ForeignKey("sentiment_samples.id"), primary_key=True)
    place: Mapped[int] = mapped_column(primary_key=True)  # in which order they are shown: by chance
    entry_id: Mapped[int] = mapped_column(BigInt)
    chance: Mapped[float]
    verdict: Mapped[str | None] = mapped_column(String(8))
    staff_id: Mapped[int | None] = mapped_column(BigInt)
    at: Mapped[datetime | None]
