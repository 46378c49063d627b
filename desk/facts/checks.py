"""Whether a comparison makes sense for the fact it looks at; answers with sentences a supervisor understands."""

from __future__ import annotations

from dataclasses import dataclass

from desk.facts.catalog import CONVERSATION, FactType, find, suggest
from desk.facts.errors import ConditionError
from desk.facts.syntax import (
    OPERANDS,
    Elapsed,
    Latest,
    Literal_,
    Measure,
    Node,
    Operand,
    literal_text,
    number_text,
    operands,
)

ORDER = ("<", "<=", ">", ">=")
_ALWAYS_KNOWN = ("count", "sum")


@dataclass(frozen=True, slots=True)
class Sort:
    """What an operand gives: `kind` is number, text, flag, time or any."""

    kind: str
    fact: FactType | None = None  # bounds and choices, where the value is one of the fact's own


def known_fact(name: str, at: int) -> FactType:
    """The type of a fact a condition names. Raises ConditionError, with the name that was probably meant."""
    fact = find(name)
    if fact is not None:
        return fact
    guess = suggest(name)
    if guess:
        raise ConditionError(f"There is no fact called “{name}”. Did you mean “{guess}”?", at)
    raise ConditionError(
        f"There is no fact called “{name}”. What you know of a customer is written “attribute.{name}”, "
        f"what happens in your own product “event.{name}”.",
        at,
    )


def refuse_conversation(node: Node, text: str) -> None:
    """Raises ConditionError where a condition over a customer asks for something of one conversation."""
    for operand in operands(node):
        if operand.name in CONVERSATION:
            raise ConditionError(
                f"“{operand.name}” is of one conversation, and this is about a customer: only rules of conversations "
                "can ask for it.",
                max(0, text.lower().find(operand.name)),
            )


def sort_of(operand: Operand) -> Sort:
    fact = find(operand.name)
    assert fact is not None  # the parser asked known_fact
    if isinstance(operand, Elapsed):
        return Sort("number")
    if isinstance(operand, Measure):
        if operand.function in ("count", "sum"):
            return Sort("number")
        if operand.function in ("average", "lowest", "highest"):
            return Sort("number", fact if fact.kind == "number" else None)
    if fact.kind == "event":
        return Sort("number")
    return Sort(fact.kind, fact)


def check_measure(measure: Measure, fact: FactType, at: int) -> None:
    """Raises ConditionError for a function that this fact cannot feed."""
    name = measure.name
    if measure.function in ("sum", "average", "lowest", "highest") and not fact.numeric:
        what = "only happens and carries no number" if fact.kind == "event" else "is not a number"
        raise ConditionError(f"{name} {what}: “{measure.function}” needs one. “count({name})” works.", at)
    if measure.function in ("last", "previous") and not fact.valued:
        raise ConditionError(f"{name} only happens and has no value. Use “count({name})” or “days since {name}”.", at)
    if measure.window is not None and measure.function == "previous":
        raise ConditionError("“previous” looks at the value before the latest one and takes no time span.", at)


def check_compare(left: Operand, op: str, right: Literal_ | Operand, at: int) -> None:
    """Raises ConditionError where `left op right` can make no sense. `at` is the place of the right side."""
    sort = _valued(left, at)
    if isinstance(right, OPERANDS):
        _check_two(left, op, right, at)
        return
    if sort.kind == "time":
        raise ConditionError(f"{left} is a date: write “days since {left}” or “days until {left}”.", at)
    if isinstance(left, Elapsed) and op in ("=", "!="):
        raise ConditionError(f"“{left}” is hardly ever exactly {literal_text(right)}: use <, <=, > or >=.", at)
    if op == "contains":
        if sort.kind not in ("text", "any"):
            raise ConditionError(f"{left} is {_article(sort.kind)}: “contains” looks into words.", at)
        if not isinstance(right, str):
            raise ConditionError("“contains” needs a word in quotes.", at)
        if not right.strip():
            raise ConditionError("“contains” needs at least one letter.", at)
        return
    if op in ORDER and (sort.kind in ("text", "flag") or not _is_number(right)):
        if sort.kind == "number":
            raise ConditionError(_not_a_number(left, right), at)
        what = _article(sort.kind) if sort.kind != "any" else literal_text(right)
        raise ConditionError(
            f"{left} is {what} and has no order: use “is”, “is not” or “in (…)”."
            if sort.kind != "any"
            else f"“{op}” compares numbers, and {what} is none: use “is”, “is not” or “in (…)”.",
            at,
        )
    check_value(left, sort, right, at)


