"""HTML of strangers made safe to show, and made into text."""

from __future__ import annotations

import html as entities
import re

import lxml.html
import nh3
from inscriptis import Inscriptis
from inscriptis.css_profiles import CSS_PROFILES
from inscriptis.model.config import ParserConfig
from lxml import etree

MAX_HTML = 4_000_000  # characters; what is longer is cut before it is parsed
MAX_DEPTH = 250  # of nesting; a deeper mail is an attack on whatever walks it, and is shown as its words

_TAGS = {
    "a", "abbr", "address", "b", "bdi", "bdo", "big", "blockquote", "br", "caption", "center", "cite", "code", "col",
    "colgroup", "dd", "del", "dfn", "div", "dl", "dt", "em", "figcaption", "figure", "font", "h1", "h2", "h3", "h4",
    "h5", "h6", "hr", "i", "img", "ins", "kbd", "li", "mark", "ol", "p", "pre", "q", "rp", "rt", "ruby", "s", "samp",
    "small", "span", "strike", "strong", "sub", "sup", "table", "tbody", "td", "tfoot", "th", "thead", "time", "tr",
    "tt", "u", "ul", "var", "wbr",
}  # fmt: skip
_GONE_WITH_CONTENT = {
    "script", "style", "title", "head", "noscript", "template", "object", "embed", "applet", "iframe", "frameset",
    "svg", "math", "audio", "video", "canvas", "select", "textarea", "xml",
}  # fmt: skip
_EVERYWHERE = {"title", "dir", "lang", "align", "valign", "width", "height", "bgcolor", "style"}
_ATTRIBUTES = {
    "*": _EVERYWHERE,
    "a": {"href", "name"},
    "img": {"src", "alt", "border", "data-remote-src"},
    "table": {"border", "cellpadding", "cellspacing"},
    "td": {"colspan", "rowspan", "nowrap"},
    "th": {"colspan", "rowspan", "scope", "nowrap"},
    "font": {"color", "face", "size"},
    "blockquote": {"cite", "type"},
    "ol": {"start", "type"},
    "col": {"span"},
}
# Colours and type, and nothing that loads, moves out of the box or covers the page.
_STYLES = {
    "background-color", "border", "border-bottom", "border-collapse", "border-color", "border-left", "border-right",
    "border-style", "border-top", "border-width", "color", "direction", "font", "font-family", "font-size",
    "font-style", "font-weight", "height", "letter-spacing", "line-height", "list-style-type", "margin",
    "margin-bottom", "margin-left", "margin-right", "margin-top", "max-width", "padding", "padding-bottom",
    "padding-left", "padding-right", "padding-top", "text-align", "text-decoration", "text-indent", "vertical-align",
    "white-space", "width",
}  # fmt: skip
_INLINE_IMAGE = re.compile(r"^data:image/(?:png|gif|jpeg|webp);base64,[A-Za-z0-9+/=\s]+$", re.IGNORECASE)
_LOADS = re.compile(r"url\s*\(|expression|@import|\\", re.IGNORECASE)
# The cleaner writes every attribute in double quotes and no quote inside of them.
_REMOTE_SRC = re.compile(r'(<img(?: [\w-]+="[^"]*")*? )src="(https?:[^"]*)"', re.IGNORECASE)
_TAG = re.compile(r"<(/?)([a-zA-Z][a-zA-Z0-9]*)")
_VOID = {"area", "base", "br", "col", "embed", "hr", "img", "input", "link", "meta", "param", "source", "track", "wbr"}
_UNSEEN = re.compile(r"<(script|style|title)\b", re.IGNORECASE)
_BREAKS = re.compile(r"<br\b[^>]*>|</(?:p|div|tr|li|h[1-6])\s*>", re.IGNORECASE)
_ANY_TAG = re.compile(r"<[^<>]*>")
_MANY_LINES = re.compile(r"\n\n\n+")
_PARSER = lxml.html.HTMLParser(
    encoding="utf-8", remove_comments=True, remove_pis=True, huge_tree=False, no_network=True
)


