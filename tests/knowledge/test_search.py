"""Finding articles: by what people type, in their language, the same on both databases."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from desk import knowledge
from desk.knowledge import words
from desk.store import Store, Tx

ARTICLES = {
    "en": [
        (
            "Which hobs can I use?",
            "Every pot works on gas and electric hobs. Induction needs our steel disc.",
            ["induction"],
        ),
        ("Returning an item", "You have 30 days. Print the label, pack the item and send it back.", ["send it back"]),
        ("How long a refund takes", "We refund within five days after the return arrived.", ["where is my money"]),
        ("Delivery times", "Orders leave the next morning. Delivery takes two days.", ["when does it arrive"]),
    ],
    "de": [
        ("Rückgabe", "Sie haben 30 Tage für die Rücksendung.", ["zurückschicken"]),
        ("Größen und Maße", "Alle Größen stehen beim Artikel.", []),
    ],
    "es": [("Devoluciones", "Tienes 30 días para devolver el artículo.", ["¿cómo lo devuelvo?"])],
}


def fill(tx: Tx) -> None:
    for locale, rows in ARTICLES.items():
        for title, body, examples in rows:
            row = knowledge.create(tx, None, title=title, body=body, locale=locale, examples=examples)
            knowledge.publish(tx, row.id, None)


@pytest.mark.parametrize(
    ("query", "locale", "first"),
    [
        ("hob", "en", "Which hobs can I use?"),
        ("indu", "en", "Which hobs can I use?"),
        ("how do i return something", "en", "Returning an item"),
        ("REFUND", "en", "How long a refund takes"),
        ("money", "en", "How long a refund takes"),
        ("rucksendung", "de", "Rückgabe"),
        ("größe", "de", "Größen und Maße"),
        ("groesse größen", "de", "Größen und Maße"),
        ("como devolver", "es", "Devoluciones"),
        ("días", "es", "Devoluciones"),
    ],
)
def test_people_find_what_they_mean(store: Store, query: str, locale: str, first: str) -> None:
    with store.transaction() as tx:
        fill(tx)
        found = knowledge.search(tx, query, locale)
        assert found and found[0].title == first


def test_only_the_language_that_was_asked_for_is_searched(store: Store) -> None:
    with store.transaction() as tx:
        fill(tx)
        assert knowledge.search(tx, "rückgabe", "en") == []
        assert [h.title for h in knowledge.search(tx, "30", "de")] == ["Rückgabe"]


def test_what_is_shown_of_a_hit_is_around_the_word(store: Store) -> None:
    with store.transaction() as tx:
        body = "First something else. " * 30 + "Then the **glaze** may craze. " + "And more. " * 30
        row = knowledge.create(tx, None, title="Care", body=body, locale="en")
        knowledge.publish(tx, row.id, None)
        [hit] = knowledge.search(tx, "glazes", "en")
        assert "glaze may craze" in hit.snippet and "**" not in hit.snippet
        assert len(hit.snippet) < 200
        assert [hit.snippet[a:b] for a, b in hit.marks] == ["glaze"]


@pytest.mark.parametrize("query", ["", " ", "?!", "\u200b", "🙂", "%", "_", "'; drop table articles; --", "x" * 50_000])
@pytest.mark.parametrize("locale", ["en", "xx", ""])
def test_nothing_that_is_typed_breaks_it(store: Store, query: str, locale: str) -> None:
    with store.transaction() as tx:
        fill(tx)
        assert knowledge.search(tx, query, locale) == []


@pytest.mark.database("sqlite")
def test_the_index_is_what_is_read(store: Store) -> None:
    with store.transaction() as tx:
        fill(tx)
        plan = tx.connection().exec_driver_sql(
            "EXPLAIN QUERY PLAN SELECT w.article_id FROM article_words w JOIN articles a ON a.id = w.article_id "
            "WHERE w.word = 'hob' AND a.locale = 'en' ORDER BY w.weight DESC LIMIT 200"
        )
        steps = " ".join(row[-1] for row in plan)
        assert "ix_article_words_best" in steps and "TEMP B-TREE" not in steps


@given(st.text(max_size=80), st.sampled_from(["en", "de", "es", "fr"]))
def test_a_word_is_found_by_itself(text: str, locale: str) -> None:
    assert set(words.asked(text, locale, most=1000)) <= set(words.weights([(text, 1.0)], locale))


@given(st.text(max_size=200))
def test_folding_twice_changes_nothing(text: str) -> None:
    assert words.fold(words.fold(text)) == words.fold(text)
