"""The texts: every language says everything, every brace can be filled, and the items' names fit their sentences."""

from __future__ import annotations

import string
from collections.abc import Iterator
from datetime import UTC, datetime
from random import Random
from typing import Any

import pytest

from desk.simulate import phrases
from desk.simulate.cast import buyers, number_orders, phone
from desk.simulate.world import LOCALES, texts, world

START, END = datetime(2026, 1, 1, tzinfo=UTC), datetime(2026, 3, 1, tzinfo=UTC)


def sentences(found: Any, path: str = "") -> Iterator[tuple[str, str]]:
    if isinstance(found, str):
        yield path, found
    elif isinstance(found, list):
        for one in found:
            yield from sentences(one, path)
    else:
        for key, value in found.items():
            yield from sentences(value, f"{path}/{key}")


@pytest.mark.parametrize("locale", LOCALES)
def test_every_language_has_the_same_shelves(locale: str) -> None:
    def shelves(name: str) -> set[str]:
        return {path for path, _ in sentences(texts(name))}

    # Moods that a topic never reaches in one language may be missing in another; everything else stands in all.
    assert shelves(locale) == shelves("en")


@pytest.mark.parametrize("locale", LOCALES)
def test_every_topic_and_theme_of_the_world_has_its_texts(locale: str) -> None:
    words = texts(locale)
    for topic in world().topics.values():
        own = words["topics"][topic.key]
        assert all(own[kind] for kind in ("subjects", "details", "asks", "info", "still", "back", "ask", "solve"))
        assert own["opens"]["calm"]
        assert set(words["comments"][topic.theme]) == {"good", "middling", "bad"}


@pytest.mark.parametrize("locale", LOCALES)
def test_every_brace_can_be_filled(locale: str) -> None:
    rng = Random(1)
    everybody = buyers(rng, world(), 60, START, END, 0)
    number_orders(o for b in everybody for o in b.orders)
    buyer = next(b for b in everybody if b.locale == locale and b.orders)
    known = set(phrases.slots(rng, world(), buyer, buyer.orders[0], 9)) | {"agent", "when", "who"}
    for path, sentence in sentences(texts(locale)):
        asked = {name for _, name, _, _ in string.Formatter().parse(sentence) if name is not None}
        assert asked <= known, (path, sentence)


@pytest.mark.parametrize("mood", ["calm", "strained", "frustrated"])
def test_a_first_mail_reads_like_one(mood: str) -> None:
    rng = Random(3)
    everybody = buyers(rng, world(), 90, START, END, 0)
    number_orders(o for b in everybody for o in b.orders)
    for buyer in everybody:
        if not buyer.orders:
            continue
        for topic in world().topics:
            values = phrases.slots(rng, world(), buyer, buyer.orders[-1], 9) | {"agent": "Priya"}
            text = phrases.first_message(rng, buyer, topic, mood, values)
            assert "{" not in text
            assert "\n\n\n" not in text
            assert text == text.strip()
            assert buyer.given in text.splitlines()[-1]
            assert 40 < len(text) < 700


def test_nobody_writes_a_letter_into_a_chat() -> None:
    rng = Random(4)
    everybody = buyers(rng, world(), 90, START, END, 0, ("chat", "sms"))
    number_orders(o for b in everybody for o in b.orders)
    assert {b.channel for b in everybody} == {"email", "chat", "sms"}
    assert len({b.phone for b in everybody}) == 90
    for buyer in (b for b in everybody if b.orders):
        values = phrases.slots(rng, world(), buyer, buyer.orders[-1], 9) | {"agent": "Priya"}
        for mood in ("calm", "strained", "frustrated"):
            text = phrases.first_message(rng, buyer, "late", mood, values, brief=True)
            assert "\n" not in text
            assert text[0] == text[0].upper()
            assert buyer.family not in text
            assert "mail" not in phrases.chaser(rng, buyer, mood, values, brief=True).casefold()
        said = phrases.answer(rng, buyer, "late", "solve", values, waited=True, upset=False, brief=True)
        assert "\n" not in said
        assert len(said) < 1600  # as much as one text holds


def test_telephones_of_invented_people_never_ring() -> None:
    assert phone(7) == "+447700900007"
    assert phone(1000) == "+12015550100"
    assert phone(1123) == "+12025550123"
    assert len({phone(n) for n in range(5000)}) == 5000


def test_a_german_sentence_goes_on_after_the_greeting_and_an_english_one_begins() -> None:
    rng = Random(5)
    everybody = buyers(rng, world(), 90, START, END, 0)
    number_orders(o for b in everybody for o in b.orders)
    for buyer in (b for b in everybody if b.orders):
        values = phrases.slots(rng, world(), buyer, buyer.orders[-1], 9) | {"agent": "Priya"}
        greeting, body, *_ = phrases.first_message(rng, buyer, "late", "calm", values).split("\n\n")
        letter = next(c for c in body if c.isalpha())
        assert greeting[-1] in ",:."
        if buyer.locale == "de":
            assert letter.islower() or body.startswith("KK-"), body
        else:
            assert letter.isupper(), body


def test_typing_mistakes_are_rare_and_never_touch_numbers() -> None:
    rng = Random(2)
    text = "order KK-20418 should have arrived yesterday according to the tracking"
    found = [phrases.mistype(rng, text, 0.16) for _ in range(2000)]
    assert 0.12 < sum(f != text for f in found) / len(found) < 0.2
    assert all("KK-20418" in f for f in found)
