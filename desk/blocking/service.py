"""Who is blocked: put on the list, taken off, and asked about for each message that comes in."""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Sequence

from sqlalchemy import ColumnElement, or_, select

from desk.agents import Viewer
from desk.blocking.tables import Block
from desk.messages import InboundMessage
from desk.people import fold
from desk.store import Tx

KINDS = ("email", "phone", "visitor", "user", "network")
WIDEST = {4: 16, 6: 32}  # shorter prefixes are half the world, and most likely a slip
_MAIL = re.compile(r"[^@\s]*@[^@\s]+\.[^@\s]+")
_PHONE = re.compile(r"\+[1-9][0-9]{6,14}")


class BadBlock(ValueError):
    """That is nobody who could be blocked; the message says why in one sentence."""


def _value(kind: str, text: str) -> str:
    """What is kept of what somebody typed."""
    text = text.strip()
    if kind not in KINDS:
        raise BadBlock("Choose what it is: an address, a phone number, a visitor or a network.")
    if kind == "email" and not (_MAIL.fullmatch(text) and len(text) <= 320):
        raise BadBlock("That is no mail address. Write noor@example.org, or @example.org for all of a domain.")
    if kind == "phone":
        text = re.sub(r"[\s().-]", "", text)
        if not _PHONE.fullmatch(text):
            raise BadBlock("That is no phone number. Write it with its country, such as +46701234567.")
    if kind in ("visitor", "user") and not 0 < len(text) <= 320:
        raise BadBlock("That is no visitor. Block them from their conversation.")
    if kind == "network":
        try:
            network = ipaddress.ip_network(text, strict=False)
        except ValueError:
            raise BadBlock("That is no network. Write 203.0.113.7 or 203.0.113.0/24.") from None
        if network.prefixlen < WIDEST[network.version]:
            raise BadBlock(f"That network is too wide: /{WIDEST[network.version]} at most.")
        return str(network)
    return text


def add(tx: Tx, kind: str, text: str, *, by: Viewer | None, why: str = "") -> Block:
    """Puts a sender on the list; one who stands there already stays as they are. Raises BadBlock."""
    value = _value(kind, text)
    found = one_of(tx, [(kind, fold(value))])
    if found is not None and found.value_folded == fold(value):
        return found
    row = Block(
        kind=kind,
        value=value,
        value_folded=fold(value),
        why=" ".join(why.split())[:200],
        staff_id=by.id if by is not None else None,
        created_at=tx.now(),
        messages=0,
    )
    tx.add(row)
    tx.flush()
    return row


def get(tx: Tx, block_id: int) -> Block:
    found = tx.get(Block, block_id)
    if found is None:
        raise LookupError("There is no such block.")
    return found


def lift(tx: Tx, block_id: int, *, by: Viewer | None) -> Block:
    """Takes a sender off the list; who is off it already stays so."""
    row = get(tx, block_id)
    if row.lifted_at is None:
        row.lifted_at, row.lifted_by = tx.now(), by.id if by is not None else None
        tx.flush()
    return row


def _naming(senders: Sequence[tuple[str, str]]) -> list[ColumnElement[bool]]:
    """What is true of the blocks of these senders; nothing where there are none."""
    wanted: dict[str, set[str]] = {}
    for kind, folded in senders:
        wanted.setdefault(kind, set()).add(folded)
        if kind == "email" and "@" in folded:
            wanted[kind].add(folded[folded.rindex("@") :])
    return [(Block.kind == kind) & Block.value_folded.in_(sorted(values)) for kind, values in wanted.items()]


def _address(text: str) -> ipaddress.IPv4Address | ipaddress.IPv6Address | None:
    try:
        found = ipaddress.ip_address(text.partition("%")[0])
    except ValueError:
        return None
    mapped = found.ipv4_mapped if isinstance(found, ipaddress.IPv6Address) else None
    return mapped if mapped is not None else found


def one_of(tx: Tx, senders: Sequence[tuple[str, str]], network: str = "") -> Block | None:
    """The block of one of these senders, given as (kind, folded value), a domain's covering all of its addresses; else
    that of the network which an IP address is in. One statement, for every message asks."""
    where, naming = _address(network), _naming(senders)
    if where is not None:
        naming.append(Block.kind == "network")  # there are few of them, and the list is an index
    if not naming:
        return None
    standing = select(Block.id, Block.kind, Block.value).where(Block.lifted_at.is_(None), or_(*naming))
    rows = tx.execute(standing.order_by(Block.id)).all()
    met = next((row for row in rows if where is None or row.kind != "network"), None)
    if met is None and where is not None:
        met = next((row for row in rows if where in ipaddress.ip_network(row.value)), None)
    return None if met is None else tx.get(Block, met.id)


def stops(tx: Tx, kind: str, value: str, network: str = "") -> Block | None:
    """The block that a message meets: of its sender, else of where it came from."""
    return one_of(tx, [(kind, fold(value))], network)


def meets(tx: Tx, message: InboundMessage) -> Block | None:
    """The block that keeps a message aside, which counts it. Nobody is denied their STOP."""
    sender = message.sender.address
    found = None if message.command == "stop" else stops(tx, sender.kind, sender.value, message.network)
    if found is not None:
        kept_aside(tx, found)
    return found


def kept_aside(tx: Tx, block: Block) -> None:
    """Counts a message that was kept aside."""
    block.messages += 1
    block.last_at = tx.now()
    tx.flush()


def standing(tx: Tx, cap: int = 100) -> int:
    """How many senders are blocked, up to `cap`."""
    return len(tx.scalars(select(Block.id).where(Block.lifted_at.is_(None)).limit(cap)).all())


def blocks(tx: Tx, *, before: int | None = None, limit: int = 50) -> list[Block]:
    """The list, newest first, with those that were lifted."""
    query = select(Block).order_by(Block.id.desc()).limit(limit)
    if before is not None:
        query = query.where(Block.id < before)
    return list(tx.scalars(query))
