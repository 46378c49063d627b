"""What each colleague was told, how they want to be told, what is on their screens, and their browsers that take a
push."""

from __future__ import annotations

from datetime import datetime
from typing import Any, ClassVar

from sqlalchemy import ForeignKey, Index, String, Text, text
from sqlalchemy.orm import Mapped, mapped_column

from desk.audit import Watched
from desk.store import Base, BigInt

_UNREAD: dict[str, Any] = dict.fromkeys(("sqlite_where", "postgresql_where"), text("read_at IS NULL"))
_MAIL = text("mail <> '' AND mailed_at IS NULL")


class Notice(Base):
    """One thing that one colleague is told, without a word of a customer: names and subjects are read with it.

    `times` counts what came to it while it was unread (a chat of ten lines is one notice). `in_app` is false where they
    want this kind by other ways alone. `mail`: by which digest it goes if it stays unread (now, hourly, daily;
    empty: none).
    """

    __tablename__ = "notices"
    __table_args__ = (
        Index("ix_notices_staff", "staff_id", "in_app", "id"),
        Index("ix_notices_unread", "staff_id", "in_app", **_UNREAD),
        Index("ix_notices_conversation", "staff_id", "conversation_id", **_UNREAD),
        Index("ix_notices_mail", "staff_id", "mail", sqlite_where=_MAIL, postgresql_where=_MAIL),
        Index("ix_notices_at", "at"),
    )
    id: Mapped[int] = mapped_column(primary_key=True)
    staff_id: Mapped[int] = mapped_column(ForeignKey("staff.id", ondelete="CASCADE"))
    kind: Mapped[str] = mapped_column(String(12))
    conversation_id: Mapped[int | None] = mapped_column(ForeignKey("conversations.id", ondelete="CASCADE"))
    entry_id: Mapped[int | None] = mapped_column(BigInt)  # the line that it is about
    by_id: Mapped[int | None] = mapped_column(ForeignKey("staff.id"))  # whose doing it was
    detail: Mapped[dict[str, Any]] = mapped_column(default=dict)
    times: Mapped[int] = mapped_column(default=1)
    at: Mapped[datetime]
    in_app: Mapped[bool] = mapped_column(default=True)
    read_at: Mapped[datetime | None]
    mail: Mapped[str] = mapped_column(String(6), default="")
    mailed_at: Mapped[datetime | None]


class NoticeChoice(Base):
    """How one colleague wants to be told; who has no row has the defaults. `ways`: {kind: {way: …}}, those that differ.

    `quiet`: {"from": minute of the day, "to": minute, "days": [weekdays that are quiet as a whole]}, in their zone.
    """

    __tablename__ = "notice_choices"
    __audit__: ClassVar[Watched] = Watched("notices", ("ways", "quiet", "names_in_push"), title="")
    staff_id: Mapped[int] = mapped_column(
        ForeignKey("staff.id", ondelete="CASCADE"), primary_key=True, autoincrement=False
    )
    ways: Mapped[dict[str, Any]] = mapped_column(default=dict)
    quiet: Mapped[dict[str, Any]] = mapped_column(default=dict)
    names_in_push: Mapped[bool] = mapped_column(default=False)  # a customer's name on a locked screen


class NoticeLook(Base):
    """A conversation on a screen that has the focus, until the screen says otherwise or is silent for too long."""

    __tablename__ = "notice_looks"
    __table_args__ = (Index("ix_notice_looks_conversation", "conversation_id"),)
    socket: Mapped[str] = mapped_column(String(64), primary_key=True)
    staff_id: Mapped[int] = mapped_column(ForeignKey("staff.id", ondelete="CASCADE"))
    conversation_id: Mapped[int] = mapped_column(ForeignKey("conversations.id", ondelete="CASCADE"))
    until: Mapped[datetime]


class PushBrowser(Base):
    """A browser of a colleague that takes a push: its address at its maker's service, and the keys that seal for it.

    `sealed` holds address and keys under the desk's own key: whoever reads the table can send nothing. `server_key` is
    the public key that it was made with; the desk signs with the private one of the same.
    """

    __tablename__ = "push_browsers"
    # Who switched which browser on, and nothing that a push could be sent with.
    __audit__: ClassVar[Watched] = Watched("browser", ("label", "staff_id"), title="label")
    id: Mapped[int] = mapped_column(primary_key=True)
    staff_id: Mapped[int] = mapped_column(ForeignKey("staff.id", ondelete="CASCADE"), index=True)
    digest: Mapped[str] = mapped_column(String(64), unique=True)  # of the address
    sealed: Mapped[str] = mapped_column(Text)
    server_key: Mapped[str] = mapped_column(String(120))
    label: Mapped[str] = mapped_column(String(80), default="")
    added_at: Mapped[datetime]
    sent_at: Mapped[datetime | None]
