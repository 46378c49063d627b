"""One line, or one file of it, that must not stay: its words go, and a line of its own says who took them, and why."""

from __future__ import annotations

import re
import secrets
from collections.abc import Sequence
from typing import Any

from sqlalchemy import select

from desk.signals import EntryChanged, WordsErased
from desk.store import Tx
from desk.timeline.ledger import Words, digest, record
from desk.timeline.tables import Content, Entry

LOOKED_AT = 2000  # lines of one conversation, for copies
LEAST = 16  # letters: what is shorter stands in many messages by chance
_MARKS = re.compile(r"^[>\s|]+", re.MULTILINE)


def carriers(tx: Tx, entry_id: int) -> list[int]:
    """The lines of its conversation that carry another line whole: forwards of it, and summaries of a hand-over."""
    entry = tx.scalar(select(Entry).where(Entry.id == entry_id))
    if entry is None or entry.conversation_id is None:
        return []
    query = select(Entry.id, Entry.detail).where(
        Entry.conversation_id == entry.conversation_id, Entry.kind.in_(("forward", "handover"))
    )
    return [
        number
        for number, detail in tx.execute(query)
        if entry_id in {int(one) for one in (*detail.get("lines", ()), *detail.get("asked", ()))}
    ]


def quoting(tx: Tx, entry_id: int) -> list[int]:
    """The other lines of its conversation that repeat a sentence of its words: mails that quote it."""
    entry, own = tx.scalar(select(Entry).where(Entry.id == entry_id)), tx.get(Content, entry_id)
    if entry is None or own is None or entry.conversation_id is None:
        return []
    said, subject = sentences(own.text), own.subject.strip().casefold()
    if not said and not subject:
        return []
    rows = tx.execute(
        select(Content.id, Content.subject, Content.text, Content.quoted, Content.html)
        .join(Entry, Entry.id == Content.id)
        .where(Entry.conversation_id == entry.conversation_id, Entry.id != entry_id)
        .order_by(Entry.occurred_at.desc(), Entry.id.desc())
        .limit(LOOKED_AT)
    )
    found = []
    for number, named, *parts in rows:
        held = plain("\n".join(parts))
        if any(line in held for line in said) or (subject and subject in named.casefold()):
            found.append(number)
    return found


def sentences(text: str) -> list[str]:
    """The lines of a text by which copies of it are known."""
    return [line for line in plain(text).split("\n") if len(line) >= LEAST]


def plain(text: str) -> str:
    """Words as they are compared: without the marks of quoting, case and runs of spaces."""
    bare = _MARKS.sub("", text.replace("\r", ""))
    return "\n".join(" ".join(line.split()).casefold() for line in bare.split("\n") if line.strip())


def unquote(tx: Tx, entry_ids: Sequence[int], subject: str = "") -> list[int]:
    """Takes the quoted part, the formatted form and this subject from lines; what their writers wrote new stays. Gives
    those that had any."""
    named = subject.strip().casefold()
    done = []
    for content in tx.scalars(select(Content).where(Content.id.in_(list(entry_ids)))):
        repeats = bool(named) and named in content.subject.casefold()
        if content.quoted or content.html or repeats:
            content.quoted = content.html = ""
            content.subject = "" if repeats else content.subject
            _anew(tx, content)
            done.append(content.id)
    tx.flush()
    return done


def _anew(tx: Tx, content: Content) -> None:
    """The digest speaks of what is left."""
    content.salt = secrets.token_hex(16)
    words = Words(content.text, content.subject, content.quoted, content.html, source=content.source)
    entry = tx.scalar(select(Entry).where(Entry.id == content.id))
    if entry is not None:
        entry.digest = digest(content.salt, words)
        tx.announce(EntryChanged(entry.id, entry.customer_id, entry.conversation_id))
        tx.announce(WordsErased((entry.id,)))


def take_file(tx: Tx, entry_id: int, sha256: str, staff_id: int) -> int:
    """Takes a file off a line, wherever it stands there; that it was there, and how large, stays. Gives how many
    references to it ended, for the caller to release."""
    content = tx.scalar(select(Content).where(Content.id == entry_id).with_for_update())
    if content is None:
        return 0
    kept: list[dict[str, Any]] = []
    taken = 0
    for file in content.attachments:
        if file.get("sha256") == sha256:
            taken += 1
            gone = {"redacted_by": staff_id, "redacted_at": tx.now().isoformat()}
            kept.append({"filename": "", "content_type": "", "size": file.get("size") or 0, "sha256": ""} | gone)
        else:
            kept.append(file)
    if taken:
        content.attachments = kept
        if content.html:  # it may show the file in its place
            content.html = ""
        _anew(tx, content)
        tx.flush()
    return taken


def with_file(tx: Tx, conversation_id: int, sha256: str) -> list[int]:
    """The lines of a conversation that carry a file."""
    query = select(Content.id, Content.attachments).join(Entry, Entry.id == Content.id)
    rows = tx.execute(query.where(Entry.conversation_id == conversation_id))
    return [number for number, files in rows if any(file.get("sha256") == sha256 for file in files)]


def say_redacted(tx: Tx, entry_id: int, *, staff_id: int, why: str, what: str, copies: int) -> None:
    """The line that says who redacted another one, when and why. `what`: `words` or `file`."""
    entry = tx.scalar(select(Entry).where(Entry.id == entry_id))
    if entry is None:
        return
    record(
        tx,
        customer_id=entry.customer_id,
        kind="redacted",
        author="staff",
        staff_id=staff_id,
        occurred_at=tx.now(),
        conversation_id=entry.conversation_id,
        episode_id=entry.episode_id,
        identity_id=entry.identity_id,  # it goes where the redacted line goes
        detail={"entry_id": str(entry_id), "what": what, "copies": copies},
        words=Words(text=why),
    )
