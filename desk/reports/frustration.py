"""How right the desk is about frustration, by what its own people said of it, and whether it foretold the CSAT.

People contradict far more often than they agree, so that a flag which nobody contradicted counts as right here, and a
calm message of which nobody said "missed" as calm. Both flatter the desk by what nobody looked at; the page says so.
What was not scored, for its language is not one that the desk hears, is neither flagged nor calm, and counted apart.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Row, case, func, select

from desk import segments
from desk.people.tables import Customer
from desk.reports.statistics import Interval, wilson
from desk.sentiment.tables import Correction, Score
from desk.store import Tx
from desk.surveys.tables import Invitation, Response

DAYS = 180
MOST = 20_000  # messages looked at, newest first
FEWEST = 20  # of a group: with fewer, nothing is said about it
BANDS = ((0.0, 0.1), (0.1, 0.3), (0.3, 0.5), (0.5, 0.7), (0.7, 1.01))
LOW = 2  # a CSAT of 1 or 2
LISTED = 60
GROUPS = 12
LEVELS = ("calm", "strained", "frustrated")


@dataclass(frozen=True, slots=True)
class Share:
    """`good` of `n`; no interval without any."""

    good: int
    n: int

    @property
    def interval(self) -> Interval | None:
        return wilson(self.good, self.n) if self.n else None

    @property
    def enough(self) -> bool:
        return self.n >= FEWEST


@dataclass(slots=True)
class Counted:
    """Messages of one group: flags, contradicted ones among them, calm ones, those that people called missed, and those
    that were not scored, which are in none of the others."""

    name: str
    flags: int = 0
    wrong: int = 0
    calm: int = 0
    missed: int = 0
    unscored: int = 0

    @property
    def precision(self) -> Share:
        return Share(self.flags - self.wrong, self.flags)

    @property
    def recall(self) -> Share:
        return Share(self.flags - self.wrong, self.flags - self.wrong + self.missed)

    @property
    def flagged(self) -> Share:
        return Share(self.flags, self.flags + self.calm)


@dataclass(frozen=True, slots=True)
class Band:
    """What was said, from and to, of how many that people judged, and how many of these they called not calm."""

    low: float
    high: float
    said: float
    were: Share


@dataclass(frozen=True, slots=True)
class Judged:
    """One correction: what was said, what a person said instead, and where."""

    entry_id: int
    conversation_id: int
    said: str
    instead: str
    staff_id: int
    at: datetime
    chance: float | None


@dataclass(frozen=True, slots=True)
class Answer:
    """One answered CSAT after an episode: at worst it was this."""

    conversation_id: int
    level: str
    score: int


@dataclass(slots=True)
class Frustration:
    """All that the page shows."""

    whole: Counted
    corrections: int
    bands: list[Band] = field(default_factory=list)
    languages: list[Counted] = field(default_factory=list)
    segments: list[Counted] = field(default_factory=list)
    csat: dict[str, Share] = field(default_factory=dict)  # by the worst level: low answers of all
    answers: list[Answer] = field(default_factory=list)
    judged: list[Judged] = field(default_factory=list)


def frustration(tx: Tx) -> Frustration:
    """The figures of the last half year."""
    since = tx.now() - timedelta(days=DAYS)
    judged = _judged(tx, since)
    last = {one.entry_id: one for one in reversed(judged)}
    rows = tx.execute(
        select(
            Score.entry_id,
            Score.customer_id,
            Score.level_before,
            Score.level_after,
            Score.frustration,
            Score.language,
            Customer.locale,
        )
        .join(Customer, Customer.id == Score.customer_id)
        .where(Score.occurred_at >= since, Score.read_at.is_not(None))
        .order_by(Score.occurred_at.desc(), Score.entry_id.desc())
        .limit(MOST)
    ).all()
    found = Frustration(_count("", rows, last), len(last), judged=judged[:LISTED])
    found.bands = _bands(last.values())
    found.languages = _by(rows, last, _language)
    found.segments = _by_segment(tx, rows, last)
    found.csat, found.answers = _foretold(tx, since)
    return found


def _language(row: Row[Any]) -> str:
    """The language of the message; of one that is too short to tell, the customer's."""
    return row.language or (row.locale or "").partition("-")[0].partition("_")[0]


