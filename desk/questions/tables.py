"""What customers asked, one question an episode; the groups that mean the same; what drafts were made of."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import ForeignKey, Index, LargeBinary, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from desk.store import Base, BigInt


class Question(Base):
    """The question of one episode: which line asks it, and whether it found a good answer. Its words stay in that line.

    `state`: waiting (to be read), loose (in no group), grouped. `gap`: empty where it was answered; `unsure` (the bot
    found nothing), `asked_back` (it asked "did you mean" and nobody went on), `not_helped`, `handed_over` (a person was
    asked for or had to step in), `opening` (people answered where no bot was, and no article fits). `vector` says what
    it means (float16, as `model` made it), and goes when the words go.
    """

    __tablename__ = "questions"
    __table_args__ = (
        Index("ix_questions_state", "state", "locale", "at", "episode_id"),
        Index("ix_questions_group", "group_id", "at", "episode_id"),
        Index("ix_questions_at", "at"),
        Index("ix_questions_entry", "entry_id"),
    )
    episode_id: Mapped[int] = mapped_column(ForeignKey("episodes.id"), primary_key=True, autoincrement=False)
    conversation_id: Mapped[int] = mapped_column(ForeignKey("conversations.id"), index=True)
    entry_id: Mapped[int | None] = mapped_column(BigInt)
    at: Mapped[datetime]
    locale: Mapped[str] = mapped_column(String(16), default="")
    state: Mapped[str] = mapped_column(String(8), default="waiting")
    gap: Mapped[str] = mapped_column(String(12), default="")
    article_id: Mapped[int | None] = mapped_column(
        ForeignKey("articles.id", ondelete="SET NULL"), index=True
    )  # nearest
    confidence: Mapped[float | None]  # that this article answers it, in [0, 1]
    group_id: Mapped[int | None] = mapped_column(ForeignKey("question_groups.id"))
    apart_from: Mapped[int | None] = mapped_column(BigInt)  # a group that a person took it out of
    model: Mapped[str] = mapped_column(String(80), default="")
    vector: Mapped[bytes | None] = mapped_column(LargeBinary)
    # Counts up where words were erased while it waited: what was read of it before is not kept.
    read_anew: Mapped[int] = mapped_column(default=0)


class QuestionGroup(Base):
    """Questions that mean the same, in one language. Its number stays whatever comes in.

    Without a `name` of a person's it is called as the question in the line `said_entry_id`. `middle` is the sum of its
    `held` vectors (float32), so that one can be taken out of it again. One that was dismissed goes on taking in what is
    like it; one with `into_id` is part of that one now. `draft`: empty, asked, done, nothing (there was nothing to draw
    on).
    """

    __tablename__ = "question_groups"
    __table_args__ = (Index("ix_question_groups_locale", "locale", "into_id", "last_at"),)
    id: Mapped[int] = mapped_column(primary_key=True)
    locale: Mapped[str] = mapped_column(String(16))
    name: Mapped[str] = mapped_column(String(120), default="")
    said_entry_id: Mapped[int | None] = mapped_column(BigInt)
    model: Mapped[str] = mapped_column(String(80))
    middle: Mapped[bytes] = mapped_column(LargeBinary)
    held: Mapped[int]
    made_at: Mapped[datetime]
    last_at: Mapped[datetime]
    dismissed_at: Mapped[datetime | None]
    dismissed_by: Mapped[int | None] = mapped_column(ForeignKey("staff.id"))
    into_id: Mapped[int | None] = mapped_column(ForeignKey("question_groups.id"), index=True)
    draft: Mapped[str] = mapped_column(String(8), default="")
    draft_by: Mapped[int | None] = mapped_column(ForeignKey("staff.id"))
    draft_at: Mapped[datetime | None]
    article_id: Mapped[int | None] = mapped_column(ForeignKey("articles.id", ondelete="SET NULL"), index=True)


class QuestionLens(Base):
    """How this desk's questions spread: what is taken off each vector, so that what all of them share tells nothing.
    Empty until there are enough of them."""

    __tablename__ = "question_lenses"
    model: Mapped[str] = mapped_column(String(80), primary_key=True)
    counted: Mapped[int]  # questions that were grouped so far
    seen: Mapped[int]  # how many those were when it was made
    mean: Mapped[bytes | None] = mapped_column(LargeBinary)  # float32 [d]
    turn: Mapped[bytes | None] = mapped_column(LargeBinary)  # float32 [d, d]


class DraftSource(Base):
    """Which line a piece of a drafted article is from: of an answer (`passage`) or a question (`example`). `text` is
    the piece as it was put in, so that it can be taken out of the draft when its line is erased."""

    __tablename__ = "draft_sources"
    __table_args__ = (Index("ix_draft_sources_article", "article_id", "id"),)
    id: Mapped[int] = mapped_column(primary_key=True)
    article_id: Mapped[int] = mapped_column(ForeignKey("articles.id", ondelete="CASCADE"))
    entry_id: Mapped[int] = mapped_column(BigInt, index=True)
    kind: Mapped[str] = mapped_column(String(8))
    text: Mapped[str] = mapped_column(Text)
