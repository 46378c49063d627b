"""Who may be the same person: what speaks for it, what speaks weakly, what speaks against, and what was refused.

Nothing here joins anybody. A typed address is a hint that a person may look at, and never more.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

from sqlalchemy import or_, select

from desk import conversations, people
from desk.agents import Viewer
from desk.merging.tables import Apart
from desk.people import Customer, Identity
from desk.store import Tx

Weight = Literal["for", "weak", "against"]
MOST = 4
ADDRESSES = ("email", "phone", "user")
LOOKED_UP = 20  # identities of one customer, customers of one name
SAME_DIGITS = 8  # of a phone number, from its end: what is before them is written in many ways


@dataclass(frozen=True, slots=True)
class Evidence:
    """One line: which way it weighs, which sentence it is (`key`), and what stands in the sentence."""

    weight: Weight
    key: str
    values: dict[str, str] = field(default_factory=dict)

    def as_json(self) -> list[Any]:
        return [self.weight, self.key]


@dataclass(frozen=True, slots=True)
class Suggestion:
    """Somebody who may be the same person. `strength`: strong, fair, weak."""

    customer_id: int
    name: str
    identities: tuple[Identity, ...]
    evidence: tuple[Evidence, ...]
    strength: str


def suggestions(tx: Tx, customer_id: int) -> list[Suggestion]:
    """Who may be the same person as this customer, the likeliest first, without those whom somebody said to be others.

    Looks up addresses, one name, and the threads that were answered: each by an index, and few of each.
    """
    person = people.customer(tx, customer_id)
    own = people.identities(tx, person.id)
    found: dict[int, list[Evidence]] = {}
    for other, line in (*_by_address(tx, own), *_by_thread(tx, person.id)):
        lines = found.setdefault(other, [])
        if line.key not in {one.key for one in lines}:
            lines.append(line)
    named = {other.id: other for other in people.same_name(tx, person.name, LOOKED_UP) if other.id != person.id}
    ids = list(dict.fromkeys([*found, *named]))
    theirs = people.identities_of(tx, ids)
    for number in named:
        found.setdefault(number, []).extend(_by_name(own, theirs[number], person.name))
    out = []
    for number, lines in found.items():
        if not any(line.key != "name" for line in lines):
            continue  # a name alone: half of all Marias would be offered to each other
        who = named.get(number) or people.customer(tx, number)
        lines += _against(person, who, own, theirs[number])
        if who.id != person.id and not _refused(tx, person.id, who.id, lines):
            order = {"for": 0, "weak": 1, "against": 2}
            lines.sort(key=lambda line: order[line.weight])
            out.append(Suggestion(who.id, who.name, tuple(theirs[number]), tuple(lines), _strength(lines)))
    rank = {"strong": 0, "fair": 1, "weak": 2}
    out.sort(key=lambda one: (rank[one.strength], one.customer_id))
    return out[:MOST]


def between(tx: Tx, one_id: int, other_id: int) -> list[Evidence]:
    """What there is between two customers, for the record of a join and of a "no"."""
    one, other = people.customer(tx, one_id), people.customer(tx, other_id)
    own = people.identities(tx, one.id)
    theirs = people.identities(tx, other.id)
    lines: dict[str, Evidence] = {}
    for number, line in (*_by_address(tx, own), *_by_thread(tx, one.id)):
        if number == other.id:
            lines.setdefault(line.key, line)
    for number, line in _by_thread(tx, other.id):
        if number == one.id:
            lines.setdefault(line.key, line)
    if people.fold(one.name) and people.fold(one.name) == people.fold(other.name):
        for line in _by_name(own, theirs, one.name):
            lines.setdefault(line.key, line)
    for line in _against(one, other, own, theirs):
        lines.setdefault(line.key, line)
    return list(lines.values())


def _by_address(tx: Tx, own: Sequence[Identity]) -> Iterable[tuple[int, Evidence]]:
    mine = [one for one in own if one.kind in ADDRESSES][:LOOKED_UP]
    wanted = {(one.kind, one.value_folded): one for one in mine}
    # What is known outweighs what is typed, where one customer has the same address both ways.
    wanted |= {(one.kind, one.value_folded): one for one in mine if one.evidence != "claimed"}
    for other in people.with_addresses(tx, list(wanted), but=own[0].customer_id if own else 0):
        one = wanted[other.kind, other.value_folded]
        values = {"address": other.value}
        proved = [each for each in (one, other) if each.details.get("proved_at")]
        if proved:
            yield other.customer_id, Evidence("for", "proved", values)
        elif one.evidence == other.evidence == "claimed":
            yield other.customer_id, Evidence("weak", "both_typed", values)
        else:
            yield other.customer_id, Evidence("weak", "typed", values)
        if any(each.details.get("refused_at") for each in (one, other)):
            yield other.customer_id, Evidence("against", "not_me", values)


def _by_thread(tx: Tx, customer_id: int) -> Iterable[tuple[int, Evidence]]:
    for number, other_id in conversations.linked(tx, customer_id):
        yield other_id, Evidence("weak", "thread", {"conversation": str(number)})


def _by_name(own: Sequence[Identity], theirs: Sequence[Identity], name: str) -> list[Evidence]:
    lines = [Evidence("weak", "name", {"name": name})]
    shared = _digits(own) & _digits(theirs)
    if shared:
        lines.append(Evidence("weak", "phone", {"digits": "…" + min(shared)[-4:]}))
    before = {one.value_folded.rpartition("@")[0] for one in own if one.kind == "email"}
    before &= {one.value_folded.rpartition("@")[0] for one in theirs if one.kind == "email"}
    before = {part for part in before if len(part) > 4}
    if before:
        lines.append(Evidence("weak", "mailbox", {"part": min(before)}))
    return lines


def _digits(identities: Sequence[Identity]) -> set[str]:
    found = ("".join(c for c in one.value if c.isdigit()) for one in identities if one.kind == "phone")
    return {digits[-SAME_DIGITS:] for digits in found if len(digits) >= SAME_DIGITS}


def _against(one: Customer, other: Customer, own: Sequence[Identity], theirs: Sequence[Identity]) -> list[Evidence]:
    lines = []
    names = [set(people.fold(name).split()) for name in (one.name, other.name)]
    if all(names) and not names[0] & names[1] and not _abbreviates(names[0], names[1]):
        lines.append(Evidence("against", "other_name", {"name": other.name}))
    users = [{i.value_folded for i in them if i.kind == "user" and i.evidence == "verified"} for them in (own, theirs)]
    if all(users) and not users[0] & users[1]:
        lines.append(Evidence("against", "two_logins"))
    return lines


def _abbreviates(one: set[str], other: set[str]) -> bool:
    """Whether a name may stand for the other: “M.” or “M. Lind” for “Marta Lindqvist”."""
    short, long = sorted((one, other), key=lambda words: sum(map(len, words)))
    return any(full.startswith(word.rstrip(".")) for word in short for full in long if len(word.rstrip(".")) > 0)


def _strength(lines: Sequence[Evidence]) -> str:
    weights = [line.weight for line in lines]
    if "for" in weights and "against" not in weights:
        return "strong"
    if "against" not in weights and (weights.count("weak") > 1 or "for" in weights):
        return "fair"
    return "fair" if "for" in weights else "weak"


def keep_apart(tx: Tx, one_id: int, other_id: int, by: Viewer | None) -> None:
    """Remembers that these two are not one person: they are not offered again unless new proof comes, and the desk does
    not join them by itself."""
    one, other = sorted(people.current_id(tx, number, wait=False) for number in (one_id, other_id))
    if one == other:
        return
    _remember(tx, one, other, [line.key for line in between(tx, one, other)], by)


def _remember(tx: Tx, one: int, other: int, known: list[str], by: Viewer | None) -> None:
    one, other = sorted((one, other))
    row = tx.get(Apart, (one, other))
    if row is None:
        row = Apart(one_id=one, other_id=other)
        tx.add(row)
    row.known, row.staff_id, row.at = sorted(known), by.id if by is not None else None, tx.now()
    tx.flush()


def remember_parted(tx: Tx, one: int, other: int, known: list[str], by: Viewer | None) -> None:
    """The same for two who were one and were taken apart."""
    _remember(tx, one, other, known, by)


def _pairs(tx: Tx, one_id: int, other_id: int) -> list[Apart]:
    left, right = people.members(tx, one_id), people.members(tx, other_id)
    rows = tx.scalars(select(Apart).where(or_(Apart.one_id.in_(left), Apart.other_id.in_(left))))
    return [row for row in rows if {row.one_id, row.other_id} & set(right) and {row.one_id, row.other_id} & set(left)]


def kept_apart(tx: Tx, one_id: int, other_id: int) -> bool:
    """Whether somebody said that these are two people, or parts of them are."""
    return bool(_pairs(tx, one_id, other_id))


def forget_apart(tx: Tx, one_id: int, other_id: int) -> None:
    """Somebody has decided otherwise since."""
    for row in _pairs(tx, one_id, other_id):
        tx.delete(row)
    tx.flush()


def _refused(tx: Tx, one_id: int, other_id: int, lines: Sequence[Evidence]) -> bool:
    pairs = _pairs(tx, one_id, other_id)
    if not pairs:
        return False
    known = {key for row in pairs for key in row.known}
    return not any(line.weight == "for" and line.key not in known for line in lines)
