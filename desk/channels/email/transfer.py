"""Content-transfer-encodings undone with tolerance: whatever can be read of damaged base64, quoted-printable or
uuencode."""

from __future__ import annotations

import binascii
import re

_NOT_BASE64 = re.compile(rb"[^A-Za-z0-9+/=]+")
_URL_SAFE = bytes.maketrans(b"-_", b"+/")
_PADS = re.compile(rb"=+")
_QP_SOFT = re.compile(rb"=[ \t]*\r?\n")
_QP_TRAILING = re.compile(rb"(?<![ \t])[ \t]+(\r?\n)")
_QP_HEX = re.compile(rb"=([0-9A-Fa-f]{2})")
_UU_BEGIN = re.compile(rb"^begin(?:-base64)? [0-7]{3,4} ?([^\r\n]*)\r?\n", re.MULTILINE)
_BYTE = {f"{i:02x}".encode(): bytes((i,)) for i in range(256)}
_BYTE |= {k.upper(): v for k, v in _BYTE.items()} | {(k[:1].upper() + k[1:]): v for k, v in _BYTE.items()} | {
    (k[:1] + k[1:].upper()): v for k, v in _BYTE.items()
}  # fmt: skip


def decode_base64(raw: bytes) -> bytes:
    """What the letters of base64 in it say: rubbish is passed over, padding in the middle starts anew (two texts that
    were encoded apart and joined), missing padding is added, a single letter left over is dropped."""
    letters = _NOT_BASE64.sub(b"", raw) if b"-" not in raw and b"_" not in raw else _url_safe(raw)
    body = letters.rstrip(b"=")
    if b"=" in body:
        return b"".join(_base64_run(run) for run in _PADS.split(body) if run)
    return _base64_run(body)


def _url_safe(raw: bytes) -> bytes:
    if b"+" not in raw and b"/" not in raw:
        raw = raw.translate(_URL_SAFE)
    return _NOT_BASE64.sub(b"", raw)


def _base64_run(run: bytes) -> bytes:
    left = len(run) % 4
    if left == 1:
        run = run[:-1]
        left = 0
    if left:
        run += b"=" * (4 - left)
    try:
        return binascii.a2b_base64(run)
    except (binascii.Error, ValueError):
        return b""


def looks_like_base64(raw: bytes) -> bool:
    """False for text that calls itself base64 and is not: the writer's program labelled it so and never encoded it."""
    sample = raw[:4000].strip()
    if not sample:
        return True
    strange = len(_NOT_BASE64.sub(b"", sample.translate(None, b"\r\n\t "))) / max(
        1, len(sample.translate(None, b"\r\n\t "))
    )
    words = sample.count(b" ")
    return strange > 0.9 and words * 12 < len(sample)


def decode_quoted_printable(raw: bytes) -> bytes:
    """RFC 2045 6.7, and where an escape is broken it stays as it was written."""
    if b"=" not in raw:
        return _QP_TRAILING.sub(rb"\1", raw)
    raw = _QP_SOFT.sub(b"", _QP_TRAILING.sub(rb"\1", raw))
    if raw.endswith(b"="):
        raw = raw[:-1]
    return _QP_HEX.sub(lambda m: _BYTE[m.group(1)], raw)


def decode_q_word(raw: bytes) -> bytes:
    """The Q encoding of RFC 2047: quoted-printable where an underscore is a space."""
    return _QP_HEX.sub(lambda m: _BYTE[m.group(1)], raw.replace(b"_", b" "))


def decode_uu(raw: bytes) -> tuple[bytes, str] | None:
    """The first uuencoded file in it and the name that it carries; None where there is none."""
    begin = _UU_BEGIN.search(raw)
    if begin is None:
        return None
    out = bytearray()
    for line in raw[begin.end() :].splitlines():
        if line.strip() in (b"end", b"`", b"===="):
            break
        if not line:
            continue
        try:
            out += binascii.a2b_uu(line)
        except binascii.Error:
            # A broken length byte: take as many groups as the line has, as the traditional decoder does.
            count = (((line[0] - 32) & 63) * 4 + 5) // 3
            try:
                out += binascii.a2b_uu(line[:count])
            except binascii.Error:
                continue
    return bytes(out), begin.group(1).decode("utf-8", "replace").strip()


def decode(raw: bytes, encoding: str) -> tuple[bytes, bool]:
    """The bytes that an encoding label stands for, and whether the label was understood."""
    name = encoding.split(";")[0].split("(")[0].strip().strip("\"'").lower()
    if name in {"base64", "b", "x-base64", "base-64"}:
        return decode_base64(raw), True
    if name in {"quoted-printable", "q", "quotedprintable", "quoted-printible", "qp"}:
        return decode_quoted_printable(raw), True
    if name in {"x-uuencode", "uuencode", "uue", "x-uue"}:
        found = decode_uu(raw)
        return (found[0], True) if found else (raw, True)
    return raw, name in {"", "7bit", "8bit", "binary", "7-bit", "8-bit", "none", "utf-8", "7bits", "8bits"}
