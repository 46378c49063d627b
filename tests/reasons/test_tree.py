"""The tree of reasons: two levels, names that are unique among neighbours, and what merging and archiving leave."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from desk import audit, reasons
from desk.reasons import BadReason
from desk.store import Store, Tx
from tests.factories import make_staff


def paths(tx: Tx, *, archived: bool = False) -> list[str]:
    return [one.path for one in reasons.known(tx, archived=archived)]


def test_a_tree_of_two_levels_is_made_ordered_and_moved(store: Store) -> None:
    with store.transaction() as tx:
        by = make_staff(tx, "supervisor").id
        delivery, money = (reasons.add(tx, name, by) for name in ("Delivery", "Money"))
        late = reasons.add(tx, " Late  parcel ", by, delivery.id, "What has not come")
        reasons.add(tx, "Damaged", by, delivery.id)
        assert paths(tx) == ["Delivery", "Delivery › Late parcel", "Delivery › Damaged", "Money"]
        reasons.shift(tx, late.id, 1)
        reasons.shift(tx, money.id, -1)
        reasons.shift(tx, money.id, -1)
        assert paths(tx) == ["Money", "Delivery", "Delivery › Damaged", "Delivery › Late parcel"]
        reasons.move(tx, late.id, money.id)
        assert paths(tx) == ["Money", "Money › Late parcel", "Delivery", "Delivery › Damaged"]
        reasons.move(tx, late.id, None)
        assert paths(tx) == ["Money", "Delivery", "Delivery › Damaged", "Late parcel"]
        reasons.change(tx, money.id, "Refunds", "Money back")
        assert reasons.known(tx)[0].description == "Money back" and paths(tx)[0] == "Refunds"
        seen = [change.title for change in audit.of(tx, "reason", money.id)]
        assert set(seen) == {"Money", "Refunds"}, "who changes the tree is in the desk's log"


def test_what_the_tree_does_not_take_is_refused_with_its_reason(store: Store) -> None:
    with store.transaction() as tx:
        top, other = reasons.add(tx, "Delivery", None), reasons.add(tx, "Money", None)
        part = reasons.add(tx, "Late", None, top.id)
        reasons.add(tx, "Late", None, other.id)  # the same name elsewhere is another thing
        gone = reasons.add(tx, "Gone", None)
        reasons.archive(tx, gone.id)

        def refused(why: str, do: Callable[[], object]) -> None:
            with pytest.raises(BadReason) as found:
                do()
            assert found.value.reason == why

        refused("name", lambda: reasons.add(tx, "  ", None))
        refused("name", lambda: reasons.add(tx, "x" * 61, None))
        refused("taken", lambda: reasons.add(tx, "DELIVERY", None))
        refused("taken", lambda: reasons.change(tx, other.id, "delivery", ""))
        refused("taken", lambda: reasons.move(tx, part.id, other.id))
        refused("deep", lambda: reasons.add(tx, "Deeper", None, part.id))
        refused("deep", lambda: reasons.move(tx, top.id, other.id))
        refused("archived", lambda: reasons.add(tx, "Part", None, gone.id))
        refused("itself", lambda: reasons.move(tx, top.id, top.id))
        refused("itself", lambda: reasons.merge(tx, top.id, top.id))
        refused("itself", lambda: reasons.merge(tx, top.id, part.id))
        refused("archived", lambda: reasons.merge(tx, top.id, gone.id))
        with pytest.raises(LookupError):
            reasons.change(tx, 999, "x", "")
        reasons.add(tx, "Gone", None)  # an archived name is free again
        refused("taken", lambda: reasons.archive(tx, gone.id, archived=False))


def test_a_merged_reason_takes_its_parts_along(store: Store) -> None:
    with store.transaction() as tx:
        post, delivery = reasons.add(tx, "Post", None), reasons.add(tx, "Delivery", None)
        old = reasons.add(tx, "Late", None, post.id)
        lost = reasons.add(tx, "Lost", None, post.id)
        late = reasons.add(tx, "late", None, delivery.id)
        ids = [one.id for one in (post, old, lost, late, delivery)]
        reasons.merge(tx, post.id, delivery.id)
        assert paths(tx, archived=True) == ["Delivery", "Delivery › late", "Delivery › Lost"]
        whole = reasons.add(tx, "Shipping", None)
        reasons.merge(tx, ids[4], whole.id)
        assert paths(tx, archived=True) == ["Shipping", "Shipping › late", "Shipping › Lost"]
        stands = reasons.became(tx)
        assert [stands[one] for one in ids] == [whole.id, ids[3], ids[2], ids[3], whole.id], (
            "also what was merged twice"
        )


def test_what_is_archived_comes_back_under_what_it_is_a_part_of(store: Store) -> None:
    with store.transaction() as tx:
        top = reasons.add(tx, "Delivery", None)
        part = reasons.add(tx, "Late", None, top.id)
        reasons.archive(tx, top.id)
        assert paths(tx) == [] and paths(tx, archived=True) == ["Delivery", "Delivery › Late"]
        reasons.archive(tx, part.id, archived=False)
        assert paths(tx) == ["Delivery", "Delivery › Late"]
