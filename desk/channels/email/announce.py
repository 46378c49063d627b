"""Where a plain-text mail announces a quotation: "On Monday Ann wrote:", a block of headers, "Original Message"."""

from __future__ import annotations

import re
from dataclasses import dataclass

from desk.channels.email.quoting import (
    ABOVE_LINE,
    BARE_DATED,
    DATE,
    EMAIL,
    ORIGINAL,
    ORIGINAL_BARE,
    QUOTE,
    RULE,
    SEPARATOR,
    START,
    TIME,
    VERB,
    WEAK_ANNOUNCEMENT,
    header,
)

_MAX_ATTRIBUTION = 420
_TAIL = 40  # characters at a line's end in which a verb may end an attribution
_QUOTED_TAIL = re.compile(rf"^>\s*\S{{0,20}}\s*[:：]?$|^>.*{VERB.pattern}", re.IGNORECASE)
# Who speaks of themselves announces nothing: "Am 3. März 2026 um 10:15 schrieb ich Ihnen:".
_MYSELF = re.compile(
    r"\b(?:I|ich|wir|mir|uns|je|j['’]ai|m['’]a|nous|yo|me|nos|eu|io|noi|mi|ik|wij|jag|jeg|vi|minä|ja|já|ben|я|мне|мы)\b|私"
)
_EARLY = 100  # characters in which a line that begins an attribution says when
_OPEN_ENDS = (":", "：", ":>")
_ONLY_MARKS = " -–—*_"


@dataclass(frozen=True, slots=True)
class Span:
    """A run of lines that announces a quotation: `end` is the first line after it."""

    start: int
    end: int
    kind: str  # attribution, weak (only where a quotation with marks follows at once), headers, original


def announcement(lines: list[str], at: int) -> Span | None:
    """What announces a quotation at this line, if anything does."""
    line = lines[at]
    if not line.strip():
        return None
    if ORIGINAL.match(line) or ABOVE_LINE.match(line):
        return Span(at, at + 1, "original")
    if SEPARATOR.match(line) or RULE.match(line):
        following = next_text(lines, at + 1)
        if following < len(lines) and following - at <= 4 and (block := _headers(lines, following)):
            return Span(at, block.end, "headers")
        return None
    if ORIGINAL_BARE.match(line):
        following = next_text(lines, at + 1)
        if following < len(lines) and _headers(lines, following):
            return Span(at, at + 1, "original")
    return _headers(lines, at) or _attribution(lines, at) or _weak(lines, at)


def next_text(lines: list[str], at: int) -> int:
    """The first line from here on that is not blank; the number of lines where none is."""
    while at < len(lines) and not lines[at].strip():
        at += 1
    return at


def _weak(lines: list[str], at: int) -> Span | None:
    """A line that announces a quotation only because one with marks follows at once."""
    following = at + 1 if at + 1 < len(lines) and lines[at + 1].strip() else at + 2
    if following >= len(lines) or not QUOTE.match(lines[following]):
        return None
    line = lines[at]
    if WEAK_ANNOUNCEMENT.match(line) or (line.rstrip(_ONLY_MARKS).endswith(_OPEN_ENDS) and DATE.search(line)):
        return Span(at, at + 1, "weak")
    return None


def _headers(lines: list[str], at: int) -> Span | None:
    """A block of header lines as Outlook and others put above what they quote: four kinds of header, or less with a
    proof."""
    if header(lines[at]) is None:
        return None
    kinds: set[str] = set()
    values: list[str] = []
    end = at
    gap = 0
    for i in range(at, min(len(lines), at + 24)):
        line = lines[i]
        if found := header(line):
            kind, value = found
            kinds.add(kind)
            values.append(value)
            end, gap = i + 1, 0
        elif not line.strip():
            gap += 1
            if gap > 2 or (gap > 1 and len(kinds) < 2):
                break
        elif gap or i - end >= 3:
            break  # text after a blank line; without one it is a long header, wrapped
    strong = kinds & {"from", "date", "to", "subject"}
    if len(strong) == 4 or (len(strong) >= 2 and "from" in strong and _is_proof(values, strong)):
        return Span(at, end, "headers")
    return None


def _is_proof(values: list[str], strong: set[str]) -> bool:
    """Whether this is of a mail: an address, or a subject beside the minute of sending. A journey has no address."""
    if any(EMAIL.search(x) for x in values):
        return True
    return "subject" in strong and any(DATE.search(x) and TIME.search(x) for x in values)


def _attribution(lines: list[str], at: int) -> Span | None:
    """A sentence like "On Monday Ann wrote:", over up to seven lines, that begins at this one."""
    first = lines[at]
    if not (START.match(first) or '"' in first or "<" in first or EMAIL.search(first) or DATE.search(first, 0, _EARLY)):
        return None
    bare = BARE_DATED.match(first) is not None
    joined = ""
    blanks = 0
    for end in range(at, min(len(lines), at + 7)):
        line = lines[end].strip()
        if end > at and line.startswith((">", "＞", "&gt;")) and not _QUOTED_TAIL.match(line):
            return None
        if not line:
            blanks += 1
            if blanks > 2:
                return None
            continue
        joined = f"{joined} {line}".strip()
        if len(joined) > _MAX_ATTRIBUTION:
            return None
        # Patterns over joined lines are dear: only where this line can be the last.
        if (bare or _may_end(line)) and (kind := _kind(joined, end - at)):
            if end > at and not DATE.search(first) and any(_starts_dated(lines, j) for j in range(at + 1, end + 1)):
                return None  # a sentence stands before it; the announcement begins further down
            return Span(at, end + 1, kind)
    return None


def _starts_dated(lines: list[str], at: int) -> bool:
    return DATE.search(lines[at]) is not None and _attribution(lines, at) is not None


def _may_end(line: str) -> bool:
    if line.rstrip(_ONLY_MARKS).endswith(_OPEN_ENDS) or line.endswith(("---", ">")):
        return True
    return VERB.search(line, max(0, len(line) - _TAIL)) is not None


def _kind(joined: str, more_lines: int) -> str:
    """Whether lines that were joined announce what comes below, and how surely."""
    tail = joined.rstrip(_ONLY_MARKS)
    ends_open = tail.endswith(_OPEN_ENDS)
    bare = tail.rstrip(":： )")
    verbs = VERB.findall(joined)
    dated = DATE.search(joined) is not None
    timed = TIME.search(joined) is not None
    mailed = EMAIL.search(joined) is not None
    if verbs:
        if not bare.endswith(verbs[-1]):
            if not (ends_open and dated and (mailed or timed)):
                return ""
            return "weak" if not mailed and _MYSELF.search(joined) else "attribution"
        closed = ends_open or joined.endswith("---")
        if closed and mailed and (dated or more_lines == 0):
            return "attribution"
        if dated and (mailed or timed) and (closed or START.match(joined)):
            return "weak" if not mailed and _MYSELF.search(joined) else "attribution"
        # "On 3 March you wrote:" may be the writer's own sentence.
        return "weak" if closed and dated else ""
    if ends_open and dated and timed and mailed and more_lines <= 3:
        return "attribution"
    first = BARE_DATED.match(joined)
    if first is None or more_lines > 2:
        return ""
    if (mailed and re.search(r">\s*[:：]?$", joined)) or (
        "GMT" in first.group() and 0 < len(joined[first.end() :].split()) <= 6
    ):
        return "attribution"
    return ""
