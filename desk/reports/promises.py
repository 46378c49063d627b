"""How promises were kept: met over met and missed, by the day on which they were due, and the clocks behind it.

Everything here only reads, and counts in the database. One cohort stands behind every figure: the clocks whose promise
was due within the period and before now. A clock that is not due yet is in none: counting those that were met early
and not the others would make each day look better while it lasts.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Literal

from sqlalchemy import ColumnElement, Select, and_, case, func, literal, select, tuple_

from desk.agents import Viewer
from desk.conversations import visible_to
from desk.conversations.tables import Conversation, Episode
from desk.i18n import N_
from desk.people.tables import Customer
from desk.reports.choices import NOBODY
from desk.reports.filters import FilterError, Filters
from desk.reports.places import place_after, read_place
from desk.reports.statistics import Interval, wilson
from desk.sla.tables import Clock, Policy
from desk.store import BigInt, Tx, UtcTime

Kind = Literal["first", "next", "resolution"]
By = Literal["inbox", "team", "agent", "policy"]
KINDS: tuple[Kind, ...] = ("first", "next", "resolution")
BREAKDOWNS: tuple[By, ...] = ("inbox", "team", "agent", "policy")
MET, MISSED, DROPPED, PAUSED = range(4)
STATES = ("met", "missed", "dropped", "paused")  # their names, for people and addresses
FEW = 10  # under which a share says too little
PAGE, BATCH = 50, 1000

AnySelect = Select[*tuple[Any, ...]]


@dataclass(slots=True)
class Kept:
    """Counted clocks of one kind in one slice."""

    counts: dict[int, int] = field(default_factory=lambda: dict.fromkeys(range(4), 0))

    @property
    def met(self) -> int:
        return self.counts[MET]

    @property
    def missed(self) -> int:
        return self.counts[MISSED]

    @property
    def dropped(self) -> int:
        return self.counts[DROPPED]

    @property
    def paused(self) -> int:
        return self.counts[PAUSED]

    @property
    def n(self) -> int:
        """What the share is of: met and missed."""
        return self.met + self.missed

    @property
    def small(self) -> bool:
        return self.n < FEW

    @property
    def share(self) -> float | None:
        return self.met / self.n if self.n else None

    @property
    def interval(self) -> Interval | None:
        return wilson(self.met, self.n) if self.n else None


@dataclass(slots=True)
class Group:
    """One inbox, team, agent or policy; `id` none: without one."""

    id: int | None
    kinds: dict[Kind, Kept] = field(default_factory=lambda: {kind: Kept() for kind in KINDS})

    @property
    def n(self) -> int:
        return sum(kept.n for kept in self.kinds.values())


@dataclass(frozen=True, slots=True)
class Report:
    """All of it: the whole, and each slice by what it is of, those with the most promises first."""

    whole: Group
    groups: Mapping[By, list[Group]]


def _state(now: datetime) -> ColumnElement[int]:
    """What became of a promise. One that nobody has kept and whose time is over is missed, though its clock runs on."""
    return case(
        (Clock.outcome == "met", MET),
        (Clock.outcome == "breached", MISSED),
        (Clock.outcome == "dropped", DROPPED),
        (and_(Clock.paused_at.is_(None), Clock.due_at <= now), MISSED),
        else_=PAUSED,
    )


# Whose it is: who gave the first reply, who resolved it; of everything else whoever has the conversation now.
_AGENT = case(
    (Clock.kind == "first", func.coalesce(Episode.first_reply_by, Conversation.assignee_id)),
    (Clock.kind == "resolution", func.coalesce(Episode.resolved_by, Conversation.assignee_id)),
    else_=Conversation.assignee_id,
)


def _where(filters: Filters, policy_id: int | None, now: datetime) -> list[ColumnElement[bool]]:
    found = [
        Clock.kind.in_(KINDS),
        Clock.promised_at >= filters.low,
        Clock.promised_at < filters.high,
        Clock.promised_at <= now,
    ]
    for column, value in ((Conversation.team_id, filters.team_id), (_AGENT, filters.staff_id)):
        if value is not None:
            found.append(column.is_(None) if value == NOBODY else column == value)
    if filters.inbox_id is not None:
        found.append(Conversation.inbox_id == filters.inbox_id)
    if filters.channel is not None:
        found.append(Conversation.channel == filters.channel)
    if filters.segment_id is not None:
        found.append(filters.in_segment(Conversation.customer_id))
    if policy_id is not None:
        found.append(Clock.policy_id == policy_id)
    return found


def _joined(query: AnySelect) -> AnySelect:
    clocks = query.select_from(Clock).join(Conversation, Conversation.id == Clock.conversation_id)
    return clocks.outerjoin(Episode, Episode.id == Clock.episode_id)


def report(tx: Tx, filters: Filters, policy_id: int | None = None) -> Report:
    """Counts all of it in one pass: what comes back is a line for each combination there is, not for each clock."""
    now = tx.now()
    keys = (
        Clock.kind, _state(now).label("state"), Conversation.inbox_id, Conversation.team_id, _AGENT.label("agent"),
        Clock.policy_id,
    )  # fmt: skip
    counted = _joined(select(*keys, func.count().label("n"))).where(*_where(filters, policy_id, now)).group_by(*keys)
    whole, found = Group(None), {by: dict[int | None, Group]() for by in BREAKDOWNS}
    for kind, state, inbox_id, team_id, agent_id, policy, n in tx.execute(counted):
        mine: dict[By, int | None] = {"inbox": inbox_id, "team": team_id, "agent": agent_id, "policy": policy}
        slices = [whole, *(found[by].setdefault(number, Group(number)) for by, number in mine.items())]
        for group in slices:
            group.kinds[kind].counts[state] += n
    return Report(
        whole, {by: sorted(groups.values(), key=lambda one: (-one.n, one.id or 0)) for by, groups in found.items()}
    )


def policies(tx: Tx) -> dict[int, str]:
    """Every policy that ever was, by its name; those that were removed have clocks too."""
    rows = tx.execute(select(Policy.id, Policy.name).order_by(Policy.removed_at.is_not(None), Policy.position))
    return {row.id: row.name for row in rows}


@dataclass(frozen=True, slots=True)
class Row:
    """One promise: when it was due, what became of it, and by how much it was late (seconds; none where it was not)."""

    id: int
    kind: str
    state: str
    started_at: datetime
    due_at: datetime
    stopped_at: datetime | None
    minutes: int
    conversation_id: int
    subject: str
    customer: str
    inbox_id: int
    team_id: int | None
    staff_id: int | None
    policy_id: int
    late: float | None


@dataclass(frozen=True, slots=True)
class Rows:
    """A page of rows, what was due last in front; `next` goes into `after`, None at the end."""

    rows: list[Row]
    next: str | None


def kind_of(text: str) -> Kind | None:
    """Reads a kind; none for all. Raises FilterError."""
    if not text:
        return None
    for kind in KINDS:
        if text == kind:
            return kind
    raise FilterError(N_("There is no promise called “%(value)s”."), value=text[:40])


def state_of(text: str) -> int | None:
    """Reads what became of them; none for all. Raises FilterError."""
    if not text:
        return None
    if text not in STATES:
        raise FilterError(N_("There are no rows called “%(value)s”."), value=text[:40])
    return STATES.index(text)


def _rows(filters: Filters, policy_id: int | None, kind: Kind | None, state: int | None, now: datetime) -> AnySelect:
    query = _joined(
        select(
            Clock.id, Clock.kind, _state(now).label("state"), Clock.started_at, Clock.promised_at, Clock.stopped_at,
            Clock.minutes, Clock.conversation_id, Conversation.subject, Customer.name, Conversation.inbox_id,
            Conversation.team_id, _AGENT.label("agent"), Clock.policy_id,
        )
    )  # fmt: skip
    query = query.join(Customer, Customer.id == Conversation.customer_id)
    query = query.where(*_where(filters, policy_id, now))
    if kind is not None:
        query = query.where(Clock.kind == kind)
    return query if state is None else query.where(_state(now) == state)


def page(
    tx: Tx,
    filters: Filters,
    *,
    viewer: Viewer,
    policy_id: int | None = None,
    kind: Kind | None = None,
    state: int | None = None,
    after: str | None = None,
    limit: int = PAGE,
) -> Rows:
    """The promises behind a number that `viewer` may see. Raises FilterError for an `after` that no page gave out."""
    now = tx.now()
    query = _rows(filters, policy_id, kind, state, now).where(visible_to(viewer))
    if after:
        at, number = read_place(after)
        query = query.where(
            tuple_(Clock.promised_at, Clock.id) < tuple_(literal(at, UtcTime()), literal(number, BigInt))
        )
    found = tx.execute(query.order_by(Clock.promised_at.desc(), Clock.id.desc()).limit(limit + 1)).all()
    rows = [_row(row, now) for row in found[:limit]]
    return Rows(rows, place_after(rows[-1].due_at, rows[-1].id) if len(found) > limit else None)


def every(tx: Tx, filters: Filters, **chosen: Any) -> Iterator[Row]:
    """All of them, read in batches: for exports of any length. Takes what `page` takes."""
    after: str | None = None
    while True:
        found = page(tx, filters, after=after, limit=BATCH, **chosen)
        yield from found.rows
        if found.next is None:
            return
        after = found.next


def _row(row: Any, now: datetime) -> Row:
    late = ((row.stopped_at or now) - row.promised_at).total_seconds() if row.state == MISSED else None
    return Row(
        id=row.id,
        kind=row.kind,
        state=STATES[row.state],
        started_at=row.started_at,
        due_at=row.promised_at,
        stopped_at=row.stopped_at,
        minutes=row.minutes,
        conversation_id=row.conversation_id,
        subject=row.subject,
        customer=row.name,
        inbox_id=row.inbox_id,
        team_id=row.team_id,
        staff_id=row.agent,
        policy_id=row.policy_id,
        late=late,
    )
