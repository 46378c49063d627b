"""Changing an inbox that there is: the same rules as when it was made."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from desk.settings.service import inbox, inboxes, opened, sealed
from desk.settings.tables import Inbox
from desk.store import Tx


def change_inbox(
    tx: Tx,
    inbox_id: int,
    *,
    name: str,
    address: str,
    brand_id: int,
    team_id: int | None,
    calendar_id: int | None = None,
    locale: str,
    active: bool,
    config: Mapping[str, Any],
    secret_fields: frozenset[str] = frozenset(),
) -> Inbox:
    """Replaces what an inbox is configured with; secrets that are sealed already stay as they are. What the last look
    at its server found is forgotten, because it was about other values. Raises LookupError."""
    row = inbox(tx, inbox_id)
    changed = sealed(tx, config, secret_fields)
    # What the desk notes for itself is in no form; it goes with the token that it is about.
    if changed.get("oauth_refresh_token") == row.config.get("oauth_refresh_token"):
        changed |= {name: value for name, value in row.config.items() if name.startswith("_")}
    if changed != row.config or address.strip().casefold() != row.address:
        row.trouble, row.checked_at, row.check_steps = "", None, []
    row.name, row.address = name, address.strip().casefold()
    row.brand_id, row.team_id, row.locale, row.active = brand_id, team_id, locale, active
    row.calendar_id = calendar_id
    row.config = changed
    tx.flush()
    return row


def replace_secret(tx: Tx, name: str, old: str, new: str) -> int:
    """Keeps `new` where an inbox has `old` under this name, because the other side replaced it; how many did."""
    found = [row for row in inboxes(tx) if opened(tx, row).get(name) == old]
    for row in found:
        row.config = sealed(tx, {**row.config, name: new}, frozenset({name}))
    tx.flush()
    return len(found)
