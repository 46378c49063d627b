"""Who sees what, and the queues: right rows, right order, every row once however the pages are cut."""

from __future__ import annotations

import random
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import event, select, text

from desk import agents, conversations, timeline
from desk.agents import Viewer
from desk.conversations.states import urgency
from desk.conversations.tables import Conversation
from desk.store import Store, Tx
from tests.factories import make_conversation, make_customer, make_inbox, make_staff, make_team


def _viewer(tx: Tx, **fields: Any) -> Viewer:
    found = agents.viewer(tx, make_staff(tx, **fields).id)
    assert found is not None
    return found


@pytest.fixture
def crowd(store: Store) -> dict[str, Viewer]:
    """Three teams' worth of conversations, an agent in one team, one in none, a supervisor."""
    rng = random.Random(3)
    with store.transaction() as tx:
        inbox = make_inbox(tx)
        teams = [make_team(tx) for _ in range(2)]
        viewers = {
            "member": _viewer(tx, teams=(teams[0],)),
            "loner": _viewer(tx),
            "lead": _viewer(tx, role="supervisor"),
        }
        customer = make_customer(tx)
        for n in range(90):
            at = tx.now() - timedelta(minutes=rng.randrange(5000))
            level = rng.choice(["calm", "calm", "strained", "frustrated"])
            waiting = rng.choice([at, at, None])
            make_conversation(
                tx,
                customer,
                inbox_id=inbox.id,
                team_id=rng.choice([None, teams[0].id, teams[1].id]),
                assignee_id=rng.choice([None, viewers["member"].id, viewers["loner"].id, viewers["lead"].id]),
                status=rng.choice(["open", "open", "open", "pending", "snoozed", "resolved", "spam"]),
                level=level,
                waiting_since=waiting,
                snoozed_until=at + timedelta(days=9),
                last_at=at,
                due_at=at + timedelta(hours=8) if n % 2 else None,
                urgency=urgency(waiting_since=waiting, last_at=at, level=level, priority=0),
                subject=f"n{n}",
            )
        for row in tx.scalars(select(Conversation)).all():
            for _ in range(rng.choice([0, 0, 1, 2])):
                names(tx, row, *{rng.choice(list(viewers.values())) for _ in range(2)})
    return viewers


def names(tx: Tx, row: Conversation, *named: Viewer) -> None:
    """A note that names these colleagues."""
    note = timeline.record(
        tx,
        customer_id=row.customer_id,
        kind="note",
        author="staff",
        occurred_at=tx.now(),
        conversation_id=row.id,
    )
    timeline.mention(tx, note.id, [one.id for one in named])


@pytest.mark.parametrize("who", ["member", "loner", "lead"])
def test_the_condition_and_the_rule_in_python_agree(store: Store, crowd: dict[str, Viewer], who: str) -> None:
    viewer = crowd[who]
    with store.reading() as tx:
        everything = tx.scalars(select(Conversation)).all()
        seen = set(tx.scalars(select(Conversation.id).where(conversations.visible_to(viewer))))
        assert seen == {c.id for c in everything if conversations.may_see(viewer, c.team_id, c.assignee_id)}
        assert (len(seen) == len(everything)) == (who == "lead")
        for c in everything:
            if c.id in seen:
                assert conversations.get(tx, c.id, viewer) is c
            else:
                with pytest.raises(conversations.NotVisible):
                    conversations.get(tx, c.id, viewer)


