"""Proving an address: a code and a link that are sent to it, and what comes back.

Six digits are few, so the rest makes up for it: they hold for a quarter of an hour and for five tries, one code is open
for an identity at a time, and what one identity, one customer and one address may ask for is counted. With the caps
below, somebody who makes as many visitors as they like has 100 guesses a day at one address: one in 10,000.

Nothing here looks at whose an address is otherwise: the answers, and how long they take, are the same for an address
that nobody knows and for one that somebody else has proved.
"""

from __future__ import annotations

import re
import secrets
import string
import unicodedata
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal

from sqlalchemy import func, select

from desk.people.joining import held
from desk.people.service import RANK, current_id, identity, verify
from desk.people.tables import Confirmation, Identity
from desk.store import Tx

CODE, LINK = "confirmation-code", "confirmation-link"
LASTS = timedelta(minutes=15)
TRIES = 5
BETWEEN = timedelta(seconds=60)  # two codes for one identity
HOUR, DAY = timedelta(hours=1), timedelta(days=1)
OF_IDENTITY, OF_CUSTOMER = 5, 10  # codes an hour
OF_ADDRESS, OF_ADDRESS_A_DAY = 5, 20  # over all who ask; past these none is sent, and nobody is told
PROVABLE = ("email", "phone")

_DIGITS = string.digits + string.ascii_lowercase
_TOKEN = re.compile(r"([0-9a-z]{1,13})\.([a-z2-7]{26})")

Why = Literal["verified", "kind", "slow_down", "refused"]


class CannotAsk(ValueError):
    """No code is sent; `why` says what stands in the way, `retry_after` after how many seconds it no longer does."""

    def __init__(self, why: Why, retry_after: int = 0) -> None:
        super().__init__(why)
        self.why: Why = why
        self.retry_after = retry_after


@dataclass(frozen=True, slots=True)
class Code:
    """One code in the clear, for the message that carries it and for nothing else. `send` is False where this address
    was sent too many: whoever asked is told the same."""

    confirmation_id: int
    identity_id: int
    kind: str
    address: str
    digits: str
    url: str
    expires_at: datetime
    send: bool


@dataclass(frozen=True, slots=True)
class Confirmed:
    """The address is theirs. `again`: it was said before, and nothing changed now."""

    identity_id: int
    customer_id: int
    again: bool = False


@dataclass(frozen=True, slots=True)
class Refused:
    """Not proved. `left` is how many tries this code has; with none, or with `expired`, ask for another one."""

    why: Literal["shape", "wrong", "tries", "expired", "none", "refused"]
    left: int = 0


LinkKind = Literal["ready", "confirmed", "expired", "replaced", "refused", "invalid"]


@dataclass(frozen=True, slots=True)
class ConfirmationLink:
    """What a link leads to. `confirmation` and `identity` are None for an invalid link and for nothing else."""

    kind: LinkKind
    confirmation: Confirmation | None = None
    identity: Identity | None = None


INVALID = ConfirmationLink("invalid")


def ask_code(tx: Tx, given: Identity, *, conversation_id: int | None = None, inbox_id: int | None = None) -> Code:
    """Makes a code for an identity, which ends the one before. It is sent by `merging.ask_code`, which calls this.

    `inbox_id` is where it was asked for: the mail speaks for its brand. Raises CannotAsk.
    """
    if given.kind not in PROVABLE:
        raise CannotAsk("kind")
    if given.evidence == "verified" or given.details.get("proved_at"):
        raise CannotAsk("verified")
    now = tx.now()
    before = _newest(tx, given.id, lock=True)
    if before is not None and before.outcome == "refused" and before.asked_at > now - DAY:
        raise CannotAsk("refused", _seconds(before.asked_at + DAY - now))
    _check_caps(tx, given, before, now)
    send = _below(tx, Confirmation.kind == given.kind, Confirmation.value_folded == given.value_folded, now=now)
    if before is not None and before.outcome == "":
        before.outcome, before.closed_at = "replaced", now
    digits = f"{secrets.randbelow(1_000_000):06}"
    row = Confirmation(
        identity_id=given.id,
        kind=given.kind,
        value_folded=given.value_folded,
        conversation_id=conversation_id,
        inbox_id=inbox_id,
        secret=secrets.token_hex(16),
        code_mac="",
        tries=0,
        outcome="",
        asked_at=now,
        expires_at=now + LASTS,
        closed_at=None,
    )
    tx.add(row)
    tx.flush()
    row.code_mac = tx.keys.mac(CODE, _covered(row, digits), 32)
    tx.flush()
    return Code(row.id, given.id, given.kind, given.value, digits, url_of(tx, row), row.expires_at, send)


