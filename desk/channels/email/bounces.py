"""Whom a message of ours did not reach, and why: by the report of RFC 3464, else by the words."""

from __future__ import annotations

import email
import logging
import re
from collections.abc import Mapping
from dataclasses import dataclass
from email import policy
from itertools import islice
from typing import Any, Literal

from flufl.bounce import all_failures

from desk.channels.base import BouncedRecipient
from desk.channels.email import automatic, charsets, headers, mime
from desk.channels.email.bounce_words import (
    FAILURE_WORDS,
    ORIGINAL_FOLLOWS,
    SUBJECT,
    status_of_words,
)
from desk.channels.email.parse import ParsedMail, decoded

# The library writes a traceback for every detector that stumbles over a damaged mail; we expect that of it.
logging.getLogger("flufl.bounce").setLevel(logging.CRITICAL)

_STATUS = re.compile(r"(?<![\d.])([245])\.(\d{1,3})\.(\d{1,3})(?![\d.])")
_SMTP_CODE = re.compile(r"(?<![\d.-])([45])\d\d(?![\d.])(?=[\s-])")
_ADDRESS = re.compile(r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~.-]+@[A-Za-z0-9-]+(?:\.[A-Za-z0-9-]+)+|[\w.+-]+@localhost\b")
_MESSAGE_ID = re.compile(rb"^[> \t]*message-id:\s*(<[^<>\s]{3,300}>)", re.IGNORECASE | re.MULTILINE)
_ORIGINAL_TO = re.compile(r"^[> \t]*(?:to|x-original-to|delivered-to):\s*(.{3,300})$", re.IGNORECASE | re.MULTILINE)
_ID_LINE = re.compile(r"message[- ]?id|references|in-reply-to", re.IGNORECASE)
_MAX_SCANNED = 200_000
_NEAR = 700  # characters behind an address in which its status is looked for

Kind = Literal["hard", "soft"]


@dataclass(frozen=True, slots=True)
class BounceNotice:
    """What a notice says. `message_ids` (no angle brackets) are of the refused mail, as far as it is named."""

    recipients: tuple[BouncedRecipient, ...]
    message_ids: tuple[str, ...]
    detail: str


def bounce(mail: ParsedMail, envelope: Mapping[str, Any] | None = None) -> BounceNotice | None:
    """The notice in a mail; None where it is none: an ordinary mail, a delivery that succeeded, an absence note."""
    reports = [
        p for p in mail.root.leaves() if p.content_type in ("message/delivery-status", "message/global-delivery-status")
    ]
    recipients: list[BouncedRecipient] = []
    succeeded = False
    for part in reports:
        found, good = _from_report(charsets.clean(charsets.decode(decoded(part)[:_MAX_SCANNED])))
        recipients.extend(found)
        succeeded = succeeded or good
    words, original = _words_and_original(mail)
    if not recipients and not succeeded and (reports or _speaks_of_failure(mail, words, envelope)):
        recipients = _from_words(mail, words, original)
    if not recipients:
        return None
    recipients = [_refined(r, words) for r in recipients]
    unique = tuple(reversed({r.address.casefold(): r for r in reversed(recipients)}.values()))
    detail = next((r.detail for r in unique if r.detail), "") or words.strip()[:500]
    return BounceNotice(unique, _original_ids(mail), detail)


