"""Rules at work: an event comes as a job, every rule that waits for it looks at the conversation, and each firing is
written down with its reason, whatever came of it."""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlalchemy import func, select

from desk import agents, conversations, facts, settings, tasks, timeline
from desk.automation.acting import Result, perform
from desk.automation.chain import held, onward
from desk.automation.definition import Definition
from desk.automation.events import Event, led
from desk.automation.reasons import reasons
from desk.automation.service import by_trigger, definition_of, switch
from desk.automation.situation import Said, Situation, seen
from desk.automation.tables import Firing, Rule
from desk.conversations import Conversation
from desk.facts import Condition, ConditionError, FactView
from desk.nlp.risks import PEOPLE_ONLY
from desk.store import Tx

MOST_FAILURES = 20  # in a row: then a rule switches itself off
HOUR, DAY = timedelta(hours=1), timedelta(days=1)
ACTED = ("done", "partly", "unchanged", "refused", "failed")


def consider(tx: Tx, event: Event) -> list[Firing]:
    """Lets every rule that waits for this look at the conversation, in their order: a later one sees what an earlier
    one did. Asked twice, the second time does nothing."""
    conversation = conversations.landed(tx, event.conversation_id)
    if conversation is None or conversation.status == "spam":
        return []
    found = []
    for rule in by_trigger(tx, event.trigger):
        if not _is_its(tx, rule, event, conversation):
            continue
        firing = _look(tx, rule, event, conversation)
        if firing is not None:
            found.append(firing)
    return found


def _is_its(tx: Tx, rule: Rule, event: Event, conversation: Conversation) -> bool:
    """Whether the event is one for this rule, and news to it."""
    if rule.wait_minutes is not None and event.trigger in ("unanswered", "silent"):
        since = datetime.fromisoformat(event.key.split(":", 2)[2])
        if since + timedelta(minutes=rule.wait_minutes) > tx.now():
            return False
        if since != (conversation.waiting_since if event.trigger == "unanswered" else conversation.last_at):
            return False  # somebody wrote meanwhile
    return not tx.scalar(select(Firing.id).where(Firing.rule_id == rule.id, Firing.event == event.key))


def _look(tx: Tx, rule: Rule, event: Event, conversation: Conversation) -> Firing | None:
    try:
        definition = definition_of(tx, rule)
    except ConditionError as error:
        switch(tx, None, rule.id, False, f"Its condition cannot be read any more: {error.sentence}")
        return None
    now = tx.now()
    view = view_of(tx, conversation, definition.condition, now, event.entry_id)
    if definition.condition is not None and not definition.condition.holds(view, now):
        return None
    firing = Firing(
        rule_id=rule.id,
        version=rule.version,
        conversation_id=conversation.id,
        event=event.key,
        trigger=event.trigger,
        entry_id=event.entry_id,
        happened_at=event.at,
        at=now,
        outcome="held",
        evidence=reasons(definition.condition, view, now),
        results=[],
        chain=list(event.chain),
    )
    firing.why = held(
        rule.id,
        event.chain,
        hour=_acted(tx, rule.id, now - HOUR, rule.per_hour),
        per_hour=rule.per_hour,
        day=_acted(tx, rule.id, now - DAY, rule.per_day, conversation.id),
        per_day=rule.per_day,
    )
    tx.add(firing)
    tx.flush()
    if not firing.why:
        _fire(tx, rule, definition, firing, onward(event.chain, rule.id))
    return firing


def _acted(tx: Tx, rule_id: int, since: datetime, most: int, conversation_id: int | None = None) -> int:
    """How often a rule acted since then, up to its cap: no count goes further than it has to."""
    query = select(Firing.id).where(Firing.rule_id == rule_id, Firing.at > since, Firing.outcome.in_(ACTED))
    if conversation_id is not None:
        query = query.where(Firing.conversation_id == conversation_id)
    return tx.scalar(select(func.count()).select_from(query.limit(most).subquery())) or 0


