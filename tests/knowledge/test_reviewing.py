"""When articles are looked at again: which are due, what a look moves, and that it leaves a trace."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import pytest
from sqlalchemy import event

from desk import audit, knowledge
from desk.clock import SetClock
from desk.knowledge import Article, BadArticle
from desk.store import Store, Tx
from tests import factories

TODAY = date(2026, 3, 2)


def made(tx: Tx, title: str = "Delivery times", *, live: bool = True, **more: Any) -> Article:
    row = knowledge.create(tx, None, title=title, body="Two days.", **({"locale": "en"} | more))
    return knowledge.publish(tx, row.id, None) if live else row


def test_an_article_is_due_from_its_day_on_and_a_look_moves_it(store: Store, clock: SetClock) -> None:
    with store.transaction() as tx:
        writer = factories.make_staff(tx).id
        row, other = made(tx), made(tx, "Other")
        knowledge.set_review(tx, row.id, by=date(2026, 8, 31), months=6, today=TODAY)
        assert knowledge.due(tx, date(2026, 8, 30)) == [] and knowledge.how_many_due(tx, date(2026, 8, 30)) == 0
        knowledge.set_review(tx, other.id, by=date(2026, 8, 1), months=0, today=TODAY)
        assert [a.title for a in knowledge.due(tx, date(2026, 8, 31))] == ["Other", "Delivery times"]
        assert knowledge.how_many_due(tx, date(2026, 8, 31)) == 2
        clock.advance(timedelta(days=182))
        changed = row.updated_at
        knowledge.reviewed(tx, row.id, writer, date(2026, 8, 31))
        assert (row.review_by, row.reviewed_by, row.reviewed_at) == (date(2027, 2, 28), writer, tx.now())
        assert (row.updated_at, row.changed, row.live_version) == (changed, False, 1)
        knowledge.reviewed(tx, other.id, writer, date(2026, 8, 31))  # without an interval it is asked for no more
        assert other.review_by is None and knowledge.how_many_due(tx, date(2030, 1, 1)) == 1


def test_what_nobody_reads_is_not_due(store: Store) -> None:
    with store.transaction() as tx:
        drafted, taken = made(tx, live=False), made(tx, "Taken")
        for row in (drafted, taken):
            knowledge.set_review(tx, row.id, by=TODAY, months=1, today=TODAY)
        knowledge.withdraw(tx, taken.id, None)
        assert knowledge.due(tx, TODAY) == []
        knowledge.publish(tx, drafted.id, None)
        assert knowledge.due(tx, TODAY) == [drafted]


def test_the_day_counts_from_today_where_none_is_given(store: Store) -> None:
    with store.transaction() as tx:
        row = made(tx)
        assert knowledge.set_review(tx, row.id, by=None, months=12, today=TODAY).review_by == date(2027, 3, 2)
        assert knowledge.set_review(tx, row.id, by=None, months=0, today=TODAY).review_by is None


@pytest.mark.parametrize(
    ("by", "months", "field"),
    [
        (TODAY - timedelta(days=1), 0, "review_by"),
        (TODAY + timedelta(days=4000), 0, "review_by"),
        (None, 5, "review_months"),
        (None, -1, "review_months"),
    ],
)
def test_a_day_that_cannot_be_is_refused(store: Store, by: date | None, months: int, field: str) -> None:
    with store.transaction() as tx:
        row = made(tx)
        with pytest.raises(BadArticle) as refused:
            knowledge.set_review(tx, row.id, by=by, months=months, today=TODAY)
        assert list(refused.value.problems) == [field]


def test_a_day_that_has_passed_can_stay(store: Store) -> None:
    with store.transaction() as tx:
        row = made(tx)
        knowledge.set_review(tx, row.id, by=TODAY, months=0, today=TODAY)
        later = TODAY + timedelta(days=40)
        assert knowledge.set_review(tx, row.id, by=TODAY, months=6, today=later).review_by == TODAY


def test_a_look_stands_in_the_log(store: Store) -> None:
    with store.transaction() as tx:
        row = made(tx)
        knowledge.set_review(tx, row.id, by=TODAY, months=6, today=TODAY)
        knowledge.reviewed(tx, row.id, None, TODAY)
        last = audit.page(tx, limit=1).rows[0]
        assert (last.kind, last.title, last.what) == ("article", "Delivery times", "changed")
        assert (last.before["review_by"], last.after["review_by"]) == ("2026-03-02", "2026-09-02")
        assert "reviewed_at" in last.after


def test_the_list_goes_on_where_a_page_ended_and_keeps_to_language_and_topic(store: Store) -> None:
    with store.transaction() as tx:
        for n in range(5):
            row = made(tx, f"Number {n}", topic="Care" if n % 2 else "", locale="de" if n == 4 else "en")
            knowledge.set_review(tx, row.id, by=TODAY + timedelta(days=n // 2), months=0, today=TODAY)
        late = TODAY + timedelta(days=9)
        first = knowledge.due(tx, late, limit=2)
        day = first[-1].review_by
        assert day is not None
        rest = knowledge.due(tx, late, after=(day, first[-1].id))
        assert [a.title[-1] for a in (*first, *rest)] == list("01234")
        assert [a.title[-1] for a in knowledge.due(tx, late, locale="en", topic="Care")] == ["1", "3"]


def test_what_is_due_is_found_by_its_index(store: Store) -> None:
    """However many articles there are: those that nobody has to look at are not read."""
    with store.transaction() as tx:
        for n in range(300):
            made(tx, f"Number {n}", live=False)
    said: list[tuple[str, Any]] = []
    event.listen(store.engine, "before_cursor_execute", lambda *a: said.append((a[2], a[3])))
    with store.reading() as tx:
        knowledge.how_many_due(tx, TODAY)
        knowledge.due(tx, TODAY)
        asked = [one for one in said if "review_by <=" in one[0]]
        assert len(asked) == 2
        if tx.dialect_name == "sqlite":
            for statement, values in asked:
                plan = tx.connection().exec_driver_sql(f"EXPLAIN QUERY PLAN {statement}", values).all()
                assert any("ix_articles_review" in row[3] for row in plan), plan
