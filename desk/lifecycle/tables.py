"""Stage models by version, where each customer stands, and every move with its evidence."""

from __future__ import annotations

from datetime import datetime
from typing import Any, ClassVar

from sqlalchemy import ForeignKey, Index, String
from sqlalchemy.orm import Mapped, mapped_column

from desk.audit import Watched
from desk.store import Base, BigInt


class StageModel(Base):
    """One version of one lifecycle map. `state`: draft, published, retired. `definition` is the YAML file's content."""

    __tablename__ = "stage_models"
    __audit__: ClassVar[Watched] = Watched("stages", ("name", "version", "state", "rank", "review_on"))
    __table_args__ = (Index("uq_stage_models_version", "key", "version", unique=True),)
    id: Mapped[int] = mapped_column(primary_key=True)
    key: Mapped[str] = mapped_column(String(60))
    version: Mapped[int]
    name: Mapped[str] = mapped_column(String(120))
    state: Mapped[str] = mapped_column(String(10))
    rank: Mapped[int] = mapped_column(default=0)  # the first published model whose condition holds is followed
    definition: Mapped[dict[str, Any]]
    published_at: Mapped[datetime | None]
    review_on: Mapped[datetime | None]  # when somebody should look whether it still fits
    created_at: Mapped[datetime]


class CustomerStage(Base):
    """Where a customer stands now: the last transition, for quick reading, and how far their facts were looked at."""

    __tablename__ = "customer_stages"
    __table_args__ = (
        Index("ix_customer_stages_stage", "model_key", "stage"),
        Index("ix_customer_stages_due", "due_at"),
    )
    customer_id: Mapped[int] = mapped_column(ForeignKey("customers.id"), primary_key=True, autoincrement=False)
    model_key: Mapped[str] = mapped_column(String(60))
    stage: Mapped[str] = mapped_column(String(60))
    since: Mapped[datetime]
    transition_id: Mapped[int] = mapped_column(BigInt)
    considered_at: Mapped[datetime]
    considered_by: Mapped[str] = mapped_column(String(32))  # a digest of the models that were published then
    due_at: Mapped[datetime | None]  # when time alone moves the customer, or when to look again
    resting: Mapped[dict[str, Any]] = mapped_column(default=dict)  # {"came": [rule…], "now": [rule…]}, see engine.py


class Transition(Base):
    """One move, append-only. `held_at` is when the rule's condition became true, `known_at` when the desk knew.

    `evidence`: [{"fact", "shown", "value", "entry_id", "occurred_at"}, …].
    """

    __tablename__ = "transitions"
    __table_args__ = (
        Index("ix_transitions_customer", "customer_id", "id"),
        Index("ix_transitions_time", "known_at"),
    )
    id: Mapped[int] = mapped_column(primary_key=True)
    customer_id: Mapped[int] = mapped_column(ForeignKey("customers.id"))
    model_id: Mapped[int] = mapped_column(ForeignKey("stage_models.id"))
    model_key: Mapped[str] = mapped_column(String(60))
    model_version: Mapped[int]
    before: Mapped[str | None] = mapped_column(String(60))
    after: Mapped[str] = mapped_column(String(60))
    rule: Mapped[str] = mapped_column(String(120))
    direction: Mapped[str] = mapped_column(String(10))  # enter, forward, backward, sideways
    held_at: Mapped[datetime]
    known_at: Mapped[datetime]
    evidence: Mapped[list[Any]] = mapped_column(default=list)
    staff_id: Mapped[int | None] = mapped_column(ForeignKey("staff.id"))
    entry_id: Mapped[int | None] = mapped_column(BigInt)
