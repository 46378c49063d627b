"""A blind sample: messages drawn at random from those that were flagged and from those that were not, for people to
judge who do not see which is which. What people say of their own accord cannot tell how much was missed; this can.

It is kept apart from the corrections: no layer learns from it, so that it flatters none.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from random import Random

from sqlalchemy import func, select

from desk import timeline
from desk.agents import Viewer
from desk.sentiment.checking import FLAGGED_AT
from desk.sentiment.tables import GONE, Sample, Sampled, Score
from desk.store import Tx

FRAME = 20_000  # messages that are drawn from, the newest
# Of each kind. What was missed hides among many calm ones, so that more of them have to be looked at.
FLAGGED, CALM = 40, 80
VERDICTS = ("calm", "upset", "unsure")


@dataclass(frozen=True, slots=True)
class Card:
    """A message to judge: which of how many it is, and what was said of it before, if anything."""

    sample_id: int
    number: int
    of: int
    left: int
    entry_id: int
    verdict: str | None


@dataclass(frozen=True, slots=True)
class Drawn:
    """A message of a sample as figures need it."""

    place: int
    entry_id: int
    chance: float
    verdict: str | None
    staff_id: int | None
    at: datetime | None

    @property
    def flagged(self) -> bool:
        return self.chance >= FLAGGED_AT


@dataclass(frozen=True, slots=True)
class SampleView:
    """A sample: when, by whom, how many messages of either kind it was drawn from, and what was drawn."""

    id: int
    at: datetime
    staff_id: int
    flagged: int
    calm: int
    drawn: tuple[Drawn, ...]


def draw(tx: Tx, viewer: Viewer, chance: Random) -> int | None:
    """Draws a new sample and gives its number; None where no message was scored yet."""
    frame = tx.execute(
        select(Score.entry_id, Score.frustration)
        .where(Score.frustration.is_not(None), Score.read_at.is_not(None))
        .order_by(Score.entry_id.desc())
        .limit(FRAME)
    ).all()
    flagged = [row for row in frame if row.frustration >= FLAGGED_AT]
    calm = [row for row in frame if row.frustration < FLAGGED_AT]
    taken = [
        *chance.sample(flagged, min(FLAGGED, len(flagged))),
        *chance.sample(calm, min(CALM, len(calm))),
    ]
    if not taken:
        return None
    chance.shuffle(taken)
    sample = Sample(at=tx.now(), staff_id=viewer.id, flagged=len(flagged), calm=len(calm))
    tx.add(sample)
    tx.flush()
    words = timeline.texts(tx, [row.entry_id for row in taken])
    for place, row in enumerate(taken, 1):
        verdict = None if words.get(row.entry_id, "").strip() else GONE
        tx.add(
            Sampled(
                sample_id=sample.id, place=place, entry_id=row.entry_id, chance=row.frustration, verdict=verdict,
                staff_id=None, at=None,
            )
        )  # fmt: skip
    return sample.id


def card(tx: Tx, entry_id: int | None = None) -> Card | None:
    """A message of the newest sample: this one, else the first that nobody judged. None where there is none.

    What has lost its words is passed over."""
    sample_id = tx.scalar(select(func.max(Sample.id)))
    if sample_id is None:
        return None
    rows = tx.execute(
        select(Sampled.place, Sampled.entry_id, Sampled.verdict)
        .where(Sampled.sample_id == sample_id, Sampled.verdict.is_distinct_from(GONE))
        .order_by(Sampled.place)
    ).all()
    left = sum(row.verdict is None for row in rows)
    for number, row in enumerate(rows, 1):
        if row.entry_id == entry_id or (entry_id is None and row.verdict is None):
            return Card(sample_id, number, len(rows), left, row.entry_id, row.verdict)
    return None


def judge(tx: Tx, sample_id: int, entry_id: int, verdict: str, viewer: Viewer) -> None:
    """Keeps what a person says of a message; the last word counts.

    Raises LookupError where it is not in the sample, ValueError for an unknown verdict.
    """
    if verdict not in VERDICTS:
        raise ValueError("A message is calm, upset, or one cannot tell.")
    row = tx.scalar(
        select(Sampled)
        .where(Sampled.sample_id == sample_id, Sampled.entry_id == entry_id, Sampled.verdict.is_distinct_from(GONE))
        .with_for_update()
    )
    if row is None:
        raise LookupError("This message is not in the sample.")
    row.verdict, row.staff_id, row.at = verdict, viewer.id, tx.now()


def samples(tx: Tx, limit: int = 5) -> list[SampleView]:
    """The newest samples with what was drawn, newest first."""
    found = tx.scalars(select(Sample).order_by(Sample.id.desc()).limit(limit)).all()
    drawn: dict[int, list[Drawn]] = {one.id: [] for one in found}
    query = (
        select(
            Sampled.sample_id, Sampled.place, Sampled.entry_id, Sampled.chance, Sampled.verdict, Sampled.staff_id,
            Sampled.at,
        )
        .where(Sampled.sample_id.in_(drawn))
        .order_by(Sampled.sample_id, Sampled.place)
    )  # fmt: skip
    for sample_id, *rest in tx.execute(query):
        drawn[sample_id].append(Drawn(*rest))
    return [SampleView(one.id, one.at, one.staff_id, one.flagged, one.calm, tuple(drawn[one.id])) for one in found]
