"""What the bot has learned from the articles of a language, fitted once for each state of them and kept in memory.

Fitting reads and computes outside of any transaction; what came out (threshold, curve) is kept in a row, so that pages
of another process show it. Each process fits for itself when it first needs to.
"""

from __future__ import annotations

import logging
import threading
import time
from collections import OrderedDict
from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from functools import lru_cache
from typing import Any

from sqlalchemy import select

from desk import knowledge, settings
from desk.bot import marks
from desk.bot.marks import Known
from desk.bot.phrases import folded
from desk.bot.tables import BotFit
from desk.bot.wording import cleaned
from desk.knowledge import Published
from desk.nlp import Models
from desk.nlp.matching import Item, Matcher
from desk.nlp.thresholds import Judged, Point, Threshold, curve, threshold
from desk.parts import Desk
from desk.store import Tx

log = logging.getLogger(__name__)

KEPT = 12  # matchers of one process: a desk has a few languages
CHOICES_ARE_RIGHT = 1 / 3  # where one guess in three is right, three guesses are worth asking about
STATE = 40  # characters of what names the state of the articles that a fit keeps
LEAST = 0.12  # a confidence below which nothing is near, however few examples there are


@dataclass(frozen=True, slots=True)
class Shelf:
    """The fitted articles of one language."""

    locale: str
    state: str
    matcher: Matcher
    articles: dict[int, Published]
    threshold: Threshold
    floor: float
    precision: float
    curve: tuple[Point, ...]
    marked: int  # questions that colleagues marked, where the threshold rests on them; else 0
    step: int = 0  # of marked questions, as marks.step_of names it


class Shelves:
    """The shelves of one process, by what their articles say; fits one at a time."""

    def __init__(self) -> None:
        self._kept: OrderedDict[tuple[Any, ...], Shelf] = OrderedDict()
        self._lock = threading.Lock()
        self._fitting = threading.Lock()

    def get(self, desk: Desk, locale: str) -> Shelf | None:
        """The shelf of a language as its articles are now; None where nobody wrote any. May take seconds."""
        found, key = self._look(desk, locale)
        if found is not None:
            return found
        with self._fitting:  # whoever waited finds it made
            found, key = self._look(desk, locale)
            return found if found is not None else self._make(desk, locale, key)

    def _look(self, desk: Desk, locale: str) -> tuple[Shelf | None, tuple[Any, ...]]:
        with desk.store.reading() as tx:
            step = marks.step_of(marks.counts(tx).get(locale, 0))
            key = (desk.models, locale, state(tx, locale), settings.get(tx, "bot.precision"), step)
        with self._lock:
            found = self._kept.get(key)
            if found is not None:
                self._kept.move_to_end(key)
        return found, key

    def _make(self, desk: Desk, locale: str, key: tuple[Any, ...]) -> Shelf | None:
        with desk.store.reading() as tx:
            found = knowledge.published(tx, locale)
            now = state(tx, locale)
            precision = settings.get(tx, "bot.precision") / 100
            known = marked(tx, locale)
        if not found:
            return None
        began = time.perf_counter()
        matcher = Matcher.fit(items(found), desk.models, self.before(desk.models, locale))
        shelf = replace(measured(locale, now, matcher, found, precision, known), step=key[4])
        seconds = time.perf_counter() - began
        log.info("learned %s articles in %s in %.1f s", len(found), locale, seconds)
        with self._lock:
            self._kept[(desk.models, locale, now, key[3], key[4])] = shelf
            while len(self._kept) > KEPT:
                self._kept.popitem(last=False)
        keep(desk, shelf, seconds)
        return shelf

    def before(self, models: Models, locale: str) -> Matcher | None:
        """The last matcher of the language: what it embedded already need not be embedded again."""
        with self._lock:
            for key, shelf in reversed(self._kept.items()):
                if key[0] is models and key[1] == locale:
                    return shelf.matcher
        return None


SHELVES = Shelves()


