"""The block list: whose messages are kept aside instead of taken in."""

from desk.blocking.senders import block_of, block_sender, sender_of, unblock_sender
from desk.blocking.service import (
    KINDS,
    BadBlock,
    add,
    blocks,
    get,
    kept_aside,
    lift,
    meets,
    one_of,
    standing,
    stops,
)
from desk.blocking.tables import Block

__all__ = [
    "KINDS",
    "BadBlock",
    "Block",
    "add",
    "block_of",
    "block_sender",
    "blocks",
    "get",
    "kept_aside",
    "lift",
    "meets",
    "one_of",
    "sender_of",
    "standing",
    "stops",
    "unblock_sender",
]
