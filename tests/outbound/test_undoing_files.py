"""Files of an answer that is taken back come back with it, and go again where it is sent to another address."""

from __future__ import annotations

from datetime import timedelta

from sqlalchemy import select, update

from desk import outbound, timeline
from desk.agents import Viewer
from desk.clock import SetClock
from desk.outbound import uploads
from desk.outbound.queueing import unpacked
from desk.outbound.tables import Delivery
from desk.parts import Desk
from desk.worker import drain
from tests.outbound.test_attaching import PDF, PNG, _attached, _refs, jonas, mailed

__all__ = ["jonas", "mailed"]


def test_files_of_an_answer_that_is_taken_back_wait_for_the_next_one(
    desk: Desk, jonas: Viewer, mailed: int, clock: SetClock
) -> None:
    ids = [_attached(desk, jonas, mailed, "kettle.png", PNG), _attached(desk, jonas, mailed, "bill.pdf", PDF)]
    before = _refs(desk)
    with desk.store.transaction() as tx:
        entry = outbound.reply(tx, mailed, jonas, "See [image: kettle.png]", files=ids, undoable=True)
    with desk.store.transaction() as tx:
        assert outbound.take_back(tx, entry.id, jonas).text == "See [image: kettle.png]"
    with desk.store.transaction() as tx:  # once more gives the words, and no file twice
        outbound.take_back(tx, entry.id, jonas)
    assert _refs(desk) == before
    with desk.store.reading() as tx:
        kept = timeline.one(tx, entry.id)
        assert kept is not None
        assert kept.attachments == []
        again = [row.id for row in uploads.waiting(tx, jonas, mailed)]
        assert [row.name for row in uploads.waiting(tx, jonas, mailed)] == ["kettle.png", "bill.pdf"]
    with desk.store.transaction() as tx:
        outbound.reply(tx, mailed, jonas, "See [image: kettle.png]", files=again, undoable=True)
    clock.advance(timedelta(seconds=10))
    drain(desk)
    with desk.store.reading() as tx:
        rows = tx.scalars(select(Delivery).order_by(Delivery.id)).all()
        assert [row.state for row in rows] == ["withdrawn", "sent"]
        assert [f.filename for f in unpacked(rows[1].message).attachments] == ["kettle.png", "bill.pdf"]
    assert _refs(desk).items() >= before.items()


def test_a_corrected_address_gets_the_files_too(desk: Desk, jonas: Viewer, mailed: int) -> None:
    file = _attached(desk, jonas, mailed, "bill.pdf", PDF)
    with desk.store.transaction() as tx:
        entry = outbound.reply(tx, mailed, jonas, "The bill.", files=[file])
        tx.execute(update(Delivery).values(state="failed"))
    with desk.store.transaction() as tx:
        row = outbound.send_again(tx, entry.id, jonas, "marta@lindquist.example")
        assert [f.filename for f in unpacked(row.message).attachments] == ["bill.pdf"]
    drain(desk)
    with desk.store.reading() as tx:
        assert [row.state for row in tx.scalars(select(Delivery).order_by(Delivery.id))][-1] == "sent"
