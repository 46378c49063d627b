"""Reading and changing settings, brands and inboxes."""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from typing import Any

from sqlalchemy import Row, bindparam, select

from desk import audit
from desk.settings.spec import BadSetting
from desk.settings.specs import SPECS
from desk.settings.tables import Brand, Inbox, Setting, SettingChange
from desk.signals import SettingChanged
from desk.store import Tx

MEMO = "settings"
VALUE = "value"  # the one field of a setting, in the log
_VALUES = select(Setting.__table__.c.name, Setting.__table__.c.value)


def get(tx: Tx, name: str) -> Any:
    """The value in force. Raises KeyError for a setting that does not exist."""
    spec = SPECS[name]
    changed = _changed(tx)
    return changed.get(name, spec.default)


def _changed(tx: Tx) -> dict[str, Any]:
    """Every setting that is not at its default: there are few, and whoever asks for one mostly asks for more."""
    found: dict[str, Any] | None = tx.memo.get(MEMO)
    if found is None:
        found = tx.memo[MEMO] = {row.name: row.value[0] for row in tx.aside(_VALUES)}
    return found


def all_values(tx: Tx) -> dict[str, Any]:
    """Every setting with the value in force."""
    return {name: _changed(tx).get(name, spec.default) for name, spec in SPECS.items()}


def set(tx: Tx, name: str, value: Any, staff_id: int | None) -> Any:
    """Changes a setting and keeps what it was. Raises BadSetting. Setting what is already set changes nothing."""
    if name not in SPECS:
        raise BadSetting(f"There is no setting called {name}.")
    spec = SPECS[name]
    checked = spec.check(value)
    row = tx.get(Setting, name)
    before = spec.default if row is None else row.value[0]
    if before == checked:
        return checked
    if row is None:
        tx.add(Setting(name=name, value=[checked], changed_at=tx.now()))
    else:
        row.value, row.changed_at = [checked], tx.now()
    _note(tx, "setting", name, spec.title, before, checked, staff_id)
    tx.memo.pop(MEMO, None)
    tx.announce(SettingChanged(name))
    return checked


def note_change(tx: Tx, name: str, before: Any, after: Any, staff_id: int | None, kind: str = "retention") -> None:
    """Puts a change of something that is no setting, such as a retention rule, among what was changed."""
    _note(tx, kind, name, name, before, after, staff_id)


def _note(tx: Tx, kind: str, name: str, title: str, before: Any, after: Any, staff_id: int | None) -> None:
    row = SettingChange(name=name[:80], before=[before], after=[after], changed_at=tx.now(), changed_by=staff_id)
    tx.add(row)
    tx.flush()
    old, new = {VALUE: before}, {VALUE: after}
    audit.note(tx, kind, name, title, before=old, after=new, staff_id=staff_id, ref=row.id)


def changes(tx: Tx, limit: int = 50, before: int | None = None) -> list[SettingChange]:
    """What was changed, newest first."""
    query = select(SettingChange).order_by(SettingChange.id.desc()).limit(limit)
    if before is not None:
        query = query.where(SettingChange.id < before)
    return list(tx.scalars(query))


def create_brand(tx: Tx, *, key: str, name: str, **more: Any) -> Brand:
    brand = Brand(key=key, name=name, **{"colour": "#0e6b70", "locale": "en", "locales": ["en"], "zone": "UTC"} | more)
    tx.add(brand)
    tx.flush()
    return brand


def brand(tx: Tx, brand_id: int) -> Brand:
    found = tx.get(Brand, brand_id)
    if found is None:
        raise LookupError("There is no such brand.")
    return found


def brands(tx: Tx) -> list[Brand]:
    return list(tx.scalars(select(Brand).order_by(Brand.id)))


def create_inbox(
    tx: Tx,
    *,
    channel: str,
    name: str,
    address: str,
    brand_id: int,
    team_id: int | None = None,
    config: Mapping[str, Any] | None = None,
    secret_fields: frozenset[str] = frozenset(),
    **more: Any,
) -> Inbox:
    """Makes an inbox. The values of `secret_fields` in `config` are sealed before they are stored."""
    row = Inbox(
        key=secrets.token_urlsafe(9),
        channel=channel,
        name=name,
        address=address.strip().casefold(),
        brand_id=brand_id,
        team_id=team_id,
        config=sealed(tx, config or {}, secret_fields),
        **{"locale": "en", "zone": "UTC", "active": True, "trouble": ""} | more,
    )
    tx.add(row)
    tx.flush()
    return row


