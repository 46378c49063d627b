"""One conversation out of two of the same customer, two out of one, and both taken back.

Lines change their conversation and nothing else: their episodes stay, so that what was counted stays counted. What
answers a merged conversation lands where its lines are and remembers what it answered (`through`), so that an undo
takes it along.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlalchemy import and_, or_, select

from desk import conversations, outbound, timeline
from desk.agents import Viewer
from desk.conversations import Conversation, NotPossible, joining
from desk.merging import standing
from desk.merging.tables import TalkMove
from desk.sentiment import moving as sentiment_moving
from desk.signals import LinesMoved
from desk.store import Tx
from desk.visitors import moving as visitors_moving

LINE = "talk"  # the kind of the lines that say what was merged and split
# What a split takes along: what was said. What was done to the conversation stays with it.
SAID = (
    "message", "reply", "scheduled", "note", "bot", "participant", "forward", "third_party", "sentiment", "withdrawn",
    "mailed",
)  # fmt: skip


def merge(tx: Tx, from_id: int, into_id: int, viewer: Viewer) -> TalkMove:
    """Puts all lines of one conversation into another of the same customer; what answers the first one lands there
    from now on. Raises NotPossible and NotVisible."""
    if from_id == into_id:
        raise NotPossible("These two are one conversation already.")
    first, second = sorted((from_id, into_id))  # in one order, so that two who merge at once wait and do not block
    rows = {number: conversations.get(tx, number, viewer) for number in (first, second)}
    row, into = rows[from_id], rows[into_id]
    _can_merge(tx, row, into)
    kept: dict[str, Any] = {"from": joining.snapshot(tx, row), "to": joining.snapshot(tx, into)}
    lines = timeline.lines_of(tx, row.id)
    kept["lines"] = [str(number) for number in lines]
    _put(tx, lines, into)
    outbound.follow_drafts(tx, row.id, into.id)
    kept["participants"] = joining.follow_participants(tx, row.id, into.id)
    kept["labels"] = joining.gather_labels(tx, row.id, into.id)
    kept["widget"] = visitors_moving.lift(tx, row.id)
    kept["laid"] = bool(kept["widget"]) and not visitors_moving.owner_in(tx, into.id)
    if kept["laid"]:
        visitors_moving.lay(tx, into.id, kept["widget"])
    joining.absorb(tx, row, into)
    return _note(tx, "merge", row, into, kept, viewer, into)


def _can_merge(tx: Tx, row: Conversation, into: Conversation) -> None:
    if row.customer_id != into.customer_id:
        raise NotPossible("These conversations are of two customers: join the customers first.")
    if row.merged_into is not None or into.merged_into is not None:
        raise NotPossible("One of these two has been merged into another conversation already.")
    if "spam" in (row.status, into.status):
        raise NotPossible("One of these two is marked as spam.")
    if into.status == "resolved":
        raise NotPossible("The conversation to merge into is resolved: reopen it first.")
    owners = {visitors_moving.owner_in(tx, row.id), visitors_moving.owner_in(tx, into.id)} - {""}
    if len(owners) > 1:
        raise NotPossible("These chats stand in two browsers, and merging would show one what the other wrote.")


def split(tx: Tx, entry_id: int, viewer: Viewer) -> TalkMove:
    """A new conversation of what was said from a customer's message on, linked to the old one. Raises NotPossible."""
    first = timeline.one(tx, entry_id)
    if first is None or first.conversation_id is None:
        raise conversations.NotVisible("There is no such line.")
    row = conversations.get(tx, first.conversation_id, viewer)
    if first.kind != "message":
        raise NotPossible("A conversation begins with a message of the customer's: choose one of those.")
    if row.status == "spam":
        raise NotPossible("This conversation is marked as spam.")
    said = timeline.lines_of(tx, row.id, SAID)
    lines = said[said.index(first.id) :]
    if set(timeline.lines_of(tx, row.id, ("message",))) <= set(lines):
        raise NotPossible("Nothing would be left in the old conversation: choose a later message.")
    kept: dict[str, Any] = {"from": joining.snapshot(tx, row), "lines": [str(number) for number in lines]}
    new = joining.branch(tx, row, first, lines)
    _follow(tx, lines, new)
    owner = visitors_moving.owner_in(tx, row.id)
    if owner and first.channel == "chat":
        visitors_moving.show(tx, row.id, new.id, new.last_at)
    joining.gather_labels(tx, row.id, new.id)
    return _note(tx, "split", row, new, kept, viewer, row)


def _put(tx: Tx, lines: list[int], to: Conversation) -> None:
    timeline.put(tx, lines, to.id)
    _follow(tx, lines, to)


def _follow(tx: Tx, lines: list[int], to: Conversation) -> None:
    sentiment_moving.put(tx, lines, to.id)
    outbound.rehouse(tx, lines, to.id, to.customer_id)


def _note(
    tx: Tx, kind: str, row: Conversation, to: Conversation, kept: dict[str, Any], viewer: Viewer, told_in: Conversation
) -> TalkMove:
    move = TalkMove(kind=kind, from_id=row.id, to_id=to.id, kept=kept, staff_id=viewer.id, at=tx.now())
    tx.add(move)
    tx.flush()
    move.entry_id = _say(tx, move, told_in, viewer, kind)
    tx.flush()
    tx.announce(LinesMoved((row.id, to.id)))
    return move


