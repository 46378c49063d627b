"""Conversations on hold: their content stays whatever a rule says, and nobody erases or redacts it meanwhile."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import select, update

from desk import conversations, settings, timeline
from desk.agents import Viewer
from desk.conversations import emptying
from desk.merging import talks
from desk.privacy.tables import Hold
from desk.store import Tx
from desk.timeline import Words

LONGEST_REASON = 300
KIND = "hold"  # of the line that says so


class NotPossible(ValueError):
    """This conversation cannot be put on hold, or its hold not lifted; the message says why in one sentence."""


def holds_on(tx: Tx, conversation_ids: Sequence[int]) -> list[Hold]:
    """The holds that stand on these conversations."""
    query = select(Hold).where(Hold.conversation_id.in_(list(conversation_ids)), Hold.lifted_at.is_(None))
    return list(tx.scalars(query.order_by(Hold.id)))


def held_by(tx: Tx, conversation_id: int) -> Hold | None:
    """What holds a conversation: a hold of its own, or of one with which it shared lines by a merge or a split."""
    own = holds_on(tx, [conversation_id])
    if own:
        return own[0]
    others = holds_on(tx, talks.relatives(tx, conversation_id))
    return others[0] if others else None


def held_among(tx: Tx, conversation_ids: Sequence[int]) -> set[int]:
    """Which of these conversations are held, by a hold of their own or of one with which they shared lines."""
    if not conversation_ids:
        return set()
    held = {one.conversation_id for one in holds_on(tx, conversation_ids)}
    moved = talks.moved(tx, conversation_ids)
    return held | {number for number in moved - held if held_by(tx, number) is not None}


def holds_customer(tx: Tx, customer_ids: Sequence[int]) -> Hold | None:
    """A hold that stands on a conversation of these customers."""
    numbers = [number for one in customer_ids for number in conversations.ids_of(tx, one)]
    for start in range(0, len(numbers), 500):
        found = holds_on(tx, numbers[start : start + 500])
        if found:
            return found[0]
    return None


def hold(tx: Tx, conversation_id: int, by: Viewer, why: str) -> Hold:
    """Puts a conversation on hold. Raises NotPossible, conversations.NotVisible."""
    row = conversations.get(tx, conversation_id, by)  # held: no run of a rule is in the midst of it
    said = " ".join(why.split())
    if not said:
        raise NotPossible("Say why it has to stay: the timeline tells it.")
    if len(said) > LONGEST_REASON:
        raise NotPossible(f"A reason has {LONGEST_REASON} letters at most.")
    if row.merged_into is not None:
        raise NotPossible(f"This conversation has been merged into #{row.merged_into}: hold that one.")
    if row.emptied == emptying.WORDS:
        raise NotPossible("Nothing is left of it that could be held.")
    if holds_on(tx, [row.id]):
        raise NotPossible("It is on hold already.")
    found = Hold(conversation_id=row.id, reason=said, staff_id=by.id, at=tx.now())
    tx.add(found)
    _say(tx, row, by, on=True, words=said)
    return found


def lift(tx: Tx, conversation_id: int, by: Viewer) -> Hold:
    """Ends a hold: the rule of its inbox counts again. Raises NotPossible, conversations.NotVisible."""
    row = conversations.get(tx, conversation_id, by)
    found = holds_on(tx, [row.id])
    if not found:
        raise NotPossible("It is not on hold.")
    found[0].lifted_at, found[0].lifted_by = tx.now(), by.id
    _say(tx, row, by, on=False, words="")
    return found[0]


def _say(tx: Tx, row: conversations.Conversation, by: Viewer, *, on: bool, words: str) -> None:
    """On the timeline with the reason; among what was changed without it, because nothing there is ever erased."""
    timeline.record(
        tx,
        customer_id=row.customer_id,
        kind=KIND,
        author="staff",
        occurred_at=tx.now(),
        conversation_id=row.id,
        episode_id=row.episode_id,
        identity_id=row.reply_identity_id,
        staff_id=by.id,
        detail={"on": on},
        words=Words(text=words) if words else None,
    )
    settings.note_change(tx, f"Hold of conversation #{row.id}", not on, on, by.id)
    tx.flush()


def forget(tx: Tx, conversation_ids: Sequence[int]) -> None:
    """Empties the reasons of the holds that there were on conversations whose words go."""
    for start in range(0, len(conversation_ids), 500):
        some = list(conversation_ids[start : start + 500])
        gone = update(Hold).where(Hold.conversation_id.in_(some)).values(reason="")
        tx.execute(gone.execution_options(synchronize_session=False))
