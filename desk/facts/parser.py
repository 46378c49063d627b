"""Reads a condition: from “not” (binds closest) over “and” and “or” to “unless” (binds least)."""

from __future__ import annotations

from typing import Protocol

from desk.facts import checks
from desk.facts.catalog import find
from desk.facts.errors import ConditionError
from desk.facts.syntax import (
    FUNCTIONS,
    UNITS,
    All,
    Among,
    AnyOf,
    Compare,
    Elapsed,
    InSegment,
    InStage,
    IsKnown,
    Latest,
    Literal_,
    Measure,
    Node,
    Not,
    Operand,
    Span,
    Unless,
    Window,
)
from desk.facts.tokens import Token, cut

DEEPEST = 20
LONGEST_SPAN_DAYS = 36_500
_COMPARISONS = ("=", "!=", "<", "<=", ">", ">=")
_FLAGS = {"true": True, "yes": True, "false": False, "no": False}
_RESERVED = frozenset(
    (*_FLAGS, "and", "or", "not", "unless", "is", "in", "contains", "known", "unknown", "since", "until", "first")
)
_PHRASES = {("at", "least"): ">=", ("at", "most"): "<=", ("more", "than"): ">", ("less", "than"): "<"}
_UNIT_WORDS = {unit: unit for unit in UNITS} | {f"{unit}s": unit for unit in UNITS}


class Segments(Protocol):
    """Whoever knows the saved segments; desk.facts.shelf has the one of a whole desk."""

    def by_name(self, name: str, at: int) -> InSegment:
        """Raises ConditionError for a name that no segment has."""

    def by_number(self, number: int, at: int) -> InSegment:
        """By the number under which a reference is kept. May raise ConditionError."""


class _Nowhere:
    """Where no segments are known: a name means nothing, and a number stays one."""

    def by_name(self, name: str, at: int) -> InSegment:
        raise ConditionError(f"No segment can be named here, “{name}” neither.", at)

    def by_number(self, number: int, at: int) -> InSegment:
        return InSegment(number, "", known=False)


NOWHERE: Segments = _Nowhere()


def parse(text: str, segments: Segments = NOWHERE) -> Node:
    """The condition as a tree. Raises ConditionError with a sentence and the place."""
    return _Parser(cut(text), segments).whole()


def canonical(node: Node) -> Node:
    """The same condition as the parser would build it: no All within All, no AnyOf within AnyOf."""
    if isinstance(node, Not):
        return Not(canonical(node.part))
    if isinstance(node, Unless):
        return Unless(canonical(node.main), canonical(node.exception))
    if isinstance(node, (All, AnyOf)):
        return _joined(type(node), [canonical(part) for part in node.parts])
    return node


def _joined(kind: type[All] | type[AnyOf], parts: list[Node]) -> Node:
    flat: list[Node] = []
    for part in parts:
        if isinstance(part, kind):
            flat.extend(part.parts)
        else:
            flat.append(part)
    return flat[0] if len(flat) == 1 else kind(tuple(flat))