def _say(tx: Tx, move: TalkMove, where: Conversation, viewer: Viewer, what: str) -> int:
    entry = timeline.record(
        tx,
        customer_id=where.customer_id,
        kind=LINE,
        author="staff",
        occurred_at=tx.now(),
        conversation_id=where.id,
        episode_id=where.episode_id,
        identity_id=where.reply_identity_id,
        staff_id=viewer.id,
        detail={
            "what": what,
            "move_id": move.id,
            "from": move.from_id,
            "to": move.to_id,
            "lines": len(move.kept["lines"]),
        },
    )
    return entry.id


def moved(tx: Tx, conversation_ids: Sequence[int]) -> set[int]:
    """Which of these conversations were ever merged or split."""
    ids = list(conversation_ids)
    touching = or_(TalkMove.from_id.in_(ids), TalkMove.to_id.in_(ids))
    pairs = tx.execute(select(TalkMove.from_id, TalkMove.to_id).where(touching)).all()
    return {end for pair in pairs for end in pair} & set(ids)


def relatives(tx: Tx, conversation_id: int) -> list[int]:
    """The conversations whose lines stand, or once stood, in this one or came out of it, itself first: whatever holds
    for the words of one holds for all of them."""
    found, look = [conversation_id], [conversation_id]
    while look:
        touching = or_(TalkMove.from_id.in_(look), TalkMove.to_id.in_(look))
        ends = {end for pair in tx.execute(select(TalkMove.from_id, TalkMove.to_id).where(touching)) for end in pair}
        look = sorted(ends - set(found))
        found += look
    return found


def _later(tx: Tx, move: TalkMove) -> bool:
    """Whether something has been done since that must be taken back first."""
    return standing.of_talks(tx, [move.id])[move.id] == "later"


def _crossed(tx: Tx, move: TalkMove) -> bool:
    """Whether another move has changed one of the two meanwhile in another order than one after the other."""
    ends = [move.from_id, move.to_id]
    query = select(TalkMove.id).where(
        or_(TalkMove.from_id.in_(ends), TalkMove.to_id.in_(ends)),
        or_(
            and_(TalkMove.id > move.id, TalkMove.undone_at.is_(None)),
            and_(TalkMove.id < move.id, TalkMove.undone_at >= move.at),
        ),
    )
    return tx.scalar(query.limit(1)) is not None


def undo(tx: Tx, move_id: int, viewer: Viewer) -> TalkMove:
    """Takes a merge or a split back, with what has come in since. One that was taken back stays so. Raises NotPossible
    where a later one has to be taken back first."""
    move = tx.get(TalkMove, move_id, with_for_update=True, populate_existing=True)
    if move is None:
        raise conversations.NotVisible("There is no such merge.")
    first, second = sorted((move.from_id, move.to_id))
    rows = {number: conversations.get(tx, number, viewer) for number in (first, second)}
    if move.undone_at is not None:
        return move
    if not move.kept:
        raise NotPossible("What an undo would need was erased, with the customer or by a retention rule.")
    if _later(tx, move):
        raise NotPossible("Its lines have been merged or split again since: take that back first.")
    row, to = rows[move.from_id], rows[move.to_id]
    quiet = not timeline.since(tx, [row.id, to.id], move.entry_id or 0, (LINE,)) and not _crossed(tx, move)
    if move.kind == "merge":
        _unmerge(tx, move, row, to, quiet)
    else:
        _unsplit(tx, move, row, to, quiet)
    move.undone_at, move.undone_by = tx.now(), viewer.id
    tx.flush()
    _say(tx, move, row, viewer, "undone")
    if move.entry_id is not None:
        timeline.changed(tx, move.entry_id)
    tx.announce(LinesMoved((row.id, to.id)))
    return move


def _unmerge(tx: Tx, move: TalkMove, row: Conversation, to: Conversation, quiet: bool) -> None:
    here = set(timeline.lines_of(tx, to.id))
    lines = [int(number) for number in move.kept["lines"] if int(number) in here]
    came = timeline.came_through(tx, to.id, conversations.members(tx, row.id), move.entry_id or 0)
    _put(tx, lines + came, row)
    joining.follow_participants(tx, to.id, row.id, move.kept["participants"])
    joining.drop_labels(tx, to.id, move.kept["labels"])
    if move.kept["laid"]:
        visitors_moving.lift(tx, to.id)
    if move.kept["widget"]:
        visitors_moving.lay(tx, row.id, move.kept["widget"])
    joining.release(tx, row, move.kept["from"], exactly=True)
    if came:
        conversations.wake(tx, row, tx.now())
        joining.release(tx, row, move.kept["from"], exactly=False)
    joining.release(tx, to, move.kept["to"], exactly=quiet)


def _unsplit(tx: Tx, move: TalkMove, row: Conversation, to: Conversation, quiet: bool) -> None:
    _put(tx, timeline.lines_of(tx, to.id), row)
    visitors_moving.lift(tx, to.id)
    joining.close(tx, to, row.id)
    joining.release(tx, row, move.kept["from"], exactly=quiet)
