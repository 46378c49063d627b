"""The condition language: what it reads, what it prints, and how it says what is wrong."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from desk.facts import Condition, ConditionError
from desk.facts.parser import DEEPEST, canonical
from desk.facts.syntax import (
    All,
    Among,
    AnyOf,
    Compare,
    Elapsed,
    InStage,
    IsKnown,
    Latest,
    Measure,
    Not,
    Span,
    Unless,
)

numbers = st.one_of(
    st.integers(-9999, 9999).map(float),
    st.floats(-1000, 1000, allow_nan=False).map(lambda x: round(x, 4) + 0.0),
)
scores = st.integers(1, 5).map(float)
words = st.text(st.characters(codec="utf-8", exclude_categories=("Cs",)), max_size=12)
units = st.sampled_from(["minute", "hour", "day", "week"])
windows = st.one_of(st.none(), st.just(InStage()), st.builds(Span, st.integers(1, 400).map(float), units))
signs = st.sampled_from(["=", "!=", "<", "<=", ">", ">="])

measures = st.one_of(
    st.builds(Measure, st.just("count"), st.sampled_from(["order.placed", "csat", "login"]), windows),
    st.builds(Measure, st.just("count"), st.just("csat"), windows, signs, scores),
    st.builds(
        Measure, st.just("count"), st.just("frustration"), windows, st.sampled_from(["=", "!="]), st.just("calm")
    ),
    st.builds(Measure, st.sampled_from(["sum", "average", "lowest", "highest"]), st.just("order.placed"), windows),
)
numeric = st.one_of(measures, st.builds(Measure, st.just("last"), st.just("first_response_minutes"), windows))
leaves = st.one_of(
    st.builds(Compare, st.just(Latest("csat")), signs, scores),
    st.builds(Compare, numeric, signs, numbers.filter(lambda x: x >= 0)),
    st.builds(Compare, measures, signs, measures),
    st.builds(Compare, st.just(Latest("csat")), signs, st.just(Measure("previous", "csat"))),
    st.builds(
        Compare,
        st.builds(Elapsed, units, st.sampled_from(["order.placed", "stage", "attribute.since"]), st.booleans()),
        st.sampled_from(["<", "<=", ">", ">="]),
        st.integers(0, 3000).map(float),
    ),
    st.builds(
        Compare,
        st.builds(Elapsed, units, st.just("attribute.renews"), st.just(False), st.just(True)),
        st.just("<="),
        st.integers(0, 3000).map(float),
    ),
    st.builds(Compare, st.just(Latest("attribute.plan")), st.sampled_from(["=", "!="]), words),
    st.builds(
        Compare, st.just(Latest("attribute.größe")), st.just("contains"), words.filter(lambda word: word.strip())
    ),
    st.builds(Compare, st.just(Latest("attribute.vip")), st.sampled_from(["=", "!="]), st.booleans()),
    st.builds(
        Among, st.just(Latest("attribute.country")), st.lists(words, min_size=1, max_size=4).map(tuple), st.booleans()
    ),
    st.builds(IsKnown, st.sampled_from([Latest("nps"), Latest("order.placed")]), st.booleans()),
)
conditions = st.recursive(
    leaves,
    lambda inner: st.one_of(
        st.builds(Not, inner),
        st.builds(All, st.lists(inner, min_size=2, max_size=3).map(tuple)),
        st.builds(AnyOf, st.lists(inner, min_size=2, max_size=3).map(tuple)),
        st.builds(Unless, inner, inner),
    ),
    max_leaves=6,
).map(canonical)


@given(conditions)
def test_what_is_printed_reads_back_as_the_same(node):
    text = str(node)
    read = Condition.parse(text)
    assert read.node == node
    assert str(read) == text


def refusal(text) -> ConditionError | None:
    try:
        Condition.parse(text)
    except ConditionError as error:
        return error
    return None


@given(st.text(max_size=60))
def test_any_text_is_read_or_refused_with_its_place(text):
    error = refusal(text)
    assert error is None or (0 <= error.position <= len(text) and error.sentence.strip())


@given(conditions, st.integers(0, 200), st.text(max_size=3))
def test_a_damaged_condition_is_refused_with_its_place_or_still_reads(node, place, scrap):
    text = str(node)
    damaged = text[: place % len(text)] + scrap + text[place % len(text) + 1 :]
    error = refusal(damaged)
    assert error is None or 0 <= error.position <= len(damaged)


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        # "and" binds closer than "or", "not" closest, "unless" least
        ("csat <= 2 or nps <= 6 and ces < 3", "csat <= 2 or (nps <= 6 and ces < 3)"),
        ("not csat <= 2 and nps is known", "(not (csat <= 2)) and nps is known"),
        (
            'csat > 3 or nps > 8 unless ces < 3 or locale is "de"',
            '(csat > 3 or nps > 8) unless (ces < 3 or locale is "de")',
        ),
        ("csat > 3 unless ces < 3 unless nps = 1", "(csat > 3 unless ces < 3) unless nps = 1"),
        # other spellings of the same
        ("CSAT ≤ 2 AND Nps <> 3", "csat <= 2 and nps != 3"),
        ("csat is at most 2 and nps is at least 9", "csat <= 2 and nps >= 9"),
        ("csat is more than 2 and nps less than 9", "csat > 2 and nps < 9"),
        ("csat == 5 or csat is not 4", "csat = 5 or csat != 4"),
        ("attribute.plan = “pro”", 'attribute.plan is "pro"'),
        ("attribute.plan is „pro“", "attribute.plan is 'pro'"),
        ("attribute.vip is yes", "attribute.vip = true"),
        ("nps is not known", "nps is unknown"),
        ("locale is not in ('de')", 'locale not in ("de")'),
        ("days since stage > 3", "days in stage > 3"),
        ("day since last order.placed > 3", "days since order.placed > 3"),
        ("count(login, 1 weeks) = 0", "count( login ,1 week )=0"),
    ],
)
def test_two_ways_to_write_one_condition(written, meant):
    assert Condition.parse(written) == Condition.parse(meant)


@pytest.mark.parametrize(
    ("text", "sentence", "position"),
    [
        ("", "The condition is empty. Write something like “csat <= 2”.", 0),
        ("csta <= 2", "There is no fact called “csta”. Did you mean “csat”?", 0),
        ("count(order.place) > 1", "There is no fact called “order.place”. Did you mean “order.placed”?", 6),
        ('csat is "bad"', 'csat is a number: compare it with a number, not with "bad".', 8),
        ("csat <= 7", "csat goes from 1 to 5: 7 is outside.", 8),
        ("(csat <= 2 or nps < 3", "This parenthesis is never closed.", 0),
        ("csat <= 2)", "This closing parenthesis has no opening one.", 9),
        ("csat <=", "“csat” has nothing to be compared with.", 7),
        ("csat <= 2 and", "The condition stops after “and”: something is missing.", 13),
        ("csat <= 2 and or nps < 3", "A fact was expected after “and”, not “or”.", 14),
        ("csat", "“csat” alone is no condition: compare it with something, or write “csat is known”.", 0),
        ("login", "“login” alone is no condition: compare it with something, or write “count(login) >= 1”.", 0),
        ("2 >= csat", "Put the fact first and 2 after it, such as “csat <= 2”.", 0),
        ("csat < 3 < 4", "A comparison has two sides. Join two comparisons with “and”.", 9),
        ("frustration is angry", 'Put words in quotes: “frustration is "angry"”.', 15),
        ('frustration is "angry"', "frustration is never “angry”: it is calm, strained or frustrated.", 15),
        ('frustration > "calm"', "frustration is a word and has no order: use “is”, “is not” or “in (…)”.", 14),
        (
            "login > 3",
            "login only happens and has no value to compare. Use “count(login)” or “days since login”.",
            8,
        ),
        ("sum(login) > 3", "login only happens and carries no number: “sum” needs one. “count(login)” works.", 4),
        ("average(locale) > 3", "locale is not a number: “average” needs one. “count(locale)” works.", 8),
        ("count(csat, 7) > 1", "7 what? Write minutes, hours, days or weeks.", 13),
        ("count(csat, 0 days) > 1", "A time span is longer than 0.", 12),
        ("days since login > 99999999", "No time span is longer than 100 years.", 19),
        ("days since login = 3", "“days since login” is hardly ever exactly 3: use <, <=, > or >=.", 19),
        ("days until login > 3", "login is no date, so there is no “until”. Write “days since login”.", 11),
        ('locale in ("de", "en"', "This list is never closed.", 10),
        ('locale is "de', "This quote is never closed.", 10),
        ("median(csat) > 3", None, 0),
        ("csat <= 2 && nps > 3", "“&” has no meaning here. Write “and”.", 10),
        ("count(csat) is known", "“count(csat)” is always known: it is 0 where there is nothing.", 0),
        ("csat <= 2 nps > 3", "“nps” was not expected here. Join conditions with “and”, “or” or “unless”.", 10),
        ('plan is "pro"', None, 0),
        ("csat <= 12345678901234567890", None, 8),
    ],
)
def test_errors_are_sentences_with_a_place(text, sentence, position):
    with pytest.raises(ConditionError) as caught:
        Condition.parse(text)
    assert caught.value.position == position
    if sentence:
        assert caught.value.sentence == sentence
    assert str(caught.value) == f"{caught.value.sentence} (at character {position + 1})"


def test_an_unknown_word_is_told_where_it_may_belong():
    with pytest.raises(ConditionError, match=r"“attribute\.plan”.*“event\.plan”"):
        Condition.parse('plan is "pro"')


def test_length_and_depth_are_capped():
    with pytest.raises(ConditionError, match="2,000 is the most"):
        Condition.parse("csat <= 2 or " * 200 + "csat <= 2")
    with pytest.raises(ConditionError, match="too long"):
        Condition.parse("(" * 1999)
    with pytest.raises(ConditionError, match=f"More than {DEEPEST} levels"):
        Condition.parse("(" * 50 + "csat <= 2" + ")" * 50)
    with pytest.raises(ConditionError, match=f"More than {DEEPEST} levels"):
        Condition.parse("not " * 50 + "csat <= 2")
    Condition.parse("(" * DEEPEST + "csat <= 2" + ")" * DEEPEST)


def test_a_condition_names_the_facts_it_looks_at():
    condition = Condition.parse(
        "count(order.placed, in stage) = 0 and csat < previous(csat) unless days until attribute.ends > 3"
    )
    assert condition.names == {"order.placed", "stage", "csat", "attribute.ends"}
