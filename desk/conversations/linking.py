"""Links of conversations, both ways: made by the desk where one began in another, or by hand."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import delete, or_, select

from desk.agents import Viewer
from desk.conversations.queue import Row, get, landed, may_see, row_of
from desk.conversations.saying import say
from desk.conversations.states import NotPossible
from desk.conversations.tables import Conversation, ConversationLink
from desk.signals import ConversationChanged
from desk.store import Tx

LINE = "link"  # the kind of the lines that say so
MOST = 50  # links of one conversation


@dataclass(frozen=True, slots=True)
class Linked:
    """The other side of a link. `row` is None where the colleague may not see it: then nothing but its number is told.
    `begun`: the desk linked them, because the later one began in the earlier."""

    id: int
    row: Row | None
    begun: bool


def tie(tx: Tx, one_id: int, other_id: int, staff_id: int | None = None) -> bool:
    """Links two conversations; False where they are linked already, or are one."""
    first, second = sorted((one_id, other_id))
    if first == second or tx.get(ConversationLink, (first, second)) is not None:
        return False
    tx.add(ConversationLink(one_id=first, other_id=second, staff_id=staff_id, at=tx.now()))
    tx.flush()
    return True


def links(tx: Tx, conversation_id: int, viewer: Viewer) -> list[Linked]:
    """What a conversation, and whatever has been merged into it, is linked with, oldest first. A merged one is shown as
    the one that it has become."""
    mine = members(tx, conversation_id)
    found: dict[int, Linked] = {}
    for one in _ties(tx, sorted(mine)):
        other = one.other_id if one.one_id in mine else one.one_id
        there = landed_id(tx, other)
        if there in mine:
            continue
        row = row_of(tx, there)
        if row is not None:
            shown = row if may_see(viewer, row.team_id, row.assignee_id) else None
            found.setdefault(there, Linked(there, shown, one.staff_id is None))
    return [found[number] for number in sorted(found)]


def _ties(tx: Tx, ids: Sequence[int]) -> list[ConversationLink]:
    # Two reads, because neither database takes both indexes for an OR over a list.
    query = select(ConversationLink).limit(MOST)
    found = list(tx.scalars(query.where(ConversationLink.one_id.in_(ids)).order_by(ConversationLink.other_id)))
    found += tx.scalars(query.where(ConversationLink.other_id.in_(ids)).order_by(ConversationLink.one_id))
    return found


def members(tx: Tx, conversation_id: int) -> set[int]:
    """A conversation and all that have been merged into it."""
    found, fresh = {conversation_id}, [conversation_id]
    while fresh:
        fresh = [
            number
            for number in tx.scalars(select(Conversation.id).where(Conversation.merged_into.in_(fresh)))
            if number not in found
        ]
        found |= set(fresh)
    return found


def landed_id(tx: Tx, conversation_id: int) -> int:
    """The conversation that one has become by merging, without holding it."""
    into = tx.scalar(select(Conversation.merged_into).where(Conversation.id == conversation_id))
    return conversation_id if into is None else landed_id(tx, into)


def _both(tx: Tx, one_id: int, other_id: int, viewer: Viewer) -> tuple[Conversation, Conversation]:
    """Both sides, held in one order, where the colleague may see both."""
    other = landed(tx, other_id)
    if other is None or not may_see(viewer, other.team_id, other.assignee_id):
        raise NotPossible("There is no such conversation, or it belongs to another team.")
    found = {number: get(tx, number, viewer) for number in sorted((one_id, other.id))}
    return found[one_id], found[other.id]


def link(tx: Tx, one_id: int, other_id: int, viewer: Viewer) -> bool:
    """Links two conversations by hand; False where they were linked before. Raises NotVisible for one that is not this
    colleague's, NotPossible where the other side cannot be linked."""
    one, other = _both(tx, one_id, other_id, viewer)
    if one.id == other.id:
        raise NotPossible("A conversation cannot be linked with itself.")
    ties = _ties(tx, sorted(members(tx, one.id)))
    there = members(tx, other.id)
    if any(tied.one_id in there or tied.other_id in there for tied in ties):
        return False
    if max(len(ties), len(_ties(tx, sorted(there)))) >= MOST:
        raise NotPossible("One of these two is linked with as many conversations as there can be.")
    tie(tx, one.id, other.id, viewer.id)
    _told(tx, one, other, viewer, on=True)
    return True


def unlink(tx: Tx, one_id: int, other_id: int, viewer: Viewer) -> bool:
    """Takes a link off, whoever made it; False where there was none. Raises as `link` does."""
    one, other = _both(tx, one_id, other_id, viewer)
    here, there = sorted(members(tx, one.id)), sorted(members(tx, other.id))
    across = or_(
        ConversationLink.one_id.in_(here) & ConversationLink.other_id.in_(there),
        ConversationLink.one_id.in_(there) & ConversationLink.other_id.in_(here),
    )
    if one.id == other.id or not tx.execute(delete(ConversationLink).where(across)).rowcount:
        return False
    _told(tx, one, other, viewer, on=False)
    return True


def _told(tx: Tx, one: Conversation, other: Conversation, viewer: Viewer, *, on: bool) -> None:
    """A line on both sides. It names the other by its number alone: not everybody who reads it may know more."""
    for here, there in ((one, other), (other, one)):
        say(tx, here, LINE, tx.now(), viewer.id, {"other": there.id, "on": on})
        tx.announce(ConversationChanged(here.id, here.customer_id))
