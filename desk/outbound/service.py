"""What goes out: an answer, a note beside it, a survey, a notice. Each is a row and a job in one transaction."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any, NamedTuple

from desk import conversations, people, settings, timeline
from desk.agents import Viewer
from desk.channels.base import known
from desk.conversations import Conversation
from desk.messages import Address, Attachment, OutboundMessage
from desk.outbound import attaching, mentioning, pictures, recipients, recording, undoing, uploads
from desk.outbound.marked import Typed, typed
from desk.outbound.queueing import name_of, new_message_id, queue, reply_to
from desk.outbound.tables import Delivery
from desk.outbound.ways import CAME_BACK, CAME_BACK_THEN, STOPPED, Way, ways
from desk.outbound.writing import Refused, checked, chosen
from desk.store import Tx
from desk.timeline import Words

SPAM = "This conversation is marked as spam: reopen it before you answer."


class Ready(NamedTuple):
    """An answer that may go by its way, as it was written then: `others` get copies, `going` are its files."""

    conversation: Conversation
    way: Way
    typed: Typed
    others: list[conversations.Participant]
    going: tuple[Attachment, ...]


def ready(
    tx: Tx,
    conversation_id: int,
    viewer: Viewer,
    text: str,
    channel: str | None,
    copies: Sequence[str] | None,
    anyway: bool,
    files: Sequence[int],
    request_id: str | None,
) -> Ready | timeline.EntryView:
    """What has to hold of an answer, whether it goes at once or later; the line that `request_id` has made already
    where it was asked for before. Raises Refused, each time for the same reasons."""
    conversation = conversations.get(tx, conversation_id, viewer)
    known_as = recording.known(tx, conversation, viewer, request_id)
    if known_as is not None:
        return known_as
    if conversation.status == "spam":
        raise Refused(SPAM)
    _still_here(conversation)
    text = checked(text, files=bool(files))
    way = chosen(ways(tx, conversation.id), channel or conversation.channel)
    if way.bounced and not anyway:
        raise Refused(CAME_BACK)
    others = recipients.copies(tx, conversation, way, copies, viewer.id)
    try:
        going = pictures.placed(text, uploads.chosen(tx, viewer, conversation.id, files))
    except Refused:
        known_as = recording.known(tx, conversation, viewer, request_id)
        if known_as is None:  # else the same answer came twice at once, and the other has taken the files meanwhile
            raise
        return known_as
    written = typed(text, going)
    checked(written.text, way.channel, files=bool(files))  # of a text, its marks are not sent
    return Ready(conversation, way, written, others, going)


def reply(
    tx: Tx,
    conversation_id: int,
    viewer: Viewer,
    text: str,
    *,
    channel: str | None = None,
    copies: Sequence[str] | None = None,
    anyway: bool = False,
    files: Sequence[int] = (),
    request_id: str | None = None,
    undoable: bool = False,
    then: str = "",
    about: Mapping[str, Any] | None = None,
) -> timeline.EntryView:
    """A colleague's public answer: on the timeline at once, on its way by a job. The same `request_id` answers once.
    `then` is what follows (`conversations.read_then`): resolved, waiting for the customer, snoozed;
    `about` is what its line says besides, and that of what follows: by which macro.

    `undoable`: somebody sits in front of it who may take it back, so it waits as long as the desk is set to
    (`undoing.wait`), and until then nothing follows from it: the customer waits on, no clock stops, nothing is
    resolved.

    It goes by `channel` (left out: the one by which the customer wrote last), to the address that `ways` names for it;
    the conversation stays one. A mail goes to `copies` too (left out: to those whom the customer copied). Raises
    Refused where that way is closed, the text does not fit it, or the last mail there came back (unless `anyway`).
    `files` are uploads of this colleague in this conversation.
    """
    made = ready(tx, conversation_id, viewer, text, channel, copies, anyway, files, request_id)
    if not isinstance(made, Ready):
        return made
    conversation, way, said, others, going = made
    now = tx.now()
    wait = undoing.wait(tx, way.channel) if undoable else None
    if conversation.status == "resolved" and wait is None:
        conversations.reopen(tx, conversation.id, viewer)
    detail: dict[str, Any] = {"with": [row.id for row in others]} if others else {}
    detail |= about or {}
    if wait is not None:
        detail[timeline.WENT] = None
    entry_id = recording.recorded(
        tx,
        conversation,
        viewer,
        "reply",
        Words(said.text, attachments=attaching.kept(going), source=said.source),
        inbox_id=way.inbox_id,
        identity_id=way.identity_id,
        channel=way.channel,
        detail=detail,
        request_id=request_id,
    )
    uploads.sent(tx, files)
    cc = tuple(Address("email", row.address, row.name) for row in others)
    held_until = now + wait if wait is not None else None
    row = _send(
        tx,
        conversation,
        way,
        entry_id,
        said,
        signature=viewer.name,
        purpose="reply",
        cc=cc,
        files=going,
        held_until=held_until,
    )
    if wait is not None:
        row.follows = conversations.read_then(then)
    else:
        shown = said.text or ", ".join(file.filename for file in going)
        conversations.agent_replied(tx, conversation, entry_id, viewer.id, shown, now)
        conversations.follow(tx, conversation, viewer, then, about)
    return recording.shown(tx, entry_id)


def bot_said(tx: Tx, conversation: Conversation, entry_id: int, text: str) -> Delivery | None:
    """Sends what the bot said (the entry is recorded already) by the way that the customer wrote last. None where that
    way is closed: a machine looks for no other."""
    way = next((w for w in ways(tx, conversation.id) if w.channel == conversation.channel), None)
    if way is None or not way.usable or way.bounced:
        return None
    inbox = settings.inbox(tx, way.inbox_id or conversation.inbox_id)
    brand = settings.brand(tx, inbox.brand_id)
    text = checked(text[: known()[way.channel].longest], way.channel)
    return _send(tx, conversation, way, entry_id, Typed(text), signature=brand.name, purpose="bot", automatic=True)


def _send(
    tx: Tx,
    conversation: Conversation,
    way: Way,
    entry_id: int,
    said: Typed,
    *,
    signature: str,
    purpose: str,
    automatic: bool = False,
    cc: tuple[Address, ...] = (),
    files: Sequence[Attachment] = (),
    held_until: datetime | None = None,
) -> Delivery:
    message = attaching.message_for(
        tx, conversation, way, entry_id, said, signature=signature, automatic=automatic, files=files
    )
    message = replace(message, cc=cc)
    if way.channel == "email":
        timeline.remember_id(tx, message.message_id, entry_id, conversation.id, ours=True)
    return queue(tx, message, purpose=purpose, entry_id=entry_id, conversation=conversation, held_until=held_until)


def _still_here(conversation: conversations.Conversation) -> None:
    """A screen that stood open meanwhile would write where nobody looks any more."""
    if conversation.merged_into is not None:
        raise Refused(f"This conversation has been merged into #{conversation.merged_into}: write there.")


def note(
    tx: Tx,
    conversation_id: int,
    viewer: Viewer,
    text: str,
    *,
    files: Sequence[int] = (),
    request_id: str | None = None,
) -> timeline.EntryView:
    """Words for colleagues only, and files that no customer sees. Whom they name by "@" is told."""
    conversation = conversations.get(tx, conversation_id, viewer)
    known_as = recording.known(tx, conversation, viewer, request_id)
    if known_as is not None:
        return known_as
    _still_here(conversation)
    text = checked(text, files=bool(files))
    going = pictures.placed(text, uploads.chosen(tx, viewer, conversation.id, files))
    said = typed(text, going)
    named = mentioning.places(tx, conversation, said.text)
    # The same note at the same instant stops here, before it looks for files that the other took.
    entry_id = recording.recorded(
        tx,
        conversation,
        viewer,
        "note",
        Words(said.text, attachments=attaching.kept(going), source=said.source),
        inbox_id=conversation.inbox_id,
        identity_id=conversation.reply_identity_id,
        detail={"mentions": named} if named else {},
        request_id=request_id,
    )
    uploads.sent(tx, files)
    mentioning.tell(tx, conversation, entry_id, viewer, named)
    return recording.shown(tx, entry_id)


def send_survey(
    tx: Tx,
    *,
    conversation_id: int,
    subject: str,
    text: str,
    html: str,
    locale: str,
    unsubscribe_url: str,
    entry_id: int | None,
    channel: str = "email",
    inbox_id: int | None = None,
    to: people.Identity | None = None,
    inline: Sequence[Attachment] = (),
) -> Delivery:
    """What asks how it was: a mail in the thread of its conversation, or a text by another channel. It goes to the
    conversation's address from its inbox, unless `to` and `inbox_id` name others. `inline` stand in its HTML."""
    conversation = conversations.get(tx, conversation_id, None)
    inbox = settings.inbox(tx, inbox_id or conversation.inbox_id)
    brand = settings.brand(tx, inbox.brand_id)
    mail = channel == "email"
    thread = timeline.thread_ids(tx, conversation.id) if mail else []
    address = Address("email", conversation.reply_address, conversation.customer_name)
    if to is not None:
        address = Address(to.kind, to.value, conversation.customer_name)
    message = OutboundMessage(
        channel=channel,
        inbox_id=inbox.id,
        message_id=new_message_id(inbox),
        to=(address,),
        text=text,
        html=html,
        subject=subject,
        sender_name=name_of(inbox, brand),
        sender_address=inbox.address,
        reply_to=reply_to(tx, inbox, conversation.id) if mail else "",
        in_reply_to=thread[-1] if thread else "",
        references=tuple(thread),
        automatic=True,
        unsubscribe_url=unsubscribe_url,
        attachments=tuple(inline),
        sent_at=tx.now(),
    )
    refused = STOPPED if to is not None and people.stopped(tx, to) else ""
    known = to if to is not None else people.speaks_for(tx, "email", people.fold(address.value))
    if not refused and known is not None and people.bounced(known):
        refused = f"{CAME_BACK_THEN}: {people.bounced(known)}"
    row = queue(tx, message, purpose="survey", entry_id=entry_id, conversation=conversation, refused=refused)
    if entry_id is not None and mail:
        timeline.remember_id(tx, message.message_id, entry_id, conversation.id, ours=True)
    return row


