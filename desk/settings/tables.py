"""What an admin changes: settings with their history, brands and inboxes."""

from __future__ import annotations

from datetime import datetime
from typing import Any, ClassVar

from sqlalchemy import ForeignKey, Index, String, Text, text
from sqlalchemy.orm import Mapped, mapped_column

from desk.audit import Watched
from desk.store import Base


class Setting(Base):
    """The value in force of one setting; a setting without a row has its default."""

    __tablename__ = "settings"
    name: Mapped[str] = mapped_column(String(80), primary_key=True)
    value: Mapped[list[Any]]  # [value]: a JSON column that can hold any scalar, null included
    changed_at: Mapped[datetime]


class SettingChange(Base):
    """Who changed what, when, from what to what."""

    __tablename__ = "setting_changes"
    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(String(80), index=True)
    before: Mapped[list[Any] | None]
    after: Mapped[list[Any]]
    changed_at: Mapped[datetime]
    changed_by: Mapped[int | None] = mapped_column(ForeignKey("staff.id"))


class Brand(Base):
    """One public face: name, colour, languages, zone."""

    __tablename__ = "brands"
    __audit__: ClassVar[Watched] = Watched(
        "brand", ("name", "sender_name", "colour", "locale", "locales", "zone", "logo")
    )
    id: Mapped[int] = mapped_column(primary_key=True)
    key: Mapped[str] = mapped_column(String(40), unique=True)
    name: Mapped[str] = mapped_column(String(120))
    colour: Mapped[str] = mapped_column(String(9), default="#0e6b70")
    locale: Mapped[str] = mapped_column(String(16), default="en")
    locales: Mapped[list[Any]] = mapped_column(default=list)
    zone: Mapped[str] = mapped_column(String(64), default="UTC")
    # Beside the address of mails, of inboxes without one of their own; empty: the name.
    sender_name: Mapped[str] = mapped_column(String(120), default="", server_default=text("''"))
    logo: Mapped[str] = mapped_column(String(64), default="", server_default=text("''"))  # BrandLogo; empty: none


class BrandLogo(Base):
    """A picture that some brand has as its logo, or had: mails of then show it still. Its bytes are a blob."""

    __tablename__ = "brand_logos"
    sha256: Mapped[str] = mapped_column(String(64), primary_key=True)
    kind: Mapped[str] = mapped_column(String(20))
    size: Mapped[int]
    width: Mapped[int]
    height: Mapped[int]
    at: Mapped[datetime]


class Inbox(Base):
    """One configured endpoint of a channel. `config` is what its channel asks for; secrets in it are sealed."""

    __tablename__ = "inboxes"
    __audit__: ClassVar[Watched] = Watched(
        "inbox",
        ("name", "address", "channel", "brand_id", "team_id", "calendar_id", "locale", "active", "config"),
    )
    __table_args__ = (Index("ix_inboxes_channel_address", "channel", "address", unique=True),)
    id: Mapped[int] = mapped_column(primary_key=True)
    key: Mapped[str] = mapped_column(String(40), unique=True)
    channel: Mapped[str] = mapped_column(String(20))
    name: Mapped[str] = mapped_column(String(120))
    address: Mapped[str] = mapped_column(String(320))  # casefolded
    brand_id: Mapped[int] = mapped_column(ForeignKey("brands.id"))
    team_id: Mapped[int | None] = mapped_column(ForeignKey("teams.id"))
    locale: Mapped[str] = mapped_column(String(16), default="en")
    zone: Mapped[str] = mapped_column(String(64), default="UTC")
    # When somebody is there; none: always. Its table belongs to desk.calendars.
    calendar_id: Mapped[int | None]
    config: Mapped[dict[str, Any]] = mapped_column(default=dict)
    active: Mapped[bool] = mapped_column(default=True)
    # How the last look at the mailbox went, for the page and `flask doctor`.
    checked_at: Mapped[datetime | None]
    trouble: Mapped[str] = mapped_column(Text, default="")
    cursor: Mapped[str | None] = mapped_column(String(80))  # how far the mailbox was read: UIDVALIDITY/UID
    check_steps: Mapped[list[Any]] = mapped_column(default=list)  # of the last test: ok, title, detail, seconds


class SigningKey(Base):
    """A key pair by which an inbox signs its mails (DKIM). `secret` is sealed; `record` is what its name server shows.

    `state`: `new` (to be published), `active` (signs; one of an inbox at most), `retired` (signs nothing; its record
    may stand until the mails that it signed have arrived). `found`: what the last look found at the name server:
    nothing yet (empty), `found`, `missing`, `different`, `unanswered`.
    """

    __tablename__ = "signing_keys"
    __audit__: ClassVar[Watched] = Watched("signature", ("inbox_id", "domain", "selector", "state"), title="selector")
    __table_args__ = (Index("ix_signing_keys_inbox", "inbox_id", "selector", unique=True),)
    id: Mapped[int] = mapped_column(primary_key=True)
    inbox_id: Mapped[int] = mapped_column(ForeignKey("inboxes.id"))
    domain: Mapped[str] = mapped_column(String(255))
    selector: Mapped[str] = mapped_column(String(63))
    secret: Mapped[str] = mapped_column(Text)
    record: Mapped[str] = mapped_column(Text)
    state: Mapped[str] = mapped_column(String(10), default="new")
    found: Mapped[str] = mapped_column(String(12), default="")
    detail: Mapped[str] = mapped_column(Text, default="")
    made_at: Mapped[datetime]
    made_by: Mapped[int | None] = mapped_column(ForeignKey("staff.id"))
    checked_at: Mapped[datetime | None]
    used_at: Mapped[datetime | None]  # since when it signs, or signed
    retired_at: Mapped[datetime | None]


class FirstRunStep(Base):
    """One step of the first run, taken: `how` is done or skipped. The step `all`, closed, ends it for good."""

    __tablename__ = "first_run_steps"
    __audit__: ClassVar[Watched] = Watched("first_run", ("step", "how"), title="step")
    step: Mapped[str] = mapped_column(String(10), primary_key=True)
    how: Mapped[str] = mapped_column(String(8))
    at: Mapped[datetime]
    staff_id: Mapped[int | None] = mapped_column(ForeignKey("staff.id"))
