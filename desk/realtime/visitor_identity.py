"""Who a visitor is: the browser's own identity, and the signed-in user's once the site says who that is."""

from __future__ import annotations

from desk import conversations, merging, people, settings, visitors
from desk.messages import Address, Sender
from desk.realtime.visitor_seats import Seat
from desk.store import Tx
from desk.visitors import Visitor


def known_again(tx: Tx, seat: Seat) -> bool:
    """A visitor who has written before is back. What an anonymous browser wrote becomes the signed-in user's: both are
    proved by this very socket, so both are one person. Whether the browser became a user's just now."""
    known = visitors.known(tx, seat.visitor_id)
    bound = bool(seat.user_ref) and known is not None and not known.user_ref
    row = visitors.keep(tx, seat.visitor_id, seat.inbox_id, user_ref=seat.user_ref)
    looked(tx, seat)
    if seat.user is None or row.identity_id is None or people.identity(tx, row.identity_id).kind == "user":
        return bound
    before = row.identity_id
    address = Address("user", seat.user_ref, seat.user.name)
    given = people.resolve(
        tx,
        Sender(address, "verified", "the site's signed token says who is signed in"),
        at=tx.now(),
        locale=seat.locale,
    )
    _join(tx, before, given.id)
    wrote(tx, seat, given.id)
    return bound


def wrote(tx: Tx, seat: Seat, identity_id: int) -> Visitor:
    """The visitor's row with the identity that their message came by."""
    known = visitors.known(tx, seat.visitor_id)
    before = known.identity_id if known is not None else None
    row = visitors.keep(tx, seat.visitor_id, seat.inbox_id, user_ref=seat.user_ref, identity_id=identity_id)
    looked(tx, seat)
    if seat.user is not None and before != identity_id:
        row.name = row.name or seat.user.name
        _claim(tx, seat, row, identity_id)
    return row


def looked(tx: Tx, seat: Seat) -> None:
    url, title = seat.page
    visitors.looked(tx, seat.visitor_id, locale=seat.locale, zone=seat.zone, url=url, title=title)


def _claim(tx: Tx, seat: Seat, row: Visitor, identity_id: int) -> None:
    """The address in the site's token was typed by somebody there: claimed, unless the inbox believes its site."""
    if seat.user is None or not seat.user.email:
        return
    given = people.identity(tx, identity_id)
    try:
        email = people.claim(
            tx, given.customer_id, "email", seat.user.email, because="the site's word", at=tx.now(), by=given
        )
    except people.BadClaim:
        return
    row.email_id = email.id
    if settings.inbox(tx, seat.inbox_id).config.get("trust_email") is True:
        people.verify(tx, email, "the site's signed token says so, and this desk believes its site", tx.now())


def call(tx: Tx, row: Visitor, name: str) -> None:
    """Their own word for their name goes wherever nobody has said another."""
    row.name = name
    shown = people.rename(tx, row.identity_id or 0, name)
    for thread in visitors.threads(tx, visitors.owner_of(row.id, row.user_ref), row.inbox_id):
        conversations.call(tx, thread.conversation_id, shown)


def _join(tx: Tx, visitor_identity: int, user_identity: int) -> None:
    one, other = (people.identity(tx, id_) for id_ in (visitor_identity, user_identity))
    if one.customer_id != other.customer_id and not merging.kept_apart(tx, one.customer_id, other.customer_id):
        keep_id, join_id = merging.older_first(tx, one.customer_id, other.customer_id)
        merging.join(tx, keep_id, join_id, because="proved", by=None)
