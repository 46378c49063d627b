"""How far a colleague has read: told apart by colleague and customer, and never set back."""

from __future__ import annotations

from datetime import timedelta

from desk import timeline
from desk.clock import SetClock
from desk.store import Store
from tests import factories


def test_each_colleague_has_a_place_of_their_own_that_only_moves_on(store: Store, clock: SetClock) -> None:
    with store.transaction() as tx:
        customer = factories.make_customer(tx).id
        ada, bea = factories.make_staff(tx).id, factories.make_staff(tx).id
        assert timeline.look(tx, ada, customer) is None
        timeline.looked(tx, ada, customer, 20)
    first = clock.now()
    clock.advance(timedelta(hours=2))
    with store.transaction() as tx:
        timeline.looked(tx, ada, customer, 10)  # a second screen, which had seen less
        assert timeline.look(tx, ada, customer) == timeline.Look(20, first)
        timeline.looked(tx, ada, customer, 30)
        assert timeline.look(tx, ada, customer) == timeline.Look(30, clock.now())
        assert timeline.look(tx, bea, customer) is None
