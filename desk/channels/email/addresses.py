"""Addresses that a conversation answers at, and the ids of mails: made and read, never judged."""

from __future__ import annotations

import re
from collections.abc import Iterable

import idna

_TOKEN = re.compile(r"^[A-Za-z0-9_.-]{1,200}$")
_SUBJECT = re.compile(r"[ \t]*\[#([0-9a-z]{1,12}-[a-z2-7]{8})\]", re.IGNORECASE)
_OWN_ID = re.compile(r"^[0-9a-f]{32}@")
_ID_CHARS = re.compile(r"[^A-Za-z0-9.!#$%&'*+/=?^_`{|}~-]")


def reply_address(address: str, token: str) -> str:
    """`support@example.org` and a token as `support+r-TOKEN@example.org`. A `+part` that is there already stays.

    Raises ValueError where the token could not stand in an address; it must survive systems that fold case.
    """
    local, at, domain = address.rpartition("@")
    if not at or not local or not _TOKEN.match(token) or token != token.lower():
        raise ValueError("a reply address needs an address and a token of lower-case letters, digits, '.', '-' and '_'")
    return f"{local}+r-{token}@{domain}"


def token_from(addresses: Iterable[str], address: str = "") -> str | None:
    """The token of the first reply address among `addresses`; with `address`, only of that inbox's reply addresses."""
    base, _, domain = address.casefold().rpartition("@")
    for one in addresses:
        local, at, its_domain = one.casefold().rpartition("@")
        head, mark, token = local.rpartition("+r-")
        if not at or not mark or not _TOKEN.match(token):
            continue
        if address and (head, its_domain) != (base, domain):
            continue
        return token
    return None


def subject_with(subject: str, token: str) -> str:
    """A subject with a token behind it, and no other token of this form."""
    bare = _SUBJECT.sub("", subject).strip()
    return f"{bare} [#{token}]" if token else bare


def subject_token_from(subject: str) -> str | None:
    """The last token in a subject: an answer to an answer may carry two."""
    found = _SUBJECT.findall(subject)
    return str(found[-1]).lower() if found else None


def is_same_mailbox(one: str, address: str) -> bool:
    """Whether an address is the inbox's own: as it is, or with a `+part` behind the local part."""
    one, address = one.casefold(), address.casefold()
    if one == address:
        return True
    local, _, domain = one.rpartition("@")
    own, _, own_domain = address.rpartition("@")
    return domain == own_domain and local.startswith(own + "+")


def new_message_id(domain: str, entropy: str) -> str:
    """A Message-ID without angle brackets. `entropy` is the same at every attempt at one message."""
    left = _ID_CHARS.sub("", entropy) or "empty"
    return f"{left}@{_dns(domain.strip().rstrip('.')) or 'localhost'}"


def is_like_ours(message_id: str) -> bool:
    """Whether a Message-ID is made as this desk makes them (`outbound.new_message_id`), wherever its domain is."""
    return _OWN_ID.match(message_id) is not None


def ascii_domain(address: str) -> str:
    """The address with its domain as DNS has it: `ann@bücher.example` becomes `ann@xn--bcher-kva.example`."""
    local, at, domain = address.rpartition("@")
    return address if not at or domain.isascii() else f"{local}@{_dns(domain)}"


def _dns(domain: str) -> str:
    """IDNA 2008 with the mapping of UTS 46: the library's older rules send "straße" to another domain."""
    if domain.isascii():
        return _ID_CHARS.sub("", domain)
    try:
        return idna.encode(domain, uts46=True).decode("ascii")
    except idna.IDNAError:
        return _ID_CHARS.sub("", domain)
