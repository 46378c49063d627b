"""Files of an answer that is being written: kept at once, sent with it, let go when they are taken out or forgotten."""

from __future__ import annotations

import unicodedata
from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Any

from sqlalchemy import delete, select

from desk import conversations, settings
from desk.agents import Viewer
from desk.channels.email import sniff
from desk.files import Blobs, unlike
from desk.messages import Attachment
from desk.outbound.tables import Upload
from desk.outbound.writing import Refused
from desk.store import Tx

MOST = 20  # files in one message
MEGABYTE = 1 << 20
KEPT = timedelta(days=30)  # as long as the words of a draft stay on the device where they were written
SWEPT_AT_ONCE = 500
LONGEST_NAME = 120
GONE = "A file of this answer is no longer there: it was sent, or taken out. Attach it again."
_NOT_IN_NAMES = set('<>:"|?*/\\[]')


def clean_name(sent: str) -> str:
    """The last part of a path, without what no file is called and what has a meaning in a text of ours."""
    last = unicodedata.normalize("NFC", sent).replace("\\", "/").rsplit("/", 1)[-1]
    kept = " ".join("".join(c for c in last if c.isprintable() and c not in _NOT_IN_NAMES).split()).strip(" .")
    stem, dot, ending = kept.rpartition(".")
    if dot and len(ending) <= 12:
        return f"{stem[: LONGEST_NAME - len(ending) - 1]}.{ending}"
    return kept[:LONGEST_NAME] or "file"


def largest(tx: Tx) -> int:
    """How many bytes one file of an answer may have."""
    return int(float(settings.get(tx, "answer.file_megabytes")) * MEGABYTE)


def looked_at(name: str, content: bytes, declared: str, limit: int) -> str:
    """The type of a file that may go out, by its bytes. Raises Refused for one that is empty, larger than `limit`, or
    that this desk would hold back if a customer sent it: a company's mail must not carry what others are told to fear.
    """
    if not content:
        raise Refused("This file is empty.")
    if len(content) > limit:
        raise Refused(f"A file of an answer has {limit // MEGABYTE} MB at most.")
    why = sniff.reason(content, name)
    if why:
        raise Refused(
            {
                "program": "Programs are not sent: mail systems turn away what carries one.",
                "script": "Scripts are not sent: mail systems turn away what carries one.",
                "macros": "Documents with macros are not sent: save it without them, or as PDF.",
                "page": "Web pages and SVG are not sent: send a picture, a PDF or a link.",
                "closed": "Nobody can look into this kind of archive: send a ZIP.",
                "archive": "This archive has a program, a script or a page in it, and is not sent.",
            }.get(why, "The name of this file can be misread: give it a plain one.")
        )
    return sniff.kind(content, declared.partition(";")[0].strip().lower() or sniff.UNKNOWN)[:100]


def keep(
    tx: Tx, blobs: Blobs, viewer: Viewer, conversation_id: int, *, name: str, kind: str, sha256: str, size: int
) -> Upload:
    """Notes a stored file as one of the colleague's next answer. Raises Refused where there is no more room for it."""
    conversations.get(tx, conversation_id, viewer)
    found = waiting(tx, viewer, conversation_id)
    if len(found) >= MOST:
        raise Refused(f"One answer takes {MOST} files at most.")
    room = int(float(settings.get(tx, "answer.message_megabytes")) * MEGABYTE)
    if sum(row.size for row in found) + size > room:
        raise Refused(f"All files of one answer have {room // MEGABYTE} MB at most.")
    row = Upload(
        staff_id=viewer.id,
        conversation_id=conversation_id,
        name=unlike({one.name for one in found}, name),  # its mark in the text is its name
        kind=kind,
        sha256=sha256,
        size=size,
        uploaded_at=tx.now(),
    )
    blobs.refer(tx, sha256, size)
    tx.add(row)
    tx.flush()
    return row


def waiting(tx: Tx, viewer: Viewer, conversation_id: int) -> list[Upload]:
    """The files of a colleague's next answer, in the order in which they came."""
    query = select(Upload).where(Upload.staff_id == viewer.id, Upload.conversation_id == conversation_id)
    return list(tx.scalars(query.order_by(Upload.id).limit(2 * MOST)))


def one(tx: Tx, viewer: Viewer, conversation_id: int, upload_id: int) -> Upload | None:
    """A file of the colleague's own next answer; None where it is another's, was sent, or was let go."""
    row = tx.get(Upload, upload_id)
    return row if row is not None and (row.staff_id, row.conversation_id) == (viewer.id, conversation_id) else None


def drop(tx: Tx, blobs: Blobs, viewer: Viewer, conversation_id: int, upload_id: int) -> bool:
    """Takes a file out of the next answer. Whether it was there."""
    row = one(tx, viewer, conversation_id, upload_id)
    if row is None:
        return False
    blobs.release(tx, row.sha256)
    tx.delete(row)
    tx.flush()
    return True


def chosen(tx: Tx, viewer: Viewer, conversation_id: int, upload_ids: Sequence[int]) -> tuple[Attachment, ...]:
    """The files that go with the answer which is written now. Raises Refused where one is gone."""
    rows = [one(tx, viewer, conversation_id, upload_id) for upload_id in dict.fromkeys(upload_ids)]
    if None in rows:
        raise Refused(GONE)
    return tuple(Attachment(row.name, row.kind, row.size, row.sha256) for row in rows if row is not None)


def sent(tx: Tx, upload_ids: Sequence[int]) -> None:
    """Takes files out of the draft once they stand on an entry. What referred to their bytes is the entry's reference
    from here on. It stands for the delivery as well: one goes with the other, and what is erased is not sent any more.
    Raises Refused where another answer was quicker."""
    ids = list(dict.fromkeys(upload_ids))
    if ids and tx.execute(delete(Upload).where(Upload.id.in_(ids))).rowcount != len(ids):
        raise Refused(GONE)


def back(tx: Tx, viewer: Viewer, conversation_id: int, files: Sequence[Mapping[str, Any]]) -> list[int]:
    """Gives files of an answer that was taken back to the next one, with their numbers there. What referred to their
    bytes from the answer's line refers to them from here on."""
    made: list[Upload] = []
    taken = {row.name for row in waiting(tx, viewer, conversation_id)}
    for file in files:
        name = unlike(taken, str(file["filename"]))
        taken.add(name)
        made.append(
            Upload(
                staff_id=viewer.id,
                conversation_id=conversation_id,
                name=name,
                kind=str(file["content_type"]),
                sha256=str(file["sha256"]),
                size=int(file["size"]),
                uploaded_at=tx.now(),
            )
        )
        tx.add(made[-1])
    tx.flush()
    return [row.id for row in made]


def sweep(tx: Tx, blobs: Blobs) -> int:
    """Lets go of files whose answer was never sent. How many it were; further ones are for the next time."""
    query = select(Upload).where(Upload.uploaded_at < tx.now() - KEPT).order_by(Upload.uploaded_at)
    rows = list(tx.scalars(query.limit(SWEPT_AT_ONCE)))
    for row in rows:
        blobs.release(tx, row.sha256)
        tx.delete(row)
    return len(rows)
