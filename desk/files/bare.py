"""A picture without what was written about it: the place and the hour, the device, the program, the name of whoever
made it, a smaller copy of what it was before it was cut. The pixels stay as they are."""

from __future__ import annotations

import struct
from collections.abc import Iterator

from desk.files import jpeg

# PNG: what is needed to show it is written with a capital letter, and these change how it looks or moves.
_LOOKS = frozenset(
    {b"acTL", b"bKGD", b"cHRM", b"cICP", b"cLLI", b"fcTL", b"fdAT", b"gAMA", b"iCCP", b"mDCV", b"pHYs", b"sBIT",
     b"sRGB", b"tRNS"}
)  # fmt: skip
_WEBP = frozenset({b"ALPH", b"ANIM", b"ANMF", b"ICCP", b"VP8 ", b"VP8L", b"VP8X"})
_ABOUT = 0x08 | 0x04  # of a VP8X: that Exif and that XMP are there
_LOOPS = (b"NETSCAPE2.0", b"ANIMEXTS1.0")


def bare(content: bytes) -> bytes:
    """The same picture with nothing beside it: PNG, JPEG, WebP or GIF. Raises ValueError where it is none of these, or
    cut off, or not made as they are."""
    try:
        if content.startswith(b"\xff\xd8\xff"):
            return jpeg.bare(content)
        if content.startswith(b"\x89PNG\r\n\x1a\n"):
            return b"".join(_png(content))
        if content[:4] == b"RIFF" and content[8:12] == b"WEBP":
            return _webp(content)
        if content[:6] in (b"GIF87a", b"GIF89a"):
            return b"".join(_gif(content))
    except (struct.error, IndexError) as error:
        raise ValueError("the picture is cut off") from error
    raise ValueError("none of the four")


def _piece(content: bytes, begin: int, end: int) -> bytes:
    if end > len(content):
        raise ValueError("the picture is cut off")
    return content[begin:end]


def _png(content: bytes) -> Iterator[bytes]:
    yield content[:8]
    at, name = 8, b""
    while name != b"IEND":
        (length,) = struct.unpack_from(">I", content, at)
        name = content[at + 4 : at + 8]
        chunk = _piece(content, at, at + 12 + length)
        if name[:1].isupper() or name in _LOOKS:
            yield chunk
        at += len(chunk)


def _webp(content: bytes) -> bytes:
    (size,) = struct.unpack_from("<I", content, 4)
    at, end, out = 12, 8 + size, b""
    while at < end:
        name, length = struct.unpack_from("<4sI", content, at)
        chunk = _piece(content, at, at + 8 + length)
        at += 8 + length + length % 2
        if name == b"VP8X":
            chunk = chunk[:8] + bytes([chunk[8] & ~_ABOUT]) + chunk[9:]
        if name in _WEBP:
            out += chunk + b"\0" * (length % 2)
    return b"RIFF" + struct.pack("<I", 4 + len(out)) + b"WEBP" + out


def _gif(content: bytes) -> Iterator[bytes]:
    at = 13 + _colours(content[10])
    yield _piece(content, 0, at)
    while content[at] != 0x3B:
        if content[at] == 0x2C:
            end = _blocks(content, at + 10 + _colours(content[at + 9]) + 1)
            keeps = True
        elif content[at] == 0x21:
            end = _blocks(content, at + 2)
            # Comments, and what programs write for themselves; how often it moves is written in the same way.
            ours = content[at + 1] == 0xFF and content[at + 3 : at + 14] in _LOOPS
            keeps = content[at + 1] in (0x01, 0xF9) or ours
        else:
            raise ValueError("no block where one should be")
        if keeps:
            yield _piece(content, at, end)
        at = end
    yield b";"


def _colours(packed: int) -> int:
    """Bytes of a table of colours."""
    return 3 * 2 ** ((packed & 7) + 1) if packed & 0x80 else 0


def _blocks(content: bytes, at: int) -> int:
    """The end of a row of blocks, each with its length before it and an empty one last."""
    while content[at]:
        at += 1 + content[at]
    return at + 1
