"""A mail's own signature (DKIM, RFC 6376) looked at here, where no server that we trust has done so.

Only signatures of the sender's own domain are looked at, so that nobody's name server is asked because a stranger
wrote its name into a mail. The key is a question to DNS: it is asked outside of requests and transactions, with an end
to the wait, and remembered.
"""

from __future__ import annotations

import threading
import time
from collections import OrderedDict
from collections.abc import Callable

import dkim
import dns.exception
import dns.resolver

from desk.channels.email import headers
from desk.channels.email.domains import aligned, domain_of
from desk.channels.email.parse import ParsedMail
from desk.channels.email.trust import sender_domain, several_senders
from desk.messages import Trust

WAIT = 4.0  # seconds for one key, whatever the name servers do
LEAST, MOST = 60.0, 3600.0  # seconds that an answer is kept, by its own word within these
DOWN = 60.0  # seconds in which nobody asks again after no server answered
MAX_KEYS = 2000
MAX_SIGNATURES = 4
_ALGORITHM = "rsa-sha256"  # RFC 8301 wants rsa-sha1 treated as no signature


class Unanswered(Exception):
    """No name server answered."""


Ask = Callable[[str], tuple[bytes | None, float]]


def ask_dns(name: str) -> tuple[bytes | None, float]:
    """The TXT record of a name (None: there is none), and for how many seconds it holds. Raises Unanswered."""
    try:
        answer = dns.resolver.resolve(name, "TXT", lifetime=WAIT, search=False)
    except (dns.resolver.NXDOMAIN, dns.resolver.NoAnswer, dns.resolver.YXDOMAIN):
        return None, LEAST
    except (dns.exception.DNSException, OSError, UnicodeError) as error:
        raise Unanswered(type(error).__name__) from error
    first = next(iter(answer), None)
    ttl = float(answer.rrset.ttl) if answer.rrset is not None else LEAST
    return (b"".join(first.strings) if first is not None else None), ttl


class Keys:
    """Published keys, remembered. `ask` may be another way to ask, `clock` another one."""

    def __init__(self, ask: Ask = ask_dns, clock: Callable[[], float] = time.monotonic) -> None:
        self._ask, self._clock = ask, clock
        self._known: OrderedDict[str, tuple[float, bytes | None]] = OrderedDict()
        self._down_until = float("-inf")
        self._lock = threading.Lock()

    def of(self, name: str) -> bytes | None:
        """The key record at a name, None where there is none. Raises Unanswered."""
        now = self._clock()
        with self._lock:
            known = self._known.get(name)
            if known is not None and known[0] > now:
                self._known.move_to_end(name)
                return known[1]
            if self._down_until > now:
                raise Unanswered("no name server answered a moment ago")
        try:
            record, seconds = self._ask(name)
        except Unanswered:
            with self._lock:
                self._down_until = self._clock() + DOWN
            raise
        with self._lock:
            self._known[name] = (self._clock() + min(MOST, max(LEAST, seconds)), record)
            self._known.move_to_end(name)
            while len(self._known) > MAX_KEYS:
                self._known.popitem(last=False)
        return record


KEYS = Keys()


def first_look(mail: ParsedMail) -> Trust:
    """What can be said before anybody is asked; `pending` where a signature waits for its key."""
    if several_senders(mail):
        return Trust("failed", "dkim", "two_senders")
    if not mail.root.header("dkim-signature"):
        return Trust("unchecked", "dkim", "unsigned")
    if not _own_signatures(mail):
        return Trust("unchecked", "dkim", "elsewhere")
    return Trust("unchecked", "dkim", "no_dns", pending=True)


def look(mail: ParsedMail, raw: bytes, keys: Keys | None = None) -> Trust:
    """What the signatures of the sender's own domain say. One that fits is enough. Raises nothing."""
    first = first_look(mail)
    if not first.pending:
        return first
    said = [_checked(raw, index, tags, keys or KEYS) for index, tags in _own_signatures(mail)[:MAX_SIGNATURES]]
    for why in ("dkim_pass", "dkim_fail", "no_dns", "no_key", "unusable"):
        if why in said:
            break
    word = {"dkim_pass": "pass", "dkim_fail": "fail", "no_dns": "temperror"}.get(why, "neutral")
    if why == "dkim_pass":
        return Trust("passed", "dkim", why, dkim=word)
    return Trust("failed" if why == "dkim_fail" else "unchecked", "dkim", why, dkim=word)


def _own_signatures(mail: ParsedMail) -> list[tuple[int, dict[str, str]]]:
    """The place and the tags of each signature whose domain may speak for the sender's."""
    sender = sender_domain(mail)
    found = []
    for index, value in enumerate(mail.root.all("dkim-signature")):
        tags = _tags(headers.text(value))
        if aligned(domain_of(tags.get("d", "")), sender):
            found.append((index, tags))
    return found


def _tags(text: str) -> dict[str, str]:
    pairs = (piece.partition("=") for piece in text.split(";"))
    return {name.strip(): "".join(value.split()) for name, _, value in pairs}


def _checked(raw: bytes, index: int, tags: dict[str, str], keys: Keys) -> str:
    signed = tags.get("h", "").lower().split(":")
    # One that leaves out From, or covers the beginning of the text only, says nothing of what is read.
    if tags.get("a", "").lower() != _ALGORITHM or "from" not in signed or "l" in tags:
        return "unusable"
    selector, domain = tags.get("s", ""), domain_of(tags["d"])
    try:
        name = f"{selector.encode('ascii').decode()}._domainkey.{domain}."
        record = keys.of(name) if selector else None
    except Unanswered:
        return "no_dns"
    except UnicodeError:
        return "unusable"
    if record is None:
        return "no_key"
    try:
        fits = dkim.DKIM(raw, minkey=1024).verify(index, dnsfunc=lambda *_, **__: record)
    except dkim.ValidationError as error:
        # Its other complaints are of form: a signature that is too old, or lacks a tag, is as good as none.
        return "dkim_fail" if "body hash mismatch" in str(error) else "unusable"
    except Exception:  # noqa: BLE001  strangers' signatures meet a library: whatever it stumbles over is none of theirs
        return "unusable"
    return "dkim_pass" if fits else "dkim_fail"
