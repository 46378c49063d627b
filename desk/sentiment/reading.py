"""The two jobs of frustration: reading a message by the model, and learning from what agents corrected.

The model runs outside of any transaction; what it found is written in one short one, which ends the job too.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from sqlalchemy import delete, select

from desk import timeline
from desk.nlp import Models, NoModel, Status
from desk.parts import Desk
from desk.sentiment import adapting, service
from desk.sentiment.adapting import ANCHOR, Taught
from desk.sentiment.head import Head, NoHead, usable
from desk.sentiment.judging import Judge
from desk.sentiment.tables import Correction, Layer, Score
from desk.store import Tx

LESSONS = 1000  # corrections learned from, newest first
ANCHORS = 200  # messages nobody contradicted: what was right stays so
KEPT = 5  # layers: the newest counts, the others show what was
LABELS = {"calm": 0.0, "strained": 0.6, "frustrated": 1.0}

Done = Callable[[Tx], None]


def reads(models: Models) -> bool:
    """Whether messages are read by the head here. Looks at files at its first call, so ask outside of transactions."""
    return usable(models)[0] is not None


def status(models: Models) -> Status:
    """What judges frustration on this desk, and why it is not the head where it is not."""
    head, why_not = usable(models)
    if head is None:
        return Status("VADER and cues", False, f"Frustration is judged by a list of words alone. {why_not}")
    return Status(head.name, True, "Frustration is judged by the trained head, a second after a message.")


def read(desk: Desk, entry_id: int, done: Done) -> None:
    """Reads one message by the model and lets its conversation follow; the second time it does nothing.

    A model that cannot be used after all leaves the quick score in force, and says so in its name.
    """
    with desk.store.reading() as tx:
        row = service.unread(tx, entry_id)
        entry = timeline.one(tx, entry_id) if row is not None else None
        before = service.earlier(tx, row) if row is not None else []
        taught = newest(tx, desk.models) if row is not None else None
    if row is None:
        with desk.store.transaction() as tx:
            done(tx)
        return
    judge = Judge(desk.models, taught)
    text = entry.text if entry is not None else ""  # erased meanwhile: it says nothing any more
    found = judge.score([text])[0]
    similarity = judge.similarity(text, before)
    with desk.store.transaction() as tx:
        service.settle(tx, entry_id, found, judge.model, similarity)
        done(tx)


def newest(tx: Tx, models: Models) -> tuple[str, Taught] | None:
    """What this desk has learned for the model that it has, with the name it is shown by."""
    head, _ = usable(models)
    if head is None:
        return None
    row = tx.scalar(select(Layer).order_by(Layer.id.desc()).limit(1))
    if row is None or row.head != _speaks_of(head):
        return None
    taught = Taught.unpacked(row.weights, (head.into.shape[0] - adapting.BESIDE) // 2)
    return (f"{row.corrections} corrections", taught) if taught is not None else None


def _speaks_of(head: Head) -> str:
    return f"{head.name}:{head.reads}"[:80]


@dataclass(frozen=True, slots=True)
class Lesson:
    """Texts with their labels in [0, 1] and what each counts. A label of None: as the head has it, nobody objected."""

    texts: list[str]
    labels: list[float | None]
    corrections: int
    last_correction_id: int


def lesson(tx: Tx) -> Lesson:
    """The newest corrections, the last word on each message, and messages beside them that nobody contradicted."""
    last: dict[int, Correction] = {}
    newest_id = 0
    for row in tx.scalars(select(Correction).order_by(Correction.id.desc()).limit(LESSONS)):
        last.setdefault(row.entry_id, row)
        newest_id = max(newest_id, row.id)
    texts: list[str] = []
    labels: list[float | None] = []
    for entry_id, correction in sorted(last.items()):
        text = _text(tx, entry_id)
        if text:
            texts.append(text)
            labels.append(LABELS[correction.instead])
    corrections = len(texts)
    others = tx.scalars(select(Score.entry_id).order_by(Score.entry_id.desc()).limit(ANCHORS + len(last)))
    for entry_id in others.all():
        text = _text(tx, entry_id) if entry_id not in last else ""
        if text:
            texts.append(text)
            labels.append(None)
    return Lesson(texts, labels, corrections, newest_id)


def _text(tx: Tx, entry_id: int) -> str:
    entry = timeline.one(tx, entry_id)
    return entry.text.strip() if entry is not None and entry.kind == "message" else ""


def learn(desk: Desk, done: Done) -> None:
    """Makes the desk's own layer anew from its agents' corrections; without a model, or with too few, it stays."""
    with desk.store.reading() as tx:
        found = lesson(tx)
    judge = Judge(desk.models)
    weights = None
    if judge.trained and found.corrections >= adapting.FEWEST:
        try:
            weights = _learned(judge, found)
        except (NoModel, NoHead):
            weights = None
    head, _ = usable(desk.models)
    with desk.store.transaction() as tx:
        if weights is not None and head is not None:
            tx.add(
                Layer(
                    at=tx.now(),
                    head=_speaks_of(head),
                    corrections=found.corrections,
                    last_correction_id=found.last_correction_id,
                    weights=weights.packed(),
                )
            )
            tx.flush()
            kept = tx.scalars(select(Layer.id).order_by(Layer.id.desc()).limit(KEPT)).all()
            tx.execute(delete(Layer).where(Layer.id < min(kept)))
        done(tx)


def _learned(judge: Judge, found: Lesson) -> Taught:
    look = judge.look(found.texts)
    shipped = 1 / (1 + np.exp(-look.odds.astype(np.float64)))
    labels = np.array(
        [own if label is None else label for label, own in zip(found.labels, shipped, strict=True)], np.float64
    )
    weight = np.array([ANCHOR if label is None else 1.0 for label in found.labels], np.float64)
    return judge.taught(look, labels, weight)
