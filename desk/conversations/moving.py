"""What a merge and its undo do to conversations: they change hands, and one that both sides wrote in becomes two."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime

from sqlalchemy import and_, false, func, select, update

from desk import timeline
from desk.agents import Viewer
from desk.conversations.linking import tie
from desk.conversations.participants import part_participants
from desk.conversations.queue import held, visible_to
from desk.conversations.ranking import rank
from desk.conversations.tables import Conversation, ConversationLabel, Episode
from desk.people import identity
from desk.signals import ConversationChanged
from desk.store import Tx

BATCH = 500
LOOKED_AT = 400  # lines, to see who waits


def sees_all(tx: Tx, viewer: Viewer, customer_id: int) -> bool:
    """Whether there is nothing of this customer that the colleague must not see."""
    seen = func.coalesce(visible_to(viewer), false())  # nobody's assignee compares to nothing, which is not a yes
    hidden = select(Conversation.id).where(Conversation.customer_id == customer_id, ~seen).limit(1)
    return tx.scalar(hidden) is None


def ids_of(tx: Tx, customer_id: int, *, hold: bool = False) -> list[int]:
    """A customer's conversations, oldest first. `hold`: waits for who is changing one, and lets nobody else begin."""
    query = select(Conversation.id).where(Conversation.customer_id == customer_id).order_by(Conversation.id)
    return list(tx.scalars(query.with_for_update() if hold else query))


def move(
    tx: Tx, from_id: int, to_id: int, *, conversation_ids: Sequence[int] | None = None, name: str = ""
) -> tuple[list[int], dict[str, str]]:
    """Gives conversations of one customer to another, all or these, with their episodes. Gives their ids, and the names
    that `name` took the place of: a row of the queue goes by the name of its customer.

    Waits for whoever is changing one of them at this instant; who comes later finds the new customer.
    """
    rows = select(Conversation).where(Conversation.customer_id == from_id).order_by(Conversation.id)
    mine = list(tx.scalars(rows.with_for_update().execution_options(populate_existing=True)))
    wanted = None if conversation_ids is None else set(conversation_ids)
    called: dict[str, str] = {}
    moved = [row for row in mine if wanted is None or row.id in wanted]
    for row in moved:
        row.customer_id = to_id
        if name and row.customer_name != name:
            called[str(row.id)], row.customer_name = row.customer_name, name[:200]
        tx.announce(ConversationChanged(row.id, to_id))
    tx.flush()
    ids = [row.id for row in moved]
    for start in range(0, len(ids), BATCH):
        tx.execute(
            update(Episode).where(Episode.conversation_id.in_(ids[start : start + BATCH])).values(customer_id=to_id)
        )
    return ids, called


def call_again(
    tx: Tx, conversation_ids: Sequence[int], called: dict[str, str], *, taken: str, own: str, since: datetime
) -> None:
    """Names conversations as they were named before they went by `taken`, and those of `since` then by `own`, or by
    the address that they came from. A name that was given in the meantime stays."""
    for start in range(0, len(conversation_ids), BATCH):
        some = Conversation.id.in_(conversation_ids[start : start + BATCH])
        for row in tx.scalars(select(Conversation).where(some, Conversation.customer_name == taken[:200])):
            if str(row.id) in called:
                row.customer_name = called[str(row.id)]
            elif row.opened_at >= since:
                one = identity(tx, row.reply_identity_id) if row.reply_identity_id is not None else None
                row.customer_name = (own or (one.name or one.value if one is not None else ""))[:200]
    tx.flush()


