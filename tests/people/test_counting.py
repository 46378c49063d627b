"""How many customers there are, and a fair sample of them."""

from __future__ import annotations

import pytest

from desk import people
from desk.people import counting
from desk.people.tables import Customer
from desk.store import Store, Tx


def _customers(tx: Tx, numbers: range) -> None:
    for number in numbers:
        tx.add(
            Customer(
                id=number, name="", name_folded="", locale=None, zone=None, created_at=tx.now(), sample=False,
                merged_into=None if number != numbers[1] else numbers[0],
            )
        )  # fmt: skip
        tx.flush()


def test_few_customers_are_all_looked_at_but_those_who_were_joined(store: Store) -> None:
    with store.transaction() as tx:
        _customers(tx, range(1, 21))
    with store.reading() as tx:
        assert people.count(tx) == 19
        assert people.spread(tx, 19, 0.3) == [1, *range(3, 21)]


def test_a_sample_is_spread_over_all_of_them_also_where_numbers_are_missing(store: Store) -> None:
    with store.transaction() as tx:
        _customers(tx, range(10, 1000, 3))  # two of three numbers are missing
    with store.reading() as tx:
        for start in (0.0, 0.37, 0.99):
            found = people.spread(tx, 60, start)
            assert 30 <= len(found) <= 110
            assert found == sorted(set(found)) and 13 not in found
            for low in range(10, 1000, 200):
                assert len(found) / 10 < sum(low <= number < low + 200 for number in found) < len(found) / 3


def test_of_many_the_count_is_kept_for_a_while(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(counting, "EXACT", 10)
    with store.transaction() as tx:
        _customers(tx, range(1, 6))
        assert people.count(tx) == 4
        _customers(tx, range(20, 30))
        assert people.count(tx) == 13
        _customers(tx, range(40, 43))
        assert people.count(tx) == 13, "they are not counted again at once"


def test_a_kept_count_ends(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(counting, "EXACT", 10)
    monkeypatch.setattr(counting, "KEPT", 0.0)
    with store.transaction() as tx:
        _customers(tx, range(1, 16))
        assert people.count(tx) == 14
        _customers(tx, range(20, 23))
        assert people.count(tx) == 16
