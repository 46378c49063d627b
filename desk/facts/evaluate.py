"""Whether a condition holds for a customer at a moment, and when that may change.

Three truths: True, False, and None for “cannot be known”. “and” and “or” follow Kleene (false and unknown is false,
true or unknown is true), “not” leaves the unknown unknown, and only True counts as holding.
"""

from __future__ import annotations

import operator
from bisect import bisect_right
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from typing import Any

from desk.facts.catalog import find
from desk.facts.syntax import (
    OPERANDS,
    UNITS,
    All,
    Among,
    AnyOf,
    Compare,
    Elapsed,
    InSegment,
    InStage,
    Latest,
    Leaf,
    Literal_,
    Measure,
    Node,
    Not,
    Operand,
    Unless,
    leaves,
    number_text,
)
from desk.facts.view import FactValue, FactView, Known

Truth = bool | None
TICK = timedelta(microseconds=1)  # the finest difference between two times

_SIGNS: dict[str, Callable[[Any, Any], bool]] = {
    "=": operator.eq,
    "!=": operator.ne,
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
    "contains": operator.contains,
}
_WORDS = {"true": True, "yes": True, "1": True, "false": False, "no": False, "0": False}


def truth(node: Node, view: FactView, at: datetime) -> Truth:
    """Whether `node` holds for what `view` knows, as of `at`."""
    if isinstance(node, Compare):
        return _compare(node, view, at)
    if isinstance(node, All):
        answer: Truth = True
        for part in node.parts:
            one = truth(part, view, at)
            if one is False:
                return False
            if one is None:
                answer = None
        return answer
    if isinstance(node, AnyOf):
        answer = False
        for part in node.parts:
            one = truth(part, view, at)
            if one is True:
                return True
            if one is None:
                answer = None
        return answer
    if isinstance(node, InSegment):
        return inside(node, view, at)
    if isinstance(node, Not):
        one = truth(node.part, view, at)
        return None if one is None else not one
    if isinstance(node, Unless):
        main = truth(node.main, view, at)
        return main if main is False or truth(node.exception, view, at) is not True else False
    if isinstance(node, Among):
        fits = [_fits("=", value_of(node.left, view, at), option) for option in node.options]
        if any(fit is None for fit in fits) and True not in fits:
            return None
        return (True in fits) is not node.negated
    return exists(node.left, view, at) is not node.negated


def inside(node: InSegment, view: FactView, at: datetime) -> bool:
    """Whether the condition of a segment holds. Never unknown: of whom nothing is known is not in it."""
    if not node.known:
        raise LookupError(f"{node} was read without the segments of the desk: hand Condition.parse a Shelf")
    return node.means is not None and truth(node.means, view, at) is True


def _compare(node: Compare, view: FactView, at: datetime) -> Truth:
    left = value_of(node.left, view, at)
    if left is None:
        return None
    if not isinstance(node.right, OPERANDS):
        return _fits(node.op, left, node.right)
    right = value_of(node.right, view, at)
    if right is None or isinstance(right, datetime):
        return None
    if node.op not in ("=", "!="):
        a, b = read_as(left, 0.0), read_as(right, 0.0)
        return None if a is None or b is None else bool(_SIGNS[node.op](a, b))
    return _fits(node.op, left, right)


def _fits(op: str, value: FactValue, literal: Literal_) -> Truth:
    read = read_as(value, literal)
    if read is None:
        return None
    return bool(_SIGNS[op](read, literal.strip().casefold() if isinstance(literal, str) else literal))


def read_as(value: FactValue, like: Literal_) -> float | str | bool | None:
    """A value in the kind of `like`: imports bring "5" for 5 and "yes" for true. None where it cannot be read so."""
    if isinstance(like, bool):
        if isinstance(value, bool):
            return value
        if isinstance(value, str):
            return _WORDS.get(value.strip().casefold())
        return bool(value) if isinstance(value, (int, float)) and value in (0, 1) else None
    if isinstance(like, str):
        if isinstance(value, bool):
            return "true" if value else "false"
        if isinstance(value, (int, float)):
            return number_text(float(value))
        return value.strip().casefold() if isinstance(value, str) else None
    if isinstance(value, str):
        try:
            number = float(value)
        except ValueError:
            return None
        return number if abs(number) < 1e300 else None
    if isinstance(value, (int, float)) and not isinstance(value, bool):
        return float(value)
    return None


def value_of(operand: Operand, view: FactView, at: datetime) -> FactValue:
    """What an operand gives at `at`; None where it is not known."""
    if isinstance(operand, Latest):
        fact = view.series(operand.name).latest(at)
        return fact.value if fact else None
    if isinstance(operand, Elapsed):
        fact = elapsed_from(operand, view, at)
        start = _start(operand, fact)
        if start is None:
            return None
        return ((start - at) if operand.until else (at - start)) / UNITS[operand.unit]
    return _measured(operand, view, at)


