"""Which domain may speak for which, by the list of domains under which anybody can register (publicsuffix.org)."""

from __future__ import annotations

from functools import cache, lru_cache

import idna
from publicsuffixlist import PublicSuffixList


def domain_of(address: str) -> str:
    """The domain of an address or a domain, in lower case ASCII letters as DNS has it; empty where there is none."""
    domain = address.rpartition("@")[2].strip('<>" .').lower()
    if domain.isascii():
        return domain
    try:
        return idna.encode(domain, uts46=True).decode("ascii")
    except idna.IDNAError:
        return ""


def aligned(domain: str, sender: str) -> bool:
    """Whether `domain` may speak for the sender's: the same one, or one of the same organization (RFC 7489 3.1, the
    relaxed mode, which is what a domain has that asks for no other). Both as `domain_of` gives them."""
    if not domain or not sender:
        return False
    return domain == sender or (organization(domain) == organization(sender) != "")


@lru_cache(maxsize=4096)
def organization(domain: str) -> str:
    """The domain that somebody registered: `example.co.uk` of `mail.example.co.uk`. Empty where it is one under which
    anybody registers (`co.uk`, `github.io`): it belongs with nobody but itself."""
    if len(domain) > 253 or "." not in domain or ".." in domain:
        return ""
    return _suffixes().privatesuffix(domain) or ""


@cache
def _suffixes() -> PublicSuffixList:
    return PublicSuffixList(accept_unknown=True)
