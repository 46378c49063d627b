"""Articles: written as drafts, published as versions, taken back; in several languages.

`by` is the colleague who does it, None for the desk itself.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import select

from desk.knowledge import pictures, words
from desk.knowledge.search import index
from desk.knowledge.tables import Article, ArticleVersion
from desk.signals import ArticlePublished
from desk.store import Tx

TITLE, BODY, EXAMPLES, EXAMPLE, TOPIC = 200, 100_000, 200, 300, 80  # what an article takes, in characters or lines
VISIBILITIES = ("public", "internal")
_LANGUAGE = re.compile(r"[a-z]{2,3}")


class BadArticle(ValueError):
    """Something about the article does not fit; `problems` says what, by field, in one sentence each."""

    def __init__(self, problems: dict[str, str]) -> None:
        super().__init__(" ".join(problems.values()))
        self.problems = problems


class Meanwhile(RuntimeError):
    """Somebody else saved the article since this person opened it."""


def draft(
    *,
    title: str,
    body: str,
    locale: str,
    examples: Sequence[str] = (),
    topic: str = "",
    visibility: str = "public",
    brand_id: int | None = None,
) -> dict[str, Any]:
    """The fields of an article, cleaned. Raises BadArticle."""
    title = " ".join(title.replace("\x00", "").split())
    body = body.replace("\r\n", "\n").replace("\x00", "").strip()
    topic = " ".join(topic.replace("\x00", "").split())
    questions = list(dict.fromkeys(q for q in (" ".join(str(e).replace("\x00", "").split()) for e in examples) if q))
    problems: dict[str, str] = {}
    if not title:
        problems["title"] = "Give the article a title."
    elif len(title) > TITLE:
        problems["title"] = f"A title holds {TITLE} characters at most."
    if len(body) > BODY:
        problems["body"] = f"An article holds {BODY:,} characters at most; this one has {len(body):,}."
    if len(topic) > TOPIC:
        problems["topic"] = f"A topic holds {TOPIC} characters at most."
    if len(questions) > EXAMPLES:
        problems["examples"] = f"An article holds {EXAMPLES} example questions at most."
    elif any(len(q) > EXAMPLE for q in questions):
        problems["examples"] = f"An example question holds {EXAMPLE} characters at most."
    if not _LANGUAGE.fullmatch(locale):
        problems["locale"] = "Choose one of the languages."
    if visibility not in VISIBILITIES:
        problems["visibility"] = "An article is public or internal."
    if problems:
        raise BadArticle(problems)
    return {
        "title": title,
        "body": body,
        "locale": locale,
        "examples": questions,
        "topic": topic,
        "visibility": visibility,
        "brand_id": brand_id,
    }


def create(tx: Tx, by: int | None, *, family_id: int | None = None, drafted: bool = False, **fields: Any) -> Article:
    """A draft. With `family_id` it is the same article in another language; `drafted`: by the desk itself, out of what
    was said. Raises BadArticle."""
    values = draft(**fields)
    if family_id is not None and _of_family(tx, family_id, values["locale"]) is not None:
        raise BadArticle({"locale": "This article is there in that language already."})
    now = tx.now()
    row = Article(
        **values,
        family_id=family_id,
        slug=_slug(tx, values["title"]),
        created_at=now,
        created_by=by,
        updated_at=now,
        updated_by=by,
        drafted=drafted or None,
    )
    tx.add(row)
    tx.flush()
    if row.family_id is None:
        row.family_id = row.id
        tx.flush()
    note_draft(tx, row)
    return row


def update(tx: Tx, article_id: int, by: int | None, *, seen: datetime | None = None, **fields: Any) -> Article:
    """Changes the draft; topic, brand and visibility count at once. `seen` is when the article was changed last as far
    as this person knows: raises Meanwhile where somebody else was quicker. Raises BadArticle, LookupError."""
    row = article(tx, article_id)
    if seen is not None and row.updated_at != seen:
        raise Meanwhile("Somebody else saved this article meanwhile.")
    values = draft(**{"locale": row.locale, **fields})
    if values["locale"] != row.locale:
        raise BadArticle({"locale": "An article keeps its language: add a translation instead."})
    shown = (row.visibility, row.brand_id)
    for name, value in values.items():
        setattr(row, name, value)
    row.updated_at, row.updated_by = tx.now(), by
    live = version(tx, row.id, row.live_version) if row.live_version else None
    note_draft(tx, row)
    if live is not None and shown != (row.visibility, row.brand_id):
        tx.announce(ArticlePublished(row.id, row.locale))
    return row


def publish(tx: Tx, article_id: int, by: int | None) -> Article:
    """Makes the draft what readers and the bot get, and keeps it as a version. Raises BadArticle where it is empty."""
    row = article(tx, article_id)
    if not row.body:
        raise BadArticle({"body": "There is nothing to publish yet."})
    now = tx.now()
    row.version += 1
    row.live_version, row.changed, row.drafted = row.version, False, None
    row.published_at = row.updated_at = now
    row.updated_by = by
    made = ArticleVersion(
        article_id=row.id,
        version=row.version,
        title=row.title,
        body=row.body,
        examples=list(row.examples),
        files=list(row.files),
        at=now,
        staff_id=by,
    )
    tx.add(made)
    tx.flush()
    pictures.note(tx, row.id, row.version, _used(row))
    index(tx, row, made)
    tx.announce(ArticlePublished(row.id, row.locale))
    return row


def withdraw(tx: Tx, article_id: int, by: int | None) -> Article:
    """Takes an article away from readers and the bot; what was written stays as its draft."""
    row = article(tx, article_id)
    if row.live_version:
        row.live_version, row.changed = 0, True
        row.updated_at, row.updated_by = tx.now(), by
        tx.flush()
        index(tx, row, None)
        tx.announce(ArticlePublished(row.id, row.locale))
    return row


def revert(tx: Tx, article_id: int, number: int, by: int | None) -> Article:
    """Puts an earlier version into the draft. Raises LookupError."""
    row, old = article(tx, article_id), version(tx, article_id, number)
    if old is None:
        raise LookupError("There is no such version.")
    row.files = list(old.files)
    return update(
        tx,
        row.id,
        by,
        title=old.title,
        body=old.body,
        examples=list(old.examples),
        topic=row.topic,
        visibility=row.visibility,
        brand_id=row.brand_id,
    )


def add_example(tx: Tx, article_id: int, question: str, by: int | None) -> Article:
    """Adds a question to the draft's examples; it counts once the article is published again."""
    row = article(tx, article_id)
    return update(
        tx,
        row.id,
        by,
        title=row.title,
        body=row.body,
        examples=[*row.examples, question],
        topic=row.topic,
        visibility=row.visibility,
        brand_id=row.brand_id,
    )


