"""Other words for a passage hold, or are dropped with the reason: what must never pass, and what may."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from desk.bot.faithful import LOCALES, NOT, refusal

RETURNS = "Returns are free within 30 days. Lids are not refunded. You must keep the box."
PRICES = "Refunds take 14 days, returns 30. A parcel costs 4,50 € or $5.00."


@pytest.mark.parametrize(
    ("locale", "passage", "text"),
    [
        ("en", RETURNS, RETURNS),
        ("en", RETURNS, "Within 30 days, your returns are free. The lids are not refunded. You must keep the box."),
        ("en", RETURNS, "Lids aren't refunded. Returns are free within 30 days. Please keep the box."),
        ("en", PRICES, "Refunds take 14 days, and returns 30. Your parcel costs 4,50 € or $5.00."),
        ("de", "Die Rücksendung ist kostenlos, außer für Deckel.", "Kostenlos ist die Rücksendung, außer für Deckel."),
        ("fr", "Nous remboursons l'article sous 14 jours.", "Sous 14 jours, nous remboursons l’article."),
        ("es", "No se devuelven las tapas.", "Las tapas no se devuelven."),
        ("pt", "As tampas não são devolvidas.", "Não são devolvidas as tampas."),
        ("it", "I coperchi non sono rimborsati.", "Non sono rimborsati i coperchi."),
    ],
)  # fmt: skip
def test_what_says_the_same_may_be_said(locale: str, passage: str, text: str) -> None:
    assert refusal(text, passage, locale) == ""


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("", "empty"),
        ("It is on us.", "empty"),
        ("…", "empty"),
        ("Returns are free within 14 days. Lids are not refunded.", "word"),
        ("Returns are free within 30 months. Lids are not refunded.", "word"),
        ("Hello Marta! Returns are free within 30 days. Lids are not refunded.", "word"),
        ("Returns are free within 30 days. Lids are not refunded. Ask IT.", "word"),
        ("Returns are free. Lids are not refunded.", "turned"),
        ("Returns are free within 30 days. Lids are refunded.", "turned"),
        ("Returns are not free within 30 days. Lids are refunded.", "apart"),
        ("Returns are free within 30 days and lids are not refunded.", "apart"),
        ("Returns are free within 30 days.", "missing"),
        ("Lids are not refunded.", "missing"),
        ("Returns are <b>free</b> within 30 days. Lids are not refunded.", "markup"),
        ("Returns are free within 30 days 🎉. Lids are not refunded.", "markup"),
        ("Returns are free within 30 days [box](http://box). Lids are not refunded.", "markup"),
        (" ".join([RETURNS] * 4), "long"),
        ("Rückgaben sind 30 Tage kostenlos.", "word"),
    ],
)
def test_what_says_anything_else_is_dropped(text: str, why: str) -> None:
    assert refusal(text, RETURNS, "en") == why


@pytest.mark.parametrize(
    "text",
    [
        "Refunds take 30 days, returns 14. A parcel costs 4,50 € or $5.00.",
        "Returns take 14 days, refunds 30. A parcel costs 4,50 € or $5.00.",
        "Refunds take 14 days, returns 30. A parcel costs 450 € or $5.00.",
        "Refunds take 14 days, returns 30. A parcel costs $4,50 or 5.00 €.",
        "Refunds take 14 parcel, returns 30. A parcel costs 4,50 € or $5.00.",
    ],
)
def test_a_number_stays_with_what_it_counts(text: str) -> None:
    assert refusal(text, PRICES, "en") in ("number", "word", "apart")


def test_a_language_that_nobody_listed_is_not_judged() -> None:
    assert refusal("Lid", "Lid", "fi") == "language"


WORDS = st.sampled_from(
    ["kettle", "lid", "box", "parcel", "refund", "label", "carrier", "glaze", "kiln", "must", "may"]
)
SENTENCES = st.lists(st.lists(WORDS, min_size=2, max_size=6), min_size=1, max_size=4)


@given(SENTENCES, st.permutations(range(4)), st.sampled_from(sorted(LOCALES)))
def test_a_passage_stands_for_itself_in_any_order_of_its_sentences(
    sentences: list[list[str]], order: list[int], locale: str
) -> None:
    parts = [" ".join(words).capitalize() + "." for words in sentences]
    mixed = " ".join(parts[n] for n in order if n < len(parts))
    assert refusal(" ".join(parts), " ".join(parts), locale) == ""
    assert refusal(mixed, " ".join(parts), locale) == ""


@given(st.data(), SENTENCES, st.sampled_from(sorted(LOCALES)))
def test_no_new_word_number_or_not_gets_in_and_none_of_them_out(
    data: st.DataObject, sentences: list[list[str]], locale: str
) -> None:
    place = data.draw(st.integers(0, len(sentences) - 1))
    turn = data.draw(st.sampled_from([*sorted(w for w in NOT[locale] if w.isalpha()), "7", "12,50", "Bob"]))
    at = data.draw(st.integers(0, len(sentences[place])))
    with_it = [list(words) for words in sentences]
    with_it[place].insert(at, turn)
    plain, more = (" ".join(" ".join(words) + "." for words in found) for found in (sentences, with_it))
    assert refusal(more, plain, locale) != ""
    if turn != "Bob":
        assert refusal(plain, more, locale) != ""
