"""Customers as they move, on both databases: rows, timeline, facts and signals say the same."""

from __future__ import annotations

import random
from datetime import timedelta

import pytest
from sqlalchemy import func, select

from desk import agents, facts, lifecycle, timeline
from desk.facts import Condition
from desk.jobs.tables import Job
from desk.lifecycle import MoveError, StageModel, Transition
from desk.lifecycle.models import definition_of
from desk.signals import FactRecorded, StageChanged
from desk.timeline.tables import Entry
from tests.factories import make_customer, make_staff

HOUR = timedelta(hours=1)
DAY = timedelta(days=1)


@pytest.fixture
def maya(store):
    """A customer of a desk with the shipped models."""
    with store.transaction() as tx:
        lifecycle.install_templates(tx)
        return make_customer(tx).id


@pytest.fixture
def happens(store, clock):
    """Records a fact and looks at the customer, as the reactions do; gives the transition."""

    def tell(customer_id, name, value=None, *, after=HOUR, ago=timedelta(0), look=True):
        clock.advance(after)
        with store.transaction() as tx:
            facts.record(tx, customer_id, name, value, occurred_at=clock.now() - ago)
        if not look:
            return None
        with store.transaction() as tx:
            return lifecycle.consider(tx, customer_id)

    return tell


def trail(store, customer_id):
    with store.reading() as tx:
        return [(t.before, t.after, t.rule) for t in reversed(lifecycle.history(tx, customer_id))]


# -- the loop


def test_a_bad_answer_moves_a_customer_of_three_mails_and_says_why(store, clock, maya, happens):
    for name in ("conversation.opened", "message.received"):
        happens(maya, name)
    happens(maya, "first_response_minutes", 12)
    happens(maya, "message.received")
    happens(maya, "frustration", "frustrated")
    happens(maya, "message.received")
    happens(maya, "conversation.resolved")
    heard = []
    store.listen(heard.append)
    clock.advance(DAY)
    with store.transaction() as tx:
        fact = facts.record(tx, maya, "csat", 1, occurred_at=clock.now(), entry_id=4711)
    answered = clock.now()
    clock.advance(timedelta(seconds=5))
    with store.transaction() as tx:
        moved = lifecycle.consider(tx, maya)

    assert (moved.before, moved.after, moved.rule, moved.direction) == (
        "engagement",
        "awareness",
        "put_off",
        "backward",
    )
    assert (moved.model_key, moved.model_version) == ("commerce", 1)
    assert (moved.held_at, moved.known_at) == (answered, clock.now())
    [evidence] = moved.evidence
    assert (evidence["fact"], evidence["shown"], evidence["value"], evidence["entry_id"]) == (
        "csat",
        "CSAT 1",
        1.0,
        4711,
    )
    assert fact.occurred_at.isoformat() == evidence["occurred_at"]

    with store.reading() as tx:
        stands = lifecycle.stage_of(tx, maya)
        assert (stands.stage, stands.since, stands.transition_id) == ("awareness", answered, moved.id)
        entry = tx.scalar(select(Entry).where(Entry.id == moved.entry_id))
        assert (entry.kind, entry.author, entry.occurred_at) == ("stage", "desk", answered)
        assert entry.detail == {
            "before": "engagement",
            "after": "awareness",
            "before_name": "Engagement",
            "after_name": "Awareness",
            "model": "commerce",
            "model_name": "Commerce",
            "version": 1,
            "rule": "put_off",
            "rule_name": "Put off by our answer",
            "direction": "backward",
            "evidence": [{"shown": "CSAT 1", "entry_id": 4711, "occurred_at": answered.isoformat()}],
            "transition_id": moved.id,
        }
        assert facts.view(tx, maya).value("stage") == "awareness"
        assert facts.view(tx, maya).value("stage_model") == "commerce"
        assert timeline.page(tx, maya)[-1].kind == "stage"
    assert StageChanged(maya, moved.id, "engagement", "awareness") in heard
    assert happens(maya, "csat", 5).rule == "first_contact"  # a good answer, and they are engaged again