def _from_report(text: str) -> tuple[list[BouncedRecipient], bool]:
    """The failed recipients of a delivery-status part, and whether it tells of a delivery that succeeded."""
    found: list[BouncedRecipient] = []
    succeeded = False
    for block in re.split(r"\n[ \t]*\n", text):
        fields: dict[str, str] = {}
        raw = block.strip().encode("utf-8", "replace")
        for name, value in mime.read_headers(raw, 0, len(raw))[0]:
            fields.setdefault(name, headers.text(value))
        target = fields.get("final-recipient") or fields.get("original-recipient") or ""
        address = _ADDRESS.search(target.partition(";")[2] or target) or _ADDRESS.search(
            fields.get("original-recipient", "") + " " + fields.get("x-actual-recipient", "")
        )
        if not target:
            continue
        action = fields.get("action", "").split()[0].strip(";").casefold() if fields.get("action") else ""
        diagnostic = fields.get("diagnostic-code", "")
        status = _status(fields.get("status", ""), diagnostic)
        if action in ("delivered", "relayed", "expanded") or status.startswith("2"):
            succeeded = True
            continue
        shown = address.group() if address else target.partition(";")[2].strip() or target
        detail = diagnostic.partition(";")[2].strip() or diagnostic or fields.get("status", "")
        kind: Kind = "soft" if action == "delayed" or status.startswith("4") else "hard"
        found.append(BouncedRecipient(shown[:320], status, kind, detail[:500]))
    return found, succeeded


def _status(given: str, diagnostic: str) -> str:
    """The most telling code: the given one, unless it says no more than "failed" and the diagnostic says why."""
    own = _STATUS.search(given)
    inner = _STATUS.search(diagnostic)
    if own and inner and own.group(1) == "4" and inner.group(1) == "5":
        return inner.group(0)  # the far server's word against the near one's summary
    if own and (not own.group(0).endswith(".0.0") or inner is None or inner.group(0).endswith(".0.0")):
        if own.group(0).endswith(".0.0"):
            by_words = status_of_words(diagnostic)
            if by_words:
                return own.group(1) + by_words[1:]
        return own.group(0)
    if inner:
        return inner.group(0)
    by_words = status_of_words(diagnostic)
    code = _SMTP_CODE.search(f" {diagnostic} ")
    if code:
        return f"{code.group(1)}{by_words[1:] if by_words else '.0.0'}"
    return by_words


def _refined(found: BouncedRecipient, words: str) -> BouncedRecipient:
    """A status where the report had none, from what the people's part says near the address."""
    if found.status and not found.status.endswith(".0.0"):
        return found
    near = words
    at = words.casefold().find(found.address.casefold())
    if at >= 0:
        near = words[at : at + _NEAR]
    status = _STATUS.search(near)
    by_words = status_of_words(near) or status_of_words(words)
    if found.status:
        better = status.group(0) if status and status.group(1) == found.status[0] else by_words
        if better and not better.endswith(".0.0"):
            return BouncedRecipient(found.address, found.status[0] + better[1:], found.kind, found.detail)
        return found
    code = _SMTP_CODE.search(near)
    text = status.group(0) if status and status.group(1) != "2" else ""
    text = text or (f"{code.group(1)}{by_words[1:] if by_words else '.0.0'}" if code else by_words)
    kind: Kind = "soft" if text.startswith("4") else found.kind
    if not text:
        text = "4.0.0" if found.kind == "soft" else "5.0.0"
    return BouncedRecipient(found.address, text, kind, found.detail)


def _words_and_original(mail: ParsedMail) -> tuple[str, str]:
    """What the notice itself says, and the returned mail or the start of it."""
    text = mail.text[:_MAX_SCANNED]
    original = ""
    cut = ORIGINAL_FOLLOWS.search(text)
    if cut:
        text, original = text[: cut.start()], text[cut.start() :]
    for part in mail.root.leaves():
        if part.is_embedded or part.content_type in ("text/rfc822-headers", "message/rfc822-headers"):
            original += "\n" + charsets.clean(charsets.decode(decoded(part)[:_MAX_SCANNED]))
    return text, original


def _speaks_of_failure(mail: ParsedMail, words: str, envelope: Mapping[str, Any] | None) -> bool:
    """Only a null sender or a mail system may bring a notice in words, and the words must be of failure."""
    daemon = mail.sender is None or not mail.sender.email or automatic.is_daemon(mail.sender.email)
    report = mail.root.content_type == "multipart/report"
    if not (daemon or report or automatic.null_sender(mail, envelope)):
        failing_sender = mail.sender is not None and bool(SUBJECT.search(mail.subject))
        if not (failing_sender and automatic.reason(mail, envelope) and ORIGINAL_FOLLOWS.search(mail.text)):
            return False
    return bool(SUBJECT.search(mail.subject) or FAILURE_WORDS.search(words))