def _check_caps(tx: Tx, given: Identity, before: Confirmation | None, now: datetime) -> None:
    if before is not None and now - before.asked_at < BETWEEN:
        raise CannotAsk("slow_down", _seconds(BETWEEN - (now - before.asked_at)))
    recent = select(Confirmation.asked_at).where(Confirmation.asked_at > now - HOUR)
    own = recent.where(Confirmation.identity_id == given.id)
    whole = recent.join(Identity, Identity.id == Confirmation.identity_id).where(
        Identity.customer_id == given.customer_id
    )
    for query, cap in ((own, OF_IDENTITY), (whole, OF_CUSTOMER)):
        times = tx.scalars(query.order_by(Confirmation.asked_at.desc()).limit(cap)).all()
        if len(times) >= cap:
            raise CannotAsk("slow_down", _seconds(times[-1] + HOUR - now))


def _below(tx: Tx, *address: object, now: datetime) -> bool:
    """Whether this address may be sent one more, whoever asks."""
    for span, cap in ((HOUR, OF_ADDRESS), (DAY, OF_ADDRESS_A_DAY)):
        count = select(func.count()).select_from(Confirmation).where(*address, Confirmation.asked_at > now - span)  # type: ignore[arg-type]
        if (tx.scalar(count) or 0) >= cap:
            return False
    return True


def _seconds(span: timedelta) -> int:
    return max(1, int(span.total_seconds()) + 1)


def _covered(row: Confirmation, digits: str) -> str:
    return f"{row.id}.{row.secret}.{digits}"


def _newest(tx: Tx, identity_id: int, *, lock: bool = False) -> Confirmation | None:
    query = select(Confirmation).where(Confirmation.identity_id == identity_id)
    query = query.order_by(Confirmation.id.desc()).limit(1)
    if lock:
        # Of two that answer the same code, the second waits and finds what the first one made of it.
        query = query.with_for_update().execution_options(populate_existing=True)
    return tx.scalar(query)


def typed(code: str) -> str | None:
    """The six digits of what somebody typed, whatever stands between them; None for anything else."""
    plain = "".join(c for c in unicodedata.normalize("NFKC", code[:64]) if not c.isspace() and c not in "-–.·\u200b")
    digits = [unicodedata.decimal(c, None) for c in plain]
    if len(digits) != 6 or None in digits:
        return None
    return "".join(str(d) for d in digits)


def confirm(tx: Tx, identity_id: int, code: str) -> Confirmed | Refused:
    """Takes what somebody typed for an identity. A wrong code costs one try; what is no code at all costs none.

    Run it by `Store.attempt`: two who prove one new address at the same instant are told apart by the database.
    """
    digits = typed(code)
    if digits is None:
        return Refused("shape", _left(_newest(tx, identity_id)))
    row = _newest(tx, identity_id, lock=True)
    if row is None:
        return Refused("none")
    fits = tx.keys.mac_fits(CODE, _covered(row, digits), row.code_mac, 32)
    if row.outcome == "confirmed" and fits and row.expires_at > tx.now():
        given = identity(tx, identity_id)
        return Confirmed(given.id, given.customer_id, again=True)
    if row.outcome == "refused":
        return Refused("refused")
    if row.outcome == "tries":
        return Refused("tries")
    if row.outcome != "":
        return Refused("none")
    if row.expires_at <= tx.now():
        _close(tx, row, "expired")
        return Refused("expired")
    if not fits:
        row.tries += 1
        if row.tries >= TRIES:
            _close(tx, row, "tries")
        tx.flush()
        return Refused("wrong" if row.outcome == "" else "tries", _left(row))
    return _prove(tx, row, "a code sent there came back")


