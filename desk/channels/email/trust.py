"""Whether a mail came from its sender's domain, as the one server that we trust has written it into the headers.

Anybody can write `Authentication-Results`. They count only where they bear the name of the trusted server and stand
above the topmost `Received` line that it wrote: what came in from outside can only stand below that line. (RFC 8601)

Postfix writes what its filters found below its own line, where a sender's words begin too. There they count only where
an admin has said that the server takes out whatever comes from outside under its name (RFC 8601, section 5), as long as
no mail shows the contrary.
"""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass, field, replace
from typing import Literal

from desk.channels.email import headers
from desk.channels.email.domains import aligned, domain_of
from desk.channels.email.parse import ParsedMail
from desk.messages import InboundMessage, Trust

Verdict = Literal["passed", "failed", "unchecked"]
MAX_FIELDS = 50  # lines above the trusted server's own that are looked at
MAX_RESULTS = 60
_BY = re.compile(rb"\bby\s+([A-Za-z0-9._-]+)", re.IGNORECASE)
_METHOD = re.compile(r"^([a-z][a-z0-9_-]*)(?:\s*/\s*\d+)?\s*=\s*([a-z]+)", re.IGNORECASE)
_PROPERTY = re.compile(r'([a-z]+)\s*\.\s*([a-z0-9_-]+)\s*=\s*("(?:[^"\\]|\\.)*"|[^\s;]+)', re.IGNORECASE)
# Where the lines of the server's own filters end: the hop before wrote a `Received`, the sender everything else.
_NOT_OURS = {
    "received", "from", "to", "cc", "subject", "date", "message-id", "mime-version", "content-type", "return-path",
    "dkim-signature", "arc-seal", "arc-message-signature", "in-reply-to", "references", "reply-to", "sender",
}  # fmt: skip
_INSTANCE = re.compile(r"^\s*i\s*=\s*\d+\s*;", re.IGNORECASE)
_SPF_FIELD = re.compile(r'([a-z-]+)\s*=\s*("(?:[^"\\]|\\.)*"|[^\s;]+)', re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Result:
    """One result of one method: dkim=pass header.d=example.org"""

    method: str
    word: str
    properties: dict[str, str] = field(default_factory=dict)

    @property
    def domain(self) -> str:
        """The domain that it is about; empty where it does not say."""
        names = {"dkim": ("header.d", "header.i"), "spf": ("smtp.mailfrom", "smtp.helo"), "dmarc": ("header.from",)}
        for name in names.get(self.method, ()):
            if name in self.properties:
                return domain_of(self.properties[name])
        return ""


def sender_domain(mail: ParsedMail) -> str:
    """The domain of the address in From; empty where it has none: nothing is said of a sender who stands elsewhere."""
    found = [address for _, address in headers.addresses(mail.root.all("from")) if address]
    return domain_of(found[0]) if found else ""


def several_senders(mail: ParsedMail) -> bool:
    """Whether From names more than one domain, or stands there twice with different addresses. Then what was checked
    may be another address than the one that is shown."""
    lines = mail.root.all("from")
    found = {address.casefold() for _, address in headers.addresses(lines) if address}
    return len({domain_of(address) for address in found}) > 1 or (len(lines) > 1 and len(found) > 1)


def by_hop(mail: ParsedMail, server: str, received_by: str = "", *, below: bool = False) -> Trust:
    """What the trusted server found. `server` is its name in `Authentication-Results`, `received_by` the one in its
    `Received` lines, where that is another. `below`: it writes below its own line, and takes out what comes from
    outside under its name."""
    sender = sender_domain(mail)
    found = _trusted(mail, server.strip().lower(), (received_by or server).strip().lower(), below)
    spf, dkim, dmarc = (_best(found, method, sender) for method in ("spf", "dkim", "dmarc"))
    verdict, why = _judged(sender, found, spf, dkim, dmarc)
    if several_senders(mail):
        verdict, why = "failed", "two_senders"
    return Trust(verdict, "hop", why, _word(spf), _word(dkim), _word(dmarc))


def _word(result: Result | None) -> str:
    return result.word[:20] if result is not None else ""


def _judged(
    sender: str, found: list[Result], spf: Result | None, dkim: Result | None, dmarc: Result | None
) -> tuple[Verdict, str]:
    if not found:
        return "unchecked", "hop_silent"
    if dmarc is not None and dmarc.domain and dmarc.domain != sender:
        return "failed", "other_from"  # it looked at another sender than the one that is shown
    if dmarc is not None and dmarc.word in ("pass", "fail"):
        return ("passed", "dmarc_pass") if dmarc.word == "pass" else ("failed", "dmarc_fail")
    signed = dkim is not None and aligned(dkim.domain, sender)
    sent = spf is not None and spf.word == "pass" and aligned(spf.domain, sender)
    if dkim is not None and signed and dkim.word == "pass":
        return "passed", "dkim_pass"
    if sent:
        return "passed", "spf_pass"
    if dkim is not None and signed and dkim.word == "fail":
        return "failed", "dkim_fail"
    return "unchecked", "nothing"


def _best(found: list[Result], method: str, sender: str) -> Result | None:
    """Of several results of one method the one that says most of the sender: an aligned pass, an aligned failure."""
    order = {"pass": 0, "fail": 1}
    of_method = [one for one in found if one.method == method]
    if method == "dmarc":
        return min(of_method, key=lambda one: one.word != "fail", default=None)
    return min(of_method, key=lambda one: (not aligned(one.domain, sender), order.get(one.word, 2)), default=None)


def _trusted(mail: ParsedMail, server: str, received_by: str, below: bool) -> list[Result]:
    """Every result that the trusted server wrote. What forwarded the mail to us and is trusted may have kept its word
    in `ARC-Authentication-Results`, which counts where there is no plain one."""
    lines = mail.root.headers[: 4 * MAX_FIELDS]
    at, own = _own_line(lines, received_by)
    if at is None:
        return []
    plain: list[Result] = []
    arc: list[Result] = []
    spf: list[Result] = []
    for name, value in lines[:at][:MAX_FIELDS]:
        text = headers.text(value)
        if name == "authentication-results":
            plain += results(text, server) or (_nameless(text, server) if own else [])
        elif name == "arc-authentication-results" and _INSTANCE.match(text):
            arc += results(_INSTANCE.sub("", text, count=1), server)
        elif name == "received-spf":
            spf += _received_spf(text, server, received_by)
    found = plain or arc or (_below(mail.root.headers, at, server) if below and own else [])
    return found if any(one.method == "spf" for one in found) else found + spf


def _own_line(lines: list[tuple[str, bytes]], received_by: str) -> tuple[int | None, bool]:
    """The place of the topmost `Received` of the trusted server, and whether one is known to be its own. Where none is,
    that of any: then whoever handed the mail to us is the one that is trusted."""
    received = [i for i, (name, _) in enumerate(lines) if name == "received"]
    own = next((i for i in received if _is_by(lines[i][1], received_by)), None)
    return (own, True) if own is not None else (next(iter(received), None), False)


def _below(lines: list[tuple[str, bytes]], at: int, server: str) -> list[Result]:
    """What stands right below the server's own line. A pass counts there only while nothing shows that words of the
    sender came through: the server's name further down, in what is plainly the sender's, or a second line about the
    same method (two filters write a line each, about two)."""
    lines = lines[at + 1 : at + 1 + 8 * MAX_FIELDS]
    end = next((i for i, (name, _) in enumerate(lines) if name in _NOT_OURS), len(lines))
    said = [results(headers.text(value), server) if name == "authentication-results" else [] for name, value in lines]
    spoken = Counter(method for found in said[:end] for method in {one.method for one in found})
    clean = not any(said[end:])
    return [one for found in said[:end] for one in found if one.word != "pass" or (clean and spoken[one.method] == 1)]


def _is_by(value: bytes, server: str) -> bool:
    match = _BY.search(value[:4096])
    host = match.group(1).decode("ascii").lower().rstrip(".") if match else ""
    return bool(server) and (host == server or host.endswith(f".{server}"))


def results(text: str, server: str) -> list[Result]:
    """The results of one `Authentication-Results` value, where `server` wrote it."""
    pieces = _pieces(text)
    words = pieces[0].split() if pieces else []
    if not words or words[0].strip('"').lower() != server or not server:
        return []
    return _results(pieces[1:])


def _nameless(text: str, server: str) -> list[Result]:
    """Microsoft 365 writes its results without its name. Where it is the one that is trusted, they count above its own
    line, where nobody else writes."""
    pieces = _pieces(text) if f".{server}".endswith(".outlook.com") else []
    return _results(pieces) if pieces and _METHOD.match(pieces[0].strip()) else []


def _results(pieces: list[str]) -> list[Result]:
    found = []
    for piece in pieces[:MAX_RESULTS]:
        match = _METHOD.match(piece.strip())
        if match is None:
            continue
        properties = {
            f"{kind}.{name}".lower(): value.strip('"') for kind, name, value in _PROPERTY.findall(piece[match.end() :])
        }
        found.append(Result(match.group(1).lower(), match.group(2).lower(), properties))
    return found


def _pieces(text: str) -> list[str]:
    """Cut at semicolons, without comments; neither counts inside of quotes."""
    out, depth, quoted, escaped = [""], 0, False, False
    for c in text:
        if escaped:
            escaped = False
        elif c == "\\":
            escaped = True
        elif quoted:
            quoted = c != '"'
        elif c == "(":
            depth += 1
            continue
        elif c == ")":
            depth = max(0, depth - 1)
            continue
        elif c == '"' and not depth:
            quoted = True
        elif c == ";" and not depth:
            out.append("")
            continue
        if not depth:
            out[-1] += c
    return out


def _received_spf(text: str, server: str, received_by: str) -> list[Result]:
    """`Received-SPF` (RFC 7208 9.1): counts where it names no receiver, or the trusted server."""
    bare = " ".join(_pieces(text))
    word = bare.split()[0].lower().rstrip(";") if bare.split() else ""
    fields = {name.lower(): value.strip('"') for name, value in _SPF_FIELD.findall(bare)}
    receiver = fields.get("receiver", "").lower()
    if receiver and receiver not in (server, received_by) and not receiver.endswith(f".{received_by}"):
        return []
    return [Result("spf", word, {"smtp.mailfrom": fields.get("envelope-from", "")})]


def judged(message: InboundMessage, trust: Trust) -> InboundMessage:
    """The message with what was found. A sender whom somebody else seems to have written is only claimed: it leads to
    nobody's customer."""
    sender = message.sender
    if trust.verdict == "failed":
        address = sender.address.value
        sender = replace(sender, evidence="claimed", because=f"a mail named {address} as its sender, and failed checks")
    return replace(message, trust=trust, sender=sender)
