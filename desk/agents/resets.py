"""Links by which somebody sets a password: the secret travels in the link, the desk keeps its SHA-256 alone."""

from __future__ import annotations

import hashlib
import secrets
from dataclasses import dataclass
from datetime import timedelta

from sqlalchemy import select, update

from desk import audit
from desk.agents import passwords
from desk.agents.staff import by_email, get, set_password
from desk.agents.tables import PasswordReset, Staff
from desk.store import Tx

RESET_LASTS = timedelta(hours=1)
INVITATION_LASTS = timedelta(days=7)


class LinkVoid(LookupError):
    """The link was used, has expired, was followed by a newer one, or was never made here."""


@dataclass(frozen=True, slots=True)
class ResetLink:
    """A fresh link: to whom it goes and the secret that goes into it."""

    staff_id: int
    email: str
    name: str
    locale: str
    secret: str


def _digest(secret: str) -> str:
    # The secret is 256 random bits, so that a plain digest is as good as a slow one.
    return hashlib.sha256(secret.encode("utf-8", "surrogatepass")).hexdigest()


def start_reset(tx: Tx, email: str) -> ResetLink | None:
    """A link for whoever has this address and is active, good for an hour; None for anybody else. The caller gives
    strangers the same answer for both."""
    staff = by_email(tx, email)
    if staff is None or not staff.active:
        return None
    return _start(tx, staff, RESET_LASTS)


def invite(tx: Tx, staff_id: int) -> ResetLink:
    """A link for a new colleague's first password, good for seven days. Raises LookupError for nobody active."""
    staff = get(tx, staff_id)
    if staff is None or not staff.active:
        raise LookupError(f"nobody active has the id {staff_id}")
    return _start(tx, staff, INVITATION_LASTS)


def _start(tx: Tx, staff: Staff, lasts: timedelta) -> ResetLink:
    now = tx.now()
    tx.execute(
        update(PasswordReset)
        .where(PasswordReset.staff_id == staff.id, PasswordReset.used_at.is_(None))
        .values(used_at=now)
    )
    secret = secrets.token_urlsafe(32)
    tx.add(PasswordReset(staff_id=staff.id, digest=_digest(secret), asked_at=now, expires_at=now + lasts))
    tx.flush()
    until = {"link": (now + lasts).isoformat(timespec="minutes")}
    audit.note(tx, "person", staff.id, staff.name, what="done", after=until)
    return ResetLink(staff.id, staff.email, staff.name, staff.locale, secret)


def _open(tx: Tx, secret: str) -> tuple[PasswordReset, Staff]:
    row = tx.execute(
        select(PasswordReset, Staff)
        .join(Staff, Staff.id == PasswordReset.staff_id)
        .where(PasswordReset.digest == _digest(secret), PasswordReset.used_at.is_(None), Staff.active.is_(True))
    ).one_or_none()
    if row is None or row.PasswordReset.expires_at <= tx.now():
        raise LinkVoid("this link does not work any more")
    return row.PasswordReset, row.Staff


def reset_for(tx: Tx, secret: str) -> Staff:
    """Whose password this link would set; changes nothing. Raises LinkVoid."""
    return _open(tx, secret)[1]


def finish_reset(tx: Tx, secret: str, password: str) -> Staff:
    """Sets the password, uses up the link and ends all sessions. Raises LinkVoid; PasswordRefused leaves it good."""
    reset, staff = _open(tx, secret)
    passwords.judge(password, email=staff.email, name=staff.name)
    used = tx.execute(
        update(PasswordReset)
        .where(PasswordReset.id == reset.id, PasswordReset.used_at.is_(None))
        .values(used_at=tx.now())
        .returning(PasswordReset.id)
    ).all()
    if not used:  # somebody else pressed at the same instant
        raise LinkVoid("this link does not work any more")
    set_password(tx, staff.id, password)
    return staff


def waiting(tx: Tx) -> dict[int, PasswordReset]:
    """The open links by staff id, for the page of people."""
    rows = tx.scalars(select(PasswordReset).where(PasswordReset.used_at.is_(None), PasswordReset.expires_at > tx.now()))
    return {row.staff_id: row for row in rows}
