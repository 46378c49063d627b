"""Builds winmail.dat files as Outlook packs them, for tests: every byte by the specification, none recorded."""

from __future__ import annotations

import struct
from collections.abc import Iterable


def attribute(level: int, name: int, data: bytes) -> bytes:
    return struct.pack("<BII", level, name, len(data)) + data + struct.pack("<H", sum(data) & 0xFFFF)


def prop(number: int, kind: int, value: bytes | int) -> bytes:
    """One property: a number, or text and bytes with their length, padded to four."""
    head = struct.pack("<HH", kind, number)
    if isinstance(value, int):
        return head + struct.pack("<I", value)
    return head + struct.pack("<II", 1, len(value)) + value + b"\0" * (-len(value) % 4)


def named(value: str) -> bytes:
    """A property that goes by a name of its own, as Outlook adds them by the dozen."""
    name = "x-kettle\0".encode("utf-16-le")
    head = struct.pack("<HH", 0x1F, 0x8001) + bytes(16) + struct.pack("<II", 1, len(name))
    text = f"{value}\0".encode("utf-16-le")
    head += name + b"\0" * (-len(name) % 4)
    return head + struct.pack("<II", 1, len(text)) + text + b"\0" * (-len(text) % 4)


def props(*each: bytes) -> bytes:
    return struct.pack("<I", len(each)) + b"".join(each)


def wide(text: str) -> bytes:
    return f"{text}\0".encode("utf-16-le")


def file(name: str, content: bytes, *more: bytes, title: bytes = b"SHORT~1.PDF\0") -> bytes:
    """A file: its short name of the DOS days, its bytes, and its properties with the long name."""
    return (
        attribute(2, 0x00069002, bytes(14))
        + attribute(2, 0x00018010, title)
        + attribute(2, 0x0006800F, content)
        + attribute(2, 0x00069005, props(prop(0x3707, 0x1F, wide(name)), *more))
    )


def embedded(inner: bytes) -> bytes:
    """A message inside of the message."""
    data = prop(0x3701, 0x0D, bytes(16) + inner)
    return attribute(2, 0x00069002, bytes(14)) + attribute(2, 0x00069005, props(prop(0x3705, 0x03, 5), data))


def winmail(*files: bytes, message: Iterable[bytes] = (), codepage: int = 1252) -> bytes:
    head = b"\x78\x9f\x3e\x22" + b"\x01\x00"
    head += attribute(1, 0x00089006, struct.pack("<I", 0x10000))
    head += attribute(1, 0x00069007, struct.pack("<II", codepage, 0))
    message = tuple(message)
    if message:
        head += attribute(1, 0x00069003, props(*message))
    return head + b"".join(files)


def rtf(raw: bytes) -> bytes:
    """RTF in the form in which Outlook keeps it, every byte written out."""
    body = b"".join(b"\x00" + raw[i : i + 8] for i in range(0, len(raw), 8))
    return struct.pack("<II", len(body) + 12, len(raw)) + b"LZFu" + bytes(4) + body