def _attribute(tag: str, name: str, value: str) -> str | None:
    if name == "style":
        return None if _LOADS.search(value) else value
    if tag == "img" and name == "src":
        plain = value.strip()
        if (
            plain.lower().startswith("cid:")
            or _INLINE_IMAGE.match(plain)
            or plain.lower().startswith(("http:", "https:"))
        ):
            return plain
        return f"https:{plain}" if plain.startswith("//") else None
    if name == "data-remote-src":
        return None  # ours alone: a mail that brings one chose it
    if tag == "a" and name == "href" and value.strip().lower().startswith("data:"):
        return None
    return value


_CLEANER = nh3.Cleaner(
    tags=_TAGS,
    clean_content_tags=_GONE_WITH_CONTENT,
    attributes=_ATTRIBUTES,
    attribute_filter=_attribute,
    strip_comments=True,
    link_rel="noopener noreferrer nofollow",
    url_schemes={"http", "https", "mailto", "tel", "cid", "data"},
    filter_style_properties=_STYLES,
    set_tag_attribute_values={"a": {"target": "_blank"}},
)


def safe_html(html: str) -> str:
    """HTML that can be shown inside a page: no script, style sheet, form or event; images from elsewhere wait in
    `data-remote-src` until a person asks for them; images of the mail itself (`cid:`) and small embedded ones stay."""
    if too_deep(html):
        words = entities.escape(words_of(html)).replace("\n", "<br>\n")
        return f"<p>{words}</p>" if words else ""
    cleaned = _CLEANER.clean(html[:MAX_HTML])
    return _REMOTE_SRC.sub(r'\1data-remote-src="\2"', cleaned).strip()


def too_deep(html: str) -> bool:
    """Whether tags are nested deeper than people write: the cleaner's time grows with the square of the depth."""
    depth = 0
    for match in _TAG.finditer(html, 0, MAX_HTML):
        if match.group(2).lower() in _VOID:
            continue
        depth = max(0, depth - 1) if match.group(1) else depth + 1
        if depth > MAX_DEPTH * 8:
            return True
    return False


def tree(html: str) -> lxml.html.HtmlElement | None:
    """The document as lxml reads it; None where there is nothing, or nesting too deep for what walks it."""
    if not html.strip() or too_deep(html):
        return None
    try:
        root = lxml.html.document_fromstring(html[:MAX_HTML].encode("utf-8", "replace"), parser=_PARSER)
    except (etree.LxmlError, ValueError, AssertionError, TypeError):
        return None
    depth = 0
    for event, _ in etree.iterwalk(root, events=("start", "end")):
        depth += 1 if event == "start" else -1
        if depth > MAX_DEPTH:
            return None
    return root


def text_of(html: str) -> str:
    """The words of HTML, laid out in lines as a reader would see them."""
    root = tree(html)
    if root is None:
        return words_of(html)
    return text_of_tree(root)


def text_of_tree(root: lxml.html.HtmlElement) -> str:
    for bad in root.xpath("//script|//style|//title|//template|//noscript|//head/*"):
        bad.drop_tree()
    try:
        shown = Inscriptis(root, _CONFIG).get_text()
    except (ValueError, IndexError, KeyError, TypeError, AttributeError, RecursionError, OverflowError):
        shown = "\n".join(t.strip() for t in root.itertext() if t.strip())
    return tidy(shown)


def words_of(html: str) -> str:
    """The bare words, where a document is too broken to be laid out."""
    html = _without_content(html[:MAX_HTML])
    return tidy(entities.unescape(_ANY_TAG.sub("", _BREAKS.sub("\n", html))))


def _without_content(html: str) -> str:
    """Drops scripts and style sheets by a walk that ends at the first one left open, as a browser would."""
    lower = html.lower()
    out: list[str] = []
    at = 0
    while match := _UNSEEN.search(html, at):
        out.append(html[at : match.start()])
        at = lower.find(f"</{match.group(1).lower()}", match.end())
        if at < 0:
            return " ".join(out)
    return " ".join([*out, html[at:]])


def tidy(text: str) -> str:
    """No spaces at line ends, at most one empty line in a row, nothing empty around."""
    lines = "\n".join(line.rstrip() for line in text.replace("\xa0", " ").split("\n"))
    return _MANY_LINES.sub("\n\n", lines).strip()


_CSS = CSS_PROFILES["strict"].copy()
_CONFIG = ParserConfig(css=_CSS, display_images=False, display_links=False)