def sealed(tx: Tx, config: Mapping[str, Any], secret_fields: frozenset[str]) -> dict[str, Any]:
    """The configuration with its secrets as {"sealed": …}."""
    return {
        name: {"sealed": tx.keys.seal(str(value))}
        if name in secret_fields and value and not isinstance(value, dict)
        else value
        for name, value in config.items()
    }


def opened(tx: Tx, inbox: Inbox) -> dict[str, Any]:
    """The configuration of an inbox with its secrets in the clear: for the channel alone, never for a page or a log.
    Of what the desk notes there for itself, the channel hears only that its token was refused, and why."""
    told = {
        name: tx.keys.open(value["sealed"]) if isinstance(value, dict) and "sealed" in value else value
        for name, value in inbox.config.items()
        if not name.startswith("_")
    }
    refused = (inbox.config.get("_oauth") or {}).get("refused")
    return told | {"oauth_refused": refused} if refused else told


_WAY_IN = select(Inbox.id, Inbox.address, Inbox.key, Inbox.config).where(Inbox.id == bindparam("inbox"))


def way_in(tx: Tx, inbox_id: int) -> Row[Any]:
    """What a message is read by: the id, address, key and configuration of its inbox; every message asks."""
    found: Row[Any] = tx.execute(_WAY_IN, {"inbox": inbox_id}).one()
    return found


def plain(inbox: Inbox | Row[Any]) -> dict[str, Any]:
    """The configuration of an inbox without its secrets."""
    return {
        name: value
        for name, value in inbox.config.items()
        if not name.startswith("_") and not (isinstance(value, dict) and "sealed" in value)
    }


def inbox(tx: Tx, inbox_id: int) -> Inbox:
    found = tx.get(Inbox, inbox_id)
    if found is None:
        raise LookupError("There is no such inbox.")
    return found


_INBOXES = select(Inbox).order_by(Inbox.id)
_INBOXES_OF = _INBOXES.where(Inbox.channel == bindparam("channel"))


def inboxes(tx: Tx, channel: str | None = None, *, active: bool = False) -> list[Inbox]:
    query = _INBOXES if channel is None else _INBOXES_OF
    if active:
        query = query.where(Inbox.active)
    return [
        tx.hold(row) for row in tx.scalars(query, {} if channel is None else {"channel": channel})
    ]  # whoever asks for one of them by its id has it already


def inbox_for_address(tx: Tx, channel: str, address: str) -> Inbox | None:
    """The inbox that takes what is written to `address`; what follows a plus sign before the @ does not count."""
    folded = address.strip().casefold()
    local, at, domain = folded.rpartition("@")
    plain = local.split("+", 1)[0] + at + domain
    found = tx.scalars(
        select(Inbox).where(Inbox.channel == channel, Inbox.active, Inbox.address.in_((folded, plain)))
    ).all()
    return next((i for i in found if i.address == folded), found[0] if found else None)


def inbox_by_key(tx: Tx, channel: str, key: str) -> Inbox | None:
    """The inbox that a public address names by its key, switched off or not; None where there is none."""
    return tx.scalar(select(Inbox).where(Inbox.key == key[:40], Inbox.channel == channel))


def note_check(tx: Tx, inbox_id: int, trouble: str, steps: list[Any] | None = None) -> None:
    """Remembers how the last look at an inbox's server went; an empty text means well."""
    row = inbox(tx, inbox_id)
    row.checked_at, row.trouble = tx.now(), trouble[:2000]
    if steps is not None:
        row.check_steps = steps


def keep_cursor(tx: Tx, inbox_id: int, cursor: str) -> None:
    """Remembers how far an inbox's mailbox was read."""
    inbox(tx, inbox_id).cursor = cursor


def note_trouble(tx: Tx, inbox_id: int, trouble: str) -> None:
    """Remembers what is wrong with fetching, or that all is well; writes only where that changed."""
    row = inbox(tx, inbox_id)
    if row.trouble != trouble[:2000] or row.checked_at is None:
        row.checked_at, row.trouble = tx.now(), trouble[:2000]
