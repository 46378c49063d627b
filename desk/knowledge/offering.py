"""Articles for whoever answers a customer: found in any of their languages, given in the customer's own."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from desk.knowledge.reading import Published, published, some, url
from desk.knowledge.search import search
from desk.store import Tx

FIRST = 90  # characters of a text that stand for it where nothing was asked for


@dataclass(frozen=True, slots=True)
class Offered:
    """A public article: its title, where customers read it, and a piece of it."""

    id: int
    title: str
    url: str
    locale: str
    snippet: str


def offer(tx: Tx, text: str, locales: Sequence[str], brand_id: int | None, limit: int = 8) -> list[Offered]:
    """Public articles that fit a text: those of the first language first, then what only another one finds, in the
    first language where it was translated. Without a text, those of the first language that has some."""
    wanted = list(dict.fromkeys(locales))
    if not text.strip():
        for locale in wanted:
            rows = published(tx, locale, brand_id=brand_id, limit=limit)
            if rows:
                return [_offered(tx, row) for row in rows]
        return []
    out: dict[int, Offered] = {}
    for locale in wanted:
        hits = {hit.id: hit for hit in search(tx, text, locale, limit, brand_id=brand_id)}
        for article in some(tx, list(hits)):
            family, hit = article.family_id or article.id, hits[article.id]
            if len(out) >= limit or family in out:
                continue
            own = published(tx, wanted[0], brand_id=brand_id, family_id=family, limit=1) if locale != wanted[0] else []
            if own:
                out[family] = _offered(tx, own[0])
            else:
                out[family] = Offered(hit.id, hit.title, url(tx, hit.slug), hit.locale, hit.snippet)
    return list(out.values())


def _offered(tx: Tx, row: Published) -> Offered:
    return Offered(row.id, row.title, url(tx, row.slug), row.locale, " ".join(row.body.split())[:FIRST])
