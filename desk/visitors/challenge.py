"""The question whether a person writes: when it is asked, and what its provider says of the answer."""

from __future__ import annotations

import hashlib
import json
import logging
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, Literal
from urllib.parse import urlencode

from sqlalchemy import delete

from desk.http import Client, Unreachable
from desk.store import Tx
from desk.visitors.tables import SpentToken

log = logging.getLogger(__name__)

Verdict = Literal["yes", "no", "down"]
LONGEST = 8192  # characters of a token
UNAVAILABLE = "unavailable"  # said in its place where the provider's script did not come
KEPT = timedelta(days=1)  # providers forget a token within minutes
WAIT = 3.0  # seconds
# What the provider says of our keys, not of the visitor: nobody is kept out by our own mistake.
OURS = frozenset(
    {"missing-input-secret", "invalid-input-secret", "sitekey-secret-mismatch", "bad-request", "internal-error"}
)


@dataclass(frozen=True, slots=True)
class Challenge:
    """How an inbox asks. `when` is `busy` or `always`, `down` is `pass` or `later`."""

    when: str
    site_key: str
    secret: str
    script: str
    verify: str
    down: str
    busy: int  # first messages a minute from which the inbox counts as busy


def challenge_of(config: Mapping[str, Any]) -> Challenge | None:
    """What an opened configuration asks for; None where it asks for nothing, or cannot: without keys there is no
    question that anybody could answer."""

    def text(name: str) -> str:
        value = config.get(name)
        return value.strip() if isinstance(value, str) else ""

    found = Challenge(
        text("challenge"),
        text("challenge_site_key"),
        text("challenge_secret"),
        text("challenge_script"),
        text("challenge_verify"),
        text("challenge_down") or "pass",
        int(config.get("challenge_busy") or 20),
    )
    able = found.when in ("busy", "always") and found.site_key and found.secret and found.script and found.verify
    return found if able else None


def spend(tx: Tx, inbox_id: int, token: str) -> bool:
    """Notes that this answer was used. False where it was used before: whatever its provider says, it is good once."""
    digest = hashlib.sha256(token.encode("utf-8", "replace")).hexdigest()
    if tx.get(SpentToken, digest) is not None:
        return False
    tx.add(SpentToken(digest=digest, inbox_id=inbox_id, spent_at=tx.now()))
    tx.flush()
    return True


def forget_spent(tx: Tx) -> None:
    tx.execute(delete(SpentToken).where(SpentToken.spent_at < tx.now() - KEPT))


def verify(asked: Challenge, token: str, *, allow_private: bool) -> Verdict:
    """What the provider says. A call to the outside: never inside a transaction. The visitor's address stays here:
    their browser has told the provider what it needs to know."""
    body = urlencode({"secret": asked.secret, "response": token, "sitekey": asked.site_key}).encode()
    headers = {"Content-Type": "application/x-www-form-urlencoded", "Accept": "application/json"}
    client = Client(allow_private=allow_private, timeout=WAIT, max_bytes=64 << 10)
    try:
        answer = client.call("POST", asked.verify, headers=headers, content=body)
        told = json.loads(answer.content) if answer.status == 200 else None
    except Unreachable as error:
        log.warning("the provider of the challenge was not reached: %s", error)
        return "down"
    except (ValueError, RecursionError):
        told = None
    finally:
        client.close()
    if not isinstance(told, dict) or not isinstance(told.get("success"), bool):
        log.warning("the provider of the challenge said what cannot be read (status %s)", answer.status)
        return "down"
    if told["success"]:
        return "yes"
    codes = told.get("error-codes")
    ours = OURS & {str(code) for code in codes} if isinstance(codes, list) else set()
    if ours:
        log.warning("the provider of the challenge does not take our keys: %s", ", ".join(sorted(ours)))
        return "down"
    return "no"
