"""What was told of a customer who is erased: attributes go; events and scores, being numbers, stay for the counts."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import ColumnElement, and_, delete, func, or_, select

from desk.facts.tables import Fact
from desk.store import Tx

ATTRIBUTES = "attribute."
# Texts of the desk's own: levels, keys of stages, languages and channels. Every other text was said of a person.
ORDERS = ("order.placed", "order.returned", "subscription.started", "subscription.renewed", "subscription.upgraded")
OWN = ("frustration", "stage", "stage_model", "locale", "contact.channel")


def _personal(customer_ids: Sequence[int]) -> ColumnElement[bool]:
    said = or_(Fact.name.startswith(ATTRIBUTES, autoescape=True), and_(Fact.text.is_not(None), Fact.name.not_in(OWN)))
    return and_(Fact.customer_id.in_(customer_ids), said)


def count_personal(tx: Tx, customer_ids: Sequence[int]) -> int:
    """How many facts would go."""
    return tx.scalar(select(func.count()).select_from(Fact).where(_personal(customer_ids))) or 0


def erase(tx: Tx, customer_ids: Sequence[int]) -> dict[str, int]:
    """Erases what was told of these customers."""
    tx.flush()
    gone = delete(Fact).where(_personal(customer_ids)).execution_options(synchronize_session=False)
    return {"facts": int(tx.execute(gone).rowcount)}


def has_ordered(tx: Tx, customer_ids: Sequence[int]) -> bool:
    """Whether one of these customers ever ordered something: books are kept for longer than words."""
    ordered = select(Fact.id).where(Fact.customer_id.in_(customer_ids), Fact.name.in_(ORDERS))
    return tx.scalar(ordered.limit(1)) is not None
