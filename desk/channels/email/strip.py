"""What the writer of a plain-text mail wrote new, apart from what the mail quotes and signs."""

from __future__ import annotations

import re
from dataclasses import dataclass

from desk.channels.email.quoting import (
    ABOVE_LINE,
    BARE_DATED,
    DATE,
    EMAIL,
    FORWARD_SUBJECT,
    FORWARDED,
    HEADER_LINE,
    LABEL_KINDS,
    ORIGINAL,
    ORIGINAL_BARE,
    RULE,
    SCANNER,
    SEPARATOR,
    SIGNATURE,
    START,
    TIME,
    VERB,
    WEAK_ANNOUNCEMENT,
    is_sent_from,
)

MAX_LINES = 4_000
MAX_LINE = 240
LOOK_AHEAD = 200  # lines in which a writer who answers between quotations is looked for
_QUOTE = re.compile(r"^\s{0,3}(?:>|＞|&gt;)")
_MARKS = re.compile(r"^[>\s]+")
_BAR = re.compile(r"^\s{0,3}\|")
_GREETING = re.compile(r"^\W*(?:\S+[ ,!]*){1,4}$")


@dataclass(frozen=True, slots=True)
class Span:
    """A run of lines that announces a quotation: `end` is the first line after it."""

    start: int
    end: int
    kind: str  # attribution, headers, original, forward


def strip_reply(text: str, subject: str = "") -> tuple[str, str]:
    """(new, quoted): what was written new, and the rest of the mail as it stands (signature and quotation).

    A mail that forwards is new as a whole; so is one that has nothing but a quotation announced by headers. A subject
    that says "Fwd:" makes a block of headers a forward too, for the programs that put no other mark.
    """
    lines = text.replace("\r\n", "\n").replace("\r", "\n").replace("\xa0", " ").split("\n")
    # Long lines are looked at by their first words, and far lines not at all: patterns must not take long on any mail.
    marks = [x if len(x) <= MAX_LINE else f"{x[:MAX_LINE]}\x00{i}" for i, x in enumerate(lines[:MAX_LINES])]
    whole = dict(zip(marks, lines, strict=False))
    new = [whole.get(x, x) for x in _strip(marks, FORWARD_SUBJECT.match(subject) is not None)]
    if len(lines) > MAX_LINES and new[-1:] == lines[MAX_LINES - 1 : MAX_LINES]:
        new += lines[MAX_LINES:]
    return _result(lines, new)


def strip_text(text: str) -> str:
    """What was written new in a plain-text body (`flask mail strip`)."""
    return strip_reply(text)[0]


def _strip(lines: list[str], is_forward: bool) -> list[str]:
    new = _without_signature(_walk(lines, is_forward))
    if not _words(new) and not any(_announced_inside(lines, i) for i in range(min(len(lines), 60))):
        return lines  # quoted by hand, and nothing says of whom: these are the words that were sent
    return new


def _announced_inside(lines: list[str], at: int) -> bool:
    """Whether a line under its quotation marks, or a bare one, announces a quotation."""
    bare = [_MARKS.sub("", x) for x in lines[at : at + 8]]
    return bool(bare) and announcement(bare, 0) is not None


def _result(lines: list[str], new: list[str]) -> tuple[str, str]:
    shown = tidy_keeping("\n".join(new))
    whole = tidy_keeping("\n".join(lines))
    if shown == whole:
        return shown, ""
    quoted = whole[len(shown) :] if shown and whole.startswith(shown) else whole
    return shown, quoted.strip("\n")


def tidy_keeping(text: str) -> str:
    """As `tidy`, but the first line keeps its indent: code and lists are written so."""
    return "\n".join(line.rstrip() for line in text.split("\n")).strip("\n").rstrip()


def _walk(lines: list[str], is_forward: bool) -> list[str]:
    """The lines before, between and after quotations that are the writer's."""
    kept: list[str] = []
    i, n = 0, len(lines)
    while i < n:
        line = lines[i]
        if FORWARDED.match(line):
            return kept + lines[i:]
        if _QUOTE.match(line):
            i = _quote_block(lines, i, kept, None)
            continue
        span = announcement(lines, i)
        if span is None:
            kept.append(line)
            i += 1
            continue
        if span.kind == "headers" and (is_forward or not _words(kept)):
            return kept + lines[i:]
        after = _next_text(lines, span.end)
        if span.kind == "weak":
            before = len(kept)
            i = _quote_block(lines, after, kept, None if _words(kept) else lines[span.start : after])
            if any(_QUOTE.match(x) for x in kept[before:]):  # the writer answers between: their own words announce it
                kept.insert(before, lines[span.start])
            continue
        if span.kind == "attribution" and after < n and _QUOTE.match(lines[after]):
            i = _quote_block(lines, after, kept, lines[span.start : after])
            continue
        if span.kind == "attribution" and not _words(kept) and after < n:
            kept.clear()  # an attribution on top of text that is not marked as quoted: the text is all there is
            i = span.end
            continue
        return kept
    return kept


