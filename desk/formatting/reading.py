"""From what was written to its pieces: a tree of a dozen kinds of nodes, and no HTML anywhere."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache

from markdown_it.token import Token

from desk.formatting.rules import apart, reader

_READER = reader()
_OPENS = {
    "paragraph_open": "p",
    "bullet_list_open": "ul",
    "ordered_list_open": "ol",
    "list_item_open": "li",
    "blockquote_open": "blockquote",
    "strong_open": "strong",
    "em_open": "em",
    "link_open": "a",
}
KEPT = 4000  # characters: longer ones are rare, and would fill the memory
MOST_BRACKETS = 1000  # the parser looks from each to all others: nobody writes so many links
_UNFORMATTED = frozenset(
    ("paragraph_open", "paragraph_close", "inline", "text", "softbreak", "hardbreak", "picture", "address")
)


@dataclass(frozen=True, slots=True)
class Node:
    """One piece: p, ul, ol, li, blockquote, pre, strong, em, code, a, br or picture. `value` is the address of a link,
    and the mark of a picture. `apart`: an empty line was before it."""

    tag: str
    inside: tuple[Node | str, ...] = ()
    value: str = ""
    apart: bool = False


def read(text: str, pictures: tuple[str, ...] = ()) -> tuple[Node, ...] | None:
    """The pieces of a text; None where nothing in it is a mark: bare addresses and paragraphs are there without any.
    `pictures` are the marks of those that go along, each one piece wherever it stands."""
    return _kept(text, pictures) if len(text) <= KEPT else _read(text, pictures)


def _read(text: str, pictures: tuple[str, ...]) -> tuple[Node, ...] | None:
    if text.count("[") > MOST_BRACKETS:
        return None
    source, added = apart(text)
    env = {"pictures": sorted(pictures, key=len, reverse=True)}
    tokens = _READER.parse(source, env)
    if "escaped" not in env and not _formatted(tokens):
        return None
    return _Tree(source.split("\n"), added).of(tokens)


_kept = lru_cache(maxsize=1024)(_read)  # a page of fifty lines reads them again with each look


def _formatted(tokens: Iterable[Token]) -> bool:
    return any(token.type not in _UNFORMATTED or _formatted(token.children or ()) for token in tokens)


def bare(node: Node) -> bool:
    """Whether it is an address that stands for itself."""
    return node.tag == "a" and node.inside == (node.value,)


class _Tree:
    def __init__(self, lines: Sequence[str], added: frozenset[int]) -> None:
        self._lines, self._added = lines, added

    def of(self, tokens: Sequence[Token]) -> tuple[Node, ...]:
        """The blocks of these tokens. A paragraph of a list without empty lines is its item's own text."""
        stack: list[tuple[Node, list[Node | str]]] = [(Node(""), [])]
        for token in tokens:
            inside = stack[-1][1]
            if token.nesting > 0:
                hidden = token.type == "paragraph_open" and token.hidden
                stack.append((Node("" if hidden else _OPENS[token.type], apart=self._apart(token)), []))
            elif token.nesting < 0:
                node, made = stack.pop()
                if node.tag:
                    stack[-1][1].append(replace(node, inside=tuple(made)))
                else:
                    stack[-1][1].extend(made)
            elif token.type == "inline":
                inside.extend(_inline(token.children or ()))
            elif token.type == "fence":
                inside.append(Node("pre", (_code(token),), apart=self._apart(token)))
        return tuple(node for node in stack[0][1] if isinstance(node, Node))

    def _apart(self, token: Token) -> bool:
        before = token.map[0] - 1 if token.map else -1
        while before in self._added:
            before -= 1
        return before >= 0 and not self._lines[before].strip(" \t>")


def _code(token: Token) -> str:
    """Its lines. One word after the fence names its language; more is something that was meant to be read."""
    info = token.info.strip()
    return "\n".join(([info] if " " in info else []) + ([token.content.rstrip("\n")] if token.content else []))


def _inline(tokens: Sequence[Token]) -> list[Node | str]:
    stack: list[tuple[Node, list[Node | str]]] = [(Node(""), [])]
    for token in tokens:
        inside = stack[-1][1]
        if token.nesting > 0:
            stack.append((Node(_OPENS[token.type], value=str(token.attrs.get("href") or "")), []))
        elif token.nesting < 0:
            node, made = stack.pop()
            if node.tag == "a" and not node.value:  # it leads nowhere
                stack[-1][1].extend(["[", *made, "]()"])
                continue
            # What would show nothing shows its address.
            made = made or ([node.value] if node.tag == "a" else [])
            stack[-1][1].append(replace(node, inside=tuple(made)))
        elif token.type == "text" or token.type == "text_special":
            if token.content and inside and isinstance(inside[-1], str):
                inside[-1] += token.content
            elif token.content:
                inside.append(token.content)
        elif token.type in ("softbreak", "hardbreak"):
            inside.append(Node("br"))
        elif token.type == "code_inline":
            inside.append(Node("code", (token.content,)))
        elif token.type == "picture":
            inside.append(Node("picture", value=token.content))
        elif token.type == "address":
            inside.append(Node("a", (token.content,), token.content))
    return stack[0][1]
