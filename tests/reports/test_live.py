"""The numbers of the wall: what each counts, what it leaves out, and how it is read."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import event, text

from desk import agents
from desk.clock import SetClock, first_id, new_id
from desk.conversations.tables import Conversation
from desk.reports import live
from desk.reports.live_definitions import DEFINITIONS
from desk.reports.live_rows import WHICH, BadPlace, behind
from desk.sentiment.tables import Score
from desk.store import Store, Tx
from tests import factories

MINUTE, HOUR = timedelta(minutes=1), timedelta(hours=1)


def scored(tx: Tx, row: Conversation, said: str, before: str, after: str, **fields: Any) -> int:
    at = fields.pop("at", tx.now())
    entry = factories.make_entry(tx, row, said, occurred_at=at)
    tx.add(
        Score(
            **{
                "entry_id": entry.id, "conversation_id": row.id, "customer_id": row.customer_id, "occurred_at": at,
                "model": "t", "compound": -0.5, "frustration": 0.8, "words": [[0, 4, 0.9]],
                "conversation_frustration": 0.7, "level_before": before, "level_after": after, "read_at": at,
            }
            | fields
        )
    )  # fmt: skip
    tx.flush()
    return entry.id


def test_numbers_grow_with_time(clock: SetClock) -> None:
    before = new_id(clock.now())
    after = clock.advance(timedelta(milliseconds=1))
    assert before < first_id(after) <= new_id(after)


def test_what_waits_is_told_by_inbox_and_team_oldest_first(store: Store) -> None:
    with store.transaction() as tx:
        now = tx.now()
        staff = factories.make_staff(tx)
        mail, chat = factories.make_inbox(tx, name="Mail"), factories.make_inbox(tx, name="Chat")
        team = factories.make_team(tx, name="Returns")
        factories.make_conversation(tx, inbox=chat, waiting_since=now - HOUR, assignee_id=staff.id)
        old = factories.make_conversation(tx, inbox=mail, waiting_since=now - 2 * HOUR, customer_name="Marta")
        factories.make_conversation(tx, inbox=mail, waiting_since=now - MINUTE, team_id=team.id)
        factories.make_conversation(tx, waiting_since=None)
        factories.make_conversation(tx, status="snoozed", waiting_since=now)
    with store.reading() as tx:
        found = live.waiting(tx)
        assert (found.n, found.unowned, found.more) == (3, 2, False)
        assert (found.oldest_id, found.oldest_name) == (old.id, "Marta")
        assert [(g.name, g.waiting, g.unowned) for g in found.inboxes] == [("Mail", 2, 2), ("Chat", 1, 0)]
        assert [(g.name, g.waiting) for g in found.teams] == [("", 2), ("Returns", 1)]
        rows = behind(tx, "waiting", now, now, inbox_id=mail.id)
        assert rows[0].conversation_id == old.id and len(rows) == 2
        assert len(behind(tx, "waiting", now, now, team_id=0)) == 2
        assert [r.at for r in behind(tx, "waiting", now, now, team_id=team.id)] == [now - MINUTE]
        assert len(behind(tx, "unowned", now, now)) == 2


def test_promises_are_late_or_soon_or_no_matter(store: Store) -> None:
    with store.transaction() as tx:
        now = tx.now()
        made = [
            factories.make_conversation(tx, due_at=now + timedelta(minutes=m), due_kind="next").id
            for m in (-90, -1, 0, 5, 30, 31)
        ]
        factories.make_conversation(tx)
    with store.reading() as tx:
        counts = live.counts(tx, now)
        assert (counts.late, counts.soon) == (3, 2)
        assert [p.id for p in live.at_risk(tx, now)] == made[:5]
        assert [r.conversation_id for r in behind(tx, "late", now, now)] == made[:3]
        assert [r.conversation_id for r in behind(tx, "soon", now, now)] == made[3:5]


def test_a_pile_that_is_late_does_not_hide_what_can_still_be_met(store: Store) -> None:
    with store.transaction() as tx:
        now = tx.now()
        for n in range(20):
            factories.make_conversation(tx, due_at=now - n * MINUTE)
            factories.make_conversation(tx, due_at=now + MINUTE + n * timedelta(seconds=1))
    with store.reading() as tx:
        found = [p.due_at <= now for p in live.at_risk(tx, now, limit=8)]
    assert found == [True] * 4 + [False] * 4


def test_frustration_that_rose_in_the_last_hour_is_shown_with_its_words(store: Store, clock: SetClock) -> None:
    with store.transaction() as tx:
        now = tx.now()
        rose = factories.make_conversation(tx, level="frustrated", frustration=0.8)
        scored(tx, rose, "Hello", "calm", "calm", at=now - 30 * MINUTE, conversation_frustration=0.1)
        entry_id = scored(tx, rose, "Awful service.", "calm", "frustrated", at=now - 10 * MINUTE)
        scored(tx, rose, "Well", "frustrated", "frustrated", at=now - MINUTE, conversation_frustration=0.75)
        for level, status, before, after, at, read in (
            ("strained", "open", "calm", "strained", now - 2 * HOUR, now),  # long since
            ("calm", "open", "calm", "strained", now, now),  # has calmed
            ("frustrated", "resolved", "calm", "frustrated", now, now),
            ("strained", "open", "frustrated", "strained", now, now),  # fell
            ("strained", "open", "calm", "strained", now, None),  # not read yet
        ):
            other = factories.make_conversation(tx, level=level, status=status)
            scored(tx, other, "No", before, after, at=at, read_at=read)
    with store.reading() as tx:
        [found] = live.rising(tx, now)
        assert (found.id, found.entry_id, found.text) == (rose.id, entry_id, "Awful service.")
        assert found.words == [[0, 4, 0.9]]
        assert found.course == [(0.1, "calm"), (0.7, "frustrated"), (0.75, "frustrated")]
        assert [r.conversation_id for r in behind(tx, "rising", now, now)] == [rose.id]
        assert live.rising(tx, now + HOUR) == []


def test_a_day_counts_answers_of_people_and_resolutions_by_the_hour(store: Store) -> None:
    with store.transaction() as tx:
        now = tx.now()
        start = now - 3 * HOUR
        row = factories.make_conversation(tx)
        for kind, hours, fields in (
            ("reply", 2.5, {}), ("reply", 2.6, {}), ("reply", 0, {}),
            ("reply", 4, {}),  # yesterday
            ("bot", 1, {}), ("note", 1, {}), ("withdrawn", 1, {}),
            ("status", 1, {"detail": {"before": "open", "after": "resolved"}}),
            ("status", 1, {"detail": {"before": "resolved", "after": "open"}}),
        ):  # fmt: skip
            factories.make_entry(tx, row, None, kind, occurred_at=now - hours * HOUR, **fields)
    with store.reading() as tx:
        found = live.today(tx, start, now)
        assert (found.answers, found.resolved) == ([2, 0, 0, 1], [0, 0, 1, 0])
        first = behind(tx, "answers", now, start, limit=2)
        rest = behind(tx, "answers", now, start, after=first[-1].place, limit=2)
        assert [r.at for r in first + rest] == [now, now - 2.5 * HOUR, now - 2.6 * HOUR]
        assert len(behind(tx, "resolved", now, start)) == 1


def test_rows_go_on_from_a_place_without_a_gap(store: Store) -> None:
    with store.transaction() as tx:
        now = tx.now()
        made = [factories.make_conversation(tx, waiting_since=now - HOUR).id for _ in range(5)]  # all at one instant
    with store.reading() as tx:
        found, after = [], ""
        while page := behind(tx, "waiting", now, now, after=after, limit=2):
            found += [r.conversation_id for r in page]
            after = page[-1].place
        assert found == made
        for nonsense in ("x", "2026-01-01T00:00:00~1", f"{now.isoformat()}~x", f"{now.isoformat()}~{2**63}"):
            with pytest.raises(BadPlace):
                behind(tx, "waiting", now, now, after=nonsense)
        with pytest.raises(BadPlace):
            behind(tx, "answers", now, now, after=str(2**64))


def test_places_are_what_stands_open_in_a_name(store: Store) -> None:
    with store.transaction() as tx:
        one, other, gone = factories.make_staff(tx), factories.make_staff(tx), factories.make_staff(tx)
        agents.deactivate(tx, gone.id)
        for level, status in (("frustrated", "open"), ("calm", "open"), ("calm", "resolved")):
            factories.make_conversation(tx, assignee_id=one.id, level=level, status=status)
    with store.reading() as tx:
        assert live.places(tx, [one.id, other.id]) == {one.id: live.Places(2, 1), other.id: live.Places(0, 0)}
        assert live.places(tx, []) == {}
        assert set(live.staff(tx)) == {one.id, other.id}


def test_every_number_is_defined_and_every_definition_is_in_the_book() -> None:
    book = (Path(__file__).resolve().parents[2] / "docs" / "metrics.md").read_text("utf-8")
    for key, one in DEFINITIONS.items():
        assert one.name in book and one.formula in book, key
    assert set(WHICH) - set(DEFINITIONS) == {"unowned"}  # a part of what waits


def test_nothing_on_the_wall_walks_a_table(store: Store) -> None:
    with store.transaction() as tx:
        now = tx.now()
        staff = factories.make_staff(tx)
        for n in range(300):
            row = factories.make_conversation(
                tx, waiting_since=now if n % 9 == 0 else None, due_at=now if n % 30 == 0 else None,
                status="open" if n % 9 == 0 else "resolved", assignee_id=staff.id if n % 50 == 0 else None,
            )  # fmt: skip
            scored(tx, row, "x", "calm", "calm", at=now - timedelta(days=n))
    with store.transaction() as tx:
        tx.execute(text("ANALYZE"))
    plans: list[str] = []
    with store.reading() as tx:
        if tx.dialect_name == "postgresql":
            tx.execute(text("SET enable_seqscan = off"))  # on so few rows it would walk them all, and rightly

        @event.listens_for(store.engine, "before_cursor_execute", retval=False)
        def explain(conn: Any, cursor: Any, statement: str, parameters: Any, context: Any, many: bool) -> None:
            if statement.lstrip().startswith(("SELECT", "(SELECT")) and "EXPLAIN" not in statement:
                raw = conn.connection.cursor()
                raw.execute(
                    ("EXPLAIN QUERY PLAN " if store.engine.dialect.name == "sqlite" else "EXPLAIN ") + statement,
                    parameters,
                )
                plans.extend(str(line) for line in raw.fetchall())
                raw.close()

        try:
            live.waiting(tx)
            live.counts(tx, now)
            live.at_risk(tx, now)
            live.rising(tx, now)
            live.today(tx, now - HOUR, now)
            live.places(tx, [staff.id])
            for which in WHICH:
                behind(tx, which, now, now - HOUR)
        finally:
            event.remove(store.engine, "before_cursor_execute", explain)
            if tx.dialect_name == "postgresql":
                tx.execute(text("RESET enable_seqscan"))
    walked = [
        p
        for p in plans
        if any(
            f"{how} {table}" in p
            for how in ("SCAN", "Seq Scan on")
            for table in ("conversations", "entries", "sentiment_scores", "contents")
        )
    ]
    assert plans
    assert [p for p in walked if "USING" not in p] == []
