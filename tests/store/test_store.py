"""The transaction: what is announced, when, and what a rollback takes back."""

from __future__ import annotations

import gc
from datetime import UTC, datetime, timedelta, timezone

import pytest
from sqlalchemy import create_engine, event, func, select
from sqlalchemy.exc import StatementError

from desk import store as store_module
from desk.jobs.tables import Beat
from desk.people import Customer
from desk.signals import FactRecorded, JobsWaiting, Signal
from desk.store import Store, Tx
from tests.factories import make_customer


def test_signals_are_heard_after_the_commit_and_never_after_a_rollback(store: Store) -> None:
    heard: list[tuple[Signal, int]] = []

    def listener(signal: Signal) -> None:
        with store.reading() as tx:
            heard.append((signal, len(tx.scalars(select(Beat)).all())))

    store.listen(listener)
    with store.transaction() as tx:
        tx.add(Beat(name="a", next_at=tx.now()))
        tx.announce(JobsWaiting())
        assert heard == []
    assert heard == [(JobsWaiting(), 1)]  # whoever hears it can read it
    with pytest.raises(RuntimeError), store.transaction() as tx:
        tx.announce(JobsWaiting())
        raise RuntimeError
    assert len(heard) == 1


def test_a_reaction_runs_in_the_same_transaction_and_may_announce_more(store: Store) -> None:
    def react(tx: Tx, signal: Signal) -> None:
        if isinstance(signal, JobsWaiting):
            tx.add(Beat(name="followed", next_at=tx.now()))
            tx.announce(FactRecorded(1, "csat"))

    heard: list[Signal] = []
    store.react_with(react)
    store.listen(heard.append)
    with store.transaction() as tx:
        tx.announce(JobsWaiting())
    assert heard == [JobsWaiting(), FactRecorded(1, "csat")]
    with store.reading() as tx:
        assert tx.get(Beat, "followed") is not None


def test_a_reaction_that_fails_takes_everything_back(store: Store) -> None:
    def react(tx: Tx, signal: Signal) -> None:
        raise LookupError("no")

    store.react_with(react)
    with pytest.raises(LookupError), store.transaction() as tx:
        tx.add(Beat(name="lost", next_at=tx.now()))
        tx.announce(JobsWaiting())
    with store.reading() as tx:
        assert tx.get(Beat, "lost") is None


def test_a_listener_that_fails_stops_nobody(store: Store) -> None:
    heard: list[Signal] = []

    def broken(signal: Signal) -> None:
        raise ValueError("a screen is gone")

    store.listen(broken)
    store.listen(heard.append)
    with store.transaction() as tx:
        tx.announce(JobsWaiting())
    assert heard == [JobsWaiting()]


def test_times_come_back_in_utc_and_sort(store: Store) -> None:
    east = timezone(timedelta(hours=9))
    moments = [datetime(2026, 3, 2, 9, tzinfo=east), datetime(2026, 3, 2, 1, 30, 0, 5, tzinfo=UTC)]
    with store.transaction() as tx:
        for n, moment in enumerate(moments):
            tx.add(Beat(name=str(n), next_at=moment))
    with store.reading() as tx:
        rows = tx.scalars(select(Beat).order_by(Beat.next_at)).all()
        assert [r.name for r in rows] == ["0", "1"]
        assert rows[0].next_at == moments[0]
        assert rows[0].next_at.utcoffset() == timedelta(0)
        assert tx.scalar(select(Beat.name).where(Beat.next_at == moments[1])) == "1"


def test_a_time_without_a_zone_is_refused(store: Store) -> None:
    with pytest.raises(StatementError, match="without a zone"), store.transaction() as tx:
        tx.add(Beat(name="naive", next_at=datetime(2026, 3, 2)))  # noqa: DTZ001
        tx.flush()


def test_a_reader_does_not_wait_for_a_writer(store: Store) -> None:
    with store.transaction() as writing:
        make_customer(writing, name="Ada")
        with store.reading() as tx:
            assert tx.scalars(select(Beat)).all() == []


def test_what_one_commit_brought_is_heard_together(store: Store) -> None:
    heard: list[list[Signal]] = []
    store.listen_together(lambda signals: heard.append(list(signals)))
    with store.transaction() as tx:
        tx.announce(JobsWaiting("a"))
        tx.announce(FactRecorded(1, "csat"))
    with store.transaction():
        pass
    assert heard == [[JobsWaiting("a"), FactRecorded(1, "csat")]]


@pytest.mark.database("postgresql")
def test_a_connection_that_died_while_it_rested_is_not_used(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(store_module, "TRUSTED_FOR", 0.0)
    with store.reading() as tx:
        first = tx.scalar(select(func.pg_backend_pid()))
    other = create_engine(store.engine.url)
    with other.begin() as connection:
        connection.execute(select(func.pg_terminate_backend(first, 5000)))
    other.dispose()
    with store.reading() as tx:
        assert tx.scalar(select(func.pg_backend_pid())) != first


@pytest.mark.database("postgresql")
def test_readers_on_postgresql_open_no_transaction(store: Store) -> None:
    now = select(func.now())
    with store.reading() as tx:
        assert tx.scalar(now) != tx.scalar(now)  # now() is when the transaction began
    with store.transaction() as tx:
        assert tx.scalar(now) == tx.scalar(now)


def test_a_row_that_was_made_or_looked_up_is_not_asked_for_again(store: Store) -> None:
    with store.transaction() as tx:
        customer_id = make_customer(tx).id
    seen: list[str] = []
    event.listen(store.engine, "before_cursor_execute", lambda *a: seen.append(a[2]))
    with store.reading() as tx:
        for _ in range(3):
            tx.get(Customer, customer_id)
            gc.collect()
    assert len([s for s in seen if "customers" in s]) == 1
