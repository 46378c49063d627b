"""Beginning a conversation from the desk: by which of a customer's addresses, from which inbox, and the first message.

An address that nobody here knows becomes a customer of its own with a claim: whoever answers from there has had the
mail in hands, and then the corridor's own rules decide whose it is. Which address the agent typed tells them nothing
of customers whom they may not see.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from desk import conversations, outbound, people, settings, visitors
from desk.agents import Viewer
from desk.channels.base import Channel, known
from desk.conversations import NotVisible, may_see
from desk.files import Blobs
from desk.messages import Address, Sender
from desk.outbound import ORDER, Refused, marked, recording, uploads
from desk.outbound.ways import CAME_BACK, NO_ADDRESS, STOPPED
from desk.people import RANK, Identity
from desk.settings import Inbox
from desk.store import Tx
from desk.timeline import EntryView

BECAUSE = "a colleague wrote to this address first"
NO_SUBJECT = "A mail needs a subject."
NOBODY = "Say to whom it goes."
NOT_THIS_WAY = "This customer cannot be written to from there."
OURS = "That is an address of this desk: it would answer itself."
NO_CHAT = "They have no chat open with this inbox: whoever comes to the site begins one."
ERASED = "Everything of this customer was erased, so nobody can be written to."
NO_TYPED_CHAT = "A chat has no address that could be typed."


@dataclass(frozen=True, slots=True)
class Offer:
    """One address of a customer, and one inbox that can write to it; `why_not` where it cannot. Without an address,
    `identity_id` is None."""

    inbox: Inbox
    identity_id: int | None
    address: str
    evidence: str
    why_not: str = ""
    bounced: str = ""

    @property
    def key(self) -> str:
        return f"{self.inbox.id}:{self.identity_id or 0}"


@dataclass(frozen=True, slots=True)
class File:
    """A file of the first message, stored already."""

    name: str
    kind: str
    sha256: str
    size: int


@dataclass(frozen=True, slots=True)
class Wish:
    """What somebody wants to begin. Either `identity_id` names an address of a customer, or `address` is typed, and
    `name` is whose they think it is. `then` is what follows (`conversations.read_then`); `anyway` writes to an address
    whose last mail came back."""

    inbox_id: int
    text: str
    subject: str = ""
    identity_id: int | None = None
    address: str = ""
    name: str = ""
    then: str = ""
    anyway: bool = False
    files: Sequence[File] = ()


def inboxes(tx: Tx, viewer: Viewer) -> list[Inbox]:
    """From where a colleague can write: inboxes of no team, of their teams, and for leads all that are in use."""
    found = [row for row in settings.inboxes(tx) if row.active and row.channel in known()]
    return [row for row in found if may_see(viewer, row.team_id, None)]


def sees(tx: Tx, viewer: Viewer, customer_id: int) -> bool:
    """Whether a colleague knows of this customer: leads of all, others of those with whom they share a conversation."""
    return viewer.role in conversations.LEADS or conversations.sees_customer(tx, viewer, customer_id)


def offers(tx: Tx, viewer: Viewer, customer_id: int) -> list[Offer]:
    """Every way to write to a customer first: the inbox of their newest conversation before others, then mail, chat and
    texts as the composer orders them, what is proved before what is not. Raises NotVisible."""
    if not people.customers(tx, [customer_id]) or not sees(tx, viewer, customer_id):
        raise NotVisible("There is no such customer.")
    own = [one for one in people.identities(tx, customer_id) if not one.details.get("refused_at")]
    last = conversations.of_customer(tx, customer_id, viewer, limit=1)
    found: list[Offer] = []
    for inbox in inboxes(tx, viewer):
        channel = known()[inbox.channel]
        fitting = [one for one in own if one.kind in channel.kinds]
        found += [_offer(tx, inbox, channel, one) for one in fitting] or [Offer(inbox, None, "", "", NO_ADDRESS)]
    newest = conversations.get(tx, last[0].id, viewer).inbox_id if last else 0

    def place(offer: Offer) -> tuple[bool, bool, int, int, int]:
        order = ORDER.index(offer.inbox.channel) if offer.inbox.channel in ORDER else len(ORDER)
        return (
            bool(offer.why_not),
            offer.inbox.id != newest,
            order,
            -RANK.get(offer.evidence, -1),
            offer.identity_id or 0,
        )

    return sorted(found, key=place)


def _offer(tx: Tx, inbox: Inbox, channel: Channel, one: Identity) -> Offer:
    why_not = ""
    if people.stopped(tx, one):
        why_not = STOPPED
    elif channel.direct and _owner(tx, inbox, one) is None:
        why_not = NO_CHAT
    bounced = people.bounced(one) if "email" in channel.kinds else ""
    return Offer(inbox, one.id, one.value, one.evidence, why_not, bounced)


def _owner(tx: Tx, inbox: Inbox, one: Identity) -> str | None:
    """Whose screen a chat would stand on: the browser that was seen last with this inbox's widget."""
    row = next((v for v in visitors.visitors_of(tx, [one.id]) if v.inbox_id == inbox.id), None)
    return visitors.owner_of(row.id, row.user_ref) if row is not None else None


