"""Why customers came: every episode of the period in one line, what each cost and how it was felt, and its rows."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import event, text

from desk import reasons, reports, surveys
from desk.clock import SetClock
from desk.conversations.tables import Conversation, Episode
from desk.lifecycle.tables import StageModel, Transition
from desk.parts import Desk
from desk.reports import FilterError, Filters
from desk.reports import reasons as why
from desk.reports.statistics import newcombe, quantile, wilson
from desk.sentiment.tables import Score
from desk.store import Store, Tx
from desk.surveys.tables import Invitation, Response, Survey, SurveyDecision
from tests.factories import make_brand, make_entry
from tests.reasons.conftest import World

NOW = datetime(2026, 11, 22, 10, tzinfo=UTC)
HOUR = timedelta(hours=1)
PERIOD = Filters(date(2026, 11, 16), date(2026, 11, 22), "UTC")


@pytest.fixture
def world(desk: Desk, clock: SetClock) -> World:
    clock.set(NOW)
    return World(desk, clock)


class Past:
    """Two reasons, one of them with a part, each with a group."""

    def __init__(self, world: World, tx: Tx) -> None:
        self.world, self.tx = world, tx
        self.delivery = reasons.add(tx, "Delivery", None)
        self.late = reasons.add(tx, "Late", None, self.delivery.id)
        self.money = reasons.add(tx, "Money", None)
        self.groups = {}
        for one in (self.delivery, self.late, self.money):
            self.groups[one.id] = world.group(tx)
            reasons.say_what(tx, self.groups[one.id], one.id, world.lead)

    def ask(self, reason: reasons.Reason | None, at: datetime = NOW - HOUR, **fields: Any) -> Conversation:
        hours, waited, replies = fields.pop("hours", None), fields.pop("waited", 0.0), fields.pop("replies", 0)
        talk = self.world.ask(self.tx, self.groups[reason.id] if reason else None, opened_at=at, **fields)
        episode = self.tx.get_one(Episode, talk.episode_id)
        episode.replies, episode.waited_for_customer = replies, waited
        if hours is not None:
            episode.resolved_at = at + hours * HOUR
        self.tx.flush()
        return talk

    def answer(self, talk: Conversation, score: int) -> None:
        tx = self.tx
        survey = tx.query(Survey).filter_by(key="csat").first()
        if survey is None:
            surveys.install_defaults(tx)
            survey = tx.query(Survey).filter_by(key="csat").one()
        decision = SurveyDecision(
            survey_id=survey.id, episode_id=talk.episode_id, conversation_id=talk.id, customer_id=talk.customer_id,
            asked=True, reason="asked", decided_at=NOW,
        )  # fmt: skip
        tx.add(decision)
        tx.flush()
        asked = Invitation(
            survey_id=survey.id, decision_id=decision.id, kind="csat", customer_id=talk.customer_id,
            conversation_id=talk.id, episode_id=talk.episode_id, secret="s", channel="email", locale="en",
            inbox_id=talk.inbox_id, brand_id=make_brand(tx).id, level="calm", sent_at=NOW, expires_at=NOW,
        )  # fmt: skip
        tx.add(asked)
        tx.flush()
        tx.add(
            Response(invitation_id=asked.id, kind="csat", channel="email", score=score, answered_at=NOW, changed_at=NOW)
        )
        tx.flush()

    def frustrate(self, talk: Conversation) -> None:
        line = make_entry(self.tx, talk)
        self.tx.add(
            Score(
                entry_id=line.id, conversation_id=talk.id, customer_id=talk.customer_id, occurred_at=NOW, model="m",
                compound=-0.8, frustration=0.9, conversation_frustration=0.9, level_before="calm",
                level_after="frustrated", episode_id=talk.episode_id, read_at=NOW,
            )
        )  # fmt: skip
        self.tx.flush()


def line(found: why.Report, reason: reasons.Reason | None) -> why.Line:
    return next(one for one in found.lines if one.key == (reason.id if reason else 0))


def test_lines_add_up_to_all_and_a_reason_holds_its_parts(world: World) -> None:
    with world.desk.store.transaction() as tx:
        past = Past(world, tx)
        for _ in range(12):
            past.ask(past.late)
        for _ in range(3):
            past.ask(past.delivery)
        for _ in range(5):
            past.ask(past.money)
        for _ in range(4):
            past.ask(None)
        past.ask(past.money, NOW - timedelta(days=8))  # the period before
        past.ask(past.late, NOW - timedelta(days=30))
        past.ask(past.late, status="spam")
        nobody = past.ask(past.late)
        tx.get_one(Episode, nobody.episode_id).first_message_at = None  # a colleague began it, nobody wrote back
        chosen = past.ask(past.money)
        reasons.choose(tx, chosen.id, world.lead, past.late.id)
        found = why.report(tx, PERIOD)
        assert [(one.name, one.n) for one in found.lines] == [("Delivery", 16), ("Late", 13), ("Money", 5), ("", 4)]
        assert found.whole.n == 25 == sum(one.n for one in found.lines if not one.part)
        money = line(found, past.money)
        assert (money.before, money.interval) == (1, wilson(5, 25))
        assert money.change()[1] == "too few answers", "one contact in the period before is nothing to compare with"
        tx.flush()
        reasons.merge(tx, past.money.id, past.delivery.id)
        found = why.report(tx, PERIOD)
        assert [(one.name, one.n) for one in found.lines] == [("Delivery", 21), ("Late", 13), ("", 4)]


def test_the_change_against_the_period_before_has_an_interval(world: World) -> None:
    with world.desk.store.transaction() as tx:
        past = Past(world, tx)
        for n in range(20):
            past.ask(past.money if n < 15 else None)
            past.ask(past.money if n < 3 else None, NOW - timedelta(days=9))
        change, reading = line(why.report(tx, PERIOD), past.money).change()
        assert change == newcombe(15, 20, 3, 20) and reading == "likely real"


def test_time_csat_and_frustration_are_those_of_the_reason(world: World) -> None:
    hours = [1, 2, 3, 5, 8, 13, 21, 34]
    with world.desk.store.transaction() as tx:
        past = Past(world, tx)
        talks = [past.ask(past.late, NOW - 48 * HOUR, hours=h, replies=2) for h in hours]
        past.ask(past.delivery, NOW - 48 * HOUR, hours=4, waited=3600.0, replies=1)
        past.ask(past.late)  # open yet: no time
        past.answer(talks[0], 5)
        past.answer(talks[1], 2)
        past.answer(talks[2], 4)
        past.frustrate(talks[3])
        past.frustrate(talks[3])
        found = why.report(tx, PERIOD)
        late, delivery = line(found, past.late), line(found, past.delivery)
        wanted = quantile([h * 3600.0 for h in hours], 0.5)
        assert late.time is not None and late.time.interval is not None and wanted.interval is not None
        assert late.time.value == pytest.approx(wanted.value, abs=0.1)
        assert late.time.interval.low == pytest.approx(wanted.interval.low, abs=0.1)
        assert late.time.interval.high == pytest.approx(wanted.interval.high, abs=0.1)
        whole = quantile([*(h * 3600.0 for h in hours), 3 * 3600.0], 0.5)
        for one in (delivery, found.whole):
            assert one.time is not None and one.time.value == pytest.approx(whole.value, abs=0.1)
            assert (one.n, one.resolved, one.replies) == (10, 9, 17)
        assert (late.n, late.resolved, late.replies, late.answers, late.good, late.frustrated) == (9, 8, 16, 3, 2, 1)
        assert late.csat == wilson(2, 3) and late.mood == wilson(1, 9)
        none = line(found, None)
        assert (none.n, none.time, none.csat, none.mood, none.share) == (0, None, None, None, 0.0), "no data is not 0"


def test_the_stage_is_that_of_the_time_when_it_was_resolved(world: World) -> None:
    with world.desk.store.transaction() as tx:
        past = Past(world, tx)
        model = StageModel(
            key="shop", version=1, name="Shop", state="published", definition={}, created_at=NOW,
        )  # fmt: skip
        tx.add(model)
        tx.flush()
        for n in range(3):
            talk = past.ask(past.late, NOW - 48 * HOUR, hours=2)
            for stage, at in (("new", NOW - 47 * HOUR), ("loyal", NOW - HOUR))[: n + 1]:
                tx.add(
                    Transition(
                        customer_id=talk.customer_id, model_id=model.id, model_key="shop", model_version=1,
                        after=stage, rule="r", direction="enter", held_at=at, known_at=at,
                    )
                )  # fmt: skip
                tx.flush()
        past.ask(past.late, NOW - 48 * HOUR, hours=2)
        found = why.report(tx, PERIOD)
        assert line(found, past.late).stages == {("shop", "new"): 3, ("", ""): 1}
        assert found.stages == [("shop", "new"), ("", "")]
        assert why.report(tx, PERIOD.but(stage=("shop", "new"))).whole.n == 3
        assert why.report(tx, PERIOD.but(stage=("", ""))).whole.n == 1


def test_rows_are_those_of_the_line_and_only_what_one_may_see(world: World) -> None:
    with world.desk.store.transaction() as tx:
        past = Past(world, tx)
        late = [past.ask(past.late, NOW - n * HOUR) for n in range(1, 5)]
        own, loose = past.ask(past.delivery), past.ask(None)
        reasons.choose(tx, own.id, world.lead, past.delivery.id)
        got = why.page(tx, PERIOD, viewer=world.lead, reason_id=past.late.id, limit=3)
        assert [row.conversation_id for row in got.rows] == [talk.id for talk in late[:3]]
        rest = why.page(tx, PERIOD, viewer=world.lead, reason_id=past.late.id, after=got.next)
        assert [row.conversation_id for row in rest.rows] == [late[3].id] and rest.next is None
        under = list(why.every(tx, PERIOD, viewer=world.lead, reason_id=past.delivery.id))
        assert {row.conversation_id for row in under} == {own.id, *(talk.id for talk in late)}, "its parts too"
        assert {row.staff_id for row in under if row.conversation_id == own.id} == {world.lead.id}
        none = why.page(tx, PERIOD, viewer=world.lead, reason_id=0).rows
        assert [row.conversation_id for row in none] == [loose.id]
        known = reasons.known(tx)
        assert (why.reason_of("", known), why.reason_of("none", known)) == (None, 0)
        for wrong in ("999999", "x", "-1"):
            with pytest.raises(FilterError):
                why.reason_of(wrong, known)
        with pytest.raises(FilterError):
            why.page(tx, PERIOD, viewer=world.lead, after="nowhere")


def test_nothing_grows_with_the_whole_table(world: World, store: Store) -> None:
    with world.desk.store.transaction() as tx:
        past = Past(world, tx)
        for n in range(240):
            past.ask(past.late if n % 3 else None, NOW - n * 12 * HOUR, hours=2)
    with store.transaction() as tx:
        tx.execute(text("ANALYZE"))
    plans: list[str] = []

    def explain(conn: Any, cursor: Any, statement: str, parameters: Any, context: Any, many: bool) -> None:
        if statement.lstrip().startswith("SELECT") and "episodes" in statement:
            raw = conn.connection.cursor()
            how = "EXPLAIN QUERY PLAN " if store.engine.dialect.name == "sqlite" else "EXPLAIN "
            raw.execute(how + statement, parameters)
            plans.extend(str(row) for row in raw.fetchall())
            raw.close()

    with store.reading() as tx:
        if tx.dialect_name == "postgresql":
            tx.execute(text("SET enable_seqscan = off"))  # on so few rows it would walk them all, and rightly
        event.listen(store.engine, "before_cursor_execute", explain)
        try:
            why.report(tx, PERIOD)
            why.page(tx, PERIOD, viewer=world.lead, reason_id=past.late.id)
        finally:
            event.remove(store.engine, "before_cursor_execute", explain)
            if tx.dialect_name == "postgresql":
                tx.execute(text("RESET enable_seqscan"))
    assert any("ix_episodes_opened" in plan for plan in plans), plans
    large = ("episodes", "conversations", "questions", "invitations", "responses", "sentiment_scores", "transitions")
    walked = [plan for plan in plans for table in large if f"SCAN {table}" in plan or f"Seq Scan on {table}" in plan]
    assert [plan for plan in walked if "ix_episodes_opened" not in plan] == []


def test_the_report_is_one_of_those_that_are_defined() -> None:
    wanted = {"reason_share", "reason_time", "reason_csat", "reason_frustrated", "reason_stage"}
    assert wanted <= set(reports.DEFINITIONS)
