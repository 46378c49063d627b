"""The ledger: what was taken already, adding an entry with its erasable words, and reading a customer's timeline."""

from __future__ import annotations

import hashlib
import hmac
import secrets
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Protocol, cast

from sqlalchemy import ColumnElement, Integer, Table, and_, bindparam, delete, select
from sqlalchemy.dialects import postgresql, sqlite

from desk.clock import new_id
from desk.signals import EntryChanged, EntryRecorded, WordsErased
from desk.store import BigInt, Tx
from desk.timeline.tables import Content, Entry, EntryKey, MessageRef

# Said to, or by, somebody outside: the customer never hears of it, not even by an id in a header.
ASIDE = ("forward", "third_party")
BECAUSE = "timeline.because"


@dataclass(frozen=True, slots=True)
class Words:
    """The personal part of an entry, which can be erased."""

    text: str = ""
    subject: str = ""
    quoted: str = ""
    html: str = ""
    attachments: Sequence[dict[str, Any]] = ()
    raw_sha256: str | None = None
    source: str | None = None  # with marks, where a colleague formatted it; `text` is the same without them


@dataclass(slots=True)  # not frozen: a page makes fifty of twenty fields each, and freezing costs more than the rest
class EntryView:
    """One line of a timeline as it is read: the skeleton and, unless erased, the words."""

    id: int
    customer_id: int
    occurred_at: datetime
    recorded_at: datetime
    conversation_id: int | None
    episode_id: int | None
    identity_id: int | None
    kind: str
    author: str
    staff_id: int | None
    channel: str | None
    inbox_id: int | None
    detail: dict[str, Any]
    subject: str
    text: str
    quoted: str
    has_html: bool
    attachments: list[dict[str, Any]] = field(default_factory=list)
    raw_sha256: str | None = None
    erased: bool = False
    source: str | None = None


class Visible(Protocol):
    """Who may see lines: called with their column of conversation ids it gives the condition, whose open places are
    filled with `values`. Those that give the same condition are equal, so that the statement is made once for all."""

    @property
    def values(self) -> dict[str, Any]: ...

    def __call__(self, conversation_ids: ColumnElement[Any]) -> ColumnElement[bool]: ...

    def __hash__(self) -> int: ...


_KNOWS = select(EntryKey.entry_id).where(
    EntryKey.inbox_id == bindparam("inbox"), EntryKey.external_id == bindparam("external")
)


def knows(tx: Tx, inbox_id: int, external_id: str) -> int | None:
    """The entry that this inbox made of the message before, if it did."""
    return tx.scalar(_KNOWS, {"inbox": inbox_id, "external": external_id[:255]})


def record(
    tx: Tx,
    *,
    customer_id: int,
    kind: str,
    author: str,
    occurred_at: datetime,
    conversation_id: int | None = None,
    episode_id: int | None = None,
    identity_id: int | None = None,
    staff_id: int | None = None,
    channel: str | None = None,
    inbox_id: int | None = None,
    external_id: str | None = None,
    detail: dict[str, Any] | None = None,
    words: Words | None = None,
) -> Entry:
    """Adds a line to a customer's timeline. With `external_id`, the database refuses a second copy (IntegrityError)."""
    now = tx.now()
    entry = Entry(
        id=new_id(now),
        customer_id=customer_id,
        occurred_at=occurred_at,
        recorded_at=now,
        conversation_id=conversation_id,
        episode_id=episode_id,
        identity_id=identity_id,
        kind=kind,
        author=author,
        staff_id=staff_id,
        channel=channel,
        inbox_id=inbox_id,
        detail={**(detail or {}), **tx.memo.get(BECAUSE, {})},
    )
    if words is not None:
        salt = secrets.token_hex(16)
        entry.content_id = entry.id
        entry.digest = digest(salt, words)
        tx.add(
            Content(
                id=entry.id,
                salt=salt,
                subject=words.subject,
                text=words.text,
                quoted=words.quoted,
                html=words.html,
                attachments=list(words.attachments),
                raw_sha256=words.raw_sha256,
                source=words.source,
            )
        )
    tx.add(entry)
    if external_id is not None and inbox_id is not None:
        tx.add(EntryKey(inbox_id=inbox_id, external_id=external_id[:255], entry_id=entry.id))
    tx.announce(EntryRecorded(entry.id, customer_id, conversation_id, kind))
    return entry


@contextmanager
def because(tx: Tx, said: dict[str, Any]) -> Iterator[None]:
    """Every line that is recorded meanwhile says this too in its detail: by what rule, and why."""
    before = tx.memo.get(BECAUSE)
    tx.memo[BECAUSE] = said
    try:
        yield
    finally:
        tx.memo.pop(BECAUSE, None)
        if before is not None:
            tx.memo[BECAUSE] = before


