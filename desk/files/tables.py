"""Blobs by digest, counted by who refers to them."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import String
from sqlalchemy.orm import Mapped, mapped_column

from desk.store import Base


class Blob(Base):
    __tablename__ = "blobs"
    sha256: Mapped[str] = mapped_column(String(64), primary_key=True)
    size: Mapped[int]
    refs: Mapped[int] = mapped_column(default=0)
    created_at: Mapped[datetime]
