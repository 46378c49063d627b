"""The rules of the small Markdown: those of CommonMark that answers need, kept from what people do not mean as a mark.

Somebody who writes "2*3*4", "24. December", a path with backslashes or a telephone number means just that, and whoever
writes below a list or a quote without an empty line has ended it.
"""

from __future__ import annotations

import re

from markdown_it import MarkdownIt
from markdown_it.rules_block import StateBlock, blockquote, list_block
from markdown_it.rules_inline import StateInline
from markdown_it.rules_inline.state_inline import Delimiter

SCHEMES = ("http:", "https:", "mailto:", "tel:")
DEEPEST = 8  # lists and quotes inside each other, in levels of the parser; what is deeper stays as it was typed
# Backslashes stand in paths: they only take the meaning from what would otherwise have one.
_ESCAPED = frozenset("*_`[]>")
_ADDRESS = re.compile(r"https?://[^\s<>\[\]\"'|]+", re.IGNORECASE)
_SCHEME = re.compile(r"(?<![a-z0-9.+-])https?$", re.IGNORECASE)
_FENCE = re.compile(r" {0,3}(`{3,}|~{3,})")
_BEGINS = re.compile(r" {0,3}(?:>|[-*](?:\s|$)|\d{1,9}[.)](?:\s|$))")
_RULE = re.compile(r"\s*([-*])(?:\s*\1)+\s*")  # a line across, drawn by hand
_NO_WORDS_APART = 0x0530  # below: scripts that put spaces between words


def reader() -> MarkdownIt:
    """The parser. What is between its rules and the page is text."""
    md = MarkdownIt("zero", {"maxNesting": 100})
    md.enable(["fence", "blockquote", "list", "newline", "escape", "backticks", "emphasis", "link"])
    md.validateLink = lambda url: url.lower().startswith(SCHEMES)  # type: ignore[method-assign]
    md.block.ruler.at("list", _list, {"alt": ["paragraph", "reference", "blockquote"]})
    md.block.ruler.at("blockquote", _quote, {"alt": ["paragraph", "reference", "blockquote", "list"]})
    md.inline.ruler.at("escape", _escape)
    md.inline.ruler.at("emphasis", _emphasis)
    md.inline.ruler.before("backticks", "picture", _picture)
    md.inline.ruler.before("backticks", "address", _address)
    return md


def _list(state: StateBlock, start: int, end: int, silent: bool) -> bool:
    line = state.src[state.bMarks[start] + state.tShift[start] : state.eMarks[start]]
    if state.level >= DEEPEST or line.startswith("+") or _RULE.fullmatch(line):
        return False
    number = re.match(r"\d+", line)
    if not silent and ((number and int(number.group()) != 1) or len(line.split(None, 1)) < 2):
        return False  # a date, the third of something, or a mark with nothing behind it
    return list_block(state, start, end, silent)


def _quote(state: StateBlock, start: int, end: int, silent: bool) -> bool:
    return state.level < DEEPEST and blockquote(state, start, end, silent)


def _escape(state: StateInline, silent: bool) -> bool:
    at = state.pos
    if state.src[at] != "\\" or state.src[at + 1 : at + 2] not in _ESCAPED or at + 1 >= state.posMax:
        return False
    if not silent:
        token = state.push("text_special", "", 0)
        token.content = state.src[at + 1]
        token.markup, token.info = state.src[at : at + 2], "escape"
        state.env["escaped"] = True
    state.pos = at + 2
    return True


def _emphasis(state: StateInline, silent: bool) -> bool:
    """As in CommonMark, but a star between two letters or digits is a star, unless their script has no spaces. The
    other half, which makes tags of these delimiters, is the parser's own."""
    at = state.pos
    marker = state.src[at]
    if silent or marker not in "*_":
        return False
    scanned = state.scanDelims(at, marker == "*")
    before = state.src[at - 1] if at > 0 else " "
    after = state.src[at + scanned.length] if at + scanned.length < state.posMax else " "
    inside = _of_word(before) and _of_word(after)
    for _ in range(scanned.length):
        token = state.push("text", "", 0)
        token.content = marker
        state.delimiters.append(
            Delimiter(
                marker=ord(marker),
                length=scanned.length,
                token=len(state.tokens) - 1,
                end=-1,
                open=scanned.can_open and not inside,
                close=scanned.can_close and not inside,
            )
        )
    state.pos += scanned.length
    return True


def _of_word(letter: str) -> bool:
    return letter.isalnum() and ord(letter) < _NO_WORDS_APART


def _picture(state: StateInline, silent: bool) -> bool:
    """The mark of a picture that goes along is one piece, whatever is in its name."""
    if state.src[state.pos] != "[":
        return False
    mark = next((one for one in state.env.get("pictures", ()) if state.src.startswith(one, state.pos)), None)
    if mark is None or state.pos + len(mark) > state.posMax:
        return False
    if not silent:
        state.push("picture", "", 0).content = mark
    state.pos += len(mark)
    return True


def _address(state: StateInline, silent: bool) -> bool:
    """A bare address is a link, and no mark in it is one."""
    if state.src[state.pos] != ":" or state.linkLevel:
        return False
    scheme = _SCHEME.search(state.src[max(0, state.pos - 12) : state.pos])
    if scheme is None:
        return False
    begins = state.pos - len(scheme.group())
    found = _ADDRESS.match(state.src, begins, state.posMax)
    url = trimmed(found.group()) if found else ""
    if len(url) <= len(scheme.group()) + 3:
        return False
    if not silent:
        if not state.pending.lower().endswith(scheme.group().lower()):
            return False
        state.pending = state.pending[: -len(scheme.group())]
        state.push("address", "", 0).content = url
    state.pos = begins + len(url)
    return True


def trimmed(url: str) -> str:
    """An address without the full stop, the bracket or the mark of the words around it."""
    url = url.rstrip(".,;:!?…»”’*_`~")
    if url.endswith(")") and "(" not in url:
        url = url.rstrip(").,;:!?*_`~")
    return url


def apart(text: str) -> tuple[str, frozenset[int]]:
    """The text with an empty line wherever a list or a quote ends without one, and the numbers of these lines."""
    out: list[str] = []
    added: set[int] = set()
    fence, inside = "", False
    for line in text.split("\n"):
        mark = _FENCE.match(line)
        if fence:
            if mark and mark.group(1).startswith(fence) and not line[mark.end() :].strip():
                fence = ""
            out.append(line)
            continue
        if inside and line.strip() and not line[0].isspace() and not _BEGINS.match(line):
            added.add(len(out))
            out.append("")
            inside = False
        if mark and not (mark.group(1)[0] == "`" and "`" in line[mark.end() :]):
            fence = mark.group(1)
        elif _BEGINS.match(line):
            inside = True
        out.append(line)
    return "\n".join(out), frozenset(added)
