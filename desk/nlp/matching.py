"""Which article answers a question, and how sure that is: retrieval and confidence of the bot, as pure functions."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from desk.nlp.encoding import Floats, clean
from desk.nlp.likeness import Asked, Bodies, Weights, pieces
from desk.nlp.machine import Places, fit, supports
from desk.nlp.minilm import give_back
from desk.nlp.models import Models
from desk.nlp.thresholds import Judged, Point, Threshold, curve, threshold

VERSION = "3"  # part of the digest: raised when the same items would be matched in another way
Id = int | str

UNANSWERABLE = 0.15  # share of questions that no article answers, where nobody has counted
LEAD = 0.4  # what the lead over the second article counts beside the score itself
SLOPE, MIDDLE = 7.0, 0.4  # a scale for people: about the share of right answers at that confidence
SAMPLE = 400  # texts that tell how well the model knows the desk's language


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
    """Fitted on a desk's articles; safe in several threads. `digest` says what it was fitted on."""

    def __init__(self, items: Sequence[Item], models: Models, vectors: Mapping[str, Floats]) -> None:
        self.digest = digest(items, models)
        self._models, self._reads = models, models.key
        self._ids = [item.id for item in items]
        asked = [(number, text) for number, item in enumerate(items) for text in _asked(item)]
        said = [(number, text) for number, item in enumerate(items) for text in pieces(item.body)]
        self._texts = [text for _, text in asked]
        self._classes: Places = np.array([number for number, _ in asked], dtype=np.intp)
        self._present = np.unique(np.array([number for number, _ in (*asked, *said)], dtype=np.intp))
        self._vectors = _rows(self._texts, vectors)
        weights = Weights.by_pieces(
            models.pieces([text for _, text in (*asked, *said)][:SAMPLE]) if asked or said else 1.0
        )
        self._bodies = Bodies(
            [text for _, text in said],
            _rows([text for _, text in said], vectors),
            np.array([number for number, _ in said], dtype=np.intp),
            len(items),
            weights,
        )
        chosen = supports(self._classes)
        self._asked = Asked([self._texts[int(row)] for row in chosen], self._vectors[chosen], weights)
        kernel = self._asked.likeness(self._texts, self._vectors @ self._asked.vectors.T)
        self._machine = fit(kernel, chosen, self._classes, len(items))
        self._judged = self._judge_left_out(items)

    @classmethod
    def fit(cls, items: Sequence[Item], models: Models, before: Matcher | None = None) -> Matcher:
        """A matcher for the items. `before` is one for earlier items: only texts that it does not know are embedded."""
        known = before.vectors if before is not None and before._reads == models.key else {}
        wanted = dict.fromkeys(clean(text) for item in items for text in (*_asked(item), *pieces(item.body)))
        new = [text for text in wanted if text not in known]
        matcher = cls(items, models, {**known, **dict(zip(new, models.embed(new), strict=True))} if new else known)
        give_back()
        return matcher

    @property
    def vectors(self) -> dict[str, Floats]:
        """The vector of each text that was embedded."""
        texts = (*self._texts, *self._bodies.texts)
        return {clean(text): row for text, row in zip(texts, (*self._vectors, *self._bodies.vectors), strict=True)}

    def score(self, texts: Sequence[str], limit: int = 10) -> list[Ranked]:
        """The best `limit` articles for each text; none for a text without a letter or a digit."""
        readable = [place for place, text in enumerate(texts) if any(c.isalnum() for c in text)]
        found = [Ranked((), None)] * len(texts)
        if not readable or not len(self._present):
            return found
        asked = [clean(texts[place]) for place in readable]
        vectors = self._models.embed(asked)
        cosines = vectors @ self._vectors.T
        likeness = self._asked.likeness(asked, cosines[:, self._machine.supports])
        scores = self._machine.score(likeness) + self._bodies.add(self._bodies.best(asked, vectors))
        for place, row, near in zip(readable, scores, cosines, strict=True):
            found[place] = self._ranked(row, near, limit)
        return found

    def _ranked(self, scores: Floats, cosines: Floats, limit: int) -> Ranked:
        best = self._present[np.argsort(-scores[self._present], kind="stable")]
        sure = _confidence(scores[best])
        candidates = tuple(Candidate(self._ids[int(n)], float(c)) for n, c in zip(best[:limit], sure, strict=False))
        if not len(cosines):
            return Ranked(candidates, None)
        place = int(np.argmax(cosines))
        cosine = float(np.clip(cosines[place], -1.0, 1.0))
        return Ranked(candidates, Nearest(self._texts[place], cosine, self._ids[int(self._classes[place])]))

    def _judge_left_out(self, items: Sequence[Item]) -> list[tuple[float, bool, float | None]]:
        """Of each example: how sure and whether right without it, and how sure without its whole article."""
        left = self._machine.left_out
        titles = {number: item.title.strip() for number, item in enumerate(items)}
        # An article without examples is asked for by its title, which then is not there to be found.
        rows = [
            place
            for place, row in enumerate(left.rows)
            if not items[self._classes[row]].examples or self._texts[row] != titles[int(self._classes[row])]
        ]
        if not rows:
            return []
        texts = [self._texts[int(left.rows[place])] for place in rows]
        vectors = self._vectors[left.rows[rows]]
        own = self._classes[left.rows[rows]]
        best = self._bodies.best(texts, vectors)
        alone = left.alone[rows] + self._bodies.add(best)
        whole = left.whole[rows] + self._bodies.add(best, without=own)
        judged: list[tuple[float, bool, float | None]] = []
        for number, with_body, without in zip(own, alone, whole, strict=True):
            place = np.argsort(-with_body[self._present], kind="stable")
            right = bool(self._present[place[0]] == number)
            others = np.sort(without[self._present[self._present != number]])[::-1]
            other = float(_confidence(others)[0]) if len(others) else None
            judged.append((float(_confidence(with_body[self._present[place]])[0]), right, other))
        return judged

    def left_out(self, unanswerable: float = UNANSWERABLE) -> list[Judged]:
        """The desk's own examples as questions: each left out by itself, and with its whole article.

        The second kind are questions that nothing answers; they weigh as if `unanswerable` of all questions were so.
        """
        alone = [Judged(sure, right, True, 1 - unanswerable) for sure, right, _ in self._judged]
        whole = [Judged(other, False, False, unanswerable) for _, _, other in self._judged if other is not None]
        return alone + whole

    def threshold(self, precision: float, *, unanswerable: float = UNANSWERABLE) -> Threshold:
        """Where to fall silent so that `precision` of the answers are right, by leaving examples and articles out.

        Not made stricter than that: a question that was left out has one example fewer than it will be found by.
        """
        return threshold(self.left_out(unanswerable), precision, stricter=0.0)

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


def _asked(item: Item) -> list[str]:
    """What is asked for by this article: its title is one more example, worth half a point to a point everywhere."""
    texts = [clean(item.title), *(clean(example) for example in item.examples)]
    return list(dict.fromkeys(text for text in texts if text))


def _rows(texts: Sequence[str], vectors: Mapping[str, Floats]) -> Floats:
    width = len(next(iter(vectors.values()))) if vectors else 1
    return np.array([vectors[clean(text)] for text in texts], dtype=np.float32).reshape(len(texts), width)


def _confidence(scores: Floats) -> Floats:
    """Of scores, best first: each with what it leads the best of the others by, on a logistic scale from 0 to 1."""
    rival = np.full_like(scores, scores[0]) if len(scores) else scores
    if len(scores) > 1:
        rival[0] = scores[1]
    values = 1 / (1 + np.exp(-SLOPE * (scores + LEAD * (scores - rival) - MIDDLE)))
    return values.astype(np.float32)