def check_value(left: Operand, sort: Sort, right: Literal_, at: int) -> None:
    """Raises ConditionError where a fact can never have this value."""
    if sort.kind == "number":
        if not _is_number(right):
            raise ConditionError(_not_a_number(left, right), at)
        low, high = (sort.fact.low, sort.fact.high) if sort.fact else (None, None)
        if low is not None and high is not None and not low <= float(right) <= high:
            raise ConditionError(
                f"{left.name} goes from {number_text(low)} to {number_text(high)}: {literal_text(right)} is outside.",
                at,
            )
    elif sort.kind == "text":
        if not isinstance(right, str):
            raise ConditionError(
                f"{left} is a word: compare it with a word in quotes, not with {literal_text(right)}.", at
            )
        choices = sort.fact.choices if sort.fact else ()
        if choices and right.strip().casefold() not in choices:
            known = ", ".join(choices[:-1]) + " or " + choices[-1]
            raise ConditionError(f"{left} is never “{right}”: it is {known}.", at)
    elif sort.kind == "flag" and not isinstance(right, bool):
        raise ConditionError(f"{left} is yes or no: write “{left} is true” or “{left} is false”.", at)


def check_among(left: Operand, options: tuple[Literal_, ...], places: list[int]) -> None:
    sort = _valued(left, places[0])
    if isinstance(left, Elapsed) or sort.kind in ("time", "flag"):
        raise ConditionError(f"“{left}” cannot be one of a list.", places[0])
    for option, at in zip(options, places, strict=True):
        check_value(left, sort, option, at)


def check_known(left: Operand, at: int) -> None:
    if isinstance(left, Elapsed):
        raise ConditionError(f"Write “{left.name} is known”.", at)
    if isinstance(left, Measure) and left.function in _ALWAYS_KNOWN:
        raise ConditionError(f"“{left}” is always known: it is 0 where there is nothing.", at)


def _check_two(left: Operand, op: str, right: Operand, at: int) -> None:
    if isinstance(left, Elapsed) or isinstance(right, Elapsed):
        raise ConditionError(f"Compare “{left if isinstance(left, Elapsed) else right}” with a number.", at)
    a, b = _valued(left, at).kind, _valued(right, at).kind
    if "time" in (a, b) or op == "contains":
        raise ConditionError(f"“{left}” and “{right}” cannot be compared.", at)
    if op in ORDER and (a not in ("number", "any") or b not in ("number", "any")):
        raise ConditionError(
            f"“{left if a not in ('number', 'any') else right}” has no order: use “is” or “is not”.", at
        )
    if "any" not in (a, b) and a != b:
        raise ConditionError(f"{left} is {_article(a)} and {right} is {_article(b)}: they are never equal.", at)


def _valued(operand: Operand, at: int) -> Sort:
    if isinstance(operand, Latest):
        fact = find(operand.name)
        assert fact is not None
        if not fact.valued:
            raise ConditionError(
                f"{operand.name} only happens and has no value to compare. "
                f"Use “count({operand.name})” or “days since {operand.name}”.",
                at,
            )
    return sort_of(operand)


def _is_number(value: Literal_) -> bool:
    return isinstance(value, (int, float)) and not isinstance(value, bool)


def _not_a_number(left: Operand, right: Literal_) -> str:
    return f"{left} is a number: compare it with a number, not with {literal_text(right)}."


def _article(kind: str) -> str:
    return {"number": "a number", "text": "a word", "flag": "yes or no", "time": "a date"}.get(kind, "a value")
