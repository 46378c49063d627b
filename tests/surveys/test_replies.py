"""Texts that answer a question by a number, and texts that do not: nobody is scored by what was only a message."""

from __future__ import annotations

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from desk.surveys.replies import Read, read
from desk.surveys.scales import COMMENT_LIMIT, SCALES

WORDS = {
    "en": ("one", "two", "three", "four", "five"),
    "de": ("eins", "zwei", "drei", "vier", "fünf"),
    "es": ("uno", "dos", "tres", "cuatro", "cinco"),
    "fr": ("un", "deux", "trois", "quatre", "cinq"),
}
kinds = st.sampled_from(sorted(SCALES))
blanks = st.text(" \t\n\u00a0\u200b", max_size=3)
faces = st.lists(st.sampled_from(["!", ".", "…", " ", "👍", "👍🏽", "🙂", "❤️", ":)", "⭐", ",", "-", "\n"]), max_size=4)
remarks = st.sampled_from(["thanks", "danke für alles", "quick and friendly", "muy amables", "es ging zu langsam 🙁"])
marks = st.sampled_from([" - ", ": ", ", ", ". ", "! ", "\n", " – ", "; "])


@pytest.mark.parametrize(
    "text",
    ["5", " 5 ", "5!", "five", "Five.", "FIVE", "fünf", "Fünf!", "FÜNF", "fuenf", "cinco", "5/5", "5 / 5", "5 of 5",
     "5 out of 5", "5 von 5", "5 de 5", "(5)", "“5”", "*5*", "5 :)", "5 👍", "👍 5", "5️⃣", "５", "٥", "5.", "5 stars",
     "five stars!", "5 Sterne", "5 estrellas", "5*", "5 ...", "5\n", "5 ❤️❤️",
     "cinq", "Cinq !", "5 sur 5", "cinq sur cinq", "5 étoiles", "¡cinco!", "cinco de cinco", "fünf von fünf",
     "five out of five", "５！", "５／５", "fu\u0308nf"],
)  # fmt: skip
def test_a_bare_number_is_a_score(text: str) -> None:
    assert read("csat", text) == Read(5)


@pytest.mark.parametrize(
    ("text", "comment"),
    [
        ("4 - thanks", "thanks"),
        ("4 – Danke!", "Danke!"),
        ("4: ok", "ok"),
        ("4, quick and kind", "quick and kind"),
        ("4. Thanks", "Thanks"),
        ("4! great", "great"),
        ("4\nIt took three days", "It took three days"),
        ("4/5 - good", "good"),
        ("four - thanks", "thanks"),
        ("Vier, danke", "danke"),
        ("4 thanks", "thanks"),
        ("4 merci beaucoup", "merci beaucoup"),
        ("Quatre : un peu lent", "un peu lent"),
        ("４ - slow", "slow"),
        ("4 Thank you so much", "Thank you so much"),
        ("4 👍 gracias", "👍 gracias"),
        ("4 (a bit slow)", "(a bit slow)"),
        ("(4) thanks", "thanks"),
        ("4 - not bad for 3 days", "not bad for 3 days"),
    ],
)
def test_a_remark_behind_a_score_is_kept_as_it_was_written(text: str, comment: str) -> None:
    assert read("csat", text) == Read(4, comment)


@pytest.mark.parametrize(
    "text",
    ["", " ", "?", "👍", "5 pots please", "5 pots", "five pots", "Fünf Töpfe bitte", "cinco tazas", "one moment please",
     "one sec", "5?", "5? or 6?", "is it 5", "I ordered 5", "0", "6", "10", "55", "05", "-5", "+5", "4.5", "4,5", "4½",
     "½", "3-4", "3 - 4", "4 or 5", "4 5", "4, 5 and 6 are broken", "4.30", "4:30", "4:30 pm works", "5pm", "5 pm",
     "5th", "5x", "5%", "5 €", "€5", "$5", "5'", '5"', "5°", "#5", "5-pack", "5/10", "3/10", "5/5/2026",
     "1/5 of the order", "2/5 pots arrived", "5 days ago", "2, please", "2 - please", "2. Where is it?",
     "1. kettle\n2. lid",
     "1) kettle\n2) lid", "Thanks! 5", "order 5", "5@x.example", "5/", "5 & 6", "http://5", "five hundred", "fivefold",
     "einsam", "unos", "tenant", "⭐⭐⭐⭐⭐", "①", "5 =)", "2 - where?"],
)  # fmt: skip
def test_what_may_be_a_message_is_a_message(text: str) -> None:
    assert read("csat", text) is None