def send_text(
    tx: Tx,
    to: people.Identity,
    text: str,
    *,
    channel: str,
    inbox_id: int,
    purpose: str = "notice",
    subject: str = "",
    conversation: Conversation | None = None,
    entry_id: int | None = None,
) -> Delivery:
    """A short text of the desk itself (a code, a notice) to an address of a customer, by a channel and an inbox that
    the caller names. Raises Refused where the address has asked for no texts, or the text does not fit the channel."""
    if people.stopped(tx, to):
        raise Refused(STOPPED)
    inbox = settings.inbox(tx, inbox_id)
    brand = settings.brand(tx, inbox.brand_id)
    message = OutboundMessage(
        channel=channel,
        inbox_id=inbox.id,
        message_id=new_message_id(inbox),
        to=(Address(to.kind, to.value, to.name),),
        text=checked(text, channel),
        subject=subject,
        sender_name=name_of(inbox, brand),
        sender_address=inbox.address,
        automatic=True,
        sent_at=tx.now(),
    )
    return queue(tx, message, purpose=purpose, entry_id=entry_id, conversation=conversation)


def send_notice(tx: Tx, *, to: str, subject: str, text: str, html: str = "") -> Delivery:
    """A mail to a colleague (a password reset, an invitation), from the first active email inbox."""
    inboxes = settings.inboxes(tx, "email", active=True)
    inbox = inboxes[0] if inboxes else None
    message = OutboundMessage(
        channel="email",
        inbox_id=inbox.id if inbox else 0,
        message_id=new_message_id(inbox),
        to=(Address("email", to),),
        text=text,
        html=html,
        subject=subject,
        sender_name=settings.get(tx, "desk.name"),
        sender_address=inbox.address if inbox else "desk@localhost",
        automatic=True,
        sent_at=tx.now(),
    )
    return queue(tx, message, purpose="notice", entry_id=None, conversation=None)
