"""How messages sound: what carries it, what follows from one after another, and what must not raise a flag."""

from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from desk.sentiment import scoring
from desk.sentiment.scoring import follow, level, score

LIMITS = {"strained_at": 0.40, "frustrated_at": 0.65}

ANGRY = [
    "This is the third time I am asking. Still no kettle. Ridiculous!",
    "I am fed up, nobody answers and I have been waiting for two weeks",
    "WHY does nobody reply?? This is unacceptable and I want my money back NOW!!",
    "Das ist jetzt die dritte Mail, immer noch keine Antwort. Inakzeptabel!",
    "Schon wieder defekt. Mir reicht's, ich bin wirklich sauer.",
    "Es la tercera vez que escribo y todavía no contestan. Una vergüenza.",
    "Estoy harto, llevo dos semanas esperando sin respuesta",
]
CALM = [
    "Is the 0.6 l back in matte black before Christmas?",
    "Thank you, that works very well.",
    "Do you deliver to Norway, and what does it cost?",
    "My order number is KK-20418. Could you change the address, please?",
    "How do I descale the kettle?",
    "Liefern Sie auch nach Österreich?",
    "¿Tienen la taza en azul?",
    "I would like to order three more cups of the same glaze",
    "",
]


@pytest.mark.parametrize("text", ANGRY)
def test_angry_messages_score_high_and_name_the_words(text: str) -> None:
    found = score(text)
    assert found.frustration >= 0.5
    assert found.words


@pytest.mark.parametrize("text", CALM)
def test_calm_messages_stay_below_the_first_level(text: str) -> None:
    assert score(text).frustration < LIMITS["strained_at"]


def test_a_run_of_calm_messages_never_becomes_strained() -> None:
    value = 0.0
    for text in CALM * 4:
        value = follow(value, score(text).frustration)
        assert value < LIMITS["strained_at"]


@given(st.text(max_size=400))
def test_any_text_has_a_score_and_words_inside_it(text: str) -> None:
    found = score(text)
    assert 0 <= found.frustration <= 1
    assert -1 <= found.compound <= 1
    places = [(start, end) for start, end, _ in found.words]
    assert places == sorted(places)
    assert all(0 <= start < end <= len(text) for start, end in places)
    assert all(end <= after for (_, end), (after, _) in pairwise(places))  # none inside another
    assert all(0 < weight <= 1 for _, _, weight in found.words)


@given(st.text(alphabet="a !?", min_size=1, max_size=60_000))
def test_a_huge_message_costs_no_more_than_a_long_one(text: str) -> None:
    assert all(end <= 5000 for _, end, _ in score(text).words)


@given(st.floats(0, 1), st.floats(0, 1))
def test_a_message_never_calms_more_than_silence_would(before: float, message: float) -> None:
    after = follow(before, message)
    assert 0 <= after <= 1
    assert after >= message - 1e-4
    assert after >= before / 2 - 1e-4


@given(st.sampled_from(["calm", "strained", "frustrated"]), st.floats(0, 1))
def test_levels_hold_on_the_way_down(before: str, value: float) -> None:
    order = ["calm", "strained", "frustrated"]
    fresh, kept = level("calm", value, **LIMITS), level(before, value, **LIMITS)
    assert order.index(kept) >= order.index(fresh)  # having been higher never makes it lower
    if value < LIMITS["strained_at"] - scoring.CALMER_BY:
        assert kept == "calm"
    again = level(kept, value, **LIMITS)
    assert again == kept  # the same value twice changes nothing


def test_waiting_unanswered_adds_to_what_is_said() -> None:
    text = "Any news about my parcel?"
    assert score(text, unanswered=2).frustration > score(text).frustration
