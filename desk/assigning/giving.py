"""Conversations given to somebody by their team's policy, after the commit that brought them into its queue."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from typing import Any

from sqlalchemy import delete, func, select

from desk import calendars, conversations, people
from desk.assigning import policies, presence, work
from desk.assigning.choosing import Asked, Candidate, Choice, Standing, choose
from desk.assigning.tables import Assignment, AssignmentPolicy, Wait
from desk.conversations import Conversation
from desk.jobs import enqueue
from desk.store import Tx

AT_ONCE = 50  # conversations that are looked at when somebody comes back
NOT_AGAIN = timedelta(days=1)  # for whom somebody has just given away
_LOST = ("declined", "passed", "moved")


def look_at(tx: Tx, conversation_id: int) -> None:
    """Asks for a choice, where any team has a policy."""
    if policies.any_on(tx):
        enqueue(
            tx, "assigning.choose", {"conversation_id": conversation_id}, key=f"assign:{conversation_id}", priority=3
        )


def room_may_be(tx: Tx) -> None:
    """Somebody has less to do than before, or may have: what waits is looked at, if anything does."""
    if policies.any_on(tx) and tx.scalar(select(Wait.conversation_id).limit(1)) is not None:
        enqueue(tx, "assigning.again", {}, key="assigning.again", priority=4)


def give(tx: Tx, conversation_id: int) -> Choice | None:
    """Gives an open conversation that is nobody's to whom its team's policy says, or says why to nobody; None where
    there is nothing to decide."""
    try:
        row = conversations.get(tx, conversation_id, None)
    except conversations.NotVisible:
        return None
    waits = row.status == "open" and row.assignee_id is None and row.waiting_since is not None
    policy = policies.of(tx, row.team_id)
    if policy is None or not waits or row.merged_into is not None or row.bot == "talking":
        _waits_no_more(tx, row.id)
        return None
    asked = _asked(tx, policy, row)
    ids = policies.pool(tx, policy)
    choice = choose(candidates(tx, policy, ids, presence.held(tx, ids), row.channel), asked)
    if choice.staff_id is not None:
        _waits_no_more(tx, row.id)
        conversations.hand(tx, row, choice.staff_id, _because(policy, choice))
    else:
        _say_why(tx, row, choice)
    return choice


def _asked(tx: Tx, policy: AssignmentPolicy, row: Conversation) -> Asked:
    language, skills = "", frozenset[str]()
    if policy.by_language:
        locale = people.customer(tx, row.customer_id).locale or ""
        language = locale.replace("_", "-").partition("-")[0].casefold()
    if policy.by_label:
        labels = {work.folded(name) for name in conversations.labels(tx, [row.id]).get(row.id, ())}
        skills = frozenset(labels) & work.skills_known(tx) if labels else frozenset()
    query = select(Assignment.staff_id).where(
        Assignment.conversation_id == row.id, Assignment.ended.in_(_LOST), Assignment.ended_at > tx.now() - NOT_AGAIN
    )
    return Asked(policy.mode, work.weight(tx, row.channel), language, skills, frozenset(tx.scalars(query)))


def candidates(
    tx: Tx, policy: AssignmentPolicy, ids: Sequence[int], there: dict[int, Standing], channel: str
) -> list[Candidate]:
    """What is known of everybody who may get a conversation by a policy."""
    if not ids:
        return []
    found, now = work.able(tx, ids), tx.now()
    counted = conversations.loads(tx, ids)
    query = (
        select(Assignment.staff_id, func.max(Assignment.id))
        .where(Assignment.policy_id == policy.id, Assignment.staff_id.in_(ids))
        .group_by(Assignment.staff_id)
    )
    last: dict[int, int] = {staff_id: int(number) for staff_id, number in tx.execute(query)}
    return [
        Candidate(
            id=staff_id,
            here=staff_id in there and there[staff_id].here,
            working=calendars.opening(work.hours_of(tx, found[staff_id]), now).open,
            open=sum(counted[staff_id].values()),
            load=work.load(tx, counted[staff_id]),
            capacity=found[staff_id].capacity,
            of_channel=counted[staff_id].get(channel, 0),
            most=found[staff_id].most.get(channel),
            languages=found[staff_id].languages,
            skills=found[staff_id].skills,
            last=last.get(staff_id, 0),
        )
        for staff_id in ids
    ]


def _because(policy: AssignmentPolicy, choice: Choice) -> dict[str, Any]:
    return {
        "how": policy.mode,
        "policy": policy.id,
        "open": choice.open,
        "load": choice.load,
        "capacity": choice.capacity,
        "language": choice.language,
        "skills": list(choice.skills),
    }


def _say_why(tx: Tx, row: Conversation, choice: Choice) -> None:
    """On the timeline, where it is another reason than the one that stands there."""
    said = " ".join(filter(None, (choice.reason, choice.language if choice.reason == "language" else "")))
    known = tx.get(Wait, row.id)
    if known is not None and known.reason == said:
        return
    if known is None:
        tx.add(Wait(conversation_id=row.id, reason=said, since=tx.now()))
    else:
        known.reason = said
    conversations.nobody_took(
        tx, row, {"reason": choice.reason, "language": choice.language, "skills": list(choice.skills)}
    )


def _waits_no_more(tx: Tx, conversation_id: int) -> None:
    tx.execute(delete(Wait).where(Wait.conversation_id == conversation_id))


def again(tx: Tx, limit: int = AT_ONCE) -> None:
    """Looks at what waits in the queues of teams in which somebody could take something now."""
    for policy in policies.every(tx):
        if policy.mode == "hand":
            continue
        ids = policies.pool(tx, policy)
        everybody = candidates(tx, policy, ids, presence.standings(tx, ids), "")
        least = min(work.weight(tx, channel) for channel in work.CHANNELS)
        if choose(everybody, Asked(policy.mode, least)).staff_id is None:
            continue
        for conversation_id in conversations.unassigned_of(tx, policy.team_id, limit):
            look_at(tx, conversation_id)
