"""What a condition says of a customer, against a second evaluator that was written only for this test."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from desk.facts import Condition, FactView, Known

START = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
EVENTS = ("order.placed", "login")


def at_minute(minute: float) -> datetime:
    return START + timedelta(minutes=minute)


# -- a history: (name, value, minute it happened, minute it was recorded), in the order of recording


def _fact(name, values):
    return st.tuples(st.just(name), values, st.integers(0, 40), st.integers(0, 5))


histories = st.lists(
    st.one_of(
        _fact("csat", st.integers(1, 5).map(float)),
        _fact("order.placed", st.one_of(st.none(), st.integers(1, 9).map(float))),
        _fact("login", st.none()),
        _fact("frustration", st.sampled_from(["calm", "strained", "frustrated"])),
        _fact("attribute.plan", st.one_of(st.sampled_from(["pro", "PRO", "5", "yes"]), st.just(5.0), st.booleans())),
        _fact("attribute.ends", st.integers(0, 60).map(at_minute)),
        _fact("stage", st.sampled_from(["loyalty", "retention"])),
    ),
    max_size=9,
)


def view_of(history) -> FactView:
    return FactView(
        1,
        [
            Known(name, value, at_minute(minute), at_minute(minute + late), number, number)
            for number, (name, value, minute, late) in enumerate(history)
        ],
    )


# -- the second evaluator: plain loops over the list, minutes as whole numbers


def happened(history, name, now):
    """(minute, value) of a fact up to `now`, oldest first; a later word for the same minute replaces the earlier."""
    rows = sorted(
        (minute, minute + late, number, value)
        for number, (fact, value, minute, late) in enumerate((f, _key(v), m, la) for f, v, m, la in history)
        if fact == name and minute <= now
    )
    plain = [(minute, value[1]) for minute, _, _, value in rows]
    if name in EVENTS:
        return plain
    return list(dict(plain).items())


def _key(value):
    return (str(value), value)  # so that sorting never compares a None with a number


def window(history, name, now, span):
    rows = happened(history, name, now)
    if span == "in stage":
        stages = happened(history, "stage", now)
        return None if not stages else [row for row in rows if row[0] > stages[-1][0]]
    return rows if span is None else [row for row in rows if row[0] > now - span]


def span_text(span):
    return "" if span is None else ", in stage" if span == "in stage" else f", {span} minutes"


many = settings(max_examples=max(settings.default.max_examples, 400))  # the language is wide, an example cheap

COMPARE = {
    "=": lambda a, b: a == b,
    "!=": lambda a, b: a != b,
    "<": lambda a, b: a < b,
    "<=": lambda a, b: a <= b,
    ">": lambda a, b: a > b,
    ">=": lambda a, b: a >= b,
}
signs = st.sampled_from(sorted(COMPARE))
spans = st.one_of(st.none(), st.integers(1, 30), st.just("in stage"))


def against(value, op, number):
    return None if value is None else COMPARE[op](value, number)


@st.composite
def latest(draw):
    op, number = draw(signs), draw(st.integers(1, 5))

    def judge(history, now):
        rows = happened(history, "csat", now)
        return against(rows[-1][1] if rows else None, op, number)

    return f"csat {op} {number}", judge


@st.composite
def counted(draw):
    op, number, span = draw(signs), draw(st.integers(0, 3)), draw(spans)
    name = draw(st.sampled_from(["csat", "login", "order.placed"]))

    def judge(history, now):
        rows = window(history, name, now, span)
        return None if rows is None else COMPARE[op](len(rows), number)

    return f"count({name}{span_text(span)}) {op} {number}", judge


@st.composite
def counted_low(draw):
    limit, number, span = draw(st.integers(1, 4)), draw(st.integers(0, 2)), draw(spans)

    def judge(history, now):
        rows = window(history, "csat", now, span)
        return None if rows is None else sum(1 for _, value in rows if value <= limit) > number

    return f"count(csat <= {limit}{span_text(span)}) > {number}", judge


@st.composite
def aggregated(draw):
    function = draw(st.sampled_from(["sum", "average", "lowest", "highest", "last"]))
    op, number, span = draw(signs), draw(st.integers(1, 9)), draw(spans)

    def judge(history, now):
        rows = window(history, "order.placed", now, span)
        if rows is None:
            return None
        if function == "last":
            return against(rows[-1][1] if rows else None, op, number)
        values = [value for _, value in rows if value is not None]
        if function == "sum":
            return COMPARE[op](sum(values), number)
        if not values:
            return None
        value = {"average": sum(values) / len(values), "lowest": min(values), "highest": max(values)}[function]
        return COMPARE[op](value, number)

    return f"{function}(order.placed{span_text(span)}) {op} {number}", judge


@st.composite
def elapsed(draw):
    op, number = draw(st.sampled_from(["<", "<=", ">", ">="])), draw(st.integers(0, 30))
    first, name = draw(st.booleans()), draw(st.sampled_from(["login", "stage", "attribute.ends"]))

    def judge(history, now):
        rows = happened(history, name, now)
        if not rows:
            return None
        minute, value = rows[0 if first else -1]
        if isinstance(value, datetime):
            minute = (value - START) // timedelta(minutes=1)
        return COMPARE[op](now - minute, number)

    return f"minutes since {'first ' if first else ''}{name} {op} {number}", judge


@st.composite
def until(draw):
    op, number = draw(st.sampled_from(["<", "<=", ">", ">="])), draw(st.integers(0, 30))

    def judge(history, now):
        rows = happened(history, "attribute.ends", now)
        return against((rows[-1][1] - START) / timedelta(minutes=1) - now if rows else None, op, number)

    return f"minutes until attribute.ends {op} {number}", judge


def fell(history, now):
    rows = happened(history, "csat", now)
    return None if len(rows) < 2 else rows[-1][1] < rows[-2][1]


@st.composite
def known(draw):
    name, negated = draw(st.sampled_from(["csat", "order.placed", "attribute.plan"])), draw(st.booleans())

    def judge(history, now):
        return bool(happened(history, name, now)) is not negated

    return f"{name} is {'unknown' if negated else 'known'}", judge


@st.composite
def worded(draw):
    negated, word = draw(st.booleans()), draw(st.sampled_from(["calm", "frustrated"]))

    def judge(history, now):
        rows = happened(history, "frustration", now)
        return None if not rows else (rows[-1][1] == word) is not negated

    return f'frustration is {"not " if negated else ""}"{word}"', judge


@st.composite
def typed(draw):
    """An attribute can be anything; the other side of the comparison says how it is read."""
    which = draw(st.sampled_from(["text", "number", "flag"]))

    def judge(history, now):
        rows = happened(history, "attribute.plan", now)
        if not rows:
            return None
        value = rows[-1][1]
        if which == "text":
            return str(value).lower() == "pro"
        if which == "flag":
            return None if value not in (True, False, "yes") else value in (True, "yes")
        return None if value not in ("5", 5.0) or isinstance(value, bool) else True

    return {"text": 'attribute.plan is "Pro"', "number": "attribute.plan > 4", "flag": "attribute.plan is true"}[
        which
    ], judge


leaves = st.one_of(
    latest(),
    counted(),
    counted_low(),
    aggregated(),
    elapsed(),
    until(),
    st.just(("csat < previous(csat)", fell)),
    known(),
    worded(),
    typed(),
)


def _both(parts, word):
    def judge(history, now):
        answers = [part[1](history, now) for part in parts]
        decisive = word == "or"
        return decisive if decisive in answers else None if None in answers else not decisive

    return f" {word} ".join(f"({part[0]})" for part in parts), judge


def _not(part):
    def judge(history, now):
        answer = part[1](history, now)
        return None if answer is None else not answer

    return f"not ({part[0]})", judge


def _unless(main, exception):
    def judge(history, now):
        return False if exception[1](history, now) is True else main[1](history, now)

    return f"({main[0]}) unless ({exception[0]})", judge


conditions = st.recursive(
    leaves,
    lambda inner: st.one_of(
        st.builds(_both, st.lists(inner, min_size=2, max_size=3), st.sampled_from(["and", "or"])),
        st.builds(_not, inner),
        st.builds(_unless, inner, inner),
    ),
    max_leaves=4,
)


@many
@given(conditions, histories, st.integers(-2, 80))
def test_conditions_agree_with_the_second_evaluator(condition, history, now):
    text, judge = condition
    assert Condition.parse(text).holds(view_of(history), at_minute(now)) is (judge(history, now) is True)


@given(conditions, histories, st.integers(-2, 80))
def test_a_condition_and_its_print_say_the_same(condition, history, now):
    read = Condition.parse(condition[0])
    again = Condition.parse(str(read))
    assert read.holds(view_of(history), at_minute(now)) is again.holds(view_of(history), at_minute(now))


@many
@given(conditions, histories, st.integers(-2, 80), st.integers(0, 60_000_000))
def test_the_answer_changes_only_at_the_moments_that_were_told(condition, history, minute, within):
    read, view = Condition.parse(condition[0]), view_of(history)
    now = at_minute(minute) + timedelta(microseconds=within)
    before = at_minute(-10)
    last = max((moment for moment in read.moments(view, before) if moment <= now), default=before)
    assert read.holds(view, now) is read.holds(view, last)


@many
@given(conditions, histories, st.integers(-2, 60), st.integers(0, 60))
def test_moments_after_a_time_are_the_later_ones_of_all(condition, history, early, later):
    """Looking only forward must not lose a moment at which the answer changes."""
    read, view = Condition.parse(condition[0]), view_of(history)
    told = read.moments(view, at_minute(early))
    for moment in read.moments(view, at_minute(-100)):
        if moment > at_minute(early) and read.holds(view, moment) is not read.holds(
            view, moment - timedelta(microseconds=1)
        ):
            assert moment in told


@many
@given(conditions, histories, st.integers(-2, 80))
def test_held_since_is_where_the_present_truth_began(condition, history, now):
    read, view = Condition.parse(condition[0]), view_of(history)
    since = read.held_since(view, at_minute(now))
    if not read.holds(view, at_minute(now)):
        assert since is None
    elif since is not None:
        assert since <= at_minute(now)
        assert read.holds(view, since)
        assert not read.holds(view, since - timedelta(microseconds=1))
    else:  # it has always held
        assert read.holds(view, at_minute(-1000))


@given(conditions, histories, st.integers(-2, 80))
def test_evidence_has_happened_and_is_of_the_condition(condition, history, now):
    read, view = Condition.parse(condition[0]), view_of(history)
    verdict = read.evaluate(view, at_minute(now))
    assert verdict.evidence or not verdict.holds
    for one in verdict.evidence:
        assert one.fact in read.names
        assert one.shown
        assert one.occurred_at is None or one.occurred_at <= at_minute(now)


# -- a few plain examples, as a reader of docs/conditions.md would try them


def days(*facts):
    return FactView(
        1,
        [
            Known(name, value, START - timedelta(days=ago), START - timedelta(days=ago), number, 100 + number)
            for number, (name, value, ago) in enumerate(facts)
        ],
    )


@pytest.mark.parametrize(
    ("text", "facts", "holds"),
    [
        ("csat <= 2", [], False),
        ("not (csat <= 2)", [], False),  # nobody knows
        ("login is known unless csat <= 2", [("login", None, 1)], True),  # an unknown exception is none
        ("days since order.placed > 120", [("order.placed", 10.0, 120)], False),
        ("days since order.placed >= 120", [("order.placed", 10.0, 120)], True),
        ("count(login, 7 days) = 1", [("login", None, 7), ("login", None, 6)], True),
        ("sum(order.placed, 30 days) > 500", [("order.placed", 400.0, 3), ("order.placed", 101.0, 2)], True),
        ("order.placed is known", [("order.placed", None, 3)], True),
        ("count(csat, in stage) = 1", [("csat", 3.0, 5), ("stage", "x", 3), ("csat", 4.0, 3), ("csat", 5.0, 2)], True),
        ("last(csat, in stage) <= 2", [("csat", 1.0, 3), ("stage", "x", 3)], False),  # it brought them here
        ("count(csat, in stage) = 0", [("csat", 1.0, 3)], False),  # in no stage
        ('stage is "Loyalty" and days in stage >= 30', [("stage", "loyalty", 30)], True),
        ('attribute.country in ("se", "NO")', [("attribute.country", "SE", 1)], True),
        ("attribute.seats >= 10", [("attribute.seats", "12", 1)], True),
        ("attribute.seats >= 10", [("attribute.seats", "many", 1)], False),
    ],
)
def test_examples(text, facts, holds):
    assert Condition.parse(text).holds(days(*facts), START) is holds


def test_evidence_shows_what_a_person_would_say():
    view = days(
        ("csat", 4.0, 9),
        ("csat", 1.0, 1),
        ("conversation.opened", None, 5),
        ("conversation.opened", None, 3),
        ("conversation.opened", None, 2),
        ("order.placed", 25.0, 130),
        ("attribute.city", "Malmö", 3),
    )

    def shown(text):
        return [one.shown for one in Condition.parse(text).evaluate(view, START).evidence]

    assert shown("csat <= 2 and count(conversation.opened, 7 days) >= 3") == [
        "CSAT 1",
        "Conversation opened: 3 × in 7 days",
    ]
    assert shown("days since order.placed > 120") == ["Order 130 days ago"]
    assert shown("nps <= 6 or csat <= 2") == ["CSAT 1"]
    assert shown("average(csat, 90 days) < 3") == ["CSAT: 2.5 on average in 90 days"]
    assert shown("previous(csat) = 4") == ["CSAT 4 before that"]
    assert shown("nps is unknown") == ["NPS: not known"]
    assert shown("count(login, 30 days) = 0") == ["Login: none in 30 days"]
    assert shown("count(csat <= 2) >= 1") == ["CSAT <= 2: 1 ×"]
    assert shown('attribute.city is "Malmö"') == ["city: Malmö"]
    assert shown('attribute.city is not "Lund"') == ["city: given"]  # the rule does not say it, so neither do we


def test_evidence_leads_to_the_entries():
    view = days(("conversation.opened", None, 5), ("conversation.opened", None, 3), ("csat", 1.0, 1))
    opened, csat = Condition.parse("count(conversation.opened) >= 2 and csat = 1").evaluate(view, START).evidence
    assert (opened.entry_id, opened.entry_ids) == (101, (101, 100))
    assert (csat.entry_id, csat.value, csat.occurred_at) == (102, 1.0, START - timedelta(days=1))


def test_a_huge_date_is_no_error():
    view = days(("attribute.ends", datetime.max.replace(tzinfo=UTC), 1))
    condition = Condition.parse("days since attribute.ends > 3 or days until attribute.ends < 3")
    assert not condition.holds(view, START)
    assert condition.moments(view, START - timedelta(days=9))
