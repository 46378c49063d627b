"""What somebody typed into the search: words, phrases, filters and numbers, read without ever failing. Pure."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta

from desk.search import words

LONGEST = 300
MOST_TERMS = 16
SHORTEST_PREFIX = 3  # the full-text index keeps beginnings of this length
CHANNELS = ("email", "sms", "chat")
STATES = ("open", "pending", "snoozed", "resolved", "spam", "unassigned", "assigned", "mine", "unread")
LEVELS = ("calm", "strained", "frustrated")
RISKS = ("leaving", "legal", "safety", "public", "self_harm", "any")
HAS = ("attachment", "note")
PRIORITIES = ("high", "normal", "low")
# What each filter takes; nothing where it takes any text.
FILTERS: dict[str, tuple[str, ...]] = {
    "channel": CHANNELS,
    "is": STATES,
    "status": ("open", "pending", "snoozed", "resolved", "spam"),
    "from": (),
    "assignee": ("me", "none"),
    "team": ("none",),
    "label": (),
    "inbox": (),
    "priority": PRIORITIES,
    "sentiment": LEVELS,
    "risk": RISKS,
    "segment": (),
    "stage": (),
    "before": ("today", "yesterday"),
    "after": ("today", "yesterday"),
    "on": ("today", "yesterday"),
    "has": HAS,
}
ALIASES = {"to": "assignee", "tag": "label", "mail": "email", "text": "sms", "closed": "resolved", "file": "attachment",
           "files": "attachment", "attachments": "attachment", "notes": "note", "customer": "from"}  # fmt: skip
ANY = ("from", "label", "stage", "assignee", "team", "status", "inbox", "segment")
DATES = ("before", "after", "on")

_PIECE = re.compile(
    r'(?P<minus>-?)(?:"(?P<phrase>[^"]*)"?|(?P<key>[^\W\d_]{1,20}):(?:"(?P<quoted>[^"]*)"?|(?P<value>[^\s"]*)))(?=\s|$)'
    r"|(?P<phone>\+?\(?[0-9][0-9 ().\-/]{4,24}[0-9])(?=\s|$)"
    r"|#(?P<number>[0-9]{1,18})(?=\s|$)"
    r"|(?P<word>\S+)"
)
_DAY = re.compile(r"([0-9]{4})(?:-([0-9]{1,2})(?:-([0-9]{1,2}))?)?")
_AGO = re.compile(r"([0-9]{1,4})([dwmy])")


@dataclass(frozen=True, slots=True)
class Atom:
    """Words that stand beside each other in this order; `prefix`: the last one may go on."""

    words: tuple[str, ...]
    prefix: bool = False


@dataclass(frozen=True, slots=True)
class Term:
    """One word or phrase as it was typed, and what must be found for it. `phone` holds its digits where it may be a
    telephone number."""

    text: str
    atoms: tuple[Atom, ...]
    negative: bool = False
    phone: str = ""


@dataclass(frozen=True, slots=True)
class Filter:
    name: str
    value: str
    negative: bool = False
    start: int = 0  # where it stands in what was typed
    end: int = 0


@dataclass(frozen=True, slots=True)
class Problem:
    """What cannot be searched for, by a name that the face has a sentence for: `filter`, `value`, `date`, `minus`,
    `turned`, `nobody`, `span`."""

    kind: str
    name: str = ""
    value: str = ""


@dataclass(slots=True)
class Asked:
    """A search, read. `after` is its first day and `before` the day behind its last one."""

    terms: list[Term] = field(default_factory=list)
    filters: list[Filter] = field(default_factory=list)
    numbers: list[int] = field(default_factory=list)
    after: date | None = None
    before: date | None = None
    problem: Problem | None = None

    @property
    def wanted(self) -> list[Term]:
        return [term for term in self.terms if not term.negative]

    @property
    def empty(self) -> bool:
        return not (self.terms or self.filters or self.numbers)


def read(text: str, today: date) -> Asked:
    """Reads a search; `today` is the reader's. Whatever the text is, this gives an answer."""
    text = text[:LONGEST]
    asked = Asked()
    typing = bool(text) and not text[-1].isspace() and text[-1] != '"'
    for found in _PIECE.finditer(text):
        last = typing and found.end() == len(text)
        minus = found["minus"] == "-"
        if found["key"] is not None and _filter(asked, found, minus, today):
            continue
        if found["number"] is not None:
            asked.numbers.append(int(found["number"]))
            continue
        if len(asked.terms) == MOST_TERMS:
            continue
        _term(asked, found, minus, last)
    if asked.problem is None:
        if asked.terms and not asked.wanted:
            asked.problem = Problem("minus")
        elif asked.after is not None and asked.before is not None and asked.after >= asked.before:
            asked.problem = Problem("span")
    return asked


def _term(asked: Asked, found: re.Match[str], minus: bool, last: bool) -> None:
    """A word, a phrase, or what looks like a telephone number."""
    if found["phrase"] is not None:
        _add(asked, found["phrase"], negative=minus, prefix=False)
        return
    if found["phone"] is not None:
        bare = words.digits(found["phone"])
        if bare.isascii() and len(bare) <= 18 and bare == found["phone"]:
            asked.numbers.append(int(bare))
        _add(asked, found["phone"], negative=False, prefix=last, phone=bare)
        return
    typed = found[0]
    minus = typed.startswith("-") and len(typed) > 1
    star = typed.endswith("*")
    bare = typed.lstrip("-").rstrip("*") if minus else typed.rstrip("*")
    if not minus and bare.isascii() and bare.isdigit() and len(bare) <= 18:
        asked.numbers.append(int(bare))
    _add(asked, bare, negative=minus, prefix=last or star)


