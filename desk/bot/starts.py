"""Which flow a question begins: by its button's words, or by being like its examples more than like anything else."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from desk import flows, settings
from desk.bot.shelf import Shelf, items
from desk.flows import Live
from desk.nlp.matching import Item, Matcher
from desk.nlp.thresholds import Threshold
from desk.parts import Desk

KEPT = 12
PREFIX = "flow:"


@dataclass(frozen=True, slots=True)
class Started:
    """A flow that begins. `confidence` is None where its button was pressed."""

    live: Live
    confidence: float | None = None
    threshold: float | None = None


class Starts:
    """Matchers of one process over the examples of flows, together with the articles of the language: what is nearer to
    an article is the article's, and what is near to nothing begins nothing."""

    def __init__(self) -> None:
        self._kept: OrderedDict[tuple[Any, ...], tuple[Matcher, Threshold]] = OrderedDict()
        self._lock = threading.Lock()

    def find(self, desk: Desk, locale: str, text: str, live: Sequence[Live], shelf: Shelf | None) -> Started | None:
        """The flow that a question begins, or None. May take seconds where something was just published."""
        with_examples = [one for one in live if one.flow.examples_in(locale)]
        if not with_examples or not text.strip():
            return None
        matcher, threshold = self._fitted(desk, locale, with_examples, shelf)
        best = next(iter(matcher.score([text])[0].candidates), None)
        if best is None or not str(best.id).startswith(PREFIX) or best.confidence < threshold.value:
            return None
        number = int(str(best.id).removeprefix(PREFIX))
        found = next(one for one in with_examples if one.flow_id == number)
        return Started(found, best.confidence, threshold.value)

    def _fitted(self, desk: Desk, locale: str, live: list[Live], shelf: Shelf | None) -> tuple[Matcher, Threshold]:
        state = shelf.state if shelf is not None else ""
        with desk.store.reading() as tx:
            precision = settings.get(tx, "bot.precision") / 100
        key = (desk.models, locale, tuple((one.flow_id, one.version_id) for one in live), state, precision)
        with self._lock:
            if key in self._kept:
                self._kept.move_to_end(key)
                return self._kept[key]
            ours = [Item(f"{PREFIX}{o.flow_id}", o.flow.name, "", o.flow.examples_in(locale)) for o in live]
            theirs = items(list(shelf.articles.values())) if shelf is not None else []
            matcher = Matcher.fit([*ours, *theirs], desk.models, shelf.matcher if shelf is not None else None)
            self._kept[key] = matcher, matcher.threshold(precision)
            while len(self._kept) > KEPT:
                self._kept.popitem(last=False)
            return self._kept[key]


STARTS = Starts()


def pressed(text: str, live: Sequence[Live]) -> Live | None:
    """The flow whose button says just this, in any language."""
    said = flows.folded(text)
    for one in live:
        button = one.flow.button
        if button is not None and said in {flows.folded(words) for _, words in button.texts}:
            return one
    return None
