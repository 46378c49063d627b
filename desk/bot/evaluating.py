"""How well the bot answers questions with known answers: figures of `flask bot evaluate`, and the job of the lab."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from desk.bot import marks, sets
from desk.bot.shelf import SHELVES
from desk.bot.tables import BotSet
from desk.jobs import Leased, enqueue, finish, is_open
from desk.nlp.matching import Question, Ranked
from desk.nlp.ranking import auroc
from desk.parts import Desk
from desk.store import Tx


@dataclass(frozen=True, slots=True)
class Evaluated:
    """Questions with what the articles make of them, and from where the bot answers each."""

    questions: list[Question]
    found: list[Ranked]
    thresholds: list[float]
    by_locale: dict[str, float]
    seconds: float

    def report(self) -> dict[str, Any]:
        """The figures. The threshold is one number, or one a language."""
        out = report(self.questions, self.found, self.thresholds)
        values = list(self.by_locale.values())
        out |= {
            "threshold": values[0] if len(values) == 1 else self.by_locale,
            "ms_per_question": self.seconds * 1000 / max(1, len(self.questions)),
        }
        return {name: round(v, 4) if isinstance(v, float) else v for name, v in out.items()}


def report(questions: Sequence[Question], found: Sequence[Ranked], thresholds: Sequence[float]) -> dict[str, Any]:
    """Counts and shares; None where there is nothing to share."""
    best = [ranked.candidates[0] if ranked.candidates else None for ranked in found]
    right = [b is not None and b.id == q.article for q, b in zip(questions, best, strict=True)]
    sure = [b.confidence if b is not None else 0.0 for b in best]
    answered = [b is not None and b.confidence >= at for b, at in zip(best, thresholds, strict=True)]
    answerable = [q.article is not None for q in questions]
    unanswerable = len(questions) - sum(answerable)
    good = sum(r and a for r, a in zip(right, answered, strict=True))
    silent = sum(not able and not a for able, a in zip(answerable, answered, strict=True))
    return {
        "n": len(questions),
        "accuracy": _share(sum(right), sum(answerable)),
        "answered": sum(answered),
        "precision": _share(good, sum(answered)),
        "coverage": _share(good, sum(answerable)),
        "refused": _share(silent, unanswerable),
        "auroc": float(auroc(answerable, sure)) if 0 < unanswerable < len(questions) else None,
    }


def _share(part: int, whole: int) -> float | None:
    return part / whole if whole else None


def evaluate(desk: Desk, set_id: int) -> Evaluated:
    """Puts the questions of a set to the articles that are published. One of which only a wrong answer is known is left
    out. Takes as long as the models need."""
    with desk.store.reading() as tx:
        known = [each for each in marks.known(tx, set_id) if each.verdict != "not"]
    shelves = {locale: SHELVES.get(desk, locale) for locale in sorted({each.locale for each in known})}
    at = {locale: shelf.threshold.value if shelf else 1.01 for locale, shelf in shelves.items()}
    begun = time.perf_counter()
    found = []
    for each in known:  # one at a time, as messages come: that is what a customer waits for
        shelf = shelves[each.locale]
        found.append(shelf.matcher.score([each.text], limit=3)[0] if shelf else Ranked((), None))
    return Evaluated(
        [Question(each.text, each.article_id) for each in known],
        found,
        [at[each.locale] for each in known],
        at,
        time.perf_counter() - begun,
    )


def ask(tx: Tx, set_id: int) -> None:
    """Asks for an evaluation of a set."""
    enqueue(tx, "bot.evaluate", {"set_id": set_id}, key=f"evaluate:{set_id}", priority=7, max_attempts=2)


def under_way(tx: Tx, set_id: int) -> bool:
    """Whether one is asked for, or runs."""
    return is_open(tx, f"evaluate:{set_id}")


def work(desk: Desk, job: Leased) -> None:
    """The job `bot.evaluate`."""
    with desk.store.reading() as tx:
        there = sets.one(tx, job.args["set_id"]) is not None
    made = evaluate(desk, job.args["set_id"]).report() if there else None
    with desk.store.transaction() as tx:
        row = tx.get(BotSet, job.args["set_id"])
        if row is not None and made is not None:
            row.report, row.reported_at = made, tx.now()
        finish(tx, job)
