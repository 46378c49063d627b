"""Finding published articles: by their own words, best first, the same on both databases."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, and_, delete, func, insert, or_, select

from desk.knowledge import words
from desk.knowledge.markdown import blocks, plain
from desk.knowledge.tables import Article, ArticleVersion, ArticleWord
from desk.store import Tx

BEST = 200  # rows of the index that are read for one word: past that, a word tells articles apart no more
SNIPPET = 170
LONGEST_QUERY = 500


@dataclass(frozen=True, slots=True)
class Hit:
    """An article that was found: `snippet` is plain text, `marks` the places in it that were asked for."""

    id: int
    slug: str
    title: str
    topic: str
    locale: str
    snippet: str
    marks: tuple[tuple[int, int], ...]
    score: float


def index(tx: Tx, article: Article, version: ArticleVersion | None) -> None:
    """Writes the words of an article's live version anew; None takes it out."""
    tx.execute(delete(ArticleWord).where(ArticleWord.article_id == article.id))
    if version is None:
        return
    found = words.weights(_parts(version), article.locale)
    rows = [{"article_id": article.id, "word": word, "weight": weight} for word, weight in found.items()]
    if rows:
        tx.execute(insert(ArticleWord), rows)


def _parts(version: ArticleVersion) -> Iterable[tuple[str, float]]:
    yield version.title, 5.0
    for example in version.examples:
        yield str(example), 2.0
    heading = ""
    for block in blocks(version.body):
        if block.heading != heading:
            heading = block.heading
            yield heading, 2.0
        yield block.text, 1.0


def readable(brand_id: int | None, *, internal: bool = False) -> ColumnElement[bool]:
    """The condition on articles that are published for readers of a brand (None: whatever the brand)."""
    wanted = [Article.live_version > 0]
    if not internal:
        wanted.append(Article.visibility == "public")
    if brand_id is not None:
        wanted.append(or_(Article.brand_id.is_(None), Article.brand_id == brand_id))
    return and_(*wanted)


def search(
    tx: Tx,
    text: str,
    locale: str,
    limit: int = 10,
    *,
    brand_id: int | None = None,
    internal: bool = False,
) -> list[Hit]:
    """Published articles of a language that hold the words of `text`, best first. The last word may be unfinished."""
    text = text[:LONGEST_QUERY]
    stems = words.asked(text, locale)
    if not stems or limit < 1:
        return []
    allowed = and_(Article.locale == locale, readable(brand_id, internal=internal))
    total = tx.scalar(select(func.count()).select_from(Article).where(allowed)) or 0
    scores: dict[int, float] = {}
    for number, word in enumerate(stems):
        # Whoever types has not finished the last word.
        unfinished = number == len(stems) - 1 and text[-1:].isalnum() and len(word) >= 2
        rows = _holding(tx, word, allowed, prefix=unfinished)
        rare = words.rarity(total, len(rows))
        for article_id, weight in rows.items():
            scores[article_id] = scores.get(article_id, 0.0) + weight * rare
    best = sorted(scores.items(), key=lambda pair: (-pair[1], pair[0]))[:limit]
    best = [pair for pair in best if pair[1] >= 0.2 * best[0][1]]
    return _hits(tx, best, stems, locale)


def _holding(tx: Tx, word: str, allowed: ColumnElement[bool], *, prefix: bool) -> dict[int, float]:
    """The articles that hold a word, with its weight; those that hold it whole count in full."""
    base = select(ArticleWord.article_id, ArticleWord.weight, ArticleWord.word).join(
        Article, Article.id == ArticleWord.article_id
    )
    whole = base.where(ArticleWord.word == word, allowed).order_by(ArticleWord.weight.desc()).limit(BEST)
    found = {row.article_id: row.weight for row in tx.execute(whole)}
    if prefix and len(found) < BEST:
        # Up to the last character that begins with it; compared by bytes on both databases.
        begins = base.where(ArticleWord.word > word, ArticleWord.word < word + "\U0010ffff", allowed).limit(BEST)
        for row in tx.execute(begins):
            found.setdefault(row.article_id, row.weight * 0.8)
    return found


def _hits(tx: Tx, best: list[tuple[int, float]], stems: list[str], locale: str) -> list[Hit]:
    rows: dict[int, Any] = {
        row.id: row
        for row in tx.execute(
            select(Article.id, Article.slug, Article.topic, Article.locale, ArticleVersion.title, ArticleVersion.body)
            .join(
                ArticleVersion,
                and_(ArticleVersion.article_id == Article.id, ArticleVersion.version == Article.live_version),
            )
            .where(Article.id.in_([article_id for article_id, _score in best]))
        )
    }
    out = []
    for article_id, score in best:
        row = rows.get(article_id)
        if row is None:
            continue
        snippet = cut(plain(row.body).replace("\n", " "), stems, locale)
        marks = tuple(places(snippet, stems, locale))
        out.append(Hit(row.id, row.slug, row.title, row.topic, row.locale, snippet, marks, round(score, 4)))
    return out


def places(text: str, stems: list[str], locale: str) -> list[tuple[int, int]]:
    """Where in a text the words of a query stand."""
    last = stems[-1] if stems else ""
    return [
        (start, end)
        for word, start, end in words.tokens(text)
        if words.stem(word, locale) in stems or (len(last) >= 2 and word.startswith(last))
    ]


def cut(text: str, stems: list[str], locale: str) -> str:
    """A piece of a text around the first word that was asked for."""
    if len(text) <= SNIPPET:
        return text
    found = places(text, stems, locale)
    start = max(0, found[0][0] - 40) if found else 0
    if start:
        start = text.find(" ", start) + 1 or start
    end = min(len(text), start + SNIPPET)
    if end < len(text):
        end = max(text.rfind(" ", start + SNIPPET // 2, end), start + SNIPPET // 2)
    return ("… " if start else "") + text[start:end].strip() + (" …" if end < len(text) else "")
