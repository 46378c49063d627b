"""A text message that answers the question asked at its address: "5" is a score, and wakes nobody."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select

from desk import conversations, outbound, timeline
from desk.store import Tx
from desk.surveys.answers import record
from desk.surveys.replies import Read, read
from desk.surveys.scales import SCALES
from desk.surveys.tables import Invitation, Response

# Mail is answered by its links and the chat by its card; every other channel is asked, and answered, in words.
NOT_IN_WORDS = ("email", "chat")


@dataclass(frozen=True, slots=True)
class Heard:
    """A text that answers an open question. `asks`: it is a message too, which wants an answer of ours."""

    invitation_id: int
    conversation_id: int
    score: int
    comment: str
    asks: bool


def hears(tx: Tx, identity_id: int, inbox_id: int, text: str, channel: str, at: datetime) -> Heard | None:
    """The open question that a text answers, or None where it is a message and nothing else. Writes nothing.

    The question was asked at this very address from this very inbox, it is still open, and it is the last thing that we
    said there: after "how many do you want?" a 5 is no score. Holds the invitation's row, so that two texts at the same
    instant come one after the other.
    """
    found = _open_question(tx, identity_id, inbox_id, text, channel, at)
    if found is None:
        return None
    invitation, said = found
    return Heard(invitation.id, invitation.conversation_id, said.score, said.comment, said.asks)


def capture_answer(
    tx: Tx, conversation: conversations.Conversation, entry_id: int, text: str, channel: str, at: datetime
) -> Response | None:
    """Records what an entry's text answers, if it does: the score with its line, its fact and its signal.

    Again within the question's time it changes the answer and keeps the versions; the same again changes nothing. The
    entry stays on the timeline as the message that it is.
    """
    entry = timeline.one(tx, entry_id)
    if entry is None or entry.identity_id is None:
        return None
    found = _open_question(tx, entry.identity_id, entry.inbox_id or conversation.inbox_id, text, channel, at)
    if found is None:
        return None
    invitation, said = found
    return record(tx, invitation, said.score, (), said.comment, channel=channel, at=at)


def _open_question(
    tx: Tx, identity_id: int, inbox_id: int, text: str, channel: str, at: datetime
) -> tuple[Invitation, Read] | None:
    # Nearly every text ends here, before anything is asked of the database.
    if channel in NOT_IN_WORDS or not any(read(kind, text) for kind in SCALES):
        return None
    invitation = tx.scalar(
        select(Invitation)
        .where(Invitation.identity_id == identity_id)
        .order_by(Invitation.sent_at.desc(), Invitation.id.desc())
        .limit(1)
        .with_for_update()
        .execution_options(populate_existing=True)
    )
    if invitation is None or invitation.channel != channel:
        return None
    delivery = tx.get(outbound.Delivery, invitation.delivery_id)
    if delivery is None or delivery.inbox_id != inbox_id:
        return None
    if not invitation.sent_at <= at < invitation.expires_at or _spoken_since(tx, invitation):
        return None
    said = read(invitation.kind, text)
    return None if said is None else (invitation, said)


def _spoken_since(tx: Tx, invitation: Invitation) -> bool:
    """Whether we said anything else by this channel after the question."""
    customer_id = conversations.get(tx, invitation.conversation_id, None).customer_id
    since = (invitation.sent_at, invitation.entry_id or 0)
    later = timeline.page(tx, customer_id, after=since)
    return any(
        entry.kind in ("reply", "bot")
        and entry.channel == invitation.channel
        and not entry.detail.get("automatic")  # what HELP is answered with asks nothing
        for entry in later
    )
