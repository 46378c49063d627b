"""Articles: written as drafts, published as versions, taken back; in several languages.

`by` is the colleague who does it, None for the desk itself.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import and_, func, or_, select

from desk.knowledge import words
from desk.knowledge.search import index, readable
from desk.knowledge.tables import Article, ArticleVersion
from desk.signals import ArticlePublished
from desk.store import Tx

TITLE, BODY, EXAMPLES, EXAMPLE, TOPIC = 200, 100_000, 200, 300, 80  # what an article takes, in characters or lines
VISIBILITIES = ("public", "internal")
STATES = ("published", "changed", "draft")
_LANGUAGE = re.compile(r"[a-z]{2,3}")


class BadArticle(ValueError):
    """Something about the article does not fit; `problems` says what, by field, in one sentence each."""

    def __init__(self, problems: dict[str, str]) -> None:
        super().__init__(" ".join(problems.values()))
        self.problems = problems


class Meanwhile(RuntimeError):
    """Somebody else saved the article since this person opened it."""


@dataclass(frozen=True, slots=True)
class Published:
    """The live version of an article as readers get it."""

    id: int
    family_id: int
    slug: str
    locale: str
    topic: str
    brand_id: int | None
    visibility: str
    version: int
    title: str
    body: str
    examples: tuple[str, ...]
    published_at: datetime


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


def create(tx: Tx, by: int | None, *, family_id: int | None = None, **fields: Any) -> Article:
    """A draft. With `family_id` it is the same article in another language. Raises BadArticle."""
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
    )
    tx.add(row)
    tx.flush()
    if row.family_id is None:
        row.family_id = row.id
        tx.flush()
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
    row.changed = live is None or (live.title, live.body, live.examples) != (row.title, row.body, row.examples)
    tx.flush()
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
    row.live_version, row.changed = row.version, False
    row.published_at = row.updated_at = now
    row.updated_by = by
    made = ArticleVersion(
        article_id=row.id,
        version=row.version,
        title=row.title,
        body=row.body,
        examples=list(row.examples),
        at=now,
        staff_id=by,
    )
    tx.add(made)
    tx.flush()
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


def families(tx: Tx, family_ids: Sequence[int]) -> dict[int, list[tuple[str, int, bool]]]:
    """The languages of articles: (locale, id, published), by family."""
    out: dict[int, list[tuple[str, int, bool]]] = {}
    if family_ids:
        query = select(Article.family_id, Article.locale, Article.id, Article.live_version).where(
            Article.family_id.in_(set(family_ids))
        )
        for row in tx.execute(query.order_by(Article.locale)):
            out.setdefault(row.family_id, []).append((row.locale, row.id, row.live_version > 0))
    return out


def _of_family(tx: Tx, family_id: int, locale: str) -> int | None:
    return tx.scalar(select(Article.id).where(Article.family_id == family_id, Article.locale == locale))


def articles(
    tx: Tx,
    *,
    state: str = "",
    locale: str = "",
    topic: str = "",
    before: tuple[datetime, int] | None = None,
    limit: int = 50,
) -> list[Article]:
    """Articles as their writers see them, last changed first."""
    query = select(Article)
    if locale:
        query = query.where(Article.locale == locale)
    if topic:
        query = query.where(Article.topic == topic)
    if state == "published":
        query = query.where(Article.live_version > 0, Article.changed.is_(False))
    elif state == "changed":
        query = query.where(Article.live_version > 0, Article.changed)
    elif state == "draft":
        query = query.where(Article.live_version == 0)
    if before is not None:
        at, last = before
        query = query.where(or_(Article.updated_at < at, and_(Article.updated_at == at, Article.id < last)))
    return list(tx.scalars(query.order_by(Article.updated_at.desc(), Article.id.desc()).limit(limit)))


def some(tx: Tx, article_ids: Sequence[int]) -> list[Article]:
    """These articles, in this order."""
    rows = {row.id: row for row in tx.scalars(select(Article).where(Article.id.in_(list(article_ids))))}
    return [rows[i] for i in article_ids if i in rows]


def counts(tx: Tx) -> dict[str, int]:
    """How many articles are published and how many are drafts only."""
    live = func.count().filter(Article.live_version > 0)
    row = tx.execute(select(func.count().label("n"), live.label("live")).select_from(Article)).one()
    return {"published": row.live, "draft": row.n - row.live}


def topics(tx: Tx, locale: str = "") -> list[str]:
    """The topics in use, by name; in all languages where none is given."""
    query = select(Article.topic).where(Article.topic != "").distinct().order_by(Article.topic).limit(200)
    if locale:
        query = query.where(Article.locale == locale)
    return list(tx.scalars(query))


_LIVE = (
    Article.id, Article.family_id, Article.slug, Article.locale, Article.topic, Article.brand_id, Article.visibility,
    Article.live_version, Article.published_at, ArticleVersion.title, ArticleVersion.body, ArticleVersion.examples,
)  # fmt: skip


def _live_query() -> Any:
    same = and_(ArticleVersion.article_id == Article.id, ArticleVersion.version == Article.live_version)
    return select(*_LIVE).join(ArticleVersion, same)


def _published(row: Any) -> Published:
    return Published(
        id=row.id,
        family_id=row.family_id,
        slug=row.slug,
        locale=row.locale,
        topic=row.topic,
        brand_id=row.brand_id,
        visibility=row.visibility,
        version=row.live_version,
        title=row.title,
        body=row.body,
        examples=tuple(str(e) for e in row.examples),
        published_at=row.published_at,
    )


def by_slug(tx: Tx, slug: str, *, internal: bool = False) -> Published | None:
    """What is published under an address of the help centre."""
    row = tx.execute(_live_query().where(Article.slug == slug[:120], readable(None, internal=internal))).first()
    return None if row is None else _published(row)


def published(
    tx: Tx,
    locale: str = "",
    *,
    brand_id: int | None = None,
    topic: str | None = None,
    internal: bool = False,
    family_id: int | None = None,
    limit: int = 5000,
) -> list[Published]:
    """What readers of a brand and a language get, by topic and title."""
    query = _live_query().where(readable(brand_id, internal=internal))
    if locale:
        query = query.where(Article.locale == locale)
    if topic is not None:
        query = query.where(Article.topic == topic)
    if family_id is not None:
        query = query.where(Article.family_id == family_id)
    return [_published(row) for row in tx.execute(query.order_by(Article.topic, Article.id).limit(limit))]


def locales(tx: Tx, brand_id: int | None = None) -> list[str]:
    """The languages in which there is something to read."""
    query = select(Article.locale).where(readable(brand_id)).distinct().order_by(Article.locale)
    return list(tx.scalars(query))


def url(tx: Tx, slug: str) -> str:
    """Where customers read an article."""
    return f"{tx.public_url}/help/{slug}"


def digest(found: Sequence[Published]) -> str:
    """Names what a set of articles says: the same texts give the same name, on any desk."""
    mac = hashlib.sha256()
    for item in sorted(found, key=lambda p: p.id):
        mac.update(json.dumps([item.id, item.title, item.body, item.examples], ensure_ascii=False).encode() + b"\0")
    return mac.hexdigest()


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


def state(tx: Tx, locale: str) -> str:
    """Names which versions of which public articles readers of a language get, without reading their texts."""
    query = select(
        func.count(),
        func.coalesce(func.sum(Article.id), 0),
        func.coalesce(func.sum(Article.id * Article.live_version), 0),
        func.max(Article.published_at),
    ).where(Article.locale == locale, readable(None))
    n, ids, lives, at = tx.execute(query).one()
    return f"{n}.{ids}.{lives}.{at.timestamp() if at else 0:.6f}"
