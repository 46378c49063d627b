"""Reads a stage model from what a YAML file or a form gives, and says in sentences everything that is wrong with it."""

from __future__ import annotations

import difflib
import json
import re
from collections import Counter
from collections.abc import Iterable, Mapping
from functools import lru_cache
from typing import Any, cast

import yaml

from desk.facts import Condition, ConditionError, Shelf, Shelved, shelf_of
from desk.lifecycle.definition import Definition, ModelError, Rule, Stage, StageKind

KEY = re.compile(r"[a-z][a-z0-9_]{0,59}\Z")
LARGEST_FILE = 256 * 1024
DEEPEST_FILE = 10
MOST_STAGES, MOST_RULES = 40, 200
_MODEL = (
    "key",
    "version",
    "name",
    "names",
    "description",
    "rank",
    "applies",
    "entry",
    "review_every_days",
    "stages",
    "rules",
)
_STAGE = (
    "key",
    "name",
    "names",
    "kind",
    "order",
    "criteria",
    "goals",
    "owner",
    "touchpoints",
    "measures",
    "expected_days",
)
_RULE = ("key", "name", "names", "from", "to", "when", "priority", "min_days_in_stage")
_KINDS = ("forward", "lapsed", "exit")


def read(given: Any, shelf: Shelf | None = None) -> Definition:
    """A checked Definition from nested dicts and lists; its rules can name the segments of `shelf`. Raises ModelError
    with every problem that it finds."""
    return _Reader(shelf).model(given)


def read_yaml(text: str, shelf: Shelf | None = None) -> Definition:
    """The same from a YAML file's text. Raises ModelError."""
    return read(load_yaml(text), shelf)


def load_yaml(text: str) -> Any:
    """A YAML file as plain values. Refuses what only makes a small file large. Raises ModelError."""
    if len(text) > LARGEST_FILE:
        raise ModelError([f"The file has more than {LARGEST_FILE // 1024} KB, which no stage model needs."])
    try:
        _refuse_tricks(text)
        return yaml.safe_load(text)
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        where = f" in line {mark.line + 1}" if mark else ""
        raise ModelError([f"This is no YAML file{where}: {getattr(error, 'problem', None) or error}."]) from error


def _refuse_tricks(text: str) -> None:
    """Stops at what makes a small file large or slow to read: references, and deep nesting."""
    depth = 0
    for event in yaml.parse(text, Loader=yaml.SafeLoader):
        if isinstance(event, yaml.AliasEvent):
            raise ModelError(["References (& and *) are not taken in a stage model: write the text out."])
        depth += isinstance(event, yaml.CollectionStartEvent) - isinstance(event, yaml.CollectionEndEvent)
        if depth > DEEPEST_FILE:
            raise ModelError(["This file is nested too deeply for a stage model."])


def dump_yaml(definition: Definition) -> str:
    """The YAML file of a model; reads back as itself."""
    return yaml.safe_dump(definition.as_json(kept=False), allow_unicode=True, sort_keys=False, width=110)


def stored(definition: Mapping[str, Any], shelf: Shelf | None = None) -> Definition:
    """A Definition from a stage_models row. Conditions are read once for each content; without a `shelf` those that
    name a segment can be shown but not asked."""
    text = json.dumps(definition, sort_keys=True)
    return _stored(text, shelf.rows if shelf is not None and names_segments(definition) else None)


def names_segments(definition: Mapping[str, Any]) -> bool:
    """Whether a rule of a stage_models row names a segment."""
    return any("segment #" in rule.get("when", "") for rule in definition.get("rules", ()))


@lru_cache(maxsize=64)
def _stored(text: str, rows: tuple[Shelved, ...] | None) -> Definition:
    return read(json.loads(text), None if rows is None else shelf_of(rows, lenient=True))


