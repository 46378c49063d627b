"""The keys by which an inbox signs its mails: made, published, used, replaced by the next one and retired."""

from __future__ import annotations

from typing import Any

from sqlalchemy import select, update

from desk.settings.service import inbox
from desk.settings.tables import Inbox, SettingChange, SigningKey
from desk.store import Tx


class NotYet(ValueError):
    """The key cannot be used so; the message says why in one sentence."""


def signing_keys(tx: Tx, inbox_id: int) -> list[SigningKey]:
    """The keys of an inbox, the newest first."""
    query = select(SigningKey).where(SigningKey.inbox_id == inbox_id).order_by(SigningKey.id.desc())
    return list(tx.scalars(query))


def signing_key(tx: Tx, key_id: int) -> SigningKey:
    """One key. Raises LookupError."""
    found = tx.get(SigningKey, key_id, with_for_update=True if tx.writing else None)
    if found is None:
        raise LookupError("There is no such key.")
    return found


def add_signing_key(tx: Tx, inbox_id: int, *, selector: str, secret: str, record: str, staff_id: int) -> SigningKey:
    """Keeps a new key pair for the domain of the inbox's address; it signs nothing yet. Raises NotYet where one waits
    already or the selector is taken."""
    found = inbox(tx, inbox_id)
    keys = signing_keys(tx, inbox_id)
    if any(key.state == "new" for key in keys):
        raise NotYet("A key waits to be published already: use it or discard it first.")
    if any(key.selector == selector for key in keys):
        raise NotYet("This inbox has a key of that name already.")
    row = SigningKey(
        inbox_id=inbox_id,
        domain=domain_of(found),
        selector=selector,
        secret=tx.keys.seal(secret),
        record=record,
        state="new",
        found="",
        detail="",
        made_at=tx.now(),
        made_by=staff_id,
    )
    tx.add(row)
    tx.flush()
    return row


def domain_of(found: Inbox) -> str:
    """The domain that an inbox's mails come from, as DNS knows it."""
    domain = found.address.rpartition("@")[2]
    try:
        return domain if domain.isascii() else domain.encode("idna").decode("ascii")
    except UnicodeError:
        return domain


def note_published(tx: Tx, key_id: int, found: str, detail: str) -> None:
    """Remembers what a name server shows of a key."""
    row = signing_key(tx, key_id)
    row.found, row.detail, row.checked_at = found, detail[:2000], tx.now()
    tx.flush()


def use_signing_key(tx: Tx, key_id: int, staff_id: int) -> None:
    """From now on mails are signed by this key; the one before is retired. Raises NotYet where the last look did not
    find its record: what it signs would count as forged."""
    row = signing_key(tx, key_id)
    if row.state != "new":
        raise NotYet("This key is in use already, or retired.")
    if row.found != "found":
        raise NotYet("Its record is not found yet: publish it, then look again.")
    before = [key for key in signing_keys(tx, row.inbox_id) if key.state == "active"]
    for key in before:
        _retire(tx, key)
    row.state, row.used_at = "active", tx.now()
    _note(tx, row, [key.selector for key in before], [row.selector], staff_id)


def retire_signing_key(tx: Tx, key_id: int, staff_id: int) -> None:
    """Signs nothing by this key any more. Its secret is forgotten: what is retired cannot leak."""
    row = signing_key(tx, key_id)
    if row.state == "retired":
        return
    was_active = row.state == "active"
    _retire(tx, row)
    if was_active:
        _note(tx, row, [row.selector], [], staff_id)


def _retire(tx: Tx, row: SigningKey) -> None:
    row.state, row.secret, row.retired_at = "retired", "", tx.now()
    tx.flush()


def _note(tx: Tx, row: SigningKey, before: list[str], after: list[str], staff_id: int) -> None:
    name = f"{inbox(tx, row.inbox_id).address}: DKIM"[:80]
    values = {"before": [", ".join(before)], "after": [", ".join(after)]}
    tx.add(SettingChange(name=name, **values, changed_at=tx.now(), changed_by=staff_id))
    tx.flush()


def signer(tx: Tx, found: Inbox) -> dict[str, Any] | None:
    """The key that the mails of an inbox are signed by, in the clear: for the channel alone. None where there is none
    for the domain that it sends from."""
    row = tx.scalar(
        select(SigningKey).where(
            SigningKey.inbox_id == found.id, SigningKey.state == "active", SigningKey.domain == domain_of(found)
        )
    )
    if row is None:
        return None
    return {"domain": row.domain, "selector": row.selector, "secret": tx.keys.open(row.secret)}


def forget_looks(tx: Tx, key_id: int) -> None:
    """The last look at a name server counts no more: another one is under way."""
    tx.execute(update(SigningKey).where(SigningKey.id == key_id).values(found="", detail="", checked_at=None))
