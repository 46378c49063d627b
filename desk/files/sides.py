"""What a picture is and how large, by its bytes: PNG, JPEG, WebP and GIF, and nothing that could run."""

from __future__ import annotations

import struct

from desk.files import jpeg


def picture_of(content: bytes) -> tuple[str, int, int] | None:
    """Type, width and height in pixels; None where it is none of these pictures, or broken before its sides."""
    try:
        return _sides(content)
    except (struct.error, IndexError, ValueError):
        return None


def _sides(content: bytes) -> tuple[str, int, int]:
    if content.startswith(b"\x89PNG\r\n\x1a\n") and content[12:16] == b"IHDR" and b"IEND" in content[-16:]:
        return ("image/png", *struct.unpack(">II", content[16:24]))
    if content.startswith(b"\xff\xd8\xff"):
        return ("image/jpeg", *jpeg.sides(content))
    if content[:4] == b"RIFF" and content[8:12] == b"WEBP":
        return ("image/webp", *_webp(content))
    if content[:6] in (b"GIF87a", b"GIF89a"):
        return ("image/gif", *struct.unpack("<HH", content[6:10]))
    raise ValueError("none of the four")


def _webp(content: bytes) -> tuple[int, int]:
    form = content[12:16]
    if form == b"VP8X":
        return 1 + int.from_bytes(content[24:27], "little"), 1 + int.from_bytes(content[27:30], "little")
    if form == b"VP8L" and content[20] == 0x2F:
        bits = int(struct.unpack("<I", content[21:25])[0])
        return (bits & 0x3FFF) + 1, (bits >> 14 & 0x3FFF) + 1
    if form == b"VP8 " and content[23:26] == b"\x9d\x01\x2a":
        width, height = struct.unpack("<HH", content[26:30])
        return width & 0x3FFF, height & 0x3FFF
    raise ValueError("no picture in it")
