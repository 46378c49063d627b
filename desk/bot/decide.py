"""What the bot does with a message: answer, ask "did you mean", or hand over. Pure: no database, no model, no clock."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from desk.bot.phrases import Kind

Outcome = Literal["answer", "did_you_mean", "hand_over", "greeting", "flow"]
Why = Literal[
    "customer",
    "bot",
    "frustrated",
    "language",
    "not_helped",
    "agent",
    "unsent",
    "stuck",
    "policy",
    "unverified",
    "people",
]

CHOICES = 3
MOST_TURNS = 12  # of one episode: past that the bot talks in circles, or with another bot


@dataclass(frozen=True, slots=True)
class Candidate:
    """An article that may answer, with the confidence in [0, 1] that it is the right one."""

    article_id: int
    title: str
    confidence: float


@dataclass(frozen=True, slots=True)
class Case:
    """All that a decision rests on.

    `upset` tells that the customer is too frustrated for a machine.
    `threshold` is the confidence from which the bot answers, `floor` that from which it asks back. `tried` are the
    articles that this episode was given already, `refused` those of them that did not help. `offered` are the choices
    of the last turn, where that asked "did you mean". `answered` tells that the last turn gave an article and nobody
    said yet whether it helped.
    """

    kind: Kind
    candidates: tuple[Candidate, ...] = ()
    threshold: float = 1.0
    floor: float = 1.0
    upset: bool = False
    spoken: bool = True
    tried: frozenset[int] = frozenset()
    refused: frozenset[int] = frozenset()
    offered: tuple[Candidate, ...] = ()
    chosen: Candidate | None = None
    answered: bool = False
    turns: int = 0


@dataclass(frozen=True, slots=True)
class Decision:
    """The outcome, the reason in one word, and the articles it speaks of."""

    outcome: Outcome
    because: str
    article: Candidate | None = None
    choices: tuple[Candidate, ...] = ()

    @property
    def why(self) -> Why:
        """Why it handed over, as the timeline and the reports say it."""
        return _WHY.get(self.because, "bot")


_WHY: dict[str, Why] = {
    "asked": "customer",
    "frustrated": "frustrated",
    "language": "language",
    "not_helped": "not_helped",
    "tried": "not_helped",
    "stuck": "stuck",
    "policy": "policy",
    "unverified": "unverified",
}


def decide(case: Case) -> Decision:
    """From top to bottom: people before machines, then what was said, then how sure it is.

    A person is got for whoever asks for one or is frustrated, whatever an article would say. Small talk gets no
    article. An article that was given in this episode is not given again: it did not end the conversation.
    """
    if case.kind == "person":
        return Decision("hand_over", "asked")
    if case.upset:
        return Decision("hand_over", "frustrated")
    if case.turns >= MOST_TURNS:
        return Decision("hand_over", "many")
    if case.chosen is not None:
        return _answer(case, case.chosen, "chosen")
    if case.answered and case.kind == "yes":
        return Decision("greeting", "helped")
    if case.kind == "no" and (case.answered or case.offered):
        return Decision("hand_over", "not_helped")
    if case.kind in ("greeting", "thanks", "bye"):
        return Decision("greeting", case.kind)
    if case.kind in ("yes", "no"):
        # An answer to nothing that was asked: what they want is still to be said.
        return Decision("greeting", "greeting") if not case.turns else Decision("hand_over", "unsure")
    if case.kind == "nothing":
        return Decision("hand_over", "nothing")
    if not case.spoken:
        return Decision("hand_over", "language")
    return _by_confidence(case)


def _by_confidence(case: Case) -> Decision:
    if not case.candidates:
        return Decision("hand_over", "no_articles")
    best = case.candidates[0]
    if best.confidence >= case.threshold:
        return _answer(case, best, "sure")
    likely = tuple(
        c for c in case.candidates if c.confidence >= case.floor and c.article_id not in case.tried | case.refused
    )[:CHOICES]
    if likely and not case.offered:  # asked back twice in a row, nobody is wiser
        return Decision("did_you_mean", "between", choices=likely)
    return Decision("hand_over", "unsure", article=best)


def _answer(case: Case, article: Candidate, because: str) -> Decision:
    if article.article_id in case.tried | case.refused:
        return Decision("hand_over", "tried", article=article)
    return Decision("answer", because, article=article)
