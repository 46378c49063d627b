"""Those who write take turns: in order, so many at a time, and nobody waits for themselves."""

from __future__ import annotations

import threading
from collections.abc import Callable

import pytest
from sqlalchemy import text

from desk.store import Store
from desk.turns import Turns
from tests.servers.needs import wait_for

MANY = 8


def begun(work: Callable[[], None]) -> threading.Thread:
    thread = threading.Thread(target=work, daemon=True)
    thread.start()
    return thread


def test_first_come_first_served_and_one_at_a_time() -> None:
    turns, order, inside, most = Turns(), list[int](), 0, 0

    def one(n: int) -> None:
        nonlocal inside, most
        with turns.taken():
            inside += 1
            most = max(most, inside)
            order.append(n)
            inside -= 1

    with turns.taken():
        threads = []
        for n in range(MANY):
            threads.append(begun(lambda n=n: one(n)))  # type: ignore[misc]
            wait_for(lambda n=n: len(turns._waiting) == n + 1, "its place in the line")  # type: ignore[misc]
        assert order == []
    for thread in threads:
        thread.join(10)
    assert order == list(range(MANY))
    assert most == 1
    assert not turns._owners


def test_who_has_the_turn_goes_on_and_gives_it_back_once() -> None:
    turns = Turns()
    with turns.taken():
        with turns.taken():
            assert turns._owners == {threading.get_ident()}
        assert turns._owners == {threading.get_ident()}
    with pytest.raises(ValueError, match="broken"), turns.taken():
        raise ValueError("broken")
    assert not turns._owners


def test_whoever_waited_too_long_goes_on_without_a_turn() -> None:
    turns, went = Turns(patience=0.05), threading.Event()

    def impatient() -> None:
        with turns.taken():
            went.set()

    with turns.taken():
        begun(impatient).join(10)
        assert went.is_set()
        assert not turns._waiting
        assert turns._owners == {threading.get_ident()}, "the turn is still whose it was"
        assert turns._free == 0
    assert not turns._owners
    assert turns._free == 1


def test_so_many_write_at_a_time_as_there_are_places() -> None:
    turns, inside, hold, begins = Turns(places=2, patience=30.0), list[int](), threading.Event(), threading.Lock()

    def one(n: int) -> None:
        with turns.taken():
            with begins:
                inside.append(n)
            hold.wait(30)

    threads = []
    for n in range(2):
        threads.append(begun(lambda n=n: one(n)))  # type: ignore[misc]
        wait_for(lambda n=n: len(inside) == n + 1, "the one who has a place")  # type: ignore[misc]
    for n in range(2, 5):
        threads.append(begun(lambda n=n: one(n)))  # type: ignore[misc]
        wait_for(lambda n=n: len(turns._waiting) == n - 1, "its place in the line")  # type: ignore[misc]
    assert inside == [0, 1]
    hold.set()
    for thread in threads:
        thread.join(10)
    assert sorted(inside) == list(range(5))
    assert turns._free == 2, "both places are free again"
    assert not turns._owners


def test_a_place_that_falls_free_when_nobody_waits_is_there_for_the_next() -> None:
    turns = Turns(places=2)
    for _ in range(3):
        with turns.taken(), turns.taken():
            assert turns._free == 1, "whoever has a place takes no second one"
    assert turns._free == 2


@pytest.mark.database("postgresql")
def test_a_writer_who_is_held_up_by_others_goes_on_all_the_same(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    """Two long transactions have both places of the process: a third one waits its second, and is not kept for good."""
    monkeypatch.setattr(store._turns, "_patience", 0.05)
    hold, inside, done = threading.Event(), list[int](), threading.Event()

    def long() -> None:
        with store.transaction():
            inside.append(1)
            hold.wait(30)

    def short() -> None:
        with store.transaction() as tx:
            tx.execute(text("select 1"))
        done.set()

    threads = [begun(long), begun(long)]
    wait_for(lambda: len(inside) == 2, "both to write")
    begun(short).join(10)
    assert done.is_set()
    hold.set()
    for thread in threads:
        thread.join(10)
    assert store._turns._free == 2
