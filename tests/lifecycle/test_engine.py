"""Walking through a model: order, rest, and the same moves however often and whenever one looks."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from desk.facts import FactView, Known
from desk.lifecycle import StageModel, read, read_yaml
from desk.lifecycle.engine import walk
from desk.lifecycle.models import TEMPLATES
from desk.lifecycle.service import Current, look
from desk.lifecycle.tables import CustomerStage

START = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
DAY = timedelta(days=1)
COMMERCE = read_yaml((TEMPLATES / "commerce.yaml").read_text("utf-8"))


def model(*rules, entry="a", stages="abcd", **fields):
    return read(
        {
            "key": fields.pop("key", "m"),
            "name": "M",
            "entry": entry,
            "stages": [{"key": key, "name": key.upper(), "criteria": "As the rules say."} for key in stages],
            "rules": [
                {
                    "key": f"r{n}",
                    "name": f"R{n}",
                    "from": list(rule[0]),
                    "to": rule[1],
                    "when": rule[2],
                    **(rule[3:] or ({},))[0],
                }
                for n, rule in enumerate(rules)
            ],
            **fields,
        }
    )


def view(*facts):
    """(name, value, day)"""
    return FactView(
        1, [Known(name, value, START + day * DAY, START + day * DAY, n) for n, (name, value, day) in enumerate(facts)]
    )


def path(*definitions, facts, until):
    done = walk(definitions, view(*facts), None, START - DAY, START + until * DAY)
    return [(move.after, (move.held_at - START) / DAY) for move in done.moves], done


def test_moves_follow_each_other_at_one_moment_and_each_rule_once():
    m = model(("a", "b", "csat >= 1"), ("b", "c", "csat >= 1"), ("c", "d", "csat >= 5"))
    assert path(m, facts=[("csat", 4.0, 2)], until=9)[0] == [("a", -1), ("b", 2), ("c", 2)]


def test_the_lowest_priority_counts_then_the_one_written_first():
    rules = [
        ("a", "b", "csat >= 1"),
        ("a", "c", "csat >= 1", {"priority": 5}),
        ("a", "d", "csat >= 1", {"priority": 5}),
    ]
    assert path(model(*rules), facts=[("csat", 4.0, 2)], until=9)[0] == [("a", -1), ("c", 2)]


def test_two_rules_that_both_hold_do_not_toss_a_customer_back_and_forth():
    m = model(("a", "b", "csat >= 1"), ("b", "a", "nps >= 0"))
    facts = [("csat", 4.0, 2), ("nps", 5.0, 2), *[(name, 3.0, 3 + n) for n in range(5) for name in ("csat", "nps")]]
    assert path(m, facts=facts, until=60)[0] == [("a", -1), ("b", 2)]


def test_a_rule_that_rested_moves_again_once_it_has_been_untrue():
    m = model(("a", "b", "csat >= 4"), ("b", "a", "nps >= 7"))
    facts = [("nps", 9.0, 1), ("csat", 4.0, 2), ("nps", 3.0, 5), ("nps", 8.0, 7)]
    assert path(m, facts=facts, until=60)[0] == [("a", -1), ("b", 2), ("a", 7)]


def test_a_rule_with_a_least_stay_waits():
    m = model(("a", "b", "csat <= 2", {"min_days_in_stage": 10}))
    assert path(m, facts=[("csat", 1.0, 2)], until=8)[0] == [("a", -1)]
    assert path(m, facts=[("csat", 1.0, 2)], until=8)[1].due == START + 9 * DAY
    assert path(m, facts=[("csat", 1.0, 2)], until=30)[0] == [("a", -1), ("b", 9)]


def test_time_alone_moves_at_the_moment_it_is_full_however_late_one_looks():
    m = model(("a", "b", "days since order.placed >= 120"))
    done = path(m, facts=[("order.placed", 9.0, 2)], until=10)[1]
    assert (len(done.moves), done.due) == (1, START + 122 * DAY)
    assert path(m, facts=[("order.placed", 9.0, 2)], until=400)[0] == [("a", -1), ("b", 122)]


def test_what_will_never_hold_is_never_due():
    m = model(("a", "b", "csat <= 2"))
    assert path(m, facts=[("csat", 5.0, 2)], until=10)[1].due is None


def test_a_fact_of_the_future_moves_when_its_time_comes():
    m = model(("a", "b", "count(order.placed) >= 1"))
    done = path(m, facts=[("order.placed", 9.0, 5)], until=3)[1]
    assert (len(done.moves), done.due) == (1, START + 5 * DAY)


def test_the_model_follows_the_attribute():
    trade = model(("a", "b", "csat <= 2"), key="trade", applies='attribute.kind is "trade"')
    rest = model(("a", "b", "csat <= 2"))
    facts = [("csat", 1.0, 1), ("attribute.kind", "trade", 3), ("attribute.kind", "home", 5)]
    done = path(trade, rest, facts=facts, until=9)[1]
    # In each model the answer is judged anew.
    assert [(move.model.key, move.before, move.after) for move in done.moves] == [
        ("m", None, "a"),
        ("m", "a", "b"),
        ("trade", "b", "a"),
        ("trade", "a", "b"),
        ("m", "b", "a"),
        ("m", "a", "b"),
    ]
    assert [one.shown for one in done.moves[2].evidence] == ["kind: trade"]
    assert done.moves[4].evidence  # what made the other model apply no longer


def test_who_belongs_to_no_model_stands_nowhere():
    trade = model(("a", "b", "csat <= 2"), applies='attribute.kind is "trade"')
    assert path(trade, facts=[("csat", 1.0, 1)], until=9)[1].standing is None


def test_a_customer_known_only_by_mails_moves_by_a_bad_answer_and_back_by_a_good_one():
    facts = [
        ("conversation.opened", None, 0),
        ("message.received", None, 0),
        ("message.received", None, 0.5),
        ("message.received", None, 1),
        ("frustration", "frustrated", 1),
        ("conversation.resolved", None, 2),
        ("csat", 1.0, 3),
        ("csat", 5.0, 6),
    ]
    steps, done = path(COMMERCE, facts=facts, until=9)
    assert steps == [("awareness", -1), ("engagement", 0), ("awareness", 3), ("engagement", 6)]
    bad = done.moves[2]
    assert (bad.rule.name, bad.direction) == ("Put off by our answer", "backward")
    assert [one.shown for one in bad.evidence] == ["CSAT 1"]


def test_a_shop_customer_lives_through_it():
    orders = [("order.placed", 40.0, day) for day in (5, 20, 40, 60)]
    facts = [
        ("conversation.opened", None, 1),
        ("message.received", None, 1),
        *orders,
        ("csat", 5.0, 61),
        ("csat", 1.0, 70),
        ("csat", 5.0, 75),
        ("order.placed", 20.0, 400),
    ]
    steps, _ = path(COMMERCE, facts=facts, until=480)
    assert [stage for stage, _ in steps] == [
        "awareness",
        "engagement",
        "conversion",
        "retention",
        "loyalty",
        "retention",  # CSAT 1: loyal customer in trouble
        "loyalty",  # a good answer again
        "lapsed",
        "won_back",
    ]
    assert 240 <= dict(steps)["lapsed"] < 241
    assert steps[-1] == ("won_back", 400)


# -- replay

NAMES = sorted(COMMERCE.fact_names - {"stage"})
events = st.sampled_from(
    ["conversation.opened", "conversation.reopened", "conversation.resolved", "message.received", "cart.filled"]
).map(lambda name: (name, None))
histories = st.lists(
    st.tuples(
        st.one_of(
            events,
            st.tuples(st.just("csat"), st.integers(1, 5).map(float)),
            st.tuples(st.just("nps"), st.integers(0, 10).map(float)),
            st.tuples(st.just("order.placed"), st.integers(1, 90).map(float)),
            st.tuples(st.just("frustration"), st.sampled_from(["calm", "strained", "frustrated"])),
            st.tuples(st.just("attribute.categories"), st.integers(1, 3).map(float)),
        ),
        st.integers(0, 700),  # hours since the one before
    ),
    max_size=14,
)


def said(moves):
    return [(move.before, move.after, move.rule.key if move.rule else None, move.held_at) for move in moves]


def replay(history, looks):
    """Looks at the customer after each fact that `looks` says, as the jobs do, and keeps the row between.

    Never between two facts of one instant: what comes in after a look, for that very instant, has come late.
    """
    model = StageModel(key="commerce", version=1, published_at=START, definition=COMMERCE.as_json())
    current = Current.of([model], [COMMERCE])
    facts, moves, row, now = [], [], None, START
    for n, ((name, value), hours) in enumerate(history):
        now += timedelta(hours=hours)
        facts.append(Known(name, value, now, now, n))
        ends = n == len(history) - 1
        if ends or (looks[n % len(looks)] and history[n + 1][1] > 0):
            made = [Known("stage", move.after, move.held_at, now, 1000 + k) for k, move in enumerate(moves)]
            done = look(current, row, FactView(1, [*facts, *made]), START if row is None else None, now)
            moves.extend(done.moves)
            assert done.standing is not None
            row = row or CustomerStage(customer_id=1)
            row.model_key, row.stage, row.since = done.standing.model, done.standing.stage, done.standing.since
            row.considered_at, row.considered_by, row.due_at = now, current.digest, done.due
            row.resting = {"came": sorted(done.standing.rested), "now": sorted(done.standing.resting)}
    return said(moves), facts, now


@given(histories.filter(bool), st.lists(st.booleans(), min_size=1, max_size=5))
def test_a_replay_of_the_facts_gives_the_same_moves_however_often_one_looked(history, looks):
    step_by_step, facts, end = replay(history, looks)
    at_once = walk([COMMERCE], FactView(1, facts), None, START - timedelta(microseconds=1), end)
    assert step_by_step == said(at_once.moves)


@given(histories.filter(bool), st.randoms(use_true_random=False))
def test_the_order_in_which_facts_are_read_does_not_matter(history, random):
    _, facts, end = replay(history, [False])
    shuffled = random.sample(facts, len(facts))
    walks = [walk([COMMERCE], FactView(1, some), None, START, end) for some in (facts, shuffled)]
    assert said(walks[0].moves) == said(walks[1].moves)
    assert walks[0].due == walks[1].due


@given(histories.filter(bool))
def test_nothing_happens_before_it_is_due(history):
    """`due` is when time alone moves a customer: a tick before it nothing has, and then something may."""
    _, facts, end = replay(history, [False])
    done = walk([COMMERCE], FactView(1, facts), None, START, end)
    if done.due is None:
        assert said(walk([COMMERCE], FactView(1, facts), None, START, end + 3000 * DAY).moves) == said(done.moves)
    else:
        assert done.due > end
        before = walk([COMMERCE], FactView(1, facts), None, START, done.due - timedelta(microseconds=1))
        assert said(before.moves) == said(done.moves)
        after = walk([COMMERCE], FactView(1, facts), None, START, done.due)
        assert len(after.moves) > len(done.moves)


@given(histories)
def test_no_stage_is_entered_twice_at_one_moment(history):
    _, facts, end = replay(history, [False])
    moves = walk([COMMERCE], FactView(1, facts), None, START, end).moves
    places = [(move.held_at, move.after) for move in moves]
    assert len(set(places)) == len(places)
    for one, other in pairwise(moves):
        assert one.held_at <= other.held_at
        assert other.before == one.after
