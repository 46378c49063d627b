"""A conversation that the desk begins: its first line is a colleague's, and nobody waits for an answer to it."""

from __future__ import annotations

from desk.agents import Viewer
from desk.conversations.service import PREVIEW, _assign, _first_words, _open_episode, _touch
from desk.conversations.tables import Conversation
from desk.people import Identity, called, customer
from desk.settings import Inbox
from desk.signals import ConversationOpened
from desk.store import Tx


def begin(tx: Tx, identity: Identity, inbox: Inbox, viewer: Viewer, *, subject: str, text: str) -> Conversation:
    """Opens one with a customer by one of their addresses. It is the colleague's from the start: who writes to somebody
    is the one to hear the answer.

    Its episode has no message of the customer yet, so that no clock of an answer runs: what is promised begins when
    they write.
    """
    person, at = customer(tx, identity.customer_id), tx.now()
    row = Conversation(
        customer_id=person.id,
        inbox_id=inbox.id,
        team_id=inbox.team_id,
        subject=(subject or _first_words(text))[:500],
        status="open",
        priority=0,
        channel=inbox.channel,
        level="calm",
        frustration=0.0,
        opened_at=at,
        last_at=at,
        last_author="staff",
        customer_name=called(person, identity),
        reply_address=identity.value,
        reply_identity_id=identity.id,
        urgency=0.0,
        unread=0,
        preview=" ".join(text.split())[:PREVIEW],
    )
    tx.add(row)
    tx.flush()
    episode = _open_episode(tx, row, 1, at)
    _assign(tx, row, viewer.id, by=viewer.id, at=at)
    _touch(tx, row)
    tx.announce(ConversationOpened(person.id, row.id, episode.id))
    return row
