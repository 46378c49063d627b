"""A dry run: what a rule would have done in the last conversations, played again from their lines. It changes nothing.

It goes in slices, each a job, so that a page can show how far it is and no message waits behind it.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import select

from desk import agents, conversations, facts, settings, timeline
from desk.agents import Viewer
from desk.automation.chain import held
from desk.automation.definition import TRIGGERS, Definition
from desk.automation.reasons import reasons
from desk.automation.replay import Moment, Names, moments
from desk.automation.service import definition_of, get
from desk.automation.situation import Situation, seen
from desk.automation.tables import Rule, Trial
from desk.facts import ConditionError, FactView
from desk.jobs import enqueue
from desk.parts import Desk
from desk.store import Tx

WANTED = 500  # conversations
SLICE = 50
SHOWN = 100  # firings that are kept with their reasons; the rest is counted
LINES = 400  # of one conversation, the newest


def begin(tx: Tx, viewer: Viewer, rule_id: int, wanted: int = WANTED) -> Trial:
    """Asks for a dry run of a rule as it is saved."""
    rule = get(tx, rule_id)
    row = Trial(
        rule_id=rule.id,
        version=rule.version,
        state="waiting",
        looked=0,
        wanted=max(1, min(wanted, 5000)),
        found={"fired": 0, "held": 0, "conversations": 0, "rows": [], "wrong": ""},
        staff_id=viewer.id,
        asked_at=tx.now(),
    )
    tx.add(row)
    tx.flush()
    enqueue(tx, "automation.try", {"trial_id": row.id}, key=f"trial:{row.id}:0", priority=6)
    return row


def newest(tx: Tx, rule_id: int) -> Trial | None:
    """The last dry run of a rule."""
    return tx.scalar(select(Trial).where(Trial.rule_id == rule_id).order_by(Trial.id.desc()).limit(1))


def work(desk: Desk, args: dict[str, Any], done: Callable[[Tx], None]) -> None:
    """The task `automation.try`: the next slice, and the job of the one after it. `done` finishes the job."""
    with desk.store.reading() as tx:
        row = tx.get(Trial, int(args["trial_id"]))
        rule = tx.get(Rule, row.rule_id) if row is not None else None
        if row is None or rule is None or row.state == "done":
            found, rows = None, []
        else:
            rows = conversations.newest(tx, row.place, min(SLICE, row.wanted - row.looked))
            found = _slice(tx, rule, rows, SHOWN - len(row.found["rows"]))
    with desk.store.transaction() as tx:
        row = tx.get(Trial, int(args["trial_id"]), with_for_update=True)
        if row is not None and found is not None:
            row.found = {
                "fired": row.found["fired"] + found["fired"],
                "held": row.found["held"] + found["held"],
                "conversations": row.found["conversations"] + found["conversations"],
                "rows": [*row.found["rows"], *found["rows"]],
                "wrong": found["wrong"],
            }
            row.looked += len(rows)
            row.place = rows[-1].id if rows else row.place
            row.state = "running"
            if found["wrong"] or len(rows) < SLICE or row.looked >= row.wanted:
                row.state, row.finished_at = "done", tx.now()
            else:
                enqueue(tx, "automation.try", {"trial_id": row.id}, key=f"trial:{row.id}:{row.looked}", priority=6)
        done(tx)


def _slice(tx: Tx, rule: Rule, rows: list[conversations.Conversation], room: int) -> dict[str, Any]:
    found: dict[str, Any] = {"fired": 0, "held": 0, "conversations": 0, "rows": [], "wrong": ""}
    try:
        definition = definition_of(tx, rule)
    except ConditionError as error:  # what it asked for is gone since it was saved
        return found | {"wrong": error.sentence}
    names = Names(agents.names(tx), {team.id: team.name for team in agents.teams(tx)})
    asked = definition.condition.names if definition.condition is not None else frozenset()
    own = {name for name in asked if name in facts.CONVERSATION}
    wanted = (asked - own) | ({"stage"} if definition.trigger == "stage" else set())
    views = facts.views(tx, list({row.customer_id for row in rows}), names=wanted) if wanted else {}
    for row in rows:
        view = views.get(row.customer_id) or FactView(row.customer_id)
        fired: list[datetime] = []
        for moment in _moments(tx, row, definition, names, view):
            then = seen(view, moment.situation, own, moment.at)
            if moment.situation.status == "spam":
                continue
            if definition.condition is not None and not definition.condition.holds(then, moment.at):
                continue
            day = sum(1 for at in fired if at > moment.at - timedelta(days=1))
            why = held(rule.id, (), hour=0, per_hour=1, day=day, per_day=definition.per_day)
            if why:
                found["held"] += 1
                continue
            fired.append(moment.at)
            if len(found["rows"]) < room:
                found["rows"].append(
                    {
                        "conversation_id": row.id,
                        "entry_id": None if moment.entry_id is None else str(moment.entry_id),
                        "at": moment.at.isoformat(),
                        "because": [one["shown"] for one in reasons(definition.condition, then, moment.at)],
                    }
                )
        found["fired"] += len(fired)
        found["conversations"] += bool(fired)
    return found


def _moments(
    tx: Tx, row: conversations.Conversation, definition: Definition, names: Names, view: FactView
) -> list[Moment]:
    entries = timeline.of_conversation(tx, row.id, LINES)
    inbox = settings.inbox(tx, row.inbox_id)
    start = Situation(
        customer_id=row.customer_id,
        channel=row.channel,
        inbox=inbox.name,
        subject=row.subject,
        status="open",
        priority=0,
        assignee="",
        team=names.teams.get(inbox.team_id or 0, ""),
        labels=(),
        level="calm",
        frustration=0.0,
        waiting_since=None,
        last_at=row.opened_at,
        opened_at=row.opened_at,
        episode=1,
        replies=0,
    )
    wait = timedelta(minutes=definition.wait_minutes or 0)
    if definition.trigger == "stage":
        return _stages(start, entries, names, view, row, tx.now())
    return list(moments(start, entries, names, trigger=definition.trigger, wait=wait, until=tx.now()))


def _stages(
    start: Situation,
    entries: list[timeline.EntryView],
    names: Names,
    view: FactView,
    row: conversations.Conversation,
    now: datetime,
) -> list[Moment]:
    """The customer's moves while this conversation was the one that was written in."""
    every = [moment for trigger in TRIGGERS for moment in moments(
        start, entries, names, trigger=trigger, wait=timedelta(days=36500), until=now
    )]  # fmt: skip
    every.sort(key=lambda moment: moment.at)
    found = []
    for fact in view.series("stage").facts:
        if row.opened_at <= fact.occurred_at <= max(row.last_at, row.opened_at) + timedelta(days=1):
            before = [moment.situation for moment in every if moment.at <= fact.occurred_at]
            found.append(Moment("stage", fact.occurred_at, fact.entry_id, before[-1] if before else start))
    return found
