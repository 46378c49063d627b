"""Whether a customer wants to be asked how it was: they say so themselves, or a colleague on their word."""

from __future__ import annotations

from datetime import datetime

from desk.people.consent import Known
from desk.people.consenting import note
from desk.people.service import customer
from desk.store import Tx

LINK = Known("customer", "the link of a survey")


def stop_surveys(tx: Tx, customer_id: int, at: datetime, known: Known = LINK) -> None:
    """Remembers that this customer does not want to be asked."""
    row = customer(tx, customer_id)
    if row.surveys_stopped_at is None:
        row.surveys_stopped_at = at
        _note(tx, row.id, "refused", known)


def resume_surveys(tx: Tx, customer_id: int, known: Known = LINK) -> None:
    """They may be asked again."""
    row = customer(tx, customer_id)
    if row.surveys_stopped_at is not None:
        row.surveys_stopped_at = None
        _note(tx, row.id, "given", known)


def _note(tx: Tx, customer_id: int, state: str, known: Known) -> None:
    note(
        tx,
        customer_id=customer_id,
        about="surveys",
        state=state,
        by=known.by,
        staff_id=known.staff_id,
        evidence=known.evidence,
    )
