"""Mails for the tests of the channel: recorded ones by name, and small ones made on the spot."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

from desk.channels.base import InboxRef

FOLDER = Path(__file__).parent / "payloads" / "email"
NAMES = sorted(p.stem for p in FOLDER.glob("*.eml"))
INBOX = InboxRef(1, "support@shop.example", "support", {})
NOON = datetime(2026, 3, 3, 12, 0, tzinfo=UTC)


def recorded(name: str) -> bytes:
    return (FOLDER / f"{name}.eml").read_bytes()


def made(body: str, *headers: str, sender: str = "Mara <mara@customer.example>", subject: str = "A question") -> bytes:
    lines = [f"From: {sender}", "To: support@shop.example", f"Subject: {subject}", "Message-ID: <m1@customer.example>"]
    if not any(h.lower().startswith("content-type") for h in headers):
        lines.append("Content-Type: text/plain; charset=utf-8")
    return ("\r\n".join([*lines, *headers]) + "\r\n\r\n" + body.replace("\n", "\r\n")).encode()


def html(body: str, subject: str = "Re: A question") -> bytes:
    return made(body, "Content-Type: text/html; charset=utf-8", subject=subject)
