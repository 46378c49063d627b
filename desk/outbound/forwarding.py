"""Passing messages of a conversation on to somebody outside: what can go, to whom, and the mail that is made of it.

The customer never hears of it. Whoever gets the mail answers to an address of its own kind: what they write comes into
the same conversation, aside (see timeline.ASIDE), and they get no copy of what the customer is answered.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from typing import Any

from desk import agents, conversations, people, settings, timeline
from desk.agents import Viewer
from desk.channels.base import known
from desk.channels.email import own_pictures
from desk.conversations import Conversation
from desk.files import Blobs
from desk.messages import Address, Attachment, OutboundMessage
from desk.outbound import attaching, mailtext, recording
from desk.outbound.forwardtext import Passed, forward, forward_subject, without_tokens
from desk.outbound.mailtext import Written
from desk.outbound.marked import Typed, typed
from desk.outbound.queueing import name_of, new_message_id, queue, reply_to
from desk.outbound.ways import NO_INBOX
from desk.outbound.writing import MAX_REPLY, Refused
from desk.people import fold
from desk.store import Tx
from desk.timeline import EntryView, Words

# What customers see too; what others said aside or inside goes only where somebody ticked that very line.
PUBLIC = ("message", "reply", "bot", "participant")
KINDS = (*PUBLIC, "note", "third_party")
MOST_LINES = 200
MOST_PEOPLE = 20
GROWS = 1.38  # files travel as base64 in lines of 76

NOBODY = "Say to whom it goes."
NOT_AN_ADDRESS = "That is not a mail address."
OURS = "That is an address of this desk: it would answer itself."
CUSTOMER = "That is the customer: answer them instead."
TOO_MANY = f"A forward goes to {MOST_PEOPLE} addresses at most."
NOTHING = "Choose what to forward, or write a note."
NOT_HERE = "One of these messages is not in this conversation, or its words were erased."
HELD = "One of these files waits for an admin, who can release it."
HELD_INSIDE = "A mail with a file that waits for an admin cannot go as it came."
NOT_KEPT = "Of one of these messages no mail is kept that could go as it came."
TOO_LONG = f"That is too long: a mail holds {MAX_REPLY:,} characters."


class WrongPeople(Refused):
    """Some of these cannot be written to; `told` says why, by what was typed."""

    def __init__(self, told: dict[str, str]) -> None:
        super().__init__(next(iter(told.values())))
        self.told = told


class TooLarge(Refused):
    """The files are more than a mail holds."""

    def __init__(self, size: int, most: int) -> None:
        super().__init__("These files are too large for a mail.")
        self.size, self.most = size, most


@dataclass(frozen=True, slots=True)
class Wish:
    """What a colleague asks for. `lines` are entries; `files` places of files in them (entry, index), None for all;
    `whole` sends mails as they came, as files; `answers` is the line of somebody outside that this answers."""

    to: Sequence[str]
    cc: Sequence[str] = ()
    note: str = ""
    lines: Collection[int] = ()
    files: Collection[tuple[int, int]] | None = None
    whole: bool = False
    answers: int | None = None


@dataclass(frozen=True, slots=True)
class Made:
    """The mail as it will go out, and what of the conversation is in it."""

    message: OutboundMessage
    note: Typed
    lines: list[EntryView]
    files: list[dict[str, Any]]  # as the line of the forward keeps them


def offered(tx: Tx, conversation_id: int, viewer: Viewer) -> tuple[Conversation, list[EntryView]]:
    """A conversation and what of it can be forwarded, oldest first: the newest MOST_LINES. An answer that can still be
    taken back is not among it: the words of a mail that nobody was sent would be with somebody else. Raises NotVisible.
    """
    conversation = conversations.get(tx, conversation_id, viewer)
    found = timeline.of_conversation(tx, conversation.id, limit=MOST_LINES, kinds=KINDS)
    return conversation, [entry for entry in found if not entry.erased and not timeline.waits(entry)]


def cannot_write(tx: Tx, conversation: Conversation, text: str) -> str:
    """Why a forward cannot go to an address; empty where it can."""
    try:
        address = known()["email"].address(text)
    except ValueError:
        return NOT_AN_ADDRESS
    if conversations.is_ours(tx, "email", address):
        return OURS
    own = (i for i in people.identities(tx, conversation.customer_id) if i.evidence != "claimed")
    return CUSTOMER if any(i.kind == "email" and i.value_folded == fold(address) for i in own) else ""


def made(tx: Tx, conversation_id: int, viewer: Viewer, wish: Wish) -> Made:
    """The mail that a wish asks for: what is previewed is what is sent. Raises NotVisible, and Refused."""
    conversation, found = offered(tx, conversation_id, viewer)
    by_id = {entry.id: entry for entry in found}
    lines = [entry for entry in found if entry.id in set(wish.lines)]
    answered = by_id.get(wish.answers or 0)
    if len(lines) != len(set(wish.lines)) or (wish.answers and (answered is None or answered.kind != "third_party")):
        raise Refused(NOT_HERE)
    to, cc = _people(tx, conversation, wish)
    note = typed(wish.note.replace("\r\n", "\n").replace("\x00", "").strip())
    if not lines and not note.text:
        raise Refused(NOTHING)
    inbox = _inbox(tx, conversation)
    brand = settings.brand(tx, inbox.brand_id)
    files, kept = _files(lines, wish)
    if wish.whole:
        raws = [_whole(entry) for entry in lines]
        files, kept = [], []
        parts: list[Passed] = []
    else:
        raws = []
        parts = [_passed(tx, conversation, entry, inbox, brand, len(lines) == 1, files) for entry in lines]
    name = name_of(inbox, brand)
    words = _words(tx, conversation, viewer, note, parts, answered, inbox, brand)
    if len(words.text) > MAX_REPLY * 5 or len(note.as_written) > MAX_REPLY:
        raise Refused(TOO_LONG)
    files = _placed(files, parts[0].html if len(parts) == 1 else "")
    _fits(tx, words, [*files, *raws])
    first_name = viewer.name.split()[0] if viewer.name else name
    answers = timeline.message_id_of(tx, answered.id) if answered is not None else ""
    subject = next((e.subject for e in lines if e.subject), conversation.subject)
    message = OutboundMessage(
        channel="email",
        inbox_id=inbox.id,
        message_id=new_message_id(inbox),
        to=tuple(to),
        cc=tuple(cc),
        text=words.text,
        html=words.html,
        subject=mailtext.reply_subject(answered.subject or subject) if answered else forward_subject(subject),
        sender_name=f"{first_name} ({name})" if first_name != name else name,
        sender_address=inbox.address,
        reply_to=reply_to(tx, inbox, conversation.id, aside=True),
        in_reply_to=answers,
        references=(answers,) if answers else (),
        attachments=(*files, *raws),
        sent_at=tx.now(),
    )
    return Made(message, note, lines, [*kept, *attaching.kept(raws)])


def send_forward(
    tx: Tx, files: Blobs, conversation_id: int, viewer: Viewer, wish: Wish, *, request_id: str | None = None
) -> EntryView:
    """Writes a forward on the timeline, and on its way by a job. The same `request_id` sends once. Raises as `made`."""
    conversation = conversations.get(tx, conversation_id, viewer)
    request_id = request_id or None
    known_as = recording.known(tx, conversation, viewer, request_id)
    if known_as is not None:
        return known_as
    made_now = made(tx, conversation_id, viewer, wish)
    return recording.shown(tx, _send(tx, files, conversation, viewer, made_now, request_id))


def _send(tx: Tx, files: Blobs, conversation: Conversation, viewer: Viewer, mail: Made, request_id: str | None) -> int:
    message = mail.message
    who = conversations.forwarded_to(tx, conversation, [*message.to, *message.cc], viewer.id)
    detail: dict[str, Any] = {
        "to": [row.id for row in who[: len(message.to)]],
        "cc": [row.id for row in who[len(message.to) :]],
        "lines": [entry.id for entry in mail.lines],
    }
    for attachment in message.attachments:
        files.refer(tx, attachment.sha256, attachment.size)
    entry_id = recording.recorded(
        tx,
        conversation,
        viewer,
        "forward",
        Words(mail.note.text, message.subject, message.text, attachments=mail.files, source=mail.note.source),
        inbox_id=message.inbox_id,
        identity_id=conversation.reply_identity_id,
        channel="email",
        detail=detail,
        request_id=request_id,
    )
    conversations.came_with(who, entry_id)
    timeline.remember_id(tx, message.message_id, entry_id, conversation.id, ours=True)
    queue(tx, message, purpose="forward", entry_id=entry_id, conversation=conversation)
    return entry_id


def _people(tx: Tx, conversation: Conversation, wish: Wish) -> tuple[list[Address], list[Address]]:
    wrong: dict[str, str] = {}
    seen: set[str] = set()
    out: list[list[Address]] = []
    for wanted in (wish.to, wish.cc):
        found = []
        for text in (one.strip() for one in wanted if one.strip()):
            why = cannot_write(tx, conversation, text)
            if why:
                wrong[text] = why
            elif fold(text) not in seen:
                seen.add(fold(text))
                found.append(Address("email", known()["email"].address(text)))
        out.append(found)
    if wrong:
        raise WrongPeople(wrong)
    if not out[0]:
        raise Refused(NOBODY)
    if len(seen) > MOST_PEOPLE:
        raise Refused(TOO_MANY)
    return out[0], out[1]


def _inbox(tx: Tx, conversation: Conversation) -> settings.Inbox:
    """The conversation's own inbox where it sends mail; else the first of its brand."""
    own = settings.inbox(tx, conversation.inbox_id)
    mine = [i for i in settings.inboxes(tx, "email", active=True) if i.brand_id == own.brand_id]
    found = next((i for i in mine if i.id == own.id), mine[0] if mine else None)
    if found is None:
        raise Refused(NO_INBOX)
    return found


