"""A message to a customer, made for the channel that it goes by: a mail has a subject, a thread and a foot; the others
carry what was written and nothing else."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from desk import conversations, people, settings, timeline
from desk.channels.base import known
from desk.conversations import Conversation
from desk.i18n import texts
from desk.messages import Address, Attachment, OutboundMessage
from desk.outbound import mailtext, pictures
from desk.outbound.marked import Typed
from desk.outbound.queueing import name_of, new_message_id, reply_to
from desk.outbound.ways import Way
from desk.store import Tx

MAX_REPLY = 100_000  # characters


class Refused(ValueError):
    """This cannot be sent; the message says why in one sentence."""


def checked(text: str, channel: str | None = None, *, files: bool = False) -> str:
    """What was written, as it is kept; `channel` says how long it may be, `files` that it may be empty. Raises
    Refused."""
    text = text.replace("\r\n", "\n").replace("\x00", "").strip()
    if not text and not files:
        raise Refused("There is nothing to send yet.")
    longest = min(MAX_REPLY, known()[channel].longest) if channel in known() else MAX_REPLY
    if len(text) > longest:
        raise Refused(f"That is {len(text):,} characters; a message holds {longest:,} at most.")
    return text


def written(
    tx: Tx,
    conversation: Conversation,
    way: Way,
    said: Sequence[Typed],
    *,
    signature: str,
    automatic: bool = False,
    files: Sequence[Attachment] = (),
) -> OutboundMessage:
    """The message for one way, of one answer or of several below each other. `signature` is the name below a mail, and
    its first word the name of its sender; `files` go with it as they are."""
    inbox = settings.inbox(tx, way.inbox_id or conversation.inbox_id)
    brand = settings.brand(tx, inbox.brand_id)
    first_name = signature.split()[0] if signature else brand.name
    if way.channel == "email":
        return _mail(tx, conversation, way, said, inbox, brand, signature, automatic, files)
    return OutboundMessage(
        channel=way.channel,
        inbox_id=inbox.id,
        message_id=new_message_id(inbox),
        to=(Address(way.kind, way.address, way.name),),
        text=pictures.without(mailtext.together(said), [file.filename for file in files if file.inline]),
        sender_name=first_name,
        sender_address=inbox.address,
        automatic=automatic,
        attachments=tuple(files),
        sent_at=tx.now(),
    )


def _mail(
    tx: Tx,
    conversation: Conversation,
    way: Way,
    said: Sequence[Typed],
    inbox: settings.Inbox,
    brand: settings.Brand,
    signature: str,
    automatic: bool,
    files: Sequence[Attachment],
) -> OutboundMessage:
    person = people.customer(tx, conversation.customer_id)
    # Whoever typed an address has not shown that it is theirs: its owner gets the answer, and nothing from before.
    heard = timeline.of_conversation(tx, conversation.id, limit=1, kinds=("message",))
    # Where nobody but us has written, and there, nothing from before is anybody else's.
    ours = not heard and conversation.reply_identity_id == way.identity_id and conversation.channel == way.channel
    proved = ours or way.evidence != "claimed"
    quoted = (
        mailtext.Quoted(conversation.customer_name, heard[-1].occurred_at, heard[-1].text) if proved and heard else None
    )
    made = mailtext.reply(
        said,
        signature=signature,
        below=str(inbox.config.get("signature") or "").strip() or brand.name,
        quoted=quoted,
        locale=person.locale or inbox.locale,
        zone=inbox.zone,
        number=conversation.id,
        pictures={file.filename: file.content_id for file in files if file.inline and file.content_id},
    )
    thread = timeline.thread_ids(tx, conversation.id) if proved else []
    begins = ours and not thread
    subject = conversation.subject if begins else mailtext.reply_subject(conversation.subject)
    if settings.get(tx, "mail.subject_token"):
        subject = f"{subject} [#{conversations.subject_token(tx.keys, inbox.id, conversation.id)}]"
    if not proved:  # of a text or a chat, the subject is what was written first
        subject = texts(person.locale or inbox.locale).gettext("Your message to %(brand)s") % {"brand": brand.name}
    first_name, name = signature.split()[0] if signature else "", name_of(inbox, brand)
    return OutboundMessage(
        channel="email",
        inbox_id=inbox.id,
        message_id=new_message_id(inbox),
        to=(Address("email", way.address, conversation.customer_name),),
        text=made.text,
        html=made.html,
        subject=subject,
        sender_name=f"{first_name} ({name})" if first_name and first_name != name else name,
        sender_address=inbox.address,
        reply_to=reply_to(tx, inbox, conversation.id),
        in_reply_to=thread[-1] if thread else "",
        references=tuple(thread),
        automatic=automatic,
        answers=automatic,
        # A picture that nothing in the HTML shows would be shown nowhere: it is a file then.
        attachments=tuple(replace(f, inline=f.inline and f"cid:{f.content_id}" in made.html) for f in files),
        sent_at=tx.now(),
    )


def chosen(found: list[Way], wanted: str) -> Way:
    """The way that an answer takes. Raises Refused with the reason where it is closed."""
    way = next((w for w in found if w.channel == wanted), None)
    if way is None:
        raise Refused("This desk has no such channel.")
    if not way.usable:
        raise Refused(way.why_not)
    return way
