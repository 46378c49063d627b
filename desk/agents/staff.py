"""People who work at the desk: created, signed in, changed, switched off; and who they are as viewers."""

from __future__ import annotations

import re
import secrets
import unicodedata
from dataclasses import dataclass
from typing import cast
from zoneinfo import available_timezones

from sqlalchemy import Connection, Table, bindparam, func, select, update
from sqlalchemy.exc import IntegrityError

from desk import audit
from desk.agents import passwords
from desk.agents.permissions import ADMIN, ROLES, Viewer
from desk.agents.tables import PasswordReset, Staff, TeamMember
from desk.signals import RightsChanged, StaffLeft
from desk.store import Tx

_ADDRESS = re.compile(r"[^@\s\x00-\x1f\x7f<>,;\"]+@[^@\s\x00-\x1f\x7f<>,;\"]+")


class StaffRefused(ValueError):
    """A change of staff that the desk does not take. `reason`: address, taken, name, role, zone or last_admin."""

    def __init__(self, reason: str) -> None:
        super().__init__(f"staff refused: {reason}")
        self.reason = reason


@dataclass(frozen=True, slots=True)
class StaffPage:
    """A page of staff by name; `next` is what `after` takes for the one behind it, None at the end."""

    rows: list[Staff]
    next: tuple[str, int] | None


def folded(email: str) -> str:
    """How an address is compared: composed, casefolded, without the spaces around it."""
    return unicodedata.normalize("NFKC", email).strip().casefold()


def create(
    tx: Tx,
    *,
    email: str,
    name: str,
    role: str,
    password: str | None = None,
    sample: bool = False,
    zone: str = "UTC",
    locale: str = "en",
) -> Staff:
    """Adds one person. Without a password they cannot sign in until they have set one by a link.

    Raises StaffRefused or PasswordRefused.
    """
    email, name = email.strip(), " ".join(name.split())
    if len(email) > 320 or not _ADDRESS.fullmatch(email):
        raise StaffRefused("address")
    _check(name=name, role=role, zone=zone)
    if password is not None:
        passwords.judge(password, email=email, name=name)
    if by_email(tx, email) is not None:
        raise StaffRefused("taken")
    staff = Staff(
        email=email,
        email_folded=folded(email),
        name=name,
        role=role,
        password_hash=None if password is None else passwords.hashed(password),
        sample=sample,
        zone=zone,
        locale=locale,
        created_at=tx.now(),
    )
    tx.add(staff)
    try:
        tx.flush()
    except IntegrityError as error:  # somebody added the same address at the same instant
        raise StaffRefused("taken") from error
    return staff


def _check(*, name: str, role: str, zone: str) -> None:
    if not name or len(name) > 120:
        raise StaffRefused("name")
    if role not in ROLES:
        raise StaffRefused("role")
    if zone not in available_timezones():
        raise StaffRefused("zone")


def change(
    tx: Tx,
    staff_id: int,
    *,
    name: str | None = None,
    role: str | None = None,
    zone: str | None = None,
    locale: str | None = None,
    theme: str | None = None,
    single_keys: bool | None = None,
) -> Staff:
    """Changes what is given. Raises LookupError, StaffRefused. A role that falls takes effect at the next request."""
    staff = _get(tx, staff_id)
    _check(
        name=staff.name if name is None else " ".join(name.split()),
        role=staff.role if role is None else role,
        zone=staff.zone if zone is None else zone,
    )
    if role is not None and role != staff.role:
        if staff.role == ADMIN and staff.active:
            _keep_an_admin(tx, staff_id)
        staff.role = role
        tx.announce(RightsChanged(staff_id))
    if name is not None:
        staff.name = " ".join(name.split())
    if zone is not None:
        staff.zone = zone
    if locale is not None:
        staff.locale = locale
    if theme is not None:
        staff.theme = theme if theme in {"light", "dark"} else ""
    if single_keys is not None:
        staff.single_keys = single_keys
    tx.flush()
    return staff


def deactivate(tx: Tx, staff_id: int) -> None:
    """Ends all their sessions and links; what they wrote stays. Raises LookupError, StaffRefused (last_admin)."""
    staff = _get(tx, staff_id)
    if not staff.active:
        return
    if staff.role == ADMIN:
        _keep_an_admin(tx, staff_id)
    staff.active = False
    end_sessions(tx, staff_id)
    tx.announce(StaffLeft(staff_id))


def reactivate(tx: Tx, staff_id: int) -> None:
    """Lets them sign in again, with the password they had. Raises LookupError."""
    _get(tx, staff_id).active = True
    tx.flush()


def _keep_an_admin(tx: Tx, leaving: int) -> None:
    # Locked, so that two admins who switch each other off at the same instant do not both succeed.
    admins = tx.scalars(
        select(Staff.id).where(Staff.role == ADMIN, Staff.active.is_(True)).order_by(Staff.id).with_for_update()
    ).all()
    if not [x for x in admins if x != leaving]:
        raise StaffRefused("last_admin")


def end_sessions(tx: Tx, staff_id: int) -> None:
    """Ends every session of this person at its next request, and voids the links they were sent."""
    tx.execute(
        update(Staff)
        .where(Staff.id == staff_id)
        .values(session_epoch=Staff.session_epoch + 1)
        .execution_options(synchronize_session="fetch")
    )
    tx.execute(
        update(PasswordReset)
        .where(PasswordReset.staff_id == staff_id, PasswordReset.used_at.is_(None))
        .values(used_at=tx.now())
    )
    audit.note(tx, "person", staff_id, _get(tx, staff_id).name, what="done", after={"sessions": "ended"})
    tx.announce(RightsChanged(staff_id, out=True))


