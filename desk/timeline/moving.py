"""What a merge and its undo do to the ledger: entries change hands, and keep their places in time.

On SQLite the table is the index of its key, which begins with the customer: the database takes the row out and puts it
in at its new place by itself. One statement for all of them is the fastest that both databases know.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, TypeVar

from sqlalchemy import and_, func, select, update

from desk.store import Tx
from desk.timeline.tables import Entry, MessageRef

Id = TypeVar("Id")
BATCH = 500  # values in one statement
# The stages of somebody are what the desk thought of the customer that it took them for: they stay with that record,
# as its transitions do, and the rules look at the joined customer anew.
STAYS = ("stage",)


@dataclass(frozen=True, slots=True)
class Writer:
    """What one identity has in one conversation: since when, and how many lines."""

    conversation_id: int
    identity_id: int
    first_at: datetime
    entries: int


def batches(ids: Sequence[Id]) -> Iterator[Sequence[Id]]:
    return (ids[start : start + BATCH] for start in range(0, len(ids), BATCH))


def count_of(tx: Tx, customer_id: int) -> int:
    """How many lines of a customer would move."""
    query = select(func.count()).select_from(Entry).where(Entry.customer_id == customer_id, Entry.kind.not_in(STAYS))
    return tx.scalar(query) or 0


def writers(tx: Tx, customer_id: int) -> list[Writer]:
    """Which identities have lines in which conversations of a customer; in each, the first to write comes first."""
    rows = tx.execute(
        select(
            Entry.conversation_id,
            Entry.identity_id,
            func.min(Entry.occurred_at, type_=Entry.occurred_at.type),
            func.min(Entry.id),
            func.count(),
        )
        .where(Entry.customer_id == customer_id, Entry.conversation_id.is_not(None), Entry.identity_id.is_not(None))
        .group_by(Entry.conversation_id, Entry.identity_id)
    ).all()
    found = sorted(rows, key=lambda row: (row[0], row[2], row[3]))
    return [Writer(int(c or 0), int(i or 0), first_at, count) for c, i, first_at, _first, count in found]


def move(
    tx: Tx,
    from_id: int,
    to_id: int,
    *,
    conversation_ids: Sequence[int] | None = None,
    identity_ids: Sequence[int] = (),
    origins: Collection[int] = (),
) -> int:
    """Gives entries of one customer to another, and says how many. All of them; or, where `conversation_ids` is given,
    those of these conversations, and of what belongs to no conversation what came by these identities, or was first
    recorded for a customer of `origins` where no identity says whose it is."""
    tx.flush()
    mine = and_(Entry.customer_id == from_id, Entry.kind.not_in(STAYS))
    if conversation_ids is None:
        loose = and_(mine, Entry.identity_id.is_(None), Entry.origin_customer_id.is_(None))
        _update(tx, loose, origin_customer_id=from_id)
        return _update(tx, mine, customer_id=to_id)
    moved = 0
    for batch in batches(list(conversation_ids)):
        moved += _update(tx, and_(mine, Entry.conversation_id.in_(batch)), customer_id=to_id)
    free = and_(mine, Entry.conversation_id.is_(None))
    for batch in batches(list(identity_ids)):
        moved += _update(tx, and_(free, Entry.identity_id.in_(batch)), customer_id=to_id)
    for some in batches(sorted(origins)):
        whose = and_(free, Entry.identity_id.is_(None), Entry.origin_customer_id.in_(some))
        moved += _update(tx, whose, customer_id=to_id)
    return moved


def rehouse(
    tx: Tx, from_conversation: int, identity_ids: Sequence[int], to_conversation: int, episode: int
) -> list[int]:
    """Moves the lines that came by these identities into another conversation; gives their ids. Later mails that name
    them lead there."""
    tx.flush()
    ids: list[int] = []
    for batch in batches(list(identity_ids)):
        here = and_(Entry.conversation_id == from_conversation, Entry.identity_id.in_(batch))
        ids += tx.scalars(select(Entry.id).where(here)).all()
    for some in batches(ids):
        _update(tx, Entry.id.in_(some), conversation_id=to_conversation, episode_id=episode)
        tx.execute(
            update(MessageRef)
            .where(MessageRef.entry_id.in_(some))
            .values(conversation_id=to_conversation)
            .execution_options(synchronize_session=False)
        )
    return ids


def lines_of(tx: Tx, conversation_id: int, kinds: Sequence[str] = (), since: int | None = None) -> list[int]:
    """The ids of a conversation's lines in their order: all, those of these kinds, those from line `since` on."""
    query = select(Entry.id).where(Entry.conversation_id == conversation_id).order_by(Entry.occurred_at, Entry.id)
    if kinds:
        query = query.where(Entry.kind.in_(kinds))
    ids = list(tx.scalars(query))
    return ids if since is None else ids[ids.index(since) :] if since in ids else []


def put(tx: Tx, entry_ids: Sequence[int], conversation_id: int) -> None:
    """Puts lines into another conversation of their customer, in the episodes that they belong to, and lets later mails
    that name them lead there."""
    tx.flush()
    for some in batches(entry_ids):
        _update(tx, Entry.id.in_(some), conversation_id=conversation_id)
        tx.execute(
            update(MessageRef)
            .where(MessageRef.entry_id.in_(some))
            .values(conversation_id=conversation_id)
            .execution_options(synchronize_session=False)
        )


def came_through(tx: Tx, conversation_id: int, named: Collection[int], after: int) -> list[int]:
    """Lines of a conversation recorded after line `after` that answered one of these, which had been merged into it."""
    rows = tx.execute(
        select(Entry.id, Entry.detail)
        .where(Entry.conversation_id == conversation_id, Entry.id > after)
        .order_by(Entry.occurred_at, Entry.id)
    )
    return [number for number, detail in rows if detail.get("through") in named]


def since(tx: Tx, conversation_ids: Sequence[int], after: int, but: Sequence[str]) -> bool:
    """Whether something was recorded in these conversations after line `after`, of other kinds than `but`."""
    some = Entry.conversation_id.in_(conversation_ids)
    return tx.scalar(select(Entry.id).where(some, Entry.id > after, Entry.kind.not_in(but)).limit(1)) is not None


def _update(tx: Tx, where: Any, **values: Any) -> int:
    statement = update(Entry).where(where).values(**values).execution_options(synchronize_session=False)
    return int(tx.execute(statement).rowcount)