def _left(row: Confirmation | None) -> int:
    return TRIES - row.tries if row is not None and row.outcome == "" else 0


def _close(tx: Tx, row: Confirmation, outcome: str) -> None:
    row.outcome, row.closed_at = outcome, tx.now()
    tx.flush()


def _prove(tx: Tx, row: Confirmation, because: str) -> Confirmed:
    _close(tx, row, "confirmed")
    given = identity(tx, row.identity_id)
    # Of two proofs of one customer at the same instant, the second waits for what follows from the first.
    held(tx, current_id(tx, given.customer_id, wait=False))
    tx.refresh(given)
    verify(tx, given, because, tx.now())
    return Confirmed(given.id, given.customer_id)


def open_for(tx: Tx, customer_id: int) -> list[Identity]:
    """The identities of a customer with a code that waits for an answer, the newest first."""
    query = (
        select(Identity)
        .join(Confirmation, Confirmation.identity_id == Identity.id)
        .where(Identity.customer_id == customer_id, Confirmation.outcome == "", Confirmation.expires_at > tx.now())
        .order_by(Confirmation.id.desc())
    )
    return list(dict.fromkeys(tx.scalars(query)))


def capture_code(tx: Tx, customer_id: int, text: str) -> Confirmed | Refused | None:
    """What a message that is nothing but six digits answers: the newest open code of its customer. None where the
    message is something else, or no code is open."""
    if len(text) > 64 or typed(text) is None:
        return None
    waiting = open_for(tx, customer_id)
    return confirm(tx, waiting[0].id, text) if waiting else None


# The link.


def _base36(number: int) -> str:
    out = ""
    while True:
        number, rest = divmod(number, 36)
        out = _DIGITS[rest] + out
        if not number:
            return out


def token_of(tx: Tx, row: Confirmation) -> str:
    """`<id in base 36>.<signature>`: good for this confirmation, for this purpose, and for nothing else."""
    return f"{_base36(row.id)}.{tx.keys.mac(LINK, f'{row.id}.{row.secret}')}"


def url_of(tx: Tx, row: Confirmation) -> str:
    return f"{tx.public_url}/v/{token_of(tx, row)}"


def open_link(tx: Tx, token: str, *, lock: bool = False) -> ConfirmationLink:
    """What the page of a link shows. Writes nothing, so that a scanner may open it as often as it likes."""
    fits = _TOKEN.fullmatch(token.strip().lower())
    if fits is None or int(fits[1], 36) >= 2**63:
        return INVALID
    number = int(fits[1], 36)
    query = select(Confirmation).where(Confirmation.id == number)
    row = tx.scalar(query.with_for_update().execution_options(populate_existing=True) if lock else query)
    if row is None or not tx.keys.mac_fits(LINK, f"{number}.{row.secret}", fits[2]):
        return INVALID
    return ConfirmationLink(_kind(tx, row), row, identity(tx, row.identity_id))


def _kind(tx: Tx, row: Confirmation) -> LinkKind:
    match row.outcome:
        case "confirmed" | "refused" | "replaced":
            return row.outcome
        case "":
            return "ready" if row.expires_at > tx.now() else "expired"
    return "expired"


def follow_link(tx: Tx, token: str, *, mine: bool) -> ConfirmationLink:
    """The one who has the mail says that it was them (`mine`), or that it was not. A link that is not open any more
    changes nothing; its state says what it is. Run it by `Store.attempt`."""
    found = open_link(tx, token, lock=True)
    row = found.confirmation
    if found.kind != "ready" or row is None or found.identity is None:
        return found
    if mine:
        _prove(tx, row, "a link sent there was opened and confirmed")
    else:
        _close(tx, row, "refused")
        given = found.identity
        if RANK[given.evidence] == 0:
            given.details = {**given.details, "refused_at": tx.now().isoformat()}
            tx.flush()
    return ConfirmationLink(_kind(tx, row), row, found.identity)
