"""A condition as the rest of the desk uses it: read once, asked often, and able to say why it holds."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal

from desk.facts import evaluate as how
from desk.facts.checks import refuse_conversation
from desk.facts.evidence import Evidence, evidence
from desk.facts.parser import NOWHERE, Segments, parse
from desk.facts.syntax import All, Elapsed, InStage, Measure, Node, Unless, named, numbered, operands
from desk.facts.view import FactView

About = Literal["customer", "conversation"]
MOST_LOOKS = 400  # evaluations that held_since may cost


@dataclass(frozen=True, slots=True)
class Verdict:
    """Whether a condition holds, and the facts that made it so (or made it false)."""

    holds: bool
    evidence: tuple[Evidence, ...] = ()


@dataclass(frozen=True, slots=True)
class Condition:
    """One condition over a customer's facts. Equal where they say the same; `str()` prints the text."""

    node: Node
    names: frozenset[str] = field(compare=False, repr=False)  # the facts it looks at

    @classmethod
    def parse(cls, text: str, segments: Segments = NOWHERE, *, about: About = "customer") -> Condition:
        """Reads the language of docs/conditions.md. `segments` says what a segment's name means: a Shelf; without one
        no segment can be named. `about` a conversation, it may ask for that one's facts too. Raises
        ConditionError(sentence, position)."""
        node = parse(text, segments)
        if about == "customer":
            refuse_conversation(node, text)
        return cls(node, _names(node))

    def __str__(self) -> str:
        return str(self.node)

    @property
    def kept(self) -> str:
        """The text to store: segments by their numbers, so that one that gets another name is still meant."""
        return str(numbered(self.node))

    @property
    def segments(self) -> dict[int, str]:
        """The segments that it names itself, by number, with their names."""
        return {one.id: one.name for one in named(self.node)}

    def holds(self, view: FactView, at: datetime) -> bool:
        """Whether it holds as of `at`. What cannot be known does not hold."""
        return how.truth(self.node, view, at) is True

    def evaluate(self, view: FactView, at: datetime) -> Verdict:
        """Whether it holds as of `at`, with the evidence for the answer."""
        answer = how.truth(self.node, view, at)
        return Verdict(answer is True, evidence(self.node, view, at))

    @property
    def timed(self) -> bool:
        """Whether the passing of time alone can change its answer."""
        return any(
            isinstance(operand, Elapsed) or (isinstance(operand, Measure) and operand.window is not None)
            for operand in operands(self.node)
        )

    def steps(self) -> tuple[tuple[str, bool, Condition], ...]:
        """The condition one part after the other: (the part's text, whether it is the exception, the condition up to
        and with it). The last of them is the condition itself."""
        main, exceptions = self.node, []
        while isinstance(main, Unless):
            exceptions.append(main.exception)
            main = main.main
        parts = main.parts if isinstance(main, All) else (main,)
        found, upto = [], None
        for n, part in enumerate(parts):
            upto = part if n == 0 else All(parts[: n + 1])
            found.append((str(part), False, Condition(upto, _names(upto))))
        assert upto is not None
        for exception in reversed(exceptions):
            upto = Unless(upto, exception)
            found.append((str(exception), True, Condition(upto, _names(upto))))
        return tuple(found)

    def moments(self, view: FactView, after: datetime) -> set[datetime]:
        """Every moment after `after`, also in the future, at which the answer may change by what `view` knows."""
        return how.moments(self.node, view, after)

    def held_since(self, view: FactView, at: datetime) -> datetime | None:
        """The moment from which it holds without a break up to `at`. None where it does not hold, where it has always
        held, and where that is further back than a few hundred changes of its facts."""
        if not self.holds(view, at):
            return None
        since: datetime | None = None
        changes = sorted(moment for moment in self.moments(view, _BEGINNING) if moment <= at)
        for moment in reversed(changes[-MOST_LOOKS:]):
            if not self.holds(view, moment):
                return since
            since = moment
        return None if len(changes) > MOST_LOOKS or self.holds(view, _BEGINNING) else since


_BEGINNING = datetime.fromisoformat("1900-01-01T00:00:00+00:00")


def _names(node: Node) -> frozenset[str]:
    names = set()
    for operand in operands(node):
        names.add(operand.name)
        if isinstance(operand, Measure) and isinstance(operand.window, InStage):
            names.add("stage")
    return frozenset(names)
