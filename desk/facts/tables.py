"""Dated facts of each customer, append-only; and the attributes that a desk has given a type."""

from __future__ import annotations

from datetime import datetime
from typing import Any, ClassVar

from sqlalchemy import Boolean, Float, ForeignKey, Index, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from desk.audit import Watched
from desk.store import Base, BigInt


class Fact(Base):
    """Something known of a customer from `occurred_at` on. Exactly one of the value columns is set (or none: an event
    that only happened). `entry_id` links the evidence."""

    __tablename__ = "facts"
    __table_args__ = (Index("ix_facts_customer_name", "customer_id", "name", "occurred_at", "id"),)
    id: Mapped[int] = mapped_column(primary_key=True)
    customer_id: Mapped[int] = mapped_column(ForeignKey("customers.id"))
    identity_id: Mapped[int | None] = mapped_column(ForeignKey("identities.id"))
    name: Mapped[str] = mapped_column(String(80))
    number: Mapped[float | None] = mapped_column(Float)
    text: Mapped[str | None] = mapped_column(Text)
    flag: Mapped[bool | None] = mapped_column(Boolean)
    time: Mapped[datetime | None]
    occurred_at: Mapped[datetime]
    recorded_at: Mapped[datetime]
    entry_id: Mapped[int | None] = mapped_column(BigInt)
    # Whose it was, where no identity says so and it was moved: an undone merge sends it back there.
    origin_customer_id: Mapped[int | None]


class Attribute(Base):
    """What a desk says of one fact of the family `attribute.`: its name for people, and what its values are. One that
    nobody declared goes on working; a retired one keeps its facts and is offered no more."""

    __tablename__ = "attributes"
    __audit__: ClassVar[Watched] = Watched(
        "attribute", ("label", "kind", "choices", "description", "shown", "retired_at"), title="label"
    )
    id: Mapped[int] = mapped_column(primary_key=True)
    key: Mapped[str] = mapped_column(String(60), unique=True)  # without the family's prefix
    label: Mapped[str] = mapped_column(String(80))
    kind: Mapped[str] = mapped_column(String(8))  # text, number, flag, time, choice
    choices: Mapped[list[Any]] = mapped_column(default=list)
    description: Mapped[str] = mapped_column(String(300), default="")
    shown: Mapped[bool] = mapped_column(default=True)  # beside a conversation; the customer's own page has them all
    staff_id: Mapped[int | None] = mapped_column(ForeignKey("staff.id"))  # who changed it last
    created_at: Mapped[datetime]
    updated_at: Mapped[datetime]
    retired_at: Mapped[datetime | None]
