"""Consent for mailboxes, the part that calls the provider: codes made tokens, and tokens taken back."""

from __future__ import annotations

from typing import Any

from desk import settings
from desk.channels.email import consent
from desk.jobs import Leased, enqueue, fail, finish
from desk.parts import Desk
from desk.settings import grants
from desk.store import Tx

REDEEMS = 3  # tries while the provider cannot be reached, over some seconds: somebody looks at the page
REVOKES = 5  # tries to tell it that a token is not wanted any more, over six minutes


def _config(desk: Desk, tx: Tx, inbox_id: int) -> dict[str, Any]:
    config = settings.opened(tx, settings.inbox(tx, inbox_id))
    return config | {"allow_private": bool(desk.config.get("ALLOW_PRIVATE"))}


def redeem(desk: Desk, job: Leased) -> None:
    """Makes tokens of the code that a person came back with, and has the servers tried with them."""
    inbox_id, nonce = int(job.args["inbox_id"]), str(job.args["attempt"])
    with desk.store.transaction() as tx:
        code = grants.take_code(tx, inbox_id, nonce)
        if code is None:
            finish(tx, job)
            return
        config = _config(desk, tx, inbox_id)
    try:
        found = consent.redeem(config, code=code.code, redirect_uri=code.redirect_uri, verifier=code.verifier)
    except consent.Failed as error:
        with desk.store.transaction() as tx:
            if error.again and job.attempts < REDEEMS:
                grants.give_back(tx, inbox_id, nonce)
                fail(tx, job, error.reason)
            else:
                grants.failed(tx, inbox_id, nonce, error.reason)
                finish(tx, job)
        return
    with desk.store.transaction() as tx:
        kept = grants.connected(
            tx,
            inbox_id,
            nonce,
            refresh_token=found.refresh_token,
            account=found.account,
            scope=found.scope,
            life=found.refresh_life,
            config=consent.filled(config, found.account),
            staff_id=code.staff_id,
        )
        if kept:
            enqueue(tx, "inbox.check", {"inbox_id": inbox_id}, key=f"inbox.check:{inbox_id}", max_attempts=2)
        finish(tx, job)


def revoke(desk: Desk, job: Leased) -> None:
    """Tells the provider that a token is not wanted any more; it is forgotten here whatever the provider says."""
    inbox_id = int(job.args["inbox_id"])
    with desk.store.reading() as tx:
        token = grants.to_take_back(tx, inbox_id)
        config = _config(desk, tx, inbox_id)
    trouble = ""
    if token:
        try:
            consent.revoke(config, token)
        except consent.Failed as error:
            if error.again and job.attempts < REVOKES:
                with desk.store.transaction() as tx:
                    fail(tx, job, error.reason)
                return
            trouble = f"{error.reason} It is forgotten here; remove this desk's access there."
    with desk.store.transaction() as tx:
        grants.taken_back(tx, inbox_id, trouble)
        finish(tx, job)
