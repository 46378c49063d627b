"""Writes facts down, and reads them back as views: one query for many customers."""

from __future__ import annotations

import math
from collections.abc import Collection, Iterable, Sequence
from datetime import datetime

from sqlalchemy import func, select

from desk.facts.attributes import FAMILY, check_attribute
from desk.facts.catalog import CONVERSATION, LONGEST_NAME, NAME, find, suggest
from desk.facts.errors import FactError
from desk.facts.moving import STAY
from desk.facts.tables import Fact
from desk.facts.view import FactValue, FactView, Known
from desk.signals import FactRecorded
from desk.store import Tx

LONGEST_TEXT = 2000
BATCH = 500


def record(
    tx: Tx,
    customer_id: int,
    name: str,
    value: FactValue | int = None,
    *,
    occurred_at: datetime,
    entry_id: int | None = None,
    identity_id: int | None = None,
) -> Fact:
    """Appends one fact and announces FactRecorded. Facts are never changed: a value recorded later for the same moment
    corrects an earlier one. Raises FactError for an unknown name, a value of the wrong kind, a time without a zone."""
    name = name.lower()
    checked = check(name, value, occurred_at)
    if name.startswith(FAMILY):
        check_attribute(tx, name, checked)
    fact = Fact(
        customer_id=customer_id,
        identity_id=identity_id,
        name=name,
        occurred_at=occurred_at,
        recorded_at=tx.now(),
        entry_id=entry_id,
        flag=checked if isinstance(checked, bool) else None,
        number=checked if isinstance(checked, float) else None,
        text=checked if isinstance(checked, str) else None,
        time=checked if isinstance(checked, datetime) else None,
    )
    tx.add(fact)  # written with the transaction's next read or its end: several facts go together
    tx.announce(FactRecorded(customer_id=customer_id, name=name))
    return fact


def record_many(tx: Tx, rows: Iterable[tuple[int, str, FactValue | int]], *, occurred_at: datetime) -> int:
    """Appends many facts (customer, name, value) of one moment and says how many. It announces nothing: whoever brings
    thousands looks at stages and segments afterwards, in portions (the task `customers.consider`). Raises FactError."""
    now, values = tx.now(), []
    for customer_id, name, value in rows:
        checked = check(name, value, occurred_at)
        if name.startswith(FAMILY):
            check_attribute(tx, name, checked)
        values.append(
            {
                "customer_id": customer_id,
                "name": name,
                "occurred_at": occurred_at,
                "recorded_at": now,
                "flag": checked if isinstance(checked, bool) else None,
                "number": checked if isinstance(checked, float) else None,
                "text": checked if isinstance(checked, str) else None,
                "time": checked if isinstance(checked, datetime) else None,
            }
        )
    tx.flush()
    tx.insert_many(Fact.__table__, values)
    return len(values)


def check(name: str, value: FactValue | int, occurred_at: datetime) -> FactValue:
    """The value as it is stored: numbers as float. Raises FactError with a sentence."""
    declared = find(name)
    if declared is None or not NAME.match(name) or len(name) > LONGEST_NAME:
        guess = suggest(name)
        raise FactError(f"There is no fact called “{name}”.{f' Did you mean “{guess}”?' if guess else ''}")
    if name in CONVERSATION:
        raise FactError(f"{name} is read off a conversation, and never recorded.")
    if occurred_at.tzinfo is None:
        raise FactError(f"{name} happened at a time without a zone: {occurred_at.isoformat()}")
    number = isinstance(value, (int, float)) and not isinstance(value, bool)
    if number and not math.isfinite(value):  # type: ignore[arg-type]
        raise FactError(f"{name} is {value}, which is no number to keep.")
    if isinstance(value, datetime) and value.tzinfo is None:
        raise FactError(f"{name} is a time without a zone: {value.isoformat()}")
    if isinstance(value, str) and len(value) > LONGEST_TEXT:
        raise FactError(f"{name} has {len(value):,} characters; {LONGEST_TEXT:,} is the most.")
    fits = {
        "number": number,
        "text": isinstance(value, str),
        "flag": isinstance(value, bool),
        "time": isinstance(value, datetime),
        "event": value is None or (number and bool(declared.unit)),
        "any": value is not None,
    }[declared.kind]
    if not fits:
        wanted = "carries no value" if declared.kind == "event" and not declared.unit else f"is a {declared.kind}"
        raise FactError(f"{name} {wanted if value is not None else 'needs a value'}: {value!r} does not fit.")
    if number:
        assert isinstance(value, (int, float))
        low, high = declared.low, declared.high
        if (low is not None and value < low) or (high is not None and value > high):
            raise FactError(f"{name} {_bounds(low, high)}: {value} is outside.")
        return float(value)
    if isinstance(value, str) and declared.choices and value not in declared.choices:
        raise FactError(f"{name} is one of {', '.join(declared.choices)}, never {value!r}.")
    return value


