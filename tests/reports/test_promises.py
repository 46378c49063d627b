"""How promises were kept: every clock counts once, on the day on which it was due, with whoever it is of."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import text

from desk import agents, sla
from desk.agents import Viewer
from desk.clock import SetClock
from desk.conversations.tables import Episode
from desk.reports import FilterError, Filters, promises
from desk.reports.statistics import wilson
from desk.sla import Wanted
from desk.sla.tables import Clock
from desk.store import Store, Tx
from tests.factories import make_conversation, make_inbox, make_staff, make_team

NOW = datetime(2026, 11, 22, 10, tzinfo=UTC)
HOUR = timedelta(hours=1)
PERIOD = Filters(date(2026, 11, 16), date(2026, 11, 22), "UTC")


class Past:
    """Clocks that were due, each in a conversation of its own."""

    def __init__(self, tx: Tx) -> None:
        self.tx, self.n = tx, 0
        self.inboxes = [make_inbox(tx).id for _ in range(2)]
        self.ada, self.bea = (make_staff(tx).id for _ in range(2))
        self.team = make_team(tx).id
        self.policies = [
            sla.save(tx, None, Wanted(name=name, first_minutes=60, hours="always")).id for name in ("Gold", "Silver")
        ]

    def clock(self, outcome: str, due: datetime, kind: str = "first", **more: Any) -> Clock:
        owner, team, resolved = more.pop("owner", None), more.pop("team", None), more.pop("by", None)
        found = make_conversation(self.tx, assignee_id=owner, team_id=team, opened_at=due - HOUR)
        episode = self.tx.get_one(Episode, found.episode_id)
        episode.first_reply_by = episode.resolved_by = resolved
        row = Clock(
            **{
                "conversation_id": found.id, "episode_id": found.episode_id, "policy_id": self.policies[0],
                "kind": kind, "minutes": 60, "because": {}, "pauses": True, "warn_minutes": 30,
                "started_at": due - HOUR, "promised_at": due, "due_at": None if outcome else due,
                "stopped_at": due if outcome else None, "outcome": outcome, **more,
            }
        )  # fmt: skip
        self.tx.add(row)
        self.tx.flush()
        return row


@pytest.fixture
def lead(store: Store, clock: SetClock) -> Viewer:
    clock.set(NOW)
    with store.transaction() as tx:
        found = agents.viewer(tx, make_staff(tx, role="supervisor").id)
    assert found is not None
    return found


def test_what_is_due_counts_once_and_what_is_not_is_left_out(store: Store, lead: Viewer) -> None:
    with store.transaction() as tx:
        past = Past(tx)
        for n in range(8):
            past.clock("met", NOW - n * HOUR)
        past.clock("breached", NOW - 2 * HOUR, stopped_at=NOW)
        past.clock("", NOW - HOUR)  # nobody has answered, and its time is over
        past.clock("dropped", NOW - HOUR)
        past.clock("", NOW - HOUR, paused_at=NOW - 2 * HOUR, due_at=None)
        past.clock("", NOW + HOUR)  # not due yet
        past.clock("met", NOW + HOUR)  # kept early: counts when it would have been due
        past.clock("met", NOW - timedelta(days=8))  # before the period
        kept = promises.report(tx, PERIOD).whole.kinds["first"]
        assert (kept.met, kept.missed, kept.dropped, kept.paused, kept.n) == (8, 2, 1, 1, 10)
        assert kept.share == 0.8 and kept.interval == wilson(8, 10) and not kept.small
        assert promises.report(tx, PERIOD).whole.kinds["next"].share is None, "no data is not 0"
        late = promises.page(tx, PERIOD, viewer=lead, state=promises.MISSED).rows
        assert [row.late for row in late] == [3600.0, 7200.0]


def test_each_line_of_a_breakdown_leads_to_its_own_rows(store: Store, lead: Viewer) -> None:
    with store.transaction() as tx:
        past = Past(tx)
        past.clock("met", NOW - HOUR, by=past.ada, owner=past.bea, team=past.team)
        past.clock("met", NOW - HOUR, "resolution", by=past.bea, owner=past.ada)
        past.clock("breached", NOW - HOUR, "next", by=past.ada, owner=past.bea, policy_id=past.policies[1])
        past.clock("breached", NOW - HOUR)
        report = promises.report(tx, PERIOD)
        by_agent = {
            one.id: {kind: (k.met, k.missed) for kind, k in one.kinds.items() if k.n} for one in report.groups["agent"]
        }
        assert by_agent == {
            past.ada: {"first": (1, 0)}, past.bea: {"resolution": (1, 0), "next": (0, 1)}, None: {"first": (0, 1)},
        }  # fmt: skip
        assert {one.id: one.n for one in report.groups["team"]} == {past.team: 1, None: 3}
        assert {one.id: one.n for one in report.groups["policy"]} == {past.policies[0]: 3, past.policies[1]: 1}
        for by, field in (("agent", "staff_id"), ("team", "team_id"), ("inbox", "inbox_id")):
            for group in report.groups[by]:  # type: ignore[index]
                chosen = PERIOD.but(**{field: group.id or 0})
                narrowed = promises.report(tx, chosen).whole
                assert narrowed.n == group.n
                assert len(promises.page(tx, chosen, viewer=lead).rows) == group.n
        assert promises.report(tx, PERIOD, past.policies[1]).whole.n == 1


@settings(max_examples=15, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(st.lists(st.tuples(st.sampled_from(["met", "breached", "dropped", ""]), st.integers(-200, 10)), max_size=12))
@pytest.mark.database("sqlite")
def test_rows_and_counts_agree_whatever_became_of_them(
    store: Store, lead: Viewer, found: list[tuple[str, int]]
) -> None:
    with store.transaction() as tx, tx.begin_nested() as inner:
        past = Past(tx)
        for outcome, hours in found:
            past.clock(outcome, NOW + hours * HOUR)
        kept = promises.report(tx, PERIOD).whole.kinds["first"]
        rows = list(promises.every(tx, PERIOD, viewer=lead))
        assert {name: kept.counts[n] for n, name in enumerate(promises.STATES)} == {
            name: sum(row.state == name for row in rows) for name in promises.STATES
        }
        inner.rollback()


def test_pages_of_rows_go_on_where_the_one_before_ended(store: Store, lead: Viewer) -> None:
    with store.transaction() as tx:
        past = Past(tx)
        for n in range(7):
            past.clock("met", NOW - (n // 2) * HOUR)
        found, after = [], None
        while True:
            page = promises.page(tx, PERIOD, viewer=lead, after=after, limit=3)
            found += [row.id for row in page.rows]
            after = page.next
            if after is None:
                break
        assert len(found) == len(set(found)) == 7
        for bad in ("x", "2026-01-01~1", "~"):
            with pytest.raises(FilterError):
                promises.page(tx, PERIOD, viewer=lead, after=bad)
        with pytest.raises(FilterError):
            promises.kind_of("third")
        with pytest.raises(FilterError):
            promises.state_of("lost")


@pytest.mark.database("sqlite")
def test_the_period_is_a_range_of_an_index(store: Store, lead: Viewer) -> None:
    with store.transaction() as tx:
        Past(tx).clock("met", NOW - HOUR)
        plan = " ".join(
            str(row) for row in tx.execute(text(
                "EXPLAIN QUERY PLAN SELECT count(*) FROM sla_clocks WHERE kind IN ('first','next','resolution')"
                " AND promised_at >= '2026-11-16' AND promised_at < '2026-11-23'"
            ))
        )  # fmt: skip
        assert "ix_sla_clocks_due (kind=? AND promised_at>? AND promised_at<?)" in plan
