"""The links of a survey: a short signed token for each invitation, and what a link shows; reading records nothing."""

from __future__ import annotations

import re
import secrets
import string
from dataclasses import dataclass
from typing import Literal

from sqlalchemy import select

from desk import conversations, people
from desk.store import Tx
from desk.surveys.scales import SCALES
from desk.surveys.tables import Invitation, Response

PURPOSE = "survey"
LinkKind = Literal["ready", "answered", "expired", "invalid", "stopped"]

_DIGITS = string.digits + string.ascii_lowercase
# 13 base-36 digits hold any 63-bit id; the signature is 16 bytes in base32.
_TOKEN = re.compile(r"([0-9a-z]{1,13})\.([a-z2-7]{26})")


@dataclass(frozen=True, slots=True)
class LinkState:
    """What a link leads to. `invitation` is None for an invalid link and for nothing else; `preselect` is a score of
    the scale that the link proposes, which is recorded only once somebody sends it."""

    kind: LinkKind
    invitation: Invitation | None = None
    response: Response | None = None
    preselect: int | None = None
    stopped: bool = False  # whether the customer asked not to be asked again, whatever else is true


INVALID = LinkState("invalid")


def new_secret() -> str:
    """What makes the links of one invitation different from those of any other time: replacing it ends older links."""
    return secrets.token_hex(8)


def _base36(number: int) -> str:
    digits = ""
    while True:
        number, rest = divmod(number, 36)
        digits = _DIGITS[rest] + digits
        if not number:
            return digits


def token_of(tx: Tx, invitation: Invitation) -> str:
    """The token of an invitation: `<id in base 36>.<signature>`, about 30 characters, so that a mail line holds it.

    All lower case and without symbols that a mail program would take for the end of a link. The signature covers the
    invitation's secret: a token is good for this invitation, until its secret is replaced, and for nothing else.
    """
    return f"{_base36(invitation.id)}.{tx.keys.mac(PURPOSE, f'{invitation.id}.{invitation.secret}')}"


def url_of(tx: Tx, invitation: Invitation) -> str:
    return f"{tx.public_url}/s/{token_of(tx, invitation)}"


def invitation_of(tx: Tx, token: str, *, lock: bool = False) -> Invitation | None:
    """The invitation that a token was signed for, or None for a token that is forged, cut short or replaced.

    `lock` holds the invitation's row until the end of the transaction, so that two answers at the same instant come one
    after the other. (SQLite admits one writer anyway and ignores it.)
    """
    fits = _TOKEN.fullmatch(token.strip().lower())
    if fits is None:
        return None
    number = int(fits[1], 36)
    if number >= 2**63:  # more than a database column holds
        return None
    invitation = held(tx, number) if lock else tx.scalar(select(Invitation).where(Invitation.id == number))
    if invitation is None or not tx.keys.mac_fits(PURPOSE, f"{number}.{invitation.secret}", fits[2]):
        return None
    return invitation


def held(tx: Tx, invitation_id: int) -> Invitation | None:
    """The invitation as it is now, and nobody else's to change until the transaction ends."""
    query = select(Invitation).where(Invitation.id == invitation_id)
    return tx.scalar(query.with_for_update().execution_options(populate_existing=True))


def response_of(tx: Tx, invitation: Invitation) -> Response | None:
    return tx.scalar(select(Response).where(Response.invitation_id == invitation.id))


def customer_id_of(tx: Tx, invitation: Invitation) -> int:
    """Whose answer it is now: a merge may have moved the conversation to another customer since it was asked."""
    return conversations.get(tx, invitation.conversation_id, None).customer_id


def open_link(tx: Tx, token: str, score: str | None = None) -> LinkState:
    """What the page of this link shows. Writes nothing, so that a scanner may open it as often as it likes.

    `score` is what the link carries; anything that is no score of the scale is no preselection, and no error.
    """
    invitation = invitation_of(tx, token)
    if invitation is None:
        return INVALID
    response = response_of(tx, invitation)
    stopped = people.customer(tx, customer_id_of(tx, invitation)).surveys_stopped_at is not None
    kind: LinkKind
    if invitation.expires_at <= tx.now():
        kind = "expired"
    elif response is not None:
        kind = "answered"
    else:
        kind = "stopped" if stopped else "ready"
    preselect = parse_score(invitation.kind, score)
    return LinkState(kind, invitation, response, preselect, stopped)


def parse_score(kind: str, text: str | None) -> int | None:
    """The score that a form or link names, or None where it names none of this scale."""
    if text is None or not re.fullmatch(r"[0-9]{1,2}", text):
        return None
    return int(text) if int(text) in SCALES[kind] else None


def replace_links(tx: Tx, invitation_id: int) -> str:
    """Ends every link of this invitation that was given out so far, and returns the token of the new ones."""
    invitation = tx.get_one(Invitation, invitation_id)
    invitation.secret = new_secret()
    tx.flush()
    return token_of(tx, invitation)


def stop(tx: Tx, token: str) -> LinkState:
    """The customer of this link is not asked again, by any survey. Works from expired links too; an invalid one changes
    nothing and is told so by its state."""
    invitation = invitation_of(tx, token)
    if invitation is not None:
        people.stop_surveys(tx, customer_id_of(tx, invitation), tx.now())
        tx.flush()
    return open_link(tx, token)


def resume(tx: Tx, token: str) -> LinkState:
    """Takes a stop back."""
    invitation = invitation_of(tx, token)
    if invitation is not None:
        people.resume_surveys(tx, customer_id_of(tx, invitation))
        tx.flush()
    return open_link(tx, token)
