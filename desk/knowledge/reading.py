"""Reading articles: the lists of their writers, and what is published, as readers and the bot get it."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from sqlalchemy import and_, func, or_, select

from desk.knowledge.search import readable
from desk.knowledge.tables import Article, ArticleVersion
from desk.store import Tx

STATES = ("published", "changed", "draft")


@dataclass(frozen=True, slots=True)
class File:
    """A file of an article as its readers get it; `size` in bytes."""

    sha256: str
    name: str
    kind: str
    size: int


def files_of(found: Sequence[Any]) -> tuple[File, ...]:
    """The files as a draft or a version holds them."""
    return tuple(File(str(f["sha256"]), str(f["name"]), str(f["kind"]), int(f["size"])) for f in found)


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
    files: tuple[File, ...] = ()


@dataclass(frozen=True, slots=True)
class Address:
    """Where a live version stands, and since when."""

    family_id: int
    slug: str
    locale: str
    published_at: datetime


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
    ArticleVersion.files,
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
        files=files_of(row.files),
    )


def as_drafted(row: Article) -> Published:
    """An article's draft as readers would get it."""
    return replace(_published(row), published_at=row.updated_at)


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


def newest(tx: Tx, locale: str, limit: int, *, brand_id: int | None = None) -> list[Published]:
    """What readers of a brand and a language got last, newest first."""
    query = _live_query().where(readable(brand_id), Article.locale == locale)
    order = (Article.published_at.desc(), Article.id.desc())
    return [_published(row) for row in tx.execute(query.order_by(*order).limit(limit))]


def addresses(tx: Tx, brand_id: int | None = None, *, limit: int) -> list[Address]:
    """Where every public article stands, without its text."""
    query = select(Article.family_id, Article.slug, Article.locale, Article.published_at).where(readable(brand_id))
    return [Address(*row) for row in tx.execute(query.order_by(Article.id).limit(limit))]


def titles(tx: Tx, locale: str) -> dict[int, str]:
    """What the public articles of a language are called, without their texts."""
    same = and_(ArticleVersion.article_id == Article.id, ArticleVersion.version == Article.live_version)
    query = select(Article.id, ArticleVersion.title).join(ArticleVersion, same)
    return {row.id: row.title for row in tx.execute(query.where(Article.locale == locale, readable(None)).limit(5000))}


def live(tx: Tx, article_id: int, brand_id: int | None = None) -> Published | None:
    """One article as readers of a brand get it; None where they get none."""
    row = tx.execute(_live_query().where(readable(brand_id), Article.id == article_id)).first()
    return _published(row) if row is not None else None


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
