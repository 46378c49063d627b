"""What a desk says about the frustrated goes for those who wait already, and a queue shows what each stands by."""

from __future__ import annotations

from datetime import timedelta

import pytest

from desk import conversations, settings
from desk.conversations import ranking
from desk.conversations.service import set_priority
from desk.parts import Desk
from desk.reactions import react
from desk.store import Tx
from desk.worker import drain
from tests.factories import make_conversation, make_inbox
from tests.merging.lives import viewer_of


def put(desk: Desk, name: str, value: float) -> None:
    with desk.store.transaction() as tx:
        settings.set(tx, name, value, None)
    drain(desk)


def order(desk: Desk) -> list[str]:
    with desk.store.transaction() as tx:
        return [row.subject for row in conversations.queue(tx, viewer_of(tx, role="admin"), "all").rows]


@pytest.fixture
def three(desk: Desk) -> None:
    """One who waited for ten hours, a strained one for six, a frustrated one for one."""

    def waits(tx: Tx, subject: str, hours: int, level: str) -> None:
        at = tx.now() - timedelta(hours=hours)
        row = make_conversation(tx, subject=subject, waiting_since=at, opened_at=at, last_at=at)
        conversations.set_level(tx, row, level, 0.5)

    desk.store.react_with(react)
    with desk.store.transaction() as tx:
        make_inbox(tx)
        waits(tx, "calm", 10, "calm")
        waits(tx, "strained", 6, "strained")
        waits(tx, "frustrated", 1, "frustrated")


def test_another_head_start_puts_those_who_wait_in_another_order(
    desk: Desk, three: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(ranking, "SLICE", 1)
    assert order(desk) == ["frustrated", "calm", "strained"]
    put(desk, "frustration.strained_hours", 8)
    assert order(desk) == ["strained", "frustrated", "calm"]
    put(desk, "frustration.frustrated_hours", 0)
    assert order(desk) == ["strained", "calm", "frustrated"]
    put(desk, "desk.name", "Kiln")  # says nothing of it
    assert order(desk) == ["strained", "calm", "frustrated"]


def test_what_happens_later_keeps_the_head_start(desk: Desk, three: None) -> None:
    put(desk, "frustration.frustrated_hours", 0)
    with desk.store.transaction() as tx:
        ada = viewer_of(tx, role="admin")
        [number] = [row.id for row in conversations.queue(tx, ada, "all").rows if row.subject == "frustrated"]
        set_priority(tx, number, ada, 1)
    assert order(desk) == ["calm", "strained", "frustrated"]


def test_one_that_is_over_is_left_where_it_is(desk: Desk, three: None) -> None:
    with desk.store.transaction() as tx:
        ada = viewer_of(tx, role="admin")
        [number] = [row.id for row in conversations.queue(tx, ada, "all").rows if row.subject == "frustrated"]
        before = conversations.resolve(tx, number, ada).urgency
    put(desk, "frustration.frustrated_hours", 100)
    with desk.store.reading() as tx:
        assert conversations.get(tx, number, None).urgency == before