def note_draft(tx: Tx, row: Article) -> None:
    """Follows a change of the draft: whether it says something else than what readers get, and what it uses."""
    live = version(tx, row.id, row.live_version) if row.live_version else None
    row.changed = live is None or _said(live) != _said(row)
    tx.flush()
    pictures.note(tx, row.id, pictures.DRAFT, _used(row))


def _said(one: Article | ArticleVersion) -> tuple[Any, ...]:
    return one.title, one.body, one.examples, one.files


def _used(row: Article) -> set[str]:
    return pictures.named(row.body) | {str(file["sha256"]) for file in row.files}


def article(tx: Tx, article_id: int) -> Article:
    """The article as its writers see it. Raises LookupError."""
    found = tx.get(Article, article_id, with_for_update=True if tx.writing else None)
    if found is None:
        raise LookupError("There is no such article.")
    return found


def version(tx: Tx, article_id: int, number: int) -> ArticleVersion | None:
    return tx.get(ArticleVersion, (article_id, number))


def versions(tx: Tx, article_id: int, limit: int = 50) -> list[ArticleVersion]:
    """What was published of an article, newest first."""
    query = select(ArticleVersion).where(ArticleVersion.article_id == article_id)
    return list(tx.scalars(query.order_by(ArticleVersion.version.desc()).limit(limit)))


def family(tx: Tx, family_id: int) -> list[Article]:
    """An article in all its languages."""
    return list(tx.scalars(select(Article).where(Article.family_id == family_id).order_by(Article.locale)))


def _of_family(tx: Tx, family_id: int, locale: str) -> int | None:
    return tx.scalar(select(Article.id).where(Article.family_id == family_id, Article.locale == locale))


def _slug(tx: Tx, title: str) -> str:
    """A readable address that no other article has: two that are made at once are told apart by the database."""
    base = "-".join(word for word, _start, _end in words.tokens(title))[:80].strip("-") or "article"
    # Addresses of the help centre itself, which no article may take.
    base = f"{base}-1" if base in ("search", "search-json", "topic") else base
    alike = set(
        tx.scalars(select(Article.slug).where(Article.slug >= base, Article.slug < base + "\U0010ffff").limit(2000))
    )
    slug, number = base, 1
    while slug in alike:
        number += 1
        slug = f"{base}-{number}"
    return slug
