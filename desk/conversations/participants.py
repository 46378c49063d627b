"""Who takes part in a conversation beside its customer: copied by them, come by a mail of their own, or added."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from typing import Any

from sqlalchemy import select

from desk import settings, timeline
from desk.agents import Viewer
from desk.channels.base import OWN_MAIL
from desk.channels.email.addresses import is_like_ours
from desk.conversations.matching import THREADED, Thread
from desk.conversations.queue import visible_to
from desk.conversations.service import machine_wrote, wake
from desk.conversations.tables import Conversation, Participant
from desk.messages import Address, InboundMessage
from desk.people import fold
from desk.store import Tx

MOST = 50  # of one conversation; a mail to a crowd is not copied to the crowd
OUTSIDE = "outside"  # the role of those whom a colleague forwarded to
LOOKED_AT = 2000


def participants(tx: Tx, conversation_id: int) -> list[Participant]:
    """Everybody who takes part, in the order in which they came."""
    query = select(Participant).where(Participant.conversation_id == conversation_id).order_by(Participant.id)
    return list(tx.scalars(query))


def participants_of(tx: Tx, ids: Collection[int]) -> dict[int, Participant]:
    """Some of them, by their ids: for the lines that name them."""
    if not ids:
        return {}
    return {row.id: row for row in tx.scalars(select(Participant).where(Participant.id.in_(list(ids))))}


def is_ours(tx: Tx, channel: str, address: str) -> bool:
    """Whether an address is one of an inbox of this desk, with or without a `+part`."""
    return not _not_ours(tx, channel, [address])


def is_own_mail(tx: Tx, message: InboundMessage) -> bool:
    """Whether a mail is this desk's own, by whatever way it came: nobody wrote it to us. The channel knows its inbox;
    here all of them are known, and every id that we ever gave."""
    if message.channel not in THREADED:
        return False
    if message.automatic == OWN_MAIL or is_ours(tx, message.channel, message.sender.address.value):
        return True
    if not is_like_ours(message.message_id or ""):  # nearly every mail: no need to ask for it
        return False
    return any(ref.ours for ref in timeline.find_refs(tx, (message.message_id,)))


def is_only_named_ours(message: InboundMessage) -> bool:
    """Whether a mail of our own is one by its sender's address alone: forms on a company's site write in its name what
    a customer typed, and that must not vanish."""
    return not message.reply_refs and not message.reply_token and not is_like_ours(message.message_id or "")


def _not_ours(tx: Tx, channel: str, addresses: Iterable[str]) -> list[str]:
    own = {inbox.address.casefold() for inbox in settings.inboxes(tx, channel)}
    return [one for one in addresses if fold(one) not in own and _plain(fold(one)) not in own]


def _plain(address: str) -> str:
    local, at, domain = address.rpartition("@")
    return local.split("+", 1)[0] + at + domain


def note_copied(tx: Tx, conversation: Conversation, message: InboundMessage, *, kept: bool) -> list[Participant]:
    """Keeps to whom else a mail was written. `kept`: answers go to them as well, because the customer wrote so."""
    if not message.participants or message.automatic is not None:
        return []
    others = set(_not_ours(tx, message.channel, [a.value for a in message.participants]))
    mine = fold(conversation.reply_address)
    wanted = [a for a in message.participants if a.value in others and fold(a.value) != mine]
    return _noted(tx, conversation, wanted, "copied", message, kept)


def take_part(tx: Tx, conversation: Conversation, message: InboundMessage, role: str = "wrote") -> Participant:
    """Whose mail led here without being the customer's. Somebody whom the customer never copied is sent nothing until
    a colleague says so."""
    return _noted(tx, conversation, [message.sender.address], role, message, None)[0]


def _noted(
    tx: Tx,
    conversation: Conversation,
    addresses: Sequence[Address],
    role: str,
    message: InboundMessage,
    kept: bool | None,
) -> list[Participant]:
    known = {row.address_folded: row for row in participants(tx, conversation.id)}
    out: list[Participant] = []
    for address in addresses:
        folded = fold(address.value)[:320]
        row = known.get(folded)
        if row is None:
            if len(known) >= MOST and role not in ("wrote", OUTSIDE):
                continue
            row = known[folded] = Participant(
                conversation_id=conversation.id,
                address=address.value.strip()[:320],
                address_folded=folded,
                name=address.name.strip()[:200],
                role=role,
                kept=bool(kept),
                first_at=message.sent_at,
            )
            tx.add(row)
        row.name = row.name or address.name.strip()[:200]
        if kept is not None:
            row.kept = row.kept or kept
        if row not in out:
            out.append(row)
    tx.flush()
    return out


def participant_wrote(tx: Tx, thread: Thread, message: InboundMessage, words: timeline.Words) -> int:
    """Writes down what somebody else wrote into a customer's thread, or answered to what was forwarded; gives the
    entry. It is shown there under their own address, and says nothing about the customer: no identity, no clock, no
    score, no answer to a survey, no bot. What was said aside is of a kind of its own, which nobody shows the customer.
    """
    conversation = thread.conversation
    who = take_part(tx, conversation, message, OUTSIDE if thread.aside else "wrote")
    others = note_copied(tx, conversation, message, kept=False)
    detail: dict[str, Any] = {"participant": who.id} | copied(message, others)
    if thread.named:
        detail["through"] = thread.named
    if message.trust is not None:
        detail["trust"] = message.trust.said()
    if message.automatic is not None:
        detail["automatic"] = message.automatic[:200]
    entry = timeline.record(
        tx,
        customer_id=conversation.customer_id,
        kind="third_party" if thread.aside else "participant",
        author="other",
        occurred_at=message.sent_at,
        conversation_id=conversation.id,
        episode_id=conversation.episode_id,
        channel=message.channel,
        inbox_id=message.inbox_id,
        external_id=message.external_id,
        detail=detail,
        words=words,
    )
    came_with([who, *others], entry.id)
    if message.message_id:
        timeline.remember_id(tx, message.message_id, entry.id, conversation.id, ours=False)
    other_wrote(tx, conversation, message, aside=thread.aside)
    return entry.id


def copied(message: InboundMessage, others: Sequence[Participant]) -> dict[str, Any]:
    """To whom else it was written, by number: names and addresses do not stand in the skeleton."""
    detail: dict[str, Any] = {"with": [row.id for row in others]} if others else {}
    return detail | {"hidden": True} if message.hidden else detail


def came_with(who: Sequence[Participant], entry_id: int) -> None:
    """Notes the last line that they came with."""
    for row in who:
        row.entry_id = entry_id


def other_wrote(tx: Tx, conversation: Conversation, message: InboundMessage, *, aside: bool = False) -> None:
    """A participant wrote: it is open again and unread, but the customer waits for nothing and no clock begins. The
    words of somebody outside do not stand beside the customer's name in the queue either."""
    if message.automatic is None:
        wake(tx, conversation, message.sent_at, aside=aside)
        conversation.unread += 1
        if not aside:
            conversation.last_author = "other"
    machine_wrote(tx, conversation, message, shown=not aside)


