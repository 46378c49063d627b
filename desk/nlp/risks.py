"""What a message says that a person should look at, however calm it is: a threat to leave, lawyers, harm, the press.

Pure, and quick enough for the transaction that takes a message in: turns of phrase of six languages, no model. It finds
what is said plainly and knows nothing else; a person can take every flag off.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache

from desk.nlp.folding import folded
from desk.nlp.risk_phrases import (
    ELSE_BEFORE,
    KINDS,
    NOT_BEFORE,
    NOT_BEHIND,
    PHRASES,
    SELVES,
    THINKING,
)

# About these a person is told and nobody else: no rule, no segment and no list of customers knows them.
PEOPLE_ONLY = frozenset({"self_harm"})
READ = 5000  # characters of a message
SCARE = 2  # words in quotation marks that are still the writer's own: it “exploded”

__all__ = ["KINDS", "PEOPLE_ONLY", "Risk", "find"]


@dataclass(frozen=True, slots=True)
class Risk:
    """One kind of risk and the place in the text that says so."""

    kind: str
    start: int
    end: int


def _pattern(phrase: str) -> str:
    """A phrase as a pattern: ` *3* ` is up to three words, and a space any white space of one line or two."""
    phrase = re.sub(r" ?\*(\d)\* ?", r"(?: [\\w'-]+){0,\1} ", phrase)
    return phrase.replace(" ", r"[ \t\n]{1,3}")


_KINDS = tuple((kind, tuple(re.compile(rf"\b(?:{_pattern(phrase)})\b") for phrase in PHRASES[kind])) for kind in KINDS)
_CLAUSE = re.compile(r"[.,;:!?\n()]|\b(?:but|aber|sondern|mais|pero|mas|ma)\b")
_NEGATED = re.compile(rf"\b{NOT_BEFORE}\b")
_THINKS = re.compile(rf"\b{NOT_BEFORE}(?: \w+)? {THINKING}\b")
_SELF = re.compile(rf"\b{SELVES}\b")
_BEHIND = re.compile(NOT_BEHIND)
_ELSE = re.compile(rf"\b{ELSE_BEFORE}(?: \w+)?\s*\Z")
_QUOTED = re.compile(r"“([^”\n]{1,400})”|„([^“”\n]{1,400})[“”]|«([^»\n]{1,400})»|\"([^\"\n]{1,400})\"")
_CITED = re.compile(r"^[ \t]*>.*$", re.M)
NEAR = 60  # characters before a phrase in which it is turned round


def find(text: str) -> tuple[Risk, ...]:
    """The risks of a message, the gravest first, each kind once at the first place that says so."""
    return _find(text[:READ])


@lru_cache(maxsize=64)  # a message is looked at when it comes in and by rules that ask
def _find(text: str) -> tuple[Risk, ...]:
    plain = folded(text)
    cited = _cited(text)
    found = []
    for kind, patterns in _KINDS:
        places = [
            (match.start(), match.end())
            for pattern in patterns
            for match in pattern.finditer(plain)
            if not any(start <= match.start() < end for start, end in cited) and _meant(kind, plain, match)
        ]
        if places:
            found.append(Risk(kind, *min(places)))
    return tuple(found)


def _cited(text: str) -> list[tuple[int, int]]:
    """Where somebody else is quoted."""
    lines = [match.span() for match in _CITED.finditer(text)]
    return lines + [
        match.span() for match in _QUOTED.finditer(text) if len(match.group(match.lastindex or 0).split()) > SCARE
    ]


def _meant(kind: str, plain: str, match: re.Match[str]) -> bool:
    """Whether the phrase is said, and not denied or told of somebody else. Of self-harm even a denial is for people."""
    if kind in PEOPLE_ONLY:
        return True
    before = _CLAUSE.split(plain[max(0, match.start() - NEAR) : match.start()])[-1]
    if kind in ("leaving", "legal") and _ELSE.search(before):
        return False
    if _BEHIND.match(plain, match.end()):
        return False
    denials = list(_NEGATED.finditer(before))
    if not denials:
        return True
    # "If you don't answer I will call my lawyer": what is denied there is another's doing.
    return bool(_SELF.search(before, denials[-1].end())) and not _THINKS.search(before)
