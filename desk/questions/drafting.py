"""The job that drafts an article out of the resolved conversations of a group, and keeps what each piece is from."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from sqlalchemy import select

from desk import agents, conversations, knowledge, timeline
from desk.jobs import Leased, finish
from desk.parts import Desk
from desk.questions import extract
from desk.questions.reading import LINES, meaning, shown
from desk.questions.tables import DraftSource, Question, QuestionGroup
from desk.store import Tx

DRAWN_ON = 60  # conversations of the group, the newest
ANSWERS = 3  # of each of them
TITLE = 120


@dataclass(frozen=True, slots=True)
class Material:
    """What a draft is made of: answers and questions as (line, text), and the names that each answer must not say."""

    locale: str
    name: str
    said_entry_id: int | None
    answers: list[tuple[int, str]]
    names: list[list[str]]
    questions: list[tuple[int, str]]


def draft(desk: Desk, job: Leased) -> None:
    """The job `questions.draft`."""
    with desk.store.reading() as tx:
        group = tx.get(QuestionGroup, job.args["group_id"])
        material = _material(tx, group) if group is not None and group.draft == "asked" else None
    pieces, asked, title = _made(desk, material) if material is not None else ([], [], "")
    with desk.store.transaction() as tx:
        group = tx.get(QuestionGroup, job.args["group_id"], with_for_update=True)
        if group is not None and group.draft == "asked" and material is not None:
            _write(tx, group, pieces, asked, title)
        finish(tx, job)


def _material(tx: Tx, group: QuestionGroup) -> Material:
    rows = tx.execute(
        select(Question.episode_id, Question.conversation_id, Question.entry_id)
        .where(Question.group_id == group.id)
        .order_by(Question.at.desc())
        .limit(DRAWN_ON)
    ).all()
    staff = agents.names(tx)
    out = Material(group.locale, group.name, group.said_entry_id, [], [], [])
    for row in rows:
        conversation = conversations.landed(tx, row.conversation_id)
        if conversation is None:
            continue
        lines = timeline.of_conversation(tx, conversation.id, LINES, ("message", "reply", "status"))
        lines = [e for e in lines if e.episode_id == row.episode_id and not e.erased]
        asked = next((e for e in lines if e.id == row.entry_id), None)
        if asked is not None:
            out.questions.append((asked.id, " ".join(meaning(asked).split())))
        ended = conversations.episode(tx, row.episode_id).resolved_at is not None
        if asked is None or not ended or conversation.level == "frustrated":
            continue  # what did not end well is no model for an article
        answers = [e for e in lines if e.kind == "reply" and e.staff_id is not None and e.id > asked.id]
        for entry in answers[:ANSWERS]:
            out.answers.append((entry.id, entry.text))
            out.names.append([conversation.customer_name, staff.get(entry.staff_id or 0, "")])
    return out


Piece = tuple[int, str]


def _made(desk: Desk, material: Material) -> tuple[list[Piece], list[Piece], str]:
    """The sentences and the example questions with the lines they are from, and a title."""
    found = extract.sentences(material.answers, material.names)
    texts = [text for _, text in material.questions]
    asked = desk.models.embed(texts) if texts else np.zeros((0, desk.models.dimension), dtype=np.float32)
    chosen = extract.choose(found, desk.models.embed([s.text for s in found]), asked) if found else []
    longest = 300
    usable = [(entry_id, text[:longest]) for entry_id, text in material.questions]
    examples = [usable[i] for i in extract.examples(usable, asked)] if texts else []
    title = material.name or next((t for i, t in examples if i == material.said_entry_id), "")
    title = title or (examples[0][1] if examples else "")
    return [(found[i].entry_id, found[i].text) for i in chosen], examples, shown(title, TITLE)


def _write(tx: Tx, group: QuestionGroup, pieces: list[Piece], asked: list[Piece], title: str) -> None:
    # Words that were erased while this was computed are left out.
    there = timeline.texts(tx, [entry_id for entry_id, _ in [*pieces, *asked]])
    pieces = [piece for piece in pieces if piece[0] in there]
    asked = [piece for piece in asked if piece[0] in there]
    if not pieces:
        group.draft = "nothing"
        return
    row = knowledge.create(
        tx,
        group.draft_by,
        title=title or f"#{group.id}",
        body="\n\n".join(text for _, text in pieces),
        examples=[text for _, text in asked],
        locale=group.locale,
        drafted=True,
    )
    for kind, found in (("passage", pieces), ("example", asked)):
        for entry_id, text in found:
            tx.add(DraftSource(article_id=row.id, entry_id=entry_id, kind=kind, text=text))
    group.article_id, group.draft = row.id, "done"
    tx.flush()
