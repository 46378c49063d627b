"""The pieces of a text as HTML, as words without marks, and as the tree that a widget builds its elements of."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from html import escape
from typing import Any

from desk.formatting.reading import Node, bare, read

BLOCKS = frozenset({"p", "ul", "ol", "li", "blockquote", "pre"})


def _no_picture(mark: str) -> str:
    return ""


@dataclass(frozen=True, slots=True)
class Dress:
    """How HTML is dressed: `attributes` of each tag, ready with a space before them; `picture` gives the HTML for a
    mark, `words` that of the text between the tags."""

    attributes: Mapping[str, str] = field(default_factory=dict)
    picture: Callable[[str], str] = _no_picture
    words: Callable[[str], str] = escape


BARE = Dress()


def html(nodes: Iterable[Node | str], dress: Dress = BARE) -> str:
    """HTML of p, ul, ol, li, blockquote, pre, code, strong, em, a and br, and no other tag: text is escaped, and there
    is no attribute but those of the dress and the address of a link."""
    return "".join(_html(node, dress, "") for node in nodes)


def _html(node: Node | str, dress: Dress, within: str) -> str:
    if isinstance(node, str):
        # A name in code, or in what leads somewhere else, is no name.
        return escape(node) if within in ("code", "pre", "a") else dress.words(node)
    tag, attributes = node.tag, dress.attributes.get(node.tag, "")
    match tag:
        case "br":
            return "<br>"
        case "picture":
            return dress.picture(node.value)
        case "pre":
            return f"<pre{attributes}><code>{escape(''.join(map(str, node.inside)))}</code></pre>"
        case "a":
            inside = "".join(_html(child, dress, "a") for child in node.inside)
            title = "" if bare(node) else f' title="{escape(node.value)}"'
            return f'<a href="{escape(node.value)}"{title}{attributes}>{inside}</a>'
    inside = "".join(_html(child, dress, within or tag if tag in ("code", "a") else within) for child in node.inside)
    return f"<{tag}{attributes}>{inside}</{tag}>"


def plain(nodes: Iterable[Node | str]) -> str:
    """The same for whoever shows text alone. What carries no meaning there is gone; lists keep their dashes and
    numbers, quotes their mark, and a link its address behind its words."""
    return _joined(list(nodes))


def _joined(nodes: Sequence[Node | str]) -> str:
    """Blocks below each other, as far apart as they were written; a run of text between them is a block too."""
    out: list[str] = []
    run: list[str] = []
    for node in nodes:
        if isinstance(node, Node) and node.tag in BLOCKS:
            if run:
                out.append("".join(run))
                run = []
            out.append(("\n" if node.apart and out else "") + _block(node))
        else:
            run.append(_words(node))
    if run:
        out.append("".join(run))
    return "\n".join(out)


def _block(node: Node) -> str:
    if node.tag == "blockquote":
        return "\n".join(f"> {line}".rstrip() for line in _joined(node.inside).split("\n"))
    if node.tag in ("ul", "ol"):
        return "\n".join(
            ("\n" if number > 1 and isinstance(item, Node) and item.apart else "")
            + _item(item, "- " if node.tag == "ul" else f"{number}. ")
            for number, item in enumerate(node.inside, 1)
        )
    if node.tag == "pre":
        return "".join(map(str, node.inside))
    return _joined(node.inside)


def _item(item: Node | str, mark: str) -> str:
    lines = (_joined(item.inside) if isinstance(item, Node) else item).split("\n")
    return "\n".join(
        (mark + line).rstrip() if index == 0 else (" " * len(mark) + line).rstrip() for index, line in enumerate(lines)
    )


def _words(node: Node | str) -> str:
    if isinstance(node, str):
        return node
    if node.tag == "br":
        return "\n"
    if node.tag == "picture":
        return node.value
    said = "".join(_words(child) for child in node.inside)
    if node.tag != "a" or said == node.value:
        return said
    address = node.value.removeprefix("mailto:").removeprefix("tel:")
    return said if said == address else f"{said} ({address})"


def tree(nodes: Iterable[Node | str]) -> list[Any]:
    """For JSON: text, and [tag, what is inside], with the address as the third of a link. Pictures are left out."""
    out: list[Any] = []
    for node in nodes:
        if isinstance(node, str):
            out.append(node)
        elif node.tag != "picture":
            out.append([node.tag, tree(node.inside), *([node.value] if node.tag == "a" else [])])
    return out


def verbatim(text: str) -> str:
    """Words of somebody else as they are typed to stay as they are: only where they would be taken for marks."""
    return text if read(text) is None else "".join("\\" + c if c in "*_`[]>" else c for c in text)
