"""Who gets an answer by mail beside the customer: whom they copied last, or whom a colleague chose."""

from __future__ import annotations

from collections.abc import Sequence

from desk import conversations
from desk.channels.base import known
from desk.conversations import Conversation
from desk.messages import Address
from desk.outbound.ways import Way
from desk.outbound.writing import Refused
from desk.people import fold
from desk.store import Tx

MOST_COPIES = 20


def copies(
    tx: Tx, conversation: Conversation, way: Way, wanted: Sequence[str] | None, staff_id: int | None
) -> list[conversations.Participant]:
    """Who gets a copy of an answer. `wanted` are the addresses that a colleague chose, which stand from then on; None:
    those that the customer copied last. Nobody does by other channels, nor where nobody knows whose the address is that
    the answer goes to. Raises Refused for what is no address of somebody else.
    """
    if way.channel != "email" or way.evidence == "claimed":
        return []
    if wanted is None:
        rows = [row for row in conversations.participants(tx, conversation.id) if row.kept]
    else:
        rows = conversations.choose_copied(tx, conversation, _checked(tx, way, wanted), staff_id)
    return [row for row in rows if row.address_folded != fold(way.address)][:MOST_COPIES]


def _checked(tx: Tx, way: Way, wanted: Sequence[str]) -> list[Address]:
    found: dict[str, Address] = {}
    for text in wanted:
        if not text.strip():
            continue
        try:
            address = known()[way.channel].address(text)
        except ValueError as error:
            raise Refused("One of the copies goes to what is not a mail address.") from error
        if conversations.is_ours(tx, way.channel, address):
            raise Refused("One of the copies goes to an address of this desk: it would answer itself.")
        if fold(address) != fold(way.address):
            found[fold(address)] = Address("email", address)
    if len(found) > MOST_COPIES:
        over = len(found) - MOST_COPIES
        raise Refused(f"An answer goes to {MOST_COPIES} copies at most: take {over} of these {len(found)} out.")
    return list(found.values())
