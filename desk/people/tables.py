"""Customers, their identities with the evidence for each, and the codes that prove them."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import ForeignKey, Index, String, Text, text
from sqlalchemy.orm import Mapped, mapped_column

from desk.store import Base, BigInt

ERASED = "erased"  # the kind of an identity of which nothing is left: no message goes to it or comes from it

# Looked up by what they begin with, which needs byte order: PostgreSQL's other collations would not use the index.
Folded200 = String(200).with_variant(String(200, collation="C"), "postgresql")
Folded320 = String(320).with_variant(String(320, collation="C"), "postgresql")


class Customer(Base):
    """One person, however many addresses they write from."""

    __tablename__ = "customers"
    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(String(200), default="")
    name_folded: Mapped[str] = mapped_column(Folded200, default="", index=True)
    locale: Mapped[str | None] = mapped_column(String(16))
    zone: Mapped[str | None] = mapped_column(String(64))
    created_at: Mapped[datetime]
    merged_into: Mapped[int | None] = mapped_column(ForeignKey("customers.id"), index=True)
    surveys_stopped_at: Mapped[datetime | None]  # asked not to be asked again
    sample: Mapped[bool] = mapped_column(default=False)
    erased_at: Mapped[datetime | None]  # what is left then names nobody, and nothing is added to it


class Identity(Base):
    """One address of a customer. Only one `verified` identity can hold an address; `claimed` ones may be many."""

    __tablename__ = "identities"
    __table_args__ = (
        Index("ix_identities_kind_folded", "kind", "value_folded"),
        # One row speaks for an address unless it was only typed somewhere.
        Index(
            "uq_identities_known",
            "kind",
            "value_folded",
            unique=True,
            sqlite_where=text("evidence <> 'claimed'"),
            postgresql_where=text("evidence <> 'claimed'"),
        ),
    )
    id: Mapped[int] = mapped_column(primary_key=True)
    customer_id: Mapped[int] = mapped_column(ForeignKey("customers.id"), index=True)
    # The customer this identity came with: an undone merge sends it and its entries back there.
    origin_customer_id: Mapped[int] = mapped_column(ForeignKey("customers.id"), index=True)
    kind: Mapped[str] = mapped_column(String(12))
    value: Mapped[str] = mapped_column(String(320))
    value_folded: Mapped[str] = mapped_column(Folded320)
    name: Mapped[str] = mapped_column(String(200), default="")
    evidence: Mapped[str] = mapped_column(String(12))
    because: Mapped[str] = mapped_column(Text, default="")
    details: Mapped[dict[str, Any]] = mapped_column(default=dict)
    first_seen_at: Mapped[datetime]
    verified_at: Mapped[datetime | None]


class Confirmation(Base):
    """One code, and the link beside it, that were sent to an address. Nobody can read the code here.

    `outcome`: empty while open, then confirmed, refused ("it was not me"), replaced, tries, expired.
    """

    __tablename__ = "confirmations"
    __table_args__ = (
        Index("ix_confirmations_identity", "identity_id", "id"),
        Index("ix_confirmations_address", "kind", "value_folded", "asked_at"),
    )
    id: Mapped[int] = mapped_column(primary_key=True)
    identity_id: Mapped[int] = mapped_column(ForeignKey("identities.id"))
    kind: Mapped[str] = mapped_column(String(12))
    value_folded: Mapped[str] = mapped_column(Folded320)
    # Where it was asked for: the mail speaks for that inbox's brand, the page says in which conversation.
    conversation_id: Mapped[int | None] = mapped_column(BigInt)
    inbox_id: Mapped[int | None] = mapped_column(BigInt)
    secret: Mapped[str] = mapped_column(String(32))  # in the link's signature and under the code's
    code_mac: Mapped[str] = mapped_column(String(64))
    tries: Mapped[int] = mapped_column(default=0)
    outcome: Mapped[str] = mapped_column(String(10), default="")
    asked_at: Mapped[datetime]
    expires_at: Mapped[datetime]
    closed_at: Mapped[datetime | None]


class ConsentChange(Base):
    """One change of whether somebody may be written to, append-only: by which channel, since when, who said so and how
    it is known. `state`: `given`, `refused`, `unreachable`. `address` and `evidence` are emptied when they are erased.
    """

    __tablename__ = "consent_changes"
    __table_args__ = (
        Index("ix_consent_changes_customer", "customer_id", "id"),
        Index("ix_consent_changes_identity", "identity_id", "id"),
    )
    id: Mapped[int] = mapped_column(primary_key=True)
    customer_id: Mapped[int] = mapped_column(ForeignKey("customers.id"))
    identity_id: Mapped[int | None] = mapped_column(
        ForeignKey("identities.id")
    )  # none: of the customer, as surveys are
    about: Mapped[str] = mapped_column(String(12))  # email, phone, surveys
    state: Mapped[str] = mapped_column(String(12))
    by: Mapped[str] = mapped_column(String(10))  # customer, staff, provider
    staff_id: Mapped[int | None] = mapped_column(ForeignKey("staff.id"))
    address: Mapped[str] = mapped_column(String(320), default="")
    evidence: Mapped[str] = mapped_column(Text, default="")
    at: Mapped[datetime]