@pytest.mark.parametrize("who", ["member", "loner", "lead"])
@pytest.mark.parametrize("view", conversations.VIEWS)
def test_pages_hold_every_row_once_in_order(store: Store, crowd: dict[str, Viewer], who: str, view: str) -> None:
    viewer = crowd[who]
    with store.reading() as tx:
        whole = conversations.queue(tx, viewer, view, limit=500).rows
        paged: list[conversations.Row] = []
        after = None
        while True:
            page = conversations.queue(tx, viewer, view, after=after, limit=4)
            paged += page.rows
            after = page.next
            if after is None:
                break
        mine = [c for c in tx.scalars(select(Conversation))]  # noqa: C416
        named = {one.conversation_id for one in timeline.mentions_of(tx, viewer.id, limit=500)}
    assert paged == whole
    wanted = {
        "mine": lambda c: c.assignee_id == viewer.id and c.status in ("open", "pending", "snoozed"),
        "mentions": lambda c: c.id in named and c.status in ("open", "pending", "snoozed"),
        "unassigned": lambda c: c.assignee_id is None and c.status == "open",
        "all": lambda c: c.status == "open",
        "frustrated": lambda c: c.status == "open" and c.level == "frustrated",
        "longest": lambda c: c.status == "open" and c.waiting_since is not None,
        "due": lambda c: c.due_at is not None,
        "snoozed": lambda c: c.status == "snoozed",
        "resolved": lambda c: c.status == "resolved",
        "spam": lambda c: c.status == "spam",
    }[view]
    seen = [c for c in mine if wanted(c) and conversations.may_see(viewer, c.team_id, c.assignee_id)]
    assert {r.id for r in whole} == {c.id for c in seen}
    keys = {
        "longest": lambda r: r.waiting_since,
        "due": lambda r: r.due_at,
        "snoozed": lambda r: r.snoozed_until,
        "resolved": lambda r: -r.last_at.timestamp(),
        "spam": lambda r: -r.last_at.timestamp(),
    }
    ordered = [keys.get(view, lambda r: -r.urgency)(r) for r in whole]
    assert ordered == sorted(ordered)


def test_counts_are_those_of_the_queues(store: Store, crowd: dict[str, Viewer]) -> None:
    for viewer in crowd.values():
        with store.reading() as tx:
            for view, n in conversations.counts(tx, viewer).items():
                assert n == len(conversations.queue(tx, viewer, view, limit=500).rows)


def test_who_is_named_again_and_again_has_one_row_and_only_the_newest_lines_count(
    store: Store, crowd: dict[str, Viewer]
) -> None:
    loner = crowd["loner"]
    with store.transaction() as tx:
        inbox = make_inbox(tx)
        old, new = (make_conversation(tx, inbox_id=inbox.id) for _ in range(2))
        names(tx, old, loner)
        for _ in range(timeline.MANY - 1):
            names(tx, new, loner)
    with store.transaction() as tx:
        assert old.id in {row.id for row in conversations.queue(tx, loner, "mentions").rows}
        names(tx, new, loner)
        assert old.id not in {row.id for row in conversations.queue(tx, loner, "mentions").rows}
        names(tx, old, loner)
    with store.reading() as tx:
        rows = conversations.queue(tx, loner, "mentions").rows
        assert sorted(row.id for row in rows) == [old.id, new.id], (
            "what was named before these lines stands in no queue"
        )
        assert conversations.counts(tx, loner)["mentions"] == 2
        assert [row.id for row in conversations.among(tx, loner, "mentions", [new.id, 1, 10**12])] == [new.id]
        assert conversations.among(tx, loner, "mentions", []) == []
        assert new.id not in {row.id for row in conversations.queue(tx, crowd["lead"], "mentions").rows}


@pytest.mark.parametrize("after", ["", "x", "[]", "[1]", '["a", "b"]', "null", "[1, null]"])
def test_what_is_no_place_in_a_queue_is_refused(store: Store, crowd: dict[str, Viewer], after: str) -> None:
    with store.reading() as tx, pytest.raises(conversations.NotVisible):
        conversations.queue(tx, crowd["lead"], "all", after=after)


