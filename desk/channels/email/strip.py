"""What the writer of a plain-text mail wrote new, apart from what the mail quotes and signs."""

from __future__ import annotations

import re

from desk.channels.email.announce import Span, announcement, next_text
from desk.channels.email.quoting import FORWARD_SUBJECT, FORWARDED, QUOTE, SEPARATOR
from desk.channels.email.signing import is_sent_from, without_banner, without_signature

MAX_LINES = 2_500
MAX_LINE = 240
LOOK_AHEAD = 60  # lines in which a writer who answers between quotations is looked for
MAX_PASSES = 12
_MARKS = re.compile(r"^[>\s]+")
DEEPEST = 100  # columns: nobody announces a quotation further in, and looking for one there would be dear


def strip_reply(text: str, subject: str = "") -> tuple[str, str]:
    """(new, quoted): what was written new, and the rest of the mail as it stands (signature and quotation).

    What a mail forwards is new as a whole, below the writer's own words; so is a mail that has nothing but a quotation
    announced by headers. A subject that says "Fwd:" makes a block of headers a forward too, for the programs that put
    no other mark. Where the new text is not the mail's beginning, `quoted` is the whole mail: nothing is ever lost.
    """
    lines = text.replace("\r\n", "\n").replace("\r", "\n").replace("\xa0", " ").split("\n")
    # Long lines are looked at by their first words, and far lines not at all: patterns must not take long on any mail.
    marks = [x if len(x) <= MAX_LINE else f"{x[:MAX_LINE]}\x00{i}" for i, x in enumerate(lines[:MAX_LINES])]
    whole = dict(zip(marks, lines, strict=False))
    is_forward = FORWARD_SUBJECT.match(subject) is not None
    new = _strip(marks, is_forward)
    last = next((x for x in reversed(marks) if x.strip()), "")
    reaches_end = len(lines) > MAX_LINES and bool(new) and new[-1] == last
    for _ in range(MAX_PASSES):  # what was left may end in a signature again: until nothing is left to take
        before = _tidied(new)
        new = _strip(before, is_forward)
        if new == before:
            break
    reaches_end = reaches_end and bool(new) and new[-1] == last.rstrip()
    new = [whole.get(x, x) for x in new]
    return _result(lines, new + lines[MAX_LINES:] if reaches_end else new)


def strip_text(text: str) -> str:
    """What was written new in a plain-text body (`flask mail strip`)."""
    return strip_reply(text)[0]


def tidy_keeping(text: str) -> str:
    """As `sanitise.tidy`, but the first line keeps its indent: code and lists are written so."""
    return "\n".join(_tidied(text.split("\n")))


def _tidied(lines: list[str]) -> list[str]:
    """No spaces at line ends, no blank lines around."""
    out = [line.rstrip() for line in lines]
    while out and not out[-1]:
        out.pop()
    start = next_text(out, 0)
    return out[start:]


def _result(lines: list[str], new: list[str]) -> tuple[str, str]:
    shown = tidy_keeping("\n".join(new))
    whole = tidy_keeping("\n".join(lines))
    if shown == whole:
        return shown, ""
    quoted = whole[len(shown) :] if shown and whole.startswith(f"{shown}\n") else whole
    return shown, quoted.strip("\n")


def _strip(lines: list[str], is_forward: bool) -> list[str]:
    own, forwarded = _walk(without_banner(lines), is_forward)
    new = without_signature(own)
    if forwarded:
        return [*new, "", *forwarded] if _words(new) and len(new) < len(_without_blank_end(own)) else own + forwarded
    if not _words(new) and not any(_announced_inside(lines, i) for i in range(min(len(lines), LOOK_AHEAD))):
        return lines  # quoted by hand, and nothing says of whom: these are the words that were sent
    return new


def _without_blank_end(lines: list[str]) -> list[str]:
    end = len(lines)
    while end and not lines[end - 1].strip():
        end -= 1
    return lines[:end]


