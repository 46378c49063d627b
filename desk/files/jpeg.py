"""The segments of a JPEG: its sides, how it is turned, and the picture without what was written about it.

The form is that of ITU T.81 (annex B) and, for how it is turned, Exif 2.32 (tag 0x0112 of the first directory).
"""

from __future__ import annotations

import struct
from collections.abc import Iterator

_END, _SCAN, _APP0, _APP1, _APP15, _COMMENT = 0xD9, 0xDA, 0xE0, 0xE1, 0xEF, 0xFE
# What the picture looks like depends on these: the colours, and what kind of colours they are.
_KEPT = {0xE0: b"JFIF\0", 0xE2: b"ICC_PROFILE\0", 0xEE: b"Adobe"}
_EXIF = b"Exif\0\0"
_ORIENTATION = 0x0112


def _segments(content: bytes) -> Iterator[tuple[int, int, int]]:
    """Marker, begin and end of each segment up to the end of the picture; a scan with the data that follows it. Raises
    ValueError, IndexError and struct.error for what is none."""
    at = 2
    while True:
        if content[at] != 0xFF:
            raise ValueError("no marker where one should be")
        mark = content[at + 1]
        if mark == 0xFF:  # padding
            at += 1
            continue
        if mark == _END:
            return
        end = at + 2 + int(struct.unpack(">H", content[at + 2 : at + 4])[0])
        if end > len(content):
            raise ValueError("a segment is cut off")
        if mark == _SCAN:
            end = _after_scan(content, end)
        yield mark, at, end
        at = end


def _after_scan(content: bytes, at: int) -> int:
    """Where the next marker stands behind the data of a scan; a mark that was written as data has a zero behind it, and
    those that only keep the pace belong to it."""
    while True:
        at = content.index(b"\xff", at)
        if content[at + 1] == 0 or 0xD0 <= content[at + 1] <= 0xD7:
            at += 2
        elif content[at + 1] == 0xFF:
            at += 1
        else:
            return at


def sides(content: bytes) -> tuple[int, int]:
    """Width and height in pixels as it is shown: a camera that was held upright says so, and writes it lying."""
    turned = 1
    for mark, at, end in _segments(content):
        if mark == _APP1:
            turned = _turned(content[at + 4 : end]) or turned
        if 0xC0 <= mark <= 0xCF and mark not in (0xC4, 0xC8, 0xCC):
            height, width = struct.unpack(">HH", content[at + 5 : at + 9])
            return (height, width) if turned >= 5 else (width, height)
        if mark == _SCAN:
            break
    raise ValueError("the picture begins without its sides")


def bare(content: bytes) -> bytes:
    """The same picture without what its camera and its programs wrote about it, and without what lies behind its end.
    How it is turned stays, as the one thing that is told. Raises as above."""
    out, turned = [content[:2]], 1
    rest: list[bytes] = []
    for mark, at, end in _segments(content):
        if mark == _APP1:
            turned = _turned(content[at + 4 : end]) or turned
        if mark == _COMMENT or _APP0 <= mark <= _APP15:
            kept = _KEPT.get(mark)
            if kept is None or not content.startswith(kept, at + 4):
                continue
        (out if mark == _APP0 else rest).append(content[at:end])
    if turned != 1:
        out.append(_only_turned(turned))
    return b"".join([*out, *rest, b"\xff", bytes([_END])])


def _turned(segment: bytes) -> int:
    """How an Exif segment says that the picture is turned, 1 to 8; 0 where it does not, or is none."""
    if not segment.startswith(_EXIF):
        return 0
    tiff = segment[len(_EXIF) :]
    order = {b"II": "<", b"MM": ">"}.get(tiff[:2])
    if order is None:
        return 0
    try:
        (first,) = struct.unpack_from(f"{order}I", tiff, 4)
        (count,) = struct.unpack_from(f"{order}H", tiff, first)
        for number in range(min(count, 200)):
            tag, kind, _many, value = struct.unpack_from(f"{order}HHIH", tiff, first + 2 + 12 * number)
            if tag == _ORIENTATION and kind == 3 and 1 <= value <= 8:
                return int(value)
    except struct.error:
        return 0
    return 0


def _only_turned(value: int) -> bytes:
    tiff = b"II*\0" + struct.pack("<IHHHIHHI", 8, 1, _ORIENTATION, 3, 1, value, 0, 0)
    return struct.pack(">BBH", 0xFF, _APP1, 2 + len(_EXIF) + len(tiff)) + _EXIF + tiff
