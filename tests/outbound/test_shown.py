"""Each step of a delivery is told to the screens that show it, and each has words of its own."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest
from sqlalchemy import select, update

from desk import outbound, timeline
from desk.channels.base import BouncedRecipient, Receipt
from desk.clock import SetClock
from desk.jobs.tables import Job
from desk.messages import SendResult
from desk.outbound import sending
from desk.outbound.tables import Delivery
from desk.parts import Desk
from desk.signals import EntryChanged, Signal
from desk.web.console import said
from desk.web.console.look import look
from desk.worker import run_one
from tests.outbound.test_sending import Post
from tests.outbound.test_undoing import Case, case

__all__ = ["case"]

Told = list[tuple[str, str]]


@pytest.fixture
def entry(desk: Desk, case: Case) -> timeline.EntryView:
    with desk.store.transaction() as tx:
        return outbound.reply(tx, case[0], case[1], "On its way.", undoable=True)


@pytest.fixture
def told(desk: Desk, entry: timeline.EntryView, clock: SetClock) -> Told:
    """What a screen that hears of the line would then show: the state and its words."""
    seen: Told = []

    def hear(signal: Signal) -> None:
        if isinstance(signal, EntryChanged) and signal.entry_id == entry.id:
            with desk.store.reading() as tx:
                row = outbound.delivery_of(tx, [entry.id])[entry.id]
            shown = said.delivery(row, look("en", "UTC"), clock.now())
            assert shown is not None
            if not seen or seen[-1] != (row.state, shown.text):
                seen.append((row.state, shown.text))

    desk.store.listen(hear)
    return seen


def _work(desk: Desk, monkeypatch: pytest.MonkeyPatch, clock: SetClock, *answers: SendResult) -> Post:
    post = Post()
    post.answers = list(answers)
    monkeypatch.setattr("desk.worker.tasks.channels", lambda: {"email": post})
    clock.advance(timedelta(hours=1))
    while run_one(desk, "w", ["outbound.deliver"]):
        pass
    return post


def _row(desk: Desk) -> Delivery:
    with desk.store.reading() as tx:
        return tx.scalars(select(Delivery)).one()


def test_sent_delivered_and_seen(desk: Desk, told: Told, clock: SetClock, monkeypatch: pytest.MonkeyPatch) -> None:
    _work(desk, monkeypatch, clock)
    row = _row(desk)
    with desk.store.transaction() as tx:
        outbound.receipt(tx, Receipt(row.inbox_id or 0, "", "delivered", message_id=row.message_id))
    assert told == [("sending", "Sending"), ("sent", "Sent"), ("delivered", "Delivered")]


@pytest.mark.parametrize(
    ("answer", "last"),
    [
        (SendResult("refused", detail="550 no"), ("failed", "Not delivered")),
        (SendResult("retry", detail="421 later"), ("queued", "Could not be sent yet, trying again")),
        (SendResult("unknown", detail="it broke"), ("uncertain", "Outcome unknown, sending again")),
    ],
)
def test_refused_put_off_and_unknown(
    desk: Desk,
    told: Told,
    clock: SetClock,
    monkeypatch: pytest.MonkeyPatch,
    answer: SendResult,
    last: tuple[str, str],
) -> None:
    _work(desk, monkeypatch, clock, answer)
    assert told == [("sending", "Sending"), last]


def test_sent_and_come_back_then_sent_again(
    desk: Desk, case: Case, entry: timeline.EntryView, told: Told, clock: SetClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    _work(desk, monkeypatch, clock)
    with desk.store.transaction() as tx:
        gone = [BouncedRecipient("marta@lindqvist.example", "5.1.1", "hard", "no such user")]
        outbound.bounced(tx, _row(desk).message_id, gone, "no such user")
    with desk.store.transaction() as tx:
        outbound.send_again(tx, entry.id, case[1])
    _work(desk, monkeypatch, clock)
    assert [state for state, _text in told] == ["sending", "sent", "failed", "queued", "sending", "sent"]


def test_what_the_desk_itself_stumbles_over_to_the_end_says_so(
    desk: Desk, told: Told, clock: SetClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    with desk.store.transaction() as tx:
        tx.execute(update(Job).where(Job.task == "outbound.deliver").values(max_attempts=1))

    def broken(*_: object) -> Callable[..., object]:
        raise RuntimeError("a bug")

    monkeypatch.setattr(sending, "_config", broken)
    _work(desk, monkeypatch, clock)
    assert told[-1] == ("failed", "Not delivered")
    assert _row(desk).detail == "Sending failed 1 times inside this desk: RuntimeError."


def test_taken_back(desk: Desk, case: Case, entry: timeline.EntryView) -> None:
    heard: list[Signal] = []
    desk.store.listen(heard.append)
    with desk.store.transaction() as tx:
        outbound.take_back(tx, entry.id, case[1])
    assert EntryChanged(entry.id, entry.customer_id, entry.conversation_id) in heard
