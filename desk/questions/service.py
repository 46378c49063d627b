"""Noting what was asked, what people do with groups, and letting go of what was erased."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from typing import Any, cast

from sqlalchemy import Table, func, select, update
from sqlalchemy.dialects import postgresql, sqlite

from desk import conversations, knowledge, timeline
from desk.agents import Viewer
from desk.jobs import enqueue
from desk.questions.tables import DraftSource, Question, QuestionGroup
from desk.questions.working import read_sum, standing, take_out
from desk.signals import GroupsJoined
from desk.store import Tx

NAME = 120


class BadGroup(ValueError):
    """This cannot be done with the group: `reason` is long (its name), same (merged with itself), language (merged with
    one of another) or article (it has one)."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


@lru_cache(maxsize=4)
def _once(dialect: str) -> Any:
    insert = postgresql.insert if dialect == "postgresql" else sqlite.insert
    return insert(cast(Table, Question.__table__)).on_conflict_do_nothing(index_elements=["episode_id"])


def note(tx: Tx, conversation_id: int, episode_id: int) -> None:
    """An episode came to a point at which it shows whether its question was answered. One row: reading it is a job."""
    tx.flush()
    values = {"episode_id": episode_id, "conversation_id": conversation_id, "at": tx.now()}
    rest = {"locale": "", "state": "waiting", "gap": "", "model": "", "read_anew": 0}
    tx.aside(_once(tx.dialect_name), values | rest)


def note_handover(tx: Tx, conversation_id: int) -> None:
    """The same, where the bot gave it to people."""
    episode_id = conversations.get(tx, conversation_id, None).episode_id
    if episode_id is not None:
        note(tx, conversation_id, episode_id)


def forget(tx: Tx, entry_ids: Sequence[int]) -> None:
    """The words of these lines are gone: so is what they meant, and what a draft took of them."""
    ids = list(entry_ids)
    tx.flush()
    homes = sorted(set(timeline.homes(tx, ids).values()))
    if homes:  # first these: the job that has read one of them finds it changed
        waits = Question.conversation_id.in_(homes), Question.state == "waiting"
        tx.execute(update(Question).where(*waits).values(read_anew=Question.read_anew + 1))
    rows = tx.scalars(
        select(Question).where(Question.entry_id.in_(ids), Question.state != "waiting").with_for_update()
    ).all()
    for row in rows:
        if row.group_id is not None:
            take_out(standing(tx, row.group_id), row)
        row.vector = None
    for group in tx.scalars(select(QuestionGroup).where(QuestionGroup.said_entry_id.in_(ids)).with_for_update()):
        group.said_entry_id = _newest(tx, group.id)
    sources = tx.scalars(select(DraftSource).where(DraftSource.entry_id.in_(ids))).all()
    for source in sources:
        knowledge.take_out(tx, source.article_id, source.text)
        tx.delete(source)
    tx.flush()


def _newest(tx: Tx, group_id: int) -> int | None:
    return tx.scalar(
        select(Question.entry_id)
        .where(Question.group_id == group_id, Question.vector.is_not(None))
        .order_by(Question.at.desc())
        .limit(1)
    )


def group(tx: Tx, group_id: int) -> QuestionGroup:
    """The group, or the one that it is part of now. Raises LookupError."""
    return standing(tx, group_id)


def rename(tx: Tx, group_id: int, name: str) -> QuestionGroup:
    """Gives a group a name of a person's; none takes it back. Raises LookupError, BadGroup."""
    said = " ".join(name.replace("\x00", "").split())
    if len(said) > NAME:
        raise BadGroup("long")
    row = standing(tx, group_id)
    row.name = said
    tx.flush()
    return row


def dismiss(tx: Tx, group_id: int, by: Viewer) -> QuestionGroup:
    """ "Not our subject": it is shown no more, and goes on taking in what is like it."""
    row = standing(tx, group_id)
    if row.dismissed_at is None:
        row.dismissed_at, row.dismissed_by = tx.now(), by.id
    tx.flush()
    return row