@pytest.mark.parametrize(
    "text", ["2 - still broken, when will you come?", "1: please call me back today", "2/5, still broken, please come"]
)
def test_a_score_that_asks_for_something_is_both(text: str) -> None:
    """Otherwise either the unhappy would be missing from the figures, or their question would wait for ever."""
    said = read("csat", text)
    assert said is not None
    assert said.asks
    assert said.comment in text


@given(kinds, blanks, st.integers(-3, 120), blanks, faces)
def test_a_number_alone_is_a_score_exactly_if_it_is_on_the_scale(
    kind: str, before: str, number: int, after: str, behind: list[str]
) -> None:
    said = read(kind, f"{before}{number}{after}{''.join(behind)}")
    assert said == (Read(number) if number in SCALES[kind] else None)


@given(st.sampled_from(sorted(WORDS)), st.integers(1, 5), st.sampled_from([str.lower, str.upper, str.title]), blanks)
def test_numbers_in_words_of_each_language(locale: str, score: int, case: object, blank: str) -> None:
    word = WORDS[locale][score - 1]
    written = case(word)  # type: ignore[operator]
    assert read("csat", f"{blank}{written}{blank}") == Read(score)
    assert read("csat", f"{unicodedata.normalize('NFD', written)}!") == Read(score)


@given(st.integers(1, 5), marks, remarks)
def test_a_mark_and_a_remark(score: int, mark: str, remark: str) -> None:
    assert read("csat", f"{score}{mark}{remark}") == Read(score, remark)


@given(st.integers(1, 5), st.text(st.characters(whitelist_categories=("Ll", "Lu", "Lo")), min_size=1, max_size=20))
def test_a_word_right_behind_a_number_makes_it_a_message(score: int, word: str) -> None:
    """A unit, a thing, anything: nobody can tell what is counted."""
    said = read("csat", f"{score}{word}")
    assert said is None
    assert read("csat", f"{score} x{word} please") is None


@given(kinds, st.text(max_size=80) | st.from_regex(r"\A\s?\d{1,2}.{0,20}", fullmatch=False))
def test_any_text_is_read_without_trouble_and_never_beside_the_scale(kind: str, text: str) -> None:
    said = read(kind, text)
    if said is not None:
        assert said.score in SCALES[kind]
        assert len(said.comment) <= COMMENT_LIMIT
        assert not said.comment or any(c.isalpha() for c in said.comment)
        assert "?" not in said.comment or said.asks


@given(st.text(min_size=40, max_size=200))
def test_only_what_begins_with_the_number_is_a_score(text: str) -> None:
    assert read("csat", f"Hello, {text}") is None


