"""Why customers come: the tree of reasons, which groups of questions belong where, and what people chose themselves."""

from __future__ import annotations

from datetime import datetime
from typing import ClassVar

from sqlalchemy import ForeignKey, Index, String, text
from sqlalchemy.orm import Mapped, mapped_column

from desk.audit import Watched
from desk.store import Base


class Reason(Base):
    """A reason for which customers come, or with `parent_id` a part of one; there is no third level.

    One that is archived is offered no more; whatever has it keeps it. One with `became_id` was merged: whoever has it
    has that one, which is read and never written, so that merging two costs the same however many have them.
    """

    __tablename__ = "reasons"
    __audit__: ClassVar[Watched] = Watched(
        "reason", ("name", "description", "parent_id", "position", "archived_at", "became_id")
    )
    # Among those in use only: an archived name may be given again.
    __table_args__ = (
        Index(
            "uq_reasons_top",
            "name_folded",
            unique=True,
            sqlite_where=text("parent_id IS NULL AND archived_at IS NULL"),
            postgresql_where=text("parent_id IS NULL AND archived_at IS NULL"),
        ),
        Index(
            "uq_reasons_part",
            "parent_id",
            "name_folded",
            unique=True,
            sqlite_where=text("parent_id IS NOT NULL AND archived_at IS NULL"),
            postgresql_where=text("parent_id IS NOT NULL AND archived_at IS NULL"),
        ),
    )
    id: Mapped[int] = mapped_column(primary_key=True)
    parent_id: Mapped[int | None] = mapped_column(ForeignKey("reasons.id"))
    name: Mapped[str] = mapped_column(String(60))
    name_folded: Mapped[str] = mapped_column(String(120))
    description: Mapped[str] = mapped_column(String(300), default="")
    position: Mapped[int]
    archived_at: Mapped[datetime | None]
    became_id: Mapped[int | None] = mapped_column(ForeignKey("reasons.id"))
    made_by: Mapped[int | None] = mapped_column(ForeignKey("staff.id"))
    made_at: Mapped[datetime]


class ReasonGroup(Base):
    """What the questions of a group are about: every episode whose question is in it has this reason. Without one it
    was put aside: it is not offered any more."""

    __tablename__ = "reason_groups"
    group_id: Mapped[int] = mapped_column(
        ForeignKey("question_groups.id", ondelete="CASCADE"), primary_key=True, autoincrement=False
    )
    reason_id: Mapped[int | None] = mapped_column(ForeignKey("reasons.id"), index=True)
    at: Mapped[datetime]
    by: Mapped[int | None] = mapped_column(ForeignKey("staff.id"))


class EpisodeReason(Base):
    """What a person chose for an episode, which its question never overrides; none: that it has no reason."""

    __tablename__ = "episode_reasons"
    episode_id: Mapped[int] = mapped_column(ForeignKey("episodes.id"), primary_key=True, autoincrement=False)
    reason_id: Mapped[int | None] = mapped_column(ForeignKey("reasons.id"), index=True)
    at: Mapped[datetime]
    by: Mapped[int] = mapped_column(ForeignKey("staff.id"))
