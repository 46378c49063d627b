"""Queues of whatever conditions: what filters keep is what a plain look at every row keeps, in order, page by page."""

from __future__ import annotations

import random
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import event, select, text

from desk import agents, conversations, search
from desk.agents import Viewer
from desk.conversations import Row, Sieve, sieving
from desk.conversations.states import urgency
from desk.conversations.tables import Conversation, ConversationLabel
from desk.segments.tables import Segment, SegmentMember
from desk.store import Store, Tx
from tests.factories import make_conversation, make_customer, make_inbox, make_staff, make_team

LABELS = ("refund", "broken", "press")


class Crowd:
    """Conversations of every sort, and the colleagues who ask."""

    def __init__(self, store: Store) -> None:
        rng = random.Random(7)
        with store.transaction() as tx:
            inboxes = [make_inbox(tx, name=name) for name in ("Support", "Billing")]
            teams = [make_team(tx, name=name) for name in ("Orders", "Returns")]
            people = [
                make_staff(tx, name="Ada Ant", teams=(teams[0],)),
                make_staff(tx, name="Bea Bee", role="supervisor"),
                make_staff(tx, name="Cyd Cat"),
            ]
            self.viewers = [v for v in (agents.viewer(tx, one.id) for one in people) if v is not None]
            customers = [make_customer(tx) for _ in range(4)]
            segment = Segment(
                name="VIP", name_folded="vip", condition="csat > 4", created_at=tx.now(), updated_at=tx.now()
            )
            tx.add(segment)
            tx.flush()
            tx.add(SegmentMember(segment_id=segment.id, customer_id=customers[0].id, since=tx.now()))
            for n in range(80):
                at = tx.now() - timedelta(minutes=rng.randrange(9000))
                level, priority = rng.choice(("calm", "calm", "strained", "frustrated")), rng.choice((-1, 0, 0, 1))
                waiting = rng.choice((at, at, None))
                make_conversation(
                    tx,
                    rng.choice(customers),
                    rng.choice(inboxes),
                    labels=tuple(rng.sample(LABELS, rng.randrange(3))),
                    team_id=rng.choice((None, teams[0].id, teams[1].id)),
                    assignee_id=rng.choice((None, *(v.id for v in self.viewers))),
                    status=rng.choice(("open", "open", "open", "pending", "snoozed", "resolved", "spam")),
                    level=level,
                    priority=priority,
                    channel=rng.choice(("email", "chat", "sms")),
                    waiting_since=waiting,
                    last_at=at,
                    unread=rng.choice((0, 0, 2)),
                    due_at=at + timedelta(hours=8) if n % 3 == 0 else None,
                    urgency=urgency(waiting_since=waiting, last_at=at, level=level, priority=priority),
                    subject=f"n{n}",
                )
            self.vip = customers[0].id
            self.inboxes = {one.name: one.id for one in inboxes}
            self.teams = {one.name: one.id for one in teams}
            self.people = {one.name: one.id for one in people}


@pytest.fixture
def crowd(store: Store) -> Crowd:
    return Crowd(store)


Fits = Callable[[Crowd, Viewer, Conversation, set[str]], bool]
ATOMS: dict[str, Fits] = {
    "is:open": lambda w, v, c, on: c.status == "open",
    "is:resolved": lambda w, v, c, on: c.status == "resolved",
    "is:spam": lambda w, v, c, on: c.status == "spam",
    "is:mine": lambda w, v, c, on: c.assignee_id == v.id,
    "is:unassigned": lambda w, v, c, on: c.status == "open" and c.assignee_id is None,
    "is:unread": lambda w, v, c, on: c.unread > 0,
    "status:pending": lambda w, v, c, on: c.status == "pending",
    "channel:chat": lambda w, v, c, on: c.channel == "chat",
    "inbox:billing": lambda w, v, c, on: c.inbox_id == w.inboxes["Billing"],
    "team:Orders": lambda w, v, c, on: c.team_id == w.teams["Orders"],
    "team:none": lambda w, v, c, on: c.team_id is None,
    "assignee:me": lambda w, v, c, on: c.assignee_id == v.id,
    "assignee:cyd": lambda w, v, c, on: c.assignee_id == w.people["Cyd Cat"],
    "label:refund": lambda w, v, c, on: "refund" in on,
    "label:press": lambda w, v, c, on: "press" in on,
    "sentiment:frustrated": lambda w, v, c, on: c.level == "frustrated",
    "priority:high": lambda w, v, c, on: c.priority == 1,
    "segment:vip": lambda w, v, c, on: c.customer_id == w.vip,
}


def brute(tx: Tx, crowd: Crowd, viewer: Viewer, asked: list[tuple[str, bool]]) -> set[int]:
    """Every conversation looked at by itself."""
    on: dict[int, set[str]] = {}
    for mark in tx.scalars(select(ConversationLabel)):
        on.setdefault(mark.conversation_id, set()).add(mark.label)
    spam = any(name == "is:spam" for name, _ in asked)
    found = set()
    for c in tx.scalars(select(Conversation)):
        if not conversations.may_see(viewer, c.team_id, c.assignee_id) or (c.status == "spam" and not spam):
            continue
        if all(ATOMS[name](crowd, viewer, c, on.get(c.id, set())) != negative for name, negative in asked):
            found.add(c.id)
    return found


def walked(tx: Tx, sieve: Sieve, sort: str, limit: int = 7) -> list[Row]:
    rows: list[Row] = []
    after = None
    while True:
        page = conversations.sieved(tx, sieve, sort, after=after, limit=limit)
        rows += page.rows
        after = page.next
        if after is None:
            return rows


