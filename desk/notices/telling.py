"""Who is told what: one row for each colleague, in the transaction in which it happened; never of what is on their
screen, and never of their own doing."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from sqlalchemy import delete, select

from desk import agents, conversations, timeline
from desk.agents import Viewer
from desk.conversations import Conversation
from desk.jobs import enqueue
from desk.notices import looking
from desk.notices.choices import Choice, choices, next_mail
from desk.notices.pushing import ask_push
from desk.notices.tables import Notice
from desk.signals import (
    AnswerHeld,
    CustomerWrote,
    DeliverySettled,
    EntryRecorded,
    NoticeWritten,
    RuleStopped,
    Signal,
    TaskDue,
)
from desk.store import Tx
from desk.surveys import SCALES

# More of the same in one conversation is one notice that says how often.
GATHERED = frozenset({"answered", "frustrated", "promise"})
# What a colleague does in a conversation shows that they have seen what they were told of it.
ACTS = frozenset(
    {"reply", "note", "status", "status_name", "assigned", "priority", "label", "forward", "merge", "task"}
)
MOST = 500  # people of one team that are told at once


def happened(tx: Tx, signal: Signal) -> None:
    """Hears what may concern somebody; a reaction of the desk, within its transaction."""
    match signal:
        case CustomerWrote():
            conversation = conversations.known(tx, signal.conversation_id)
            _tell_owner(tx, "answered", conversation, signal.entry_id)
        case EntryRecorded() if signal.conversation_id is not None and signal.kind in _LINES:
            _line(tx, signal.entry_id, signal.conversation_id)
        case RuleStopped():
            admins = [one.id for one in _active(tx) if one.role == "admin"]
            tell(tx, "rule", admins, detail={"rule_id": signal.rule_id, "name": signal.name})


def delivery_failed(tx: Tx, signal: DeliverySettled, conversation_id: int | None, entry_id: int | None) -> None:
    """An answer did not reach its customer: whoever wrote it is told, else whose conversation it is."""
    if conversation_id is None or signal.ok:
        return
    entry = timeline.one(tx, entry_id) if entry_id is not None else None
    conversation = conversations.known(tx, conversation_id)
    told = entry.staff_id if entry is not None and entry.staff_id is not None else conversation.assignee_id
    if told is not None:
        tell(tx, "failed", [told], conversation_id=conversation_id, entry_id=entry_id)


def answer_held(tx: Tx, signal: AnswerHeld) -> None:
    """An answer that was to go at a time waits for its writer."""
    where = {"conversation_id": signal.conversation_id, "entry_id": signal.entry_id}
    tell(tx, "failed", [signal.staff_id], detail={"what": "held"}, **where)


def mentioned(tx: Tx, staff_ids: Sequence[int], conversation_id: int, entry_id: int, by_id: int) -> None:
    """Colleagues were named in a note; only those who may see it are told."""
    tell(tx, "mention", staff_ids, conversation_id=conversation_id, entry_id=entry_id, by_id=by_id)


def task_due(tx: Tx, signal: TaskDue) -> None:
    """The time of a task has come: whose it is is told, else whose conversation it is."""
    conversation = conversations.known(tx, signal.conversation_id)
    told = signal.staff_id if signal.staff_id is not None else conversation.assignee_id
    if told is not None:
        where = {"conversation_id": signal.conversation_id, "entry_id": signal.entry_id}
        tell(tx, "task", [told], detail={"what": "due"}, **where)


def reminded(tx: Tx, staff_id: int, conversation_id: int) -> None:
    """Somebody wanted to be reminded of a conversation now."""
    tell(tx, "reminder", [staff_id], conversation_id=conversation_id)


def _line(tx: Tx, entry_id: int, conversation_id: int) -> None:
    entry = timeline.one(tx, entry_id)
    if entry is None:
        return
    if entry.staff_id is not None and entry.kind in ACTS:
        looking.read(tx, entry.staff_id, conversation_id=conversation_id)
    conversation, said = conversations.known(tx, conversation_id), entry.detail
    if entry.kind == "assigned" and said.get("after") == conversation.assignee_id:
        _tell_owner(tx, "assigned", conversation, entry_id, by_id=entry.staff_id)
    elif entry.kind == "sentiment" and said.get("after") == "frustrated":
        told = _team(tx, conversation)
        tell(tx, "frustrated", told, conversation_id=conversation_id, entry_id=entry_id, by_id=entry.staff_id)
    elif entry.kind == "sla":
        _tell_owner(tx, "promise", conversation, entry_id, detail={"what": said["what"], "target": said["target"]})
    elif entry.kind == "survey_answered":
        _bad_score(tx, conversation, entry_id, said)
    elif entry.kind == "task" and said.get("assignee") is not None and (said.get("given") or said["what"] == "added"):
        told = [int(said["assignee"])]
        tell(tx, "task", told, conversation_id=conversation_id, entry_id=entry_id, by_id=entry.staff_id)


_LINES = ACTS | {"sentiment", "sla", "survey_answered"}


def _bad_score(tx: Tx, conversation: Conversation, entry_id: int, said: Mapping[str, Any]) -> None:
    scale = SCALES[said["kind"]]
    before = said.get("before")
    if not scale.is_low(said["score"]) or (before is not None and scale.is_low(before["score"])):
        return
    owner = conversation.assignee_id
    if owner is None and conversation.episode_id is not None:
        owner = conversations.current_episode(tx, conversation).resolved_by
    if owner is not None:
        detail = {"score": said["score"], "of": scale.highest}
        tell(tx, "survey", [owner], conversation_id=conversation.id, entry_id=entry_id, detail=detail)


def _team(tx: Tx, conversation: Conversation) -> list[int]:
    """Those of the conversation's team; whose it is alone, where it is of no team."""
    owner = [conversation.assignee_id] if conversation.assignee_id is not None else []
    if conversation.team_id is None:
        return owner
    team = next((one for one in agents.teams(tx) if one.id == conversation.team_id), None)
    return list(dict.fromkeys([*owner, *(team.staff_ids if team is not None else ())]))[:MOST]


