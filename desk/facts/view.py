"""What is known of one customer, in memory: facts in order of time, with corrections applied."""

from __future__ import annotations

from bisect import bisect_right
from collections import defaultdict
from collections.abc import Iterable, Iterator
from datetime import datetime
from typing import NamedTuple

from desk.facts.catalog import find

FactValue = float | str | bool | datetime | None


class Known(NamedTuple):
    """One fact as a view holds it. `value` is None for an event that only happened."""

    name: str
    value: FactValue
    occurred_at: datetime
    recorded_at: datetime
    id: int
    entry_id: int | None = None


class Series:
    """One fact's history, oldest first; `times` are the facts' `occurred_at`."""

    __slots__ = ("facts", "times")

    def __init__(self, facts: list[Known]) -> None:
        self.facts = facts
        self.times = [fact.occurred_at for fact in facts]

    def upto(self, at: datetime) -> int:
        """How many of them had happened at `at`."""
        return bisect_right(self.times, at)

    def latest(self, at: datetime) -> Known | None:
        count = self.upto(at)
        return self.facts[count - 1] if count else None


_NOTHING = Series([])


class FactView:
    """A customer's facts as known at one time; conditions look at it as of any moment.

    A value recorded later for the same name and the same moment corrects the earlier one. An event is corrected only by
    one with the same entry: two orders of one second are two orders.
    """

    __slots__ = ("_series", "customer_id")

    def __init__(self, customer_id: int, facts: Iterable[Known] = ()) -> None:
        self.customer_id = customer_id
        by_name: dict[str, list[Known]] = defaultdict(list)
        for fact in facts:
            by_name[fact.name].append(fact)
        self._series = {name: Series(_corrected(name, series)) for name, series in by_name.items()}

    def series(self, name: str) -> Series:
        return self._series.get(name, _NOTHING)

    def latest(self, name: str, at: datetime | None = None) -> Known | None:
        """The fact in force at `at`, or the newest of all."""
        series = self.series(name)
        if at is None:
            return series.facts[-1] if series.facts else None
        return series.latest(at)

    def value(self, name: str, at: datetime | None = None) -> FactValue:
        fact = self.latest(name, at)
        return fact.value if fact else None

    def stage_since(self, at: datetime) -> datetime | None:
        """When the customer came into the stage of that moment."""
        fact = self.series("stage").latest(at)
        return fact.occurred_at if fact else None

    def names(self) -> list[str]:
        return sorted(self._series)

    def __iter__(self) -> Iterator[Known]:
        for name in self.names():
            yield from self._series[name].facts

    def plus(self, fact: Known) -> FactView:
        """This view and one more fact; the other series are shared, not copied."""
        other = FactView(self.customer_id)
        other._series = dict(self._series)
        other._series[fact.name] = Series(_corrected(fact.name, [*self.series(fact.name).facts, fact]))
        return other


def _corrected(name: str, facts: list[Known]) -> list[Known]:
    facts.sort(key=lambda fact: (fact.occurred_at, fact.recorded_at, fact.id))
    if len(facts) < 2:
        return facts
    declared = find(name)
    event = declared is not None and declared.kind == "event"
    kept: list[Known] = []
    for fact in facts:
        if not event:
            if kept and kept[-1].occurred_at == fact.occurred_at:
                kept.pop()
        elif fact.entry_id is not None:
            for place in range(len(kept) - 1, -1, -1):
                if kept[place].occurred_at != fact.occurred_at:
                    break
                if kept[place].entry_id == fact.entry_id:
                    del kept[place]
                    break
        kept.append(fact)
    return kept
