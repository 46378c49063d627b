"""The append-only ledger of what happened with each customer."""

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
    knows,
    of_conversation,
    one,
    page,
    record,
    remember_id,
    thread_ids,
)

__all__ = [
    "EntryView",
    "Words",
    "changed",
    "contacts",
    "digest",
    "erase_words",
    "find_refs",
    "genuine",
    "html_of",
    "knows",
    "of_conversation",
    "one",
    "page",
    "record",
    "remember_id",
    "thread_ids",
]
