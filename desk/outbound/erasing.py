"""What was sent to somebody who is erased: the delivery keeps its times and its end, its message and address go."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import delete, select

from desk.files import Blobs
from desk.outbound.tables import Delivery, OutboxMail, ScheduledAnswer, Upload
from desk.people import fold
from desk.store import Tx
from desk.timeline import plain

BATCH = 200
ENDED = ("sent", "delivered", "seen", "failed", "withdrawn")


def erase(tx: Tx, files: Blobs, conversation_ids: Sequence[int], addresses: Sequence[str] = ()) -> dict[str, int]:
    """Erases everything that was sent, or waits to be sent, in these conversations or to these addresses. What has not
    gone does not go any more."""
    tx.flush()
    deliveries = mails = uploads = 0
    for start in range(0, len(conversation_ids), BATCH):
        some = list(conversation_ids[start : start + BATCH])
        rows = list(tx.scalars(select(Delivery).where(Delivery.conversation_id.in_(some))))
        mails += _outbox(tx, files, [row.message_id for row in rows])
        deliveries += _blank(tx, rows)
        for upload in tx.scalars(select(Upload).where(Upload.conversation_id.in_(some))):
            files.release(tx, upload.sha256)
            tx.delete(upload)
            uploads += 1
        tx.execute(delete(ScheduledAnswer).where(ScheduledAnswer.conversation_id.in_(some)))
    known = sorted({*addresses, *(fold(one)[:320] for one in addresses)})
    if known:
        to_them = select(Delivery).where(Delivery.recipient.in_(known), Delivery.purpose != "notice")
        rows = list(tx.scalars(to_them))
        mails += _outbox(tx, files, [row.message_id for row in rows])
        deliveries += _blank(tx, rows)
    tx.flush()
    return {"deliveries": deliveries, "outbox": mails, "uploads": uploads}


def erase_entries(tx: Tx, files: Blobs, entry_ids: Sequence[int], *, ended_only: bool = False) -> int:
    """Erases what was sent of these lines; with `ended_only` what waits to be sent stays as it is."""
    tx.flush()
    query = select(Delivery).where(Delivery.entry_id.in_(list(entry_ids)))
    rows = list(tx.scalars(query.where(Delivery.state.in_(ENDED)) if ended_only else query))
    _outbox(tx, files, [row.message_id for row in rows])
    return _blank(tx, rows)


def _blank(tx: Tx, rows: Sequence[Delivery]) -> int:
    for row in rows:
        if row.state not in ENDED:
            row.state, row.settled_at, row.held_until = "withdrawn", tx.now(), None
        row.message, row.recipient, row.detail = {}, "", ""
    tx.flush()
    return len(rows)


def _outbox(tx: Tx, files: Blobs, message_ids: Sequence[str]) -> int:
    done = 0
    for start in range(0, len(message_ids), BATCH):
        some = message_ids[start : start + BATCH]
        for mail in tx.scalars(select(OutboxMail).where(OutboxMail.message_id.in_(some))):
            files.release(tx, mail.raw_sha256)
            tx.delete(mail)
            done += 1
    return done


def waits(tx: Tx, entry_id: int) -> bool:
    """Whether an answer can still be taken back, or is on its way at this moment."""
    query = select(Delivery.id).where(Delivery.entry_id == entry_id, Delivery.state.in_(("queued", "sending")))
    return tx.scalar(query.limit(1)) is not None


def erase_quoting(tx: Tx, files: Blobs, conversation_id: int, marks: Sequence[str]) -> bool:
    """Erases what was sent in a conversation and repeats one of these marks, as the mail below an answer does. False,
    and nothing is erased, where something that waits to be sent repeats one."""
    tx.flush()
    found = []
    for row in tx.scalars(select(Delivery).where(Delivery.conversation_id == conversation_id)):
        said = plain("\n".join(str(row.message.get(part) or "") for part in ("subject", "text", "html")))
        if any(mark in said for mark in marks):
            found.append(row)
    if any(row.state not in ENDED for row in found):
        return False
    _outbox(tx, files, [row.message_id for row in found])
    _blank(tx, found)
    return True
