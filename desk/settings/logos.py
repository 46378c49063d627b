"""Logos of brands: what a picture is by its bytes, which are taken, and the one that a brand has.

A logo is kept for good once somebody uploaded it: a mail of last year shows the one of last year, and an address whose
content never changes can be kept by every browser.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass

from desk.files import Blobs
from desk.messages import Attachment
from desk.settings.service import brand
from desk.settings.tables import Brand, BrandLogo
from desk.store import Tx

BIGGEST = 512 * 1024  # bytes
WIDEST = 2000  # pixels, either way
TALL, WIDE = 40, 200  # pixels that it is shown in at most
SUFFIXES = {"image/png": "png", "image/jpeg": "jpg", "image/webp": "webp"}


class BadLogo(ValueError):
    """This is no logo that is taken. `reason`: empty, big, svg, kind, sides."""

    def __init__(self, reason: str) -> None:
        super().__init__(f"logo refused: {reason}")
        self.reason = reason


@dataclass(frozen=True, slots=True)
class Logo:
    """A logo as pages and mails show it."""

    sha256: str
    kind: str
    size: int
    width: int
    height: int

    @property
    def path(self) -> str:
        """Its address at this desk, good for ever: the name is what is in it."""
        return f"/brand/{self.sha256}.{SUFFIXES[self.kind]}"

    @property
    def shown(self) -> tuple[int, int]:
        """Width and height that it is shown in, never larger than it is."""
        by = min(1.0, TALL / self.height, WIDE / self.width)
        return max(1, round(self.width * by)), max(1, round(self.height * by))

    @property
    def content_id(self) -> str:
        return f"logo.{self.sha256[:32]}@brand"

    @property
    def file(self) -> Attachment:
        """As a mail carries it inside its text."""
        name = f"logo.{SUFFIXES[self.kind]}"
        return Attachment(name, self.kind, self.size, self.sha256, content_id=self.content_id, inline=True)


def read_logo(content: bytes) -> tuple[str, int, int]:
    """Kind, width and height of a picture, by its bytes. Raises BadLogo for what is not taken."""
    if not content:
        raise BadLogo("empty")
    if len(content) > BIGGEST:
        raise BadLogo("big")
    head = content[:1024].lstrip(b"\xef\xbb\xbf \t\r\n").lower()
    if head.startswith((b"<svg", b"<?xml", b"<!doctype svg")) or b"<svg" in head:
        raise BadLogo("svg")
    try:
        kind, width, height = _sides(content)
    except (struct.error, IndexError, ValueError):
        raise BadLogo("kind") from None
    if not (0 < width <= WIDEST and 0 < height <= WIDEST):
        raise BadLogo("sides")
    return kind, width, height


def _sides(content: bytes) -> tuple[str, int, int]:
    if content.startswith(b"\x89PNG\r\n\x1a\n") and content[12:16] == b"IHDR" and b"IEND" in content[-16:]:
        return ("image/png", *struct.unpack(">II", content[16:24]))
    if content.startswith(b"\xff\xd8\xff"):
        return ("image/jpeg", *_jpeg(content))
    if content[:4] == b"RIFF" and content[8:12] == b"WEBP":
        return ("image/webp", *_webp(content))
    raise ValueError("none of the three")


def _jpeg(content: bytes) -> tuple[int, int]:
    """The sides stand in the frame header, behind segments of any length."""
    at = 2
    while True:
        if content[at] != 0xFF:
            raise ValueError("no marker where one should be")
        mark = content[at + 1]
        if mark == 0xFF:  # padding
            at += 1
            continue
        if 0xC0 <= mark <= 0xCF and mark not in (0xC4, 0xC8, 0xCC):
            height, width = struct.unpack(">HH", content[at + 5 : at + 9])
            return width, height
        if mark in (0xD9, 0xDA):
            raise ValueError("the picture begins without its sides")
        at += 2 + int(struct.unpack(">H", content[at + 2 : at + 4])[0])


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


def put_logo(tx: Tx, files: Blobs, brand_id: int, sha256: str, content: bytes) -> Logo:
    """Gives a brand its logo, whose bytes are stored already, or another one. Raises BadLogo, LookupError."""
    kind, width, height = read_logo(content)
    row = brand(tx, brand_id)
    if tx.get(BrandLogo, sha256) is None:
        files.refer(tx, sha256, len(content))
        tx.add(BrandLogo(sha256=sha256, kind=kind, size=len(content), width=width, height=height, at=tx.now()))
        tx.flush()
    row.logo = sha256
    tx.flush()
    return Logo(sha256, kind, len(content), width, height)


def drop_logo(tx: Tx, brand_id: int) -> None:
    """Shows the first letter of the name instead. What was sent keeps the logo. Raises LookupError."""
    brand(tx, brand_id).logo = ""
    tx.flush()


def logo(tx: Tx, of: Brand | None) -> Logo | None:
    """The logo of a brand; None where it has none."""
    return known_logo(tx, of.logo) if of is not None and of.logo else None


def known_logo(tx: Tx, sha256: str) -> Logo | None:
    """One that somebody uploaded, whichever brand has it or had it."""
    row = tx.get(BrandLogo, sha256)
    return Logo(row.sha256, row.kind, row.size, row.width, row.height) if row is not None else None