def _files(lines: Sequence[EntryView], wish: Wish) -> tuple[list[Attachment], list[dict[str, Any]]]:
    """The chosen files of the chosen lines, as the mail and as its line carry them."""
    files: list[Attachment] = []
    kept = []
    for entry in lines:
        for index, file in enumerate(entry.attachments):
            chosen = wish.files is None or (entry.id, index) in wish.files
            if file.get("held"):
                if wish.files is not None and chosen:
                    raise Refused(HELD)
                continue
            if chosen:
                files.append(attaching.attachment(file))
                kept.append(dict(file))
    return files, kept


def _placed(files: Sequence[Attachment], html: str) -> list[Attachment]:
    """The pictures that stand in the HTML as such. All else goes as files: nothing else would show it."""
    standing: set[str | None] = set()

    def stands(name: str) -> bool:
        standing.add(name)
        return True

    own_pictures(html, stands)
    return [
        replace(a, inline=True) if a.content_id in standing else replace(a, inline=False, content_id=None)
        for a in files
    ]


def has_raw(entry: EntryView) -> bool:
    """Whether the mail is kept as it came."""
    return bool(entry.raw_sha256) and entry.channel == "email"


def _whole(entry: EntryView) -> Attachment:
    if not has_raw(entry) or entry.raw_sha256 is None:
        raise Refused(NOT_KEPT)
    if any(file.get("held") for file in entry.attachments):
        raise Refused(HELD_INSIDE)
    name = "".join(c if c.isalnum() or c in " -_." else "_" for c in entry.subject).strip()[:80] or "message"
    return Attachment(f"{name}.eml", "message/rfc822", about_size(entry), entry.raw_sha256)


