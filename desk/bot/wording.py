"""A message without what says nothing of its question: the greeting, the numbers of orders. Pure."""

from __future__ import annotations

import re

READ = 2000  # characters of one message that the bot reads: what it is about stands at the beginning
_GREETED = re.compile(
    r"^\s*(?:hi|hello|hey|dear|good (?:morning|afternoon|evening)|hallo|guten (?:tag|morgen|abend)|liebes?|servus|moin|"
    r"hola|buen[oa]s (?:d[ií]as|tardes|noches))\b[^.,!?\n]{0,30}[,!.\n]\s*",
    re.IGNORECASE,
)
_NUMBERS = re.compile(r"\b[A-Z]{1,4}-?\d{3,}\b|\b\d{4,}\b")


def ungreeted(text: str) -> str:
    """A message in one line, without its greeting."""
    return " ".join(_GREETED.sub("", text, count=1).split())


def cleaned(text: str) -> str:
    """The same without its numbers of orders: neither says what it is about."""
    return " ".join(_NUMBERS.sub(" ", ungreeted(text)).split())