class _Parser:
    def __init__(self, tokens: list[Token], segments: Segments) -> None:
        self._tokens = tokens
        self._segments = segments
        self._next = 0
        self._depth = 0

    # -- moving along

    @property
    def _now(self) -> Token:
        return self._tokens[self._next]

    def _take(self) -> Token:
        token = self._now
        if token.kind != "end":
            self._next += 1
        return token

    def _is(self, *texts: str) -> bool:
        """Whether the next tokens are these words or signs."""
        ahead = self._tokens[self._next : self._next + len(texts)]
        return len(ahead) == len(texts) and all(
            token.kind in ("word", "sign") and token.text == text for token, text in zip(ahead, texts, strict=True)
        )

    def _if(self, *texts: str) -> bool:
        if self._is(*texts):
            self._next += len(texts)
            return True
        return False

    def _deeper(self) -> None:
        self._depth += 1
        if self._depth > DEEPEST:
            raise ConditionError(f"More than {DEEPEST} levels of parentheses: make several rules of it.", self._now.at)

    # -- the grammar, from the loosest binding to the closest

    def whole(self) -> Node:
        if self._now.kind == "end":
            raise ConditionError("The condition is empty. Write something like “csat <= 2”.", 0)
        node = self._unless()
        token = self._now
        if token.kind == "end":
            return node
        if self._is(")"):
            raise ConditionError("This closing parenthesis has no opening one.", token.at)
        if token.kind == "sign" and token.text in _COMPARISONS:
            raise ConditionError("A comparison has two sides. Join two comparisons with “and”.", token.at)
        raise ConditionError(
            f"“{token.raw}” was not expected here. Join conditions with “and”, “or” or “unless”.", token.at
        )

    def _unless(self) -> Node:
        node = self._or()
        while self._if("unless"):
            node = Unless(node, self._or())
        return node

    def _or(self) -> Node:
        parts = [self._and()]
        while self._if("or"):
            parts.append(self._and())
        return _joined(AnyOf, parts)

    def _and(self) -> Node:
        parts = [self._not()]
        while self._if("and"):
            parts.append(self._not())
        return _joined(All, parts)

    def _not(self) -> Node:
        if not self._is("not"):
            return self._primary()
        self._take()
        self._deeper()
        node = Not(self._not())
        self._depth -= 1
        return node

    def _primary(self) -> Node:
        opening = self._now
        if not self._if("("):
            return self._comparison()
        self._deeper()
        if self._is(")"):
            raise ConditionError("There is nothing between these parentheses.", opening.at)
        node = self._unless()
        if not self._if(")"):
            if self._now.kind == "end":
                raise ConditionError("This parenthesis is never closed.", opening.at)
            raise ConditionError(
                f"“{self._now.raw}” was not expected here: a “)”, “and”, “or” or “unless” was.", self._now.at
            )
        self._depth -= 1
        return node

    def _segment(self) -> InSegment:
        """`segment "VIP"`, or the number under which that is kept."""
        token = self._take()
        if token.kind == "text":
            return self._segments.by_name(token.text, token.at)
        if token.kind == "sign" and token.text == "#":
            number = self._take()
            if number.kind == "number" and number.text.isdigit():
                return self._segments.by_number(int(number.text), token.at)
        if token.kind == "word" and token.text not in _RESERVED:
            raise ConditionError(f'Put the name of a segment in quotes: segment "{token.raw}".', token.at)
        raise ConditionError('After “segment” comes the name of one in quotes, such as segment "VIP".', token.at)

    def _comparison(self) -> Node:
        if self._if("segment") or self._if("in", "segment"):
            return self._segment()
        start = self._now
        left = self._operand()
        token = self._now
        if token.kind == "sign" and token.text in _COMPARISONS:
            self._take()
            return self._compared(left, token.text)
        if self._if("contains"):
            return self._compared(left, "contains")
        if self._if("not", "in") or self._if("is", "not", "in"):
            return self._among(left, negated=True)
        if self._if("in") or self._if("is", "in"):
            return self._among(left, negated=False)
        for words, negated in ((("is", "known"), False), (("is", "unknown"), True), (("is", "not", "known"), True)):
            if self._if(*words):
                checks.check_known(left, start.at)
                return IsKnown(left, negated)
        for (one, two), op in _PHRASES.items():
            if self._if("is", one, two) or self._if(one, two):
                return self._compared(left, op)
        if self._if("is", "not"):
            return self._compared(left, "!=")
        if self._if("is"):
            return self._compared(left, "=")
        if isinstance(left, Latest):
            fact = checks.known_fact(left.name, start.at)
            how = f"{left.name} is known" if fact.valued else f"count({left.name}) >= 1"
            raise ConditionError(
                f"“{left}” alone is no condition: compare it with something, or write “{how}”.", start.at
            )
        raise ConditionError(f"“{left}” has to be compared with a number, such as “{left} >= 3”.", token.at)

    def _compared(self, left: Operand, op: str) -> Node:
        token = self._now
        right = self._right_side(left)
        checks.check_compare(left, op, right, token.at)
        if isinstance(left, Elapsed) and isinstance(right, float):
            self._check_length(right, left.unit, token.at)
        return Compare(left, op, right)

    def _right_side(self, left: Operand) -> Literal_ | Operand:
        token = self._now
        if token.kind == "word" and token.text not in _FLAGS and token.text not in _RESERVED:
            function = token.text in FUNCTIONS and self._tokens[self._next + 1].text == "("
            if not function and token.text not in _UNIT_WORDS and "." not in token.text and not _is_fact(token.text):
                raise ConditionError(f'Put words in quotes: “{left} is "{token.raw}"”.', token.at)
            return self._operand()
        return self._literal(f"“{left}” has nothing to be compared with.")

    def _literal(self, missing: str) -> Literal_:
        token = self._now
        if token.kind == "number":
            return float(self._take().text)
        if token.kind == "text":
            return self._take().text
        if token.kind == "word" and token.text in _FLAGS:
            return _FLAGS[self._take().text]
        if token.kind == "word" and token.text not in _RESERVED:
            raise ConditionError(f'Put words in quotes: "{token.raw}".', token.at)
        raise ConditionError(missing, token.at)

    def _among(self, left: Operand, *, negated: bool) -> Node:
        opening = self._now
        if not self._if("("):
            raise ConditionError('After “in” comes a list in parentheses, such as ("SE", "NO").', opening.at)
        options: list[Literal_] = []
        places: list[int] = []
        while True:
            places.append(self._now.at)
            options.append(self._literal("The list needs a value here."))
            if self._if(")"):
                break
            if not self._if(","):
                if self._now.kind == "end":
                    raise ConditionError("This list is never closed.", opening.at)
                raise ConditionError("Between the values of a list stand commas.", self._now.at)
        checks.check_among(left, tuple(options), places)
        return Among(left, tuple(options), negated)

    # -- operands

    def _operand(self) -> Operand:
        token = self._take()
        if token.kind in ("number", "text"):
            raise ConditionError(f"Put the fact first and {token.raw} after it, such as “csat <= 2”.", token.at)
        if token.kind != "word" or token.text in _RESERVED:
            before = self._tokens[self._next - 2] if self._next >= 2 else None
            after = f" after “{before.raw}”" if before is not None else ""
            if token.kind == "end":
                last = self._tokens[self._next - 1]
                raise ConditionError(f"The condition stops after “{last.raw}”: something is missing.", token.at)
            raise ConditionError(f"A fact was expected{after}, not “{token.raw}”.", token.at)
        if token.text in _UNIT_WORDS:
            return self._elapsed(token)
        if token.text in FUNCTIONS and self._is("("):
            return self._measure(token)
        if self._is("("):
            raise ConditionError(
                f"There is no function called “{token.raw}”. "
                f"There are {', '.join(FUNCTIONS[:-1])} and {FUNCTIONS[-1]}.",
                token.at,
            )
        checks.known_fact(token.text, token.at)
        return Latest(token.text)

    def _elapsed(self, unit: Token) -> Elapsed:
        word = _UNIT_WORDS[unit.text]
        if self._if("in", "stage"):
            return Elapsed(word, "stage")
        until = self._is("until")
        if not until and not self._is("since"):
            raise ConditionError(
                f"After “{unit.raw}” comes “since” and a fact, or “in stage”: “{unit.raw} since order.placed > 30”.",
                unit.at,
            )
        self._take()
        first = self._if("first")
        if not first and self._is("last") and self._tokens[self._next + 1].kind == "word":
            self._take()  # “days since last order.placed” says the same
        name = self._fact_name(f"“{unit.raw} {'until' if until else 'since'}” needs a fact.")
        fact = checks.known_fact(name.text, name.at)
        if until and fact.kind not in ("time", "any"):
            raise ConditionError(
                f"{name.text} is no date, so there is no “until”. Write “{unit.raw} since {name.text}”.", name.at
            )
        if until and first:
            raise ConditionError("“until” takes a date, not the first of several.", name.at)
        return Elapsed(word, name.text, first, until)

    def _measure(self, function: Token) -> Measure:
        opening = self._take()
        name = self._fact_name(f"“{function.raw}” needs a fact in its parentheses.")
        fact = checks.known_fact(name.text, name.at)
        op, keep = "", None
        if not self._is(",") and not self._is(")"):
            op, keep = self._filter(name, opening)
        window = self._window() if self._if(",") else None
        if not self._if(")"):
            if self._now.kind == "end":
                raise ConditionError("This parenthesis is never closed.", opening.at)
            raise ConditionError(f"“{self._now.raw}” was not expected here: a “)” was.", self._now.at)
        measure = Measure(function.text, name.text, window, op, keep)
        checks.check_measure(measure, fact, name.at)
        return measure

    def _filter(self, name: Token, opening: Token) -> tuple[str, Literal_]:
        """`<= 2` of “count(csat <= 2, 90 days)”."""
        token = self._now
        if token.kind == "sign" and token.text in _COMPARISONS:
            op = self._take().text
        elif self._if("is", "not"):
            op = "!="
        elif self._if("is"):
            op = "="
        elif self._if("contains"):
            op = "contains"
        elif token.kind == "end":
            raise ConditionError("This parenthesis is never closed.", opening.at)
        else:
            raise ConditionError(f"“{token.raw}” was not expected here: a comma and a time span, or a “)”.", token.at)
        place = self._now.at
        literal = self._literal(f"“{name.raw}” has nothing to be compared with.")
        checks.check_compare(Latest(name.text), op, literal, place)
        return op, literal

    def _window(self) -> Window:
        if self._if("in", "stage"):
            return InStage()
        token = self._take()
        if token.kind != "number":
            raise ConditionError("After the comma comes a time span: “7 days”, “12 hours” or “in stage”.", token.at)
        unit = self._take()
        if unit.kind != "word" or unit.text not in _UNIT_WORDS:
            raise ConditionError(f"{token.raw} what? Write minutes, hours, days or weeks.", unit.at)
        amount = float(token.text)
        if amount <= 0:
            raise ConditionError("A time span is longer than 0.", token.at)
        self._check_length(amount, _UNIT_WORDS[unit.text], token.at)
        return Span(amount, _UNIT_WORDS[unit.text])

    def _fact_name(self, missing: str) -> Token:
        token = self._take()
        if token.kind != "word" or token.text in _RESERVED:
            raise ConditionError(missing, token.at)
        return token

    def _check_length(self, amount: float, unit: str, at: int) -> None:
        if abs(amount) * UNITS[unit].total_seconds() > LONGEST_SPAN_DAYS * 86_400:
            raise ConditionError("No time span is longer than 100 years.", at)


def _is_fact(word: str) -> bool:
    return find(word) is not None