def _tell_owner(
    tx: Tx,
    kind: str,
    conversation: Conversation,
    entry_id: int,
    *,
    by_id: int | None = None,
    detail: Mapping[str, Any] | None = None,
) -> None:
    if conversation.assignee_id is not None and conversation.assignee_id != by_id:
        owner = [conversation.assignee_id]
        tell(tx, kind, owner, conversation_id=conversation.id, entry_id=entry_id, by_id=by_id, detail=detail)


def _active(tx: Tx) -> list[Any]:
    return [one for one in agents.page(tx, limit=1000).rows if one.active]


def tell(
    tx: Tx,
    kind: str,
    staff_ids: Iterable[int],
    *,
    conversation_id: int | None = None,
    entry_id: int | None = None,
    by_id: int | None = None,
    detail: Mapping[str, Any] | None = None,
) -> None:
    """Tells these colleagues: not whose doing it was, not who has it on screen, not who wants nothing of this kind, and
    nobody who may not see the conversation."""
    told = [one for one in dict.fromkeys(staff_ids) if one != by_id]
    if told and conversation_id is not None:
        before_them = looking.looking(tx, conversation_id)
        told = [one for one in told if one not in before_them]
    if not told:
        return
    chosen = choices(tx, told)
    for staff_id in told:
        if not chosen[staff_id].of(kind).any:
            continue
        viewer = agents.viewer(tx, staff_id)
        if viewer is not None and _sees(tx, viewer, conversation_id):
            _write(tx, viewer, chosen[staff_id], kind, conversation_id, entry_id, by_id, dict(detail or {}))


def _sees(tx: Tx, viewer: Viewer, conversation_id: int | None) -> bool:
    if conversation_id is None:
        return True
    found = conversations.known(tx, conversation_id)
    return conversations.may_see(viewer, found.team_id, found.assignee_id)


def _write(
    tx: Tx,
    viewer: Viewer,
    choice: Choice,
    kind: str,
    conversation_id: int | None,
    entry_id: int | None,
    by_id: int | None,
    detail: dict[str, Any],
) -> None:
    ways, now = choice.of(kind), tx.now()
    row = Notice(
        staff_id=viewer.id,
        kind=kind,
        conversation_id=conversation_id,
        entry_id=entry_id,
        by_id=by_id,
        detail=detail,
        times=1 + _gathered(tx, viewer.id, kind, conversation_id),
        at=now,
        in_app=ways.in_app,
        mail=ways.mail,
    )
    tx.add(row)
    tx.flush()
    tx.announce(NoticeWritten(viewer.id, row.id))
    if ways.push and not choice.is_quiet(now, viewer.zone):
        ask_push(tx, viewer.id, row.id)
    if ways.mail:
        ask_mail(tx, viewer.id, ways.mail, choice.quiet.over(next_mail(ways.mail, now, viewer.zone), viewer.zone))


def ask_mail(tx: Tx, staff_id: int, mail: str, at: Any) -> None:
    """The job that mails what is unread then. One stands for all that comes before it."""
    args = {"staff_id": staff_id, "mail": mail}
    enqueue(tx, "notices.mail", args, key=f"notices:{staff_id}:{mail}", run_at=at, priority=7)


def _gathered(tx: Tx, staff_id: int, kind: str, conversation_id: int | None) -> int:
    """How often it was told already without being read: that notice goes, and the new one stands for both."""
    if kind not in GATHERED:
        return 0
    same = (
        Notice.staff_id == staff_id,
        Notice.conversation_id == conversation_id,
        Notice.kind == kind,
        Notice.read_at.is_(None),
    )
    found = tx.execute(select(Notice.id, Notice.times).where(*same)).all()
    if found:
        gone = delete(Notice).where(Notice.id.in_([row.id for row in found]))
        tx.execute(gone, execution_options={"synchronize_session": False})
    return sum(row.times for row in found)
