"""Erasing a customer: what would go and stay, the order in which it goes, and the proof that it went.

Who somebody is goes first, in the transaction that begins: from then on whoever writes from one of their addresses is
somebody new, and nothing waits to be sent to them. Their lines follow in slices, so that no desk stands still for a
customer of a million lines; a slice that is done twice erases nothing twice, so that a crash costs nothing.
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import select

from desk import (
    automation,
    conversations,
    facts,
    flows,
    imports,
    intake,
    knowledge,
    lifecycle,
    people,
    search,
    surveys,
    tasks,
    timeline,
)
from desk.agents import Viewer
from desk.blocking import erasing as blocking_erasing
from desk.conversations import erasing as conversations_erasing
from desk.files import Blobs, MissingBlob
from desk.jobs import Leased, enqueue, finish, renew
from desk.merging import erasing as merging_erasing
from desk.outbound import erasing as outbound_erasing
from desk.parts import Desk
from desk.privacy import holding
from desk.privacy.tables import Archive, Erasure
from desk.sentiment import erasing as sentiment_erasing
from desk.store import Tx
from desk.visitors import erasing as visitors_erasing

SLICE = 200  # lines erased in one transaction
LOOSE_SLICE = 100  # raw messages looked into at once
LONGEST_REASON = 500
LAST = 2**62  # past every arrival: their files are not looked through


class NotErased(ValueError):
    """This cannot be erased; the message says why in one sentence."""


@dataclass(frozen=True, slots=True)
class Preview:
    """What erasing would do: `goes` and `stays` are counts; `bytes` are of files; `ends` conversations are open."""

    customer_id: int
    goes: dict[str, int]
    stays: dict[str, int]
    bytes: int
    ends: int
    joined: int


def preview(tx: Tx, customer_id: int) -> Preview:
    """What would go with a customer, and everybody who was joined into them. Writes nothing. Raises LookupError."""
    root = people.customer(tx, customer_id).id
    members = people.members(tx, root)
    held, answers = timeline.holds(tx, members), surveys.count_of(tx, root)
    total, going = conversations_erasing.count_of(tx, members)
    return Preview(
        customer_id=root,
        goes={
            "identities": people.count_identities(tx, members),
            "messages": held.words,
            "files": held.files,
            "facts": facts.count_personal(tx, members),
            "comments": surveys.count_comments(tx, members),
        },
        stays={"lines": held.lines, "conversations": total, "answers": answers},
        bytes=held.size,
        ends=going,
        joined=len(members) - 1,
    )


def ask(tx: Tx, customer_id: int, by: Viewer, reason: str, files: Blobs) -> Erasure:
    """Begins to erase a customer: who they are goes at once, their lines by a job.

    Raises LookupError for somebody unknown, NotErased where it was begun before, where a conversation of theirs is on
    hold, or no reason is given.
    """
    return begin(tx, customer_id, by.id, reason, files)


def begin(
    tx: Tx, customer_id: int, staff_id: int, reason: str, files: Blobs, *, thorough: bool = True, priority: int = 3
) -> Erasure:
    """As `ask`. Not `thorough`: what became no line is not looked through file by file, and lists that were brought in
    stay; for the many whom a retention rule lets go, and whose spans are short for these."""
    said = " ".join(reason.split())
    if not said:
        raise NotErased("Say why: the proof of it carries the reason.")
    if len(said) > LONGEST_REASON:
        raise NotErased(f"A reason has {LONGEST_REASON} letters at most.")
    root = people.current_id(tx, customer_id)
    members = people.members(tx, root)
    rows = people.held(tx, *members)
    if root not in rows:
        raise LookupError("There is no such customer.")
    if any(row.erased_at is not None for row in rows.values()):
        raise NotErased("This customer was erased already.")
    held = holding.holds_customer(tx, members)
    if held is not None:
        raise NotErased(f"Conversation #{held.conversation_id} is on hold: lift that first.")
    before = preview(tx, root)
    row = Erasure(
        customer_id=root,
        staff_id=staff_id,
        reason=said,
        state="waiting",
        asked_at=tx.now(),
        members=members,
        place=[],
        went={},
        stayed=before.stays,
    )
    tx.add(row)
    _who(tx, files, row, thorough)
    tx.flush()
    enqueue(tx, "privacy.erase", {"erasure_id": row.id}, key=f"erase:{row.id}", priority=priority)
    return row


def _who(tx: Tx, files: Blobs, row: Erasure, thorough: bool) -> None:
    """Everything that names them, and all that is found by their addresses."""
    members = [int(number) for number in row.members]
    # Conversations first: whoever is changing one of them is done before the rest is read.
    numbers = [one for member in members for one in conversations.ids_of(tx, member, hold=True)]
    known = people.own_addresses(tx, members)
    addresses = [value for kind, value in known if kind in ("email", "phone")]
    identity_ids = people.identities_from(tx, members)
    identity_ids += [one.id for member in members for one in people.identities(tx, member)]
    _add(row, conversations_erasing.erase(tx, members))
    mails = [value for kind, value in known if kind == "email"]
    for conversation_id, participant_id in conversations_erasing.take_out(tx, mails):
        written = timeline.of_participant(tx, conversation_id, participant_id)
        _add(row, _lines(tx, files, written))
        _add(row, {"raw": intake.erase(tx, files, written)})
        conversations_erasing.retell(tx, conversation_id)
    _add(row, outbound_erasing.erase(tx, files, numbers, addresses))
    _add(row, {"raw": intake.erase_from(tx, files, addresses)})
    _add(row, visitors_erasing.erase(tx, sorted(set(identity_ids)), numbers))
    _add(row, facts.erase(tx, members))
    _add(row, surveys.erase(tx, members))
    lifecycle.erase(tx, members)
    automation.erase(tx, numbers)
    flows.erase(tx, numbers)
    tasks.erase(tx, numbers)
    merging_erasing.erase(tx, members, numbers)
    blocking_erasing.erase(tx, [value for _, value in known])
    holding.forget(tx, numbers)
    if thorough:
        imports.let_all_go(tx, files)
    for archive in tx.scalars(select(Archive).where(Archive.customer_id.in_(members), Archive.sha256 != "")):
        files.release(tx, archive.sha256)
        archive.state, archive.sha256 = "gone", ""
    # What only the file of a raw message says is looked for by these, until the last slice; then they go as well.
    row.place = [tx.keys.seal(json.dumps(addresses)) if thorough else "", 0, None]
    _add(row, people.erase(tx, members))
    for member in members:
        search.note(tx, customer_id=member)
    for number in numbers:
        search.note(tx, conversation_id=number)


def _add(row: Erasure, counts: dict[str, int]) -> None:
    row.went = {**row.went, **{name: int(row.went.get(name, 0)) + number for name, number in counts.items()}}


def _lines(tx: Tx, files: Blobs, entry_ids: list[int]) -> dict[str, int]:
    """Erases lines, and what other packages keep of their words."""
    words, digests = timeline.erase_lines(tx, entry_ids)
    for sha256 in digests:
        files.release(tx, sha256)
    knowledge.erase_votes(tx, entry_ids)
    sentiment_erasing.erase(tx, entry_ids)
    return {"messages": words, "files": len(digests)}


def erase(desk: Desk, job: Leased) -> None:
    """The task `privacy.erase`: slice after slice, each with its own transaction, and the proof with the last."""
    number = int(job.args["erasure_id"])
    while True:
        with desk.store.reading() as tx:
            row = tx.get(Erasure, number)
            through = row is None or row.state == "done"
            place = [] if row is None else list(row.place)
            addresses: list[str] = json.loads(tx.keys.open(place[0])) if place and place[0] else []
        if through:
            with desk.store.transaction() as tx:
                finish(tx, job)
            return
        found: list[int] | None = None
        if place[2] is not None:  # the lines are through: now the files of what became no line
            with desk.store.reading() as tx:
                waiting = intake.loose(tx, int(place[2]), LOOSE_SLICE)
            found = [arrival for arrival, sha256 in waiting if _names(desk.files, sha256, addresses)]
            last = waiting[-1][0] if waiting else None
        with desk.store.transaction() as tx:
            row = tx.get_one(Erasure, number, with_for_update=True, populate_existing=True)
            if found is None:
                _slice(tx, desk.files, row)
            elif last is not None:
                _add(row, {"raw": intake.erase_these(tx, desk.files, found)})
                row.place = [place[0], place[1], last]
            else:
                _prove(tx, row)
                finish(tx, job)
                return
            renew(tx, job)


def _names(files: Blobs, sha256: str, addresses: list[str]) -> bool:
    """Whether the file of a raw message names one of these addresses."""
    try:
        content = files.get(sha256).lower()
    except MissingBlob:
        return False
    return any(one.lower().encode() in content for one in addresses if len(one) > 3)


def _slice(tx: Tx, files: Blobs, row: Erasure) -> None:
    """The next lines of the next member: `place` is [addresses, member, None] and then where in their time."""
    members, at = [int(one) for one in row.members], int(row.place[1])
    after = (datetime.fromisoformat(row.place[3]), int(row.place[4])) if len(row.place) > 3 else None
    found = timeline.next_lines(tx, members[at], after, SLICE)
    row.state = "running"
    if found:
        ids = [entry_id for _, entry_id in found]
        _add(row, {"raw": intake.erase(tx, files, ids)})
        outbound_erasing.erase_entries(tx, files, ids)
        _add(row, _lines(tx, files, ids))
        # As text: a JSON number of some readers cannot hold the number of a line.
        row.place = [row.place[0], at, None, found[-1][0].isoformat(), str(found[-1][1])]
    elif at + 1 < len(members):
        row.place = [row.place[0], at + 1, None]
    else:
        row.place = [row.place[0], at, 0 if row.place[0] else LAST]


def _prove(tx: Tx, row: Erasure) -> None:
    done = select(Erasure.digest).where(Erasure.state == "done")
    last = tx.scalar(done.order_by(Erasure.finished_at.desc(), Erasure.id.desc()).limit(1))
    row.state, row.finished_at, row.place, row.before = "done", tx.now(), [], last or ""
    tx.flush()
    row.digest = hashlib.sha256(_said(row).encode()).hexdigest()
    timeline.record(
        tx,
        customer_id=row.customer_id,
        kind="erased",
        author="staff",
        staff_id=row.staff_id,
        occurred_at=tx.now(),
        detail={"erasure": row.id, "went": row.went},
    )
    tx.flush()


def _said(row: Erasure) -> str:
    """What the proof says, in one order."""
    assert row.finished_at is not None
    return json.dumps(
        {
            "erasure": row.id,
            "customer": row.customer_id,
            "members": row.members,
            "by": row.staff_id,
            "reason": row.reason,
            "asked_at": row.asked_at.isoformat(),
            "finished_at": row.finished_at.isoformat(),
            "went": row.went,
            "stayed": row.stayed,
            "before": row.before,
        },
        sort_keys=True,
        ensure_ascii=False,
    )


def proof(tx: Tx, customer_id: int) -> Erasure | None:
    """The record that a customer was erased, or is being; None for everybody else."""
    return tx.scalar(select(Erasure).where(Erasure.customer_id == customer_id).order_by(Erasure.id.desc()).limit(1))


def holds_good(row: Erasure) -> bool:
    """Whether a proof says what it said when it was made."""
    return row.state == "done" and hashlib.sha256(_said(row).encode()).hexdigest() == row.digest


def record_of(row: Erasure) -> dict[str, Any]:
    """The proof as it is handed out."""
    return json.loads(_said(row)) | {"sha256": row.digest}