class _Reader:
    def __init__(self, shelf: Shelf | None = None) -> None:
        self.problems: list[str] = []
        self.shelf = shelf

    def model(self, given: Any) -> Definition:
        if not isinstance(given, Mapping):
            raise ModelError(["A stage model is a list of fields such as key, name, entry, stages and rules."])
        where = "The model"
        self.fields(given, _MODEL, where)
        stages = self.stages(given.get("stages"))
        keys = [stage.key for stage in stages]
        definition = Definition(
            key=self.key(given, where),
            name=self.text(given, "name", where, required=True, longest=120),
            names=self.names(given, where),
            description=self.text(given, "description", where),
            rank=int(self.number(given, "rank", where, 0, whole=True)),
            applies=self.condition(given.get("applies"), "who the model is for (applies)")
            if given.get("applies")
            else None,
            entry=self.text(given, "entry", where),
            stages=tuple(stages),
            rules=tuple(self.rules(given.get("rules"), keys)),
            review_every_days=int(self.number(given, "review_every_days", where, 182, low=1, high=3650, whole=True)),
        )
        self.whole(definition, keys)
        if self.problems:
            raise ModelError(self.problems)
        return definition

    def whole(self, definition: Definition, keys: list[str]) -> None:
        """What only the whole model shows."""
        if not definition.entry:
            self.say("The model has no entry: name the stage in which a new customer starts (entry).")
        elif keys and definition.entry not in keys:
            self.say(f"The entry “{definition.entry}” is no stage of this model.{_meant(definition.entry, keys)}")
        if definition.applies:
            for name in definition.applies.segments.values():
                self.say(
                    f"Who the model is for may only depend on attributes, not on the segment “{name}”: a segment can "
                    f"come to ask for something else."
                )
            for name in sorted(definition.applies.names):
                if not name.startswith("attribute."):
                    self.say(
                        f"Who the model is for may only depend on attributes, and {name} is none: "
                        f"a customer would change models with each answer."
                    )
        self.twice("stage", keys)
        self.twice("rule", [rule.key for rule in definition.rules])
        for number, one in enumerate(definition.rules):
            for other in definition.rules[number + 1 :]:
                if (
                    one.when == other.when
                    and one.starts_in(other.to)
                    and other.starts_in(one.to)
                    and one.to != other.to
                ):
                    self.say(
                        f"The rules “{one.name}” and “{other.name}” have the same condition and lead back and forth: "
                        f"a customer would never come to rest."
                    )

    def stages(self, given: Any) -> list[Stage]:
        if not isinstance(given, list) or not given:
            self.say("The model has no stages.")
            return []
        if len(given) > MOST_STAGES:
            self.say(f"The model has {len(given)} stages; {MOST_STAGES} is the most.")
            return []
        stages = []
        for place, one in enumerate(given, 1):
            if not isinstance(one, Mapping):
                self.say(f"Stage {place} is no list of fields such as key, name and criteria.")
                continue
            where = f"Stage “{one.get('key', place)}”"
            self.fields(one, _STAGE, where)
            kind = one.get("kind", "forward")
            if kind not in _KINDS:
                self.say(f"{where} has the kind “{kind}”; there are forward, lapsed and exit.")
            criteria = self.text(one, "criteria", where)
            if not criteria:
                self.say(f"{where} has no criteria: write down when a customer belongs there.")
            expected = self.number(one, "expected_days", where, 0, low=0, high=36_500)
            stages.append(
                Stage(
                    key=self.key(one, where),
                    name=self.text(one, "name", where, required=True, longest=60),
                    names=self.names(one, where),
                    kind=cast(StageKind, kind),
                    order=self.number(one, "order", where, place),
                    criteria=criteria,
                    goals=self.lines(one, "goals", where),
                    owner=self.text(one, "owner", where, longest=120),
                    touchpoints=self.lines(one, "touchpoints", where),
                    measures=self.lines(one, "measures", where),
                    expected_days=expected or None,
                )
            )
        return stages

    def rules(self, given: Any, stages: list[str]) -> list[Rule]:
        if given in (None, []):
            return []
        if not isinstance(given, list):
            self.say("The rules are no list.")
            return []
        if len(given) > MOST_RULES:
            self.say(f"The model has {len(given)} rules; {MOST_RULES} is the most.")
            return []
        rules = []
        for place, one in enumerate(given, 1):
            if not isinstance(one, Mapping):
                self.say(f"Rule {place} is no list of fields such as key, name, from, to and when.")
                continue
            where = f"Rule “{one.get('key', place)}”"
            self.fields(one, _RULE, where)
            sources, to = self.sources(one, where, stages), self.text(one, "to", where)
            if not to:
                self.say(f"{where} leads nowhere: name a stage (to).")
            elif to not in stages:
                self.say(f"{where} leads to “{to}”, which is no stage of this model.{_meant(to, stages)}")
            elif to in sources:
                self.say(f"{where} leads from “{to}” to itself.")
            condition = self.condition(one.get("when"), f"rule “{one.get('key', place)}” (when)")
            if condition is None:
                continue
            rules.append(
                Rule(
                    key=self.key(one, where),
                    name=self.text(one, "name", where, required=True, longest=120),
                    names=self.names(one, where),
                    sources=sources,
                    to=to,
                    when=condition,
                    priority=int(self.number(one, "priority", where, 100, low=0, high=10_000, whole=True)),
                    min_days_in_stage=self.number(one, "min_days_in_stage", where, 0, low=0, high=3650),
                )
            )
        return rules

    def sources(self, rule: Mapping[str, Any], where: str, stages: list[str]) -> tuple[str, ...]:
        given = rule.get("from")
        if given == "any":
            return ()
        listed: list[Any] = given if isinstance(given, list) else [given]
        if not listed or not all(isinstance(one, str) and one for one in listed):
            self.say(f"{where} starts nowhere: name a stage, several, or any (from).")
            return ()
        for one in listed:
            if one not in stages:
                self.say(f"{where} starts in “{one}”, which is no stage of this model.{_meant(one, stages)}")
        return tuple(dict.fromkeys(listed))

    # -- single fields

    def say(self, sentence: str) -> None:
        self.problems.append(sentence)

    def fields(self, given: Mapping[str, Any], known: tuple[str, ...], where: str) -> None:
        for name in given:
            if name not in known:
                self.say(f"{where} has a field “{name}” that means nothing.{_meant(str(name), known)}")

    def twice(self, what: str, keys: list[str]) -> None:
        for key, times in Counter(keys).items():
            if times > 1:
                self.say(f"There are {times} {what}s with the key “{key}”.")

    def key(self, given: Mapping[str, Any], where: str) -> str:
        value = given.get("key")
        if not isinstance(value, str) or not KEY.match(value):
            self.say(f"{where} needs a key of lower-case letters, digits and _, such as “won_back”.")
            return ""
        return value

    def text(
        self, given: Mapping[str, Any], name: str, where: str, *, required: bool = False, longest: int = 4000
    ) -> str:
        value = given.get(name)
        if value is None:
            value = ""
        if not isinstance(value, str):
            self.say(f"{where}: the {name} is no text.")
            return ""
        if required and not value.strip():
            self.say(f"{where} has no {name}.")
        if len(value) > longest:
            self.say(f"{where}: the {name} has {len(value)} characters; {longest} is the most.")
        return value.strip()

    def lines(self, given: Mapping[str, Any], name: str, where: str) -> tuple[str, ...]:
        value = given.get(name) or []
        if not isinstance(value, list) or not all(isinstance(one, str) for one in value) or len(value) > 50:
            self.say(f"{where}: the {name} are no list of texts.")
            return ()
        return tuple(one.strip() for one in value if one.strip())

    def names(self, given: Mapping[str, Any], where: str) -> dict[str, str]:
        value = given.get("names") or {}
        fits = isinstance(value, Mapping) and all(
            isinstance(locale, str) and isinstance(name, str) and len(locale) <= 16 and len(name) <= 120
            for locale, name in value.items()
        )
        if not fits:
            self.say(f"{where}: the names are no list of languages with a name each.")
            return {}
        return {locale.lower(): name.strip() for locale, name in value.items() if name.strip()}

    def number(
        self,
        given: Mapping[str, Any],
        name: str,
        where: str,
        default: float,
        *,
        low: float = -10_000,
        high: float = 10_000,
        whole: bool = False,
    ) -> float:
        value = given.get(name, default)
        fits = isinstance(value, (int, float)) and not isinstance(value, bool) and low <= value <= high
        if not fits or (whole and value != int(value)):
            self.say(f"{where}: the {name} is no {'whole ' if whole else ''}number from {low:g} to {high:g}.")
            return default
        return float(value)

    def condition(self, given: Any, what: str) -> Condition | None:
        if not isinstance(given, str):
            self.say(f"The condition of {what} is missing.")
            return None
        try:
            return Condition.parse(given) if self.shelf is None else Condition.parse(given, self.shelf)
        except ConditionError as error:
            self.say(f"The condition of {what}: {error}")
            return None


def _meant(name: str, known: Iterable[str]) -> str:
    close = difflib.get_close_matches(name, list(known), n=1, cutoff=0.6)
    return f" Did you mean “{close[0]}”?" if close else ""
