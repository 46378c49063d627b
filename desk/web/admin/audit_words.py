"""Changes in words: what was changed, how its fields are called, and values as people read them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

from desk import agents, audit, calendars, conversations, reasons, settings
from desk.store import Tx
from desk.web.base.held import WHY_HELD
from desk.web.base.words import short_time

LONG = 60  # characters from which on two texts are shown as one with what differs

TONES = (
    _l("blue"),
    _l("violet"),
    _l("green"),
    _l("amber"),
    _l("teal"),
    _l("red"),
    _l("accent"),
    _l("grey"),
)
KINDS = {
    "article": _l("Article"),
    "assignment": _l("Assignment"),
    "attribute": _l("Field of customers"),
    "audience": _l("Whom surveys ask"),
    "block": _l("Blocked sender"),
    "brand": _l("Brand"),
    "browser": _l("Browser with notices"),
    "calendar": _l("Hours"),
    "canned": _l("Canned reply"),
    "first_run": _l("First run"),
    "flow": _l("Flow"),
    "held": _l("Quarantine"),
    "inbox": _l("Inbox"),
    "job": _l("Job"),
    "label": _l("Label"),
    "notices": _l("Choice of notices"),
    "person": _l("Person"),
    "promise": _l("Promise"),
    "reason": _l("Contact reason"),
    "retention": _l("Retention"),
    "rule": _l("Rule"),
    "segment": _l("Segment"),
    "setting": _l("Setting"),
    "signature": _l("Signature of mails"),
    "stages": _l("Stage model"),
    "status": _l("Name of a status"),
    "suppression": _l("Survey held back"),
    "survey": _l("Survey"),
    "task": _l("Task"),
    "team": _l("Team"),
    "view": _l("Saved view"),
}
DEEDS = {"made": _l("made"), "changed": _l("changed"), "removed": _l("removed"), "done": _l("done")}
FIELDS = {
    "draft": _l("draft"),
    "actions": _l("then"),
    "active": _l("in use"),
    "address": _l("address"),
    "assignee_id": _l("whose"),
    "archived_at": _l("archived"),
    "at_end": _l("back at the end of hours"),
    "away_minutes": _l("back after minutes away"),
    "became_id": _l("became"),
    "body": _l("text"),
    "brand_id": _l("brand"),
    "by_label": _l("skills count"),
    "by_language": _l("languages count"),
    "calendar_id": _l("hours"),
    "capacity": _l("places"),
    "colour": _l("colour"),
    "condition": _l("if"),
    "consent": _l("consent"),
    "description": _l("description"),
    "discarded": _l("discarded"),
    "drafted": _l("drafted by the desk"),
    "email": _l("address"),
    "enabled": _l("on"),
    "examples": _l("questions"),
    "files": _l("files"),
    "filters": _l("filters"),
    "holidays": _l("holidays"),
    "hours": _l("hours"),
    "how": _l("how"),
    "inbox_id": _l("inbox"),
    "into_id": _l("became"),
    "label": _l("name"),
    "lifted_at": _l("lifted"),
    "link": _l("link, good until"),
    "live_version": _l("public version"),
    "locale": _l("language"),
    "logo": _l("logo"),
    "languages": _l("languages"),
    "locales": _l("languages"),
    "mode": _l("given out"),
    "most": _l("at most"),
    "name": _l("name"),
    "names_in_push": _l("names in notices"),
    "parent_id": _l("part of"),
    "password": _l("password"),
    "position": _l("place in the order"),
    "quiet": _l("quiet hours"),
    "released": _l("released to"),
    "review_by": _l("review by"),
    "review_months": _l("months between reviews"),
    "reviewed_at": _l("reviewed"),
    "removed_at": _l("removed"),
    "retired_at": _l("retired"),
    "role": _l("role"),
    "sessions": _l("sessions"),
    "sender_name": _l("name in mails"),
    "shared": _l("shared with"),
    "shortcut": _l("shortcut"),
    "skills": _l("skills"),
    "sort": _l("order"),
    "staff_id": _l("whose"),
    "step": _l("step"),
    "stopped": _l("stopped"),
    "team_id": _l("team"),
    "teams": _l("teams"),
    "texts": _l("texts"),
    "title": _l("title"),
    "tone": _l("colour"),
    "trigger": _l("when"),
    "ways": _l("ways"),
    "why": _l("why"),
    "zone": _l("time zone"),
    "conversation_id": _l("conversation"),
    "done_at": _l("done"),
    "due_at": _l("due"),
}


@dataclass(frozen=True, slots=True)
class Field:
    """One field of a change: its name, and what it was and became; long texts are one text with spans."""

    name: str
    before: str
    after: str
    spans: tuple[audit.Span, ...] = ()


@dataclass(frozen=True, slots=True)
class Names:
    """What numbers in the log stand for today."""

    by_field: Mapping[str, Mapping[int, str]]

    @classmethod
    def of(cls, tx: Tx) -> Names:
        inboxes = {row.id: row.name for row in settings.inboxes(tx)}
        why = {one.id: one.path for one in reasons.known(tx, archived=True)}
        return cls(
            {
                "brand_id": {row.id: row.name for row in settings.brands(tx)},
                "team_id": {row.id: row.name for row in agents.teams(tx)},
                "calendar_id": {row.id: row.name for row in calendars.every(tx)},
                "inbox_id": inboxes,
                "staff_id": agents.names(tx),
                "assignee_id": agents.names(tx),
                "released": inboxes,
                "into_id": {one.id: one.name for one in conversations.known_labels(tx, archived=True)},
                "parent_id": why,
                "became_id": why,
                "tone": dict(enumerate(map(str, TONES))),
            }
        )


def kind_of(change: audit.Change) -> str:
    return str(KINDS.get(change.kind, change.kind))


def title_of(change: audit.Change) -> str:
    """What was changed, by name; by number where it has none."""
    spec = settings.SPECS.get(change.key) if change.kind == "setting" else None
    if spec is not None:
        return f"{_(spec.group)}, {_(spec.title)}"
    return change.title or f"#{change.key}"


def fields_of(change: audit.Change, names: Names) -> list[Field]:
    """The fields in the order in which the thing has them."""
    found = []
    for name in {**change.before, **change.after}:
        old, new = change.before.get(name), change.after.get(name)
        before, after = said(name, old, names), said(name, new, names)
        long = isinstance(old, str) and isinstance(new, str) and len(old) + len(new) > LONG
        found.append(Field(_word(name), before, after, tuple(audit.diff(before, after)) if long else ()))
    return found


def _word(name: str) -> str:
    if name == "value":  # all that there is of a setting
        return ""
    head, _dot, rest = name.partition(".")
    if rest:
        return rest.replace("_", " ").strip()
    return str(FIELDS.get(head, head.replace("_", " ")))


def said(name: str, value: Any, names: Names) -> str:
    """A value in words; empty for none."""
    if value is None or value == "":
        return ""
    if audit.is_secret(value):
        return _("kept secret") if value["secret"] else ""
    if value is True or value is False:
        return _("yes") if value else _("no")
    known = names.by_field.get(name)
    if known is not None and isinstance(value, int):
        return known.get(value, f"#{value}")
    if name == "why":
        return str(_(WHY_HELD.get(str(value), str(value))))
    if name == "files" and isinstance(value, list | tuple):
        return ", ".join(str(one.get("name")) for one in value)
    if isinstance(value, list | tuple):
        return ", ".join(said(name, one, names) for one in value)
    if isinstance(value, Mapping):
        return ", ".join(f"{key}: {said(str(key), one, names)}" for key, one in value.items())
    if (name.endswith("_at") or name == "link") and isinstance(value, str):
        try:
            return short_time(datetime.fromisoformat(value))
        except ValueError:
            return value
    return str(value)
