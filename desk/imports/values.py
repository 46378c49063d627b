"""What a cell says: numbers, dates, yes and no as people of several countries write them; what can be read in two ways
is refused and never guessed."""

from __future__ import annotations

import math
import re
from collections.abc import Iterable
from datetime import UTC, date, datetime, time

YES = frozenset(
    ("yes", "y", "true", "1", "x", "on", "ja", "j", "wahr", "oui", "vrai", "si", "sí", "sim", "verdadero", "verdadeiro")
) | {"نعم"}
NO = frozenset(("no", "n", "false", "0", "off", "nein", "falsch", "non", "faux", "não", "nao", "falso")) | {"لا"}
_PLAIN = re.compile(r"[+-]?\d+(?:\.\d+)?(?:[eE][+-]?\d{1,3})?")
_PARTS = re.compile(r"([+-]?)(\d[\d.,'’\u00a0\u202f ]*)")
_ISO = re.compile(
    r"(\d{4})-(\d{1,2})-(\d{1,2})(?:[T ](\d{1,2}):(\d{2})(?::(\d{2})(?:[.,]\d+)?)?\s*(Z|[+-]\d{2}:?\d{2})?)?"
)
_DOTS = re.compile(r"(\d{1,2})\.\s?(\d{1,2})\.\s?(\d{4})")
_SLASHES = re.compile(r"(\d{1,2})[/-](\d{1,2})[/-](\d{4})")
_FRACTION = 3  # digits behind a sign that make it a mark of thousands as well as one of decimals


class Unfit(ValueError):
    """A cell that is not what its column should be; the sentence says what is wrong with it."""


def number(text: str) -> float:
    """Raises Unfit for what is no number, and for “1,234”, which is two."""
    plain = text.strip().replace("\u2212", "-")
    if not _PLAIN.fullmatch(plain):
        plain = _grouped(plain)
    value = float(plain)
    if not math.isfinite(value):
        raise Unfit(f"“{_cut(text)}” is too large a number.")
    return value


def _grouped(text: str) -> str:
    found = _PARTS.fullmatch(text)
    if found is None:
        raise Unfit(f"“{_cut(text)}” is no number.")
    sign, digits = found[1], re.sub(r"['’\u00a0\u202f ]", "", found[2])
    point, comma = digits.rfind("."), digits.rfind(",")
    if point >= 0 and comma >= 0:
        mark, group = (".", ",") if point > comma else (",", ".")
        whole, _, rest = digits.rpartition(mark)
        if mark in whole or group in rest or not _thousands(whole, group):
            raise Unfit(f"“{_cut(text)}” is no number.")
        return f"{sign}{whole.replace(group, '')}.{rest}" if rest else f"{sign}{whole.replace(group, '')}"
    mark = "." if point >= 0 else ","
    if digits.count(mark) > 1:
        if not _thousands(digits, mark):
            raise Unfit(f"“{_cut(text)}” is no number.")
        return sign + digits.replace(mark, "")
    whole, _, rest = digits.partition(mark)
    if mark == "," and len(rest) == _FRACTION and 0 < len(whole) <= _FRACTION and whole[0] != "0":
        raise Unfit(f"“{_cut(text)}” can be read in two ways: write {whole}{rest} or {whole}.{rest}.")
    return f"{sign}{whole or '0'}.{rest or '0'}"


def _thousands(whole: str, group: str) -> bool:
    return re.fullmatch(rf"\d{{1,3}}(?:{re.escape(group)}\d{{3}})*|\d+", whole) is not None


def flag(text: str) -> bool:
    """Raises Unfit for what is neither yes nor no."""
    word = text.strip().casefold()
    if word in YES:
        return True
    if word in NO:
        return False
    raise Unfit(f"“{_cut(text)}” is neither yes nor no.")


def moment(text: str) -> datetime:
    """A date, or a date and a time; without a zone it is UTC. Raises Unfit for what is none, and for “03/04/2026”,
    which is two."""
    plain = text.strip()
    try:
        if found := _ISO.fullmatch(plain):
            day = date(int(found[1]), int(found[2]), int(found[3]))
            if found[4] is None:
                return datetime.combine(day, time(), UTC)
            zone = (found[7] or "Z").replace("Z", "+00:00")
            return datetime.fromisoformat(f"{day}T{int(found[4]):02}:{found[5]}:{found[6] or '00'}{zone}").astimezone(
                UTC
            )
        if found := _DOTS.fullmatch(plain):
            return datetime(int(found[3]), int(found[2]), int(found[1]), tzinfo=UTC)
        if found := _SLASHES.fullmatch(plain):
            first, second = int(found[1]), int(found[2])
            if first <= 12 and second <= 12 and first != second:
                raise Unfit(f"“{_cut(text)}” can be read in two ways: write the year first, such as 2026-03-04.")
            day_, month = (second, first) if second > 12 else (first, second)
            return datetime(int(found[3]), month, day_, tzinfo=UTC)
    except (ValueError, OverflowError) as error:
        if isinstance(error, Unfit):
            raise
        raise Unfit(f"“{_cut(text)}” is no day of a calendar.") from error
    raise Unfit(f"“{_cut(text)}” is no date: write it as 2026-03-04.")


def choice(text: str, choices: Iterable[str]) -> str:
    """The choice that is meant, whatever its case. Raises Unfit."""
    folded, known = text.strip().casefold(), list(choices)
    for one in known:
        if one.casefold() == folded:
            return one
    raise Unfit(f"“{_cut(text)}” is none of {', '.join(known[:8])}{' …' if len(known) > 8 else ''}.")


def value(kind: str, text: str, choices: Iterable[str] = ()) -> float | str | bool | datetime:
    """The value of a cell of an attribute of this type. Raises Unfit."""
    if kind == "number":
        return number(text)
    if kind == "flag":
        return flag(text)
    if kind == "time":
        return moment(text)
    if kind == "choice":
        return choice(text, choices)
    text = " ".join(text.split())
    if len(text) > 2000:
        raise Unfit("This text has more than 2,000 characters.")
    return text


def guess(cells: Iterable[str]) -> str:
    """The type that fits every cell of a column that says something; words where none does."""
    said = [cell for cell in cells if cell.strip()]
    if not said:
        return "text"
    words = {cell.strip().casefold() for cell in said}
    if words <= {"0", "1"} and len(said) > 1 and len(words) == 2:
        return "flag"
    for kind in ("time", "number", "flag"):
        if kind == "number" and any(re.match(r"\+|0\d", cell.strip()) for cell in said):
            continue  # telephone and article numbers are words
        try:
            for cell in said:
                value(kind, cell)
        except Unfit:
            continue
        return kind
    return "text"


def _cut(text: str) -> str:
    text = " ".join(text.split())
    return text if len(text) <= 60 else f"{text[:59]}…"
