"""The two jobs of frustration: reading a message by the model, and learning from what agents corrected.

The model runs outside of any transaction; what it found is written in one short one, which ends the job too.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from sqlalchemy import select

from desk import timeline
from desk.nlp import Models, NoModel, Status
from desk.parts import Desk
from desk.sentiment import adapting, learned, service
from desk.sentiment.adapting import ANCHOR, Taught
from desk.sentiment.checking import Held
from desk.sentiment.head import Head, NoHead, usable
from desk.sentiment.judging import Judge
from desk.sentiment.tables import Correction, Layer, Score
from desk.store import Tx

LESSONS = 1000  # corrections learned from, newest first
ANCHORS = 200  # messages nobody contradicted: what was right stays so
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
    row = learned.in_use(tx)
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
    numbers: list[int]  # of the corrections; 0 where there was none
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
    numbers: list[int] = []
    for entry_id, correction in sorted(last.items()):
        text = _text(tx, entry_id)
        if text:
            texts.append(text)
            labels.append(LABELS[correction.instead])
            numbers.append(correction.id)
    corrections = len(texts)
    others = tx.scalars(select(Score.entry_id).order_by(Score.entry_id.desc()).limit(ANCHORS + len(last)))
    for entry_id in others.all():
        text = _text(tx, entry_id) if entry_id not in last else ""
        if text:
            texts.append(text)
            labels.append(None)
            numbers.append(0)
    return Lesson(texts, labels, numbers, corrections, newest_id)


def _text(tx: Tx, entry_id: int) -> str:
    entry = timeline.one(tx, entry_id)
    return entry.text.strip() if entry is not None and entry.kind == "message" else ""


def learn(desk: Desk, done: Done) -> None:
    """Makes the desk's own layer anew from its agents' corrections; without a model, or with too few, it stays.

    Before it judges it is held against what judges now, on corrections that neither has learned from. Where it is worse
    there, it is kept to be looked at and not used.
    """
    with desk.store.reading() as tx:
        found = lesson(tx)
        now = newest(tx, desk.models)
        used = learned.in_use(tx)
        since = used.last_correction_id if used is not None and now is not None else 0
    judge = Judge(desk.models)
    made = None
    if judge.trained and found.corrections >= adapting.FEWEST:
        try:
            made = _learned(judge, found, now[1] if now is not None else None, since)
        except (NoModel, NoHead):
            made = None
    head, _ = usable(desk.models)
    with desk.store.transaction() as tx:
        if made is not None and head is not None:
            weights, held = made
            tx.add(
                Layer(
                    at=tx.now(),
                    head=_speaks_of(head),
                    corrections=found.corrections,
                    last_correction_id=found.last_correction_id,
                    weights=weights.packed(),
                    how=learned.REFUSED if held is not None and held.worse else "kept",
                    held=held.n if held is not None else None,
                    loss_before=held.loss_before if held is not None else None,
                    loss_after=held.loss_after if held is not None else None,
                    right_before=held.right_before if held is not None else None,
                    right_after=held.right_after if held is not None else None,
                )
            )
            learned.forget_old(tx)
        done(tx)


def _learned(judge: Judge, found: Lesson, now: Taught | None, since: int) -> tuple[Taught, Held | None]:
    look = judge.look(found.texts)
    shipped = 1 / (1 + np.exp(-look.odds.astype(np.float64)))
    labels = np.array(
        [own if label is None else label for label, own in zip(found.labels, shipped, strict=True)], np.float64
    )
    weight = np.array([ANCHOR if label is None else 1.0 for label in found.labels], np.float64)
    unseen = np.array([number > since for number in found.numbers])
    return judge.taught(look, labels, weight), judge.held(look, labels, weight, unseen, now)