def test_a_new_customer_enters_just_before_their_first_fact(store, clock, maya, happens):
    happens(maya, "conversation.opened")
    assert trail(store, maya) == [(None, "awareness", "started"), ("awareness", "engagement", "first_contact")]
    with store.reading() as tx:
        second, first = lifecycle.history(tx, maya)
    assert first.direction == "enter"
    assert second.held_at - first.held_at == timedelta(microseconds=1)
    assert second.held_at == clock.now()


def test_looking_again_changes_nothing(store, clock, maya, happens):
    happens(maya, "conversation.opened")
    happens(maya, "csat", 1)

    def rows():
        with store.reading() as tx:
            return [tx.scalar(select(func.count()).select_from(t)) for t in (Transition, Entry, facts.Fact)]

    before = rows()
    heard = []
    store.listen(heard.append)
    for wait in (0, 1, 60, 86_400):
        clock.advance(timedelta(seconds=wait))
        with store.transaction() as tx:
            assert lifecycle.consider(tx, maya) is None
    assert rows() == before
    assert heard == []


def test_a_stage_does_not_set_off_its_own_rules_for_ever(store, clock, maya):
    """Looks again at every fact, also at those that looking recorded: it must come to an end."""
    looks = []

    def look_again(tx, signal):
        if isinstance(signal, FactRecorded):
            looks.append(signal.name)
            assert len(looks) < 20
            lifecycle.consider(tx, signal.customer_id)

    store.react_with(look_again)
    with store.transaction() as tx:
        facts.record(tx, maya, "conversation.opened", occurred_at=clock.now())
    assert looks == ["conversation.opened", "stage", "stage_model", "stage"]


def test_replaying_the_facts_gives_the_same_transitions(store, clock, maya, happens):
    """One customer is looked at after each fact, the other once at the end: the same moves, from the same moments."""
    with store.transaction() as tx:
        other = make_customer(tx).id
    names = ["conversation.opened", "message.received", "conversation.resolved", "csat", "csat", "nps", "order.placed"]
    for seed in (1, 2, 3):
        chance = random.Random(seed)
        for _ in range(14):
            name = chance.choice(names)
            value = {"csat": chance.randint(1, 5), "nps": chance.randint(0, 10), "order.placed": 20}.get(name)
            happens(maya, name, value, after=timedelta(hours=chance.randint(1, 900)))
            happens(other, name, value, after=timedelta(0), look=False)
    with store.transaction() as tx:
        lifecycle.consider(tx, other)
    with store.reading() as tx:
        one, two = ([(t.before, t.after, t.rule, t.held_at) for t in lifecycle.history(tx, i)] for i in (maya, other))
    assert one == two
    assert len(one) > 6


# -- late, early, and by time


def test_a_late_fact_moves_from_the_moment_it_happened(store, clock, maya, happens):
    happens(maya, "conversation.opened")
    happens(maya, "message.received", after=3 * DAY)
    moved = happens(maya, "csat", 1, ago=2 * DAY, after=DAY)
    assert (moved.after, moved.held_at, moved.known_at) == ("awareness", clock.now() - 2 * DAY, clock.now())


def test_a_corrected_answer_moves_back_by_itself(store, clock, maya, happens):
    happens(maya, "conversation.opened")
    happens(maya, "csat", 1)
    corrected = happens(maya, "csat", 5, ago=HOUR)  # recorded now, for the moment of the first answer
    assert (corrected.before, corrected.after) == ("awareness", "engagement")


def test_a_fact_of_the_future_waits_for_its_time(store, clock, maya, happens):
    happens(maya, "conversation.opened")
    assert happens(maya, "order.placed", 20, ago=-2 * DAY) is None
    with store.reading() as tx:
        assert lifecycle.due_for_consideration(tx) == []
    clock.advance(2 * DAY)
    with store.transaction() as tx:
        assert lifecycle.due_for_consideration(tx) == [maya]
        assert lifecycle.consider(tx, maya).after == "conversion"
        assert lifecycle.due_for_consideration(tx) == []


