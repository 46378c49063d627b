"""How many SMS a text takes: GSM-7 where its letters allow it, else UCS-2 (3GPP TS 23.038 and 23.040)."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

# The default alphabet (TS 23.038, 6.2.1) without its escape, and what stands behind the escape (6.2.1.1), two each.
BASIC = frozenset(
    "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿"
    "abcdefghijklmnopqrstuvwxyzäöñüà"
)
EXTENDED = frozenset("\f^{}\\[~]|€")
GSM7, UCS2 = "GSM-7", "UCS-2"
# Units of one message alone, and of one of several: six bytes of each go to the header that puts them together.
ROOM = {GSM7: (160, 153), UCS2: (70, 67)}


@dataclass(frozen=True, slots=True)
class Count:
    """`units` are septets (GSM-7) or 16-bit units (UCS-2); `left` is how many more the last segment takes."""

    encoding: str
    units: int
    segments: int
    left: int


def count(text: str) -> Count:
    """The segments of a text. A letter of two units (an escaped one, a surrogate pair) is never cut in two: where only
    one unit is left in a segment, that unit stays empty."""
    gsm = all(c in BASIC or c in EXTENDED for c in text)
    encoding = GSM7 if gsm else UCS2
    widths = [2 if (c in EXTENDED if gsm else ord(c) > 0xFFFF) else 1 for c in text]
    units = sum(widths)
    alone, among = ROOM[encoding]
    if units <= alone:
        return Count(encoding, units, 1 if text else 0, alone - units)
    segments, used = _packed(widths, among)
    return Count(encoding, units, segments, among - used)


def _packed(widths: Iterable[int], room: int) -> tuple[int, int]:
    """How many segments of `room` units are filled in order, and how many units of the last one are used."""
    segments, used = 1, 0
    for width in widths:
        if used + width > room:
            segments, used = segments + 1, 0
        used += width
    return segments, used
