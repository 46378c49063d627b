"""Decisions of the bot, held against the rules that people were promised."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from desk.bot.decide import CHOICES, MOST_TURNS, Candidate, Case, decide

candidates = st.builds(Candidate, st.integers(1, 6), st.just("An article"), st.floats(0, 1, allow_nan=False))
ranked = st.lists(candidates, max_size=8, unique_by=lambda c: c.article_id).map(
    lambda found: tuple(sorted(found, key=lambda c: -c.confidence))
)
kinds = st.sampled_from(["question", "greeting", "thanks", "bye", "yes", "no", "person", "nothing"])
cases = st.builds(
    Case,
    kind=kinds,
    candidates=ranked,
    threshold=st.floats(0, 1.1),
    floor=st.floats(0, 1.1),
    upset=st.booleans(),
    spoken=st.booleans(),
    tried=st.frozensets(st.integers(1, 6)),
    refused=st.frozensets(st.integers(1, 6)),
    offered=ranked.map(lambda found: found[:CHOICES]),
    chosen=st.none() | candidates,
    answered=st.booleans(),
    turns=st.integers(0, 20),
)


@given(cases)
def test_there_are_three_outcomes_and_small_talk(case: Case) -> None:
    found = decide(case)
    assert found.outcome in ("answer", "did_you_mean", "hand_over", "greeting")
    assert (found.outcome == "answer") <= (found.article is not None)
    assert (found.outcome == "did_you_mean") == bool(found.choices)
    assert len(found.choices) <= CHOICES
    assert found.why in ("customer", "bot", "frustrated", "language", "not_helped")


@given(cases)
def test_who_asks_for_a_person_or_is_frustrated_gets_one(case: Case) -> None:
    if case.kind == "person" or case.upset:
        assert decide(case).outcome == "hand_over"


@given(cases)
def test_it_answers_only_when_it_is_sure_or_was_told(case: Case) -> None:
    found = decide(case)
    if found.outcome == "answer":
        assert found.article is not None
        assert case.chosen == found.article or found.article.confidence >= case.threshold
        assert found.article.article_id not in case.tried | case.refused
        assert case.chosen is not None or (case.spoken and case.kind == "question")
        assert case.turns < MOST_TURNS


@given(cases)
def test_it_asks_back_once_and_never_what_was_tried(case: Case) -> None:
    found = decide(case)
    if found.outcome == "did_you_mean":
        assert not case.offered
        assert all(c.confidence >= case.floor and c.article_id not in case.tried for c in found.choices)


@given(cases, st.floats(0, 1.1), st.floats(0, 1.1))
def test_a_higher_threshold_never_answers_more(case: Case, one: float, other: float) -> None:
    low, high = sorted((one, other))
    fields = {name: getattr(case, name) for name in Case.__slots__}
    strict = decide(Case(**{**fields, "threshold": high}))
    loose = decide(Case(**{**fields, "threshold": low}))
    assert (strict.outcome == "answer") <= (loose.outcome == "answer")


def test_the_story_of_one_conversation() -> None:
    hobs, discs = Candidate(1, "Which hobs?", 0.9), Candidate(2, "The disc", 0.5)
    asked = {"candidates": (hobs, discs), "threshold": 0.8, "floor": 0.4}
    assert decide(Case("greeting")).because == "greeting"
    assert decide(Case("question", **asked)).article == hobs  # type: ignore[arg-type]
    assert decide(Case("yes", answered=True, turns=1)).because == "helped"
    assert decide(Case("no", answered=True, turns=1)).why == "not_helped"
    assert decide(Case("question", **asked, tried=frozenset({1}))).because == "tried"  # type: ignore[arg-type]
    unsure = decide(Case("question", candidates=(discs,), threshold=0.8, floor=0.4))
    assert (unsure.outcome, unsure.choices) == ("did_you_mean", (discs,))
    assert decide(Case("question", candidates=(discs,), threshold=0.8, floor=0.4, offered=(discs,))).because == "unsure"
    assert decide(Case("question", chosen=discs, offered=(discs,), turns=1)).outcome == "answer"
    assert decide(Case("question", spoken=False)).why == "language"
    assert decide(Case("question")).because == "no_articles"
    assert decide(Case("nothing")).outcome == "hand_over"