def about_size(entry: EntryView) -> int:
    """What a mail takes as it came, as near as its parts say."""
    words = len((entry.quoted or entry.text).encode("utf-8", "replace"))
    return int(sum(int(f.get("size") or 0) for f in entry.attachments) * GROWS) + words * (3 if entry.has_html else 1)


def limit(tx: Tx) -> int:
    """How many bytes a mail may have."""
    return int(settings.get(tx, "mail.max_megabytes")) * 1024 * 1024


def _fits(tx: Tx, words: Written, files: Sequence[Attachment]) -> None:
    size = int(sum(a.size for a in files) * GROWS) + len(words.text.encode()) + len(words.html.encode())
    if size > limit(tx):
        raise TooLarge(size, limit(tx))


def _passed(
    tx: Tx,
    conversation: Conversation,
    entry: EntryView,
    inbox: settings.Inbox,
    brand: settings.Brand,
    alone: bool,
    files: Sequence[Attachment],
) -> Passed:
    """One message with its head. Alone it goes as it came, formatted and with what it quotes; among others, whose
    words stand beside it, only what was new in it."""
    name, address = _writer(tx, conversation, entry, inbox, brand)
    theirs = entry.author in ("customer", "other")
    to = inbox.address if theirs else conversation.reply_address if "@" in conversation.reply_address else ""
    html = (timeline.html_of(tx, entry.id) or "") if alone and entry.has_html else ""
    if html:
        # Some programs call a picture in the text an attachment; its place in the HTML says what it is.
        ids = {a.content_id for a in files if a.content_id}
        html = without_tokens(own_pictures(html, lambda name: name in ids))
    text = entry.quoted if alone and entry.quoted and theirs else entry.text
    return Passed(
        name=name,
        address=address,
        at=entry.occurred_at,
        subject=entry.subject or conversation.subject,
        to=to or (conversation.customer_name if not theirs else brand.name),
        text=without_tokens(text),
        html=html,
        inside=entry.kind == "note",
    )


def _writer(
    tx: Tx, conversation: Conversation, entry: EntryView, inbox: settings.Inbox, brand: settings.Brand
) -> tuple[str, str]:
    if entry.kind in ("participant", "third_party"):
        number = int(entry.detail.get("participant") or 0)
        other = conversations.participants_of(tx, [number]).get(number)
        return (other.name, other.address) if other is not None else ("", "")
    if entry.author == "customer":
        identity = people.identity(tx, entry.identity_id) if entry.identity_id is not None else None
        address = identity.value if identity is not None and identity.kind in ("email", "phone") else ""
        return (identity.name if identity is not None else "") or conversation.customer_name, address
    staff = agents.names(tx).get(entry.staff_id or 0, "")
    return (f"{staff} ({brand.name})" if staff else brand.name), "" if entry.kind == "note" else inbox.address


def _words(
    tx: Tx,
    conversation: Conversation,
    viewer: Viewer,
    note: Typed,
    parts: Sequence[Passed],
    answered: EntryView | None,
    inbox: settings.Inbox,
    brand: settings.Brand,
) -> Written:
    quoted = None
    if answered is not None:
        name, address = _writer(tx, conversation, answered, inbox, brand)
        quoted = mailtext.Quoted(name or address, answered.occurred_at, answered.text)
    return forward(
        note,
        parts,
        signature=viewer.name,
        below=str(inbox.config.get("signature") or "").strip() or brand.name,
        answered=quoted,
        locale=inbox.locale,
        zone=inbox.zone,
    )
