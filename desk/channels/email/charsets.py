"""Bytes to text for any charset label that mail carries, wrong, unknown or missing ones included."""

from __future__ import annotations

import codecs
import re

# What mail calls it -> what Python calls it. Where a label is commonly a lie, the superset that the liars mean.
_ALIASES = {
    "us-ascii": "utf-8",
    "ascii": "utf-8",
    "ansi": "cp1252",
    "ansi_x3.4-1968": "utf-8",
    "7bit": "utf-8",
    "8bit": "utf-8",
    "iso-8859-1": "cp1252",
    "iso8859-1": "cp1252",
    "iso_8859-1": "cp1252",
    "latin1": "cp1252",
    "latin-1": "cp1252",
    "l1": "cp1252",
    "iso-8859-8-i": "iso-8859-8",
    "iso-8859-8-e": "iso-8859-8",
    "iso-8859-6-i": "iso-8859-6",
    "iso-8859-6-e": "iso-8859-6",
    "iso-8859-9": "cp1254",
    "iso-8859-11": "cp874",
    "tis-620": "cp874",
    "windows-874": "cp874",
    "dos-874": "cp874",
    "gb2312": "gb18030",
    "gb_2312-80": "gb18030",
    "x-gbk": "gb18030",
    "gbk": "gb18030",
    "cn-gb": "gb18030",
    "cp936": "gb18030",
    "ms936": "gb18030",
    "windows-936": "gb18030",
    "hz-gb-2312": "hz",
    "big5": "cp950",
    "x-x-big5": "cp950",
    "big5-hkscs": "big5hkscs",
    "cn-big5": "cp950",
    "shift_jis": "cp932",
    "shift-jis": "cp932",
    "sjis": "cp932",
    "x-sjis": "cp932",
    "ms_kanji": "cp932",
    "windows-31j": "cp932",
    "iso-2022-jp-ms": "iso-2022-jp",
    "cp50220": "iso-2022-jp",
    "cp50221": "iso-2022-jp",
    "csiso2022jp": "iso-2022-jp",
    "x-euc-jp": "euc_jp",
    "x-euc": "euc_jp",
    "ks_c_5601-1987": "cp949",
    "ks_c_5601-1989": "cp949",
    "ksc5601": "cp949",
    "ksc_5601": "cp949",
    "korean": "cp949",
    "euc-kr": "cp949",
    "euc_kr": "cp949",
    "windows-949": "cp949",
    "x-windows-949": "cp949",
    "unicode-1-1-utf-7": "utf-7",
    "unicode-1-1-utf-8": "utf-8",
    "utf8": "utf-8",
    "utf-8-mac": "utf-8",
    "x-utf-8": "utf-8",
    "x-unicode": "utf-16",
    "unicode": "utf-16",
    "ucs-2": "utf-16",
    "x-mac-roman": "mac_roman",
    "macintosh": "mac_roman",
    "mac": "mac_roman",
    "x-mac-ce": "mac_latin2",
    "x-mac-cyrillic": "mac_cyrillic",
    "x-mac-turkish": "mac_turkish",
    "x-mac-greek": "mac_greek",
    "x-cp1250": "cp1250",
    "x-cp1251": "cp1251",
    "x-cp1252": "cp1252",
    "win-1251": "cp1251",
    "win1251": "cp1251",
    "koi8": "koi8_r",
    "koi": "koi8_r",
    "koi8-ru": "koi8_u",
    "cskoi8r": "koi8_r",
    "cp-850": "cp850",
    "cp-437": "cp437",
    "x-ibm866": "cp866",
    "ibm-866": "cp866",
    "visual": "iso-8859-8",
    "logical": "iso-8859-8",
}
# Codecs of Python that no mail means.
_NOT_TEXT = {"idna", "punycode", "undefined", "unicode_escape", "raw_unicode_escape", "mbcs", "oem"}
_SINGLE_BYTE = {f"cp{n}" for n in (1250, 1251, 1252, 1253, 1254, 1255, 1256, 1257, 1258, 866, 874)} | {
    f"iso8859-{n}" for n in (1, 2, 3, 4, 5, 7, 8, 9, 10, 13, 14, 15, 16)
}
_LABEL = re.compile(r"[^a-z0-9_.:+-]+")
# The escapes of ISO-2022-JP switch between sets of two bytes and of one; cp932 knows more characters of the first.
_JP_ESCAPE = re.compile(rb"\x1b(\$@|\$B|\$\(D|\(B|\(J|\(I|\$\(B|\$\(@)")


def codec_for(label: str) -> str | None:
    """Python's name for a charset label; None where nobody knows it."""
    name = _LABEL.sub("", label.strip().strip("\"'").lower())
    name = name.removeprefix("charset").removeprefix("=").removeprefix(":")
    if not name:
        return None
    name = _ALIASES.get(name, name)
    for candidate in (name, name.replace("windows-", "cp").replace("ibm-", "cp"), name.removeprefix("x-")):
        try:
            found = codecs.lookup(_ALIASES.get(candidate, candidate))
        except (LookupError, ValueError, UnicodeError):
            continue
        if found._is_text_encoding and found.name.replace("-", "_") not in _NOT_TEXT:
            return _ALIASES.get(found.name, found.name)
    return None


