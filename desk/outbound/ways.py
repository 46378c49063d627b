"""By which channels a customer can be reached in one conversation: which address, from which inbox, and why not."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from desk import conversations, people, settings, timeline
from desk.agents import Viewer
from desk.channels.base import Channel, known
from desk.conversations import Conversation
from desk.people import RANK, Identity
from desk.settings import Inbox
from desk.store import Tx

ORDER = ("chat", "email", "sms")  # as Alt+1, 2, 3 choose them; channels that come later follow by their names

NO_INBOX = "No inbox of this channel is in use."
NO_ADDRESS = "No address of this customer is known there."
STOPPED = "STOP came from this number: it takes no texts until START comes."
CAME_BACK = "The last mail to this address came back. Choose “Send anyway” to try it once more."
CAME_BACK_THEN = "The last mail to this address came back"
NOT_HERE = "The customer has not written in this conversation on that screen."
OFF = "The inbox that this conversation came to is switched off."


@dataclass(frozen=True, slots=True)
class Way:
    """One channel to a customer. Where there is no address, `identity_id` and `inbox_id` are None.

    `evidence` is that of the address (verified, inferred, claimed); `why_not` a sentence where the way is not `usable`;
    `name` who is reached: the name that came with the address, or the customer's.
    """

    channel: str
    identity_id: int | None
    address: str
    evidence: str
    usable: bool
    why_not: str
    name: str
    inbox_id: int | None = None
    kind: str = ""  # of the address
    bounced: str = ""  # why the last mail to it came back for good
    instead: str = ""  # the address that a colleague corrected into this one
    instead_why: str = ""  # why mail there came back, where it did


def ways(tx: Tx, conversation_id: int, viewer: Viewer | None = None) -> list[Way]:
    """Every channel that this desk has an inbox of, and the conversation's own, in their order.

    The address is the one that the customer wrote from last in this conversation by that channel; else the best there
    is: verified before inferred before claimed, the one known longest among equals. Where a colleague corrected that
    address, it is the corrected one, until the customer writes from the old one again. The inbox is the one that it
    was written to; else the first of the conversation's brand.
    """
    conversation = conversations.get(tx, conversation_id, viewer)
    inboxes = settings.inboxes(tx)
    brand_id = next((i.brand_id for i in inboxes if i.id == conversation.inbox_id), None)
    mine = [i for i in inboxes if i.brand_id == brand_id or i.id == conversation.inbox_id]
    identities = people.identities(tx, conversation.customer_id)
    last = timeline.wrote_from(tx, conversation.id)
    channels = known()
    offered = {i.channel for i in mine if i.active} | {conversation.channel}
    found = [_way(tx, channels[n], conversation, mine, identities, last.get(n)) for n in offered if n in channels]
    return sorted(found, key=lambda way: (ORDER.index(way.channel) if way.channel in ORDER else 99, way.channel))


def _way(
    tx: Tx,
    channel: Channel,
    conversation: Conversation,
    inboxes: Sequence[Inbox],
    identities: Sequence[Identity],
    last: tuple[int, int | None] | None,
) -> Way:
    own = conversation.channel == channel.name
    inbox = _inbox(channel.name, conversation, inboxes, last)
    first = _identity(channel, conversation, identities, last)
    if first is None:
        return Way(channel.name, None, "", "", False, NO_INBOX if inbox is None else NO_ADDRESS, "")
    identity = people.corrected(first, identities)
    why_not = ""
    if inbox is None:
        why_not = OFF if own else NO_INBOX
    elif people.stopped(tx, identity):
        why_not = STOPPED
    elif channel.direct and last is None and not own:
        why_not = NOT_HERE
    return Way(
        channel.name,
        identity.id,
        identity.value,
        identity.evidence,
        not why_not,
        why_not,
        identity.name or conversation.customer_name,
        inbox.id if inbox is not None else None,
        identity.kind,
        _bounced(identity, identities) if "email" in channel.kinds else "",
        first.value if identity is not first else "",
        _bounced(first, identities) if identity is not first else "",
    )


def _identity(
    channel: Channel, conversation: Conversation, identities: Sequence[Identity], last: tuple[int, int | None] | None
) -> Identity | None:
    identity = next((i for i in identities if last is not None and i.id == last[0]), None)
    if identity is None and conversation.channel == channel.name:
        identity = next((i for i in identities if i.id == conversation.reply_identity_id), None)
    if identity is None:
        # An address whose owner has said "it was not me" is none of this customer's.
        kinds = [i for i in identities if i.kind in channel.kinds and not i.details.get("refused_at")]
        identity = max(kinds, key=lambda i: (RANK[i.evidence], -i.id), default=None)
    return identity


def homes(tx: Tx, conversation: Conversation) -> list[tuple[Inbox, Identity]]:
    """The inboxes that a conversation can be moved to: others of its brand that the customer can be written to from,
    and the address that this would go to. What is direct reaches them only where they wrote."""
    inboxes = settings.inboxes(tx)
    brand_id = next((i.brand_id for i in inboxes if i.id == conversation.inbox_id), None)
    identities = people.identities(tx, conversation.customer_id)
    last, channels = timeline.wrote_from(tx, conversation.id), known()
    found = []
    for inbox in inboxes:
        channel, wrote = channels.get(inbox.channel), last.get(inbox.channel)
        if channel is None or not inbox.active or inbox.brand_id != brand_id or inbox.id == conversation.inbox_id:
            continue
        identity = _identity(channel, conversation, identities, wrote)
        identity = people.corrected(identity, identities) if identity is not None else None
        if identity is None or people.stopped(tx, identity):
            continue
        if not channel.direct or (wrote is not None and wrote[1] == inbox.id):
            found.append((inbox, identity))
    return found


def _bounced(identity: Identity, identities: Sequence[Identity]) -> str:
    """A claim of an address is not reached where its owner is not."""
    same = (i for i in identities if (i.kind, i.value_folded) == (identity.kind, identity.value_folded))
    return next((people.bounced(i) for i in same if people.bounced(i)), "")


def _inbox(
    channel: str, conversation: Conversation, inboxes: Sequence[Inbox], last: tuple[int, int | None] | None
) -> Inbox | None:
    """The inbox that the customer wrote to by this channel, if it is in use; else the first of the brand. One that a
    colleague moved the conversation to comes before."""
    wanted = [last[1] if last is not None else None, conversation.inbox_id]
    if conversation.moved_at is not None:
        wanted.reverse()
    active = [i for i in inboxes if i.active and i.channel == channel]
    for inbox_id in wanted:
        for inbox in inboxes:
            if inbox.id == inbox_id and inbox.channel == channel:
                return inbox if inbox.active else None
    return active[0] if active else None
