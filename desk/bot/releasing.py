"""A person gives a conversation back to the bot: the only way in which it has the word again within an episode."""

from __future__ import annotations

from desk import conversations, settings
from desk.agents import Viewer
from desk.bot.mood import too_upset
from desk.bot.service import enqueue_turn, is_on
from desk.conversations import Conversation, NotPossible
from desk.i18n import N_
from desk.store import Tx


def may_be_released(tx: Tx, conversation: Conversation) -> bool:
    """Whether the bot stood back here, and would answer if it were let."""
    stood_back = conversation.bot in ("handed_over", "quiet") and conversation.status in ("open", "pending", "snoozed")
    return stood_back and is_on(settings.inbox(tx, conversation.inbox_id))


def release(tx: Tx, conversation_id: int, viewer: Viewer) -> Conversation:
    """The bot answers again, at once where the customer waits. It is nobody's then, and how its episode with the bot
    ended stays what it was: a person was needed. Raises NotVisible, and NotPossible with the reason."""
    conversation = conversations.get(tx, conversation_id, viewer)
    if not may_be_released(tx, conversation):
        raise NotPossible(N_("The bot has the word already, or does not answer here."))
    if too_upset(tx, conversation.level):
        raise NotPossible(N_("Whoever is frustrated gets a person: the bot would hand over at once."))
    conversations.bot_given_back(tx, conversation, viewer.id)
    if conversation.waiting_since is not None:
        enqueue_turn(tx, conversation_id)
    return conversation