def digest(salt: str, words: Words) -> str:
    """What the skeleton keeps of the words: HMAC-SHA256 under a salt that is erased with them."""
    mac = hmac.new(bytes.fromhex(salt), digestmod=hashlib.sha256)
    for part in (words.subject, words.text, words.quoted, words.html, *([words.source] if words.source else ())):
        data = part.encode("utf-8", "surrogatepass")
        mac.update(len(data).to_bytes(8, "big") + data)
    return mac.hexdigest()


def genuine(tx: Tx, entry_id: int) -> bool | None:
    """Whether an entry's words are those that were recorded; None where they were erased or there were none."""
    entry = tx.scalar(select(Entry).where(Entry.id == entry_id))
    content = tx.get(Content, entry_id)
    if entry is None or content is None or entry.digest is None:
        return None
    words = Words(content.text, content.subject, content.quoted, content.html, source=content.source)
    return hmac.compare_digest(digest(content.salt, words), entry.digest)


def erase_words(tx: Tx, entry_ids: Iterable[int]) -> list[str]:
    """Erases the words of entries and the salts with them; the lines and their digests stay. Gives the digests of the
    files that these entries referred to, one for each reference, for the caller to release."""
    ids = tuple(entry_ids)
    held = tx.scalars(select(Content.attachments).where(Content.id.in_(ids))).all()
    tx.execute(delete(Content).where(Content.id.in_(ids)))
    tx.announce(WordsErased(ids))
    return [str(file["sha256"]) for files in held for file in files if file.get("sha256")]


_REMEMBER = {
    "sqlite": sqlite.insert(cast(Table, MessageRef.__table__)).on_conflict_do_nothing(),
    "postgresql": postgresql.insert(cast(Table, MessageRef.__table__)).on_conflict_do_nothing(),
}


def remember_id(tx: Tx, message_id: str, entry_id: int, conversation_id: int, *, ours: bool) -> None:
    """Lets later mails name this entry by its Message-ID. The first to use an id keeps it."""
    if not message_id:
        return
    values = {"message_id": message_id[:255], "entry_id": entry_id, "conversation_id": conversation_id, "ours": ours}
    tx.aside(_REMEMBER[tx.dialect_name], values)


def find_refs(tx: Tx, message_ids: Sequence[str]) -> list[MessageRef]:
    """What these Message-IDs name, in the order given."""
    wanted = [m[:255] for m in message_ids[:50]]
    if not wanted:
        return []
    found = {r.message_id: r for r in tx.scalars(select(MessageRef).where(MessageRef.message_id.in_(wanted)))}
    return [found[m] for m in wanted if m in found]


def thread_ids(tx: Tx, conversation_id: int, limit: int = 20) -> list[str]:
    """The Message-IDs of a conversation, oldest first, of the newest `limit`: for the References of a reply to its
    customer, so without what was said aside."""
    rows = tx.scalars(
        select(MessageRef.message_id)
        .join(Entry, Entry.id == MessageRef.entry_id)
        .where(Entry.conversation_id == conversation_id, Entry.kind.not_in(ASIDE))
        .order_by(Entry.occurred_at.desc(), Entry.id.desc())
        .limit(limit)
    ).all()
    return list(reversed(rows))


_ENTRIES, _CONTENTS = Entry.__table__, Content.__table__
_E, _W = _ENTRIES.c, _CONTENTS.c

# Lines are read with every page and every push. Their statements are made once, with places for what differs: making
# one takes longer than the database takes over it.
_SELECT = select(
    _E.id, _E.customer_id, _E.occurred_at, _E.recorded_at, _E.conversation_id, _E.episode_id, _E.identity_id, _E.kind,
    _E.author, _E.staff_id, _E.channel, _E.inbox_id, _E.detail, _E.content_id, _W.subject, _W.text, _W.quoted,
    (_W.html != "").label("has_html"), _W.attachments, _W.raw_sha256, _W.source,
).select_from(_ENTRIES.outerjoin(_CONTENTS, _W.id == _E.content_id))  # fmt: skip
_WIDTH = len(_SELECT.selected_columns)
_NEWEST = (_E.occurred_at.desc(), _E.id.desc())


