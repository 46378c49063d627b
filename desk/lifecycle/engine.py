"""Walks a customer through stage models along the time of their facts: pure, so that a replay gives the same moves.

It stops at each moment at which a rule's answer may change, and there asks which model applies and then the rules of
the stage, by priority. Moves may follow each other at one moment, but never back to a stage of that moment, and never
by the same rule twice. A rule that held, and was not followed for that reason, rests: it moves the customer only after
it has been untrue. So two rules that both hold cannot toss a customer back and forth.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta

from desk.facts import Evidence, FactView, Known
from desk.lifecycle.definition import Definition, Direction, Rule

TICK = timedelta(microseconds=1)
FARTHEST_LOOKS = 200  # moments of the future that are tried before we say: look again then
_AFTER_ALL = datetime.max.replace(tzinfo=UTC)  # stages of this walk overrule those on record for the same moment


@dataclass(frozen=True)
class Standing:
    """Where a customer stands. `rested` are the rules that rested when they came in, `resting` those that still do."""

    model: str
    stage: str
    since: datetime
    rested: frozenset[str] = frozenset()
    resting: frozenset[str] = frozenset()


@dataclass(frozen=True)
class Move:
    """One step of a walk. `rule` is None where the customer came into the model."""

    model: Definition
    before: str | None
    after: str
    rule: Rule | None
    direction: Direction
    held_at: datetime
    evidence: tuple[Evidence, ...] = ()


@dataclass(frozen=True)
class Walk:
    """What a walk led to. `due` is when time alone would change it (or when to look again); None for never."""

    moves: tuple[Move, ...]
    standing: Standing | None
    due: datetime | None


def walk(
    models: Sequence[Definition], view: FactView, standing: Standing | None, start: datetime, until: datetime
) -> Walk:
    """Follows the facts of `view` from `start` to `until`. `models` stand in the order in which they claim people."""
    walker = _Walker(models, view, standing)
    moves = list(walker.settle(start))
    moment: datetime | None = start
    while moment is not None:
        moment = None
        for at in walker.moments(walker.at, until):
            stepped = list(walker.settle(at))
            if stepped:
                moves.extend(stepped)
                moment = at  # another stage has other rules: ask for its moments
                break
    reached, due = walker.standing, walker.next_change(until)
    return Walk(tuple(moves), reached, due)


def holding(model: Definition, stage: str, view: FactView, at: datetime) -> frozenset[str]:
    """The rules of a stage whose conditions hold already: what a move by hand puts to rest."""
    return frozenset(rule.key for rule in model.rules_from(stage) if rule.when.holds(view, at))


def claims(models: Sequence[Definition], view: FactView, at: datetime) -> Definition | None:
    """The model that a customer follows: the first whose condition holds."""
    for model in models:
        if model.applies is None or model.applies.holds(view, at):
            return model
    return None


class _Walker:
    def __init__(self, models: Sequence[Definition], view: FactView, standing: Standing | None) -> None:
        self.models = models
        self.view = view
        self.standing = standing
        self.at: datetime | None = None
        self._made = 0

    def settle(self, at: datetime) -> Iterator[Move]:
        """Every move that is due at this moment."""
        self.at = at
        visited = {self.standing.stage} if self.standing else set()
        used: set[str] = set()
        model = claims(self.models, self.view, at)
        if model is None:
            return
        standing = self.standing
        if standing is None or standing.model != model.key or standing.stage not in model.by_key:
            yield self._enter(model, standing, at)
            visited = {model.entry}
        while (rule := self._next_rule(model, at, visited, used)) is not None:
            assert self.standing is not None
            left = self.standing.stage
            evidence = rule.when.evaluate(self.view, at).evidence
            self._stand(model, rule.to, at)
            visited.add(rule.to)
            used.add(rule.key)
            yield Move(model, left, rule.to, rule, model.direction(left, rule.to), at, evidence)
            self._rest(model, at, visited, used)

    def _next_rule(self, model: Definition, at: datetime, visited: set[str], used: set[str]) -> Rule | None:
        """The first rule that moves the customer now; wakes those that have become untrue."""
        standing = self.standing
        assert standing is not None
        awake = {
            rule.key
            for rule in model.rules_from(standing.stage)
            if rule.key in standing.resting and not rule.when.holds(self.view, at)
        }
        if awake:
            standing = self.standing = replace(standing, resting=standing.resting - awake)
        for rule in model.rules_from(standing.stage):
            if rule.key in standing.resting or rule.key in used or rule.to in visited:
                continue
            if rule.min_days_in_stage and at - standing.since < timedelta(days=rule.min_days_in_stage):
                continue
            if rule.when.holds(self.view, at):
                return rule
        return None

    def _enter(self, model: Definition, standing: Standing | None, at: datetime) -> Move:
        """Into a model, at its entry. The reason is what made this model apply, or the one before no longer."""
        reasons = [model.applies] if model.applies else []
        if standing is not None and not reasons:
            reasons = [one.applies for one in self.models if one.key == standing.model and one.applies]
        evidence = tuple(one for reason in reasons for one in reason.evaluate(self.view, at).evidence)
        self._stand(model, model.entry, at)
        return Move(model, standing.stage if standing else None, model.entry, None, "enter", at, evidence)

    def _stand(self, model: Definition, stage: str, at: datetime) -> None:
        self.standing = Standing(model.key, stage, at)
        self._made += 1
        self.view = self.view.plus(Known("stage", stage, at, _AFTER_ALL, self._made))

    def _rest(self, model: Definition, at: datetime, visited: set[str], used: set[str]) -> None:
        """Puts to rest what holds and would lead back to where the customer came from at this moment."""
        assert self.standing is not None
        back = frozenset(
            rule.key
            for rule in model.rules_from(self.standing.stage)
            if (rule.to in visited or rule.key in used) and rule.when.holds(self.view, at)
        )
        self.standing = replace(self.standing, rested=back, resting=back)

    def moments(self, after: datetime | None, until: datetime | None) -> list[datetime]:
        """When something may change for a customer who stands here, in order."""
        assert after is not None
        found: set[datetime] = set()
        for model in self.models:
            if model.applies is not None:
                found |= model.applies.moments(self.view, after)
        standing = self.standing
        own = next((one for one in self.models if standing and one.key == standing.model), None)
        if standing is not None and own is not None:
            for rule in own.rules_from(standing.stage):
                found |= rule.when.moments(self.view, after)
                if rule.min_days_in_stage:
                    found.add(standing.since + timedelta(days=rule.min_days_in_stage))
        return sorted(moment for moment in found if moment > after and (until is None or moment <= until))

    def next_change(self, until: datetime) -> datetime | None:
        """When time alone would move the customer next. Leaves the walker in the future: ask this last."""
        standing = self.standing
        ahead = self.moments(until, None)
        for number, moment in enumerate(ahead):
            if number >= FARTHEST_LOOKS:
                return moment
            if next(self.settle(moment), None) is not None:
                self.standing = standing
                return moment
        return None
