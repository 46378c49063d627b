"""Sending an answer again that failed for good, to the same address or to a corrected one.

It stays one entry. The same message, by its own Message-ID, goes out once more only where it surely never left: every
attempt ended with a server's no, so nobody has it, and should the server have lied, a mail program that sees the id
twice shows it once. Where it did leave and came back (a bounce, a provider's "failed"), or where nobody knows of one
attempt how it ended, it is another message with an id of its own: servers on the way keep the ids that they have seen
and drop a second one unread, a late word about the first must not be taken for one about the second, and whoever was
copied and has it gets none again. To a corrected address it is always another message: whoever has that address has not
shown yet that they are the customer, so it carries the answer and nothing from before, as any first mail there does.
From then on answers go to the corrected address, until the customer writes from the old one again.
"""

from __future__ import annotations

from dataclasses import replace

from desk import agents, conversations, people, settings, timeline
from desk.agents import Viewer
from desk.channels.base import known
from desk.conversations import Conversation
from desk.messages import OutboundMessage
from desk.outbound.attaching import message_for, of_entry
from desk.outbound.marked import Typed
from desk.outbound.queueing import new_message_id, newest_locked, queue, send_later, unpacked
from desk.outbound.receipts import shown
from desk.outbound.tables import Delivery
from desk.outbound.ways import STOPPED, Way
from desk.outbound.writing import Refused
from desk.store import Tx
from desk.timeline import Words

NOT_FAILED = "This answer is not known to have failed, so it is not sent again."


def send_again(tx: Tx, entry_id: int, viewer: Viewer, address: str = "") -> Delivery:
    """Sends a failed answer of a colleague once more; `address` is the corrected one (empty: the same). A line on the
    timeline says who did. Raises Refused with a sentence, NotVisible where the answer is not for this colleague."""
    row = newest_locked(tx, entry_id)
    entry = timeline.one(tx, entry_id)
    if row is None or entry is None or row.conversation_id is None or row.purpose != "reply":
        raise conversations.NotVisible("There is no such answer.")
    conversation = conversations.get(tx, row.conversation_id, viewer)
    if row.state != "failed":
        raise Refused(NOT_FAILED)
    if not row.message or entry.erased:
        raise Refused("The words of this answer were erased.")
    message = unpacked(row.message)
    to = _checked(tx, row, address) if address.strip() else row.recipient
    if people.stopped_address(tx, message.to[0].kind, to):
        raise Refused(STOPPED)
    corrected = people.fold(to) != people.fold(row.recipient)
    identity_id = entry.identity_id
    if corrected:
        way = _way(tx, conversation, row, message, to)
        identity_id = way.identity_id
        message = _rewritten(tx, conversation, way, entry, message, left=not never_left(row))
    if not corrected and never_left(row):
        row.state, row.detail, row.attempts, row.settled_at = "queued", "", 0, None
        send_later(tx, row)
        sent = row
    else:
        if not corrected:
            message = _another(tx, message)
        if message.channel == "email":
            timeline.remember_id(tx, message.message_id, entry_id, conversation.id, ours=True)
        sent = queue(tx, message, purpose="reply", entry_id=entry_id, conversation=conversation)
    timeline.record(
        tx,
        customer_id=conversation.customer_id,
        kind="sent_again",
        author="staff",
        occurred_at=tx.now(),
        conversation_id=conversation.id,
        episode_id=conversation.episode_id,
        identity_id=identity_id,
        staff_id=viewer.id,
        channel=row.channel,
        inbox_id=row.inbox_id,
        detail={"entry_id": str(entry_id), "corrected": corrected, "same_message": sent is row},
        words=Words(to),
    )
    shown(tx, sent)
    return sent


def never_left(row: Delivery) -> bool:
    """Whether a delivery surely never left this desk: no attempt was accepted, and of each one it is known."""
    return row.sent_at is None and row.uncertain_times == 0 and not row.provider_id


def _checked(tx: Tx, row: Delivery, address: str) -> str:
    channel = known().get(row.channel)
    if channel is None:
        raise Refused("This desk has no such channel.")
    try:
        found = channel.address(address)
    except ValueError as error:
        raise Refused(str(error)) from error
    if conversations.is_ours(tx, row.channel, found):
        raise Refused("That is an address of this desk: it would answer itself.")
    return found


def _way(tx: Tx, conversation: Conversation, row: Delivery, message: OutboundMessage, to: str) -> Way:
    """The corrected address as one of the customer's: what a colleague typed is a claim, unless it is known better."""
    try:
        identity = people.claim(
            tx,
            conversation.customer_id,
            message.to[0].kind,
            to,
            because="a colleague corrected the address of an answer",
            at=tx.now(),
        )
    except people.BadClaim as error:
        raise Refused(str(error)) from error
    people.correct(tx, conversation.customer_id, identity.kind, row.recipient, identity)
    name = identity.name or conversation.customer_name
    return Way(row.channel, identity.id, identity.value, identity.evidence, True, "", name, row.inbox_id, identity.kind)


def _rewritten(
    tx: Tx, conversation: Conversation, way: Way, entry: timeline.EntryView, first: OutboundMessage, *, left: bool
) -> OutboundMessage:
    """The answer for another address. Whoever was copied has it already, where the first one left."""
    signature = agents.names(tx).get(entry.staff_id or 0, "")
    if not signature:
        inbox = settings.inbox(tx, way.inbox_id or conversation.inbox_id)
        signature = settings.brand(tx, inbox.brand_id).name
    said = Typed(entry.text, entry.source)
    made = message_for(tx, conversation, way, entry.id, said, signature=signature, files=of_entry(entry))
    return replace(made, cc=() if left else first.cc)


def _another(tx: Tx, first: OutboundMessage) -> OutboundMessage:
    inbox = settings.inbox(tx, first.inbox_id) if first.inbox_id else None
    return replace(first, message_id=new_message_id(inbox), sent_at=tx.now(), cc=())