def _view(row: Any) -> EntryView:
    # Fifty times a page: the columns by their place, in the order of _SELECT.
    (
        number, customer_id, occurred_at, recorded_at, conversation_id, episode_id, identity_id, kind, author, staff_id,
        channel, inbox_id, detail, content_id, subject, text, quoted, has_html, attachments, raw_sha256, source,
    ) = row[:_WIDTH]  # fmt: skip
    return EntryView(
        number, customer_id, occurred_at, recorded_at, conversation_id, episode_id, identity_id, kind, author, staff_id,
        channel, inbox_id, detail, subject or "", text or "", quoted or "", bool(has_html), attachments or [],
        raw_sha256, content_id is not None and text is None, source,
    )  # fmt: skip


_ONE = _SELECT.where(_E.id == bindparam("id", type_=BigInt))
_OF_CONVERSATION = (
    _SELECT.where(_E.conversation_id == bindparam("conversation", type_=BigInt), _E.kind != "withdrawn")
    .order_by(*_NEWEST)
    .limit(bindparam("limit", type_=Integer))
)
_OF_KINDS = _OF_CONVERSATION.where(_E.kind.in_(bindparam("kinds", expanding=True)))


def one(tx: Tx, entry_id: int) -> EntryView | None:
    row = tx.execute(_ONE, {"id": entry_id}).first()
    return None if row is None else _view(row)


def of_conversation(tx: Tx, conversation_id: int, limit: int = 50, kinds: Sequence[str] = ()) -> list[EntryView]:
    """The newest entries of one conversation, newest last."""
    values: dict[str, Any] = {"conversation": conversation_id, "limit": limit, "kinds": list(kinds)}
    rows = [_view(row) for row in tx.execute(_OF_KINDS if kinds else _OF_CONVERSATION, values)]
    rows.reverse()
    return rows


def html_of(tx: Tx, entry_id: int) -> str | None:
    """The sanitised HTML of an entry."""
    return tx.scalar(select(Content.html).where(Content.id == entry_id))


def changed(tx: Tx, entry_id: int) -> None:
    """Says that something colleagues are shown with an entry changed: how it was delivered, how it was felt."""
    row = tx.execute(select(Entry.customer_id, Entry.conversation_id).where(Entry.id == entry_id)).first()
    if row is not None:
        tx.announce(EntryChanged(entry_id, row.customer_id, row.conversation_id, inside=True))


def last_contact(tx: Tx, customer_id: int, identity_id: int, inbox_id: int) -> int | None:
    """The conversation in which an identity wrote or was written to last through an inbox: one walk back along the
    customer's own lines."""
    return tx.scalar(
        select(Entry.conversation_id)
        .where(
            Entry.customer_id == customer_id,
            Entry.identity_id == identity_id,
            Entry.inbox_id == inbox_id,
            Entry.conversation_id.is_not(None),
            Entry.kind.in_(("message", "reply", "bot", "survey_asked")),
        )
        .order_by(Entry.occurred_at.desc(), Entry.id.desc())
        .limit(1)
    )


def wrote_from(tx: Tx, conversation_id: int, look_back: int = 60) -> dict[str, tuple[int, int | None]]:
    """By channel, the identity that the customer wrote from last in a conversation, and the inbox that took it; of the
    newest `look_back` messages."""
    rows = tx.execute(
        select(Entry.channel, Entry.identity_id, Entry.inbox_id)
        .where(Entry.conversation_id == conversation_id, Entry.kind == "message")
        .order_by(Entry.occurred_at.desc(), Entry.id.desc())
        .limit(look_back)
    )
    found: dict[str, tuple[int, int | None]] = {}
    for channel, identity_id, inbox_id in rows:
        if channel and identity_id is not None:
            found.setdefault(channel, (identity_id, inbox_id))
    return found


def keep_key(tx: Tx, inbox_id: int, external_id: str, entry_id: int) -> None:
    """Remembers what an entry is called where it did not come by that inbox: an answer that is posted twice is one,
    whichever channel it takes. The database refuses a second one (IntegrityError)."""
    tx.add(EntryKey(inbox_id=inbox_id, external_id=external_id[:255], entry_id=entry_id))
    tx.flush()


def contacts(tx: Tx, customer_id: int, limit: int = 400) -> list[tuple[datetime, str, str]]:
    """When and by which channel a customer wrote or was answered: (time, channel, author), newest last."""
    rows = tx.execute(
        select(Entry.occurred_at, Entry.channel, Entry.author)
        .where(and_(Entry.customer_id == customer_id, Entry.kind.in_(("message", "reply"))))
        .order_by(Entry.occurred_at.desc(), Entry.id.desc())
        .limit(limit)
    ).all()
    return [(at, channel or "", author) for at, channel, author in reversed(rows)]
