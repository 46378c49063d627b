"""A stage model in memory: frozen, checked, and the same in YAML, in the database and here."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, Literal

from desk.facts import Condition

StageKind = Literal["forward", "lapsed", "exit"]
Direction = Literal["enter", "forward", "backward", "sideways"]


class ModelError(ValueError):
    """A stage model that cannot be used; `problems` are sentences for who wrote it."""

    def __init__(self, problems: list[str]) -> None:
        super().__init__(" ".join(problems))
        self.problems = problems


@dataclass(frozen=True)
class Named:
    """Something with a key and a name; `names` are its translations, by language."""

    key: str
    name: str
    names: dict[str, str] = field(default_factory=dict, compare=False)

    def name_in(self, locale: str) -> str:
        """The name in a language, or as it was written."""
        return self.names.get(locale.replace("_", "-").split("-")[0].lower(), self.name)


@dataclass(frozen=True)
class Stage(Named):
    """Where a customer can stand. `order` says how far along it is: several may be equally far. `kind`: forward, lapsed
    (gone quiet, may come back) or exit (left). `expected_days` is how long people usually stay."""

    kind: StageKind = "forward"
    order: float = 0
    criteria: str = ""
    goals: tuple[str, ...] = ()
    owner: str = ""
    touchpoints: tuple[str, ...] = ()
    measures: tuple[str, ...] = ()
    expected_days: float | None = None


@dataclass(frozen=True)
class Rule(Named):
    """What moves a customer. `sources` are stage keys, empty for any. Of several rules that hold, the one with the
    lowest `priority` counts, then the one written first."""

    sources: tuple[str, ...] = ()
    to: str = ""
    when: Condition = field(default_factory=lambda: Condition.parse("stage is known"))
    priority: int = 100
    min_days_in_stage: float = 0

    def starts_in(self, stage: str) -> bool:
        return stage != self.to and (not self.sources or stage in self.sources)


@dataclass(frozen=True)
class Definition(Named):
    """One version's content. `applies` looks at attributes only: it says who follows this model; without one, everybody
    whom no model of a lower `rank` claims."""

    description: str = ""
    rank: int = 0
    applies: Condition | None = None
    entry: str = ""
    stages: tuple[Stage, ...] = ()
    rules: tuple[Rule, ...] = ()
    review_every_days: int = 182

    @cached_property
    def by_key(self) -> dict[str, Stage]:
        return {stage.key: stage for stage in self.stages}

    @cached_property
    def _rules_of(self) -> dict[str, tuple[Rule, ...]]:
        placed = sorted(enumerate(self.rules), key=lambda numbered: (numbered[1].priority, numbered[0]))
        return {stage.key: tuple(rule for _, rule in placed if rule.starts_in(stage.key)) for stage in self.stages}

    @cached_property
    def fact_names(self) -> frozenset[str]:
        """The facts that any of its conditions looks at."""
        names = {"stage"}
        for condition in [rule.when for rule in self.rules] + ([self.applies] if self.applies else []):
            names |= condition.names
        return frozenset(names)

    def rules_from(self, stage: str) -> tuple[Rule, ...]:
        """The rules that can move a customer out of a stage, in the order in which they are asked."""
        return self._rules_of.get(stage, ())

    def stage_name(self, key: str) -> str:
        stage = self.by_key.get(key)
        return stage.name if stage else key

    def direction(self, before: str | None, after: str) -> Direction:
        """Whether a move brings a customer nearer. Lapsing and leaving is backward, coming back from there forward."""
        if before is None or before not in self.by_key:
            return "enter"
        old, new = self.by_key[before], self.by_key[after]
        gone_before, gone_after = old.kind != "forward", new.kind != "forward"
        if gone_before != gone_after:
            return "backward" if gone_after else "forward"
        if old.order == new.order:
            return "sideways"
        return "forward" if new.order > old.order else "backward"

    @cached_property
    def segments(self) -> dict[int, str]:
        """The segments that its conditions name, by number, with their names."""
        return {number: name for rule in self.rules for number, name in rule.when.segments.items()}

    def as_json(self, *, kept: bool = True) -> dict[str, Any]:
        """What `reading.read` takes. In the database it is `kept`, with segments by their numbers; in a YAML file they
        stand by their names. Empty fields are left out."""

        def text(condition: Condition) -> str:
            return condition.kept if kept else str(condition)

        return _full(
            {
                "key": self.key,
                "name": self.name,
                "names": self.names,
                "description": self.description,
                "rank": self.rank,
                "applies": text(self.applies) if self.applies else None,
                "entry": self.entry,
                "review_every_days": self.review_every_days,
                "stages": [
                    _full(
                        {
                            "key": stage.key,
                            "name": stage.name,
                            "names": stage.names,
                            "kind": stage.kind,
                            "order": stage.order,
                            "criteria": stage.criteria,
                            "goals": list(stage.goals),
                            "owner": stage.owner,
                            "touchpoints": list(stage.touchpoints),
                            "measures": list(stage.measures),
                            "expected_days": stage.expected_days,
                        }
                    )
                    for stage in self.stages
                ],
                "rules": [
                    _full(
                        {
                            "key": rule.key,
                            "name": rule.name,
                            "names": rule.names,
                            "from": list(rule.sources) or "any",
                            "to": rule.to,
                            "when": text(rule.when),
                            "priority": rule.priority,
                            "min_days_in_stage": rule.min_days_in_stage or None,
                        }
                    )
                    for rule in self.rules
                ],
            }
        )


def _full(values: dict[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in values.items() if value not in (None, "", [], {})}