def part(tx: Tx, conversation_id: int, to_id: int, identity_ids: Sequence[int]) -> tuple[int, list[int]]:
    """Takes the lines that came by these identities out of a conversation into one of their own, which belongs to
    customer `to_id` and is linked to it. Gives the new conversation and the entries.

    Two people who were taken for one may both have written in it: neither is to be answered what the other one asked.
    """
    old = held(tx, conversation_id)
    assert old is not None
    current = tx.get_one(Episode, old.episode_id)
    one = identity(tx, identity_ids[-1])
    new = Conversation(
        customer_id=to_id,
        inbox_id=old.inbox_id,
        moved_at=old.moved_at,
        team_id=old.team_id,
        assignee_id=old.assignee_id,
        subject=old.subject,
        status="open" if old.status == "snoozed" else old.status,
        priority=old.priority,
        channel=old.channel,
        level=old.level,
        frustration=old.frustration,
        opened_at=old.last_at,
        last_at=old.last_at,
        last_author="customer",
        customer_name=one.name or one.value[:200],
        reply_address=one.value,
        reply_identity_id=one.id,
        linked_id=old.id,
        urgency=0.0,
        unread=0,
        preview="",
        status_name_id=old.status_name_id,
    )
    tx.add(new)
    tx.flush()
    episode = Episode(
        conversation_id=new.id,
        customer_id=to_id,
        number=1,
        opened_at=old.last_at,
        replies=0,
        waited_for_customer=0.0,
        resolved_at=current.resolved_at,
        resolved_by=current.resolved_by,
    )
    tx.add(episode)
    tx.flush()
    new.episode_id = episode.id
    tie(tx, old.id, new.id)
    labels = tx.scalars(select(ConversationLabel.label).where(ConversationLabel.conversation_id == old.id)).all()
    for label in labels:
        tx.add(ConversationLabel(conversation_id=new.id, label=label))
    entries = timeline.rehouse(tx, old.id, identity_ids, new.id, episode.id)
    part_participants(tx, old.id, new.id, entries)
    first = read_anew(tx, new)
    if first is not None:
        new.opened_at = episode.opened_at = first
    read_times(tx, new, episode)
    read_anew(tx, old)
    return new.id, entries


def read_anew(tx: Tx, row: Conversation) -> datetime | None:
    """What a conversation's row says of its lines, out of the lines that are there now. Gives the time of the first."""
    said = timeline.of_conversation(tx, row.id, limit=LOOKED_AT, kinds=("message", "reply"))
    if not said:
        return None
    last = said[-1]
    row.last_at, row.last_author = last.occurred_at, "customer" if last.kind == "message" else "staff"
    row.preview = " ".join(last.text.split())[:160]
    by_customer = [line for line in said if line.kind == "message"]
    if by_customer and by_customer[-1].identity_id is not None:
        writer = identity(tx, by_customer[-1].identity_id)
        row.reply_identity_id, row.reply_address = writer.id, writer.value
        row.channel = by_customer[-1].channel or row.channel
    waits: list[datetime] = []
    for line in said:
        if line.kind == "reply":
            waits = []
        elif not line.detail.get("automatic"):
            waits.append(line.occurred_at)
    is_open = row.status not in ("resolved", "spam")
    row.waiting_since, row.unread = (waits[0] if waits and is_open else None), (len(waits) if is_open else 0)
    rank(tx, row)
    tx.flush()
    tx.announce(ConversationChanged(row.id, row.customer_id))
    return said[0].occurred_at


def read_times(tx: Tx, row: Conversation, episode: Episode) -> None:
    """The times of a new conversation's one episode, out of its lines."""
    for line in timeline.of_conversation(tx, row.id, limit=LOOKED_AT, kinds=("message", "reply")):
        if line.kind == "message" and episode.first_message_at is None:
            episode.first_message_at = line.occurred_at
        if line.kind == "reply" and line.staff_id is not None:
            episode.replies += 1
            if episode.first_reply_at is None and episode.first_message_at is not None:
                episode.first_reply_at, episode.first_reply_by = line.occurred_at, line.staff_id
    tx.flush()


def linked(tx: Tx, customer_id: int) -> list[tuple[int, int]]:
    """Where this customer answered in a thread of somebody else: (conversation, the other's customer), newest first."""
    other = Conversation.__table__.alias("other")
    query = (
        select(Conversation.id, other.c.customer_id)
        .join(other, other.c.id == Conversation.linked_id)
        .where(and_(Conversation.customer_id == customer_id, other.c.customer_id != customer_id))
        .order_by(Conversation.id.desc())
        .limit(20)
    )
    return [(number, whose) for number, whose in tx.execute(query)]


def answered_at(tx: Tx, conversation_ids: Sequence[int], identity_ids: Collection[int]) -> list[int]:
    """Those of these whose answers go to one of these identities: that is whose a conversation without lines is."""
    found: list[int] = []
    for start in range(0, len(conversation_ids), BATCH):
        some = Conversation.id.in_(conversation_ids[start : start + BATCH])
        rows = tx.execute(select(Conversation.id, Conversation.reply_identity_id).where(some))
        found += [number for number, reply_to in rows if reply_to in identity_ids]
    return found
