"""Articles for whoever answers: found in one language, given in the customer's."""

from __future__ import annotations

from desk import knowledge
from desk.store import Store, Tx


def publish(tx: Tx, title: str, body: str, locale: str, family_id: int | None = None, **more: str) -> int:
    row = knowledge.create(tx, None, family_id=family_id, title=title, body=body, locale=locale, examples=[], **more)
    knowledge.publish(tx, row.id, None)
    return row.id


def titles(tx: Tx, text: str, *locales: str) -> list[str]:
    return [one.title for one in knowledge.offer(tx, text, locales, None)]


def test_what_is_found_in_ones_own_language_is_given_in_the_customers(store: Store) -> None:
    with store.transaction() as tx:
        refund = publish(tx, "How long a refund takes", "Five days.", "en")
        publish(tx, "Wie lange die Erstattung dauert", "Fünf Tage.", "de", refund)
        publish(tx, "Refunds abroad", "Ten days.", "en")
        publish(tx, "Refunds, inside", "Ask a lead.", "en", visibility="internal")
        assert set(titles(tx, "refund", "de", "en")) == {"Wie lange die Erstattung dauert", "Refunds abroad"}
        assert titles(tx, "erstattung", "de", "en") == ["Wie lange die Erstattung dauert"]
        assert set(titles(tx, "refund", "en")) == {"How long a refund takes", "Refunds abroad"}, "none from inside"
        assert titles(tx, "zebra", "de", "en") == []


def test_without_a_word_the_first_language_that_has_some_is_shown(store: Store) -> None:
    with store.transaction() as tx:
        assert titles(tx, " ", "de", "en") == []
        publish(tx, "Returning an item", "You have 30 days.", "en")
        assert titles(tx, "", "de", "en") == ["Returning an item"]
        (one,) = knowledge.offer(tx, "returning", ["en"], None)
        assert one.url == f"{tx.public_url}/help/returning-an-item"
