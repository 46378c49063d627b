"""A conversation that the desk begins: its first line is a colleague's, and nobody waits for an answer to it."""

from __future__ import annotations

from desk.agents import Viewer
from desk.conversations.service import PREVIEW, _assign, _open_episode, _touch, new
from desk.conversations.tables import Conversation
from desk.people import Identity
from desk.settings import Inbox
from desk.signals import ConversationOpened
from desk.store import Tx


def begin(tx: Tx, identity: Identity, inbox: Inbox, viewer: Viewer, *, subject: str, text: str) -> Conversation:
    """Opens one with a customer by one of their addresses. It is the colleague's from the start: who writes to somebody
    is the one to hear the answer.

    Its episode has no message of the customer yet, so that no clock of an answer runs: what is promised begins when
    they write.
    """
    at, preview = tx.now(), " ".join(text.split())[:PREVIEW]
    row = new(tx, identity, inbox, subject, text, at, channel=inbox.channel, by="staff", preview=preview)
    episode = _open_episode(tx, row, 1, at)
    _assign(tx, row, viewer.id, by=viewer.id, at=at)
    _touch(tx, row)
    tx.announce(ConversationOpened(row.customer_id, row.id, episode.id))
    return row
