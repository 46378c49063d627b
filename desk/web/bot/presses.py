"""What stands beside a question that can be marked."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from desk import bot, knowledge
from desk.bot import BotQuestion
from desk.store import Tx


@dataclass(frozen=True, slots=True)
class Control:
    """The presses beside a question. `shown` is the article that is judged right or wrong, (id, title); `choices` are
    the articles of the language."""

    entry_id: int
    locale: str
    source: str
    mark: BotQuestion | None
    shown: tuple[int, str] | None
    choices: tuple[tuple[int, str], ...]

    def is_marked(self, verdict: str, article_id: int | None = None) -> bool:
        return self.mark is not None and (self.mark.verdict, self.mark.article_id) == (verdict, article_id)

    @property
    def elsewhere(self) -> str:
        """The article that it belongs to, where that is not the one shown."""
        if self.mark is None or self.mark.verdict != "article" or self.mark.article_id is None:
            return ""
        if self.shown and self.shown[0] == self.mark.article_id:
            return ""
        return dict(self.choices).get(self.mark.article_id, "")


def choices(tx: Tx, locale: str) -> tuple[tuple[int, str], ...]:
    """What a question of a language can belong to: what is published, and what is drafted."""
    found = knowledge.titles(tx, locale)
    found |= {row.id: row.title for row in bot.replay.drafts(tx) if row.locale == locale}
    return tuple(sorted(found.items(), key=lambda pair: pair[1].casefold()))


def control(
    tx: Tx,
    entry_id: int,
    locale: str,
    source: str,
    shown: int | None,
    marks: Mapping[int, BotQuestion],
    offered: tuple[tuple[int, str], ...],
) -> Control:
    title = dict(offered).get(shown or 0)
    named = (shown, title) if shown is not None and title is not None else None
    return Control(entry_id, locale, source, marks.get(entry_id), named, offered)
