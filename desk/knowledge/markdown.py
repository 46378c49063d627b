"""Markdown of articles: as safe HTML for pages, and as plain blocks for the bot and the search."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache

import nh3
from markdown_it import MarkdownIt
from markdown_it.token import Token

# CommonMark with tables; HTML in the source is text. What it renders still goes through the sanitiser: two locks.
_READER = MarkdownIt("commonmark", {"html": False, "linkify": False}).enable(["table", "strikethrough"])
_TAGS = {
    "a", "blockquote", "br", "code", "em", "h2", "h3", "h4", "h5", "h6", "hr", "img", "li", "ol", "p", "pre", "s",
    "strong", "table", "tbody", "td", "th", "thead", "tr", "ul",
}  # fmt: skip
_ATTRIBUTES = {
    "a": {"href", "title"},
    "img": {"src", "alt", "width", "height", "loading", "decoding"},
    "ol": {"start"},
    "th": {"scope"},
    **{f"h{n}": {"id"} for n in range(2, 7)},
}
_SCHEMES = {"http", "https", "mailto", "tel"}
_WORDS = re.compile(r"\w+")
SUFFIXES = {"image/png": "png", "image/jpeg": "jpg", "image/webp": "webp", "image/gif": "gif"}
ADDRESS = re.compile(r"/help/pictures/([0-9a-f]{64})\.(?:png|jpg|webp|gif)")


@dataclass(frozen=True, slots=True)
class Heading:
    """A heading of an article: its place on the page and its depth below the title (1 for the first level)."""

    anchor: str
    text: str
    depth: int


@dataclass(frozen=True, slots=True)
class Page:
    """An article's body as HTML that is safe to show, with its headings."""

    html: str
    headings: tuple[Heading, ...]
    words: int


@dataclass(frozen=True, slots=True)
class Block:
    """A paragraph, list, quotation, code or table as plain text, and the heading it stands under ("" before the
    first). `leads` tells that it announces what comes next ("We need:")."""

    heading: str
    text: str
    leads: bool


@dataclass(frozen=True, slots=True)
class Picture:
    """A picture that the desk keeps, as an article shows it."""

    sha256: str
    kind: str
    width: int
    height: int

    @property
    def path(self) -> str:
        """Its address at this desk, which stands in the Markdown: the name is what is in it."""
        return f"/help/pictures/{self.sha256}.{SUFFIXES[self.kind]}"


@lru_cache(maxsize=256)
def page(body: str, top: int = 2, pictures: tuple[Picture, ...] = ()) -> Page:
    """Renders Markdown. The highest heading of the text becomes `<h{top}>`: the page's own title stands above it.
    `pictures` are those of the text that this desk keeps; all others become their descriptions: an article shows
    nothing that another server would have to be asked for."""
    known = {picture.path: picture for picture in pictures}
    tokens = _READER.parse(body)
    levels = [int(t.tag[1]) for t in tokens if t.type == "heading_open"]
    shift = top - min(levels) if levels else 0
    headings: list[Heading] = []
    taken: set[str] = set()
    for index, token in enumerate(tokens):
        if token.type in ("heading_open", "heading_close"):
            level = min(6, int(token.tag[1]) + shift)
            token.tag = f"h{level}"
            if token.type == "heading_open":
                text = _said(tokens[index + 1])
                anchor = _anchor(text, taken)
                token.attrSet("id", anchor)
                headings.append(Heading(anchor, text, level - top + 1))
        elif token.type == "th_open":
            token.attrSet("scope", "col")
            token.attrs.pop("style", None)
        elif token.type == "td_open":
            token.attrs.pop("style", None)
        elif token.type == "inline" and token.children:
            token.children = [_pictured(child, known) for child in token.children]
    html = nh3.clean(
        _READER.renderer.render(tokens, _READER.options, {}),
        tags=_TAGS,
        attributes=_ATTRIBUTES,
        attribute_filter=_own_address,
        url_schemes=_SCHEMES,
        link_rel="noopener noreferrer",
        strip_comments=True,
    )
    # A wide table scrolls by itself, by keyboard too; the tag is ours, because the sanitiser let no other through.
    html = html.replace("<table>", '<div class="scroll" tabindex="0"><table>').replace("</table>", "</table></div>")
    return Page(html, tuple(headings), len(_WORDS.findall(plain(body))))


