"""What the line of a merge says of its undo is what the undo itself finds."""

from __future__ import annotations

import pytest

from desk import merging, people
from desk.clock import SetClock
from desk.conversations import NotPossible
from desk.merging import standing, talks
from desk.parts import Desk
from desk.store import Store
from tests.factories import make_conversation, make_customer, make_entry
from tests.merging.lives import lives, viewer_of


def test_a_later_move_of_the_same_lines_comes_first(store: Store, clock: SetClock) -> None:
    with store.transaction() as tx:
        ada, maya = viewer_of(tx), make_customer(tx)
        rows = [make_conversation(tx, maya) for _ in range(4)]
        entries = [make_entry(tx, row) for row in rows for _ in range(2)]
        moves = [talks.merge(tx, rows[0].id, rows[1].id, ada)]
        moves.append(talks.merge(tx, rows[1].id, rows[2].id, ada))
        moves.append(talks.split(tx, entries[-1].id, ada))
        ids = [move.id for move in moves]
    assert _all(store, ids) == ["later", "", ""]
    with store.transaction() as tx, pytest.raises(NotPossible):
        talks.undo(tx, ids[0], ada)
    with store.transaction() as tx:
        talks.undo(tx, ids[1], ada)
    assert _all(store, ids) == ["", "undone", ""]
    with store.transaction() as tx:
        tx.get_one(merging.TalkMove, ids[2]).kept = {}
    assert _all(store, ids) == ["", "undone", "erased"]
    with store.reading() as tx:
        assert standing.of_talks(tx, []) == {} == standing.of_talks(tx, [10**9])


def _all(store: Store, ids: list[int]) -> list[str]:
    with store.reading() as tx:
        found = standing.of_talks(tx, ids)
        assert all(standing.of_talks(tx, [number])[number] == found[number] for number in ids)
    return [found[number] for number in ids]


def test_joins_of_customers_can_be_undone_until_one_is_erased(desk: Desk, clock: SetClock) -> None:
    one, two, three = lives(desk, clock, "one@x.example", "two@x.example", "three@x.example")
    with desk.store.transaction() as tx:
        lead = viewer_of(tx, "supervisor")
        first = merging.join(tx, one, two, because="agent", by=lead)
        second = merging.join(tx, one, three, because="agent", by=lead)
        ids = [first.id, second.id]
    with desk.store.transaction() as tx:
        assert standing.of_merges(tx, ids) == {ids[0]: "", ids[1]: ""}
        merging.undo(tx, ids[0], lead)
        assert standing.of_merges(tx, [*ids, 10**9]) == {ids[0]: "undone", ids[1]: ""}
        tx.get_one(people.Customer, three).erased_at = tx.now()
        tx.flush()
        assert standing.of_merges(tx, ids) == {ids[0]: "undone", ids[1]: "erased"}
