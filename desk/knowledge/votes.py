"""Whether an article helped: votes of readers of its page and of customers whom the bot gave it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta

from sqlalchemy import func, select

from desk.keys import BadSignature
from desk.knowledge.tables import Article, ArticleVote
from desk.store import Tx

WINDOW = timedelta(days=90)  # older votes are of another text, and of other readers
MISSING = ("elsewhere", "hard", "wrong")
PURPOSE = "article-vote"
WORDS = 2000


@dataclass(frozen=True, slots=True)
class Helped:
    """`yes` of `n` answers say that it helped."""

    yes: int
    n: int


def vote(tx: Tx, article_id: int, helpful: bool, *, source: str = "page", entry_id: int | None = None) -> str:
    """Records an answer, and gives the token by which its writer may add what was missing. Raises LookupError.

    With `entry_id` (a turn of the bot) there is one vote for it: a second one changes it.
    """
    row = tx.get(Article, article_id)
    if row is None:
        raise LookupError("There is no such article.")
    made = None
    if entry_id is not None:
        made = tx.scalar(select(ArticleVote).where(ArticleVote.entry_id == entry_id))
    if made is None:
        made = ArticleVote(
            article_id=article_id,
            version=row.live_version,
            source=source,
            helpful=helpful,
            entry_id=entry_id,
            at=tx.now(),
        )
        tx.add(made)
    else:
        made.helpful = helpful
    tx.flush()
    return tx.keys.sign(PURPOSE, {"v": made.id})


def explain(tx: Tx, token: str, missing: str, words: str) -> int | None:
    """Adds to a vote what was missing. Gives the article's id, or None for a token that is none of ours."""
    try:
        number = tx.keys.verify(PURPOSE, token[:300])["v"]
    except (BadSignature, KeyError):
        return None
    row = tx.get(ArticleVote, int(number))
    if row is None:
        return None
    row.missing = missing if missing in MISSING else ""
    row.words = words.replace("\x00", "").strip()[:WORDS]
    tx.flush()
    return row.article_id


def helped(tx: Tx, article_ids: Sequence[int]) -> dict[int, Helped]:
    """How often articles helped in the last ninety days, by article; those without an answer are left out."""
    if not article_ids:
        return {}
    query = (
        select(ArticleVote.article_id, ArticleVote.helpful, func.count())
        .where(ArticleVote.article_id.in_(list(article_ids)), ArticleVote.at >= tx.now() - WINDOW)
        .group_by(ArticleVote.article_id, ArticleVote.helpful)
    )
    sums: dict[int, list[int]] = {}
    for article_id, yes, n in tx.execute(query).all():
        found = sums.setdefault(article_id, [0, 0])
        found[0] += n if yes else 0
        found[1] += n
    return {article_id: Helped(yes, n) for article_id, (yes, n) in sums.items()}


def missed(tx: Tx, article_id: int, limit: int = 20) -> list[ArticleVote]:
    """What readers found missing in an article, newest first."""
    query = select(ArticleVote).where(
        ArticleVote.article_id == article_id,
        ArticleVote.helpful.is_(False),
        (ArticleVote.missing != "") | (ArticleVote.words != ""),
    )
    return list(tx.scalars(query.order_by(ArticleVote.at.desc(), ArticleVote.id.desc()).limit(limit)))


def often_helpful(tx: Tx, article_ids: Sequence[int], limit: int) -> list[int]:
    """Of these articles, those that were voted helpful most often lately, then the rest in their order."""
    found = helped(tx, article_ids)
    order = {article_id: n for n, article_id in enumerate(article_ids)}
    return sorted(article_ids, key=lambda i: (-found[i].yes if i in found else 0, order[i]))[:limit]
