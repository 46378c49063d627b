"""Blocking whoever wrote a conversation, and taking it back, with a line that says who did."""

from __future__ import annotations

from desk import conversations, people, timeline
from desk.agents import Viewer
from desk.blocking.service import BadBlock, add, lift, one_of
from desk.blocking.tables import Block
from desk.conversations import Conversation
from desk.people import Identity
from desk.signals import ConversationChanged
from desk.store import Tx


def sender_of(tx: Tx, conversation: Conversation) -> Identity | None:
    """By which address the customer wrote here last: that is the one who would be blocked."""
    return people.identity(tx, conversation.reply_identity_id) if conversation.reply_identity_id is not None else None


def block_of(tx: Tx, conversation: Conversation) -> Block | None:
    """The block that stands against the sender of a conversation."""
    sender = sender_of(tx, conversation)
    return one_of(tx, [(sender.kind, sender.value_folded)]) if sender is not None else None


def block_sender(tx: Tx, conversation_id: int, viewer: Viewer, *, spam: bool = False) -> Block:
    """What this sender writes from now on is kept aside; `spam` marks the conversation too. Raises BadBlock."""
    conversation = conversations.get(tx, conversation_id, viewer)
    sender = sender_of(tx, conversation)
    if sender is None:
        raise BadBlock("Nobody has written here who could be blocked.")
    block = block_of(tx, conversation)
    if block is None:
        block = add(tx, sender.kind, sender.value, by=viewer, why=f"#{conversation.id}")
        _say(tx, conversation, viewer, sender, on=True)
    if spam and conversation.status != "spam":
        conversations.mark_spam(tx, conversation_id, viewer)
    return block


def unblock_sender(tx: Tx, conversation_id: int, viewer: Viewer, *, spam: bool = False) -> None:
    """The way back; `spam`: the conversation is none either. What was kept aside stays there until it is released."""
    conversation = conversations.get(tx, conversation_id, viewer)
    block, sender = block_of(tx, conversation), sender_of(tx, conversation)
    if block is not None and sender is not None:
        if block.value_folded != sender.value_folded:
            raise BadBlock("All of that domain is blocked: an admin can take it off the list.")
        lift(tx, block.id, by=viewer)
        _say(tx, conversation, viewer, sender, on=False)
    if spam and conversation.status == "spam":
        conversations.not_spam(tx, conversation_id, viewer)


def _say(tx: Tx, conversation: Conversation, viewer: Viewer, sender: Identity, *, on: bool) -> None:
    timeline.record(
        tx,
        customer_id=conversation.customer_id,
        kind="block",
        author="staff",
        occurred_at=tx.now(),
        conversation_id=conversation.id,
        episode_id=conversation.episode_id,
        identity_id=sender.id,
        staff_id=viewer.id,
        detail={"on": on, "kind": sender.kind},
        words=timeline.Words(text=sender.value if sender.kind in ("email", "phone") else ""),
    )
    tx.announce(ConversationChanged(conversation.id, conversation.customer_id))
