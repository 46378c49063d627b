"""The job that reads what was asked, embeds it and puts it into groups: a bounded piece of work each time it runs.

It holds at most BATCH new questions against the middles of the groups and the newest LOOSE loose ones, so that what it
costs does not grow with what was ever asked. Reading, computing and writing are three steps; no transaction is held
while the model runs.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import numpy as np
from sqlalchemy import delete, func, select, update

from desk import timeline
from desk.bot import SHELVES
from desk.jobs import Leased, enqueue, finish
from desk.nlp import Models
from desk.nlp.encoding import Floats
from desk.parts import Desk
from desk.questions import grouping, lens
from desk.questions.grouping import BARE, BY_LETTERS, THROUGH_LENS, Nearness
from desk.questions.reading import Asked, meaning, read
from desk.questions.tables import Question, QuestionGroup, QuestionLens
from desk.store import Tx

BATCH = 200  # questions of one run
LOOSE = 1500  # of a language that are held in readiness, the newest
AGED = timedelta(days=180)  # past this a loose question makes no group any more, and a group takes none in
GROUPS = 3000  # of a language, those that something came into last
REMADE = 20  # groups a run whose middle is made anew, where there is another model; of as many questions each
KEY = "questions.group"


@dataclass(frozen=True, slots=True)
class Placed:
    """A question with its vector and the article that is nearest."""

    episode_id: int
    asked: Asked
    vector: Floats
    article_id: int | None
    confidence: float | None
    gap: str
    read_anew: int


def ask_to_group(tx: Tx) -> bool:
    """Queues the job, where anything waits for it."""
    if tx.scalar(select(Question.episode_id).where(Question.state == "waiting").limit(1)) is None:
        return False
    enqueue(tx, "questions.group", {}, key=KEY, priority=8, max_attempts=3)
    return True


def work(desk: Desk, job: Leased) -> None:
    """The job `questions.group`. Where more waits than one run takes, it asks to run again."""
    if _remake(desk):
        with desk.store.transaction() as tx:
            enqueue(tx, "questions.group", {}, key=KEY, priority=8, max_attempts=3)
            finish(tx, job)
        return
    with desk.store.reading() as tx:
        waiting = tx.execute(
            select(Question.episode_id, Question.conversation_id, Question.read_anew)
            .where(Question.state == "waiting")
            .order_by(Question.locale, Question.at, Question.episode_id)
            .limit(BATCH)
        ).all()
        asked = {row.episode_id: read(tx, row.conversation_id, row.episode_id) for row in waiting}
    placed = _placed(
        desk,
        {number: one for number, one in asked.items() if one is not None},
        {row.episode_id: row.read_anew for row in waiting},
    )
    nothing = [number for number, one in asked.items() if one is None]
    look = _lens(desk, len(placed))
    for locale in sorted({one.asked.locale for one in placed}):
        _put(desk, locale, [one for one in placed if one.asked.locale == locale], look)
    with desk.store.transaction() as tx:
        if nothing:
            tx.execute(delete(Question).where(Question.episode_id.in_(nothing), Question.state == "waiting"))
        if len(waiting) == BATCH:
            enqueue(tx, "questions.group", {}, key=KEY, priority=8, max_attempts=3)
        finish(tx, job)


def _placed(desk: Desk, asked: dict[int, Asked], anew: dict[int, int]) -> list[Placed]:
    """Vectors of all at once, and the nearest article of each."""
    numbers = [number for number, one in asked.items() if one.text]
    vectors = desk.models.embed([asked[number].text for number in numbers]) if numbers else ()
    nearest: dict[int, tuple[int, float, float]] = {}
    for locale in {asked[number].locale for number in numbers}:
        shelf = SHELVES.get(desk, locale)
        mine = [number for number in numbers if asked[number].locale == locale]
        if shelf is None:
            continue
        for number, ranked in zip(mine, shelf.matcher.score([asked[n].text for n in mine]), strict=True):
            fits = (
                (int(one[0]), float(one[1]))
                for one in ranked.candidates
                if shelf.articles[int(one[0])].brand_id in (None, asked[number].brand_id)
            )
            best = next(fits, None)
            if best is not None:
                nearest[number] = (*best, shelf.threshold.value)
    out = []
    for number, vector in zip(numbers, vectors, strict=True):
        article_id, confidence, threshold = nearest.get(number, (None, None, 2.0))
        one = asked[number]
        # Where no bot was asked, an article of ours that fits would have answered: nothing is missing.
        answered = one.open and confidence is not None and confidence >= threshold
        out.append(Placed(number, one, vector, article_id, confidence, "" if answered else one.gap, anew[number]))
    return out


def _lens(desk: Desk, more: int) -> lens.Lens:
    """The lens of the model in use; made anew each time that the desk has been asked twice as much."""
    key = desk.models.key
    if not desk.models.status.ready:
        return lens.Lens()
    with desk.store.reading() as tx:
        row = tx.get(QuestionLens, key)
        counted = (row.counted if row is not None else 0) + more
        found = _lens_of(row)
        due = found.is_due(counted)
        newest = (
            tx.scalars(
                select(Question.vector)
                .where(Question.model == key, Question.vector.is_not(None))
                .order_by(Question.at.desc())
                .limit(lens.SAMPLE)
            ).all()
            if due
            else []
        )
    if len(newest) >= lens.FIRST:
        found = lens.make(np.stack([_read(one) for one in newest if one is not None]), counted)
    with desk.store.transaction() as tx:
        row = tx.get(QuestionLens, key, with_for_update=True)
        if row is None:
            row = QuestionLens(model=key, counted=0, seen=0, mean=None, turn=None)
            tx.add(row)
        row.counted = counted
        if found.mean is not None and found.turn is not None and found.seen != row.seen:
            row.seen, row.mean, row.turn = found.seen, found.mean.tobytes(), found.turn.tobytes()
    return found


def _lens_of(row: QuestionLens | None) -> lens.Lens:
    if row is None or row.mean is None or row.turn is None:
        return lens.Lens()
    mean = np.frombuffer(row.mean, dtype=np.float32)
    return lens.Lens(mean, np.frombuffer(row.turn, dtype=np.float32).reshape(len(mean), len(mean)), row.seen)


def nearness(models: Models, look: lens.Lens) -> Nearness:
    if not models.status.ready:
        return BY_LETTERS
    return BARE if look.mean is None else THROUGH_LENS


def _put(desk: Desk, locale: str, placed: Sequence[Placed], look: lens.Lens) -> None:
    """Groups the new questions of one language, and writes where they are."""
    key, now = desk.models.key, desk.store.clock.now()
    with desk.store.reading() as tx:
        groups = tx.execute(
            select(QuestionGroup.id, QuestionGroup.middle, QuestionGroup.held)
            .where(
                QuestionGroup.locale == locale,
                QuestionGroup.into_id.is_(None),
                QuestionGroup.last_at >= now - AGED,
                QuestionGroup.model == key,
                QuestionGroup.held > 0,
            )
            .order_by(QuestionGroup.last_at.desc(), QuestionGroup.id.desc())
            .limit(GROUPS)
        ).all()
        loose = tx.execute(
            select(Question.episode_id, Question.entry_id, Question.vector)
            .where(
                Question.state == "loose",
                Question.locale == locale,
                Question.at >= now - AGED,
                Question.model == key,
                Question.vector.is_not(None),
            )
            .order_by(Question.at.desc(), Question.episode_id.desc())
            .limit(LOOSE)
        ).all()
    width = len(placed[0].vector)
    new = np.stack([one.vector for one in placed])
    middles = np.stack([read_sum(row.middle) / row.held for row in groups]) if groups else np.zeros((0, width))
    aside = np.stack([_read(row.vector) for row in loose]) if loose else np.zeros((0, width))
    found = grouping.group(
        look(new), look(middles.astype(np.float32)), look(aside.astype(np.float32)), nearness(desk.models, look)
    )
    raw = np.concatenate([new, aside]).astype(np.float32)
    names = [*(one.episode_id for one in placed), *(row.episode_id for row in loose)]
    entries = [*(one.asked.entry_id for one in placed), *(row.entry_id for row in loose)]
    with desk.store.transaction() as tx:
        for one in placed:
            _keep(tx, one, key)
        for heap in found.made:
            said = entries[heap[grouping.medoid(raw[heap])]]
            _found_group(tx, locale, key, [names[i] for i in heap], said)
        by_group: dict[int, list[int]] = {}
        for one, place in zip(placed, found.joined, strict=True):
            if place >= 0:
                by_group.setdefault(int(groups[int(place)].id), []).append(one.episode_id)
        for group_id, members in sorted(by_group.items()):
            add(tx, group_id, members)


def _keep(tx: Tx, one: Placed, key: str) -> None:
    values: dict[str, Any] = {
        "entry_id": one.asked.entry_id,
        "at": one.asked.at,
        "locale": one.asked.locale,
        "state": "loose",
        "gap": one.gap,
        "article_id": one.article_id,
        "confidence": one.confidence,
        "model": key,
        "vector": one.vector.astype(np.float16).tobytes(),
    }
    # What was erased since it was read is read again.
    tx.execute(
        update(Question)
        .where(
            Question.episode_id == one.episode_id,
            Question.state == "waiting",
            Question.read_anew == one.read_anew,
        )
        .values(values)
    )


def _found_group(tx: Tx, locale: str, key: str, members: Sequence[int], said: int | None) -> None:
    group = QuestionGroup(
        locale=locale,
        said_entry_id=said,
        model=key,
        middle=b"",
        held=0,
        made_at=tx.now(),
        last_at=tx.now() - AGED,
    )
    tx.add(group)
    tx.flush()
    add(tx, group.id, members)
    if group.held < grouping.LEAST:  # some were erased, or taken by somebody, since they were read
        let_go(tx, group)


def add(tx: Tx, group_id: int, episode_ids: Sequence[int]) -> None:
    """Puts loose questions into a group, or into the one that it was put together with."""
    group = standing(tx, group_id)
    rows = tx.scalars(
        select(Question).where(Question.episode_id.in_(list(episode_ids)), Question.state == "loose").with_for_update()
    ).all()
    for row in rows:
        if row.vector is None or row.apart_from == group.id:
            continue
        row.state, row.group_id = "grouped", group.id
        if row.model == group.model:
            total = read_sum(group.middle) + _read(row.vector) if group.held else _read(row.vector)
            group.middle, group.held = total.astype(np.float32).tobytes(), group.held + 1
        group.last_at = max(group.last_at, row.at)
    tx.flush()


def standing(tx: Tx, group_id: int) -> QuestionGroup:
    """The group, held; the one that it is part of now. Raises LookupError."""
    group = tx.get(QuestionGroup, group_id, with_for_update=True if tx.writing else None)
    while group is not None and group.into_id is not None:
        group = tx.get(QuestionGroup, group.into_id, with_for_update=True if tx.writing else None)
    if group is None:
        raise LookupError("There is no such group of questions.")
    found: QuestionGroup = group
    return found


def let_go(tx: Tx, group: QuestionGroup) -> None:
    """Ends a group that was never shown: its questions are loose again."""
    tx.execute(update(Question).where(Question.group_id == group.id).values(state="loose", group_id=None))
    tx.delete(group)
    tx.flush()


def take_out(group: QuestionGroup, row: Question) -> None:
    """Takes a question's vector out of the middle of its group."""
    if row.vector is None or row.model != group.model or not group.held:
        return
    group.held -= 1
    left = read_sum(group.middle) - _read(row.vector)
    group.middle = left.astype(np.float32).tobytes() if group.held else b""