def marked(tx: Tx, locale: str) -> list[Known]:
    """The questions that colleagues marked in this language, where there are enough of them to go by."""
    if marks.counts(tx).get(locale, 0) < marks.ENOUGH:
        return []
    return marks.known(tx, marks.marked_set(tx).id, locale)


def measured(
    locale: str, now: str, matcher: Matcher, found: Sequence[Published], precision: float, known: Sequence[Known]
) -> Shelf:
    """A shelf with its threshold: by marked questions where there are enough, else by the articles' own examples.

    A question that became an example meanwhile is found by itself, which tells nothing: it is not counted.
    """
    own = {folded(cleaned(text)) for p in found for text in (p.title, *p.examples)}
    people = marks.judged(matcher, [q for q in known if folded(q.text) not in own])
    judged, by = (people, len(people)) if len(people) >= marks.ENOUGH else (matcher.left_out(), 0)
    at = threshold(judged, precision) if by else matcher.threshold(precision)
    floor = min(floor_of(judged), at.value)
    points = curve(judged) if by else matcher.curve()
    return Shelf(locale, now, matcher, {p.id: p for p in found}, at, floor, precision, points, by)


def items(found: Sequence[Published]) -> list[Item]:
    """Articles as the matcher takes them."""
    return [Item(p.id, p.title, knowledge.plain(p.body), p.examples) for p in found]


def state(tx: Tx, locale: str) -> str:
    """Names which versions of which articles readers of a language get, without reading them."""
    return knowledge.state(tx, locale)


def learned_from(now: str, step: int) -> str:
    """What a fit rests on: the state of the articles, and how far marking has come where that sets the threshold."""
    return f"{now[:STATE]}:{step}" if step else now[:STATE]


def floor_of(judged: Sequence[Judged]) -> float:
    """The confidence down to which the best guess is right in one case of three, by leaving examples out.

    Below it the choices of "did you mean" would be wrong more often than asking is worth.
    """
    gain = best = 0.0
    at = 1.0
    for each in sorted(judged, key=lambda j: -j.confidence):
        gain += each.weight * ((1 - CHOICES_ARE_RIGHT) if each.right else -CHOICES_ARE_RIGHT)
        if gain >= best and each.right:
            best, at = gain, each.confidence
    return max(LEAST, at)


def keep(desk: Desk, shelf: Shelf, seconds: float) -> None:
    """Writes down what was learned, in a transaction of its own."""
    digest = shelf.matcher.digest
    points = [asdict(point) for point in shelf.curve]
    with desk.store.transaction() as tx:
        row = tx.get(BotFit, shelf.locale, with_for_update=True)
        if row is None:
            row = BotFit(locale=shelf.locale)
            tx.add(row)
        row.digest = f"{learned_from(shelf.state, shelf.step)}:{digest}"[:64]
        row.model = desk.models.status.name if desk.models.status.ready else "-"
        row.precision = shelf.precision
        row.articles = len(shelf.articles)
        row.examples = sum(len(p.examples) for p in shelf.articles.values())
        row.threshold = asdict(shelf.threshold)
        row.floor = shelf.floor
        row.curve = points
        row.marked = shelf.marked
        row.seconds = round(seconds, 2)
        row.fitted_at = tx.now()
        row.error = ""


def fits(tx: Tx) -> list[BotFit]:
    """What was learned, by language."""
    return list(tx.scalars(select(BotFit).order_by(BotFit.locale)))


@lru_cache(maxsize=4096)
def units(body: str) -> tuple[tuple[str, str], ...]:
    """The pieces of an article that can stand as an answer: (heading, text). What announces the next piece joins it."""
    out: list[tuple[str, str]] = []
    lead = ""
    for block in knowledge.blocks(body):
        text = f"{lead}\n{block.text}" if lead else block.text
        lead = ""
        if block.leads:
            lead = text
            continue
        out.append((block.heading, text))
    if lead:
        out.append(("", lead))
    return tuple(out)
