"""What the bot said turn by turn, how each episode with it ended, and what it learned from the articles."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import ForeignKey, Index, String, Text, text
from sqlalchemy.orm import Mapped, mapped_column

from desk.store import Base, BigInt


class BotTurn(Base):
    """One turn of the bot. `entry_id` is its line on the timeline; a question is answered once, whoever tries twice."""

    __tablename__ = "bot_turns"
    __table_args__ = (
        Index("ix_bot_turns_at", "at", "entry_id"),
        Index("ix_bot_turns_conversation", "conversation_id", "entry_id"),
    )
    entry_id: Mapped[int] = mapped_column(BigInt, primary_key=True, autoincrement=False)
    question_entry_id: Mapped[int | None] = mapped_column(BigInt, unique=True)
    conversation_id: Mapped[int] = mapped_column(ForeignKey("conversations.id"))
    episode_id: Mapped[int] = mapped_column(ForeignKey("episodes.id"), index=True)
    at: Mapped[datetime]
    locale: Mapped[str] = mapped_column(String(16))
    outcome: Mapped[str] = mapped_column(String(12))  # answer, did_you_mean, hand_over, greeting, flow
    because: Mapped[str] = mapped_column(String(24), default="")
    article_id: Mapped[int | None] = mapped_column(ForeignKey("articles.id", ondelete="SET NULL"), index=True)
    confidence: Mapped[float | None]
    threshold: Mapped[float | None]
    helped: Mapped[bool | None]
    helped_at: Mapped[datetime | None]


class BotEpisode(Base):
    """How an episode with the bot ended: exactly one outcome, empty while it is not known yet."""

    __tablename__ = "bot_episodes"
    __table_args__ = (
        Index("ix_bot_episodes_open", "outcome", "last_turn_at"),
        Index("ix_bot_episodes_settled", "settled_at"),
    )
    episode_id: Mapped[int] = mapped_column(ForeignKey("episodes.id"), primary_key=True, autoincrement=False)
    conversation_id: Mapped[int] = mapped_column(ForeignKey("conversations.id"), index=True)
    customer_id: Mapped[int] = mapped_column(BigInt)
    inbox_id: Mapped[int] = mapped_column(ForeignKey("inboxes.id"))
    began_at: Mapped[datetime]
    last_turn_at: Mapped[datetime]
    # confirmed, assumed, escalated, abandoned, returned
    outcome: Mapped[str] = mapped_column(String(10), default="")
    why: Mapped[str] = mapped_column(String(12), default="")  # of an escalation
    settled_at: Mapped[datetime | None]


class BotFit(Base):
    """What was learned from the articles of one language: from where it answers, and how often it would be right.

    `curve` holds the points that leaving examples out gave; `digest` names the articles that it was learned from.
    """

    __tablename__ = "bot_fits"
    locale: Mapped[str] = mapped_column(String(16), primary_key=True)
    digest: Mapped[str] = mapped_column(String(64))
    model: Mapped[str] = mapped_column(String(80))
    precision: Mapped[float]  # the share that was asked for, in [0, 1]
    articles: Mapped[int]
    examples: Mapped[int]
    threshold: Mapped[dict[str, Any]]  # value, precision, coverage, n, low, high
    floor: Mapped[float]  # "did you mean" from here
    curve: Mapped[list[Any]] = mapped_column(default=list)
    seconds: Mapped[float]
    fitted_at: Mapped[datetime]
    error: Mapped[str] = mapped_column(Text, default="")
    # Marked questions that the threshold was computed on; 0: on the examples of the articles.
    marked: Mapped[int] = mapped_column(default=0)


class BotTrial(Base):
    """A question put to the bot in the lab, and what it would have done; kept for a day."""

    __tablename__ = "bot_trials"
    __table_args__ = (Index("ix_bot_trials_at", "asked_at"),)
    id: Mapped[int] = mapped_column(primary_key=True)
    text: Mapped[str] = mapped_column(Text)
    locale: Mapped[str] = mapped_column(String(16))
    staff_id: Mapped[int] = mapped_column(ForeignKey("staff.id"))
    asked_at: Mapped[datetime]
    result: Mapped[dict[str, Any] | None]  # None until the job has run


class BotSuggestion(Base):
    """An article that fits a customer's question, for the colleague who has it before them; without an article, none
    was sure enough. The words are the article's own. `computed_at` is empty until the job has run."""

    __tablename__ = "bot_suggestions"
    __table_args__ = (
        Index("ix_bot_suggestions_question", "conversation_id", "question_entry_id", unique=True),
        Index("ix_bot_suggestions_article", "article_id", "asked_at"),
        Index("ix_bot_suggestions_used", "used_entry_id"),
    )
    id: Mapped[int] = mapped_column(primary_key=True)
    conversation_id: Mapped[int] = mapped_column(ForeignKey("conversations.id"))
    question_entry_id: Mapped[int] = mapped_column(BigInt)
    asked_at: Mapped[datetime]
    computed_at: Mapped[datetime | None]
    locale: Mapped[str] = mapped_column(String(16), default="")
    article_id: Mapped[int | None] = mapped_column(ForeignKey("articles.id", ondelete="SET NULL"))
    version: Mapped[int] = mapped_column(default=0)  # of the article that the passage is from
    passage: Mapped[str] = mapped_column(Text, default="")
    confidence: Mapped[float | None]
    threshold: Mapped[float | None]
    used_at: Mapped[datetime | None]
    used_by: Mapped[int | None] = mapped_column(ForeignKey("staff.id"))
    used_entry_id: Mapped[int | None] = mapped_column(BigInt)  # the answer that it went into


