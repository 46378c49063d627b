"""Consent that an inbox was given at its provider: being asked for, kept, refused, taken back.

All of it stands under one name in the inbox's configuration that no form knows. What is secret in it is sealed; the
refresh token itself is a field of the channel, like a password.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from desk import audit
from desk.settings.service import inboxes, opened, sealed
from desk.settings.tables import Inbox, SettingChange
from desk.store import Tx

OWN = "_oauth"
TOKEN = "oauth_refresh_token"
ASKED_FOR = timedelta(minutes=10)  # in which a person must have said yes: codes rarely live longer


@dataclass(frozen=True, slots=True)
class Grant:
    """How the consent of an inbox stands, for its page. `state` is "" (none), "connected" or "refused"; `attempt` is
    how the last try fares: "" (none, or it is what stands), "asked", "connecting" or "failed"."""

    state: str = ""
    account: str = ""
    scope: str = ""
    since: datetime | None = None
    until: datetime | None = None  # None: as long as nobody takes it back
    reason: str = ""
    attempt: str = ""
    attempt_reason: str = ""
    attempt_at: datetime | None = None
    pasted: bool = False  # the token was typed in, so nobody here knows whose it is
    leaving: str = ""  # what became of taking the last one back, where there is something to say


@dataclass(frozen=True, slots=True)
class Code:
    """What a person came back with, in the clear: for the job that redeems it, never for a page or a log."""

    code: str
    verifier: str
    redirect_uri: str
    staff_id: int


def _own(row: Inbox) -> dict[str, Any]:
    return dict(row.config.get(OWN) or {})


def _keep(row: Inbox, own: Mapping[str, Any], **config: Any) -> None:
    row.config = {**row.config, **config, OWN: dict(own)}


def _held(tx: Tx, inbox_id: int) -> Inbox:
    """The inbox, for this transaction alone: of two that bring one answer, the second sees that it was used."""
    row = tx.get(Inbox, inbox_id, with_for_update=True, populate_existing=True)
    if row is None:
        raise LookupError("There is no such inbox.")
    return row


def _moment(text: Any) -> datetime | None:
    return datetime.fromisoformat(text) if isinstance(text, str) and text else None


def grant(inbox: Inbox) -> Grant:
    """How its consent stands. No secret is in it."""
    own = _own(inbox)
    kept, attempt = own.get("grant") or {}, own.get("try") or {}
    has = bool(inbox.config.get(TOKEN))
    return Grant(
        state="" if not has else "refused" if own.get("refused") else "connected",
        account=str(kept.get("account", "")),
        scope=str(kept.get("scope", "")),
        since=_moment(kept.get("at")),
        until=_moment(kept.get("until")),
        reason=str(own.get("refused", "")),
        attempt=str(attempt.get("state", "")),
        attempt_reason=str(attempt.get("reason", "")),
        attempt_at=_moment(attempt.get("at")),
        pasted=has and not kept,
        leaving=str(own.get("leaving", "")),
    )


def ask(tx: Tx, inbox_id: int, *, nonce: str, verifier: str, redirect_uri: str, staff_id: int) -> datetime:
    """Begins an attempt; one that was under way is worth nothing from now on. Until when it may be answered."""
    row, until = _held(tx, inbox_id), tx.now() + ASKED_FOR
    attempt = {
        "state": "asked", "at": tx.now().isoformat(), "until": until.isoformat(), "nonce": nonce,
        "staff": staff_id, "verifier": tx.keys.seal(verifier), "redirect": redirect_uri,
    }  # fmt: skip
    _keep(row, _own(row) | {"try": attempt})
    return until


def answered(tx: Tx, inbox_id: int, nonce: str, *, code: str = "", reason: str = "") -> bool:
    """A person came back with a code, or with the reason why there is none. False where this attempt is over: it was
    answered before, it took too long, or a newer one took its place."""
    row = _held(tx, inbox_id)
    own = _own(row)
    attempt = own.get("try") or {}
    until = _moment(attempt.get("until"))
    if attempt.get("state") != "asked" or attempt.get("nonce") != nonce or until is None or until < tx.now():
        return False
    if reason:
        own["try"] = {"state": "failed", "reason": reason[:1000], "at": tx.now().isoformat()}
    else:
        own["try"] = attempt | {"state": "connecting", "code": tx.keys.seal(code), "at": tx.now().isoformat()}
    _keep(row, own)
    return True


def take_code(tx: Tx, inbox_id: int, nonce: str) -> Code | None:
    """The code of an attempt, once: who dies with it in hands has used it up, because providers take back what a code
    brought when it is shown twice. None where there is nothing (any more) to redeem."""
    row = _held(tx, inbox_id)
    own = _own(row)
    attempt = own.get("try") or {}
    if attempt.get("state") != "connecting" or attempt.get("nonce") != nonce:
        return None
    if attempt.get("taken"):
        failed(tx, inbox_id, nonce, "The desk was stopped while it asked for tokens. Connect it once more.")
        return None
    _keep(row, own | {"try": attempt | {"taken": True}})
    return Code(
        tx.keys.open(attempt["code"]), tx.keys.open(attempt["verifier"]), attempt["redirect"], int(attempt["staff"])
    )


def give_back(tx: Tx, inbox_id: int, nonce: str) -> None:
    """The provider never had the code: it can be shown once more."""
    row = _held(tx, inbox_id)
    own = _own(row)
    if (own.get("try") or {}).get("nonce") == nonce:
        _keep(row, own | {"try": own["try"] | {"taken": False}})


def failed(tx: Tx, inbox_id: int, nonce: str, reason: str) -> None:
    """An attempt brought nothing; what was granted before stays."""
    row = _held(tx, inbox_id)
    own = _own(row)
    if (own.get("try") or {}).get("nonce") == nonce:
        own["try"] = {"state": "failed", "reason": reason[:1000], "at": tx.now().isoformat()}
        _keep(row, own)


def connected(
    tx: Tx,
    inbox_id: int,
    nonce: str,
    *,
    refresh_token: str,
    account: str,
    scope: str,
    life: float | None,
    config: Mapping[str, Any],
    staff_id: int,
) -> bool:
    """An attempt brought tokens; `config` is what else of the inbox follows from it. False where it was called off."""
    row = _held(tx, inbox_id)
    own = _own(row)
    if (own.get("try") or {}).get("nonce") != nonce:
        return False
    kept = {"account": account, "scope": scope, "at": tx.now().isoformat(),
            "until": (tx.now() + timedelta(seconds=life)).isoformat() if life else ""}  # fmt: skip
    own = {name: value for name, value in own.items() if name not in ("try", "refused", "leaving")} | {"grant": kept}
    token = sealed(tx, {TOKEN: refresh_token}, frozenset({TOKEN}))
    _keep(row, own, **dict(config), **token)
    row.trouble, row.checked_at, row.check_steps = "", None, []
    _note(tx, row, f"connected as {account}" if account else "connected", staff_id)
    return True


def disconnect(tx: Tx, inbox_id: int, staff_id: int) -> bool:
    """Forgets the refresh token and any attempt; what is to be taken back at the provider is kept sealed until
    `taken_back`. False where there was nothing to forget."""
    row = _held(tx, inbox_id)
    own, token = _own(row), opened(tx, row).get(TOKEN)
    if not token and not own.get("try"):
        return False
    config = {name: value for name, value in row.config.items() if name != TOKEN}
    row.config = config | {OWN: {"leave": tx.keys.seal(str(token))} if token else {}}
    row.trouble, row.checked_at, row.check_steps = "", None, []
    if token:
        _note(tx, row, "disconnected", staff_id)
    return True


def to_take_back(tx: Tx, inbox_id: int) -> str:
    """The refresh token that the provider is to be told of; empty where there is none."""
    row = tx.get(Inbox, inbox_id)
    found = _own(row).get("leave") if row is not None else None
    return tx.keys.open(found) if found else ""


def taken_back(tx: Tx, inbox_id: int, trouble: str = "") -> None:
    """The token is forgotten here in any case, and the page says where the provider did not hear of it."""
    row = _held(tx, inbox_id)
    own = _own(row)
    own.pop("leave", None)
    _keep(row, own | {"leaving": trouble[:1000]})


def refused(tx: Tx, refresh_token: str, reason: str) -> int:
    """The provider does not take this refresh token any more: nobody shows it again, and whoever looks at the inbox
    reads why. How many inboxes had it."""
    found = [row for row in inboxes(tx) if row.config.get(TOKEN) and opened(tx, row).get(TOKEN) == refresh_token]
    for row in found:
        _keep(row, _own(row) | {"refused": reason[:1000]})
        row.trouble, row.checked_at = reason[:2000], tx.now()
    return len(found)


def _note(tx: Tx, row: Inbox, what: str, staff_id: int) -> None:
    """Who did it, among what was changed; never with a token."""
    name = f"inbox {row.id}: consent"
    tx.add(SettingChange(name=name, before=None, after=[what], changed_at=tx.now(), changed_by=staff_id))
    audit.note(tx, "inbox", row.id, row.name, what="done", after={"consent": what}, staff_id=staff_id)
