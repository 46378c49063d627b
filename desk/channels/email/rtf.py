"""The words of rich text (RTF), and the HTML that Outlook hides in it (MS-OXRTFCP, MS-OXRTFEX)."""

from __future__ import annotations

import re
import struct

from desk.channels.email import charsets

MAX_UNPACKED = 4 << 20  # bytes; what is longer is cut
MAX_TOKENS = 1_000_000
MAX_DEPTH = 500

_DICTIONARY = (
    b"{\\rtf1\\ansi\\mac\\deff0\\deftab720{\\fonttbl;}{\\f0\\fnil \\froman \\fswiss \\fmodern \\fscript "
    b"\\fdecor MS Sans SerifSymbolArialTimes New RomanCourier{\\colortbl\\red0\\green0\\blue0\r\n\\par "
    b"\\pard\\plain\\f0\\fs20\\b\\i\\u\\tab\\tx"  # codespell:ignore pard
)
_PACKED, _PLAIN = b"LZFu", b"MELA"
_TOKEN = re.compile(
    rb"\\([a-zA-Z]{1,32})(-?\d{1,10})? ?|\\'([0-9a-fA-F]{2})|\\([^a-zA-Z'])|([{}])|[\r\n]+|([^\\{}\r\n]+)|(\\)"
)
_BREAKS = {b"par": "\n", b"line": "\n", b"sect": "\n", b"page": "\n", b"row": "\n", b"tab": "\t", b"cell": "\t"}
_SIGNS = {
    b"lquote": "‘", b"rquote": "’", b"ldblquote": "“", b"rdblquote": "”", b"bullet": "•", b"endash": "–",
    b"emdash": "—", b"emspace": "\u2003", b"enspace": "\u2002",
}  # fmt: skip
_UNREAD = {
    b"fonttbl", b"colortbl", b"stylesheet", b"info", b"pict", b"object", b"themedata", b"datastore", b"fldinst",
    b"header", b"footer", b"headerl", b"headerr", b"footerl", b"footerr",  # codespell:ignore headerr
    b"footnote", b"listtable", b"pntext",
}  # fmt: skip


def unpacked(packed: bytes) -> bytes:
    """RTF out of the form in which Outlook keeps it; empty where it is none. What is built to grow is cut: one byte
    becomes nine at most, and MAX_UNPACKED is the end."""
    if len(packed) < 16:
        return b""
    size = min(struct.unpack_from("<I", packed, 4)[0], MAX_UNPACKED)
    if packed[8:12] == _PLAIN:
        return packed[16 : 16 + size]
    if packed[8:12] != _PACKED:
        return b""
    out = bytearray(_DICTIONARY)
    ahead = len(_DICTIONARY)
    end = size + ahead
    at = 16
    while at < len(packed) and len(out) < end:
        control = packed[at]
        at += 1
        for bit in range(8):
            if at >= len(packed) or len(out) >= end:
                break
            if not control >> bit & 1:
                out.append(packed[at])
                at += 1
                continue
            if at + 2 > len(packed):
                return bytes(out[ahead:end])
            token = packed[at] << 8 | packed[at + 1]
            at += 2
            back = (len(out) - (token >> 4)) & 0xFFF  # the window is a ring of 4096 bytes
            if back == 0:
                return bytes(out[ahead:end])
            if back > len(out):
                return b""
            for _ in range((token & 0xF) + 2):
                out.append(out[-back])
    return bytes(out[ahead:end])


def read(raw: bytes) -> tuple[str, str]:
    """The text of an RTF, and the HTML that it was made from; one of them is empty. Raises nothing, and takes linear
    time."""
    if not raw.lstrip().startswith(b"{\\rtf"):
        return "", ""
    as_html = b"\\fromhtml" in raw[:4096]
    out = _Out(as_html)
    for count, token in enumerate(_TOKEN.finditer(raw)):
        if count >= MAX_TOKENS:
            break
        out.take(token)
    out.flush()
    said = charsets.clean("".join(out.pieces))
    return ("", said) if as_html and "<" in said else (said.strip("\n"), "")


