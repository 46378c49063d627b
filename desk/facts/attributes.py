"""Attributes that a desk has declared: a name for people and a type, which what is recorded from then on must fit."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import func, select

from desk.facts.catalog import FactType, Kind
from desk.facts.errors import FactError
from desk.facts.tables import Attribute
from desk.facts.view import FactValue
from desk.store import Tx

FAMILY = "attribute."
KINDS = ("text", "number", "flag", "time", "choice")
LONGEST_KEY, LONGEST_LABEL, LONGEST_CHOICE = 60, 80, 80
MOST, MOST_CHOICES = 200, 100
_KEY = re.compile(r"[a-z]\w*(?:\.\w+)*", re.ASCII)
_SORTS: dict[str, Kind] = {"text": "text", "number": "number", "flag": "flag", "time": "time", "choice": "text"}
_WORDS = {"text": "words", "number": "a number", "flag": "yes or no", "time": "a date", "choice": "one of a list"}
_MEMO = "facts.attributes"


class AttributeProblem(ValueError):
    """An attribute that cannot be saved: the field (key, label, kind, choices), and a sentence."""

    def __init__(self, field: str, sentence: str) -> None:
        super().__init__(sentence)
        self.field = field


def key_of(label: str) -> str:
    """The key that goes with a name: “Plan (yearly)” is plan_yearly. Empty where no letter or digit is left of it."""
    plain = unicodedata.normalize("NFKD", label).encode("ascii", "ignore").decode().lower()
    key = re.sub(r"[^a-z0-9]+", "_", plain).strip("_")[:LONGEST_KEY].rstrip("_")
    return key if not key or key[0].isalpha() else f"a_{key}"[:LONGEST_KEY]


def declared(tx: Tx, *, retired: bool = False) -> list[Attribute]:
    """Every attribute that has a type, by its name; with the `retired` ones where asked."""
    query = select(Attribute).order_by(Attribute.label, Attribute.id)
    return list(tx.scalars(query if retired else query.where(Attribute.retired_at.is_(None))))


def described(tx: Tx, *, retired: bool = False) -> list[tuple[str, FactType]]:
    """The declared attributes as facts that a condition can ask of, under their whole names."""
    found = []
    for row in declared(tx, retired=retired):
        sort, said = _SORTS[row.kind], row.description or f"{row.label}: {_WORDS[row.kind]}"
        choices = tuple(str(choice) for choice in row.choices)
        found.append(
            (
                FAMILY + row.key,
                FactType(sort, row.label, said, "an import, an agent or the API", "", None, None, choices),
            )
        )
    return found


def declare_attribute(
    tx: Tx,
    *,
    key: str,
    label: str,
    kind: str,
    choices: Sequence[str] = (),
    description: str = "",
    shown: bool = True,
    staff_id: int | None = None,
) -> Attribute:
    """Declares an attribute, or changes the one of this key; a retired one is back with that. What was recorded stays
    as it is, so its type stays too. Raises AttributeProblem."""
    label = " ".join(label.split())
    if not label or len(label) > LONGEST_LABEL:
        raise AttributeProblem("label", f"An attribute needs a name of 1 to {LONGEST_LABEL} characters.")
    if not _KEY.fullmatch(key) or len(key) > LONGEST_KEY:
        raise AttributeProblem("key", "A key is made of small letters, digits and _, and begins with a letter.")
    if kind not in KINDS:
        raise AttributeProblem("kind", "Say what its values are: words, a number, yes or no, a date, or one of a list.")
    listed = list(dict.fromkeys(word for word in (" ".join(c.split()) for c in choices) if word))
    if kind == "choice" and not listed:
        raise AttributeProblem("choices", "Write what can be chosen, one a line.")
    if len(listed) > MOST_CHOICES or any(len(word) > LONGEST_CHOICE for word in listed):
        raise AttributeProblem("choices", f"{MOST_CHOICES} choices of {LONGEST_CHOICE} characters is the most.")
    now = tx.now()
    row = tx.scalar(select(Attribute).where(Attribute.key == key).with_for_update())
    if row is None:
        if (tx.scalar(select(func.count()).select_from(Attribute)) or 0) >= MOST:
            raise AttributeProblem("", f"{MOST} attributes is the most.")
        row = Attribute(key=key, kind=kind, created_at=now)
        tx.add(row)
    elif row.kind != kind:
        raise AttributeProblem(
            "kind", f"“{row.label}” is {_WORDS[row.kind]}; what is known already would not fit another."
        )
    row.label, row.choices, row.description = (
        label,
        listed if kind == "choice" else [],
        " ".join(description.split())[:300],
    )
    row.shown, row.staff_id, row.updated_at, row.retired_at = shown, staff_id, now, None
    tx.flush()
    tx.memo.pop(_MEMO, None)
    return row


def retire_attribute(tx: Tx, key: str, staff_id: int | None = None) -> Attribute:
    """Offers an attribute no more; what was recorded stays, and conditions go on reading it. Raises LookupError."""
    row = tx.scalar(select(Attribute).where(Attribute.key == key))
    if row is None:
        raise LookupError(f"no attribute {key}")
    row.retired_at, row.updated_at, row.staff_id = tx.now(), tx.now(), staff_id
    tx.flush()
    tx.memo.pop(_MEMO, None)
    return row


def check_attribute(tx: Tx, name: str, value: FactValue) -> None:
    """Raises FactError where a declared attribute is given what it cannot be; what nobody declared may be anything."""
    known: dict[str, tuple[str, str, frozenset[str]]] | None = tx.memo.get(_MEMO)
    if known is None:
        rows = tx.execute(select(Attribute.key, Attribute.label, Attribute.kind, Attribute.choices))
        known = tx.memo[_MEMO] = {FAMILY + key: (label, kind, frozenset(map(str, c))) for key, label, kind, c in rows}
    found = known.get(name)
    if found is None:
        return
    label, kind, choices = found
    if kind == "choice" and isinstance(value, str) and value not in choices:
        raise FactError(f"{label} is one of {', '.join(sorted(choices))}, never “{value[:60]}”.")
    sort = {"number": float, "flag": bool, "time": datetime}.get(kind, str)
    if not isinstance(value, sort):
        raise FactError(f"{label} is {_WORDS[kind]}: {value!r} does not fit.")