def decode(raw: bytes, label: str = "", *, strict_label: bool = False) -> str:
    """Text of any bytes under any label; never raises.

    A label that fits is believed; one that does not fit, or none, gives way to UTF-8 where the bytes are UTF-8, else to
    the label with replacement characters, else to a guess (UTF-16 by its marks and zeros, then windows-1252).
    """
    if not raw:
        return ""
    codec = codec_for(label) if label else None
    if raw.startswith(codecs.BOM_UTF8):
        return raw[3:].decode("utf-8", "replace")
    if codec == "iso2022_jp" or (codec is None and _JP_ESCAPE.search(raw) and max(raw) < 0x80):
        return _iso_2022_jp(raw)
    if codec == "utf-7":
        return _utf_7(raw)
    if codec and codec.startswith(("utf-16", "utf-32")) and not _looks_wide(raw):
        codec = None  # labelled so because the text was once so inside a database; the bytes are not
    if codec in _SINGLE_BYTE and max(raw) >= 0x80:
        # Real text of a single-byte set is next to never valid UTF-8; a gateway that relabelled it is common.
        try:
            return raw.decode("utf-8")
        except UnicodeDecodeError:
            pass
    if codec:
        try:
            return raw.decode(codec)
        except (UnicodeError, ValueError):
            pass
    if codec is None and not label and _looks_wide(raw):
        return _wide(raw)
    try:
        return raw.decode("utf-8")
    except UnicodeDecodeError:
        pass
    if codec and codec not in {"utf-8", "ascii"}:
        return raw.decode(codec, "replace")
    # Mostly UTF-8 with a broken character (cut by a gateway): show the hole, keep the rest.
    shown = raw.decode("utf-8", "replace")
    high = sum(1 for b in raw if b >= 0x80)
    if strict_label or (shown.count("\ufffd") * 4 <= high and high > 8):
        return shown
    return raw.decode("cp1252", "replace")


def _looks_wide(raw: bytes) -> bool:
    if raw[:2] in (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE):
        return True
    sample = raw[:400]
    return len(sample) >= 4 and max(sample[0::2].count(0), sample[1::2].count(0)) * 3 > len(sample)


def _wide(raw: bytes) -> str:
    if raw[:2] in (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE):
        return raw.decode("utf-16", "replace")
    big = raw[:400][0::2].count(0) > raw[:400][1::2].count(0)
    return raw.decode("utf-16-be" if big else "utf-16-le", "replace")


def _iso_2022_jp(raw: bytes) -> str:
    """ISO-2022-JP by way of cp932, so that the characters of vendors (①, 髙) survive; from RFC 1468 and JIS X 0208."""
    pieces = _JP_ESCAPE.split(raw)
    out: list[str] = []
    mode = b"(B"
    for i, piece in enumerate(pieces):
        if i % 2:
            mode = piece
            continue
        if not piece:
            continue
        if mode in (b"$B", b"$@", b"$(B", b"$(@"):
            out.append(_jis_to_sjis(piece).decode("cp932", "replace"))
        elif mode == b"$(D":
            out.append((b"\x1b$(D" + piece + b"\x1b(B").decode("iso2022_jp_1", "replace"))
        elif mode == b"(I":
            out.append(bytes(b | 0x80 if 0x21 <= b <= 0x5F else b for b in piece).decode("cp932", "replace"))
        else:
            # Bytes over 127 in the ASCII mode: the writer's program sent Shift_JIS under this label.
            out.append(piece.decode("cp932" if max(piece) >= 0x80 else "ascii", "replace"))
    return "".join(out)


def _jis_to_sjis(piece: bytes) -> bytes:
    """Pairs of JIS X 0208 to Shift_JIS by arithmetic; line ends and strays pass."""
    out = bytearray()
    i, n = 0, len(piece)
    while i < n:
        a = piece[i]
        if a < 0x21 or a > 0x7E or i + 1 >= n:
            out.append(a if a < 0x80 else 0x3F)
            i += 1
            continue
        b = piece[i + 1]
        if b < 0x21 or b > 0x7E:
            out.append(0x3F)
            i += 1
            continue
        row = (a - 0x21) // 2
        out.append(row + (0x81 if row < 31 else 0xC1))
        if a % 2:
            out.append(b + (0x1F if b < 0x60 else 0x20))
        else:
            out.append(b + 0x7E)
        i += 2
    return bytes(out)


def _utf_7(raw: bytes) -> str:
    """UTF-7 run by run: one broken run stays as it was written, the others are read."""
    try:
        return raw.decode("utf-7")
    except UnicodeError:
        pass

    def run(match: re.Match[bytes]) -> bytes:
        try:
            return match.group().decode("utf-7").encode("utf-8")
        except UnicodeError:
            return match.group()

    return re.sub(rb"\+[A-Za-z0-9+/]*-?", run, raw).decode("utf-8", "replace")


def clean(text: str) -> str:
    """Text that can be stored and shown: LF line ends, no NUL and other control characters, no lone surrogates."""
    text = text.replace("\r\n", "\n").replace("\r", "\n")
    if text.isascii() and text.isprintable():
        return text
    return _CONTROL.sub("", text)


_CONTROL = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ufeff\ud800-\udfff\ufffe\uffff]")
