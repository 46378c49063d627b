"""The local outbox of a desk without a provider: what would have gone out, newest first."""

from __future__ import annotations

from sqlalchemy import func, select

from desk.outbound.tables import Delivery, OutboxMail
from desk.store import Tx

SECRET = ("notice", "code")


def outbox(tx: Tx, *, before: int | None = None, limit: int = 50, notices: bool = False) -> list[OutboxMail]:
    """Mails kept here instead of sent. Notices carry password links, others codes that prove an address: both are left
    out unless asked for."""
    query = select(OutboxMail).order_by(OutboxMail.id.desc()).limit(limit)
    if before is not None:
        query = query.where(OutboxMail.id < before)
    if not notices:
        query = query.join(Delivery, Delivery.message_id == OutboxMail.message_id).where(
            Delivery.purpose.not_in(SECRET)
        )
    return list(tx.scalars(query))


def outbox_mail(tx: Tx, mail_id: int, *, notices: bool = False) -> OutboxMail:
    """One of them. Raises LookupError."""
    found = tx.get(OutboxMail, mail_id)
    if found is None:
        raise LookupError("There is no such mail in the outbox.")
    if not notices:
        purpose = tx.scalar(select(Delivery.purpose).where(Delivery.message_id == found.message_id))
        if purpose in SECRET:
            raise LookupError("There is no such mail in the outbox.")
    return found


def delivery_named(tx: Tx, message_id: str) -> Delivery | None:
    """The delivery of a message that is kept here."""
    return tx.scalar(select(Delivery).where(Delivery.message_id == message_id))


def states(tx: Tx) -> dict[str, int]:
    """How many deliveries are under way or went wrong, by state; sent ones are not counted."""
    rows = tx.execute(
        select(Delivery.state, func.count())
        .where(Delivery.state.in_(("queued", "sending", "uncertain", "failed")))
        .group_by(Delivery.state)
    )
    return {row.state: row[1] for row in rows}
