"""A page of HTML as an article's Markdown: its title, and what stands in its main part. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterator

from lxml import etree, html
from lxml.html import HtmlElement

_BLOCKS = {
    "p",
    "div",
    "section",
    "article",
    "main",
    "body",
    "dl",
    "dt",
    "dd",
    "figure",
    "figcaption",
    "details",
    "summary",
}
_LEFT_OUT = {
    "script",
    "style",
    "template",
    "noscript",
    "nav",
    "header",
    "footer",
    "aside",
    "form",
    "button",
    "svg",
    "iframe",
}
_MARKS = {"strong": "**", "b": "**", "em": "*", "i": "*", "s": "~~", "del": "~~"}
_SPACES = re.compile(r"[ \t\r\n\f]+")
_SIGNS = re.compile(r"([\\`*_\[\]<])")
DEEPEST = 60  # elements within each other; what lies deeper is read as its words


class Unreadable(ValueError):
    """There is no page to read; the message says so in a sentence."""


def article(raw: bytes) -> tuple[str, str]:
    """Title and Markdown; the title is the first `<h1>`, else the `<title>` up to a bar or dash. Raises Unreadable."""
    try:
        tree = html.document_fromstring(raw, parser=html.HTMLParser(encoding=_encoding(raw), huge_tree=False))
    except (etree.ParserError, etree.XMLSyntaxError, ValueError) as error:
        raise Unreadable("There is nothing in this page that could be read.") from error
    main = next((found for path in (".//main", ".//article", ".//body") for found in tree.iterfind(path)), tree)
    heading = next(main.iter("h1"), None)
    if heading is None:
        heading = next(tree.iter("h1"), None)
    if heading is not None:
        title = " ".join(heading.text_content().split())
    else:
        named = tree.findtext(".//title") or ""
        title = re.split(r"\s+[|–—·-]\s+", " ".join(named.split()))[0]
    blocks = [block for block in _blocks(main, heading, 0) if block.strip()]
    return title, "\n\n".join(blocks).strip()


def _encoding(raw: bytes) -> str | None:
    """UTF-8 where it is that, else what the page says of itself (None: lxml looks)."""
    try:
        raw.decode("utf-8")
    except UnicodeDecodeError:
        return None
    return "utf-8"


def _blocks(node: HtmlElement, title: HtmlElement | None, depth: int) -> Iterator[str]:
    words = _said(node.text)
    for child in node:
        if not isinstance(child.tag, str) or child.tag in _LEFT_OUT or child is title:
            words += _said(child.tail)
            continue
        made = _block(child, title, depth)
        if made is None:
            words += _inline(child, depth) + _said(child.tail)
            continue
        yield _tidy(words)
        yield from made
        words = _said(child.tail)
    yield _tidy(words)


def _block(node: HtmlElement, title: HtmlElement | None, depth: int) -> list[str] | None:
    """The blocks of an element that is one or more; None for words within a line."""
    tag = node.tag
    if depth > DEEPEST:
        return [_tidy(_said(node.text_content()))]
    if re.fullmatch(r"h[1-6]", tag):
        return [f"{'#' * max(2, int(tag[1]))} {_tidy(_inline_all(node, depth))}"]
    if tag in ("ul", "ol"):
        return ["\n".join(_items(node, depth))]
    if tag == "pre":
        return ["```\n" + node.text_content().strip("\n") + "\n```"]
    if tag == "blockquote":
        inner = "\n\n".join(block for block in _blocks(node, title, depth + 1) if block.strip())
        return ["\n".join(f"> {line}".rstrip() for line in inner.splitlines())]
    if tag == "table":
        return [_table(node, depth)]
    if tag == "hr":
        return ["---"]
    if tag in _BLOCKS:
        return list(_blocks(node, title, depth + 1))
    return None


def _items(node: HtmlElement, depth: int) -> Iterator[str]:
    number = 0
    for item in node:
        if item.tag != "li":
            continue
        number += 1
        lead = f"{number}. " if node.tag == "ol" else "- "
        inner = [block for block in _blocks(item, None, depth + 1) if block.strip()]
        first, *more = inner or [""]
        yield lead + first.replace("\n", "\n" + " " * len(lead))
        for block in more:
            yield "\n".join(" " * len(lead) + line for line in block.splitlines())


def _table(node: HtmlElement, depth: int) -> str:
    def cell(found: HtmlElement) -> str:
        return _tidy(_inline_all(found, depth)).replace("|", "\\|").replace("\n", " ")

    rows = [[cell(found) for found in row if found.tag in ("td", "th")] for row in node.iter("tr")]
    rows = [row for row in rows if row]
    if not rows:
        return ""
    width = max(map(len, rows))
    lines = ["| " + " | ".join(row + [""] * (width - len(row))) + " |" for row in rows]
    return "\n".join([lines[0], "|" + " --- |" * width, *lines[1:]])


def _inline_all(node: HtmlElement, depth: int) -> str:
    return _said(node.text) + "".join(
        (_inline(child, depth) if isinstance(child.tag, str) and child.tag not in _LEFT_OUT else "") + _said(child.tail)
        for child in node
    )


def _inline(node: HtmlElement, depth: int) -> str:
    if depth > DEEPEST:
        return _said(node.text_content())
    if node.tag == "br":
        return "\n"
    if node.tag == "img":
        return _said(node.get("alt"))
    if node.tag == "code":
        return f"`{node.text_content()}`"
    inner = _inline_all(node, depth + 1)
    if node.tag == "a" and re.match(r"(?:https?:|mailto:|tel:)[^\s()<>]+$", node.get("href") or "") and inner.strip():
        return f"[{inner.strip()}]({node.get('href')})"
    mark = _MARKS.get(node.tag, "")
    return f"{mark}{inner.strip()}{mark}" if mark and inner.strip() else inner


def _said(text: str | None) -> str:
    return _SIGNS.sub(r"\\\1", _SPACES.sub(" ", text)) if text else ""


def _tidy(words: str) -> str:
    return "\n".join(" ".join(line.split()) for line in words.split("\n")).strip()
