"""Header values from their bytes: encoded words, parameters, addresses, message ids and dates."""

from __future__ import annotations

import re
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta, timezone
from email.utils import parsedate_tz

from desk.channels.email import charsets, transfer

# An encoded word (RFC 2047). Some writers leave a question mark bare inside of Q, so "?=20" need not be the end of it.
_WORD = re.compile(
    rb"=\?([^?\s=]{1,60})\?([bBqQ])\?(?:([^?]*)\?=(?![0-9A-F]{2})|(\S{0,900}?)\?=(?=$|[\s\"'),;<>]|=\?)|([^?]*)\?=)"
)
_PARAM = re.compile(r'\s*([^\s=;"]+?)\s*=\s*(?:"((?:[^"\\]|\\.)*)"?|([^;]*))\s*(?:;|$|(?=[^;\s]))', re.DOTALL)
_TYPE = re.compile(r"^\s*\"?([A-Za-z0-9!#$&^_.+-]+)\s*/\s*([A-Za-z0-9!#$&^_.+-]+)")
_QUOTED_PAIR = re.compile(r"\\(.)", re.DOTALL)
_ID = re.compile(r"<([^<>\s]{1,998})>")
_BARE_ID = re.compile(r"[^\s<>,;()\"]+@[^\s<>,;()\"]+")
_ADDRESS = re.compile(r"[^\s<>()\[\],;:\"@\\]+@[^\s<>()\[\],;:\"@\\]+|[^\s<>()\[\],;:\"@\\]+@\[[0-9A-Za-z.:]+\]")
_SPACE = re.compile(r"\s+")
MAX_VALUE = 64 * 1024  # of one header: longer ones are cut before they are understood
MAX_ADDRESSES = 500


def text(raw: bytes | None) -> str:
    """An unstructured header (Subject) as one line of text. Encoded words are joined as bytes before their charset is
    decoded, so that a character cut between two of them is whole again; raw bytes outside of them are read by guess."""
    return _SPACE.sub(" ", charsets.clean(_decode_words(raw or b""))).strip()


def _decode_words(raw: bytes) -> str:
    raw = raw[:MAX_VALUE]
    if b"=?" not in raw:
        return charsets.decode(raw)
    out: list[str] = []
    run: list[bytes] = []
    run_charset: str | None = None
    at = 0

    def flush() -> None:
        nonlocal run, run_charset
        if run_charset is not None:
            out.append(charsets.decode(b"".join(run), run_charset))
        run, run_charset = [], None

    for match in _WORD.finditer(raw):
        between = raw[at : match.start()]
        label, coding = match.group(1, 2)
        payload = next(g for g in match.group(3, 4, 5) if g is not None)
        charset = label.split(b"*")[0].decode("ascii", "replace").lower()
        if between.strip() or run_charset is None:
            flush()
            out.append(charsets.decode(between))
        # A word of a set with states begins in the first state again, so it cannot be joined to the one before.
        if run_charset is not None and (run_charset != charset or charset.startswith(("iso-2022", "utf-7", "hz"))):
            flush()
        run_charset = charset
        run.append(transfer.decode_base64(payload) if coding in b"bB" else transfer.decode_q_word(payload))
        at = match.end()
    flush()
    out.append(charsets.decode(raw[at:]))
    return "".join(out)


def parameters(raw: bytes, default: str) -> tuple[str, dict[str, str]]:
    """A Content-Type or Content-Disposition: its value in lower case (`default` where it makes no sense) and its
    parameters, RFC 2231 pieces and percent signs put together, encoded words in them decoded (many programs do
    that)."""
    line = raw[:MAX_VALUE].decode("utf-8", "surrogateescape")
    head, _, rest = line.partition(";")
    match = _TYPE.match(head)
    if match:
        value = f"{match.group(1)}/{match.group(2)}".lower()
        if not rest and match.end() < len(head):
            rest = head[match.end() :]  # "text/plain charset=utf-8", the semicolon forgotten
    else:
        word = head.strip().strip('"').lower()
        if "=" in word:
            rest, word = line, ""
        value = word if word and "/" not in default and word.isprintable() else default
    return value, _parameters(rest)


