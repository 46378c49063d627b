"""The append-only ledger of what happened with each customer."""

from desk.timeline.holding import NotHeld, release_file
from desk.timeline.later import add_detail, wrote_between
from desk.timeline.ledger import (
    EntryView,
    Words,
    changed,
    contacts,
    digest,
    erase_words,
    find_refs,
    genuine,
    html_of,
    keep_key,
    knows,
    last_contact,
    of_conversation,
    one,
    page,
    record,
    remember_id,
    thread_ids,
    wrote_from,
)
from desk.timeline.moving import Writer, count_of, move, rehouse, writers
from desk.timeline.threads import of_conversation_before

__all__ = [
    "EntryView",
    "NotHeld",
    "Words",
    "Writer",
    "add_detail",
    "changed",
    "contacts",
    "count_of",
    "digest",
    "erase_words",
    "find_refs",
    "genuine",
    "html_of",
    "keep_key",
    "knows",
    "last_contact",
    "move",
    "of_conversation",
    "of_conversation_before",
    "one",
    "page",
    "record",
    "rehouse",
    "release_file",
    "remember_id",
    "thread_ids",
    "writers",
    "wrote_between",
    "wrote_from",
]