def _from_words(mail: ParsedMail, words: str, original: str) -> list[BouncedRecipient]:
    own = {b.email.casefold() for b in mail.to} | ({mail.sender.email.casefold()} if mail.sender else set())
    temporary, permanent = _flufl(mail)
    addresses = [a for a in (*permanent, *temporary) if a.casefold() not in own]
    if not addresses:
        addresses = _addresses_in_words(words, own)
    if not addresses:
        addresses = _addresses_in_words(words, set())  # a mail to oneself comes back to whom it could not reach
    if not addresses:
        named = mail.header("x-failed-recipients")
        addresses = [m.group() for m in islice(_ADDRESS.finditer(named), 100)]
    if not addresses:
        for line in _ORIGINAL_TO.findall(original):
            addresses = [a for a in _ADDRESS.findall(line) if a.casefold() not in own]
            if addresses:
                break
    soft = {a.casefold() for a in temporary}
    return [
        BouncedRecipient(a, "", "soft" if a.casefold() in soft else "hard", _line_of(words, a))
        for a in dict.fromkeys(addresses)
    ][:100]


def _flufl(mail: ParsedMail) -> tuple[list[str], list[str]]:
    """Addresses that the library finds (temporary, permanent); it raises on some damaged reports, and is then passed
    over."""
    try:
        message = email.message_from_bytes(mail.root.source[:_MAX_SCANNED], policy=policy.compat32)
        temporary, permanent = all_failures(message)
    except Exception:  # noqa: BLE001 - a stranger's code on a stranger's bytes
        return [], []

    def text(found: Any) -> list[str]:
        out = [a.decode("utf-8", "replace") if isinstance(a, bytes) else str(a) for a in found]
        return sorted(a for a in out if _ADDRESS.fullmatch(a))

    return text(temporary), text(permanent)


def _addresses_in_words(words: str, own: set[str]) -> list[str]:
    """Addresses that stand near a reply code or a word of failure, best first."""
    scored: dict[str, int] = {}
    for match in islice(_ADDRESS.finditer(words[:20_000]), 100):
        address = match.group().strip(".'")
        if address.casefold() in own or automatic.is_daemon(address):
            continue
        line_start = words.rfind("\n", 0, match.start()) + 1
        if _ID_LINE.search(words[line_start : match.start()]):
            continue
        before = words[line_start : match.start()].strip().strip("<\"'>*- ")
        near = words[max(0, match.start() - 200) : match.end() + 300]
        score = (
            3 * (not before)
            + 2 * bool(_SMTP_CODE.search(near) or _STATUS.search(near))
            + bool(FAILURE_WORDS.search(near))
        )
        score += 2 * bool(
            re.search(r"(?:rcpt to|recipient|to:|user|宛先)[:\s<(]*$", words[line_start : match.start()], re.IGNORECASE)
        )
        scored[address] = max(score, scored.get(address, 0))
    if not scored:
        return []
    best = max(scored.values())
    return [a for a, s in scored.items() if s == best and s >= 2]


def _line_of(words: str, address: str) -> str:
    at = words.casefold().find(address.casefold())
    return " ".join(words[at : at + 300].split()) if at >= 0 else ""


def _original_ids(mail: ParsedMail) -> tuple[str, ...]:
    """Message ids of the refused mail: from what was returned of it, then from what the notice answers."""
    found: dict[str, None] = {}
    for part in mail.root.leaves():
        content = decoded(part)[:_MAX_SCANNED]
        for match in _MESSAGE_ID.findall(content):
            for one in headers.message_ids([match]):
                found.setdefault(one, None)
    for one in (*mail.in_reply_to, *reversed(mail.references)):
        found.setdefault(one, None)
    found.pop(mail.message_id, None)
    return tuple(found)[:20]