def _parameters(rest: str) -> dict[str, str]:
    plain: dict[str, str] = {}
    pieces: dict[str, dict[int, tuple[bool, str]]] = {}
    at = 0
    while at < len(rest) and len(plain) + len(pieces) < 100:
        while at < len(rest) and rest[at] in "; \t\r\n":
            at += 1
        match = _PARAM.match(rest, at)
        if match is None or match.end() == at:
            following = rest.find(";", at)
            if following < 0:
                break
            at = following + 1
            continue
        at = match.end()
        name = match.group(1).lower()
        quoted = match.group(2)
        value = _QUOTED_PAIR.sub(r"\1", quoted) if quoted is not None else (match.group(3) or "").strip()
        if quoted is None:
            value = _strip_comment(value).strip("'\"")
        if "*" in name:
            base, _, number = name.partition("*")
            extended = number.endswith("*") or number == ""
            number = number.rstrip("*")
            key = int(number) if number.isdigit() and len(number) < 4 else 0
            pieces.setdefault(base, {})[key] = (extended, value)
        else:
            plain.setdefault(name, value)
    for base, numbered in pieces.items():
        joined = _join_pieces(numbered)
        if joined:
            plain[base] = joined
    return {k: _param_text(v) for k, v in plain.items()}


def _strip_comment(value: str) -> str:
    return value.split(" (")[0].strip() if " (" in value and "=" not in value else value


def _join_pieces(numbered: dict[int, tuple[bool, str]]) -> str:
    charset = "utf-8"
    raw = b""
    for order, (_, (extended, value)) in enumerate(sorted(numbered.items())):
        if extended and order == 0 and value.count("'") >= 2:
            charset, _, value = value.split("'", 2)
        data = value.encode("utf-8", "surrogateescape")
        if extended:
            data = re.sub(rb"%([0-9A-Fa-f]{2})", lambda m: bytes((int(m.group(1), 16),)), data)
        raw += data
    return charsets.decode(raw, charset or "utf-8")


def _param_text(value: str) -> str:
    raw = value.encode("utf-8", "surrogateescape")
    return charsets.clean(_decode_words(raw)) if b"=?" in raw else charsets.clean(charsets.decode(raw))


def addresses(values: Iterable[bytes]) -> list[tuple[str, str]]:
    """(name, address) of each mailbox in address headers, groups opened; a name without an address has an empty one.

    The grammar of RFC 5322 is read loosely on the bytes, before encoded words are decoded, so that a comma inside a
    decoded name parts nothing.
    """
    out: list[tuple[str, str]] = []
    for value in values:
        for piece in _mailboxes(value[:MAX_VALUE].decode("utf-8", "surrogateescape")):
            if len(out) >= MAX_ADDRESSES:
                return out
            found = _mailbox(piece)
            if found is not None:
                out.append(found)
    return out


def _mailboxes(line: str) -> list[str]:
    """Splits at commas and semicolons outside quotes, comments, angle brackets and encoded words; drops group names."""
    pieces: list[str] = []
    start, depth = 0, 0
    quoted = angled = False
    i, n = 0, len(line)
    while i < n:
        c = line[i]
        if c == "\\":
            i += 2
            continue
        if quoted:
            quoted = c != '"'
        elif depth:
            depth += (c == "(") - (c == ")")
        elif c == '"':
            # A quote that is never closed quotes nothing.
            quoted = line.find('"', i + 1) >= 0
        elif c == "(":
            depth += line.find(")", i) >= 0
        elif c == "<":
            angled = line.find(">", i) >= 0
        elif c == ">":
            angled = False
        elif c == "=" and line.startswith("=?", i):
            end = _word_end(line, i)
            if end:
                i = end
                continue
        elif c in ",;" and not angled:
            pieces.append(line[start:i])
            start = i + 1
        elif c == ":" and not angled and "@" not in line[start:i]:
            start = i + 1
        i += 1
    pieces.append(line[start:])
    return [p for p in pieces if p.strip()]


def _word_end(line: str, at: int) -> int:
    match = re.compile(r"=\?[^?\s]{1,60}\?[bBqQ]\?[^?]*\?=").match(line, at)
    return match.end() if match else 0