def _quote_block(lines: list[str], start: int, kept: list[str], announced: list[str] | None) -> int:
    """Passes over one quotation; it stays in the text only where the writer answers inside of it. Returns the line
    after."""
    end = _end_of_quote(lines, start)
    if any(FORWARDED.match(x) for x in lines[start : min(end, start + 3)]):
        kept.extend(announced or [])
        kept.extend(lines[start:end])
        return end
    rest = _without_signature(lines[end : end + LOOK_AHEAD])
    if not _writer_goes_on(rest):
        return len(lines)
    top = not _words(kept)
    if announced is not None and (top or _is_signoff(rest)) and not any(_QUOTE.match(x) for x in rest):
        while kept and not kept[-1].strip():
            kept.pop()
        return end  # answered below one quotation, or signed below it: the quotation is known from before
    kept.extend(x for x in announced or [] if not x.strip())
    kept.extend(lines[start:end])
    return end


def _end_of_quote(lines: list[str], start: int) -> int:
    """Quotations are cut by blank lines and by lines that a program wrapped over the margin without a mark."""
    i, n = start, len(lines)
    while i < n:
        if _QUOTE.match(lines[i]):
            i += 1
            continue
        following = _next_text(lines, i)
        if following >= n:
            return n
        if following > i and _QUOTE.match(lines[following]):
            i = following
            continue
        if (
            following == i
            and len(lines[i - 1]) > 60
            and len(lines[i].split()) <= 3
            and i + 1 < n
            and _QUOTE.match(lines[i + 1])
        ):
            i += 1
            continue
        return i
    return n


def _writer_goes_on(rest: list[str]) -> bool:
    """Whether a person wrote after the quotation: more than blank lines, rules and quotations."""
    i = 0
    while i < len(rest):
        line = rest[i]
        if not line.strip() or SEPARATOR.match(line) or _QUOTE.match(line) or is_sent_from(line):
            i += 1
            continue
        span = announcement(rest, i)
        if span is None:
            return True
        if span.kind not in ("attribution", "weak"):
            return False
        after = _next_text(rest, span.end)
        if after >= len(rest) or not _QUOTE.match(rest[after]):
            return False
        i = after
    return False


def _is_signoff(rest: list[str]) -> bool:
    words = [x for x in rest if x.strip()]
    return len(words) <= 4 and sum(len(x) for x in words) <= 120


def _words(lines: list[str]) -> bool:
    return any(x.strip() and not SEPARATOR.match(x) and not is_sent_from(x) for x in lines)


def _next_text(lines: list[str], at: int) -> int:
    while at < len(lines) and not lines[at].strip():
        at += 1
    return at


def announcement(lines: list[str], at: int) -> Span | None:
    """What announces a quotation at this line, if anything does."""
    line = lines[at]
    if not line.strip():
        return None
    if ORIGINAL.match(line) or ABOVE_LINE.match(line):
        return Span(at, at + 1, "original")
    if SEPARATOR.match(line) or RULE.match(line):
        following = _next_text(lines, at + 1)
        if following < len(lines) and following - at <= 4 and (block := _headers(lines, following)):
            return Span(at, block.end, "headers")
        return None
    if ORIGINAL_BARE.match(line):
        following = _next_text(lines, at + 1)
        if following < len(lines) and _headers(lines, following):
            return Span(at, at + 1, "original")
    return _headers(lines, at) or attribution(lines, at) or _weak(lines, at)


def _weak(lines: list[str], at: int) -> Span | None:
    """A line that announces a quotation only because one with marks follows at once."""
    following = _next_text(lines, at + 1)
    if following >= len(lines) or following - at > 2 or not _QUOTE.match(lines[following]):
        return None
    return Span(at, at + 1, "weak") if WEAK_ANNOUNCEMENT.match(lines[at]) else None