def forwarded_to(tx: Tx, conversation: Conversation, addresses: Sequence[Address], staff_id: int) -> list[Participant]:
    """Notes who outside was written to about a conversation, in the order given. They get no copies of what the
    customer is answered; whoever took part before goes on as they did."""
    rows = {row.address_folded: row for row in participants(tx, conversation.id)}
    out = []
    for address in addresses:
        folded = fold(address.value)[:320]
        if folded not in rows:
            rows[folded] = Participant(
                conversation_id=conversation.id,
                address=address.value[:320],
                address_folded=folded,
                name=address.name[:200],
                role=OUTSIDE,
                kept=False,
                staff_id=staff_id,
                first_at=tx.now(),
            )
            tx.add(rows[folded])
        out.append(rows[folded])
    tx.flush()
    return out


def forwarded_before(tx: Tx, viewer: Viewer, limit: int = 40) -> list[str]:
    """Addresses outside that were written to before, the newest first, in conversations that a colleague may see: of
    the newest participants, so that the cost does not grow with the desk's age."""
    newest = select(Participant.id).order_by(Participant.id.desc()).limit(LOOKED_AT).subquery()
    query = (
        select(Participant.address)
        .join(newest, newest.c.id == Participant.id)
        .join(Conversation, Conversation.id == Participant.conversation_id)
        .where(Participant.role == OUTSIDE, visible_to(viewer))
        .order_by(Participant.id.desc())
        .limit(limit * 4)
    )
    return list(dict.fromkeys(tx.scalars(query)))[:limit]


def choose_copied(
    tx: Tx, conversation: Conversation, addresses: Sequence[Address], staff_id: int | None
) -> list[Participant]:
    """Whom a colleague sends copies from now on: these, and nobody else of those who take part."""
    wanted = {fold(a.value)[:320]: a for a in addresses}
    rows = {row.address_folded: row for row in participants(tx, conversation.id)}
    for folded, address in wanted.items():
        if folded not in rows:
            rows[folded] = Participant(
                conversation_id=conversation.id,
                address=address.value[:320],
                address_folded=folded,
                name=address.name[:200],
                role="added",
                kept=True,
                staff_id=staff_id,
                first_at=tx.now(),
            )
            tx.add(rows[folded])
    for folded, row in rows.items():
        row.kept = folded in wanted
    tx.flush()
    return [row for row in rows.values() if row.kept]


def drop_copy(tx: Tx, conversation_id: int, address: str) -> None:
    """A copy came back: this participant is sent none until a colleague says so again."""
    query = select(Participant).where(
        Participant.conversation_id == conversation_id, Participant.address_folded == fold(address)[:320]
    )
    for row in tx.scalars(query):
        row.kept = False
    tx.flush()


def part_participants(tx: Tx, from_id: int, to_id: int, entry_ids: Collection[int]) -> None:
    """Takes those along who came last with lines that have moved to another conversation."""
    moved = set(entry_ids)
    for row in participants(tx, from_id):
        if row.entry_id in moved:
            row.conversation_id = to_id
    tx.flush()