def test_a_timeline_shows_only_the_lines_of_conversations_that_one_may_see(
    store: Store, crowd: dict[str, Viewer]
) -> None:
    with store.transaction() as tx:
        rows = tx.scalars(select(Conversation)).all()
        customer_id = rows[0].customer_id
        for row in rows:
            timeline.record(
                tx,
                customer_id=customer_id,
                kind="note",
                author="desk",
                occurred_at=tx.now(),
                conversation_id=row.id,
            )
        timeline.record(tx, customer_id=customer_id, kind="stage", author="desk", occurred_at=tx.now())
    for viewer in crowd.values():
        with store.reading() as tx:
            lines = timeline.page(tx, customer_id, limit=500, visible=conversations.visible_entries(viewer))
            allowed = {c.id for c in rows if conversations.may_see(viewer, c.team_id, c.assignee_id)}
            assert {line.conversation_id for line in lines} == allowed | {None}


def test_a_timeline_is_paged_without_gap_or_double(store: Store) -> None:
    with store.transaction() as tx:
        customer = make_customer(tx)
        for n in range(23):
            # Several lines of the same moment: the id decides among them.
            at = tx.now() + timedelta(minutes=n // 4)
            timeline.record(tx, customer_id=customer.id, kind="note", author="desk", occurred_at=at, detail={"n": n})
    with store.reading() as tx:
        pages: list[list[int]] = []
        before = None
        while True:
            page = timeline.page(tx, customer.id, before=before, limit=5)
            if not page:
                break
            pages.insert(0, [line.detail["n"] for line in page])
            before = (page[0].occurred_at, page[0].id)
        assert [n for page in pages for n in page] == list(range(23))
        middle = timeline.page(tx, customer.id, limit=9)[0]
        newer = timeline.page(tx, customer.id, after=(middle.occurred_at, middle.id), limit=50)
        assert [line.detail["n"] for line in newer] == list(range(15, 23))


QUERIES = ["mine", "unassigned", "all", "frustrated", "longest", "snoozed", "resolved"]


def plans_of(store: Store, viewer: Viewer, view: str | None) -> list[str]:
    """How SQLite reads a page of a queue, step by step; without a queue, what all of them hold."""
    plans: list[str] = []

    def explain(conn: Any, _cursor: Any, statement: str, parameters: Any, _context: Any, _many: bool) -> None:
        if statement.startswith("SELECT conversations" if view else "SELECT (SELECT count"):
            rows = conn.connection.cursor().execute(f"EXPLAIN QUERY PLAN {statement}", parameters).fetchall()
            plans.extend(row[3] for row in rows)

    event.listen(store.engine, "before_cursor_execute", explain)
    try:
        with store.reading() as tx:
            tx.execute(text("select 1"))
            if view is not None:
                conversations.queue(tx, viewer, view)
            else:
                conversations.counts(tx, viewer)
    finally:
        event.remove(store.engine, "before_cursor_execute", explain)
    assert plans
    return plans


@pytest.mark.database("sqlite")
@pytest.mark.parametrize("view", QUERIES)
def test_no_queue_scans_the_table_or_sorts_it(store: Store, crowd: dict[str, Viewer], view: str) -> None:
    """A supervisor's queue is one walk along an index. (Mine sorts: it is what one person can have open.)"""
    plans = plans_of(store, crowd["lead"], view)
    assert all("SEARCH" in plan or "SCAN conversations USING INDEX" in plan for plan in plans if "TEMP" not in plan)
    assert any("USING INDEX" in plan for plan in plans)
    if view != "mine":
        assert not any("TEMP B-TREE" in plan for plan in plans), plans


@pytest.mark.database("sqlite")
def test_the_mentions_queue_reads_the_lines_that_name_somebody_and_nothing_beside_them(
    store: Store, crowd: dict[str, Viewer]
) -> None:
    plans = plans_of(store, crowd["loner"], "mentions")
    for table in ("conversations", "entries", "mentions"):
        assert any(f"SEARCH {table} " in plan for plan in plans), plans
        assert not any(f"SCAN {table}" in plan for plan in plans), plans
    by_number = "SEARCH conversations USING INTEGER PRIMARY KEY (rowid=?)"
    assert by_number in plans, "all that are open are walked for the few that name somebody"
    counted = plans_of(store, crowd["loner"], None)
    assert by_number in counted, counted
