"""The retention rules of inboxes: which one counts, saving one with a week to think again, and cancelling it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from sqlalchemy import select

from desk import settings
from desk.agents import Viewer
from desk.privacy.spans import BadRule, Terms, checked
from desk.privacy.tables import RetentionRule
from desk.settings import Inbox
from desk.store import Tx

GRACE = timedelta(days=7)  # between saving a rule and the first thing that goes by it


@dataclass(frozen=True, slots=True)
class Standing:
    """The rule that an inbox goes by. `own`: it is its own and not that of all. Nothing goes before `begins_at`."""

    rule: RetentionRule
    own: bool
    begins_at: datetime

    @property
    def terms(self) -> Terms:
        return terms_of(self.rule)


def terms_of(row: RetentionRule) -> Terms:
    """What a saved rule says."""
    return Terms(row.what, row.number, row.unit, row.raw_days, row.spam_days, row.aside_days, row.persons)


def governing(tx: Tx) -> dict[int | None, RetentionRule]:
    """The rule of each inbox that has one, and under None that of all: the newest that was not cancelled."""
    rows = tx.scalars(select(RetentionRule).where(RetentionRule.cancelled_at.is_(None)).order_by(RetentionRule.id))
    return {row.inbox_id: row for row in rows}


def standing_of(known: dict[int | None, RetentionRule], inbox_id: int | None) -> Standing | None:
    """What an inbox goes by, of what `governing` found; None: by no rule. While a change waits for its day, nothing
    goes by the rule before it either."""
    own, general = known.get(inbox_id), known.get(None)
    if inbox_id is not None and own is not None and own.what != "follow":
        return Standing(own, True, own.begins_at)
    if general is None:
        return None
    begins = general.begins_at if own is None else max(own.begins_at, general.begins_at)
    return Standing(general, False, begins)


def save(tx: Tx, inbox_id: int | None, terms: Terms, by: Viewer) -> RetentionRule:
    """Keeps a rule; what goes by it goes in a week. Raises BadRule, and LookupError for an unknown inbox."""
    terms = checked(terms, own=inbox_id is not None)
    name = _name(tx, inbox_id)
    known = governing(tx)
    before = known.get(inbox_id)
    if before is not None and terms_of(before) == terms:
        raise BadRule("This is the rule already.")
    now = tx.now()
    if before is not None and before.begins_at > now:  # it never came to be, and cancelling leads past it
        before.cancelled_at, before.cancelled_by = now, by.id
    harmless = terms.what == "nothing"
    row = RetentionRule(
        inbox_id=inbox_id,
        **terms.as_dict(),
        staff_id=by.id,
        saved_at=now,
        begins_at=now if harmless else now + GRACE,
    )
    tx.add(row)
    settings.note_change(
        tx, f"Retention, {name}", sentence(terms_of(before) if before is not None else None), sentence(terms), by.id
    )
    return row


def cancel(tx: Tx, rule_id: int, by: Viewer) -> RetentionRule:
    """Takes back a rule that has not begun; the one before it counts again. Raises BadRule, LookupError."""
    row = tx.get(RetentionRule, rule_id, with_for_update=True, populate_existing=True)
    if row is None:
        raise LookupError("There is no such rule.")
    if row.cancelled_at is not None:
        return row
    if row.begins_at <= tx.now():
        raise BadRule("It has begun: save another rule instead. What went is gone.")
    row.cancelled_at, row.cancelled_by = tx.now(), by.id
    tx.flush()
    back = governing(tx).get(row.inbox_id)
    after = f"cancelled: {sentence(terms_of(back) if back is not None else None)}"
    settings.note_change(tx, f"Retention, {_name(tx, row.inbox_id)}", sentence(terms_of(row)), after, by.id)
    return row


def history(tx: Tx, inbox_id: int | None, limit: int = 20) -> list[RetentionRule]:
    """The rules that an inbox has had, newest first."""
    query = select(RetentionRule).where(RetentionRule.inbox_id == inbox_id)
    return list(tx.scalars(query.order_by(RetentionRule.id.desc()).limit(limit)))


def covered(tx: Tx, rule: RetentionRule) -> list[Inbox]:
    """The inboxes that go by a rule now, in the order of their numbers."""
    known = governing(tx)
    found = [(inbox, standing_of(known, inbox.id)) for inbox in settings.inboxes(tx)]
    now = tx.now()
    return sorted(
        (one for one, by in found if by is not None and by.rule.id == rule.id and by.begins_at <= now),
        key=lambda one: one.id,
    )


def zone_of(name: str) -> ZoneInfo:
    """In whose days an inbox counts."""
    return ZoneInfo(name or "UTC")


def _name(tx: Tx, inbox_id: int | None) -> str:
    return "all inboxes" if inbox_id is None else settings.inbox(tx, inbox_id).address


def sentence(terms: Terms | None) -> str:
    """A rule in one sentence, for the history of changes."""
    if terms is None:
        return "no rule"
    if terms.what == "follow":
        return "as all inboxes"
    if terms.what == "nothing":
        return "kept for good"
    said = [f"{'words and files' if terms.what == 'all' else 'files'} after {terms.number} {terms.unit}"]
    for name, days, else_ in (
        ("raw", terms.raw_days, "with the rest"),
        ("spam", terms.spam_days, "never"),
        ("kept aside", terms.aside_days, "never"),
    ):
        said.append(f"{name} {else_ if days is None else f'{days} days'}")
    if terms.persons:
        said.append("persons as well")
    return ", ".join(said)