def _headers(lines: list[str], at: int) -> Span | None:
    """A block of header lines as Outlook and others put above what they quote: at least three kinds of header, or two
    with an address or a date among them."""
    first = HEADER_LINE.match(lines[at])
    if first is None:
        return None
    kinds: set[str] = set()
    proof = False
    end = i = at
    gap = 0
    while i < len(lines) and i < at + 24:
        line = lines[i]
        match = HEADER_LINE.match(line)
        if match:
            kinds.add(LABEL_KINDS.get(match.group(1).casefold(), "other"))
            value = match.group(2) or ""
            proof = proof or bool(EMAIL.search(value) or (DATE.search(value) and TIME.search(value)))
            end, gap = i + 1, 0
        elif not line.strip():
            gap += 1
            if gap > 1 and len(kinds) < 2:
                break
            if gap > 2:
                break
        elif gap or i - end >= 3:
            break  # text after a blank line; without one it is a long header, wrapped
        i += 1
    strong = kinds & {"from", "date", "to", "subject"}
    if len(strong) >= 3 or (len(strong) >= 2 and proof and "from" in strong):
        return Span(at, end, "headers")
    return None


def attribution(lines: list[str], at: int) -> Span | None:
    """A sentence like "On Monday Ann wrote:", over up to five lines, that begins at this one."""
    joined = ""
    blanks = 0
    first = lines[at]
    if not (START.match(first) or DATE.search(first) or EMAIL.search(first) or '"' in first or "<" in first):
        return None
    for end in range(at, min(len(lines), at + 7)):
        line = lines[end].strip()
        if end > at and _QUOTE.match(lines[end]) and not re.match(r"^>\s*\S{0,20}\s*[:：]?$|^>.*" + VERB.pattern, line):
            return None
        if not line:
            blanks += 1
            if blanks > 2:
                return None
            continue
        joined = f"{joined} {line}".strip()
        if len(joined) > 420:
            return None
        if _is_attribution(joined, end - at):
            if end > at and not DATE.search(first) and any(_starts_dated(lines, j) for j in range(at + 1, end + 1)):
                return None  # a sentence stands before it; the announcement begins further down
            return Span(at, end + 1, "attribution")
    return None


def _starts_dated(lines: list[str], at: int) -> bool:
    return DATE.search(lines[at]) is not None and attribution(lines, at) is not None


def _is_attribution(joined: str, more_lines: int) -> bool:
    tail = joined.rstrip(" -–—*_")
    ends_open = tail.endswith((":", "：", ":>"))
    bare = tail.rstrip(":： ")
    verbs = VERB.findall(joined)
    dated = DATE.search(joined) is not None
    timed = TIME.search(joined) is not None
    mailed = EMAIL.search(joined) is not None
    if verbs:
        if not bare.endswith(verbs[-1]):
            return ends_open and dated and (mailed or timed)
        closed = ends_open or joined.endswith("----")
        if closed and (dated or (mailed and more_lines == 0)):
            return True
        return dated and (mailed or timed) and (ends_open or START.match(joined) is not None)
    if ends_open and dated and timed and mailed and more_lines <= 3:
        return True
    first = BARE_DATED.match(joined)
    if first is None or more_lines > 2:
        return False
    if mailed and re.search(r">\s*[:：]?$", joined):
        return True
    return "GMT" in first.group() and 0 < len(joined[first.end() :].split()) <= 6


def _without_signature(lines: list[str]) -> list[str]:
    """Cuts at a signature mark, at a rule with a list's footer below, and drops "Sent from…" and rules at the end."""
    out: list[str] = []
    for i, line in enumerate(lines):
        if SIGNATURE.match(line) and (line.rstrip("\r") == "-- " or len(lines) - i <= 20):
            break
        if (
            RULE.match(line)
            and i
            and 0 < len([x for x in lines[i + 1 :] if x.strip()]) <= 6
            and _is_footer(lines[i + 1 :])
        ):
            break
        if SCANNER.match(line) and len(lines) - i <= 12:
            break
        if is_sent_from(line):
            continue
        out.append(line)
    while out and (not out[-1].strip() or SEPARATOR.match(out[-1])):
        out.pop()
    return out


def _is_footer(rest: list[str]) -> bool:
    text = " ".join(rest).casefold()
    return any(word in text for word in ("mailing list", "unsubscribe", "http://", "https://", "list-", "@"))
