"""What becomes of each row: made, changed, unchanged or refused. Pure: the same for a dry run and for the run."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from desk.imports.mapping import Plan, Said
from desk.people import Key, Owner

Value = float | str | bool | datetime | None
OUTCOMES = ("made", "changed", "unchanged", "refused")
EXAMPLES = 5  # of each outcome
_WORDS = {"user": "login id", "email": "email address", "phone": "phone number"}


@dataclass(slots=True)
class Person:
    """A customer as rows see them: as they are by now, and what these rows change. Who is to be made has a number
    below zero."""

    id: int
    name: str = ""
    locale: str | None = None
    zone: str | None = None
    stopped: bool = False
    facts: dict[str, Value] = field(default_factory=dict)
    new_facts: dict[str, Value] = field(default_factory=dict)
    dirty: bool = False  # name, language, zone or stop


@dataclass(slots=True)
class Ledger:
    """What is known of addresses and people while rows are decided, and what they add to it."""

    owners: dict[Key, Owner] = field(default_factory=dict)
    people: dict[int, Person] = field(default_factory=dict)
    new_addresses: list[tuple[int, Key, str]] = field(default_factory=list)
    confirmed: set[int] = field(default_factory=set)  # identities
    touched: set[int] = field(default_factory=set)  # people made or changed
    counts: Counter[str] = field(default_factory=Counter)
    refusals: list[tuple[int, str]] = field(default_factory=list)
    examples: dict[str, list[list[Any]]] = field(default_factory=dict)
    next_new: int = -1

    def learn(self, owners: Mapping[Key, Owner], profiles: Mapping[int, Mapping[str, Any]]) -> None:
        """Adds what the database says, below what rows have changed already."""
        for key, owner in owners.items():
            self.owners.setdefault(key, owner)
        for number, one in profiles.items():
            if number not in self.people:
                self.people[number] = Person(number, one["name"], one["locale"], one["zone"], one["stopped"])

    def settle(self) -> None:
        """Forgets what was to be written: a dry run writes nothing, and remembers what would be known by now."""
        for number in self.touched:
            person = self.people[number]
            person.facts |= person.new_facts
            person.new_facts, person.dirty = {}, False
        self.new_addresses, self.confirmed, self.touched = [], set(), set()


def decide(ledger: Ledger, rows: Iterable[Said], plan: Plan) -> None:
    """Decides row after row; what an earlier one makes is known to the later ones."""
    for row in rows:
        why = row.why
        if not why:
            owners = {key: ledger.owners[key] for key, _ in row.addresses if key in ledger.owners}
            why = _conflict(owners, row, plan)
        if why:
            ledger.refusals.append((row.number, why[:400]))
            _count(ledger, "refused", row.number, why)
            continue
        if not owners:
            person = Person(ledger.next_new)
            ledger.people[person.id] = person
            ledger.next_new -= 1
            outcome = "made"
        else:
            person = ledger.people[next(iter(owners.values())).customer_id]
            outcome = "unchanged"
        changes = _apply(ledger, person, row, plan, made=outcome == "made")
        if changes:
            ledger.touched.add(person.id)
            outcome = "made" if outcome == "made" else "changed"
        _count(ledger, outcome, row.number, _summary(row, changes, outcome))


def _conflict(owners: Mapping[Key, Owner], row: Said, plan: Plan) -> str:
    """Why the addresses of a row lead to nobody, or to more than one; empty where they do not."""
    if len({owner.customer_id for owner in owners.values()}) > 1:
        (first, one), (second, other) = _two(owners)
        return (
            f"{_shown(row, first)} is {_whom(one)} and {_shown(row, second)} is {_whom(other)}: "
            "nobody is joined by a list. Join the two by hand, or take one of the addresses out."
        )
    if owners and not any(kind in plan.match for kind, _ in owners):
        key, owner = next(iter(owners.items()))
        return f"{_shown(row, key)} is {_whom(owner)}, and this list does not find customers by {_WORDS[key[0]]}."
    return ""


def _two(owners: Mapping[Key, Owner]) -> tuple[tuple[Key, Owner], tuple[Key, Owner]]:
    pairs = list(owners.items())
    return pairs[0], next(pair for pair in pairs if pair[1].customer_id != pairs[0][1].customer_id)


def _whom(owner: Owner) -> str:
    return f"customer {owner.customer_id}" if owner.customer_id > 0 else "somebody of an earlier row"


def _shown(row: Said, key: Key) -> str:
    return next(shown for given, shown in row.addresses if given == key)[:80]


def _apply(ledger: Ledger, person: Person, row: Said, plan: Plan, *, made: bool) -> list[str]:
    """Takes what the row says and gives what that changes."""
    changes = []
    evidence = "verified" if plan.confirmed else "inferred"
    for key, shown in row.addresses:
        known = ledger.owners.get(key)
        if known is None:
            ledger.owners[key] = Owner(0, person.id, evidence)
            ledger.new_addresses.append((person.id, key, shown))
            changes.append(shown)
        elif plan.confirmed and known.evidence == "inferred":
            ledger.owners[key] = Owner(known.identity_id, known.customer_id, evidence)
            ledger.confirmed.add(known.identity_id)
            changes.append(f"{shown} confirmed")
    for name, said in row.profile.items():
        before = getattr(person, name)
        if before != said and not (plan.gaps and before and not made):
            setattr(person, name, said)
            person.dirty = True
            changes.append(f"{name} {said}")
    if row.stop and not person.stopped:
        person.stopped = person.dirty = True
        changes.append("no surveys")
    for name, value in row.facts.items():
        if name in person.new_facts:
            before = person.new_facts[name]
        else:
            before = person.facts.get(name)
        if type(before) is not type(value) or before != value:
            person.new_facts[name] = value
            changes.append(f"{name.removeprefix('attribute.')} {_plain(value)}")
    return changes


def _plain(value: Value) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, datetime):
        return value.date().isoformat()
    return f"{value:g}" if isinstance(value, float) else str(value)


def _summary(row: Said, changes: list[str], outcome: str) -> str:
    who = row.addresses[0][1]
    said = [change for change in changes if change != who] if outcome == "made" else changes
    return f"{who}: {', '.join(said)}" if said else who


def _count(ledger: Ledger, outcome: str, number: int, text: str) -> None:
    ledger.counts[outcome] += 1
    kept = ledger.examples.setdefault(outcome, [])
    if len(kept) < EXAMPLES:
        kept.append([number, text if len(text) <= 300 else f"{text[:299]}…"])