def _bounds(low: float | None, high: float | None) -> str:
    if high is None:
        return f"starts at {low:g}"
    return f"ends at {high:g}" if low is None else f"goes from {low:g} to {high:g}"


def view(
    tx: Tx,
    customer_id: int,
    at: datetime | None = None,
    known_at: datetime | None = None,
    names: Collection[str] | None = None,
) -> FactView:
    """What is known of one customer: facts that happened up to `at` (all where None, also those to come), as the desk
    knew them at `known_at` (now where None). `names` loads these alone."""
    return views(tx, [customer_id], at, known_at, names)[customer_id]


def views(
    tx: Tx,
    customer_ids: Sequence[int],
    at: datetime | None = None,
    known_at: datetime | None = None,
    names: Collection[str] | None = None,
) -> dict[int, FactView]:
    """Views of many customers, one query for each 500 of them; a customer without facts has an empty view."""
    found: dict[int, list[Known]] = {customer_id: [] for customer_id in customer_ids}
    ids = list(found)
    for start in range(0, len(ids), BATCH):
        query = select(
            Fact.customer_id,
            Fact.name,
            Fact.number,
            Fact.text,
            Fact.flag,
            Fact.time,
            Fact.occurred_at,
            Fact.recorded_at,
            Fact.id,
            Fact.entry_id,
        ).where(Fact.customer_id.in_(ids[start : start + BATCH]))
        if names is not None:
            query = query.where(Fact.name.in_(sorted(names)))
        if at is not None:
            query = query.where(Fact.occurred_at <= at)
        if known_at is not None:
            query = query.where(Fact.recorded_at <= known_at)
        for owner, name, number, text, flag, time, occurred_at, recorded_at, id_, entry_id in tx.execute(query):
            value: FactValue = number
            if value is None:
                value = text if text is not None else flag if flag is not None else time
            found[owner].append(Known(name, value, occurred_at, recorded_at, id_, entry_id))
    return {customer_id: FactView(customer_id, facts) for customer_id, facts in found.items()}


def customer_ids(tx: Tx, after: int = 0, limit: int = BATCH) -> list[int]:
    """The next customers with any fact of their own, by id: for walks over all of them in batches. Who was joined with
    another keeps nothing but the stages of before."""
    own = Fact.name.not_in(STAY)
    query = select(Fact.customer_id).where(Fact.customer_id > after, own).distinct().order_by(Fact.customer_id)
    query = query.limit(limit)
    return list(tx.scalars(query))


def first_times(tx: Tx, customer_ids: Iterable[int]) -> dict[int, datetime]:
    """When the first fact of each customer happened."""
    ids = list(customer_ids)
    found: dict[int, datetime] = {}
    for start in range(0, len(ids), BATCH):
        query = (
            select(Fact.customer_id, func.min(Fact.occurred_at, type_=Fact.occurred_at.type))
            .where(Fact.customer_id.in_(ids[start : start + BATCH]))
            .group_by(Fact.customer_id)
        )
        found.update((customer_id, first) for customer_id, first in tx.execute(query))
    return found
