"""Everything of a customer in one archive: what the desk knows as JSON, what was said as a page to read, and the files.

It is written to a file on the disk line by line, not to memory, and kept for a week; whoever may export customers
fetches it. What colleagues noted among themselves is in it: it is about the customer.
"""

from __future__ import annotations

import json
import tempfile
import zipfile
from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from html import escape
from typing import IO, Any

from sqlalchemy import inspect, select

from desk import conversations, facts, intake, lifecycle, people, surveys, tasks, timeline
from desk.agents import Viewer
from desk.files import Blobs, MissingBlob
from desk.jobs import Leased, LeaseLost, enqueue, finish, renew
from desk.parts import Desk
from desk.privacy.tables import Archive
from desk.store import Tx
from desk.timeline import EntryView

KEPT = timedelta(days=7)
SLICE = 200
HEAD = """<!doctype html><html lang="en"><meta charset="utf-8"><title>{title}</title>
<style>body{{max-width:46rem;margin:2rem auto;padding:0 1rem;font:16px/1.5 system-ui,sans-serif}}
article{{border-top:1px solid #bbb;padding:.6rem 0}}h2{{font-size:1rem;margin:0}}
pre{{white-space:pre-wrap;font:inherit}}
small{{color:#555}}</style><h1>{title}</h1>
"""


def ask(tx: Tx, customer_id: int, by: Viewer) -> Archive:
    """Begins an archive of a customer; while one is being made, that one. Raises LookupError."""
    root = people.customer(tx, customer_id).id
    if people.is_erased(tx, root):
        raise LookupError("There is nothing left of this customer.")
    going = latest(tx, root)
    if going is not None and going.state in ("waiting", "running"):
        return going
    row = Archive(customer_id=root, staff_id=by.id, state="waiting", asked_at=tx.now())
    tx.add(row)
    tx.flush()
    enqueue(tx, "privacy.archive", {"archive_id": row.id}, key=f"archive:{row.id}", priority=6, max_attempts=3)
    return row


def latest(tx: Tx, customer_id: int) -> Archive | None:
    """The newest archive of a customer, in whatever state."""
    return tx.scalar(select(Archive).where(Archive.customer_id == customer_id).order_by(Archive.id.desc()).limit(1))


def to_fetch(tx: Tx, archive_id: int) -> Archive | None:
    """An archive that can be fetched now; None where it is not ready, is unknown or was kept for long enough."""
    row = tx.get(Archive, archive_id)
    if row is None or row.state != "done" or row.expires_at is None or row.expires_at <= tx.now():
        return None
    return row


def let_go(tx: Tx, files: Blobs, limit: int = 200) -> int:
    """Lets go of archives whose time is over. Gives how many."""
    due = select(Archive).where(Archive.state == "done", Archive.expires_at <= tx.now()).order_by(Archive.expires_at)
    rows = list(tx.scalars(due.limit(limit)))
    for row in rows:
        files.release(tx, row.sha256)
        row.state, row.sha256 = "gone", ""
    tx.flush()
    return len(rows)


def archive(desk: Desk, job: Leased) -> None:
    """The task `privacy.archive`: writes the archive, and tells how far it has come."""
    number = int(job.args["archive_id"])
    with desk.store.transaction() as tx:
        row = tx.get(Archive, number)
        if row is None or row.state in ("done", "gone") or people.is_erased(tx, row.customer_id):
            if row is not None and row.state != "done":
                row.state = "gone"
            finish(tx, job)
            return
        row.state, row.done, row.total = "running", 0, timeline.holds(tx, [row.customer_id]).lines
        customer_id = row.customer_id
    try:
        with tempfile.TemporaryFile() as out:
            missing = _write(desk, job, number, customer_id, out)
            out.seek(0)
            content = out.read()
        sha256 = desk.files.put(content)
    except LeaseLost:
        raise
    except Exception:
        if job.attempts >= job.max_attempts:
            with desk.store.transaction() as tx:
                tx.get_one(Archive, number).state = "failed"
        raise
    with desk.store.transaction() as tx:
        row = tx.get_one(Archive, number, with_for_update=True)
        finish(tx, job)
        if people.is_erased(tx, row.customer_id):  # meanwhile: it must not outlive them
            row.state = "gone"
            return
        desk.files.refer(tx, sha256, len(content))
        row.state, row.sha256, row.size, row.missing = "done", sha256, len(content), missing
        row.finished_at, row.expires_at = tx.now(), tx.now() + KEPT


def _write(desk: Desk, job: Leased, number: int, customer_id: int, out: IO[bytes]) -> int:
    """Writes the archive, and gives how many files could not be read."""
    names: dict[str, str] = {}
    missing: list[str] = []
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED, allowZip64=True) as made:
        with desk.store.reading() as tx:
            known = _known(tx, customer_id)
        made.writestr("customer.json", _json(known))
        with tempfile.TemporaryFile("w+", encoding="utf-8", errors="replace") as page:
            page.write(HEAD.format(title=escape(str(known["customer"]["name"] or f"Customer {customer_id}"))))
            with tempfile.TemporaryFile("w+", encoding="utf-8", errors="replace") as lines:
                for entries, raws in _entries(desk, customer_id):
                    for entry in entries:
                        held = _files(desk.files, made, names, missing, entry, raws.get(entry.id, ()))
                        lines.write(json.dumps(_line(entry) | {"archived_as": held}, ensure_ascii=False) + "\n")
                        page.write(_said(entry, held))
                    with desk.store.transaction() as tx:
                        row = tx.get_one(Archive, number)
                        row.done += len(entries)
                        renew(tx, job)
                _pour(made, "timeline.jsonl", lines)
            _pour(made, "timeline.html", page)
        made.writestr("missing.json", _json({"files": missing}))
    return len(missing)