def test_silence_moves_at_the_day_it_is_full(store, clock, maya, happens):
    happens(maya, "order.placed", 20)
    ordered = clock.now()
    with store.reading() as tx:
        assert lifecycle.stage_of(tx, maya).stage == "conversion"
    for wait in (20, 11):  # a month without trouble
        clock.advance(wait * DAY)
        with store.transaction() as tx:
            for customer_id in lifecycle.due_for_consideration(tx):
                lifecycle.consider(tx, customer_id)
    clock.advance(200 * DAY)
    with store.transaction() as tx:
        assert lifecycle.due_for_consideration(tx) == [maya]
        lifecycle.consider(tx, maya)
    with store.reading() as tx:
        settled, lapsed = reversed(lifecycle.history(tx, maya)[:2])
    assert (settled.rule, settled.held_at) == ("settled", ordered + 30 * DAY)
    assert (lapsed.rule, lapsed.held_at - ordered) == ("no_order_for_long", 180 * DAY + timedelta(microseconds=1))
    assert [one["shown"] for one in lapsed.evidence] == ["Order 180 days ago"]


def test_those_who_are_due_come_in_batches(store, clock, maya, happens):
    with store.transaction() as tx:
        ids = [make_customer(tx).id for _ in range(5)]
    for customer_id in ids:
        happens(customer_id, "order.placed", 5, after=timedelta(0))
    clock.advance(31 * DAY)
    with store.reading() as tx:
        first = lifecycle.due_for_consideration(tx, limit=3)
        rest = lifecycle.due_for_consideration(tx, limit=3, after=first[-1])
    assert first + rest == ids


# -- by hand


@pytest.fixture
def viewer(store):
    with store.transaction() as tx:
        staff = make_staff(tx, "supervisor")
        return agents.viewer(tx, staff.id)


def test_a_move_by_hand_keeps_its_reason_and_is_not_taken_back(store, clock, maya, happens, viewer):
    happens(maya, "order.placed", 20)
    happens(maya, "order.placed", 20)
    clock.advance(DAY)
    with store.transaction() as tx:
        moved = lifecycle.move(tx, maya, "engagement", viewer, " Both orders were tests of the shop. ")
    assert (moved.before, moved.after, moved.rule, moved.staff_id) == ("retention", "engagement", "by_hand", viewer.id)
    with store.reading() as tx:
        line = timeline.page(tx, maya)[-1]
        assert (line.kind, line.author, line.text) == ("stage", "staff", "Both orders were tests of the shop.")
        assert "tests of the shop" not in str(line.detail)  # personal words can be erased
    assert happens(maya, "message.received") is None  # the old orders do not pull them forward again
    assert happens(maya, "csat", 2).after == "awareness"


def test_a_rule_takes_over_again_once_something_changes(store, clock, maya, happens, viewer):
    happens(maya, "conversation.opened")
    with store.transaction() as tx:
        lifecycle.move(tx, maya, "loyalty", viewer, "Bought in the shop on site for years.")
    moved = happens(maya, "csat", 1)
    assert (moved.rule, moved.after) == ("loyal_in_trouble", "retention")


@pytest.mark.database("sqlite")
def test_a_move_by_hand_that_makes_no_sense_is_refused(store, maya, happens, viewer):
    happens(maya, "conversation.opened")
    for to, reason, said in (
        ("nowhere", "x", "“nowhere” is no stage of Commerce."),
        ("engagement", "x", "The customer is in Engagement already."),
        ("loyalty", "  ", "Say why, so that the others understand it later."),
        ("loyalty", "x" * 1001, "The reason has 1001 characters; 1000 is the most."),
    ):
        with pytest.raises(MoveError) as caught, store.transaction() as tx:
            lifecycle.move(tx, maya, to, viewer, reason)
        assert str(caught.value) == said
    with store.reading() as tx:
        assert lifecycle.stage_of(tx, maya).stage == "engagement"


