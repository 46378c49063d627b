"""Articles as their writers see them: drafts, versions, translations, and what readers get of them."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from desk import knowledge
from desk.clock import SetClock
from desk.knowledge import Article, BadArticle, Meanwhile
from desk.store import Store, Tx
from tests import factories


def made(tx: Tx, title: str = "Delivery times", body: str = "Two days.", locale: str = "en", **more: Any) -> Article:
    return knowledge.create(tx, None, title=title, body=body, locale=locale, **more)


def test_a_draft_is_for_its_writers_until_it_is_published(store: Store, clock: SetClock) -> None:
    with store.transaction() as tx:
        writer = factories.make_staff(tx).id
        row = knowledge.create(
            tx, writer, title="  Delivery\n times ", body="Two days.\r\n", locale="en", examples=["When?", " ", "When?"]
        )
        assert (row.title, row.body, row.examples) == ("Delivery times", "Two days.", ["When?"])
        assert row.slug == "delivery-times"
        assert knowledge.by_slug(tx, "delivery-times") is None
        assert knowledge.search(tx, "delivery", "en") == []
        knowledge.publish(tx, row.id, writer)
        found = knowledge.by_slug(tx, "delivery-times")
        assert found is not None and (found.title, found.version) == ("Delivery times", 1)
        clock.advance(timedelta(hours=1))
        knowledge.update(tx, row.id, writer, title="Delivery times", body="Three days.", examples=["When?"])
        assert knowledge.article(tx, row.id).changed
        assert knowledge.by_slug(tx, "delivery-times") == found  # readers still get what was published
        knowledge.publish(tx, row.id, writer)
        assert knowledge.by_slug(tx, "delivery-times").body == "Three days."  # type: ignore[union-attr]
        assert [v.body for v in knowledge.versions(tx, row.id)] == ["Three days.", "Two days."]
        knowledge.revert(tx, row.id, 1, writer)
        assert (knowledge.article(tx, row.id).body, knowledge.article(tx, row.id).changed) == ("Two days.", True)
        knowledge.withdraw(tx, row.id, writer)
        assert knowledge.by_slug(tx, "delivery-times") is None
        assert knowledge.search(tx, "delivery", "en") == []
        assert knowledge.article(tx, row.id).body == "Two days."
        assert knowledge.counts(tx) == {"published": 0, "draft": 1}


def test_writing_back_what_is_live_is_no_change(store: Store) -> None:
    with store.transaction() as tx:
        row = made(tx)
        knowledge.publish(tx, row.id, None)
        knowledge.update(tx, row.id, None, title=row.title, body="Other.")
        assert row.changed
        knowledge.update(tx, row.id, None, title=row.title, body="Two days.")
        assert not row.changed


def test_who_saves_over_somebody_else_is_told(store: Store, clock: SetClock) -> None:
    with store.transaction() as tx:
        row = made(tx)
        opened = row.updated_at
        clock.advance(timedelta(minutes=1))
        knowledge.update(tx, row.id, None, seen=opened, title="Mine", body="Mine.")
        with pytest.raises(Meanwhile):
            knowledge.update(tx, row.id, None, seen=opened, title="Yours", body="Yours.")
        assert row.title == "Mine"


@pytest.mark.parametrize(
    ("fields", "wrong"),
    [
        ({"title": " \n "}, "title"),
        ({"title": "x" * 201}, "title"),
        ({"body": "x" * 100_001}, "body"),
        ({"topic": "x" * 81}, "topic"),
        ({"examples": [f"question {n}" for n in range(201)]}, "examples"),
        ({"examples": ["x" * 301]}, "examples"),
        ({"locale": "../de"}, "locale"),
        ({"visibility": "secret"}, "visibility"),
    ],
)
@pytest.mark.database("sqlite")
def test_what_does_not_fit_is_named(store: Store, fields: dict[str, Any], wrong: str) -> None:
    with store.transaction() as tx, pytest.raises(BadArticle) as refused:
        made(tx, **fields)
    assert list(refused.value.problems) == [wrong]


@pytest.mark.database("sqlite")
def test_an_empty_article_is_not_published(store: Store) -> None:
    with store.transaction() as tx:
        row = made(tx, body="")
        with pytest.raises(BadArticle):
            knowledge.publish(tx, row.id, None)
        with pytest.raises(LookupError):
            knowledge.article(tx, row.id + 1000)


def test_addresses_are_readable_and_never_taken_twice(store: Store) -> None:
    with store.transaction() as tx:
        slugs = [made(tx, title=t).slug for t in ("Größe & Maße?", "Grosse masse", "Grösse  Masse", "???", "Search")]
    assert slugs == ["grosse-masse", "grosse-masse-2", "grosse-masse-3", "article", "search-1"]


def test_an_article_in_other_languages_is_one_family(store: Store) -> None:
    with store.transaction() as tx:
        first = made(tx)
        second = made(tx, title="Lieferzeiten", locale="de", family_id=first.family_id)
        with pytest.raises(BadArticle, match="language already"):
            made(tx, title="Noch einmal", locale="de", family_id=first.family_id)
        with pytest.raises(BadArticle, match="keeps its language"):
            knowledge.update(tx, second.id, None, title="x", body="y", locale="es")
        knowledge.publish(tx, second.id, None)
        assert knowledge.families(tx, [first.id]) == {first.id: [("de", second.id, True), ("en", first.id, False)]}
        assert [row.locale for row in knowledge.family(tx, first.id)] == ["de", "en"]
        assert knowledge.locales(tx) == ["de"]


def test_readers_get_what_is_public_and_of_their_brand(store: Store) -> None:
    with store.transaction() as tx:
        kiln, oven = factories.make_brand(tx), factories.make_brand(tx)
        for title, more in (
            ("For all", {}),
            ("For kiln", {"brand_id": kiln.id}),
            ("For oven", {"brand_id": oven.id}),
            ("For us", {"visibility": "internal"}),
        ):
            knowledge.publish(tx, made(tx, title=title, body="A word.", **more).id, None)
        made(tx, title="For nobody yet", body="A word.")

        def titles(**more: Any) -> list[str]:
            return [p.title for p in knowledge.published(tx, "en", **more)]

        assert titles() == ["For all", "For kiln", "For oven"]
        assert titles(brand_id=kiln.id) == ["For all", "For kiln"]
        assert titles(internal=True)[-1] == "For us"
        assert {h.title for h in knowledge.search(tx, "word", "en", brand_id=oven.id)} == {"For all", "For oven"}
        assert len(knowledge.search(tx, "word", "en", internal=True)) == 4
        assert knowledge.by_slug(tx, "for-us") is None
        assert knowledge.by_slug(tx, "for-us", internal=True) is not None


def test_the_list_pages_by_what_changed_last(store: Store, clock: SetClock) -> None:
    with store.transaction() as tx:
        for n in range(5):
            clock.advance(timedelta(minutes=1))
            made(tx, title=f"Article {n}", topic="Delivery" if n % 2 else "")
        first = knowledge.articles(tx, limit=3)
        assert [a.title for a in first] == ["Article 4", "Article 3", "Article 2"]
        rest = knowledge.articles(tx, limit=3, before=(first[-1].updated_at, first[-1].id))
        assert [a.title for a in rest] == ["Article 1", "Article 0"]
        knowledge.publish(tx, rest[0].id, None)
        assert [a.title for a in knowledge.articles(tx, state="published")] == ["Article 1"]
        assert len(knowledge.articles(tx, state="draft")) == 4
        assert knowledge.articles(tx, state="changed") == []
        assert len(knowledge.articles(tx, topic="Delivery")) == 2
        assert knowledge.topics(tx) == ["Delivery"]


def test_votes_are_counted_for_ninety_days(store: Store, clock: SetClock) -> None:
    with store.transaction() as tx:
        row = made(tx)
        knowledge.publish(tx, row.id, None)
        knowledge.vote(tx, row.id, True)
        clock.advance(timedelta(days=80))
        token = knowledge.vote(tx, row.id, False)
        knowledge.vote(tx, row.id, True, source="bot", entry_id=77)
        knowledge.vote(tx, row.id, False, source="bot", entry_id=77)  # the same turn: they changed their mind
        assert knowledge.helped(tx, [row.id, 999]) == {row.id: knowledge.Helped(1, 3)}
        assert knowledge.explain(tx, token, "hard", " Which carrier?\x00 ") == row.id
        assert knowledge.explain(tx, token + "x", "hard", "") is None
        assert knowledge.explain(tx, "", "hard", "") is None
        [missed] = knowledge.missed(tx, row.id)
        assert (missed.missing, missed.words) == ("hard", "Which carrier?")
        clock.advance(timedelta(days=15))
        assert knowledge.helped(tx, [row.id]) == {row.id: knowledge.Helped(0, 2)}
        with pytest.raises(LookupError):
            knowledge.vote(tx, 999, True)