def _announced_inside(lines: list[str], at: int) -> bool:
    """Whether a line under its quotation marks, or a bare one, announces a quotation."""
    bare = [_MARKS.sub("", x) for x in lines[at : at + 8]]
    return bool(bare) and announcement(bare, 0) is not None


def _walk(lines: list[str], is_forward: bool) -> tuple[list[str], list[str]]:
    """The lines before, between and after quotations that are the writer's, and those of the mail they forward."""
    kept: list[str] = []
    i, n = 0, len(lines)
    while i < n:
        line = lines[i]
        if len(line) - len(line.lstrip()) > DEEPEST:
            kept.append(line)
            i += 1
            continue
        if FORWARDED.match(line):
            return kept, lines[i:]
        if QUOTE.match(line):
            if any(FORWARDED.match(x) for x in lines[i : i + 3]):
                return kept, lines[i:]
            i = _quote_block(lines, i, kept, None)
            continue
        span = announcement(lines, i)
        if span is None:
            kept.append(line)
            i += 1
            continue
        if span.kind == "headers" and (is_forward or not _words(kept)):
            return kept, lines[i:]
        after = next_text(lines, span.end)
        followed = after < n and QUOTE.match(lines[after]) is not None
        if span.kind == "weak":
            i = _weak(lines, span, kept) if followed and after - span.end <= 1 else _keep(lines, span, kept)
        elif span.kind == "attribution" and followed:
            i = _quote_block(lines, after, kept, lines[span.start : after])
        elif span.kind == "attribution" and not _words(kept) and after < n:
            kept.clear()  # an attribution on top of text that is not marked as quoted: the text is all there is
            i = span.end
        else:
            return kept, []
    return kept, []


def _keep(lines: list[str], span: Span, kept: list[str]) -> int:
    kept.extend(lines[span.start : span.end])
    return span.end


def _weak(lines: list[str], span: Span, kept: list[str]) -> int:
    before = len(kept)
    after = next_text(lines, span.end)
    i = _quote_block(lines, after, kept, None if _words(kept) else lines[span.start : after])
    if any(QUOTE.match(x) for x in kept[before:]):  # the writer answers between: their own words announce it
        kept[before:before] = lines[span.start : span.end]
    return i


def _quote_block(lines: list[str], start: int, kept: list[str], announced: list[str] | None) -> int:
    """Passes over one quotation; it stays in the text only where the writer answers inside of it. Returns the line
    after."""
    end = _end_of_quote(lines, start)
    rest = without_signature(lines[end : end + LOOK_AHEAD])
    if not _writer_goes_on(rest):
        return len(lines)
    top = not _words(kept)
    if announced is not None and (top or _is_signoff(rest)) and not any(QUOTE.match(x) for x in rest):
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
        if QUOTE.match(lines[i]):
            i += 1
            continue
        following = next_text(lines, i)
        if following >= n:
            return n
        if following > i and QUOTE.match(lines[following]):
            i = following
            continue
        if (
            following == i
            and len(lines[i - 1]) > 60
            and len(lines[i].split()) <= 3
            and i + 1 < n
            and QUOTE.match(lines[i + 1])
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
        if not line.strip() or SEPARATOR.match(line) or QUOTE.match(line) or is_sent_from(line):
            i += 1
            continue
        span = announcement(rest, i)
        if span is None:
            return True
        if span.kind not in ("attribution", "weak"):
            return False
        after = next_text(rest, span.end)
        if after >= len(rest) or not QUOTE.match(rest[after]):
            return span.kind == "weak"
        i = after
    return False


def _is_signoff(rest: list[str]) -> bool:
    words = [x for x in rest if x.strip()]
    return len(words) <= 4 and sum(len(x) for x in words) <= 120


def _words(lines: list[str]) -> bool:
    return any(x.strip() and not SEPARATOR.match(x) and not is_sent_from(x) for x in lines)