# -- why


def test_why_this_stage_on_any_past_date(store, clock, maya, happens):
    start = clock.now()
    happens(maya, "conversation.opened")
    happens(maya, "message.received", after=5 * DAY)
    happens(maya, "csat", 1, ago=DAY, after=DAY)
    with store.reading() as tx:
        assert lifecycle.why(tx, maya, start - DAY) is None
        assert lifecycle.why(tx, maya, start + 2 * DAY).after == "engagement"
        assert lifecycle.why(tx, maya, clock.now()).rule == "put_off"
        # An hour ago the answer had been given, and nobody here knew.
        hour_ago = clock.now() - HOUR
        assert lifecycle.why(tx, maya, hour_ago).rule == "put_off"
        assert lifecycle.why(tx, maya, hour_ago, known_at=hour_ago).rule == "first_contact"


# -- models as rows


def test_templates_are_installed_once(store, clock):
    for _ in range(2):
        with store.transaction() as tx:
            lifecycle.install_templates(tx)
    with store.reading() as tx:
        rows = lifecycle.versions(tx)
        assert sorted((row.key, row.version, row.state) for row in rows) == [
            ("commerce", 1, "published"),
            ("five_stages", 1, "draft"),
            ("six_stages", 1, "draft"),
            ("subscription", 1, "draft"),
            ("value", 1, "draft"),
        ]
        [row] = lifecycle.published(tx)
        assert len(definition_of(row).rules) >= 10
        assert row.review_on == clock.now() + 182 * DAY


def test_a_desk_that_retired_the_shipped_model_does_not_get_it_back(store, clock):
    with store.transaction() as tx:
        lifecycle.install_templates(tx)
        tx.scalar(select(StageModel).where(StageModel.key == "commerce")).state = "retired"
    with store.transaction() as tx:
        assert lifecycle.install_templates(tx) == []
        assert lifecycle.published(tx) == []


def without_orders(tx):
    """The commerce model, where interest alone makes a customer of the second step."""
    given = dict(definition_of(lifecycle.published(tx)[0]).as_json())
    given["rules"] = [rule for rule in given["rules"] if rule["key"] != "put_off"]
    given["rules"].append(
        {
            "key": "patient",
            "name": "Patient",
            "from": "engagement",
            "to": "conversion",
            "when": "count(message.received) >= 2",
        }
    )
    return given


def test_a_new_version_holds_from_when_it_was_published(store, clock, maya, happens):
    happens(maya, "conversation.opened")
    happens(maya, "message.received")
    happens(maya, "message.received")
    clock.advance(DAY)
    with store.transaction() as tx:
        draft = lifecycle.save(tx, without_orders(tx))
        assert (draft.version, draft.state) == (2, "draft")
        lifecycle.publish(tx, draft.id)
    published_at = clock.now()
    clock.advance(DAY)
    with store.transaction() as tx:
        assert lifecycle.due_for_consideration(tx) == [maya]
        moved = lifecycle.consider(tx, maya)
        assert lifecycle.due_for_consideration(tx) == []
    assert (moved.rule, moved.model_version, moved.held_at) == ("patient", 2, published_at)
    with store.reading() as tx:
        assert [(row.version, row.state) for row in lifecycle.versions(tx, "commerce")] == [
            (2, "published"),
            (1, "retired"),
        ]


def test_publishing_looks_at_those_whom_no_model_claimed(store, clock):
    with store.transaction() as tx:
        maya = make_customer(tx).id
        facts.record(tx, maya, "conversation.opened", occurred_at=clock.now())
        lifecycle.install_templates(tx)
        [job] = tx.scalars(select(Job).where(Job.task == "lifecycle.consider"))
        assert job.args == {"customer_id": maya}


