"""What in an answer may sound sharp: found by its words, and not where the words mean well."""

from __future__ import annotations

import csv
import os
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from desk.sentiment import sharp
from desk.sentiment.tone import MOST

QUESTIONS = Path(os.environ.get("CORPORA") or "nowhere") / "questions" / "banking77_train.csv"
SHARP = [
    ("As I already told you, the parcel left on Monday.", "As I already told you", "impatience"),
    ("Honestly, this is your own fault.", "this is your own fault", "blame"),
    ("If you had read the manual, you would know.", "If you had read", "blame"),
    ("That is not our problem.", "not our problem", "contempt"),
    ("READ THE MANUAL FIRST, PLEASE", "READ THE MANUAL FIRST, PLEASE", "shouting"),
    ("Did you even try it?!", "?!", "impatience"),
    ("Wie ich Ihnen schon gestern geschrieben habe: nein.", "Wie ich Ihnen schon gestern geschrieben", "impatience"),
    ("Hätten Sie die Anleitung gelesen, wüssten Sie das.", "Hätten Sie die Anleitung gelesen", "blame"),
    ("Como ya le dije, no es posible.", "Como ya le dije", "impatience"),
    ("Comme je vous l'ai déjà dit, c'est parti.", "Comme je vous l'ai déjà dit", "impatience"),
    ("Deveria ter lido as instruções.", "Deveria ter lido", "blame"),
    ("Non è un mio problema.", "Non è un mio problema", "contempt"),
]  # fmt: skip

MEANT_WELL = [
    "I am so sorry that this was such a terrible experience. That is not what we want.",
    "It is not your fault at all, the label was wrong.",
    "Es ist überhaupt nicht Ihre Schuld, sondern unsere.",
    "Non è colpa sua, ci scusiamo.",
    "No es culpa suya, el error fue nuestro.",
    "Ce n'est pas votre faute, nous nous sommes trompés.",
    "Não é culpa sua, pedimos desculpa.",
    "Thank you!!! Your VAT ID is ATU 123 and the code is ABCD EFGH.",
    "The GLOBAL ORDER ID is on the label of DHL EXPRESS.",
    "> As I already told you\nYou are right, we looked into it.",
    "Run `shut up` in the console, or see https://kiln.example/stupid/idiot",
    "",
]


@pytest.mark.parametrize(("text", "words", "kind"), SHARP)
def test_sharp_words_are_found_with_their_place_and_what_they_may_sound_like(text: str, words: str, kind: str) -> None:
    (found,) = sharp(text)
    assert (text[found.start : found.end], found.kind) == (words, kind)


@pytest.mark.parametrize("text", MEANT_WELL)
def test_what_means_well_is_let_through(text: str) -> None:
    assert sharp(text) == []


@pytest.mark.property
@given(
    st.lists(st.sampled_from([text for text, _words, _kind in SHARP] + ["Thanks.", "\n> quoted\n", "??"]), max_size=12)
)
def test_places_are_in_order_and_apart(texts: list[str]) -> None:
    text = " ".join(texts)
    found = sharp(text)
    assert len(found) <= MOST
    places = [place for one in found for place in (one.start, one.end)]
    assert places == sorted(places) and all(one.start < one.end <= len(text) for one in found)


@pytest.mark.skipif(not QUESTIONS.is_file(), reason="CORPORA names no folder with published data")
def test_calm_questions_are_hardly_ever_taken_for_sharp() -> None:
    """Of 10,003 questions to a bank 35 are (33 of them written in capitals all through); half a per cent is the bar."""
    with QUESTIONS.open(encoding="utf-8") as file:
        questions = [row[0] for row in csv.reader(file)][1:]
    assert len(questions) > 10_000
    assert sum(bool(sharp(question)) for question in questions) <= len(questions) / 200
