"""The help centre of the invented shop: articles in three languages, with the questions that the bot learns them by."""

from __future__ import annotations

from functools import lru_cache
from typing import Any

import yaml

from desk import knowledge
from desk.simulate.world import TEXTS
from desk.store import Tx


@lru_cache(maxsize=1)
def library() -> dict[str, list[dict[str, Any]]]:
    """The articles by language, as texts/articles.yaml lays them out."""
    found: dict[str, list[dict[str, Any]]] = yaml.safe_load((TEXTS / "articles.yaml").read_text("utf-8"))
    return found


def write(tx: Tx) -> int:
    """Publishes the articles on a desk that has none yet, and gives how many there were."""
    if sum(knowledge.counts(tx).values()):
        return 0
    families: dict[str, int | None] = {}
    done = 0
    for locale, rows in library().items():
        for row in rows:
            made = knowledge.create(
                tx,
                None,
                family_id=families.get(row["key"]),
                title=row["title"],
                body=row["body"],
                locale=locale,
                examples=row["examples"],
                topic=row["topic"],
            )
            families.setdefault(row["key"], made.family_id)
            knowledge.publish(tx, made.id, None)
            done += 1
    return done
