"""Cuts the text of a condition into words, numbers, quoted texts and signs, each with its place."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Literal

from desk.facts.errors import ConditionError

LONGEST = 2000
MOST_TOKENS = 600

TokenKind = Literal["word", "number", "text", "sign", "end"]

_QUOTES = {'"': '"', "“": "”", "„": "“”", "'": "'", "‘": "’"}  # what word processors make of a quote
_SIGNS = {"==": "=", "<>": "!=", "≤": "<=", "≥": ">=", "≠": "!=", "=<": "<=", "=>": ">="}
_SIGN = re.compile(r"<=|>=|=<|=>|<>|!=|==|[<>=≤≥≠(),#]")
_NUMBER = re.compile(r"-?\d+(?:\.\d+)?")
_WORD = re.compile(r"[^\W\d]\w*(?:\.\w+)*")
_SPACE = re.compile(r"\s+")


@dataclass(frozen=True, slots=True)
class Token:
    kind: TokenKind
    text: str  # a word in lower case, a sign in its one spelling, a quoted text without its quotes
    at: int
    raw: str


def cut(text: str) -> list[Token]:
    """The tokens of a condition and an `end`. Raises ConditionError for what cannot be a part of one."""
    if len(text) > LONGEST:
        raise ConditionError(
            f"This condition has {len(text):,} characters; {LONGEST:,} is the most. Make several rules of it.", LONGEST
        )
    tokens: list[Token] = []
    at = 0
    while at < len(text):
        if len(tokens) >= MOST_TOKENS:
            raise ConditionError("This condition is too long. Make several rules of it.", at)
        space = _SPACE.match(text, at)
        if space:
            at = space.end()
            continue
        token = _token(text, at)
        tokens.append(token)
        at += len(token.raw)
    tokens.append(Token("end", "", len(text), ""))
    return tokens


def _token(text: str, at: int) -> Token:
    if text[at] in _QUOTES:
        return _quoted(text, at)
    sign = _SIGN.match(text, at)
    if sign:
        return Token("sign", _SIGNS.get(sign.group(), sign.group()), at, sign.group())
    number = _NUMBER.match(text, at)
    if number:
        digits = number.group().lstrip("-").replace(".", "")
        if len(digits) > 15:
            raise ConditionError(f"The number {number.group()[:20]}… has more than 15 digits.", at)
        after = _WORD.match(text, number.end())
        if after:
            raise ConditionError(
                f"“{number.group()}{after.group()}” is neither a number nor a name. "
                f"Put a space between them, or put it in quotes.",
                at,
            )
        return Token("number", number.group(), at, number.group())
    word = _WORD.match(text, at)
    if word:
        return Token("word", word.group().lower(), at, word.group())
    hint = {"&": " Write “and”.", "|": " Write “or”.", "!": " Write “not”.", "%": " Write the number alone."}
    raise ConditionError(f"“{text[at]}” has no meaning here.{hint.get(text[at], '')}", at)


def _quoted(text: str, start: int) -> Token:
    closing = _QUOTES[text[start]]
    said: list[str] = []
    at = start + 1
    while at < len(text):
        char = text[at]
        if char == "\\" and at + 1 < len(text) and text[at + 1] in "\\\"'“”„‘’":
            said.append(text[at + 1])
            at += 2
        elif char in closing:
            return Token("text", "".join(said), start, text[start : at + 1])
        else:
            said.append(char)
            at += 1
    raise ConditionError("This quote is never closed.", start)
