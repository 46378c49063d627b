"""A column among a list of numbers: the same text whatever the length, and found by an index."""

from __future__ import annotations

from typing import Any

import pytest
from sqlalchemy import event, not_, or_, select, text

from desk.among import among
from desk.people.tables import Customer
from desk.store import Store, Tx
from tests.factories import make_customer

_C = Customer.__table__.c


@pytest.fixture
def customers(store: Store) -> list[int]:
    with store.transaction() as tx:
        return [make_customer(tx).id for _ in range(5)]


@pytest.mark.parametrize("places", [[], [0], [0, 3], [4, 2, 0, 2]])
def test_it_holds_for_those_of_the_list_and_nobody_else(store: Store, customers: list[int], places: list[int]) -> None:
    wanted = [customers[place] for place in places]
    with store.reading() as tx:
        found = tx.execute(select(_C.id).where(among(_C.id, "some")), {"some": wanted}).scalars().all()
        others = tx.execute(select(_C.id).where(not_(among(_C.id, "some"))), {"some": wanted}).scalars().all()
        both = select(_C.id).where(or_(among(_C.id, "some"), among(_C.id, "more")), _C.id > 0)
        either = tx.execute(both, {"some": wanted, "more": [customers[1]]}).scalars().all()
    assert sorted(found) == sorted(set(wanted))
    assert sorted([*found, *others]) == customers
    assert set(either) == {*wanted, customers[1]}


def test_lists_of_all_lengths_are_one_statement(store: Store, customers: list[int]) -> None:
    said: list[str] = []
    with store.reading() as tx:
        event.listen(tx.connection(), "before_cursor_execute", lambda *a: said.append(a[2]))
        for wanted in ([], customers[:1], customers):
            tx.execute(select(_C.id).where(among(_C.id, "some")), {"some": wanted})
    assert len(said) == 3 and len(set(said)) == 1


def test_a_key_is_looked_up_and_the_table_is_not_walked(store: Store, customers: list[int]) -> None:
    statement = select(_C.name).where(among(_C.id, "some"), _C.name != "")
    with store.transaction() as tx:
        if tx.dialect_name == "postgresql":
            tx.execute(text("SET LOCAL enable_seqscan = off"))  # five rows are walked sooner than looked up
        plan = _plan(tx, statement, {"some": customers[:2]})
    assert "SEARCH customers USING INTEGER PRIMARY KEY" in plan or "pk_customers" in plan, plan


def _plan(tx: Tx, statement: Any, values: dict[str, Any]) -> str:
    sent: list[tuple[str, Any]] = []
    event.listen(tx.connection(), "before_cursor_execute", lambda *a: sent.append((a[2], a[3])))
    tx.execute(statement, values)
    how = "EXPLAIN QUERY PLAN " if tx.dialect_name == "sqlite" else "EXPLAIN "
    return "\n".join(str(row) for row in tx.connection().exec_driver_sql(how + sent[0][0], sent[0][1]))
