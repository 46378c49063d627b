"""The structure of a mail: bytes to a tree of parts, whatever the bytes are.

The standard library's parser turns a mail into text before it looks at it, holds every line as an object of its own
and raises on many damaged mails, also while it gives an attached mail back as bytes. So the structure is read here,
on the bytes themselves, by offsets into the one buffer; the library is left what it does well: dates, codecs, and
composing. The repairs: mbox "From " lines and banners before the headers are dropped, a header line without a colon
continues the one before, a boundary that was never closed ends where the outer part ends, a declared boundary that
never occurs gives way to the one that the body plainly uses.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field

from desk.channels.email.headers import parameters

MAX_DEPTH = 40  # deeper parts are kept unread, as one attachment
MAX_PARTS = 2_000
MAX_HEADER_BYTES = 2 << 20
MAX_BANNER_LINES = 30

_FIELD = re.compile(rb"([!-9;-~]{1,120})[ \t]*:")
_KNOWN_FIELD = re.compile(
    rb"(return-path|received|from|to|cc|date|subject|message-id|mime-version|content-[a-z-]+|delivered-to|reply-to|sender"
    rb"|x-[!-9;-~]+|dkim-signature|arc-[a-z-]+|authentication-results|envelope-to|in-reply-to|references)[ \t]*:",
    re.IGNORECASE,
)
_BLANK = re.compile(rb"\r\n([ \t]*)\r\n|\n([ \t]*)\r?\n|\r([ \t]*)\r(?!\n)")
_BODY_BOUNDARY = re.compile(
    rb"(?:^|\n)--([^\s-][^\r\n]{0,199}?|-[^\r\n]{1,199}?)[ \t]*\r?\n(?:[ \t]*\r?\n|Content-)", re.IGNORECASE
)
EMBEDDED = {"message/rfc822", "message/global", "message/news"}


@dataclass(slots=True)
class Part:
    """One part: its header lines, and either where its encoded body lies in the mail or its parts."""

    source: bytes = field(repr=False)
    start: int
    end: int
    headers: list[tuple[str, bytes]]
    content_type: str = "text/plain"
    params: dict[str, str] = field(default_factory=dict)
    parts: list[Part] = field(default_factory=list)
    parent_type: str = ""  # mixed, related, alternative … of the multipart that it is in
    index: int = 0  # its place in that

    @property
    def body(self) -> bytes:
        """The body as it was sent, still encoded."""
        return self.source[self.start : self.end]

    def header(self, name: str) -> bytes | None:
        """The first line of that name; names are lower case."""
        for key, value in self.headers:
            if key == name:
                return value
        return None

    def all(self, name: str) -> list[bytes]:
        """Every line of that name."""
        return [value for key, value in self.headers if key == name]

    @property
    def is_multipart(self) -> bool:
        return bool(self.parts)

    @property
    def is_embedded(self) -> bool:
        """An attached mail: kept as the bytes that were sent."""
        return self.content_type in EMBEDDED

    def leaves(self) -> Iterator[Part]:
        """Every part that holds content, in the order of the mail."""
        waiting = [self]
        while waiting:
            part = waiting.pop()
            if part.parts:
                waiting.extend(reversed(part.parts))
            else:
                yield part


def read(raw: bytes) -> Part:
    """The tree of a mail. Raises nothing."""
    head = raw[:65536]
    if b"\r\r\n" in head:  # a gateway put CR before every CRLF
        raw = raw.replace(b"\r\r\n", b"\r\n")
    elif b"\r" in head and b"\n" not in head:  # lines end as on old Macs
        raw = raw.replace(b"\r", b"\n")
    return _read(raw, _after_banner(raw), len(raw), "text/plain", "", 0, 0, [0])


def _after_banner(raw: bytes) -> int:
    """Where the headers start: behind a byte-order mark, blank lines, mbox "From " lines and banners of gateways."""
    begin = 3 if raw.startswith(b"\xef\xbb\xbf") else 0
    at, first = begin, True
    for _ in range(MAX_BANNER_LINES):
        if at >= len(raw):
            break
        newline = raw.find(b"\n", at, at + 4096)
        end = newline + 1 if newline >= 0 else len(raw)
        line = raw[at : min(end, at + 200)].strip()
        mbox = line.startswith((b"From ", b">From ")) and not line.startswith((b"From :", b">From :"))
        if line and not mbox:
            if raw[at : at + 1] not in (b" ", b"\t") and (_FIELD if first else _KNOWN_FIELD).match(line):
                return at
            first = False
        at = end
    # No header line: a bare text, whole but for blank lines and mbox lines on top of it.
    at = begin
    while raw.startswith((b"From ", b">From ", b"\n", b"\r\n"), at):
        newline = raw.find(b"\n", at)
        if newline < 0:
            break
        at = newline + 1
    return at


def read_headers(raw: bytes, start: int, end: int) -> tuple[list[tuple[str, bytes]], int]:
    """The header lines between two offsets, unfolded, with lower-case names; and where the body starts."""
    if raw.startswith(b"\r\n", start):
        return [], start + 2
    if raw.startswith((b"\n", b"\r"), start):
        return [], start + 1
    stop, body = _blank_line(raw, start, end)
    headers: list[tuple[str, bytes]] = []
    name: str | None = None
    pieces: list[bytes] = []
    at = start
    for line in raw[start:stop].splitlines(keepends=True):
        match = _FIELD.match(line)
        if match is not None:
            if name is not None:
                headers.append((name, b" ".join(pieces)))
            name = match.group(1).decode("ascii").lower()
            pieces = [line[match.end() :].strip()]
        elif name is None:
            if not line.startswith((b"From ", b">From ")):
                return [], start  # no header at all: everything is the body
        elif line.startswith(b"--") and len(line) > 8:
            # The blank line between headers and body is missing: the first boundary tells where the body starts.
            headers.append((name, b" ".join(pieces)))
            return headers, at
        else:
            pieces.append(line.strip())
        at += len(line)
    if name is not None:
        headers.append((name, b" ".join(pieces)))
    return headers, body


def _blank_line(raw: bytes, start: int, end: int) -> tuple[int, int]:
    """The end of the headers and the start of the body. A line of spaces ends them unless header lines go on behind
    it."""
    limit = min(end, start + MAX_HEADER_BYTES)
    at = start
    while True:
        blank = _BLANK.search(raw, at, limit)
        if blank is None:
            return limit, limit
        spaces = blank.group(1) or blank.group(2) or blank.group(3)
        if spaces and _KNOWN_FIELD.match(raw, blank.end(), min(limit, blank.end() + 100)):
            at = blank.end() - 1
            continue
        return blank.start(), blank.end()


def _read(
    raw: bytes, start: int, end: int, default: str, parent: str, index: int, depth: int, counter: list[int]
) -> Part:
    counter[0] += 1
    headers, body = read_headers(raw, start, end)
    part = Part(raw, body, end, headers, parent_type=parent, index=index)
    part.content_type, part.params = parameters(part.header("content-type") or b"", default)
    if not part.content_type.startswith("multipart/"):
        return part
    if depth >= MAX_DEPTH or counter[0] >= MAX_PARTS:
        part.content_type = "application/octet-stream"
        return part
    inner = "message/rfc822" if part.content_type == "multipart/digest" else "text/plain"
    for i, (piece_start, piece_end) in enumerate(_pieces(raw, body, end, part.params.get("boundary", ""))):
        if counter[0] >= MAX_PARTS:
            break
        kind = part.content_type.removeprefix("multipart/")
        part.parts.append(_read(raw, piece_start, piece_end, inner, kind, i, depth + 1, counter))
    if not part.parts:  # nothing inside: what is there is read as text
        part.content_type = "text/plain"
    return part


def _pieces(raw: bytes, start: int, end: int, boundary: str) -> list[tuple[int, int]]:
    declared = boundary.encode("utf-8", "surrogateescape").rstrip()
    found = _split(raw, start, end, declared) if declared else []
    if found:
        return found
    guess = _BODY_BOUNDARY.search(raw, max(0, start - 1), min(end, start + 200_000))
    return _split(raw, start, end, guess.group(1)) if guess else []


def _split(raw: bytes, start: int, end: int, boundary: bytes) -> list[tuple[int, int]]:
    """The parts between the lines of a boundary (RFC 2046 5.1.1), as offsets; the last one may lack its end."""
    mark = b"--" + boundary
    pieces: list[tuple[int, int]] = []
    opened = -1
    at = start
    while (at := raw.find(mark, at, end)) >= 0:
        after = at + len(mark)
        if at > start and raw[at - 1] not in b"\r\n":
            at = after
            continue
        line_end = raw.find(b"\n", after, end)
        rest = raw[after : min(line_end if line_end >= 0 else end, after + 200)].strip()
        closing = rest.startswith(b"--")
        if rest and not closing:  # a longer boundary that begins like this one
            at = after
            continue
        if opened >= 0:
            pieces.append((opened, _end_of_line_before(raw, at, opened)))
        # After its end a boundary may open again: a gateway that appends a footer part does that.
        opened = -1 if closing else (line_end + 1 if line_end >= 0 else end)
        at = after
    if 0 <= opened < end:
        pieces.append((opened, end))
    return pieces


def _end_of_line_before(raw: bytes, at: int, least: int) -> int:
    if at > least and raw[at - 1 : at] == b"\n":
        at -= 1
    if at > least and raw[at - 1 : at] == b"\r":
        at -= 1
    return at
