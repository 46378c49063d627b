"""Whether a short text answers a survey: a score first, then perhaps a remark. Pure; in doubt it is a message."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass

from desk.surveys.scales import COMMENT_LIMIT, SCALES

# A customer answers in the language that they think in, whatever the question was written in.
_WORDS = {
    "zero": 0, "null": 0, "cero": 0, "zéro": 0,
    "one": 1, "eins": 1, "uno": 1, "un": 1, "une": 1,
    "two": 2, "zwei": 2, "zwo": 2, "dos": 2, "deux": 2,
    "three": 3, "drei": 3, "tres": 3, "trois": 3,
    "four": 4, "vier": 4, "cuatro": 4, "quatre": 4,
    "five": 5, "fünf": 5, "fuenf": 5, "cinco": 5, "cinq": 5,
    "six": 6, "sechs": 6, "seis": 6,
    "seven": 7, "sieben": 7, "siete": 7, "sept": 7,
    "eight": 8, "acht": 8, "ocho": 8, "huit": 8,
    "nine": 9, "neun": 9, "nueve": 9, "neuf": 9,
    "ten": 10, "zehn": 10, "diez": 10, "dix": 10,
}  # fmt: skip

_HEAD = re.compile(
    rf"(?P<score>\d{{1,2}}|{'|'.join(_WORDS)})(?!\w)"
    rf"(?:\s*(?:[/／]|out\s+of|of|von|de|sur)\s*(?P<top>\d{{1,2}}|{'|'.join(_WORDS)})(?!\w))?"
    r"(?:\s*(?:\*|(?:stars?|stern|sterne|estrellas?|étoiles?|points?|punkte?|puntos?)(?!\w)))?",
    re.IGNORECASE,
)
# A remark begins behind one of these. A digit behind it makes it something else ("4, 5 or 6", "4:30", "3 - 4"), and a
# full stop or a dash needs its space ("4.30", "5-pack").
_MARK = re.compile(r"(?P<weak>\s*[,;!]+\s*|\s*\.+\s+|\s*(?=\())|(?P<strong>\s*[-–—]+\s+|\s*:\s*|[^\S\n]*\n\s*)")
# With nothing between the number and what follows ("5 thanks"), only thanks are plainly no message.
_THANKS = re.compile(
    r"(?:many\s+thanks|thanks?|thx|ty|cheers|danke|vielen\s+dank|gracias|muchas\s+gracias|merci)(?!\w)", re.I
)
_REQUEST = re.compile(r"[?¿？؟]|(?<!\w)(?:please|pls|plz|bitte|por\s+favor|svp|s'il\s+vous\s+pla[iî]t)(?!\w)", re.I)
_LIST = re.compile(r"\n\s*\(?\d{1,2}\s*[.):-]")
_KEYCAP = re.compile(r"(?<=\d)\ufe0f?\u20e3")
_OPENING = "¡([\"'“”„«‘*"
_NO_FACE = frozenset("°?¿？؟%‰&@#/\\\"'”’´`′″")  # "5°", "5'", "#5": measures, names and questions


@dataclass(frozen=True, slots=True)
class Read:
    """A score of the scale and the remark behind it, as it was written.

    `asks` tells that the remark wants something ("2 - still broken, when will you come?"): it is an answer, and a
    message that waits for one of ours.
    """

    score: int
    comment: str = ""
    asks: bool = False


def read(kind: str, text: str) -> Read | None:
    """The answer that a text gives to a question of this kind, or None where it is a message and nothing else.

    Taken are a number of the scale, in digits or as an English, German, Spanish or French word, with punctuation, faces
    or the scale's top around it ("5!", "(5)", "5/5", "5 of 5", "five stars"), and behind a mark or with thanks a remark
    ("4 - thanks", "4 thank you"). A list, a unit ("5 pots"), a time, a date, two numbers, one off the scale: messages.
    """
    if len(text) > COMMENT_LIMIT + 60:
        return None
    plain = _KEYCAP.sub("", _digits(unicodedata.normalize("NFC", text))).strip()
    bare = plain.lstrip(_OPENING + " \t\n")
    while bare and _emoji(bare[0]):
        bare = bare[1:].lstrip()
    opened = plain[: len(plain) - len(bare)]
    head = _HEAD.match(bare)
    if head is None:
        return None
    word = head["score"].casefold()
    score = int(word) if word.isdigit() else _WORDS[word]
    scale = SCALES[kind]
    if score not in scale or (word.isdigit() and str(score) != word):
        return None
    top = head["top"].casefold() if head["top"] is not None else None
    if top is not None and str(_WORDS.get(top, top)) != str(scale.highest):
        return None
    rest = bare[head.end() :]
    if opened:
        rest = rest.lstrip(")]\"'“”»’*") if rest[:1] in ")]\"'“”»’*" else rest
    if all(_face(c) for c in rest):
        return Read(score)
    return _with_remark(score, rest, spoken=head["top"] is not None)


def _with_remark(score: int, rest: str, *, spoken: bool) -> Read | None:
    mark = _MARK.match(rest)
    if mark is not None:
        remark = rest[mark.end() :].strip()
        strong = spoken or mark["strong"] is not None
    else:
        remark = rest.lstrip()
        while remark and _face(remark[0]):
            remark = remark[1:].lstrip()
        if remark == rest or not _THANKS.match(remark):
            return None
        remark, strong = rest.strip(" \t\n)]"), False
    if not remark or remark[0].isdigit() or _LIST.search(rest) or len(remark) > COMMENT_LIMIT:
        return None
    if not any(c.isalpha() for c in remark):
        return None
    asks = _REQUEST.search(remark) is not None
    if asks and (not strong or len(remark.split()) < 3):
        return None  # "2, please", "5?": how many, or which
    return Read(score, remark, asks)


def _digits(text: str) -> str:
    """Decimal digits of every script as 0 to 9, so that a keyboard's own count too."""
    return "".join(c if c.isascii() or not c.isdecimal() else str(unicodedata.decimal(c)) for c in text)


def _face(c: str) -> bool:
    """Whether a character says nothing beside a number: spaces, punctuation, emoji."""
    return _emoji(c) or (c not in _NO_FACE and unicodedata.category(c)[0] in "ZP") or unicodedata.category(c) == "Cc"


def _emoji(c: str) -> bool:
    """Whether a character is a picture or a part of one."""
    return c not in _NO_FACE and unicodedata.category(c) in ("So", "Sk", "Mn", "Me", "Cf")
