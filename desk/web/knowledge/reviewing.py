"""What the pages show of when an article is looked at again."""

from __future__ import annotations

from datetime import date
from typing import Any
from zoneinfo import ZoneInfo

from flask import request
from flask_babel import get_locale

from desk import i18n, knowledge
from desk.knowledge import Article
from desk.store import Tx
from desk.web.base import signed_in_viewer


def today(tx: Tx) -> date:
    """The day it is where the reader is."""
    return tx.now().astimezone(ZoneInfo(signed_in_viewer().zone)).date()


def day(text: str) -> date | None:
    """A day as a field of the page sends it; None for what is none."""
    try:
        return date.fromisoformat(text) if len(text) == 10 else None
    except ValueError:
        return None


def told(one: date) -> str:
    """A day in words."""
    return i18n.day(one, "d MMM y", get_locale() or "en")


def due(tx: Tx, now: date, asked: dict[str, str], limit: int) -> list[Article]:
    """The articles that wait for a look, of the language and topic that were asked for, from the place in the address
    on."""
    text, _tilde, number = request.args.get("before", "").partition("~")
    since = day(text)
    after = (since, int(number)) if since and number.isascii() and number.isdigit() and len(number) < 19 else None
    return knowledge.due(tx, now, locale=asked["locale"], topic=asked["topic"], after=after, limit=limit)


def mark(row: Article) -> str:
    return f"{row.review_by}~{row.id}"


def shown(tx: Tx, row: Article, typed: dict[str, str] | None = None, problems: dict[str, str] | None = None) -> Any:
    """What templates/knowledge/review.html reads."""
    return {
        "today": today(tx),
        "told": told,
        "every": knowledge.EVERY,
        "review": typed or {"by": str(row.review_by or ""), "months": str(row.review_months or "")},
        "wrongs": problems or {},
    }