def restore(tx: Tx, group_id: int) -> QuestionGroup:
    row = standing(tx, group_id)
    row.dismissed_at = row.dismissed_by = None
    tx.flush()
    return row


def merge(tx: Tx, group_id: int, into_id: int) -> QuestionGroup:
    """Puts a group into another one, which keeps its number and its name. Raises LookupError, BadGroup."""
    for number in sorted({group_id, into_id}):  # in one order, whoever merges them the other way round
        standing(tx, number)
    here, there = standing(tx, group_id), standing(tx, into_id)
    if here.id == there.id:
        raise BadGroup("same")
    if here.locale != there.locale:
        raise BadGroup("language")
    tx.execute(
        update(Question)
        .where(Question.group_id == here.id)
        .values(group_id=there.id)
        .execution_options(synchronize_session=False)
    )
    if here.model == there.model and here.held:
        there.middle = _sum(here.middle, there.middle) if there.held else here.middle
        there.held += here.held
    there.last_at = max(there.last_at, here.last_at)
    there.article_id = there.article_id or here.article_id
    here.into_id, here.middle, here.held = there.id, b"", 0
    tx.flush()
    tx.announce(GroupsJoined(here.id, there.id))
    return there


def _sum(one: bytes, other: bytes) -> bytes:
    total: bytes = (read_sum(one) + read_sum(other)).tobytes()
    return total


def out(tx: Tx, group_id: int, episode_id: int) -> None:
    """A question that does not belong there: it is in no group, and never comes back into this one. Raises
    LookupError."""
    row = tx.get(Question, episode_id, with_for_update=True)
    if row is None or row.group_id is None or row.group_id != standing(tx, group_id).id:
        raise LookupError("There is no such question in this group.")
    held = standing(tx, group_id)
    take_out(held, row)
    row.state, row.group_id, row.apart_from = "loose", None, held.id
    if held.said_entry_id == row.entry_id:
        tx.flush()
        held.said_entry_id = _newest(tx, held.id)
    tx.flush()


def ask_draft(tx: Tx, group_id: int, by: Viewer) -> QuestionGroup:
    """Asks for an article out of what was answered; a job writes the draft. Raises LookupError, BadGroup."""
    row = standing(tx, group_id)
    if row.article_id is not None:
        raise BadGroup("article")
    if row.draft != "asked":
        row.draft, row.draft_by, row.draft_at = "asked", by.id, tx.now()
        tx.flush()
        enqueue(tx, "questions.draft", {"group_id": row.id}, key=f"draft:{row.id}", priority=3, max_attempts=3)
    return row


def groups(tx: Tx, locale: str, limit: int = 300) -> list[QuestionGroup]:
    """The standing groups of a language, those that something came into last."""
    query = select(QuestionGroup).where(QuestionGroup.locale == locale, QuestionGroup.into_id.is_(None))
    return list(tx.scalars(query.order_by(QuestionGroup.last_at.desc(), QuestionGroup.id.desc()).limit(limit)))


def sources(tx: Tx, article_id: int) -> list[DraftSource]:
    """What a drafted article was made of, in its order."""
    return list(tx.scalars(select(DraftSource).where(DraftSource.article_id == article_id).order_by(DraftSource.id)))


def group_of(tx: Tx, article_id: int) -> QuestionGroup | None:
    """The group that an article was drafted from."""
    return tx.scalar(select(QuestionGroup).where(QuestionGroup.article_id == article_id).limit(1))


def group_with(tx: Tx, episode_id: int) -> int | None:
    """The group that the question of an episode is in."""
    return tx.scalar(select(Question.group_id).where(Question.episode_id == episode_id))


def count(tx: Tx, group_id: int) -> int:
    """How many questions a group holds."""
    return int(tx.scalar(select(func.count()).where(Question.group_id == group_id)) or 0)


def members(tx: Tx, group_id: int, limit: int = 200) -> list[Question]:
    """The questions of a group, newest first."""
    query = select(Question).where(Question.group_id == group_id)
    return list(tx.scalars(query.order_by(Question.at.desc(), Question.episode_id.desc()).limit(limit)))