class BotSet(Base):
    """A set of questions with known answers. `marked` is what colleagues mark in the lab."""

    __tablename__ = "bot_sets"
    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(String(80), unique=True)
    made_at: Mapped[datetime]
    made_by: Mapped[int | None] = mapped_column(ForeignKey("staff.id"))
    report: Mapped[dict[str, Any] | None]  # of its last evaluation
    reported_at: Mapped[datetime | None]


class BotQuestion(Base):
    """One question of a set. The words of what a customer asked stay in its line, `entry_id`; `text` holds what a
    colleague typed or brought in a file.

    `verdict`: article (`article_id` answers it), none (no article does), not (whatever does, `article_id` does not).
    """

    __tablename__ = "bot_questions"
    __table_args__ = (
        Index("uq_bot_questions_entry", "set_id", "entry_id", unique=True),
        Index("ix_bot_questions_locale", "set_id", "locale"),
        Index("ix_bot_questions_entry", "entry_id"),
    )
    id: Mapped[int] = mapped_column(primary_key=True)
    set_id: Mapped[int] = mapped_column(ForeignKey("bot_sets.id", ondelete="CASCADE"))
    entry_id: Mapped[int | None] = mapped_column(BigInt)
    text: Mapped[str] = mapped_column(Text, default="")
    locale: Mapped[str] = mapped_column(String(16))
    verdict: Mapped[str] = mapped_column(String(8))
    article_id: Mapped[int | None] = mapped_column(ForeignKey("articles.id", ondelete="SET NULL"), index=True)
    source: Mapped[str] = mapped_column(String(8))  # turn, replay, typed, file
    marked_at: Mapped[datetime]
    marked_by: Mapped[int | None] = mapped_column(ForeignKey("staff.id"))


class BotReplay(Base):
    """What customers asked, put to the bot as it is and to a variation of it; kept for 90 days.

    `drafts` are the articles whose drafts the variation takes, `precision` the target it is given, in per cent, `model`
    the text model that it understands with: empty for the desk's own, else as `Models.others` names it.
    `state`: waiting, running, done, failed. `total` is None until the questions were gathered.
    """

    __tablename__ = "bot_replays"
    __table_args__ = (Index("ix_bot_replays_at", "asked_at"),)
    id: Mapped[int] = mapped_column(primary_key=True)
    asked_at: Mapped[datetime]
    asked_by: Mapped[int] = mapped_column(ForeignKey("staff.id"))
    since: Mapped[datetime]
    drafts: Mapped[list[Any]] = mapped_column(default=list)
    precision: Mapped[float]
    before_precision: Mapped[float]
    model: Mapped[str] = mapped_column(String(120), default="", server_default=text("''"))
    before_model: Mapped[str] = mapped_column(String(120), default="", server_default=text("''"))  # the desk's own
    state: Mapped[str] = mapped_column(String(8), default="waiting")
    error: Mapped[str] = mapped_column(Text, default="")
    total: Mapped[int | None]
    done: Mapped[int] = mapped_column(default=0)
    finished_at: Mapped[datetime | None]


class BotReplayed(Base):
    """One question of a replay: what the bot does now, and what the variation does. Its words stay in its line."""

    __tablename__ = "bot_replayed"
    replay_id: Mapped[int] = mapped_column(ForeignKey("bot_replays.id", ondelete="CASCADE"), primary_key=True)
    entry_id: Mapped[int] = mapped_column(BigInt, primary_key=True, autoincrement=False)
    locale: Mapped[str] = mapped_column(String(16))
    is_example: Mapped[bool]  # of an article by now: it is found by itself, which tells nothing of others
    before: Mapped[str] = mapped_column(String(12))  # answer, did_you_mean, hand_over
    before_article: Mapped[int | None] = mapped_column(BigInt)  # the nearest, whether it is given or not
    before_confidence: Mapped[float | None]
    after: Mapped[str] = mapped_column(String(12))
    after_article: Mapped[int | None] = mapped_column(BigInt)
    after_confidence: Mapped[float | None]
