"""An invented customer's mail as bytes, as their mail program would send it, and a photograph to attach. Pure."""

from __future__ import annotations

import hashlib
import struct
import zlib
from datetime import datetime
from random import Random

from desk.channels.email import compose
from desk.messages import Address, Attachment, OutboundMessage
from desk.simulate.cast import Buyer
from desk.simulate.steps import Write


def mail(
    step: Write,
    *,
    inbox_id: int,
    message_id: str,
    to: str,
    text: str,
    subject: str,
    thread: list[str],
    at: datetime,
) -> bytes:
    """The mail of a step. `thread` are the Message-IDs that it answers, oldest first."""
    buyer = step.case.buyer
    photos = (photo(message_id),) if step.photo else ()
    return compose(
        OutboundMessage(
            channel="email",
            inbox_id=inbox_id,
            message_id=message_id,
            to=(Address("email", to),),
            text=text,
            subject=subject,
            sender_name=buyer.name,
            sender_address=buyer.email,
            in_reply_to=thread[-1] if thread else "",
            references=tuple(thread),
            automatic=step.automatic,
            attachments=photos,
            sent_at=at,
        )
    )


def message_id(buyer: Buyer, *parts: object) -> str:
    """A Message-ID of the customer's mail provider, the same for the same step of the same history."""
    digest = hashlib.sha256("/".join(str(p) for p in (buyer.email, *parts)).encode()).hexdigest()
    return f"{digest[:20]}@{buyer.email.rpartition('@')[2]}"


def photo(seed: str) -> Attachment:
    """A small picture of a cracked pot: a real PNG, drawn here."""
    rng = Random(seed)
    width, height = 96, 72
    wall, pot, crack = (226, 219, 209), (62, 110, 112), (35, 28, 26)
    rows = [[wall] * width for _ in range(height)]
    for y in range(20, 60):
        half = 20 + int(8 * (1 - ((y - 42) / 22) ** 2))
        for x in range(48 - half, 48 + half):
            rows[y][x] = tuple(min(255, c + (x - 48) // 2) for c in pot)  # type: ignore[assignment]
    x = rng.randint(38, 58)
    for y in range(22, 58):
        x = max(32, min(64, x + rng.choice((-1, -1, 0, 1, 1))))
        rows[y][x] = rows[y][x + 1] = crack
    raw = b"".join(b"\0" + bytes(c for pixel in row for c in pixel) for row in rows)

    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    content = b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0))
    content += chunk(b"IDAT", zlib.compress(raw, 9)) + chunk(b"IEND", b"")
    name = rng.choice(("photo.png", "IMG_2041.png", "crack.png", "image0.png"))
    return Attachment(name, "image/png", len(content), hashlib.sha256(content).hexdigest(), content)
