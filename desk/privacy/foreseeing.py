"""What a retention rule would take, before it is saved; and when the content of one conversation goes."""

from __future__ import annotations

import time
from dataclasses import dataclass, field, replace
from datetime import datetime

from desk import conversations, intake, settings, timeline
from desk.conversations import emptying
from desk.conversations.emptying import FILES, WORDS, Ended
from desk.privacy import holding
from desk.privacy.retaining import Walk, asides, walks
from desk.privacy.rules import GRACE, Standing, governing, standing_of, zone_of
from desk.privacy.spans import Span, Terms, checked, cut_off, ends
from desk.privacy.tables import Hold, RetentionRule
from desk.settings import Inbox
from desk.store import Tx

BATCH = 100  # conversations that are counted together
PATIENCE = 4.0  # seconds, after which a preview says "at least"
EXAMPLES = 10
COUNTED_ASIDE = 5000  # raw messages that became no line, of one inbox and kind


@dataclass(slots=True)
class Foreseen:
    """What the first run would take. Not `whole`: counting was ended, and it is at least that much. `held`: how many
    of those that are old enough stay because they are on hold."""

    at: datetime
    conversations: int = 0
    messages: int = 0
    files: int = 0
    size: int = 0
    raw_of: int = 0  # further conversations that would lose their raw messages only
    aside: int = 0  # raw messages that became no line
    held: int = 0
    whole: bool = True
    oldest: datetime | None = None
    examples: list[Ended] = field(default_factory=list)


def foresee(tx: Tx, inbox_id: int | None, terms: Terms, patience: float = PATIENCE) -> Foreseen:
    """What would go by a rule on the day on which it would begin. Writes nothing. Raises BadRule, LookupError."""
    terms = checked(terms, own=inbox_id is not None)
    at, until = tx.now() + GRACE, time.monotonic() + patience
    out = Foreseen(at)
    known = governing(tx)
    if terms.what == "follow":
        general = standing_of(known, None)
        if general is None:
            return out
        terms = general.terms
    if inbox_id is not None:
        inboxes = [settings.inbox(tx, inbox_id)]
    else:
        inboxes = [one for one in settings.inboxes(tx) if not _has_own(known, one)]
    for inbox in inboxes:
        counted: set[int] = set()
        for walk in walks(inbox, terms):
            if not _count(tx, walk, out, counted, until):
                out.whole = False
                return out
    places: list[Inbox | None] = [*inboxes]
    if inbox_id is None:
        places.append(None)
    for one in places:
        out.aside += _count_aside(tx, one, terms, at)
    return out


def _has_own(known: dict[int | None, RetentionRule], inbox: Inbox) -> bool:
    row = known.get(inbox.id)
    return row is not None and row.what != "follow"


def _count(tx: Tx, walk: Walk, out: Foreseen, counted: set[int], until: float) -> bool:
    """Counts what one walk would take; False where time was over before it was through."""
    zone = zone_of(walk.inbox_zone)
    before = cut_off(out.at, walk.span, zone)
    after: tuple[datetime, int] | None = None
    while True:
        found = emptying.ended(tx, walk.inbox_id, walk.status, walk.floor, before, after, BATCH)
        due = [one for one in found if ends(one.ended_at, walk.span, zone) <= out.at and one.id not in counted]
        held = holding.held_among(tx, [one.id for one in due])
        going = [one for one in due if one.id not in held]
        out.held += len(due) - len(going)
        counted |= {one.id for one in due}
        _add(tx, walk, out, going)
        if len(found) < BATCH:
            return True
        after = (found[-1].last_at, found[-1].id)
        if time.monotonic() > until:
            return False


def _add(tx: Tx, walk: Walk, out: Foreseen, going: list[Ended]) -> None:
    if walk.level < FILES:
        out.raw_of += len(going)
        return
    out.conversations += len(going)
    held = timeline.holds_in(tx, [one.id for one in going])
    out.messages += held.words if walk.level == WORDS else 0
    out.files, out.size = out.files + held.files, out.size + held.size
    for one in going:
        out.oldest = one.last_at if out.oldest is None else min(out.oldest, one.last_at)
        if len(out.examples) < EXAMPLES:
            out.examples.append(one)


def _count_aside(tx: Tx, inbox: Inbox | None, terms: Terms, at: datetime) -> int:
    zone = zone_of("" if inbox is None else inbox.zone)
    number = None if inbox is None else inbox.id
    return sum(
        len(intake.old(tx, number, state, cut_off(at, span, zone), COUNTED_ASIDE)) for state, span in asides(terms)
    )


@dataclass(frozen=True, slots=True)
class Kept:
    """How long the content of one conversation stays. `due_at`: when it goes, None where it does not: on `hold`, not
    over, gone already (`emptied`), or by no rule. `only_files`: its words stay."""

    standing: Standing | None
    due_at: datetime | None = None
    raw_at: datetime | None = None
    hold: Hold | None = None
    emptied: bool = False
    over: bool = True
    only_files: bool = False


def kept(tx: Tx, row: conversations.Conversation) -> Kept:
    """When the content of a conversation goes, as things stand."""
    standing = standing_of(governing(tx), row.inbox_id)
    found = Kept(standing, hold=holding.held_by(tx, row.id), emptied=row.emptied == WORDS)
    one = emptying.ended_one(tx, row.id)
    if one is None:
        return replace(found, over=False)
    if standing is None or not standing.terms.takes or found.emptied:
        return found
    terms, zone = standing.terms, zone_of(settings.inbox(tx, row.inbox_id).zone)
    span: Span | None = terms.keep
    if one.status == "spam":
        span = None if terms.spam_days is None else Span(terms.spam_days)
    files = terms.what == "files" and one.status != "spam"
    if span is None or (files and row.emptied >= FILES):
        return found
    raw = None
    if terms.raw_days is not None and one.status != "spam" and row.emptied == 0:
        raw = max(ends(one.ended_at, Span(terms.raw_days), zone), standing.begins_at)
    due = max(ends(one.ended_at, span, zone), standing.begins_at)
    return replace(found, due_at=due, raw_at=raw if raw is not None and raw < due else None, only_files=files)