def _mailbox(piece: str) -> tuple[str, str] | None:
    opening = piece.rfind("<")
    if opening >= 0:
        closing = piece.find(">", opening)
        inner = piece[opening + 1 : closing if closing >= 0 else len(piece)]
        name = piece[:opening] + (" " + piece[closing + 1 :] if closing >= 0 else "")
        address = _plain_address(inner)
        if not address:
            bare = _ADDRESS.search(piece[:opening])
            if bare:
                return _name(piece[:opening].replace(bare.group(), "")), _tidy(bare.group())
            return (_name(name), "") if _name(name) else None
        return _name(name), address
    comments: list[str] = []
    bare_piece = re.sub(r"\(((?:[^()\\]|\\.)*)\)", lambda m: comments.append(m.group(1)) or " ", piece)  # type: ignore[func-returns-value]
    match = _ADDRESS.search(_unword(bare_piece))
    if match:
        rest = _unword(bare_piece).replace(match.group(), " ")
        return _name(rest) or _name(" ".join(comments)), _tidy(match.group())
    quoted_local = re.search(r'"((?:[^"\\]|\\.)+)"@([^\s<>,;]+)', bare_piece)
    if quoted_local:
        return _name(" ".join(comments)), _tidy(quoted_local.group())
    name = _name(piece)
    return (name, "") if name else None


def _unword(value: str) -> str:
    """Encoded words decoded where a whole mailbox was hidden in one."""
    if "=?" not in value:
        return value
    return _decode_words(value.encode("utf-8", "surrogateescape"))


def _plain_address(inner: str) -> str:
    inner = _unword(inner).strip()
    if inner.lower().startswith("mailto:"):
        inner = inner[7:]
    if inner.startswith("@") and ":" in inner:  # a source route of long ago
        inner = inner.split(":", 1)[1]
    if re.match(r'^"(?:[^"\\]|\\.)+"@\S+$', inner):
        return _tidy(inner)
    inner = re.sub(r"\([^()]*\)", "", inner)
    match = _ADDRESS.search(_SPACE.sub("", inner) if inner.count("@") == 1 else inner)
    return _tidy(match.group()) if match else ""


def _tidy(address: str) -> str:
    address = charsets.clean(charsets.decode(address.encode("utf-8", "surrogateescape")))
    address = address.strip().strip("'`.;,").rstrip("\\")
    return address[:320] if "@" in address.strip("@") else ""


def _name(value: str) -> str:
    value = value.strip().strip(",;").strip()
    if len(value) > 1 and value[0] == value[-1] == '"':
        value = value[1:-1]
    if "(" in value:
        stripped = re.sub(r"\([^()]*\)", " ", value).strip()
        value = stripped or value.strip("() ")
    value = _QUOTED_PAIR.sub(r"\1", value).replace('"', "")
    name = _SPACE.sub(" ", charsets.clean(_decode_words(value.encode("utf-8", "surrogateescape")))).strip()
    if len(name) > 1 and name[0] == name[-1] and name[0] in "'\"":
        name = name[1:-1].strip()
    return name[:250]


def message_ids(values: Iterable[bytes], limit: int = 100) -> list[str]:
    """Message ids without their angle brackets, in the order written, each once."""
    out: dict[str, None] = {}
    for value in values:
        line = charsets.clean(value[:MAX_VALUE].decode("utf-8", "replace"))
        found = _ID.findall(line) or _BARE_ID.findall(line)
        for one in found:
            out.setdefault(one[:250], None)
    return list(out)[-limit:]


def date(raw: bytes | None) -> datetime | None:
    """The instant that a Date header names, in UTC; None where it names none."""
    if not raw:
        return None
    line = charsets.clean(charsets.decode(raw[:200])).strip()
    try:
        parsed = parsedate_tz(line)
    except (ValueError, TypeError, IndexError, OverflowError, AttributeError):
        parsed = None
    if parsed is None:
        return _other_date(line)
    try:
        zone = timezone(timedelta(seconds=parsed[9] or 0))
        second = min(parsed[5], 59)
        at = datetime(parsed[0], parsed[1], parsed[2], parsed[3], parsed[4], second, tzinfo=zone)
        return at.astimezone(UTC)
    except (ValueError, OverflowError, TypeError):
        return _other_date(line)


def _other_date(line: str) -> datetime | None:
    try:
        at = datetime.fromisoformat(line)
        return (at if at.tzinfo else at.replace(tzinfo=UTC)).astimezone(UTC)
    except (ValueError, OverflowError):
        return None
