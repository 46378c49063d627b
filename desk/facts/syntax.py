"""The parts of a condition, and how they are written: every part prints as text that reads back as itself."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal

Literal_ = float | str | bool

UNITS = {
    "minute": timedelta(minutes=1),
    "hour": timedelta(hours=1),
    "day": timedelta(days=1),
    "week": timedelta(weeks=1),
}
FUNCTIONS = ("count", "sum", "average", "lowest", "highest", "last", "previous")


def number_text(value: float) -> str:
    """A number without an exponent and without a needless “.0”."""
    text = format(Decimal(repr(value)), "f")
    return text.rstrip("0").rstrip(".") if "." in text else text


def literal_text(value: Literal_) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, str):
        escaped = value.replace("\\", "\\\\").replace('"', '\\"')
        return f'"{escaped}"'
    return number_text(value)


@dataclass(frozen=True, slots=True)
class Span:
    """The last so many minutes, hours, days or weeks: younger than that, up to now."""

    amount: float
    unit: str

    @property
    def length(self) -> timedelta:
        return self.amount * UNITS[self.unit]

    def __str__(self) -> str:
        return f"{number_text(self.amount)} {self.unit}{'' if self.amount == 1 else 's'}"


@dataclass(frozen=True, slots=True)
class InStage:
    """Since the customer came into the stage they stand in, not counting the moment itself."""

    def __str__(self) -> str:
        return "in stage"


Window = Span | InStage


@dataclass(frozen=True, slots=True)
class Latest:
    """The latest value of a fact."""

    name: str

    def __str__(self) -> str:
        return self.name


@dataclass(frozen=True, slots=True)
class Elapsed:
    """Time since the last (or first) time something happened, or until a date, in `unit`s."""

    unit: str
    name: str
    first: bool = False
    until: bool = False

    def __str__(self) -> str:
        if self.name == "stage" and not self.first and not self.until:
            return f"{self.unit}s in stage"
        return f"{self.unit}s {'until' if self.until else 'since'} {'first ' if self.first else ''}{self.name}"


@dataclass(frozen=True, slots=True)
class Measure:
    """A function over a fact's values within a window; `keep_op` and `keep` count only the values that fit."""

    function: str
    name: str
    window: Window | None = None
    keep_op: str = ""
    keep: Literal_ | None = None

    def __str__(self) -> str:
        inner = self.name
        if self.keep is not None:
            inner += f" {op_text(self.keep_op, self.keep)} {literal_text(self.keep)}"
        return f"{self.function}({inner}{'' if self.window is None else f', {self.window}'})"


Operand = Latest | Elapsed | Measure
OPERANDS = (Latest, Elapsed, Measure)


def op_text(op: str, right: Literal_ | Operand) -> str:
    """Words for words, signs for numbers."""
    if isinstance(right, (str, bool)):
        return {"=": "is", "!=": "is not"}.get(op, op)
    return op


@dataclass(frozen=True, slots=True)
class Compare:
    """`op` is one of = != < <= > >= contains."""

    left: Operand
    op: str
    right: Literal_ | Operand

    def __str__(self) -> str:
        right = str(self.right) if isinstance(self.right, OPERANDS) else literal_text(self.right)
        return f"{self.left} {op_text(self.op, self.right)} {right}"


@dataclass(frozen=True, slots=True)
class Among:
    left: Operand
    options: tuple[Literal_, ...]
    negated: bool = False

    def __str__(self) -> str:
        inner = ", ".join(literal_text(option) for option in self.options)
        return f"{self.left} {'not in' if self.negated else 'in'} ({inner})"


@dataclass(frozen=True, slots=True)
class IsKnown:
    left: Operand
    negated: bool = False

    def __str__(self) -> str:
        return f"{self.left} is {'unknown' if self.negated else 'known'}"


@dataclass(frozen=True, slots=True)
class InSegment:
    """Being in a saved segment. `means` is that segment's own condition as it stands now; None where the segment is no
    more, so that nobody is in it, or where whoever read the text knew no segments (then `known` is False)."""

    id: int
    name: str
    means: Node | None = None
    known: bool = True

    def __str__(self) -> str:
        return f"segment {literal_text(self.name)}" if self.name else f"segment #{self.id}"


@dataclass(frozen=True, slots=True)
class Not:
    part: Node

    def __str__(self) -> str:
        return f"not {self.part}" if isinstance(self.part, InSegment) else f"not ({self.part})"


@dataclass(frozen=True, slots=True)
class All:
    """Parts joined by “and”; never holds another All."""

    parts: tuple[Node, ...]

    def __str__(self) -> str:
        return " and ".join(f"({p})" if isinstance(p, (AnyOf, Unless)) else str(p) for p in self.parts)


@dataclass(frozen=True, slots=True)
class AnyOf:
    """Parts joined by “or”; never holds another AnyOf."""

    parts: tuple[Node, ...]

    def __str__(self) -> str:
        return " or ".join(f"({p})" if isinstance(p, Unless) else str(p) for p in self.parts)


@dataclass(frozen=True, slots=True)
class Unless:
    """`main`, except where `exception` holds; an exception that is unknown is none."""

    main: Node
    exception: Node

    def __str__(self) -> str:
        main = f"({self.main})" if isinstance(self.main, Unless) else str(self.main)
        exception = f"({self.exception})" if isinstance(self.exception, Unless) else str(self.exception)
        return f"{main} unless {exception}"


Leaf = Compare | Among | IsKnown
Node = Compare | Among | IsKnown | InSegment | Not | All | AnyOf | Unless


def leaves(node: Node) -> list[Leaf]:
    """Every comparison of a condition, from left to right; for a segment those of its own condition."""
    if isinstance(node, Not):
        return leaves(node.part)
    if isinstance(node, InSegment):
        return [] if node.means is None else leaves(node.means)
    if isinstance(node, (All, AnyOf)):
        return [leaf for part in node.parts for leaf in leaves(part)]
    if isinstance(node, Unless):
        return leaves(node.main) + leaves(node.exception)
    return [node]


def operands(node: Node) -> list[Operand]:
    """Every operand of a condition, from left to right."""
    found: list[Operand] = []
    for leaf in leaves(node):
        found.append(leaf.left)
        if isinstance(leaf, Compare) and isinstance(leaf.right, OPERANDS):
            found.append(leaf.right)
    return found


def named(node: Node) -> list[InSegment]:
    """The segments that a condition names itself, from left to right; not those that they name in turn."""
    if isinstance(node, Not):
        return named(node.part)
    if isinstance(node, (All, AnyOf)):
        return [one for part in node.parts for one in named(part)]
    if isinstance(node, Unless):
        return named(node.main) + named(node.exception)
    return [node] if isinstance(node, InSegment) else []


def numbered(node: Node) -> Node:
    """The same with segments by their numbers, as it is kept: a segment that gets another name is still meant."""
    if isinstance(node, InSegment):
        return InSegment(node.id, "")
    if isinstance(node, Not):
        return Not(numbered(node.part))
    if isinstance(node, All):
        return All(tuple(numbered(part) for part in node.parts))
    if isinstance(node, AnyOf):
        return AnyOf(tuple(numbered(part) for part in node.parts))
    if isinstance(node, Unless):
        return Unless(numbered(node.main), numbered(node.exception))
    return node