def key(row: Row, sort: str) -> Any:
    if sort == "latest":
        return (-row.last_at.timestamp(), -row.id)
    at = {"waiting": row.waiting_since, "due": row.due_at}.get(sort)
    return (at is None, at.timestamp() if at else -row.urgency, row.id if at else -row.id)


@pytest.mark.parametrize("look", [5, 2000])
@settings(max_examples=30, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    asked=st.lists(st.tuples(st.sampled_from(sorted(ATOMS)), st.booleans()), max_size=4),
    who=st.integers(0, 2),
    sort=st.sampled_from(conversations.SORTS),
    few=st.sampled_from([3, 1000]),
)
def test_a_view_is_what_a_look_at_every_row_keeps(
    store: Store, crowd: Crowd, look: int, asked: list[tuple[str, bool]], who: int, sort: str, few: int
) -> None:
    viewer = crowd.viewers[who]
    with pytest.MonkeyPatch.context() as patched, store.reading() as tx:
        patched.setattr(sieving, "LOOK", look)
        patched.setattr("desk.search.sieving.FEW", few)
        sieve, problem = search.sieve(tx, viewer, " ".join(("-" if n else "") + name for name, n in asked))
        assert problem is None
        rows = walked(tx, sieve, sort)
        wanted = brute(tx, crowd, viewer, asked)
        assert len(rows) == len({row.id for row in rows})
        assert {row.id for row in rows} == wanted
        assert [key(row, sort) for row in rows] == sorted(key(row, sort) for row in rows)
        numbers = list(tx.scalars(select(Conversation.id)))
        assert {row.id for row in conversations.fitting(tx, sieve, numbers)} == wanted
        counted, cut = conversations.sieved_count(tx, sieve)
        assert counted <= len(wanted) and (cut or counted == len(wanted))


def test_a_page_says_where_it_stopped(store: Store, crowd: Crowd, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sieving, "LOOK", 10)
    with store.reading() as tx:
        sieve, _ = search.sieve(tx, crowd.viewers[1], "is:open priority:high channel:sms")
        page = conversations.sieved(tx, sieve, "urgency")
        assert page.cut and page.next is not None and len(page.rows) < 10
        assert not conversations.sieved(tx, search.sieve(tx, crowd.viewers[1], "label:press")[0], "urgency").cut


@pytest.mark.parametrize(
    "after", ["", "x", "[]", "[0, 1]", '[0, "soon", 1]', "[7, 1, 1]", "[-1, 1, 1]", "[0, null, 1]"]
)
@pytest.mark.parametrize("sort", conversations.SORTS)
def test_what_is_no_place_is_refused(store: Store, crowd: Crowd, after: str, sort: str) -> None:
    with store.reading() as tx, pytest.raises(conversations.NotVisible):
        conversations.sieved(tx, Sieve(()), sort, after=after)


@pytest.mark.parametrize(
    ("typed", "kind"),
    [
        ("kettle", "words"),
        ("#12", "words"),
        ("from:marta", "line"),
        ("after:7d", "line"),
        ("has:note", "line"),
        ("inbox:nowhere", "nobody"),
        ("segment:nobody", "nobody"),
        ("priority:urgent", "value"),
        ("colour:red", "filter"),
    ],
)
def test_what_no_view_can_go_by_is_named(store: Store, crowd: Crowd, typed: str, kind: str) -> None:
    with store.reading() as tx:
        _sieve, problem = search.sieve(tx, crowd.viewers[0], typed)
        assert problem is not None and problem.kind == kind


def test_no_page_reads_the_whole_table(store: Store) -> None:
    """The plan of every order: each look goes along an index."""
    with store.transaction() as tx:
        inbox, customer = make_inbox(tx), make_customer(tx)
        for n in range(400):
            at = tx.now() - timedelta(minutes=n)
            make_conversation(tx, customer, inbox, urgency=-n, waiting_since=at, last_at=at, due_at=at)
        found = agents.viewer(tx, make_staff(tx, role="admin").id)
        assert found is not None
    with store.transaction() as tx:
        tx.execute(text("ANALYZE"))
    for sort in conversations.SORTS:
        for typed in ("is:open", "is:open priority:high", "-is:resolved assignee:me", "is:open sentiment:calm"):
            for plan in _plans(store, found, typed, sort):
                assert "SCAN conversations" not in plan.replace("SCAN conversations USING", "")
                assert "Seq Scan on conversations" not in plan


def _plans(store: Store, viewer: Viewer, typed: str, sort: str) -> list[str]:
    sent: list[tuple[str, Any]] = []

    def note(_c: Any, _cursor: Any, statement: str, parameters: Any, *_: Any) -> None:
        if "FROM" in statement and "conversations" in statement:
            sent.append((statement, parameters))

    with store.reading() as tx:
        if tx.dialect_name == "postgresql":
            tx.execute(text("SET enable_seqscan = off"))  # a table as small as this is read whole otherwise
        sieve, _ = search.sieve(tx, viewer, typed)
        event.listen(store.engine, "before_cursor_execute", note)
        try:
            conversations.sieved(tx, sieve, sort, limit=5)
        finally:
            event.remove(store.engine, "before_cursor_execute", note)
        explain = "EXPLAIN QUERY PLAN " if tx.dialect_name == "sqlite" else "EXPLAIN "
        plans = []
        for statement, parameters in sent:
            rows = tx.connection().exec_driver_sql(explain + statement, parameters).all()
            plans.append("\n".join(str(row[-1]) for row in rows))
        if tx.dialect_name == "postgresql":
            tx.execute(text("SET enable_seqscan = on"))
    assert plans
    return plans
