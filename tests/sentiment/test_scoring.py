"""How messages sound to the word list and the cues: what carries it, and what must not raise a flag."""

from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from desk.sentiment.scoring import score

STRAINED_AT = 0.40

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
    assert score(text).frustration < STRAINED_AT


@given(st.text(max_size=400))
def test_any_text_has_a_score_and_words_inside_it(text: str) -> None:
    found = score(text)
    assert found.frustration is None or 0 <= found.frustration <= 1
    assert -1 <= found.compound <= 1
    places = [(start, end) for start, end, _ in found.words]
    assert places == sorted(places)
    assert all(0 <= start < end <= len(text) for start, end in places)
    assert all(end <= after for (_, end), (after, _) in pairwise(places))  # none inside another
    assert all(0 < weight <= 1 for _, _, weight in found.words)


@given(st.text(alphabet="a !?", min_size=1, max_size=60_000))
def test_a_huge_message_costs_no_more_than_a_long_one(text: str) -> None:
    assert all(end <= 5000 for _, end, _ in score(text).words)
