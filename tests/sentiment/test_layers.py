"""Layers of a desk: held against what judged before, refused where worse, and taken back, on both databases."""

from __future__ import annotations

from datetime import timedelta

import numpy as np
import pytest

from desk import agents, sentiment
from desk.clock import SetClock
from desk.sentiment import checking, learned
from desk.sentiment.adapting import BESIDE, learn
from desk.sentiment.features import VADERS
from desk.sentiment.fitting import Doubles
from desk.sentiment.head import Head
from desk.sentiment.tables import Layer
from desk.store import Store, Tx
from tests.factories import make_staff


def layer(tx: Tx, corrections: int, how: str = "kept") -> int:
    row = Layer(
        at=tx.now(), head="h", corrections=corrections, last_correction_id=corrections, weights=b"1234", how=how
    )
    tx.add(row)
    tx.flush()
    return row.id


def used(store: Store) -> tuple[str, int] | None:
    with store.reading() as tx:
        row = learned.in_use(tx)
        return None if row is None else (row.how, row.corrections)


def test_the_newest_that_was_not_refused_judges_until_a_person_chooses(store: Store, clock: SetClock) -> None:
    assert used(store) is None
    with store.transaction() as tx:
        viewer = agents.viewer(tx, make_staff(tx, role="admin").id)
        first = layer(tx, 20)
    assert viewer is not None
    clock.advance(timedelta(days=1))
    with store.transaction() as tx:
        layer(tx, 40)
    clock.advance(timedelta(days=1))
    with store.transaction() as tx:
        refused = layer(tx, 60, learned.REFUSED)
    assert used(store) == ("kept", 40)
    clock.advance(timedelta(days=1))
    with store.transaction() as tx:
        sentiment.choose(tx, first, viewer)
    assert used(store) == ("kept", 20)
    clock.advance(timedelta(days=1))
    with store.transaction() as tx:
        sentiment.choose(tx, None, viewer)
    assert used(store) == ("shipped", 0)
    with store.transaction() as tx, pytest.raises(LookupError):
        sentiment.choose(tx, refused, viewer)
    clock.advance(timedelta(days=1))
    with store.transaction() as tx:
        sentiment.choose(tx, first, viewer)
        assert [(row.how, row.chosen_by) for row in sentiment.layers(tx) if row.chosen_by] == [
            ("shipped", viewer.id), ("kept", viewer.id),
        ]  # fmt: skip
        for number in range(8):
            layer(tx, 100 + number, learned.REFUSED)
        learned.forget_old(tx)
        assert {row.corrections for row in sentiment.layers(tx)} == {0, 20, 103, 104, 105, 106, 107}
    assert used(store) == ("kept", 20)


def head() -> Head:
    dimension, nothing = 4, np.zeros(0, np.float32)
    return Head(
        name="h", reads="r", into=np.zeros((2 * dimension + BESIDE, 1), np.float32), into_shift=nothing, out=nothing,
        out_shift=0.0, idf=nothing, words=nothing, words_shift=0.0, slope=1.0, shift=0.0, centre=0.0, spread=1.0,
    )  # fmt: skip


def lesson(truth: bool) -> tuple[Doubles, Doubles]:
    """Sixty labels that follow the first number of each row, or nothing at all."""
    random = np.random.default_rng(7)
    seen = random.normal(size=(60, 4 + 1 + VADERS))
    labels = (seen[:, 0] > 0).astype(np.float64) if truth else random.integers(0, 2, 60).astype(np.float64)
    return seen, labels


def test_what_is_better_on_labels_that_it_never_saw_passes_and_what_is_worse_does_not() -> None:
    everything = np.ones(60, bool)
    seen, labels = lesson(True)
    good = checking.compare(head(), seen, -3.0 * seen[:, 0], labels, np.ones(60), everything)
    assert good is not None and not good.worse
    assert (good.n, good.right_after > good.right_before) == (60, True)
    # What judges now is always right here, so that whatever is learned can only be worse.
    bad = checking.compare(head(), seen, 20.0 * (labels - 0.5), labels, np.ones(60), everything)
    assert bad is not None and bad.worse and bad.right_before == 60
    assert checking.compare(head(), seen, labels, labels, np.ones(60), ~everything) is None


def test_what_is_held_out_is_not_learned_from() -> None:
    """Labels without any sense cannot be foretold: a layer that had seen them would be right more often than this."""
    seen, labels = lesson(False)
    held = checking.compare(head(), seen, np.zeros(60), labels, np.ones(60), np.ones(60, bool))
    own = seen @ (taught := learn(head(), seen, labels, np.ones(60)).weights)[:-1] + taught[-1]
    seen_loss = float(np.mean(np.logaddexp(0.0, own) - labels * own))
    assert held is not None
    assert held.loss_after > seen_loss
