"""Logos of brands: what a picture is by its bytes, which are taken, and the one that a brand has.

A logo is kept for good once somebody uploaded it: a mail of last year shows the one of last year, and an address whose
content never changes can be kept by every browser.
"""

from __future__ import annotations

from dataclasses import dataclass

from desk.files import Blobs, picture_of
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
    found = picture_of(content)
    if found is None or found[0] not in SUFFIXES:
        raise BadLogo("kind")
    kind, width, height = found
    if not (0 < width <= WIDEST and 0 < height <= WIDEST):
        raise BadLogo("sides")
    return kind, width, height


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
