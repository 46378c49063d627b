"""What a flow is: a small dialogue of steps from top to bottom, each with a condition, so that every flow ends."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from desk.i18n import SOURCE

Kind = Literal["text", "number", "date", "email", "choice", "yes_no"]
KINDS: tuple[Kind, ...] = ("text", "number", "date", "email", "choice", "yes_no")
METHODS = ("GET", "POST", "PUT", "PATCH", "DELETE")
CUSTOMER = ("customer.email", "customer.user")  # proven, and known to verified customers alone
LONGEST_ANSWER = 300  # characters of one answer to a question of a flow
TRIES = 2  # times that a question is asked again


class FlowError(ValueError):
    """A flow that cannot be read: every problem with its line, counted from 1."""

    def __init__(self, problems: list[tuple[int, str]]) -> None:
        super().__init__("; ".join(f"line {line}: {sentence}" for line, sentence in problems))
        self.problems = sorted(problems)


@dataclass(frozen=True, slots=True)
class Said:
    """A text in one or more languages, as (language, text); what is missing is said in English, else in the first."""

    texts: tuple[tuple[str, str], ...]

    def of(self, locale: str) -> str:
        known = dict(self.texts)
        return known.get(locale[:2]) or known.get(SOURCE) or self.texts[0][1]


@dataclass(frozen=True, slots=True)
class Ask:
    """A question whose answer fills the slot `key` once it holds good."""

    key: str
    kind: Kind
    text: Said
    again: Said | None = None
    pattern: str = ""
    least: float | None = None
    most: float | None = None
    when: Literal["", "past", "future"] = ""
    proven: bool = False
    choices: tuple[tuple[str, Said], ...] = ()


@dataclass(frozen=True, slots=True)
class Call:
    """One HTTP call. `saves` names what is kept of a JSON answer, by the path to it."""

    method: str
    url: str
    query: tuple[tuple[str, str], ...] = ()
    headers: tuple[tuple[str, str], ...] = ()
    json: Any = None
    form: tuple[tuple[str, str], ...] = ()
    timeout: float = 8.0
    ok: tuple[int, ...] = (200, 201, 202, 204)
    saves: tuple[tuple[str, tuple[str, ...]], ...] = ()
    verified: bool = False
    waiting: Said | None = None
    failed: Said | None = None


@dataclass(frozen=True, slots=True)
class Step:
    """One step: exactly one of `say`, `ask`, `call`, `hours`, `person`; skipped unless all of `when` holds."""

    kind: Literal["say", "ask", "call", "hours", "person"]
    line: int
    when: tuple[tuple[str, tuple[str, ...]], ...] = ()
    say: Said | None = None
    ask: Ask | None = None
    call: Call | None = None
    end: bool = False

    @property
    def label(self) -> str:
        """What the timeline calls it: the slot, the host, or its kind."""
        if self.ask is not None:
            return self.ask.key
        return self.kind


@dataclass(frozen=True, slots=True)
class Flow:
    """A flow that holds good."""

    name: str
    steps: tuple[Step, ...]
    button: Said | None = None
    examples: tuple[tuple[str, tuple[str, ...]], ...] = ()
    secrets: tuple[str, ...] = ()

    @property
    def needs_verified(self) -> bool:
        """Whether a customer who has proved nothing could never come to its end."""
        return any(step.call is not None and step.call.verified and not step.when for step in self.steps)

    def examples_in(self, locale: str) -> tuple[str, ...]:
        return dict(self.examples).get(locale[:2], ())


@dataclass(frozen=True, slots=True)
class State:
    """Where a run of a flow stands. `stage` offering: a person is offered, after a call failed."""

    step: int = 0
    stage: Literal["running", "asking", "calling", "offering", "ended"] = "running"
    values: Mapping[str, str] = field(default_factory=dict)
    tries: int = 0