def _read(vector: bytes) -> Floats:
    return np.frombuffer(vector, dtype=np.float16).astype(np.float32)


def read_sum(middle: bytes) -> Floats:
    return np.frombuffer(middle, dtype=np.float32)


def _remake(desk: Desk) -> bool:
    """Where there is another model than the groups were made with, makes the middles of some of them anew out of their
    newest questions. True where it did: the rest follows in the next runs, and new questions wait for it."""
    key = desk.models.key
    with desk.store.reading() as tx:
        old = tx.scalars(
            select(QuestionGroup.id)
            .where(QuestionGroup.model != key, QuestionGroup.into_id.is_(None))
            .order_by(QuestionGroup.last_at.desc())
            .limit(REMADE)
        ).all()
        asked: dict[int, list[tuple[int, str]]] = {number: _words(tx, number) for number in old}
    if not old:
        return False
    made = {
        number: desk.models.embed([text for _, text in members]) if members else () for number, members in asked.items()
    }
    with desk.store.transaction() as tx:
        for number, vectors in made.items():
            group = tx.get(QuestionGroup, number, with_for_update=True)
            if group is None:
                continue
            total, held = None, 0
            for (episode_id, _), vector in zip(asked[number], vectors, strict=True):
                kept = vector.astype(np.float16)
                still = Question.episode_id == episode_id, Question.group_id == number, Question.vector.is_not(None)
                done = tx.execute(
                    update(Question).where(*still).values(model=key, vector=kept.tobytes()).returning(Question.entry_id)
                )
                if done.first() is not None:
                    value = kept.astype(np.float32)
                    total, held = (value if total is None else total + value), held + 1
            group.model, group.held = key, held
            group.middle = b"" if total is None else total.astype(np.float32).tobytes()
    return True


def _words(tx: Tx, group_id: int) -> list[tuple[int, str]]:
    rows = tx.execute(
        select(Question.episode_id, Question.entry_id)
        .where(Question.group_id == group_id, Question.vector.is_not(None))
        .order_by(Question.at.desc())
        .limit(REMADE)
    ).all()
    out = []
    for row in rows:
        entry = timeline.one(tx, row.entry_id) if row.entry_id is not None else None
        if entry is not None and not entry.erased:
            out.append((row.episode_id, meaning(entry)))
    return out


def waiting(tx: Tx) -> int:
    """How many questions are still to be read; no more than a thousand are counted."""
    some = select(Question.episode_id).where(Question.state == "waiting").limit(1000).subquery()
    return int(tx.scalar(select(func.count()).select_from(some)) or 0)