def _add(asked: Asked, text: str, *, negative: bool, prefix: bool, phone: str = "") -> None:
    found = atoms(text, prefix=prefix)
    if found:
        asked.terms.append(Term(text, found, negative, phone))


def atoms(text: str, *, prefix: bool = False) -> tuple[Atom, ...]:
    """What a text that was typed as one must be found by: words that punctuation joins stand beside each other; a run
    without spaces is its pairs beside each other."""
    found: list[Atom] = []
    row: list[str] = []
    for run in words.runs(text)[:40]:
        if not words.unspaced(run):
            row.append(run[: words.LONGEST])
            continue
        if row:
            found.append(Atom(tuple(row)))
            row = []
        pairs = tuple(run[i : i + 2] for i in range(min(len(run), 40) - 1))
        found.append(Atom(pairs) if pairs else Atom((run,), prefix=True))
    if row:
        # Fewer letters begin too many words to be worth looking for.
        found.append(Atom(tuple(row), prefix=prefix and len(row[-1]) >= SHORTEST_PREFIX))
    return tuple(found)


def _filter(asked: Asked, found: re.Match[str], minus: bool, today: date) -> bool:
    """Whether the piece is a filter; one that nobody knows is a problem, and a link or a bare "Re:" is words."""
    typed, value = found["key"].casefold(), (found["quoted"] if found["quoted"] is not None else found["value"]).strip()
    name = ALIASES.get(typed, typed)
    if name not in FILTERS:
        if not words.runs(value) or value.startswith("//"):
            return False
        asked.problem = asked.problem or Problem("filter", typed, value)
        return True
    if not value:
        return True  # still being typed
    folded = value.casefold()
    if name in DATES:
        _date(asked, name, folded, minus, today)
    elif name not in ANY:
        known = ALIASES.get(folded, folded)
        if known not in FILTERS[name]:
            asked.problem = asked.problem or Problem("value", name, value)
            return True
        value = known
    asked.filters.append(Filter(name, value, minus, found.start(), found.end()))
    return True


def _date(asked: Asked, name: str, value: str, minus: bool, today: date) -> None:
    span = _span(value, today)
    if span is None or minus:
        asked.problem = asked.problem or Problem("turned" if minus else "date", name, value)
        return
    first, behind = span
    if name != "before":
        asked.after = max(asked.after or first, first)
    if name != "after":
        end = first if name == "before" else behind
        asked.before = min(asked.before or end, end)


def _span(value: str, today: date) -> tuple[date, date] | None:
    """The first day that is meant, and the day behind the last one: 2026, 2026-01, 2026-01-31, today, yesterday, 7d."""
    one = timedelta(days=1)
    named = {"today": today, "yesterday": today - one if today > date.min else today}.get(value)
    try:
        if named is not None:
            return named, named + one
        ago = _AGO.fullmatch(value)
        if ago is not None:
            day = today - int(ago[1]) * {"d": one, "w": 7 * one, "m": 30 * one, "y": 365 * one}[ago[2]]
            return day, day + one
        found = _DAY.fullmatch(value)
        if found is None:
            return None
        year, month, number = (int(part) if part else 0 for part in found.groups())
        if number:
            return date(year, month, number), date(year, month, number) + one
        if found[2]:
            return date(year, month, 1), date(year + month // 12, month % 12 + 1, 1)
        return date(year, 1, 1), date(year + 1, 1, 1)
    except (ValueError, OverflowError):
        return None


def without(text: str, gone: Filter) -> str:
    """What was typed, less one of its filters."""
    text = text[:LONGEST]
    return " ".join((text[: gone.start] + " " + text[gone.end :]).split())


def itself(atom: Atom) -> list[Atom]:
    return [atom]


def fts5(terms: Sequence[Term], marks: Sequence[str], wider: Callable[[Atom], list[Atom]] = itself) -> str:
    """The search as FTS5 reads it. `marks` must all be there; `wider` gives what counts as well as an atom."""

    def one(atom: Atom) -> str:
        return '"' + " ".join(atom.words) + '"' + ("*" if atom.prefix else "")

    def every(term: Term) -> str:
        return " AND ".join("(" + " OR ".join(map(one, wider(atom))) + ")" for atom in term.atoms)

    wanted = [f'"{mark}"' for mark in marks] + [every(term) for term in terms if not term.negative]
    left_out = [f"({every(term)})" for term in terms if term.negative]
    text = " AND ".join(wanted)
    return f"({text}) NOT ({' OR '.join(left_out)})" if left_out else text


def tsquery(terms: Sequence[Term], marks: Sequence[str], wider: Callable[[Atom], list[Atom]] = itself) -> str:
    """The same as PostgreSQL reads it."""

    def one(atom: Atom) -> str:
        row = [f"'{word}'" for word in atom.words]
        return "(" + " <-> ".join(row) + (":*" if atom.prefix else "") + ")"

    def every(term: Term) -> str:
        return " & ".join("(" + " | ".join(map(one, wider(atom))) + ")" for atom in term.atoms)

    wanted = [f"'{mark}'" for mark in marks] + [every(term) for term in terms if not term.negative]
    return " & ".join(wanted + [f"!({every(term)})" for term in terms if term.negative])
