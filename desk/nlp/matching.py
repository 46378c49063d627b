"""Which article answers a question, and how sure that is: retrieval and confidence of the bot, as pure functions."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from desk.nlp.encoding import Floats, clean
from desk.nlp.grams import Grams
from desk.nlp.machine import Machine, chunks, likeness
from desk.nlp.models import Models
from desk.nlp.thresholds import Judged, Point, Threshold, curve, threshold

VERSION = "1"  # part of the digest: raised when the same items would be matched in another way
Id = int | str

ASKED = 0.1  # noise of a title or an example: nearly taken at its word
SAID = 1.0  # noise of a piece of a body
UNANSWERABLE = 0.25  # share of questions that no article answers, where nobody has counted


@dataclass(frozen=True, slots=True)
class Item:
    """One article: what it is called, what it says, and questions that it answers."""

    id: Id
    title: str
    body: str = ""
    examples: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Question:
    """A question with its answer; `article` is None where none of the articles answers it."""

    text: str
    article: Id | None


class Candidate(NamedTuple):
    """An article and the confidence in [0, 1] that it answers the question."""

    id: Id
    confidence: float


class Nearest(NamedTuple):
    """The title or example that is closest to the question, whose it is, and the cosine between the two."""

    text: str
    cosine: float
    id: Id


@dataclass(frozen=True, slots=True)
class Ranked:
    """What the articles make of one question: candidates, best first; none where there is nothing to compare."""

    candidates: tuple[Candidate, ...]
    nearest: Nearest | None


def digest(items: Sequence[Item], models: Models) -> str:
    """What must be equal for a fitted matcher to be used again: the items, the model and the way of matching."""
    parts = [VERSION, models.key, [[item.id, item.title, item.body, list(item.examples)] for item in items]]
    return hashlib.sha256(json.dumps(parts, ensure_ascii=True).encode()).hexdigest()


class Matcher:
    """Fitted on a desk's articles; safe in several threads."""

    def __init__(self, items: Sequence[Item], models: Models, vectors: Mapping[str, Floats]) -> None:
        self.digest = digest(items, models)
        self._models = models
        self._ids = [item.id for item in items]
        rows = [
            (number, text, asked)
            for number, item in enumerate(items)
            for texts, asked in ((_asked(item), True), (chunks(clean_body(item.body)), False))
            for text in texts
        ]
        self._texts = [text for _, text, _ in rows]
        self._classes: NDArray[np.intp] = np.array([number for number, _, _ in rows], dtype=np.intp)
        self._is_asked = np.array([asked for _, _, asked in rows], dtype=bool)
        self._is_title = np.array([asked and text == items[n].title.strip() for n, text, asked in rows], dtype=bool)
        self._vectors = (
            np.stack([vectors[clean(text)] for text in self._texts]) if rows else np.zeros((0, 1), np.float32)
        )
        self._grams = Grams(self._texts)
        self._machine: Machine | None = None
        self._kernel: Floats = np.zeros((0, 0), dtype=np.float32)
        if rows:
            self._kernel = likeness(self._vectors @ self._vectors.T, self._grams.scores(self._texts))
            noise = np.where(self._is_asked, ASKED, SAID).astype(np.float32)
            self._machine = Machine(self._kernel, self._classes, len(items), noise)

    @classmethod
    def fit(cls, items: Sequence[Item], models: Models, before: Matcher | None = None) -> Matcher:
        """A matcher for the items. `before` is one for earlier items: only texts that it does not know are embedded."""
        known = before.vectors if before is not None and before._models.key == models.key else {}
        wanted = dict.fromkeys(
            clean(text) for item in items for text in (*_asked(item), *chunks(clean_body(item.body)))
        )
        new = [text for text in wanted if text not in known]
        fresh = models.embed(new) if new else np.zeros((0, 1), np.float32)
        return cls(items, models, {**known, **dict(zip(new, fresh, strict=True))})

    @property
    def vectors(self) -> dict[str, Floats]:
        """The vector of each text that was embedded."""
        return {clean(text): vector for text, vector in zip(self._texts, self._vectors, strict=True)}

    def score(self, texts: Sequence[str], limit: int = 10) -> list[Ranked]:
        """The best `limit` articles for each text."""
        machine = self._machine
        if machine is None or not texts:
            return [Ranked((), None) for _ in texts]
        cosines = self._models.embed(texts) @ self._vectors.T
        scores = machine.score(likeness(cosines, self._grams.scores(texts)))
        return [self._ranked(row, near, limit) for row, near in zip(scores, cosines, strict=True)]

    def _ranked(self, scores: Floats, cosines: Floats, limit: int) -> Ranked:
        present = np.unique(self._classes)
        best = present[np.argsort(-scores[present], kind="stable")][:limit]
        candidates = tuple(Candidate(self._ids[int(n)], _confidence(float(scores[n]))) for n in best)
        asked = np.flatnonzero(self._is_asked)
        if not len(asked):
            return Ranked(candidates, None)
        place = int(asked[np.argmax(cosines[asked])])
        cosine = float(np.clip(cosines[place], -1.0, 1.0))
        return Ranked(candidates, Nearest(self._texts[place], cosine, self._ids[int(self._classes[place])]))

    def left_out(self, unanswerable: float = UNANSWERABLE) -> list[Judged]:
        """The desk's own examples as questions: each left out by itself, and with its whole article.

        The second kind are questions that nothing answers; they weigh as if `unanswerable` of all questions were so.
        """
        machine = self._machine
        if machine is None:
            return []
        judged: list[Judged] = []
        left = machine.left_out()
        asked = np.flatnonzero(self._is_asked & ~self._is_title)
        for row in asked:
            own = int(self._classes[row])
            scores = left.alone[row]
            best = int(np.argmax(scores))
            judged.append(Judged(_confidence(float(scores[best])), best == own, True, 1 - unanswerable))
            if len(self._ids) > 1:
                others = np.delete(left.whole[row], own)
                judged.append(Judged(_confidence(float(others.max())), False, False, unanswerable))
        return judged

    def threshold(self, precision: float, *, unanswerable: float = UNANSWERABLE) -> Threshold:
        """Where to fall silent so that `precision` of the answers are right, by leaving examples and articles out."""
        return threshold(self.left_out(unanswerable), precision)

    def curve(self, *, unanswerable: float = UNANSWERABLE, steps: int = 50) -> tuple[Point, ...]:
        """What every threshold would do, by the same leaving out."""
        return curve(self.left_out(unanswerable), steps)


def judge(matcher: Matcher, questions: Sequence[Question]) -> list[Judged]:
    """What the matcher makes of questions with known answers."""
    judged = []
    for question, ranked in zip(questions, matcher.score([each.text for each in questions], limit=1), strict=True):
        confidence = ranked.candidates[0].confidence if ranked.candidates else 0.0
        right = bool(ranked.candidates) and ranked.candidates[0].id == question.article
        judged.append(Judged(confidence, right, question.article is not None))
    return judged


def calibrate(matcher: Matcher, questions: Sequence[Question], precision: float = 0.95) -> Threshold:
    """The threshold by questions that people really asked, with the article that answers each, or None."""
    return threshold(judge(matcher, questions), precision)


def clean_body(body: str) -> str:
    """A body as it is compared: the first fifty thousand characters are more than anybody reads."""
    return body[:50_000]


def _asked(item: Item) -> list[str]:
    texts = [item.title.strip(), *(example.strip() for example in item.examples)]
    return list(dict.fromkeys(text for text in texts if text))


def _confidence(score: float) -> float:
    return float(1 / (1 + np.exp(-8 * (score - 0.5))))
