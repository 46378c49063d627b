"""A timeline narrowed to some kinds and a channel: no gap, no double, and no walk past all the rest."""

from __future__ import annotations

import re
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import event, text

from desk import agents, conversations, timeline
from desk.store import Store
from desk.timeline.streams import COUNTED, KINDS, Sieve
from tests import factories

DESK = Path(timeline.__file__).parents[1]
MIXED = ("message", "reply", "note", "status", "stage", "message", "event", "bot", "survey_asked", "merge", "label")


def filled(store: Store, count: int, kinds: tuple[str, ...] = MIXED) -> int:
    """A customer with so many lines; every fourth message came by text. Several are of the same moment."""
    with store.transaction() as tx:
        conversation = factories.make_conversation(tx)
        for n in range(count):
            timeline.record(
                tx,
                customer_id=conversation.customer_id,
                conversation_id=conversation.id,
                kind=kinds[n % len(kinds)],
                author="desk",
                occurred_at=tx.now() + timedelta(minutes=n // 3),
                channel=None if kinds[n % len(kinds)] in ("status", "label", "stage") else "sms" if n % 4 else "email",
                detail={"n": n},
            )
        return conversation.customer_id


@pytest.mark.parametrize(
    ("sorts", "channel"),
    [
        (["messages"], None),
        (["messages", "notes", "status"], None),
        ([], "sms"),
        (["messages", "bot"], "sms"),
        ([], None),
    ],
)
def test_filtered_pages_join_without_gap_or_double(store: Store, sorts: list[str], channel: str | None) -> None:
    customer = filled(store, 60)
    sieve = timeline.sieve_of(sorts, channel)
    with store.reading() as tx:
        wanted = [
            e.id
            for e in timeline.page(tx, customer, limit=500)
            if (not sieve.kinds or e.kind in sieve.kinds) and channel in (None, e.channel)
        ]
        down: list[int] = []
        before = None
        while page := timeline.page(tx, customer, before=before, limit=4, sieve=sieve):
            down[:0] = [e.id for e in page]
            before = (page[0].occurred_at, page[0].id)
        up: list[int] = []
        after = (tx.now() - timedelta(days=1), 1)
        while page := timeline.page(tx, customer, after=after, limit=4, sieve=sieve, upward=True):
            up += [e.id for e in page]
            after = (page[-1].occurred_at, page[-1].id)
    assert 0 < len(wanted) <= 60
    assert down == up == wanted


def test_a_place_opens_with_what_was_before_and_after_it(store: Store) -> None:
    customer = filled(store, 40)
    with store.reading() as tx:
        every = timeline.page(tx, customer, limit=100)
        for n in (0, 1, 20, 38, 39):
            there = timeline.around(tx, customer, (every[n].occurred_at, every[n].id), limit=10)
            ids = [e.id for e in there.entries]
            assert len(ids) == (10 if n > 4 else 5 + n)
            assert every[n].id in ids
            start = [e.id for e in every].index(ids[0])
            assert ids == [e.id for e in every[start : start + len(ids)]]
            assert there.older == (start > 0)
            assert there.newer == (start + len(ids) < 40)


def test_lines_are_counted_by_sort_and_channel_as_they_may_be_seen(store: Store) -> None:
    customer = filled(store, 22)
    with store.transaction() as tx:
        closed = factories.make_conversation(
            tx, tx.get(factories.Customer, customer), team_id=factories.make_team(tx).id
        )
        factories.make_entry(tx, closed, "For the others", kind="note", channel="chat")
        ada = agents.viewer(tx, factories.make_staff(tx).id)
        bea = agents.viewer(tx, factories.make_staff(tx, "admin").id)
        assert ada is not None
        assert bea is not None
    with store.reading() as tx:
        sorts, channels, whole = timeline.counted(tx, customer, conversations.visible_entries(ada))
        assert whole
        assert sorts["messages"] == 6
        assert sorts["notes"] == 2
        assert "chat" not in channels
        sorts, channels, _ = timeline.counted(tx, customer, conversations.visible_entries(bea))
        assert sorts["notes"] == 3
        assert channels["chat"] == 1


def test_every_kind_that_the_desk_records_stands_under_a_sort() -> None:
    """A kind of no sort would be found by no filter, and by none of a channel."""
    recorded: set[str] = set()
    for path in DESK.rglob("*.py"):
        for call in re.findall(r"(?:timeline\.record|\brecord|_entry)\((.*?)\n    \)", path.read_text(), re.DOTALL):
            recorded |= set(re.findall(r'^\s+kind="(\w+)"', call, re.MULTILINE))
    assert {"message", "note", "merge", "event"} - recorded <= {"message"}
    assert recorded <= set(KINDS)
    assert len(KINDS) == len(set(KINDS))


FILL = """
insert into entries (id, customer_id, conversation_id, occurred_at, recorded_at, kind, author, channel, detail)
select e.id + g.n, e.customer_id, e.conversation_id, e.occurred_at, e.recorded_at,
  case when g.n % 4000 = 7 then 'stage' else 'reply' end, 'staff',
  case when g.n % 5000 = 9 then 'sms' else 'email' end, e.detail
from entries e, numbers g where e.id = :id
"""
NUMBERS = "with recursive numbers(n) as (select 1 union all select n + 1 from numbers where n < 10000)"


@pytest.mark.parametrize(
    ("sorts", "channel", "expected"),
    [(["stages"], None, 3), ([], "sms", 2), (["messages"], "sms", 2), (["notes"], "chat", 0)],
)
def test_a_rare_kind_is_found_without_reading_the_rest(
    store: Store, sorts: list[str], channel: str | None, expected: int
) -> None:
    """Ten thousand lines, some of them rare: each piece is read off an index, by its condition alone."""
    customer = filled(store, 1)
    with store.transaction() as tx:
        row = timeline.page(tx, customer)[0]
        fill = f"{NUMBERS} {FILL}"
        tx.execute(text(fill), {"id": row.id})
        tx.execute(text("analyze"))
    said: list[tuple[str, Any]] = []
    event.listen(store.engine, "before_cursor_execute", lambda _c, _u, asked, values, *_: said.append((asked, values)))
    with store.reading() as tx:
        found = timeline.page(tx, customer, limit=51, sieve=timeline.sieve_of(sorts, channel))
        assert len(found) == expected
        asked, values = said[-1]
        explain = "explain (analyze, costs off)" if tx.dialect_name == "postgresql" else "explain query plan"
        plan = "\n".join(str(r) for r in tx.connection().exec_driver_sql(f"{explain} {asked}", values))
    assert "ix_entries_channel" in plan or "ix_entries_kind" in plan, plan
    assert not re.search(r"SCAN (?:entries|e)\b|Seq Scan on entries|Rows Removed by Filter: \d{3}", plan), plan


def test_counting_stops_in_a_long_timeline(store: Store) -> None:
    assert COUNTED <= 2000
    assert not Sieve()
    assert timeline.sieve_of(list(timeline.SORTS), None) == Sieve()
    assert timeline.sieve_of(["nonsense"], "") == Sieve()