def _pictured(token: Token, known: Mapping[str, Picture]) -> Token:
    if token.type != "image":
        return token
    found = known.get(str(token.attrGet("src")))
    if found is None:
        return Token("text", "", 0, content=token.content)
    # Its sides are told, so that the text below does not jump when it comes.
    sides: dict[str, str | int | float] = {"width": found.width, "height": found.height}
    own: dict[str, str | int | float] = {"src": found.path, "alt": "", "loading": "lazy", "decoding": "async"}
    return replace(token, attrs=own | sides)


def _own_address(tag: str, name: str, value: str) -> str | None:
    return None if (tag, name) == ("img", "src") and not ADDRESS.fullmatch(value) else value


def _anchor(text: str, taken: set[str]) -> str:
    base = "s-" + "-".join(_WORDS.findall(text.casefold()))[:60].strip("-")
    anchor, number = base, 1
    while anchor in taken:
        number += 1
        anchor = f"{base}-{number}"
    taken.add(anchor)
    return anchor


def _said(inline: Token) -> str:
    """The text of an inline token without its marks."""
    out = []
    for child in inline.children or ():
        if child.type in ("text", "code_inline", "image"):
            out.append(child.content)
        elif child.type in ("softbreak", "hardbreak"):
            out.append(" ")
    return " ".join("".join(out).split())


@lru_cache(maxsize=1024)
def blocks(body: str) -> tuple[Block, ...]:
    """The plain blocks of a text, in order, without headings."""
    return tuple(_blocks(_READER.parse(body)))


def _blocks(tokens: Sequence[Token]) -> Iterator[Block]:
    heading, index = "", 0
    while index < len(tokens):
        token = tokens[index]
        if token.nesting == 1:
            end = _end(tokens, index)
            inside = tokens[index + 1 : end]
            text = _flat(inside)
            if token.type == "heading_open":
                heading = text
            elif text:
                yield Block(heading, text, token.type == "paragraph_open" and text.endswith(":"))
            index = end
        elif token.type in ("fence", "code_block") and token.content.strip():
            yield Block(heading, token.content.strip(), False)
        index += 1


def _end(tokens: Sequence[Token], start: int) -> int:
    depth = 0
    for index in range(start, len(tokens)):
        depth += tokens[index].nesting
        if depth == 0:
            return index
    return len(tokens) - 1


def _flat(tokens: Sequence[Token]) -> str:
    """Lists as lines with dashes or numbers, rows of tables as lines."""
    lines: list[str] = []
    mark = ""
    row: list[str] | None = None
    for token in tokens:
        if token.type == "list_item_open":
            mark = f"{token.info}. " if token.info else "- "  # `info` is the number of an ordered item
        elif token.type == "tr_open":
            row = []
        elif token.type == "thead_close":
            row = None
            lines.clear()  # what the columns are called is no sentence
        elif token.type == "tr_close" and row is not None:
            lines.append(": ".join(row) if len(row) == 2 else ", ".join(x for x in row if x))
            row = None
        elif token.type == "inline":
            said = _said(token)
            if row is not None:
                row.append(said)
            elif said:
                lines.append(mark + said)
                mark = ""
        elif token.type in ("fence", "code_block"):
            lines.append(token.content.strip())
    return "\n".join(lines)


def plain(body: str) -> str:
    """The whole text without marks: headings and blocks, a line each."""
    out: list[str] = []
    last = ""
    for block in blocks(body):
        if block.heading != last:
            last = block.heading
            out.append(last)
        out.append(block.text)
    return "\n".join(x for x in out if x)
