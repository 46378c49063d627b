"""What is kept no longer goes: rule after rule, conversation after conversation, in slices of 200 lines at most.

Each slice is a transaction with its effect, its count and its place, so that whoever dies in the midst of a run costs
it nothing. Conversations that have lost what a rule takes leave the piece of the index that is walked, so that a run
reads what it takes and not what was taken before.
"""

from __future__ import annotations

import hashlib
import json
import time
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import select

from desk import flows, intake, knowledge, surveys, timeline
from desk.conversations import Conversation, emptying
from desk.conversations.emptying import FILES, RAW, WORDS, Ended
from desk.files import Blobs
from desk.jobs import Leased, enqueue, finish, renew
from desk.merging import erasing as merging_erasing
from desk.outbound import erasing as outbound_erasing
from desk.parts import Desk
from desk.privacy import holding
from desk.privacy.leaving import look_at_person
from desk.privacy.rules import covered, governing, terms_of, zone_of
from desk.privacy.spans import Span, Terms, cut_off, ends
from desk.privacy.tables import RetentionRule, RetentionRun
from desk.sentiment import erasing as sentiment_erasing
from desk.settings import Inbox
from desk.store import Tx
from desk.visitors import erasing as visitors_erasing

BATCH = 50  # conversations that are looked at together
UTC_DAYS = ZoneInfo("UTC")  # of what is of no inbox
SLICE, LEAST, FIRST = 200, 20, 50  # lines a transaction, at most, at least, and to begin with
QUICK, SLOW = (
    0.05,
    0.15,
)  # seconds: a slice that takes less is followed by a larger one, one that takes more by a smaller
SECONDS = 20.0  # of one job, after which whatever else is to be done in bulk has its turn
LONGEST_REST = 0.5  # seconds between two slices: others get at least half of the time

# How far a job has passed over what is on hold or not due yet, by the walk; None: there is nothing more on it.
Passed = dict["Walk", tuple[datetime, int] | None]


@dataclass(frozen=True, slots=True)
class Walk:
    """Conversations of one inbox and status that have lost `floor` and shall lose `level`, once `span` is over."""

    inbox_id: int
    address: str
    inbox_zone: str
    status: str
    level: int
    floor: int
    span: Span


def walks(inbox: Inbox, terms: Terms) -> Iterator[Walk]:
    """In what order the conversations of an inbox are gone through by a rule: who loses everything first."""
    asked: list[tuple[str, int, Span]] = []
    if terms.what == "all":
        asked.append(("resolved", WORDS, terms.keep))
    elif terms.what == "files":
        asked.append(("resolved", FILES, terms.keep))
    if terms.takes and terms.spam_days is not None:
        asked.append(("spam", WORDS, Span(terms.spam_days)))
    if terms.takes and terms.raw_days is not None:
        asked.append(("resolved", RAW, Span(terms.raw_days)))
    for status, level, span in asked:
        for floor in range(level):
            yield Walk(inbox.id, inbox.address, inbox.zone, status, level, floor, span)


def asides(terms: Terms) -> list[tuple[str, Span]]:
    """How long raw messages that became no line are kept, by what became of them."""
    found: list[tuple[str, Span]] = []
    if terms.takes:
        rest = terms.keep if terms.raw_days is None else Span(terms.raw_days)
        found += [(state, rest) for state in intake.ENDS]
        if terms.aside_days is not None:
            found += [(state, Span(terms.aside_days)) for state in intake.ASIDE]
    return found


