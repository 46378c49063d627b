"""What a rule of the desk says to a customer by itself: never to a machine, never where it is not wanted."""

from __future__ import annotations

from desk import settings, timeline
from desk.conversations import Conversation
from desk.outbound import recording
from desk.outbound.attaching import message_for
from desk.outbound.capping import withheld
from desk.outbound.marked import Typed
from desk.outbound.queueing import queue
from desk.outbound.ways import CAME_BACK_THEN, ways
from desk.outbound.writing import Refused, checked, chosen
from desk.store import Tx

PURPOSE = "rule"
A_MACHINE = "A machine wrote last: it gets no answer from a machine."
FRUSTRATED = "The customer is frustrated: people answer, and no rule (settings, Frustration)."
NOBODY_WROTE = "The customer has written nothing here."


def rule_said(tx: Tx, conversation: Conversation, text: str) -> timeline.EntryView:
    """Sends a rule's words by the way that the customer wrote last; quiet hours and the cap of automatic messages hold.
    It is no answer of a person: the customer waits on. Raises Refused."""
    if conversation.status == "spam" or conversation.merged_into is not None:
        raise Refused("Nobody is answered in this conversation.")
    last = timeline.of_conversation(tx, conversation.id, 1, ("message",))
    if not last:
        raise Refused(NOBODY_WROTE)
    if last[0].detail.get("automatic"):
        raise Refused(A_MACHINE)
    if conversation.level == "frustrated" and not settings.get(tx, "frustration.rules_answer"):
        raise Refused(FRUSTRATED)
    way = chosen(ways(tx, conversation.id), conversation.channel)
    if way.bounced:
        raise Refused(f"{CAME_BACK_THEN}.")
    text = checked(text, way.channel)
    brand = settings.brand(tx, settings.inbox(tx, way.inbox_id or conversation.inbox_id).brand_id)
    entry_id = recording.by_desk(
        tx, conversation, text,
        inbox_id=way.inbox_id, identity_id=way.identity_id, channel=way.channel, detail={"said_by": "rule"},
    )  # fmt: skip
    tx.flush()
    message = message_for(tx, conversation, way, entry_id, Typed(text), signature=brand.name, automatic=True)
    refused = withheld(tx, message, PURPOSE, conversation)
    if refused:
        raise Refused(refused)
    if way.channel == "email":
        timeline.remember_id(tx, message.message_id, entry_id, conversation.id, ours=True)
    queue(tx, message, purpose=PURPOSE, entry_id=entry_id, conversation=conversation)
    return recording.shown(tx, entry_id)