def _judged(tx: Tx, since: datetime) -> list[Judged]:
    """What people said, newest first."""
    query = (
        select(
            Correction.entry_id, Correction.conversation_id, Correction.said, Correction.instead, Correction.staff_id,
            Correction.at, Score.frustration,
        )
        .outerjoin(Score, Score.entry_id == Correction.entry_id)
        .where(Correction.at >= since)
        .order_by(Correction.id.desc())
        .limit(MOST)
    )  # fmt: skip
    return [Judged(*row) for row in tx.execute(query)]


def _count(name: str, rows: Iterable[Row[Any]], last: dict[int, Judged]) -> Counted:
    found = Counted(name)
    for row in rows:
        said = last.get(row.entry_id)
        if row.frustration is None:
            found.unscored += 1
        elif row.level_after == "calm":
            found.calm += 1
            found.missed += said is not None and said.instead != "calm"
        elif row.level_before == "calm" or said is not None:  # a flag is the rise, and what somebody judged
            found.flags += 1
            found.wrong += said is not None and said.instead == "calm"
    return found


def _bands(judged: Iterable[Judged]) -> list[Band]:
    known = [(one.chance, one.instead != "calm") for one in judged if one.chance is not None]
    out = []
    for low, high in BANDS:
        inside = [(chance, was) for chance, was in known if low <= chance < high]
        said = sum(chance for chance, _was in inside) / len(inside) if inside else 0.0
        out.append(Band(low, min(high, 1.0), said, Share(sum(was for _chance, was in inside), len(inside))))
    return out


def _by(rows: Iterable[Row[Any]], last: dict[int, Judged], name: Callable[[Row[Any]], str]) -> list[Counted]:
    groups: dict[str, list[Row[Any]]] = {}
    for row in rows:
        groups.setdefault(name(row), []).append(row)
    found = [_count(key, inside, last) for key, inside in groups.items()]
    return sorted(found, key=lambda one: (-one.flags - one.calm - one.unscored, one.name))[:GROUPS]


def _by_segment(tx: Tx, rows: Iterable[Row[Any]], last: dict[int, Judged]) -> list[Counted]:
    rows, out = list(rows), []
    for segment in segments.every(tx)[:GROUPS]:
        inside = set(tx.scalars(segments.within([segment.id])))
        out.append(_count(segment.name, (row for row in rows if row.customer_id in inside), last))
    return out


def _foretold(tx: Tx, since: datetime) -> tuple[dict[str, Share], list[Answer]]:
    """Low answers by the worst level of the episode that was asked about, and the answers after the flagged ones."""
    worst = (
        select(
            Score.episode_id,
            func.max(case((Score.level_after == "frustrated", 2), (Score.level_after == "strained", 1), else_=0)).label(
                "rank"
            ),
        )
        .where(Score.episode_id.is_not(None), Score.frustration.is_not(None))
        .group_by(Score.episode_id)
        .subquery()
    )
    query = (
        select(Invitation.conversation_id, worst.c.rank, Response.score)
        .join(Response, Response.invitation_id == Invitation.id)
        .join(worst, worst.c.episode_id == Invitation.episode_id)
        .where(Invitation.kind == "csat", Response.answered_at >= since)
        .order_by(Response.answered_at.desc(), Response.id.desc())
        .limit(MOST)
    )
    answers = [Answer(number, LEVELS[rank], score) for number, rank, score in tx.execute(query)]
    by = {level: [one.score for one in answers if one.level == level] for level in LEVELS}
    shares = {level: Share(sum(score <= LOW for score in scores), len(scores)) for level, scores in by.items()}
    return shares, [one for one in answers if one.level != "calm"][:LISTED]