def retain(desk: Desk, job: Leased) -> None:
    """The task `privacy.retain`: slices for some seconds, and a next job where there is more."""
    until = time.monotonic() + SECONDS
    passed: Passed = {}
    more, most = True, min(FIRST, SLICE)
    while more and time.monotonic() < until:
        began = time.monotonic()

        def take(tx: Tx, most: int = most) -> bool:
            renew(tx, job)
            return step(tx, desk.files, passed, most)

        more = desk.store.attempt(take)
        took = time.monotonic() - began
        if took > SLOW:
            most = max(min(LEAST, SLICE), most // 2)
        elif took < QUICK:
            most = min(SLICE, most * 2)
        if more:
            time.sleep(min(LONGEST_REST, took))
    with desk.store.transaction() as tx:
        finish(tx, job)
        if more:
            enqueue(tx, "privacy.retain", {}, key="retain", priority=9)


def step(tx: Tx, files: Blobs, passed: Passed, most: int = SLICE) -> bool:
    """One slice of the run that is going, or of the next one. False where nothing is due by any rule."""
    run = tx.scalar(
        select(RetentionRun)
        .where(RetentionRun.state == "running")
        .order_by(RetentionRun.id)
        .limit(1)
        .with_for_update()
        .execution_options(populate_existing=True)
    )
    if run is None:
        passed.clear()
        run = begin(tx)
        if run is None:
            return False
    rule = tx.get_one(RetentionRule, run.rule_id)
    left = most
    for walk in _walks_of(tx, rule):
        while left > 0 and (took := _take(tx, files, run, rule, walk, passed, left)):
            left -= took
        if left <= 0:
            tx.flush()
            return True
    if _aside(tx, files, run, rule):
        return True
    _prove(tx, run)
    return True


def begin(tx: Tx) -> RetentionRun | None:
    """Begins a run of the first rule by which something is due; None where nothing is."""
    for rule in governing(tx).values():
        if not any(_due(tx, walk, {}) for walk in _walks_of(tx, rule)) and not _due_aside(tx, rule):
            continue
        run = RetentionRun(
            rule_id=rule.id,
            state="running",
            began_at=tx.now(),
            place=[],
            terms=terms_of(rule).as_dict() | {"inbox": rule.inbox_id},
            went=dict.fromkeys(("conversations", "messages", "files", "bytes", "raw"), 0),
        )
        tx.add(run)
        tx.flush()
        return run
    return None


def _walks_of(tx: Tx, rule: RetentionRule) -> Iterator[Walk]:
    terms = terms_of(rule)
    for inbox in covered(tx, rule):
        yield from walks(inbox, terms)


def _due(tx: Tx, walk: Walk, passed: Passed) -> list[Ended]:
    """The next conversations of a walk that are due, and not on hold; none where there are no more."""
    now, zone = tx.now(), zone_of(walk.inbox_zone)
    before = cut_off(now, walk.span, zone)
    if walk in passed and passed[walk] is None:
        return []
    while True:
        found = emptying.ended(tx, walk.inbox_id, walk.status, walk.floor, before, passed.get(walk), limit=BATCH)
        held = holding.held_among(tx, [one.id for one in found])
        due = []
        for one in found:
            if ends(one.ended_at, walk.span, zone) <= now and one.id not in held:
                due.append(one)
            elif not due:
                passed[walk] = (one.last_at, one.id)
        if due:
            return due
        if len(found) < BATCH:
            passed[walk] = None
            return []


def _take(tx: Tx, files: Blobs, run: RetentionRun, rule: RetentionRule, walk: Walk, passed: Passed, most: int) -> int:
    """Takes the next lines of a walk, and what stands beside a conversation with the last of its own. Gives how many;
    a conversation without lines counts as one."""
    whole: list[Conversation] = []
    ids: list[int] = []
    took = 0
    due = [one.id for one in _due(tx, walk, passed)][:most]
    rows = emptying.held_rows(tx, due)
    held = holding.held_among(tx, due)  # again: nobody can put one of them on hold from here on
    for row in (rows[number] for number in due):
        if row.status != walk.status or row.emptied != walk.floor or row.id in held:
            took += 1  # somebody was quicker; the walk finds it no more
            continue
        after = None
        if run.place and run.place[0] == row.id and run.place[1] == walk.level:
            after = (datetime.fromisoformat(run.place[2]), int(run.place[3]))
        lines = timeline.next_of(tx, row.id, after, most - took)
        ids += [number for _, number in lines]
        took += max(1, len(lines))
        if lines and took >= most:  # there may be more of it
            run.place = [row.id, walk.level, lines[-1][0].isoformat(), str(lines[-1][1])]
            break
        run.place = []
        whole.append(row)
        if took >= most:
            break
    _lines(tx, files, run, ids, walk)
    if whole:
        if walk.level == WORDS:
            _beside(tx, files, [row.id for row in whole])
        emptying.empty(tx, whole, walk.level)
        _add(run, {"conversations": len(whole)})
        if walk.level == WORDS and terms_of(rule).persons:
            for customer_id in sorted({row.customer_id for row in whole}):
                look_at_person(tx, customer_id, rule.id)
    return took


def _lines(tx: Tx, files: Blobs, run: RetentionRun, ids: list[int], walk: Walk) -> None:
    if not ids:
        return
    level = walk.level
    how: dict[str, Any] = {"rule": run.rule_id, "number": walk.span.number, "unit": walk.span.unit}
    how |= {"inbox": walk.address} | ({"spam": True} if walk.status == "spam" else {})
    _add(run, {"raw": intake.erase(tx, files, ids)})
    timeline.forget_raw(tx, ids)
    if level == RAW:
        return
    gone: timeline.Removed
    if level == WORDS:
        outbound_erasing.erase_entries(tx, files, ids)
        gone = timeline.remove_words(tx, ids, how)
        knowledge.erase_votes(tx, ids)
        sentiment_erasing.erase(tx, ids)
    else:
        gone = timeline.remove_files(tx, ids, how)
        outbound_erasing.erase_entries(tx, files, gone.entry_ids, ended_only=True)  # mails that carried them along
    for sha256 in gone.digests:
        files.release(tx, sha256)
    _add(run, {"messages": gone.words, "files": gone.files, "bytes": gone.size})


def _beside(tx: Tx, files: Blobs, ids: list[int]) -> None:
    """What repeats the words of conversations elsewhere than in their lines."""
    outbound_erasing.erase(tx, files, ids)
    surveys.erase_in(tx, ids)
    flows.erase(tx, ids)
    visitors_erasing.erase(tx, [], ids)
    merging_erasing.erase(tx, [], ids)
    holding.forget(tx, ids)


def _due_aside(tx: Tx, rule: RetentionRule) -> list[tuple[int, int]]:
    """The next raw messages (number, bytes) that became no line and are kept no longer."""
    now = tx.now()
    inboxes: list[Inbox | None] = list(covered(tx, rule))
    general = governing(tx).get(None)
    if general is not None and general.id == rule.id and rule.begins_at <= now:
        inboxes.append(None)  # what nobody could say an inbox for
    for inbox in inboxes:
        for state, span in asides(terms_of(rule)):
            before = cut_off(now, span, zone_of(inbox.zone)) if inbox is not None else cut_off(now, span, UTC_DAYS)
            found = intake.old(tx, None if inbox is None else inbox.id, state, before, SLICE)
            if found:
                return found
    return []


def _aside(tx: Tx, files: Blobs, run: RetentionRun, rule: RetentionRule) -> bool:
    found = _due_aside(tx, rule)
    if found:
        _add(run, {"raw": intake.erase_these(tx, files, [number for number, _ in found])})
    return bool(found)


def _add(run: RetentionRun, counts: dict[str, int]) -> None:
    run.went = {**run.went, **{name: int(run.went.get(name, 0)) + number for name, number in counts.items()}}


def _prove(tx: Tx, run: RetentionRun) -> None:
    done = select(RetentionRun.digest).where(RetentionRun.state == "done")
    last = tx.scalar(done.order_by(RetentionRun.id.desc()).limit(1))
    run.state, run.finished_at, run.place, run.before = "done", tx.now(), [], last or ""
    tx.flush()
    run.digest = hashlib.sha256(_said(run).encode()).hexdigest()
    tx.flush()


def _said(run: RetentionRun) -> str:
    """What the proof says, in one order."""
    assert run.finished_at is not None
    return json.dumps(
        {
            "run": run.id,
            "rule": run.rule_id,
            "terms": run.terms,
            "began_at": run.began_at.isoformat(),
            "finished_at": run.finished_at.isoformat(),
            "went": run.went,
            "before": run.before,
        },
        sort_keys=True,
        ensure_ascii=False,
    )


def run_holds_good(run: RetentionRun) -> bool:
    """Whether the proof of a run says what it said when it was made."""
    return run.state == "done" and hashlib.sha256(_said(run).encode()).hexdigest() == run.digest


def proof_of(run: RetentionRun) -> dict[str, Any]:
    """The proof as it is handed out."""
    return json.loads(_said(run)) | {"sha256": run.digest}


def runs(tx: Tx, before: int | None = None, limit: int = 20) -> list[RetentionRun]:
    """What went by rules, newest first."""
    query = select(RetentionRun).order_by(RetentionRun.id.desc()).limit(limit)
    return list(tx.scalars(query if before is None else query.where(RetentionRun.id < before)))