def set_password(tx: Tx, staff_id: int, password: str) -> None:
    """Sets a password, ends all sessions, voids all links. Raises LookupError, PasswordRefused."""
    staff = _get(tx, staff_id)
    passwords.judge(password, email=staff.email, name=staff.name)
    staff.password_hash = passwords.hashed(password)
    tx.flush()
    # Whoever has the link or knows the old one is the person themselves: nobody sets a colleague's password.
    audit.note(tx, "person", staff_id, staff.name, what="done", after={"password": "set"}, staff_id=staff_id)
    end_sessions(tx, staff_id)


def authenticate(tx: Tx, email: str, password: str) -> Staff | None:
    """Whoever has this address and password and is active, or None: which of the three was wrong is not said, and
    takes the same time. Only reads; `signed_in` writes down that they came."""
    staff = by_email(tx, email)
    active = staff is not None and staff.active
    fits = passwords.fits(staff.password_hash if staff is not None and active else None, password)
    return staff if fits else None


def signed_in(tx: Tx, staff_id: int, password: str | None = None) -> None:
    """Notes the visit and, given the password that just fitted, hashes it again where the parameters have changed."""
    staff = _get(tx, staff_id)
    staff.seen_at = tx.now()
    if password is not None and staff.password_hash and passwords.is_outdated(staff.password_hash):
        staff.password_hash = passwords.hashed(password)
    tx.flush()


def viewer(tx: Tx, staff_id: int) -> Viewer | None:
    """Who this is now, if active: one query."""
    return _viewer(tx, staff_id, None)


def session_viewer(tx: Tx | Connection, staff_id: int, epoch: int) -> Viewer | None:
    """The same for a session that was begun in `epoch`; None once that person's sessions were ended."""
    return _viewer(tx, staff_id, epoch)


# Asked with every request: the statement is made once, because making it takes longer than the database takes over it,
# and of plain columns, which come without the detour over rows of the mapper.
_STAFF, _MEMBERS = cast(Table, Staff.__table__), cast(Table, TeamMember.__table__)
_VIEWER = (
    select(
        *(_STAFF.c[name] for name in ("id", "role", "name", "email", "locale", "zone", "theme", "single_keys")),
        _MEMBERS.c.team_id,
    )
    .outerjoin_from(_STAFF, _MEMBERS, _MEMBERS.c.staff_id == _STAFF.c.id)
    .where(_STAFF.c.id == bindparam("staff"), _STAFF.c.active.is_(True))
)
_VIEWER_OF_EPOCH = _VIEWER.where(_STAFF.c.session_epoch == bindparam("epoch"))


def _viewer(tx: Tx | Connection, staff_id: int, epoch: int | None) -> Viewer | None:
    query = _VIEWER if epoch is None else _VIEWER_OF_EPOCH
    rows = tx.execute(query, {"staff": staff_id, "epoch": epoch}).all()
    if not rows:
        return None
    one = rows[0]
    return Viewer(
        id=one.id,
        role=one.role,
        team_ids=frozenset(row.team_id for row in rows if row.team_id is not None),
        name=one.name,
        email=one.email,
        locale=one.locale,
        zone=one.zone,
        theme=one.theme,
        single_keys=one.single_keys,
    )


def by_email(tx: Tx, email: str) -> Staff | None:
    """Whoever has this address, however it is capitalised."""
    return tx.scalar(select(Staff).where(Staff.email_folded == folded(email)))


def get(tx: Tx, staff_id: int) -> Staff | None:
    return tx.get(Staff, staff_id)


def _get(tx: Tx, staff_id: int) -> Staff:
    staff = tx.get(Staff, staff_id)
    if staff is None:
        raise LookupError(f"nobody has the id {staff_id}")
    return staff


def names(tx: Tx) -> dict[int, str]:
    """The name of everybody who ever worked here, by id: old entries name people who have left. A reading transaction
    asks once."""
    kept: dict[int, str] | None = None if tx.writing else tx.memo.get("staff_names")
    if kept is None:
        kept = tx.memo["staff_names"] = {row.id: row.name for row in tx.execute(select(Staff.id, Staff.name))}
    return kept


def active_ids(tx: Tx) -> tuple[int, ...]:
    """Everybody who works here now."""
    return tuple(tx.scalars(select(Staff.id).where(Staff.active.is_(True)).order_by(Staff.id)))


def page(tx: Tx, *, after: tuple[str, int] | None = None, limit: int = 50) -> StaffPage:
    """Staff by name, those who have left included, `limit` at a time."""
    key = func.lower(Staff.name)
    query = select(Staff, key.label("key")).order_by(key, Staff.id).limit(limit + 1)
    if after is not None:
        query = query.where((key > after[0]) | ((key == after[0]) & (Staff.id > after[1])))
    rows = tx.execute(query).all()
    shown = rows[:limit]
    more = (shown[-1].key, shown[-1].Staff.id) if len(rows) > limit else None
    return StaffPage([row.Staff for row in shown], more)


def counts(tx: Tx) -> dict[str, int]:
    """How many active people have each role; roles that nobody has are 0."""
    found = tx.execute(select(Staff.role, func.count().label("n")).where(Staff.active.is_(True)).group_by(Staff.role))
    return dict.fromkeys(ROLES, 0) | {row.role: row.n for row in found}


def first_admin(tx: Tx, email: str = "admin@desk.example") -> tuple[str, str] | None:
    """Makes the first admin of a desk without staff and gives their address and random password, which is kept nowhere
    else; None where there is staff already."""
    if tx.scalar(select(Staff.id).limit(1)) is not None:
        return None
    password = "-".join(secrets.token_hex(3) for _ in range(4))  # 96 bits, in groups that a person can copy
    staff = create(tx, email=email, name="Admin", role=ADMIN, password=password)
    return staff.email, password
