"""Questions with known answers: what colleagues mark in the lab, and sets that are kept to measure with.

What is marked in the lab sets the threshold once there is enough of it. A set with a name never does: it is held back,
so that what is measured on it flatters nobody.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Literal, get_args

from sqlalchemy import delete, func, select

from desk import knowledge, timeline
from desk.bot.tables import BotQuestion, BotSet
from desk.bot.wording import READ, cleaned
from desk.jobs import enqueue
from desk.nlp.matching import Matcher
from desk.nlp.thresholds import Judged
from desk.store import Tx

MARKED = "marked"  # the name of the set that the lab's marks go into
ENOUGH = 200  # marked questions of a language from which they set the threshold (docs/models.md)
STEP = 25  # marks after which it is set anew: not after each, for that costs seconds
MOST = 5000  # questions of one set

Verdict = Literal["article", "none", "not"]
Source = Literal["turn", "replay", "typed", "file"]


class BadMark(ValueError):
    """What was asked for does not fit; `reason` is a word: article, words, name, taken, many, empty."""

    def __init__(self, reason: str, line: int = 0) -> None:
        super().__init__(reason)
        self.reason, self.line = reason, line


@dataclass(frozen=True, slots=True)
class Known:
    """A question with its words, and what is known of its answer."""

    text: str
    locale: str
    verdict: Verdict
    article_id: int | None

    def right(self, article_id: int | None) -> bool | None:
        """Whether this article answers it; None where nobody said so."""
        if self.verdict == "not":
            return False if article_id == self.article_id else None
        return self.verdict == "article" and article_id == self.article_id


def marked_set(tx: Tx) -> BotSet:
    """The set of the lab's marks, made when it is first needed."""
    row = tx.scalar(select(BotSet).where(BotSet.name == MARKED))
    if row is None:
        row = BotSet(name=MARKED, made_at=tx.now(), made_by=None)
        tx.add(row)
        tx.flush()
    return row


def mark(
    tx: Tx, entry_id: int, locale: str, verdict: str, article_id: int | None, staff_id: int, source: Source
) -> BotQuestion | None:
    """Says what answers the question in a line. Said twice, the last one counts; the same twice takes it back, and
    gives None. Raises BadMark."""
    if verdict not in get_args(Verdict) or (verdict == "none") != (article_id is None):
        raise BadMark("article")
    if article_id is not None and not knowledge.some(tx, [article_id]):
        raise BadMark("article")
    if not timeline.texts(tx, [entry_id]).get(entry_id, "").strip():
        raise BadMark("words")
    home = tx.get(BotSet, marked_set(tx).id, with_for_update=True)  # two who press at once come one after the other
    assert home is not None
    mine = BotQuestion.set_id == home.id, BotQuestion.entry_id == entry_id
    row = tx.scalar(select(BotQuestion).where(*mine).with_for_update())
    if row is not None and (row.verdict, row.article_id) == (verdict, article_id):
        tx.delete(row)
        tx.flush()
        return None
    if row is None:
        row = BotQuestion(set_id=home.id, entry_id=entry_id, text="", locale=locale[:16])
        tx.add(row)
    row.verdict, row.article_id, row.source = verdict, article_id, source
    row.marked_at, row.marked_by = tx.now(), staff_id
    tx.flush()
    n = counts(tx).get(row.locale, 0)
    if n >= ENOUGH and n % STEP == 0:
        enqueue(tx, "bot.learn", {"locale": row.locale}, key=f"learn:{row.locale}", priority=6, max_attempts=3)
    return row


def marks_of(tx: Tx, entry_ids: Collection[int]) -> dict[int, BotQuestion]:
    """What was marked of these lines."""
    home = select(BotSet.id).where(BotSet.name == MARKED).scalar_subquery()
    out: dict[int, BotQuestion] = {}
    ids = sorted(set(entry_ids))
    for start in range(0, len(ids), 500):
        some = BotQuestion.set_id == home, BotQuestion.entry_id.in_(ids[start : start + 500])
        out.update((row.entry_id, row) for row in tx.scalars(select(BotQuestion).where(*some)) if row.entry_id)
    return out


def counts(tx: Tx) -> dict[str, int]:
    """How many questions are marked, by language."""
    query = select(BotQuestion.locale, func.count()).join(BotSet, BotSet.id == BotQuestion.set_id)
    rows = tx.execute(query.where(BotSet.name == MARKED).group_by(BotQuestion.locale))
    return {row[0]: row[1] for row in rows}


def step_of(n: int) -> int:
    """Names what the threshold rests on, so that it is set anew at each step; 0 for the articles' own examples."""
    return n // STEP if n >= ENOUGH else 0


def forget(tx: Tx, entry_ids: Sequence[int]) -> None:
    """The words of these lines are gone: a question without words says nothing."""
    ids = sorted(set(entry_ids))
    for start in range(0, len(ids), 500):
        tx.execute(delete(BotQuestion).where(BotQuestion.entry_id.in_(ids[start : start + 500])))


def known(tx: Tx, set_id: int, locale: str = "") -> list[Known]:
    """The questions of a set with their words, without those whose article is gone."""
    query = select(BotQuestion).where(BotQuestion.set_id == set_id).order_by(BotQuestion.id)
    if locale:
        query = query.where(BotQuestion.locale == locale)
    rows = [row for row in tx.scalars(query) if row.verdict == "none" or row.article_id is not None]
    words = timeline.texts(tx, [row.entry_id for row in rows if row.entry_id])
    out = []
    for row in rows:
        text = cleaned((words.get(row.entry_id, "") if row.entry_id else row.text)[:READ])
        if text:
            out.append(Known(text, row.locale, _verdict(row.verdict), row.article_id))
    return out


def _verdict(word: str) -> Verdict:
    return "none" if word == "none" else "not" if word == "not" else "article"


def judged(matcher: Matcher, questions: Sequence[Known]) -> list[Judged]:
    """What the matcher makes of questions that people really asked. One of which only a wrong answer is known counts
    where that would be the answer."""
    out = []
    for question, ranked in zip(questions, matcher.score([q.text for q in questions], limit=1), strict=True):
        best = ranked.candidates[0] if ranked.candidates else None
        right = question.right(int(best.id) if best else None)
        if right is not None:
            out.append(Judged(best.confidence if best else 0.0, right, question.verdict != "none"))
    return out
