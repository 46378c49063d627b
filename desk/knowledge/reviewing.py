"""When an article is looked at again: by which day, how often, and that somebody found it still right."""

from __future__ import annotations

from calendar import monthrange
from datetime import date, timedelta

from sqlalchemy import ColumnElement, and_, func, or_, select

from desk.i18n import N_
from desk.knowledge.service import BadArticle, article
from desk.knowledge.tables import Article
from desk.store import Tx

EVERY = (1, 3, 6, 12, 24)  # months between two looks that can be chosen; 0 is never by itself
FURTHEST = timedelta(days=3653)
COUNTED = 1000  # articles that are due, past which nobody needs the number


def set_review(tx: Tx, article_id: int, *, by: date | None, months: int, today: date) -> Article:
    """By which day an article is to be looked at, and how many months after each look again. Without a day, the months
    count from `today`. Neither: it is not asked for. Raises BadArticle, LookupError."""
    row = article(tx, article_id)
    _known(months)
    if by is not None and not today <= by <= today + FURTHEST and by != row.review_by:
        raise BadArticle({"review_by": N_("Choose a day from today on, within ten years.")})
    row.review_months = months
    row.review_by = by or (_later(today, months) if months else None)
    tx.flush()
    return row


def reviewed(tx: Tx, article_id: int, by: int | None, today: date, months: int | None = None) -> Article:
    """Somebody looked and it is still right: the day moves on by its interval (`months` is a new one), or goes where it
    has none. The draft and what readers get stay as they are. Raises BadArticle, LookupError."""
    row = article(tx, article_id)
    if months is not None:
        _known(months)
        row.review_months = months
    row.reviewed_at, row.reviewed_by = tx.now(), by
    row.review_by = _later(today, row.review_months) if row.review_months else None
    tx.flush()
    return row


def _known(months: int) -> None:
    if months and months not in EVERY:
        raise BadArticle({"review_months": N_("Choose one of the intervals.")})


def _later(day: date, months: int) -> date:
    year, month = divmod(day.year * 12 + day.month - 1 + months, 12)
    return date(year, month + 1, min(day.day, monthrange(year, month + 1)[1]))


def _due(today: date) -> ColumnElement[bool]:
    # What nobody reads needs no look until it is published again.
    return and_(Article.review_by <= today, Article.live_version > 0)


def how_many_due(tx: Tx, today: date) -> int:
    """How many published articles are due for a look; COUNTED stands for that many and more."""
    return (
        tx.scalar(select(func.count()).select_from(select(Article.id).where(_due(today)).limit(COUNTED).subquery()))
        or 0
    )


def due(
    tx: Tx, today: date, *, locale: str = "", topic: str = "", after: tuple[date, int] | None = None, limit: int = 50
) -> list[Article]:
    """Published articles that are due for a look, those that have waited longest first."""
    query = select(Article).where(_due(today))
    if locale:
        query = query.where(Article.locale == locale)
    if topic:
        query = query.where(Article.topic == topic)
    if after is not None:
        day, last = after
        query = query.where(or_(Article.review_by > day, and_(Article.review_by == day, Article.id > last)))
    return list(tx.scalars(query.order_by(Article.review_by, Article.id).limit(limit)))