def _fire(tx: Tx, rule: Rule, definition: Definition, firing: Firing, chain: tuple[int, ...]) -> None:
    said = {
        "by_rule": {"id": rule.id, "name": rule.name, "firing": firing.id, "chain": list(chain)},
        "evidence": [{key: one[key] for key in ("shown", "entry_id", "occurred_at")} for one in firing.evidence],
    }
    heard = len(tx.signals)
    with timeline.because(tx, said):
        results = perform(tx, firing.conversation_id, rule.name, definition.actions)
    led(tx, tx.signals[heard:], chain)
    firing.results, firing.outcome = [one.as_json() for one in results], outcome_of(results)
    if firing.outcome == "failed":
        rule.failures += 1
    elif firing.outcome in ("done", "partly"):
        rule.failures = 0
    tx.flush()
    if rule.failures >= MOST_FAILURES:
        last = next(one.said for one in results if one.how == "failed")
        switch(tx, None, rule.id, False, f"It failed {rule.failures} times in a row. The last time: {last}")


def outcome_of(results: list[Result]) -> str:
    """What a firing came to: one word for all that it did."""
    how = {one.how for one in results}
    if how <= {"done", "unchanged"}:
        return "done" if "done" in how else "unchanged"
    if "done" in how:
        return "partly"
    return "failed" if "failed" in how else "refused"


def view_of(
    tx: Tx, conversation: Conversation, condition: Condition | None, at: datetime, entry_id: int | None = None
) -> FactView:
    """What is known of a conversation and its customer now, as far as a condition asks for it."""
    if condition is None:
        return FactView(conversation.customer_id)
    names = condition.names
    own = {name for name in names if name in facts.CONVERSATION}
    view = facts.view(tx, conversation.customer_id, names=names - own) if names - own else None
    view = view or FactView(conversation.customer_id)
    return seen(view, situation_of(tx, conversation, own, entry_id), own, at) if own else view


def holding(tx: Tx, condition: Condition, limit: int) -> tuple[int, int]:
    """In how many of the last conversations a condition holds now: (how many, of how many)."""
    rows, now = conversations.newest(tx, None, limit), tx.now()
    return sum(1 for row in rows if condition.holds(view_of(tx, row, condition, now), now)), len(rows)


_TASKS = "conversation.open_tasks"


def situation_of(tx: Tx, conversation: Conversation, names: set[str], entry_id: int | None = None) -> Situation:
    """A conversation as it stands; reads only what is asked for. The message is that of the event, or the last one."""
    episode = conversations.current_episode(tx, conversation)
    labels = conversations.labels(tx, [conversation.id]) if "conversation.labels" in names else {}
    staff = agents.names(tx) if "conversation.assignee" in names else {}
    teams = {team.id: team.name for team in agents.teams(tx)} if "conversation.team" in names else {}
    said = Said()
    if any(name.startswith("message.") for name in names):
        said = _said(tx, conversation.id, entry_id)
    return Situation(
        customer_id=conversation.customer_id,
        channel=conversation.channel,
        inbox=settings.inbox(tx, conversation.inbox_id).name if "conversation.inbox" in names else "",
        subject=conversation.subject,
        status=conversation.status,
        priority=conversation.priority,
        assignee=staff.get(conversation.assignee_id or 0, ""),
        team=teams.get(conversation.team_id or 0, ""),
        labels=tuple(labels.get(conversation.id, ())),
        level=conversation.level,
        frustration=conversation.frustration,
        waiting_since=conversation.waiting_since,
        last_at=conversation.last_at,
        opened_at=conversation.opened_at,
        episode=episode.number,
        replies=episode.replies,
        assistant=conversation.bot,
        said=said,
        risks=tuple(kind for kind in conversation.risks.split() if kind not in PEOPLE_ONLY),
        open_tasks=tasks.open_in(tx, [conversation.id]).get(conversation.id, 0) if _TASKS in names else 0,
    )


def _said(tx: Tx, conversation_id: int, entry_id: int | None) -> Said:
    entry = timeline.one(tx, entry_id) if entry_id is not None else None
    if entry is None or entry.kind != "message":
        entry = next(iter(timeline.of_conversation(tx, conversation_id, 1, ("message",))), None)
    return Said() if entry is None else said_in(entry)


def said_in(entry: timeline.EntryView) -> Said:
    """A message, as far as conditions look into it."""
    return Said(entry.text, entry.subject, len(entry.attachments), bool(entry.detail.get("automatic")), entry.id)
