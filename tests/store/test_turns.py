"""Those who write to SQLite take turns: in order, one at a time, and nobody waits for themselves."""

from __future__ import annotations

import threading
from collections.abc import Callable

import pytest

from desk import turns as turns_module
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
    assert turns._owner is None


def test_who_has_the_turn_goes_on_and_gives_it_back_once() -> None:
    turns = Turns()
    with turns.taken():
        with turns.taken():
            assert turns._owner == threading.get_ident()
        assert turns._owner == threading.get_ident()
    with pytest.raises(ValueError, match="broken"), turns.taken():
        raise ValueError("broken")
    assert turns._owner is None


def test_whoever_waited_too_long_goes_on_without_a_turn(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(turns_module, "PATIENCE", 0.05)
    turns, went = Turns(), threading.Event()

    def impatient() -> None:
        with turns.taken():
            went.set()

    with turns.taken():
        begun(impatient).join(10)
        assert went.is_set()
        assert not turns._waiting
        assert turns._owner == threading.get_ident(), "the turn is still whose it was"
    assert turns._owner is None