def begin(tx: Tx, blobs: Blobs, viewer: Viewer, wish: Wish, *, request_id: str | None = None) -> EntryView:
    """Opens the conversation and sends its first message by the way of every answer: it waits as long as answers wait,
    and can be taken back. The same `request_id` begins one. Raises Refused, NotVisible."""
    inbox = next((row for row in inboxes(tx, viewer) if row.id == wish.inbox_id), None)
    if inbox is None:
        raise NotVisible("There is no such inbox.")
    asked = recording.asked_before(tx, inbox.id, viewer, request_id)
    if asked is not None:
        return asked
    channel = known()[inbox.channel]
    if "email" in channel.kinds and not wish.subject.strip():
        raise Refused(NO_SUBJECT)
    one = _whom(tx, viewer, inbox, channel, wish)
    if people.is_erased(tx, one.customer_id):
        raise Refused(ERASED)
    offer = _offer(tx, inbox, channel, one)
    if offer.why_not:
        raise Refused(offer.why_not)
    if offer.bounced and not wish.anyway:
        raise Refused(CAME_BACK)
    subject = " ".join(wish.subject.split()) if "email" in channel.kinds else ""
    row = conversations.begin(tx, one, inbox, viewer, subject=subject, text=marked.typed(wish.text).text)
    owner = _owner(tx, inbox, one) if channel.direct else None
    if owner is not None:
        visitors.begin(tx, owner, inbox.id, row.id, tx.now())
    kept = [
        uploads.keep(tx, blobs, viewer, row.id, name=file.name, kind=file.kind, sha256=file.sha256, size=file.size).id
        for file in wish.files
    ]
    return outbound.reply(
        tx,
        row.id,
        viewer,
        wish.text,
        channel=inbox.channel,
        anyway=wish.anyway,
        files=kept,
        request_id=request_id,
        undoable=True,
        then=wish.then,
        about={"begins": True},
    )


def _whom(tx: Tx, viewer: Viewer, inbox: Inbox, channel: Channel, wish: Wish) -> Identity:
    if wish.identity_id is not None:
        try:
            one = people.identity(tx, wish.identity_id)
        except LookupError as error:
            raise NotVisible(str(error)) from error
        if not sees(tx, viewer, people.current_id(tx, one.customer_id)):
            raise NotVisible("There is no such customer.")
        if one.kind not in channel.kinds or one.details.get("refused_at"):
            raise Refused(NOT_THIS_WAY)
        return one
    if not wish.address.strip():
        raise Refused(NOBODY)
    if channel.direct:
        raise Refused(NO_TYPED_CHAT)
    return _typed(tx, viewer, channel, wish.address, wish.name)


def typed(tx: Tx, viewer: Viewer, channel: Channel, address: str) -> Identity | None:
    """The identity that a typed address is already, as far as this colleague may know. Raises Refused for what is no
    address, or one of this desk."""
    try:
        value = channel.address(address)
    except ValueError as error:
        raise Refused(str(error)) from error
    if conversations.is_ours(tx, channel.name, value):
        raise Refused(OURS)
    folded = people.fold(value)
    for kind in channel.kinds:
        speaks = people.speaks_for(tx, kind, folded)
        if speaks is not None and sees(tx, viewer, speaks.customer_id):
            return speaks
        for claim in people.claims_of(tx, kind, folded):
            if claim.because == BECAUSE and sees(tx, viewer, claim.customer_id):  # we wrote there before
                return claim
    return None


def _typed(tx: Tx, viewer: Viewer, channel: Channel, address: str, name: str) -> Identity:
    found = typed(tx, viewer, channel, address)
    if found is not None:
        return found
    sender = Sender(Address(_kind(channel), channel.address(address), name.strip()), "claimed", BECAUSE)
    return people.resolve(tx, sender, at=tx.now())


def _kind(channel: Channel) -> str:
    return "email" if "email" in channel.kinds else sorted(channel.kinds)[0]
