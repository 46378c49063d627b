"""Finding the article that answers: rankings, abstaining, and what is left out to learn how sure to be."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from desk.nlp import Models, hashing, machine
from desk.nlp.grams import Grams
from desk.nlp.likeness import pieces
from desk.nlp.matching import Item, Matcher, Question, calibrate, digest


@pytest.fixture(scope="module")
def matcher(items: list[Item], models: Models) -> Matcher:
    return Matcher.fit(items, models)


@pytest.mark.parametrize(
    ("question", "article"),
    [
        ("how can I give this back to you", 1),
        ("lost my login password, help", 2),
        ("is my order on its way", 3),
        ("do you accept visa", 4),
        ("how many days until it is here?", 3),
        # Only bodies speak of these.
        ("where do I print the label", 1),
        ("do you deliver to Switzerland", 3),
    ],
)
def test_the_right_article_comes_first(matcher: Matcher, question: str, article: int) -> None:
    ranked = matcher.score([question])[0]
    assert ranked.candidates[0].id == article
    sure = [each.confidence for each in ranked.candidates]
    assert sure == sorted(sure, reverse=True)
    assert all(0 <= each <= 1 for each in sure)
    assert len(sure) == 4


def test_a_known_question_is_surer_than_a_near_one_and_that_than_a_strange_one(matcher: Matcher) -> None:
    known, near, strange = (
        ranked.candidates[0].confidence
        for ranked in matcher.score(["I forgot my password", "my password is gone", "what do lions eat in winter"])
    )
    assert known > near > strange
    assert known > 0.9
    assert strange < 0.3


def test_the_nearest_example_is_shown_with_its_cosine(matcher: Matcher) -> None:
    nearest = matcher.score(["i forgot my password"])[0].nearest
    assert nearest is not None
    assert (nearest.text, nearest.id) == ("I forgot my password", 2)
    assert 0.9 < nearest.cosine <= 1


@pytest.mark.parametrize("text", ["", "   ", "🙂🙂", "?!", "…"])
def test_what_says_nothing_is_matched_with_nothing(matcher: Matcher, text: str) -> None:
    ranked = matcher.score([text, "Where is my order?"])
    assert ranked[0].candidates == ()
    assert ranked[1].candidates[0].id == 3


def test_a_very_long_question_is_answered_from_its_beginning(matcher: Matcher) -> None:
    text = "Where is my order? " + "Thank you for your help. " * 2500
    assert len(text) > 50_000
    assert len(matcher.score([text])[0].candidates) == 4


def test_together_and_alone_are_the_same(matcher: Matcher) -> None:
    texts = ["return", "the parcel is late", "can I pay with paypal", "reset password"]
    for text, ranked in zip(texts, matcher.score(texts), strict=True):
        alone = matcher.score([text])[0]
        assert [each.id for each in alone.candidates] == [each.id for each in ranked.candidates]
        assert [each.confidence for each in alone.candidates] == pytest.approx(
            [each.confidence for each in ranked.candidates], abs=1e-4
        )


def test_no_articles_and_empty_articles_match_nothing(models: Models) -> None:
    for nothing in ([], [Item(1, "", "", ()), Item(2, " ", "\n", ("", " "))]):
        empty = Matcher.fit(nothing, models)
        assert empty.score(["Where is my order?"])[0].candidates == ()
        assert not empty.threshold(0.95).reached
        assert empty.curve() == ()


def test_one_article_alone_still_tells_its_questions_from_others(models: Models) -> None:
    one = Matcher.fit([Item("a", "Delivery times", "Parcels take two to four days.", ("Where is my order?",))], models)
    right, wrong = one.score(["where is the order", "do you sell bicycles"])
    assert right.candidates[0].confidence > wrong.candidates[0].confidence + 0.2


def test_bodies_alone_are_enough_to_be_found(models: Models, items: list[Item]) -> None:
    bare = Matcher.fit([Item(item.id, "", item.body) for item in items], models)
    assert bare.score(["how long do parcels take to norway"])[0].candidates[0].id == 3
    assert bare.score(["how long do parcels take to norway"])[0].nearest is None


def test_without_a_model_letters_and_words_still_find_it(without_model: Models) -> None:
    german = [
        Item(
            "zurück", "Etwas zurückschicken", "", ("Wie kann ich die Ware zurücksenden?", "Rückgabe einer Bestellung")
        ),
        Item("passwort", "Passwort ändern", "", ("Ich habe mein Passwort vergessen", "Anmelden geht nicht")),
        Item("lieferung", "Lieferzeiten", "", ("Wo bleibt mein Paket?", "Wie lange dauert der Versand?")),
    ]
    matcher = Matcher.fit(german, without_model)
    found = matcher.score(["Passwort weg", "wo ist das Paket", "Rücksendung der Ware"])
    assert [ranked.candidates[0].id for ranked in found] == ["passwort", "lieferung", "zurück"]


@pytest.mark.parametrize("reader", ["models", "without_model"])
def test_other_languages_are_found_by_spelling(reader: str, request: pytest.FixtureRequest) -> None:
    spanish = [
        Item(1, "Devoluciones", "", ("¿Cómo devuelvo un artículo?", "Quiero devolver mi pedido")),
        Item(2, "Plazos de entrega", "", ("¿Cuándo llega mi paquete?", "¿Cuánto tarda el envío?")),
        Item(3, "Contraseña", "", ("He olvidado la contraseña", "No puedo entrar en mi cuenta")),
    ]
    matcher = Matcher.fit(spanish, request.getfixturevalue(reader))
    found = matcher.score(["devolver el artículo que compré", "cuanto tarda el paquete", "olvidé mi contraseña"])
    assert [ranked.candidates[0].id for ranked in found] == [1, 2, 3]


def test_fitting_again_embeds_only_what_is_new(
    items: list[Item], models: Models, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = Matcher.fit(items, models)
    asked: list[str] = []
    embed = models.embed
    monkeypatch.setattr(models, "embed", lambda texts: asked.extend(texts) or embed(texts))
    again = Matcher.fit(
        [*items[:3], Item(4, "Pay by invoice", items[3].body, ("Do you take cheques?",))], models, first
    )
    assert asked == ["Do you take cheques?"]
    assert again.score(["cheque"])[0].candidates[0].id == 4


def test_the_digest_changes_with_items_and_model(items: list[Item], models: Models, without_model: Models) -> None:
    assert digest(items, models) == Matcher.fit(items, models).digest
    assert digest(items, models) != digest(items[:3], models)
    assert digest(items, models) != digest(items, without_model)


def test_leaving_out_is_the_same_as_never_having_had_it(items: list[Item], models: Models) -> None:
    """The closed form against fitting anew, on articles without bodies and with the same index of letters."""
    bare = [Item(item.id, item.title, "", item.examples) for item in items]
    judged = Matcher.fit(bare, models).left_out(unanswerable=0.5)
    answerable = [each for each in judged if each.answerable]
    assert len(answerable) == sum(len(item.examples) for item in items)
    assert len(judged) == 2 * len(answerable)
    assert not any(each.right for each in judged if not each.answerable)
    mean = [np.mean([e.confidence for e in judged if e.answerable == able]) for able in (True, False)]
    assert mean[0] > mean[1]


@given(st.integers(2, 5), st.integers(2, 4), st.integers(0, 2**32 - 1))
def test_the_closed_form_of_leaving_out(classes: int, each: int, seed: int) -> None:
    draw = np.random.default_rng(seed)
    points = draw.normal(size=(classes * each, 6)).astype(np.float32)
    kernel = np.exp(-((points[:, None] - points[None]) ** 2).sum(axis=2) / 4).astype(np.float32)
    labels = np.repeat(np.arange(classes), each)
    every = np.arange(len(labels))
    left = machine.fit(kernel, every, labels, classes).left_out
    for gone, found in (([0], left.alone[0]), (list(np.flatnonzero(labels == 0)), left.whole[0])):
        stay = np.setdiff1d(every, gone)
        targets = np.eye(classes)[labels[stay]]
        solved = np.linalg.solve(kernel[np.ix_(stay, stay)].astype(float) + machine.NOISE * np.eye(len(stay)), targets)
        assert found == pytest.approx(kernel[0, stay].astype(float) @ solved, abs=1e-3)


def test_some_rows_stand_for_all_where_there_are_many(monkeypatch: pytest.MonkeyPatch) -> None:
    draw = np.random.default_rng(1)
    labels = np.repeat(np.arange(6), 40)
    points = (np.eye(6)[labels] * 3 + draw.normal(size=(240, 6))).astype(np.float32)
    kernel = np.exp(-((points[:, None] - points[None]) ** 2).sum(axis=2) / 8).astype(np.float32)
    whole = machine.fit(kernel, np.arange(240), labels, 6)
    monkeypatch.setattr(machine, "MOST", 100)
    monkeypatch.setattr(machine, "SUPPORTS", 90)
    chosen = machine.supports(labels)
    assert len(chosen) == 90
    assert np.bincount(labels[chosen]).tolist() == [15] * 6
    part = machine.fit(kernel[:, chosen], chosen, labels, 6)
    same = whole.score(kernel).argmax(axis=1) == part.score(kernel[:, chosen]).argmax(axis=1)
    assert same.mean() > 0.97
    apart = np.abs(part.left_out.alone - whole.left_out.alone[part.left_out.rows])
    assert np.median(apart) < 0.05


def test_calibrating_learns_from_what_people_asked(matcher: Matcher) -> None:
    asked = [
        Question("how do I send the kettle back", 1),
        Question("return label please", 1),
        Question("password reset", 2),
        Question("my parcel is late", 3),
        Question("when is it delivered", 3),
        Question("may we pay by invoice", 4),
        *(Question(text, None) for text in ("who are you", "do you have a shop in Rome", "what is the weather")),
    ]
    found = calibrate(matcher, asked, 0.8)
    assert found.reached
    assert found.precision >= 0.8
    assert 0 < found.value < 1


def test_a_desk_of_questions_that_look_alike_learns_to_be_silent(models: Models) -> None:
    alike = [Item(n, f"Product {n}", "", ("Is it in stock?", "What does it cost?", "Is it new?")) for n in range(6)]
    found = Matcher.fit(alike, models).threshold(0.95)
    assert not found.reached or found.coverage < 0.3


@given(st.text(max_size=200), st.integers(1, 200))
def test_pieces_hold_all_words_in_order(body: str, words: int) -> None:
    assert " ".join(pieces(body, words)).split() == body.split()
    assert all(len(each.split()) <= 2 * words for each in pieces(body, words))


@given(st.lists(st.text(max_size=30), max_size=8), st.text(max_size=30))
def test_letters_compare_anything_with_anything(texts: list[str], question: str) -> None:
    scores = Grams(texts).scores([question])
    assert scores.shape == (1, len(texts))
    assert np.isfinite(scores).all()
    assert ((scores >= 0) & (scores <= 1 + 1e-5)).all()


def test_letters_agree_with_a_count_by_hand() -> None:
    def by_hand(one: str, other: str, texts: list[str]) -> float:
        def grams(text: str) -> list[str]:
            spaced = f" {text} "
            return [spaced[i : i + n] for n in range(2, 6) for i in range(len(spaced) - n + 1)]

        def vector(text: str) -> dict[str, float]:
            found = grams(text)
            return {
                gram: (1 + np.log(found.count(gram)))
                * (1 + np.log((1 + len(texts)) / (1 + sum(gram in grams(t) for t in texts))))
                for gram in set(found)
            }

        a, b = vector(one), vector(other)
        norm = np.sqrt(sum(v * v for v in a.values()) * sum(v * v for v in b.values()))
        return float(sum(a[gram] * b[gram] for gram in a if gram in b) / norm)

    texts = ["parcel", "parcels", "return"]
    for text, score in zip(texts, Grams(texts).scores(["parcel"])[0], strict=True):
        assert score == pytest.approx(by_hand("parcel", text, texts), abs=1e-5)


def test_hashes_are_the_same_on_every_machine() -> None:
    assert hashing.grams("Paket")[:2].tolist() == hashing.grams("  PAKET!")[:2].tolist()
    assert hashing.grams("a").tolist() == GRAMS_OF_A
    assert hashing.plain("Größe: ÀÉÎ – 42!") == " grosse aei 42 "


GRAMS_OF_A = [9290297443567742606, 18150553504857622632, 16907871363121510328]
