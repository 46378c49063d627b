"""The words of a text as the index keeps them: folded, never stemmed, and in pairs where a script has no spaces. Pure.

Both databases get the same words from here, so that they find alike: SQLite's tokenizer and PostgreSQL's parser are
handed words that they have nothing to add to. Nothing is stemmed, because a desk writes many languages and a stem of
the wrong one hides what is there; the word that is being typed finds by how it begins.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable

LONGEST = 60  # characters of a word that count
MOST = 3000  # words of one text that are indexed; PostgreSQL counts places up to 16,383
LONGEST_TEXT = 60_000  # characters of a text that are looked at

# Scripts that write no spaces: Thai to Khmer, kana, Han. (Hangul has spaces, but its endings stick to the words.)
_UNSPACED = (
    "\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3005-\u3007\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uac00-\ud7af"
    "\uf900-\ufaff\U00020000-\U0003134f"
)
# The vowel signs of Indian scripts are no letters to `re`, and no ends of words either.
_SIGNS = "\u0900-\u0963\u0966-\u0dff"
_WORD = re.compile(rf"[{_UNSPACED}]+|(?:(?![{_UNSPACED}])[^\W_]|[{_SIGNS}])+")
_FIRST_UNSPACED = re.compile(rf"[{_UNSPACED}]")
_WHOLE = str.maketrans({"ø": "o", "ł": "l", "đ": "d", "ð": "d", "æ": "ae", "œ": "oe", "ı": "i", "þ": "th"})
_DIGITS = re.compile(r"\D+")
MARK = "="  # begins what is said of a text beside its words; no word of a text has it
TAIL = "~"  # begins a telephone number that is read from its end


def fold(text: str) -> str:
    """Case, accents and compatibility forms away, as people type when they look for something."""
    if text.isascii():
        return text.lower()
    decomposed = unicodedata.normalize("NFKD", unicodedata.normalize("NFKC", text).casefold())
    return "".join(c for c in decomposed if not unicodedata.combining(c)).translate(_WHOLE)


def runs(text: str) -> list[str]:
    """The folded words of a text in their order; a run of a script without spaces is one of them."""
    return _WORD.findall(fold(text))


def unspaced(run: str) -> bool:
    return _FIRST_UNSPACED.match(run) is not None


def tokens(text: str) -> list[str]:
    """What the index keeps of a text. A run without spaces gives each pair of neighbours, and its last letter alone, so
    that one letter finds it too, by how pairs begin."""
    found: list[str] = []
    if text.isascii():  # of most texts of most desks; each run is a word then
        return [run[:LONGEST] for run in runs(text[:LONGEST_TEXT])[:MOST]]
    for run in runs(text[:LONGEST_TEXT]):
        if unspaced(run):
            found += [run[i : i + 2] for i in range(len(run))]
        else:
            found.append(run[:LONGEST])
        if len(found) >= MOST:
            break
    return found[:MOST]


def mark(name: str) -> str:
    """What is said of a text beside its words (its channel, its kind), as the index keeps it."""
    return MARK + "".join(runs(name))


def digits(text: str) -> str:
    return _DIGITS.sub("", fold(text))


def phone_tokens(number: str) -> list[str]:
    """A number in E.164, to be found from its beginning, and from its end: people type it as it is dialled at home."""
    bare = digits(number)
    return [bare, TAIL + bare[::-1]] if bare else []


def tail(typed: str) -> str:
    """How the end of a number begins that somebody typed at home: without the zeros that only lead out of a town."""
    return TAIL + digits(typed).lstrip("0")[::-1]


def literal(words: Iterable[str]) -> str:
    """The words as PostgreSQL reads a tsvector. They hold neither quotes nor backslashes."""
    places: dict[str, list[int]] = {}
    for place, word in enumerate(words, 1):
        places.setdefault(word, []).append(place)
    return " ".join(f"'{word}':{','.join(map(str, found[:255]))}" for word, found in places.items())


def edits(a: str, b: str, most: int) -> int:
    """How many letters must be put in, taken out, changed or swapped with a neighbour to make `b` of `a` (optimal
    string alignment); `most` + 1 where it takes more."""
    if abs(len(a) - len(b)) > most:
        return most + 1
    before: list[int] = []
    row = list(range(len(b) + 1))
    for i, x in enumerate(a, 1):
        last, row, older = row, [i], before
        for j, y in enumerate(b, 1):
            cost = min(last[j] + 1, row[j - 1] + 1, last[j - 1] + (x != y))
            if i > 1 and j > 1 and x == b[j - 2] and a[i - 2] == y:
                cost = min(cost, older[j - 2] + 1)
            row.append(cost)
        before = last
        if min(row) > most:
            return most + 1
    return row[-1]


def spellings(word: str) -> set[str]:
    """A word and what is left of it without one letter: two words that are one slip apart share one of these."""
    return {word} | {word[:i] + word[i + 1 :] for i in range(len(word))}