def test_an_attribute_leads_into_another_model(store, clock, maya, happens):
    happens(maya, "conversation.opened")
    with store.transaction() as tx:
        trade = {
            "key": "trade",
            "name": "Trade",
            "rank": 1,
            "applies": 'attribute.kind is "trade"',
            "entry": "account",
            "stages": [{"key": "account", "name": "Account", "criteria": "Has an account with terms of payment."}],
        }
        lifecycle.publish(tx, lifecycle.save(tx, trade).id)
    assert happens(maya, "message.received", after=DAY) is None
    moved = happens(maya, "attribute.kind", "trade")
    assert (moved.before, moved.after, moved.model_key, moved.rule) == (
        "engagement",
        "account",
        "trade",
        "model_changed",
    )
    with store.reading() as tx:
        entry = tx.scalar(select(Entry).where(Entry.id == moved.entry_id))
        assert (entry.detail["before_name"], entry.detail["after_name"]) == ("Engagement", "Account")
        assert entry.detail["evidence"][0]["shown"] == "kind: trade"
        view = facts.view(tx, maya)
        assert Condition.parse('stage is "account" and stage_model is "trade"').holds(view, clock.now())


def test_without_a_model_nobody_stands_anywhere(store, clock):
    with store.transaction() as tx:
        maya = make_customer(tx).id
        facts.record(tx, maya, "conversation.opened", occurred_at=clock.now())
        assert lifecycle.consider(tx, maya) is None
        assert lifecycle.stage_of(tx, maya) is None


# -- dry run


def test_a_dry_run_tells_who_would_move_and_moves_nobody(store, clock, maya, happens):
    with store.transaction() as tx:
        lucas, olga = make_customer(tx).id, make_customer(tx).id
    for customer_id in (maya, lucas):
        for name in ("conversation.opened", "message.received", "message.received"):
            happens(customer_id, name)
    happens(olga, "order.placed", 20)
    with store.reading() as tx:
        given = without_orders(tx)

    def snapshot():
        with store.reading() as tx:
            counts = [
                tx.scalar(select(func.count()).select_from(t)) for t in (Transition, Entry, facts.Fact, StageModel)
            ]
            return counts, [
                (lifecycle.stage_of(tx, c).stage, lifecycle.stage_of(tx, c).due_at) for c in (maya, lucas, olga)
            ]

    before, told = snapshot(), []
    with store.reading() as tx:
        result = lifecycle.dry_run(tx, given, told.append)
    assert result == {
        "model": "commerce",
        "version": 2,
        "customers": 3,
        "moving": 2,
        "moves": [
            {
                "from": "engagement",
                "to": "conversion",
                "rules": ["patient"],
                "count": 2,
                "customers": sorted((maya, lucas)),
            }
        ],
    }
    assert told == [3]
    assert snapshot() == before
    with store.transaction() as tx:  # and then it comes true
        lifecycle.publish(tx, lifecycle.save(tx, given).id)
    with store.transaction() as tx:
        assert [lifecycle.consider(tx, c) is not None for c in (maya, lucas, olga)] == [True, True, False]


def test_a_dry_run_of_another_model_names_both(store, clock, maya, happens):
    happens(maya, "conversation.opened")
    other = {
        "key": "everybody",
        "name": "Everybody",
        "entry": "here",
        "stages": [{"key": "here", "name": "Here", "criteria": "Whoever there is."}],
    }
    with store.reading() as tx:
        [one] = lifecycle.dry_run(tx, other)["moves"]
    assert (one["from"], one["to"], one["count"]) == ("commerce/engagement", "here", 1)


@pytest.mark.database("sqlite")
def test_a_dry_run_of_nonsense_is_refused_in_words(store):
    for given in (None, [], {"key": "x"}):
        with pytest.raises(ValueError, match=r"model"), store.reading() as tx:
            lifecycle.dry_run(tx, given)
