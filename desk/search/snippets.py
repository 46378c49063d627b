"""A piece of a text around what was searched for, with the places that were found in it. Pure."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from desk.search import words
from desk.search.language import Term

LENGTH = 190
_SPACE = re.compile(r"\s+")
_PIECE = re.compile(r"\w[\w\u0300-\u036f]*")


@dataclass(frozen=True, slots=True)
class Snippet:
    """Plain text, and where in it the words stand; whoever shows it escapes the pieces between the marks."""

    text: str
    marks: tuple[tuple[int, int], ...] = ()

    def pieces(self) -> Iterator[tuple[str, bool]]:
        """The text in pieces: (text, whether it was searched for)."""
        at = 0
        for start, end in self.marks:
            if start > at:
                yield self.text[at:start], False
            yield self.text[start:end], True
            at = end
        if at < len(self.text):
            yield self.text[at:], False


def places(text: str, terms: Sequence[Term]) -> list[tuple[int, int]]:
    """Where the words of a search stand in a text, in order and without overlaps."""
    whole: set[str] = set()
    begins: list[str] = []
    runs: list[str] = []
    for term in terms:
        for atom in term.atoms:
            if words.unspaced(atom.words[0]):
                runs.append("".join(word[0] for word in atom.words[:-1]) + atom.words[-1])
            else:
                whole.update(atom.words[:-1] if atom.prefix else atom.words)
                if atom.prefix:
                    begins.append(atom.words[-1])
    found: list[tuple[int, int]] = []
    for piece in _PIECE.finditer(text):
        folded = words.fold(piece[0])
        if runs and any(words.unspaced(c) for c in folded):
            found += _inside(piece[0], piece.start(), runs)
            continue
        for part in folded.split("_"):
            if part[: words.LONGEST] in whole or any(part.startswith(begin) for begin in begins):
                found.append((piece.start(), piece.end()))
                break
    return found


def _inside(piece: str, start: int, runs: Sequence[str]) -> list[tuple[int, int]]:
    """The places inside a run without spaces, letter by letter, because folding may change how many there are."""
    letters = [words.fold(c) for c in piece]
    hits: set[int] = set()
    for run in runs:
        for at in range(len(letters)):
            joined, end = "", at
            while end < len(letters) and len(joined) < len(run):
                joined += letters[end]
                end += 1
            if joined == run:
                hits.update(range(at, end))
    found: list[tuple[int, int]] = []
    for at in sorted(hits):
        if found and found[-1][1] == start + at:
            found[-1] = (found[-1][0], start + at + 1)
        else:
            found.append((start + at, start + at + 1))
    return found


def cut(text: str, terms: Sequence[Term], length: int = LENGTH) -> Snippet:
    """The piece of a text in which most of the words stand, on one line."""
    line = _SPACE.sub(" ", unicodedata.normalize("NFC", text[: words.LONGEST_TEXT])).strip()
    found = places(line, terms)
    start = 0
    if len(line) > length and found:
        best = max(range(len(found)), key=lambda i: (_different(line, found, i, length), -i))
        start = max(0, found[best][0] - 30)
        if start:
            start = line.find(" ", start, start + 25) + 1 or start
    end = min(len(line), start + length)
    if end < len(line):
        end = max(line.rfind(" ", start + length // 2, end), start + length // 2)
    before, after = ("… " if start else ""), (" …" if end < len(line) else "")
    shift = len(before) - start
    marks = tuple((a + shift, min(b, end) + shift) for a, b in found if a >= start and a < end)
    return Snippet(before + line[start:end] + after, marks)


def _different(line: str, found: list[tuple[int, int]], first: int, length: int) -> int:
    """How many different words stand within a piece that begins at a place."""
    top = found[first][0] + length - 40
    return len({words.fold(line[a:b]) for a, b in found[first : first + 40] if b <= top})
