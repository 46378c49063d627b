"""One message or one file that must not stay: every copy of it in this desk goes, and the timeline says who and why.

Copies are forwards of it, summaries of a hand-over, mails that quote it, raw messages, what was sent and waits to be
sent, the preview in the queue and the subject that it gave its conversation. What has left the desk stays where it is.
"""

from __future__ import annotations

from desk import conversations, intake, knowledge, timeline
from desk.agents import Viewer
from desk.conversations import erasing as conversations_erasing
from desk.files import Blobs
from desk.outbound import erasing as outbound_erasing
from desk.privacy import holding
from desk.sentiment import erasing as sentiment_erasing
from desk.store import Tx
from desk.timeline import EntryView

KINDS = ("message", "reply", "note", "bot", "participant", "third_party", "forward")
LONGEST_REASON = 300
QUOTED = "An answer that quotes it waits to be sent: take that back first, or wait until it has gone."
HELD = "This answer waits to be sent: take it back instead."


class NotRedacted(ValueError):
    """This cannot be redacted; the message says why in one sentence."""


def redact(tx: Tx, files: Blobs, entry_id: int, by: Viewer, why: str) -> int:
    """Redacts a message with its files. Gives how many copies went with it.

    Raises NotVisible where the line is not for this colleague, NotRedacted where it has no words or no reason is given.
    """
    said, entry = _checked(tx, entry_id, by, why)
    carried, quoted = timeline.carriers(tx, entry_id), timeline.quoting(tx, entry_id)
    quoted = [one for one in quoted if one not in carried]
    gone = [entry_id, *carried]
    marks = [*timeline.sentences(entry.text), *([entry.subject.strip().casefold()] if entry.subject.strip() else [])]
    if not outbound_erasing.erase_quoting(tx, files, entry.conversation_id or 0, marks):
        raise NotRedacted(QUOTED)
    intake.erase(tx, files, [*gone, *quoted])
    outbound_erasing.erase_entries(tx, files, gone)
    outbound_erasing.erase_entries(tx, files, quoted, ended_only=True)  # a colleague's answer that waits still goes
    _, digests = timeline.erase_lines(tx, gone)
    for sha256 in digests:
        files.release(tx, sha256)
    knowledge.erase_votes(tx, gone)
    sentiment_erasing.erase(tx, gone)
    copies = len(carried) + len(timeline.unquote(tx, quoted, entry.subject))
    _retell(tx, entry)
    timeline.say_redacted(tx, entry_id, staff_id=by.id, why=said, what="words", copies=copies)
    return copies


def redact_file(tx: Tx, files: Blobs, entry_id: int, index: int, by: Viewer, why: str) -> int:
    """Redacts one file of a message, with every copy of it in the conversation. Gives how many copies there were.

    Raises as `redact`.
    """
    said, entry = _checked(tx, entry_id, by, why)
    sha256 = str(entry.attachments[index].get("sha256") or "") if 0 <= index < len(entry.attachments) else ""
    if not sha256:
        raise NotRedacted("There is no such file any more.")
    lines = timeline.with_file(tx, entry.conversation_id or 0, sha256)
    intake.erase(tx, files, lines)  # the raw mail holds it too
    outbound_erasing.erase_entries(tx, files, lines)
    taken = sum(timeline.take_file(tx, one, sha256, by.id) for one in lines)
    for _ in range(taken):
        files.release(tx, sha256)
    timeline.say_redacted(tx, entry_id, staff_id=by.id, why=said, what="file", copies=taken - 1)
    return taken - 1


def _checked(tx: Tx, entry_id: int, by: Viewer, why: str) -> tuple[str, EntryView]:
    said = " ".join(why.split())
    entry = timeline.one(tx, entry_id)
    if entry is None or entry.conversation_id is None:
        raise conversations.NotVisible("There is no such line.")
    conversations.get(tx, entry.conversation_id, by)
    if entry.kind not in KINDS:
        raise NotRedacted("Only what somebody said or sent is redacted.")
    if entry.erased:
        raise NotRedacted("These words were erased already.")
    if not said:
        raise NotRedacted("Say why: the timeline tells it.")
    if len(said) > LONGEST_REASON:
        raise NotRedacted(f"A reason has {LONGEST_REASON} letters at most.")
    if outbound_erasing.waits(tx, entry_id):
        raise NotRedacted(HELD)
    if holding.held_by(tx, entry.conversation_id) is not None:
        raise NotRedacted("This conversation is on hold: nothing of it may go until an admin lifts that.")
    return said, entry


def _retell(tx: Tx, entry: EntryView) -> None:
    number = entry.conversation_id or 0
    if entry.subject:
        conversations_erasing.forget_subject(tx, number, entry.subject)
    conversations_erasing.retell(tx, number)