def elapsed_from(operand: Elapsed, view: FactView, at: datetime) -> Known | None:
    """The fact from which an Elapsed counts."""
    series = view.series(operand.name)
    count = series.upto(at)
    if not count:
        return None
    return series.facts[0 if operand.first else count - 1]


def _start(operand: Elapsed, fact: Known | None) -> datetime | None:
    if fact is None:
        return None
    if isinstance(fact.value, datetime):
        return fact.value
    return None if operand.until else fact.occurred_at


def within(measure: Measure, view: FactView, at: datetime) -> list[Known] | None:
    """The facts a Measure looks at, oldest first. None where the window has no start: no stage is known."""
    series = view.series(measure.name)
    end = series.upto(at)
    start = 0
    if isinstance(measure.window, InStage):
        since = view.stage_since(at)
        if since is None:
            return None
        start = bisect_right(series.times, since)
    elif measure.window is not None:
        start = bisect_right(series.times, at - measure.window.length)
    facts = series.facts[start:end]
    if measure.keep is not None:
        facts = [fact for fact in facts if _fits(measure.keep_op, fact.value, measure.keep) is True]
    return facts


def _measured(measure: Measure, view: FactView, at: datetime) -> FactValue:
    facts = within(measure, view, at)
    if facts is None:
        return None
    function = measure.function
    if function == "count":
        return float(len(facts))
    if function == "last":
        return facts[-1].value if facts else None
    if function == "previous":
        return facts[-2].value if len(facts) > 1 else None
    numbers = [number for fact in facts if (number := read_as(fact.value, 0.0)) is not None]
    if function == "sum":
        return float(sum(numbers))  # type: ignore[arg-type]
    if not numbers:
        return None
    if function == "average":
        return float(sum(numbers)) / len(numbers)  # type: ignore[arg-type]
    return min(numbers) if function == "lowest" else max(numbers)


def exists(operand: Operand, view: FactView, at: datetime) -> bool:
    """Whether there is such a fact at all, also one that only happened and carries no value."""
    if isinstance(operand, Measure):
        facts = within(operand, view, at) or []
        return len(facts) > 1 if operand.function == "previous" else bool(facts)
    return view.series(operand.name).latest(at) is not None


# -- when an answer may change


def moments(node: Node, view: FactView, after: datetime) -> set[datetime]:
    """Every moment after `after`, also in the future, at which the truth may differ from the tick before, as far as the
    facts of `view` decide: a fact happens, or one leaves a window, or a span of time is full."""
    found: set[datetime] = set()
    for leaf in leaves(node):
        found.update(moment for moment in _leaf_moments(leaf, view, after) if moment > after)
    return found


def _leaf_moments(leaf: Leaf, view: FactView, after: datetime) -> Iterator[datetime]:
    both = [leaf.left]
    if isinstance(leaf, Compare) and isinstance(leaf.right, OPERANDS):
        both.append(leaf.right)
    for operand in both:
        series = view.series(operand.name)
        yield from series.times[bisect_right(series.times, after) :]
        if isinstance(operand, Measure):
            if isinstance(operand.window, InStage):
                stages = view.series("stage")
                yield from stages.times[bisect_right(stages.times, after) :]
            elif operand.window is not None:
                length = operand.window.length
                for time in series.times[bisect_right(series.times, after - length) :]:
                    yield from _moved(time, length)
        elif isinstance(operand, Elapsed) and isinstance(leaf, Compare) and isinstance(leaf.right, float):
            yield from _full(operand, leaf.right * UNITS[operand.unit], view, after)


def _full(operand: Elapsed, length: timedelta, view: FactView, after: datetime) -> Iterator[datetime]:
    """When `length` is full since (or until) what an Elapsed counts from; a tick around it settles < and <=."""
    series = view.series(operand.name)
    declared = find(operand.name)
    dates = declared is None or declared.kind in ("time", "any")
    begin = 0 if dates or operand.first else max(0, bisect_right(series.times, after - length - TICK) - 1)
    last = 1 if operand.first else len(series.facts)
    for place in range(begin, min(last, len(series.facts))):
        start = _start(operand, series.facts[place])
        if start is None:
            continue
        for edge in _moved(start, -length if operand.until else length):
            following = series.times[place + 1] if place + 1 < len(series.times) and not operand.first else None
            if following is not None and edge - TICK > following:
                continue  # something newer counts by then
            yield edge - TICK
            yield edge
            yield edge + TICK


def _moved(time: datetime, length: timedelta) -> Iterator[datetime]:
    try:
        yield time + length
    except OverflowError:  # past the end of the calendar: never
        return
