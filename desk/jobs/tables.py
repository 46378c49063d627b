"""Jobs as rows: what must be done, written in the transaction that made it necessary."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import Index, String, Text, text
from sqlalchemy.orm import Mapped, mapped_column

from desk.store import Base


class Job(Base):
    """`state`: ready, leased, done, dead. A job whose lease has run out is ready again."""

    __tablename__ = "jobs"
    __table_args__ = (
        Index(
            "ix_jobs_due",
            "priority",
            "run_at",
            "id",
            sqlite_where=text("state = 'ready'"),
            postgresql_where=text("state = 'ready'"),
        ),
        Index(
            "ix_jobs_lease",
            "lease_until",
            sqlite_where=text("state = 'leased'"),
            postgresql_where=text("state = 'leased'"),
        ),
        Index(
            "uq_jobs_key",
            "unique_key",
            unique=True,
            sqlite_where=text("state IN ('ready', 'leased') AND unique_key IS NOT NULL"),
            postgresql_where=text("state IN ('ready', 'leased') AND unique_key IS NOT NULL"),
        ),
        Index("ix_jobs_state_finished", "state", "finished_at"),
    )
    id: Mapped[int] = mapped_column(primary_key=True)
    task: Mapped[str] = mapped_column(String(60))
    args: Mapped[dict[str, Any]] = mapped_column(default=dict)
    unique_key: Mapped[str | None] = mapped_column(String(200))
    priority: Mapped[int] = mapped_column(default=5)  # 0 first
    state: Mapped[str] = mapped_column(String(8), default="ready")
    run_at: Mapped[datetime]
    attempts: Mapped[int] = mapped_column(default=0)
    max_attempts: Mapped[int] = mapped_column(default=12)
    lease_until: Mapped[datetime | None]
    lease_by: Mapped[str | None] = mapped_column(String(80))
    error: Mapped[str] = mapped_column(Text, default="")
    created_at: Mapped[datetime]
    finished_at: Mapped[datetime | None]


class Beat(Base):
    """When each periodic task ran last; one row decides, however many processes look."""

    __tablename__ = "beats"
    name: Mapped[str] = mapped_column(String(60), primary_key=True)
    next_at: Mapped[datetime]
    last_at: Mapped[datetime | None]
    last_error: Mapped[str] = mapped_column(Text, default="")
