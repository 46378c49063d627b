"""Clocks follow their conversation: begun, paused, given to another policy, stopped, warned of and missed.

Everything is derived from how the conversation stands, so that it makes no difference by which door a change came, and
looking twice changes nothing.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import select

from desk import calendars, conversations, facts, timeline
from desk.conversations import Conversation, Episode
from desk.sla import policies
from desk.sla.tables import Clock, Policy
from desk.sla.times import due, left_at
from desk.store import Tx

_MEMO = "sla.looked"
LOOKED_AT = 20  # newest conversations of a customer who came into a segment


@dataclass(frozen=True, slots=True)
class Standing:
    """How a conversation stands, as far as clocks care."""

    status: str
    paused: bool
    waiting_since: datetime | None
    episode_id: int | None
    opened_at: datetime
    first_message_at: datetime | None
    first_reply_at: datetime | None
    resolved_at: datetime | None
    replied_at: datetime | None  # when the last word was ours
    priority: int
    inbox_id: int
    customer_id: int
    merged: bool


def _standing(conversation: Conversation, episode: Episode) -> Standing:
    until_reply = conversation.status == "snoozed" and conversation.snoozed_until is None
    return Standing(
        status=conversation.status,
        paused=conversation.status == "pending" or until_reply,
        waiting_since=conversation.waiting_since,
        episode_id=conversation.episode_id,
        opened_at=episode.opened_at,
        first_message_at=episode.first_message_at,
        first_reply_at=episode.first_reply_at,
        resolved_at=episode.resolved_at,
        replied_at=conversation.last_at if conversation.last_author == "staff" else None,
        priority=conversation.priority,
        inbox_id=conversation.inbox_id,
        customer_id=conversation.customer_id,
        merged=conversation.merged_into is not None,
    )


def wanted(standing: Standing) -> dict[str, datetime]:
    """Which clocks should run, and since when: pure.

    The first answer is one of a person. While the assistant talks nobody waits for us, and once it hands over the clock
    counts from the question that it did not solve. A resolution is counted from the beginning of the episode, once its
    customer has written in it; where a colleague wrote first, from the customer's answer.
    """
    if standing.merged or standing.status in ("resolved", "spam") or standing.first_message_at is None:
        return {}
    found = {"resolution": max(standing.opened_at, standing.first_message_at)}
    if standing.waiting_since is not None:
        found["first" if standing.first_reply_at is None else "next"] = standing.waiting_since
    return found


def ended(kind: str, started: datetime, standing: Standing, now: datetime) -> datetime | None:
    """When what a clock waited for came; None where it has not, and nobody waits for it any more: pure."""
    if kind == "resolution":
        return standing.resolved_at if standing.status == "resolved" else None
    at = standing.first_reply_at if kind == "first" else standing.replied_at
    if kind == "next" and standing.waiting_since is not None and standing.waiting_since > started:
        at = standing.waiting_since  # answered, and written again at once
    return min(max(at, started), now) if at is not None else None


def follow(tx: Tx, conversation_id: int) -> None:
    """Brings the clocks of a conversation in line with it, for whoever holds its row: a reaction to its change."""
    if not policies.known(tx):
        return
    conversation = conversations.at_hand(tx, conversation_id)
    if conversation is not None:
        _bring(tx, conversation)


def tick(tx: Tx, conversation_id: int) -> None:
    """Writes what time has brought to a conversation: the warning, the breach. Asked for twice it writes once."""
    conversation = conversations.get(tx, conversation_id, None)
    _bring(tx, conversation, anew=True)


def due_now(tx: Tx, limit: int = 200) -> list[int]:
    """Conversations whose clocks have something to say by now."""
    query = select(Clock.conversation_id).where(Clock.next_at <= tx.now()).order_by(Clock.next_at).limit(limit)
    return list(dict.fromkeys(tx.scalars(query)))


def customer_changed(tx: Tx, customer_id: int) -> None:
    """A customer came into a segment or left one: another policy may be theirs now."""
    if not any(row.segment_id is not None for row in policies.every(tx)):
        return
    for conversation_id in conversations.ids_of(tx, customer_id)[-LOOKED_AT:]:
        conversation = conversations.get(tx, conversation_id, None)
        if conversation.status not in ("resolved", "spam"):
            _bring(tx, conversation, anew=True)


def _bring(tx: Tx, conversation: Conversation, *, anew: bool = False) -> None:
    standing = _standing(conversation, conversations.current_episode(tx, conversation))
    looked: dict[int, Standing] = tx.memo.setdefault(_MEMO, {})
    if looked.get(conversation.id) == standing and not anew:  # one message is told of as several changes
        return
    looked[conversation.id] = standing
    now, wants = tx.now(), wanted(standing)
    query = select(Clock).where(Clock.conversation_id == conversation.id, Clock.stopped_at.is_(None)).order_by(Clock.id)
    running = list(tx.scalars(query))
    policy = policies.choose(tx, conversation) if wants else None
    kept: dict[str, Clock] = {}
    for clock in running:
        if clock.episode_id != standing.episode_id or wants.get(clock.kind) != clock.started_at:
            _stop(tx, conversation, clock, standing, now)
        elif policy is None or policy.minutes(clock.kind) is None:
            _end(clock, now, "dropped")
        else:
            if clock.policy_id != policy.id:
                _give(tx, clock, policy, conversation, now)
            kept[clock.kind] = clock
    if policy is not None:
        for kind, started in wants.items():
            if kind not in kept and policy.minutes(kind) is not None and started >= policy.created_at:
                kept[kind] = _begin(tx, conversation, policy, kind, started, now)
    for clock in kept.values():
        _pause(tx, clock, standing.paused and clock.pauses, now)
        _fire(tx, conversation, clock, now)
    tx.flush()
    _show(tx, conversation, list(kept.values()))


def _begin(tx: Tx, conversation: Conversation, policy: Policy, kind: str, started: datetime, now: datetime) -> Clock:
    """A new clock; or one that stopped and runs again, because what stopped it was taken back."""
    query = select(Clock).where(
        Clock.episode_id == conversation.episode_id, Clock.kind == kind, Clock.started_at == started
    )
    found: Clock | None = tx.scalars(query).first()
    if found is not None:
        found.stopped_at, found.outcome = None, ""
        if found.policy_id == policy.id:
            found.due_at = found.promised_at if found.paused_at is None else None
            _look(found)
            return found
        found.paused_at = None
    clock = found or Clock(
        conversation_id=conversation.id,
        episode_id=conversation.episode_id or 0,
        kind=kind,
        started_at=started,
        stopped_at=None,
        outcome="",
        paused_at=None,
        left_seconds=0.0,
        warned_at=None,
        breached_at=None,
        promised_at=None,
        due_at=None,
    )
    _snapshot(tx, clock, policy, conversation)
    _set(tx, clock, started, timedelta(minutes=clock.minutes))
    if found is None:
        tx.add(clock)
    return clock


def _snapshot(tx: Tx, clock: Clock, policy: Policy, conversation: Conversation) -> None:
    clock.policy_id, clock.minutes = policy.id, policy.minutes(clock.kind) or 0
    clock.version_id = policies.version_for(tx, policy, conversation.inbox_id)
    clock.because = policies.because(tx, policy)
    clock.pauses, clock.warn_minutes = policy.pauses, policy.warn_minutes


def _give(tx: Tx, clock: Clock, policy: Policy, conversation: Conversation, now: datetime) -> None:
    """Another policy is for this conversation now. What was used of the old target is used of the new one."""
    before = timedelta(minutes=clock.minutes)
    rules = calendars.rules(tx, clock.version_id)
    if clock.paused_at is not None:
        used = before - timedelta(seconds=clock.left_seconds)
    else:
        used = before - left_at(rules, clock.due_at, now)
    untouched = (
        clock.paused_at is None and clock.promised_at == due(rules, clock.started_at, before, timedelta(0), before).at
    )
    _snapshot(tx, clock, policy, conversation)
    target = timedelta(minutes=clock.minutes)
    if clock.paused_at is not None:
        clock.left_seconds = (target - used).total_seconds()
    elif untouched:
        _set(tx, clock, clock.started_at, target)
    else:
        _set(tx, clock, now, max(timedelta(0), target - used))
    if clock.due_at is not None and clock.due_at > now:
        clock.breached_at = None
        if clock.warn_at is not None and clock.warn_at > now:
            clock.warned_at = None
    _look(clock)


def _set(tx: Tx, clock: Clock, begin: datetime, left: timedelta) -> None:
    target = timedelta(minutes=clock.minutes)
    found = due(calendars.rules(tx, clock.version_id), begin, left, timedelta(minutes=clock.warn_minutes), target)
    clock.due_at = clock.promised_at = found.at
    clock.warn_at = found.warn
    _look(clock)


def _look(clock: Clock) -> None:
    """When a job has to look at it next."""
    if clock.stopped_at is not None or clock.due_at is None or clock.breached_at is not None:
        clock.next_at = None
    else:
        clock.next_at = clock.due_at if clock.warned_at is not None else clock.warn_at


def _pause(tx: Tx, clock: Clock, paused: bool, now: datetime) -> None:
    rules = calendars.rules(tx, clock.version_id)
    if paused and clock.paused_at is None and clock.due_at is not None and clock.due_at > now:
        clock.left_seconds = left_at(rules, clock.due_at, now).total_seconds()
        clock.paused_at, clock.due_at, clock.next_at = now, None, None
    elif not paused and clock.paused_at is not None:
        clock.paused_at = None
        _set(tx, clock, now, timedelta(seconds=max(0.0, clock.left_seconds)))


def _stop(tx: Tx, conversation: Conversation, clock: Clock, standing: Standing, now: datetime) -> None:
    at = ended(clock.kind, clock.started_at, standing, now) if clock.episode_id == standing.episode_id else None
    if clock.due_at is not None and clock.due_at < (at or now) and clock.breached_at is None:
        _breach(tx, conversation, clock, clock.due_at)
    late = clock.due_at is not None and (at or now) > clock.due_at
    _end(clock, at or now, "breached" if late else "met" if at is not None else "dropped")


def _end(clock: Clock, at: datetime, outcome: str) -> None:
    clock.stopped_at, clock.outcome, clock.due_at, clock.next_at = at, outcome, None, None


def _fire(tx: Tx, conversation: Conversation, clock: Clock, now: datetime) -> None:
    if clock.due_at is None:
        return
    if clock.due_at <= now:
        if clock.breached_at is None:
            _breach(tx, conversation, clock, clock.due_at)
    elif clock.warned_at is None and clock.warn_at is not None and clock.warn_at <= now:
        clock.warned_at = clock.warn_at
        _line(tx, conversation, clock, "warning", clock.warn_at)
    _look(clock)


def _breach(tx: Tx, conversation: Conversation, clock: Clock, at: datetime) -> None:
    clock.warned_at = clock.warned_at or at
    clock.breached_at = at
    entry = _line(tx, conversation, clock, "breach", at)
    facts.record(
        tx, conversation.customer_id, "sla.breached", clock.kind, occurred_at=at, entry_id=entry,
        identity_id=conversation.reply_identity_id,
    )  # fmt: skip


def _line(tx: Tx, conversation: Conversation, clock: Clock, what: str, at: datetime) -> int:
    policy = next((row for row in policies.known(tx) if row.id == clock.policy_id), None)
    entry = timeline.record(
        tx,
        customer_id=conversation.customer_id,
        kind="sla",
        author="desk",
        occurred_at=at,
        conversation_id=conversation.id,
        episode_id=clock.episode_id,
        identity_id=conversation.reply_identity_id,
        detail={
            "what": what,
            "target": clock.kind,
            "minutes": clock.minutes,
            "due": clock.due_at.isoformat() if clock.due_at is not None else None,
            "policy": policy.name if policy is not None else "",
        },
    )
    return entry.id


def _show(tx: Tx, conversation: Conversation, clocks: Sequence[Clock]) -> None:
    """The clock that is due first stands in the queue's row."""
    running = sorted((c for c in clocks if c.due_at is not None), key=lambda c: (c.due_at or c.started_at, c.id))
    if not running:
        paused = next((c for c in clocks if c.paused_at is not None), None)
        conversations.promise(
            tx, conversation, kind=paused.kind if paused else "", state="paused" if paused else ""
        )  # fmt: skip
        return
    first = running[0]
    state = "late" if first.breached_at is not None else "soon" if first.warned_at is not None else "running"
    conversations.promise(
        tx, conversation, due_at=first.due_at, warn_at=first.warn_at, kind=first.kind, state=state
    )  # fmt: skip
