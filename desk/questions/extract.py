"""An article out of what colleagues answered: their own sentences, those that many of them agree on. Pure.

A sentence that speaks of one customer (a name, a number, an address, what was done for them) is left out or counts
less, because an article is for everybody.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np

from desk.nlp.encoding import Floats

LONGEST = 400  # characters of a sentence that is taken
SHORTEST = 4  # words
MOST = 8  # sentences of a draft
EXAMPLES = 6
SAME = 0.82  # the cosine from which two sentences say the same
AGREE = 3  # other answers whose nearest sentence says how much a sentence is agreed on
ABOUT = 0.35  # what likeness with the questions adds
PERSONAL = 0.25  # what a sentence of one case loses
LEAST = 0.25  # a worth below which nothing is taken
_BREAK = re.compile(r"(?<=[.!?…])[\"”)]?\s+(?=[\"“(]?[A-ZÄÖÜÁÉÍÓÚÑ0-9¿¡])|\n+")
_PRIVATE = re.compile(r"\S+@\S+|\b[A-Z]{1,4}-?\d{3,}\b|\d{4,}|\+?\d[\d ()/-]{7,}|#\d+")
_OPENING = re.compile(
    r"^(?:hi|hello|hey|dear|good (?:morning|afternoon|evening)|hallo|guten (?:tag|morgen|abend)|liebe[rs]?|"
    r"sehr geehrte|hola|buen[oa]s|estimad[oa])\b[^.!?]{0,40}$|^(?:thanks|thank you|danke|vielen dank|gracias)\b|"
    r"^(?:best|kind|warm|many)\b.{0,12}\b(?:regards|wishes)|^(?:cheers|sincerely|yours|viele grüße|mit freundlichen|"
    r"beste grüße|saludos|un saludo)|\b(?:sorry|apolog|entschuldig|tut (?:uns|mir) leid|disculp|lamentamos)",
    re.IGNORECASE,
)
_CLOSING = re.compile(
    r"\b(?:let (?:me|us) know|anything else|hope (?:this|that) helps|have a (?:nice|good|great|lovely)|reach out|"
    r"schönen (?:tag|abend)|melden sie sich|weitere fragen|buen día|cualquier (?:otra )?(?:duda|cosa))\b",
    re.IGNORECASE,
)
_CASE = re.compile(
    r"\b(?:I|I’ve|I've|I’ll|I'll|I’m|I'm|my colleague|your (?:order|parcel|refund|account|case) (?:was|is|has|will))\b"
    r"|\b(?:ich|habe ich|mein kollege|meine kollegin|ihre bestellung (?:ist|wurde|wird))\b"
    r"|\b(?:he|hemos) \w+(?:ado|ido)\b"
)


@dataclass(frozen=True, slots=True)
class Sentence:
    """A sentence of an answer: `answer` tells answers apart, `place` is where it stands in its own, in [0, 1]."""

    entry_id: int
    answer: int
    place: float
    text: str
    personal: bool


def sentences(answers: Sequence[tuple[int, str]], names: Sequence[Iterable[str]]) -> list[Sentence]:
    """What can be taken of answers (line, text); `names` are those that each of them must not speak of."""
    out: list[Sentence] = []
    for n, ((entry_id, text), own) in enumerate(zip(answers, names, strict=True)):
        found = [s for s in (" ".join(piece.strip(" -*>\t").split()) for piece in _BREAK.split(text)) if s]
        hidden = {part.casefold() for name in own for part in name.split() if len(part) > 2}
        for at, sentence in enumerate(found):
            words = sentence.split()
            if not SHORTEST <= len(words) or len(sentence) > LONGEST:
                continue
            if _PRIVATE.search(sentence) or _OPENING.search(sentence) or _CLOSING.search(sentence):
                continue
            if sentence.endswith("?") or hidden & {w.strip(".,:;!?'’\"").casefold() for w in words}:
                continue
            place = at / max(1, len(found) - 1)
            out.append(Sentence(entry_id, n, place, sentence, bool(_CASE.search(sentence))))
    return out


def choose(found: Sequence[Sentence], vectors: Floats, questions: Floats) -> list[int]:
    """The places of the sentences that make the draft, in reading order; each thing is said once.

    A sentence is worth what the nearest sentences of the other answers agree with it, and how near it is to what was
    asked: `questions` are vectors [q, d] of the group's questions.
    """
    if not len(found):
        return []
    likeness = vectors @ vectors.T
    of = np.array([s.answer for s in found])
    answers = np.unique(of)
    best = np.stack([likeness[:, of == n].max(axis=1) for n in answers], axis=1)  # the nearest sentence of each answer
    best[np.arange(len(found)), np.searchsorted(answers, of)] = -1.0
    near = np.sort(best, axis=1)[:, ::-1][:, : min(AGREE, max(1, len(answers) - 1))]
    agreed = near.mean(axis=1) if len(answers) > 1 else np.zeros(len(found))
    about = (vectors @ questions.mean(axis=0)) if len(questions) else np.zeros(len(found))
    worth = agreed + ABOUT * about - PERSONAL * np.array([s.personal for s in found])
    taken: list[int] = []
    for place in np.argsort(-worth, kind="stable"):
        if len(taken) == MOST or (len(answers) > 1 and worth[place] < LEAST):
            break
        if all(likeness[place, other] < SAME for other in taken):
            taken.append(int(place))
    return sorted(taken, key=lambda i: (found[i].place, found[i].answer))


def examples(texts: Sequence[tuple[int, str]], vectors: Floats) -> list[int]:
    """The places of a few questions that stand for all of them: the middle one first, then those farthest from what is
    taken already, leaving out what speaks of one case."""
    usable = [i for i, (_, text) in enumerate(texts) if not _PRIVATE.search(text) and 2 <= len(text.split()) <= 40]
    if not usable:
        return []
    middle = vectors[usable].sum(axis=0)
    taken = [max(usable, key=lambda i: float(vectors[i] @ middle))]
    while len(taken) < min(EXAMPLES, len(usable)):
        rest = [i for i in usable if i not in taken]
        nearest = (vectors[rest] @ vectors[taken].T).max(axis=1)
        # Far from those taken, but of the group: whoever is far from everything is the odd one out.
        value = (vectors[rest] @ middle) / len(usable) - nearest
        if float(nearest.min()) > SAME + 0.1:
            break
        taken.append(rest[int(value.argmax())])
    return taken
