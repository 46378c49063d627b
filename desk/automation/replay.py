"""A conversation played again from its lines: pure. It gives each thing that happened, with how all stood then."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from desk.automation.engine import said_in
from desk.automation.events import LINES
from desk.automation.situation import Situation
from desk.nlp.risks import PEOPLE_ONLY
from desk.nlp.risks import find as find_risks
from desk.timeline import EntryView


@dataclass(frozen=True, slots=True)
class Moment:
    """One event of the past, and the situation right after it."""

    trigger: str
    at: datetime
    entry_id: int | None
    situation: Situation


@dataclass(frozen=True, slots=True)
class Names:
    """What people and teams are called."""

    staff: Mapping[int, str]
    teams: Mapping[int, str]


def moments(
    start: Situation,
    entries: Sequence[EntryView],
    names: Names,
    *,
    trigger: str,
    wait: timedelta,
    until: datetime,
) -> Iterator[Moment]:
    """Every event of this kind. `start` is the conversation before its first line, `entries` its lines, oldest first;
    a time that passed is looked for between two lines and up to `until`."""
    now = start
    for place, entry in enumerate(entries):
        before = now
        now = _after(now, entry, names)
        for one in _triggers(before, now, entry, first=place == 0):
            if one == trigger:
                yield Moment(one, entry.occurred_at, entry.id, now)
        if trigger in ("unanswered", "silent"):
            following = entries[place + 1].occurred_at if place + 1 < len(entries) else until
            since = now.waiting_since if trigger == "unanswered" else _silent_since(now, entry)
            full = since + wait if since is not None else None
            counts = now.status == "open" or (trigger == "silent" and now.status == "pending")
            if full is not None and counts and entry.occurred_at <= full <= following and full <= until:
                yield Moment(trigger, full, entry.id, now)


def _silent_since(now: Situation, entry: EntryView) -> datetime | None:
    """Since when we wait for the customer, where this line is our answer."""
    ours = entry.kind in ("reply", "bot") and entry.detail.get("said_by") != "rule"
    return entry.occurred_at if ours and now.waiting_since is None else None


def _triggers(before: Situation, now: Situation, entry: EntryView, *, first: bool) -> list[str]:
    if entry.kind == "message":
        human = not entry.detail.get("automatic")
        return (["opened"] if first else []) + (["message"] if human else [])
    if entry.kind == "reply":
        return ["answered"] if entry.staff_id is not None else []
    found = [LINES[entry.kind]] if entry.kind in LINES else []
    if entry.kind == "status":
        if now.status == "resolved":
            found.append("resolved")
        taken_back = entry.detail.get("not_spam") or entry.detail.get("back")
        if before.status in ("resolved", "spam") and now.status == "open" and not taken_back:
            found.append("reopened")
    return found


def _after(now: Situation, entry: EntryView, names: Names) -> Situation:
    """How all stands after a line."""
    detail, at = entry.detail, entry.occurred_at
    match entry.kind:
        case "message":
            now = replace(now, said=said_in(entry), last_at=at, channel=entry.channel or now.channel)
            if not detail.get("automatic"):
                new = {risk.kind for risk in find_risks(entry.text) if risk.kind not in PEOPLE_ONLY} - {*now.risks}
                now = replace(now, waiting_since=now.waiting_since or at, risks=(*now.risks, *sorted(new)))
        case "reply" if entry.staff_id is not None:
            now = replace(now, waiting_since=None, last_at=at, replies=now.replies + 1)
        case "bot":
            now = replace(now, waiting_since=None, last_at=at, assistant="talking")
        case "status":
            after = str(detail.get("after") or now.status)
            now = replace(now, status=after, episode=int(detail.get("episode") or now.episode))
            if after in ("resolved", "spam"):
                now = replace(now, waiting_since=None)
            elif detail.get("before") in ("resolved", "spam"):
                now = replace(now, level="calm", frustration=0.0, assistant="", replies=0)
        case "assigned" if "team" in detail:
            now = replace(now, team=str(detail.get("team_name") or ""))
        case "assigned":
            now = replace(now, assignee=names.staff.get(int(detail.get("after") or 0), ""))
        case "priority":
            now = replace(now, priority=int(detail.get("after") or 0))
        case "label":
            kept = tuple(one for one in now.labels if one != detail.get("label"))
            now = replace(now, labels=(*kept, str(detail.get("label"))) if detail.get("on") else kept)
        case "task":
            step = {"added": 1, "reopened": 1, "done": -1}.get(str(detail.get("what")), 0)
            now = replace(now, open_tasks=max(0, now.open_tasks + step))
        case "sentiment":
            now = replace(now, level=str(detail.get("after") or now.level), frustration=float(detail.get("score") or 0))
    return now