def _pour(made: zipfile.ZipFile, name: str, text: IO[str]) -> None:
    text.seek(0)
    with made.open(name, "w", force_zip64=True) as member:
        while part := text.read(1 << 20):
            member.write(part.encode("utf-8", "replace"))


def _entries(desk: Desk, customer_id: int) -> Iterator[tuple[list[EntryView], dict[int, list[str]]]]:
    after: tuple[datetime, int] | None = None
    while True:
        with desk.store.reading() as tx:
            places = timeline.next_lines(tx, customer_id, after, SLICE)
            found = [timeline.one(tx, entry_id) for _, entry_id in places]
            raws = intake.raw_of(tx, [entry_id for _, entry_id in places])
        if not places:
            return
        yield [entry for entry in found if entry is not None], raws
        after = places[-1]


def _known(tx: Tx, customer_id: int) -> dict[str, Any]:
    """What stands about a customer beside their timeline."""
    members = people.members(tx, customer_id)
    numbers = [one for member in members for one in conversations.ids_of(tx, member)]
    view = facts.view(tx, customer_id)
    return {
        "customer": _row(people.customer(tx, customer_id)),
        "joined": [number for number in members if number != customer_id],
        "identities": [_row(one) for one in people.identities(tx, customer_id)],
        "conversations": [_row(conversations.get(tx, one, None)) for one in numbers],
        "participants": [_row(one) for number in numbers for one in conversations.participants(tx, number)],
        "facts": {
            name: [{"value": fact.value, "at": fact.occurred_at} for fact in view.series(name).facts]
            for name in view.names()
        },
        "answers": surveys.answers_of(tx, members),
        "tasks": [_task(one) for one in tasks.every(tx, numbers)],
        "stages": [_row(one) for member in members for one in lifecycle.history(tx, member)],
    }


def _task(one: tasks.TaskView) -> dict[str, Any]:
    return {"conversation": one.conversation_id, "text": one.text, "due_at": one.due_at, "done_at": one.done_at}


def _row(row: object) -> dict[str, Any]:
    """A row of a table as it stands, without what only searching needs."""
    names = [column.key for column in inspect(type(row)).columns]
    return {name: getattr(row, name) for name in names if not name.endswith("_folded")}


def _json(what: object) -> str:
    return json.dumps(what, ensure_ascii=False, indent=1, default=_plain)


def _plain(value: object) -> str:
    return value.isoformat() if isinstance(value, datetime) else str(value)


def _line(entry: EntryView) -> dict[str, Any]:
    return {
        "id": str(entry.id),
        "at": entry.occurred_at.isoformat(),
        "kind": entry.kind,
        "by": entry.author,
        "channel": entry.channel,
        "conversation": entry.conversation_id,
        "subject": entry.subject,
        "text": entry.text,
        "quoted": entry.quoted,
        "files": entry.attachments,
        "detail": entry.detail,
        "erased": entry.erased,
    }


def _files(
    blobs: Blobs,
    made: zipfile.ZipFile,
    names: dict[str, str],
    missing: list[str],
    entry: EntryView,
    raws: Sequence[str],
) -> list[str]:
    """Puts the files of a line into the archive, each once, and gives the names that they have there."""
    wanted = [(str(one.get("sha256") or ""), str(one.get("filename") or "file")) for one in entry.attachments]
    wanted += [(sha256, "message.eml" if entry.channel == "email" else "message.txt") for sha256 in raws]
    held = []
    for sha256, name in wanted:
        if not sha256:
            continue
        if sha256 not in names:
            try:
                content = blobs.get(sha256)
            except MissingBlob:
                missing.append(sha256)
                continue
            # A name from outside leads nowhere else when somebody unpacks this.
            safe = "".join(c if c.isalnum() or c in "-_." else "_" for c in name).lstrip(".")[-80:] or "file"
            names[sha256] = f"files/{entry.id}-{len(names) + 1}-{safe}"
            made.writestr(names[sha256], content)
        held.append(names[sha256])
    return held


def _said(entry: EntryView, held: Sequence[str]) -> str:
    """One line of the page."""
    links = " ".join(f'<a href="{escape(name)}">{escape(name.partition("/")[2])}</a>' for name in held)
    parts = [f"<article><small>{entry.occurred_at:%Y-%m-%d %H:%M} UTC, {escape(entry.channel or 'desk')}, "]
    parts.append(f"{escape(entry.kind)} ({escape(entry.author)})</small>")
    if entry.subject:
        parts.append(f"<h2>{escape(entry.subject)}</h2>")
    if entry.text:
        parts.append(f"<pre>{escape(entry.text)}</pre>")
    if links:
        parts.append(f"<p>{links}</p>")
    return "".join(parts) + "</article>\n"
