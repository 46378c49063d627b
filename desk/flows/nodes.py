"""YAML as nodes that know their lines: parsed without tricks, and read field by field with every problem gathered."""

from __future__ import annotations

from collections.abc import Iterable

import yaml
from yaml.nodes import MappingNode, Node, ScalarNode, SequenceNode

from desk.flows.definition import FlowError

LARGEST = 32 * 1024
DEEPEST = 9
LONGEST_TEXT = 1500
PLAIN = frozenset(
    f"tag:yaml.org,2002:{name}" for name in ("str", "int", "float", "bool", "null", "map", "seq", "timestamp")
)


def parsed(text: str) -> Node:
    if len(text) > LARGEST:
        raise FlowError([(1, f"That is more than {LARGEST // 1024} KB, which no flow needs.")])
    depth = 0
    try:
        for event in yaml.parse(text, Loader=yaml.SafeLoader):
            line = event.start_mark.line + 1 if event.start_mark is not None else 1
            if isinstance(event, yaml.AliasEvent) or getattr(event, "anchor", None):
                raise FlowError([(line, "References (& and *) are not taken: write the text out.")])
            depth += isinstance(event, yaml.CollectionStartEvent) - isinstance(event, yaml.CollectionEndEvent)
            if depth > DEEPEST:
                raise FlowError([(line, "This is nested too deeply for a flow.")])
        node = yaml.compose(text, Loader=yaml.SafeLoader)
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        raise FlowError(
            [(mark.line + 1 if mark else 1, f"This is no YAML: {getattr(error, 'problem', None) or error}.")]
        ) from error
    if not isinstance(node, MappingNode):
        raise FlowError([(1, "A flow begins with its name: and its steps:.")])
    return node


class Nodes:
    """Goes through the nodes of one file."""

    def __init__(self) -> None:
        self.problems: list[tuple[int, str]] = []

    def wrong(self, node: Node, sentence: str) -> None:
        self.problems.append((node.start_mark.line + 1 if node.start_mark is not None else 1, sentence))

    def fields(self, node: Node, what: str, known: Iterable[str]) -> dict[str, Node]:
        allowed = tuple(known)
        found: dict[str, Node] = {}
        if not isinstance(node, MappingNode):
            self.wrong(node, f"{what} is written as names with values.")
            return found
        for key, value in node.value:
            name = key.value if isinstance(key, ScalarNode) else ""
            if allowed and name not in allowed:
                self.wrong(key, f"{what} has no “{name}”; it has {', '.join(allowed)}.")
            elif name in found:
                self.wrong(key, f"“{name}” stands here twice.")
            elif not name:
                self.wrong(key, f"{what} has a value without a name.")
            else:
                found[name] = value
        return found

    def items(self, node: Node | None, what: str, most: int) -> list[Node]:
        if node is None:
            return []
        if not isinstance(node, SequenceNode):
            self.wrong(node, f"{what} is a list: each line begins with a dash.")
            return []
        if len(node.value) > most:
            self.wrong(node, f"{what}: {most} at most.")
        return list(node.value[:most])

    def text(self, node: Node, what: str, longest: int = LONGEST_TEXT) -> str:
        if not isinstance(node, ScalarNode) or node.tag not in PLAIN:
            self.wrong(node, f"{what} is one text.")
            return ""
        value = str(node.value).strip()
        if not value:
            self.wrong(node, f"{what} is empty.")
        elif len(value) > longest:
            self.wrong(node, f"{what} has {len(value)} characters; {longest} is the most.")
        elif any(ord(c) < 32 and c not in "\n\t" for c in value):
            self.wrong(node, f"{what} has a character that cannot be shown.")
        return value

    def one_of(self, node: Node, what: str, among: Iterable[str]) -> str:
        choices, value = tuple(among), self.text(node, what, 60)
        if value and value not in choices:
            self.wrong(node, f"{what} is one of {', '.join(choices)}, not “{value}”.")
        return value if value in choices else choices[0]

    def truth(self, node: Node | None, what: str) -> bool:
        if node is None:
            return False
        value = str(node.value).lower() if isinstance(node, ScalarNode) else ""
        if value not in ("true", "false", "yes", "no"):
            self.wrong(node, f"{what} is true or false.")
        return value in ("true", "yes")

    def number(self, node: Node | None, what: str, low: float, high: float) -> float | None:
        if node is None:
            return None
        try:
            value = float(node.value) if isinstance(node, ScalarNode) else float("nan")
        except ValueError:
            value = float("nan")
        if not low <= value <= high:
            self.wrong(node, f"{what} is a number from {low:g} to {high:g}.")
            return low
        return value
