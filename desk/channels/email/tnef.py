"""What is inside a winmail.dat: the files and the text that Outlook packs for itself (TNEF, MS-OXTNEF).

Read strictly, by offsets and with bounds: whatever does not hold together is no TNEF, and the mail keeps the file as it
came. What is read here is what a person reads: names, types and bytes of files, subject and body; not the hundred
other properties.
"""

from __future__ import annotations

import re
import struct
from collections.abc import Iterator
from dataclasses import dataclass, field

from desk.channels.email import charsets, rtf

SIGNATURE = b"\x78\x9f\x3e\x22"
MAX_FILES = 200
MAX_ATTRIBUTES = 20_000
MAX_PROPERTIES = 5_000
MAX_DEPTH = 4  # messages inside of messages

# Attributes (MS-OXTNEF 2.1.3.2).
_CODEPAGE, _SUBJECT, _BODY, _MESSAGE = 0x00069007, 0x00018004, 0x0002800C, 0x00069003
_BEGINS, _TITLE, _DATA, _ATTACHED = 0x00069002, 0x00018010, 0x0006800F, 0x00069005
# Properties (MS-OXPROPS): of the message, then of a file.
_PR_SUBJECT, _PR_BODY, _PR_RTF, _PR_HTML, _PR_CODEPAGE = 0x0037, 0x1000, 0x1009, 0x1013, 0x3FDE
_PR_NAME, _PR_DATA, _PR_SHORT, _PR_METHOD, _PR_LONG, _PR_MIME, _PR_CID = (
    0x3001, 0x3701, 0x3704, 0x3705, 0x3707, 0x370E, 0x3712,
)  # fmt: skip
_EMBEDDED_MESSAGE = 5
_MESSAGE_GUID = 16  # bytes of the interface's name before a message inside of a message
_FIXED = {0x01: 0, 0x02: 4, 0x03: 4, 0x04: 4, 0x05: 8, 0x06: 8, 0x07: 8, 0x0A: 4, 0x0B: 4, 0x14: 8, 0x40: 8, 0x48: 16}
_TEXT8, _TEXT16, _BINARY, _OBJECT = 0x1E, 0x1F, 0x102, 0x0D
_MIME = re.compile(r"[a-z0-9.+-]{1,60}/[a-z0-9.+-]{1,80}")


class _Broken(Exception):
    """It does not hold together."""


@dataclass(frozen=True, slots=True)
class File:
    """A file in it; `content_type` is empty where nothing says it."""

    name: str
    content_type: str
    content: bytes = field(repr=False)
    content_id: str | None = None


@dataclass(frozen=True, slots=True)
class Winmail:
    """What was inside."""

    subject: str
    text: str
    html: str
    files: tuple[File, ...]


@dataclass(slots=True)
class _Loose:
    """A file while its pieces are read."""

    title: bytes = b""
    data: bytes = b""
    properties: dict[int, tuple[int, bytes]] = field(default_factory=dict)


def read(content: bytes) -> Winmail | None:
    """What is inside; None for what is no TNEF, or a broken one. Raises nothing."""
    try:
        return _message(content, 0)
    except (_Broken, struct.error, IndexError, ValueError, OverflowError, UnicodeError):
        return None


def _message(content: bytes, depth: int) -> Winmail:
    if not content.startswith(SIGNATURE) or depth > MAX_DEPTH:
        raise _Broken
    codepage, subject, body = "", b"", b""
    properties: dict[int, tuple[int, bytes]] = {}
    loose: list[_Loose] = []
    for name, data in _attributes(content):
        if name == _CODEPAGE:
            codepage = _charset(data)
        elif name == _SUBJECT:
            subject = data
        elif name == _BODY:
            body = data
        elif name == _MESSAGE:
            properties = _properties(data)
        elif name == _BEGINS:
            if len(loose) >= MAX_FILES:
                raise _Broken
            loose.append(_Loose())
        elif name in (_TITLE, _DATA, _ATTACHED):
            if not loose:
                raise _Broken
            if name == _TITLE:
                loose[-1].title = data
            elif name == _DATA:
                loose[-1].data = data
            else:
                loose[-1].properties = _properties(data)
    files = [file for one in loose for file in _files(one, codepage, depth)]
    if len(files) > MAX_FILES:
        raise _Broken
    text = _said(properties, _PR_BODY, codepage) or _decoded(body, codepage)
    html = _html(properties, codepage)
    packed = properties.get(_PR_RTF)
    if packed is not None and not html and not text.strip():
        plain, html = rtf.read(rtf.unpacked(packed[1]))
        text = "" if html else plain
    return Winmail(_said(properties, _PR_SUBJECT, codepage) or _decoded(subject, codepage), text, html, tuple(files))