class _Out:
    """Where one is in the groups, and what was said so far."""

    def __init__(self, as_html: bool) -> None:
        self.pieces: list[str] = []
        self._as_html = as_html
        self._codepage = "cp1252"
        self._bytes = bytearray()
        # Of each open group: whether it is left out, whether HTML stands in it, whether RTF for others does, and how
        # many letters stand in for a Unicode one.
        self._state = (False, False, False, 1)
        self._open: list[tuple[bool, bool, bool, int]] = []
        self._too_deep = 0
        self._first = False  # the next word says what the group is
        self._stars = False
        self._skip = 0
        self._half = 0

    def take(self, token: re.Match[bytes]) -> None:
        word, number, code, sign, brace, plain, _ = token.groups()
        if brace is not None:
            self._brace(brace)
            return
        if word is not None:
            self._word(word, int(number) if number is not None else None)
        elif code is not None:
            self._byte(bytes.fromhex(code.decode("ascii")))
        elif sign is not None:
            if sign == b"*" and self._first:
                self._stars = True
                return
            self._say({b"~": "\u00a0", b"_": "\u2011", b"\n": "\n", b"\r": "\n"}.get(sign, "") or _literal(sign))
        elif plain is not None:
            self._byte(plain)
        self._first = self._stars = False

    def flush(self) -> None:
        if self._bytes:
            self.pieces.append(charsets.decode(bytes(self._bytes), self._codepage))
            self._bytes.clear()

    def _brace(self, brace: bytes) -> None:
        self.flush()
        self._skip = 0
        if brace == b"{":
            if len(self._open) >= MAX_DEPTH:
                self._too_deep += 1
            else:
                self._open.append(self._state)
            self._first, self._stars = True, False
            return
        self._first = False
        if self._too_deep:
            self._too_deep -= 1
        elif self._open:
            self._state = self._open.pop()

    def _word(self, word: bytes, number: int | None) -> None:
        left_out, html, others, stand_ins = self._state
        first, stars = self._first, self._stars
        if first and word == b"htmltag":
            self._state = (not self._as_html, True, False, stand_ins)
        elif first and (word in _UNREAD or stars):
            self._state = (True, html, others, stand_ins)
        elif word == b"htmlrtf":
            self._state = (left_out, html, number != 0, stand_ins)
        elif word == b"uc":
            self._state = (left_out, html, others, min(max(number or 0, 0), 8))
        elif word == b"ansicpg" and number:
            self._codepage = {65001: "utf-8"}.get(number, f"cp{number}")
        elif word == b"u" and number is not None:
            self._unicode(number & 0xFFFF)
            self._skip = self._state[3]
        elif word in _BREAKS:
            self._say("\r\n" if self._as_html and word in (b"par", b"line") else _BREAKS[word])
        elif word in _SIGNS:
            self._say(_SIGNS[word])

    def _unicode(self, unit: int) -> None:
        if 0xD800 <= unit < 0xDC00:
            self._half = unit
            return
        if 0xDC00 <= unit < 0xE000:
            unit = 0x10000 + ((self._half - 0xD800) << 10) + (unit - 0xDC00) if self._half else 0xFFFD
        self._half = 0
        self._say(chr(unit))

    @property
    def _silent(self) -> bool:
        left_out, _, others, _ = self._state
        return left_out or (self._as_html and others)

    def _say(self, text: str) -> None:
        if text and not self._silent:
            self.flush()
            self.pieces.append(text)

    def _byte(self, some: bytes) -> None:
        if self._skip:
            gone = min(self._skip, len(some))
            self._skip -= gone
            some = some[gone:]
        if some and not self._silent:
            self._bytes += some


def _literal(sign: bytes) -> str:
    return sign.decode("ascii") if sign in (b"\\", b"{", b"}") else ""