def test_a_novel_behind_a_number_is_a_message() -> None:
    assert read("csat", "5 - " + "x" * 50_000) is None
    assert read("csat", "5 - " + "x" * COMMENT_LIMIT) == Read(5, "x" * COMMENT_LIMIT)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("I give it a 4", Read(4)),
        ("I’d give you a 4!", Read(4)),
        ("i would rate it 4 👍", Read(4)),
        ("Definitely a 4", Read(4)),
        ("a 4", Read(4)),
        ("My rating: 4", Read(4)),
        ("rating 4/5", Read(4)),
        ("Ich gebe euch eine 4", Read(4)),
        ("Meine Bewertung ist 4.", Read(4)),
        ("le doy un 4", Read(4)),
        ("Je mets 4", Read(4)),
        ("je vous donne un 4 !", Read(4)),
        ("Dou 4", Read(4)),
        ("Vi do un 4", Read(4)),
        ("ik geef een vier", Read(4)),
        ("ставлю 4", Read(4)),
        ("4 stars out of 5", Read(4)),
        ("4 stars thanks", Read(4, "thanks")),
        ("I give it a 4 because it was slow", Read(4, "because it was slow")),
        ("I give it a 4, thanks", Read(4, "thanks")),
        ("4 grazie mille", Read(4, "grazie mille")),
        ("4，有点慢", Read(4, "有点慢")),
        ("4، شكرا", Read(4, "شكرا")),
        ("I give you 2, please call me back", Read(2, "please call me back", True)),
    ],
)
def test_words_that_give_a_score_may_stand_before_it(text: str, said: Read) -> None:
    assert read("csat", text) == said


@pytest.mark.parametrize(
    "text",
    ["2 of my parcels are missing", "call me at 5", "Call me at 5 please", "I give you 5 days", "I give it 2 weeks",
     "I won't give it a 5", "I would give it back", "I gave 4 to your driver", "Ich gebe 2 zurück", "le doy 3 opciones",
     "je mets 4 assiettes", "dou 5 dias", "Note: 2 are broken", "Note 2: where is it?", "my score card has 4 lines",
     "a 4 pack", "A 4-pack", "rating of my order 4711", "I rate it", "Do 5", "do 5 of them", "The 5", "room 5",
     "the answer is 5 pm", "due: 4 tomorrow", "Due: tomorrow", "Otto is my name", "um", "um, 5", "to", "fire!", "on",
     "een momentje", "Tre giorni", "fem dagar", "sei so nett", "I give it a 6", "10/10", "5 o’clock", "3 of 5 arrived"],
)  # fmt: skip
def test_words_that_are_like_those_are_messages(text: str) -> None:
    assert read("csat", text) is None


@pytest.mark.parametrize(
    ("words", "scores"),
    [
        ("um|dois|três|quatro|cinco", "|2|3|4|5"),
        ("uno|due|tre|quattro|cinque", "1|2|3|4|5"),
        ("een|twee|drie|vier|vijf", "1|2|3|4|5"),
        ("jeden|dwa|trzy|cztery|pięć", "1|2|3|4|5"),
        ("один|два|три|четыре|пять", "1|2|3|4|5"),
        ("bir|iki|üç|dört|beş", "1|2|3|4|5"),
        ("BİR|İKİ|ÜÇ|DÖRT|BEŞ", "1|2|3|4|5"),
        ("واحد|اثنان|ثلاثة|أربعة|خمسة", "1|2|3|4|5"),
        ("一|二|三|四|五", "1|2|3|4|5"),
        ("1️⃣|2️⃣|3️⃣|4️⃣|5️⃣", "1|2|3|4|5"),
        ("१|२|३|४|५", "1|2|3|4|5"),
    ],
)
def test_numbers_of_further_languages(words: str, scores: str) -> None:
    found = [read("csat", word) for word in words.split("|")]
    assert found == [Read(int(score)) if score else None for score in scores.split("|")]


@pytest.mark.parametrize(
    ("text", "score"),
    [
        ("🔟", 10),
        ("ALTI", 6),
        ("Otto", 8),
        ("I’d give it a 9", 9),
        ("10/10", 10),
        ("１０／１０", 10),
        ("dix sur dix", 10),
        ("zehn von zehn", 10),
        ("diez", 10),
        ("zéro", 0),
        ("neuf", 9),
    ],
)
def test_a_recommendation_is_read_in_the_same_ways(text: str, score: int) -> None:
    assert read("nps", text) == Read(score)


@pytest.mark.parametrize("text", ["un colis", "deux jours", "five of ten", "10/10", "5 sur dix", "une question ?"])
def test_words_that_only_begin_with_a_number_are_messages(text: str) -> None:
    assert read("csat", text) is None