def _attributes(content: bytes) -> Iterator[tuple[int, bytes]]:
    """Name and data of each attribute; each carries the sum of its bytes, so that half a file is seen to be one."""
    at = 6
    for _ in range(MAX_ATTRIBUTES):
        if at >= len(content):
            return
        level, name, length = struct.unpack_from("<BII", content, at)
        at += 9
        if level not in (1, 2) or at + length + 2 > len(content):
            raise _Broken
        data = content[at : at + length]
        (checksum,) = struct.unpack_from("<H", content, at + length)
        if sum(data) & 0xFFFF != checksum:
            raise _Broken
        yield name, data
        at += length + 2
    raise _Broken


def _properties(data: bytes) -> dict[int, tuple[int, bytes]]:
    """The properties by their number: type and first value. Named ones are passed over; the first of one number
    counts."""
    (count,) = struct.unpack_from("<I", data)
    if count > MAX_PROPERTIES:
        raise _Broken
    found: dict[int, tuple[int, bytes]] = {}
    at = 4
    for _ in range(count):
        kind, number = struct.unpack_from("<HH", data, at)
        at += 4
        if number >= 0x8000:
            at = _after_name(data, at)
        several, base = bool(kind & 0x1000), kind & 0x0FFF
        values = 1
        if several or base in (_TEXT8, _TEXT16, _BINARY, _OBJECT):
            (values,) = struct.unpack_from("<I", data, at)
            at += 4
        if values > len(data):
            raise _Broken
        for place in range(values):
            length = _FIXED.get(base)
            if length is None:
                if base not in (_TEXT8, _TEXT16, _BINARY, _OBJECT):
                    raise _Broken
                (length,) = struct.unpack_from("<I", data, at)
                at += 4
            if at + length > len(data):
                raise _Broken
            if place == 0 and number < 0x8000:
                found.setdefault(number, (base, data[at : at + length]))
            at += length + (-length % 4)
    return found


def _after_name(data: bytes, at: int) -> int:
    at += 16
    (kind,) = struct.unpack_from("<I", data, at)
    if kind == 0:
        return at + 8
    (length,) = struct.unpack_from("<I", data, at + 4)
    if length > len(data):
        raise _Broken
    return int(at + 8 + length + (-length % 4))


def _files(one: _Loose, codepage: str, depth: int) -> list[File]:
    """The file that these pieces make; of a message inside of it, its text and its files."""
    said = one.properties
    name = next((n for p in (_PR_LONG, _PR_SHORT, _PR_NAME) if (n := _said(said, p, codepage))), "")
    name = name or _decoded(one.title, codepage)
    kind, packed = said.get(_PR_DATA, (0, b""))
    if _number(said.get(_PR_METHOD)) == _EMBEDDED_MESSAGE and kind == _OBJECT:
        inner = _message(packed[_MESSAGE_GUID:], depth + 1)
        title = inner.subject or name or "mail"
        words = [File(f"{title}.txt", "text/plain", inner.text.encode())] if inner.text.strip() else []
        if not words and inner.html.strip():
            words = [File(f"{title}.html", "text/html", inner.html.encode())]
        return [*words, *inner.files]
    content = one.data or (packed[_MESSAGE_GUID:] if kind == _OBJECT else packed)
    mime = _said(said, _PR_MIME, codepage).lower()
    return [
        File(
            name,
            mime if _MIME.fullmatch(mime) else "",
            content,
            _said(said, _PR_CID, codepage).strip("<> ")[:250] or None,
        )
    ]


def _said(properties: dict[int, tuple[int, bytes]], number: int, codepage: str) -> str:
    kind, value = properties.get(number, (0, b""))
    if kind == _TEXT16:
        return charsets.clean(value.decode("utf-16-le", "replace").split("\x00")[0])
    return _decoded(value, codepage) if kind == _TEXT8 else ""


def _decoded(value: bytes, codepage: str) -> str:
    return charsets.clean(charsets.decode(value.split(b"\x00")[0], codepage))


def _html(properties: dict[int, tuple[int, bytes]], codepage: str) -> str:
    kind, value = properties.get(_PR_HTML, (0, b""))
    if kind != _BINARY:
        return _said(properties, _PR_HTML, codepage)
    pages = properties.get(_PR_CODEPAGE)
    return _decoded(value, _charset(pages[1]) if pages is not None else codepage)


def _charset(value: bytes) -> str:
    number = _number((0, value))
    return {65001: "utf-8", 20127: "us-ascii", 28591: "iso-8859-1"}.get(number, f"cp{number}" if number else "")


def _number(found: tuple[int, bytes] | None) -> int:
    return int.from_bytes(found[1][:4], "little") if found is not None else 0
