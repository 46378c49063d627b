"""One table: what happened, and what follows from it, in the transaction that made it happen.

What must not be lost becomes a job row here. What may be lost (a push to a screen that catches up anyway) is announced
after the commit, by the listeners of the store.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from desk import bot, merging, outbound, search, surveys, visitors
from desk.jobs import enqueue
from desk.signals import (
    AgentReplied,
    ArticlePublished,
    ConversationChanged,
    ConversationResolved,
    CustomersJoined,
    CustomersParted,
    DeliverySettled,
    EntryRecorded,
    FactRecorded,
    FrustrationChanged,
    IdentityVerified,
    Signal,
    WordsErased,
)
from desk.store import Tx


def ask_how_it_was(tx: Tx, signal: ConversationResolved) -> None:
    """Whoever resolved it, the survey's governor decides whether to ask."""
    enqueue(tx, "surveys.consider", {"episode_id": signal.episode_id}, key=f"survey:{signal.episode_id}", priority=4)


def reconsider_stage(tx: Tx, signal: FactRecorded) -> None:
    """Any new fact may make a stage rule hold; the stage itself is a fact too, and must not chase its own tail."""
    if signal.name not in ("stage", "stage_model"):
        enqueue(
            tx,
            "lifecycle.consider",
            {"customer_id": signal.customer_id},
            key=f"lifecycle:{signal.customer_id}",
            priority=4,
        )


def tell_invitation(tx: Tx, signal: DeliverySettled) -> None:
    """Response rates count what was delivered, so the invitation follows its mail."""
    if signal.purpose == "survey":
        surveys.delivery_settled(tx, signal.delivery_id, signal.ok)


def forget_code(tx: Tx, signal: DeliverySettled) -> None:
    """A code is for the one who gets it."""
    if signal.purpose == "code":
        outbound.forget_code(tx, signal.delivery_id)


def let_a_person_answer(tx: Tx, signal: DeliverySettled) -> None:
    """What the bot could not send, nobody has answered."""
    if signal.purpose == "bot" and not signal.ok:
        conversation_id = outbound.conversation_of(tx, signal.delivery_id)
        if conversation_id is not None:
            bot.unsent(tx, conversation_id)


def join_who_are_one(tx: Tx, signal: IdentityVerified) -> None:
    """Two verified identities of one person make one customer, whoever brought the proof."""
    merging.identity_verified(tx, signal.identity_id)


def let_a_person_talk(tx: Tx, signal: AgentReplied) -> None:
    """Where a person answers, the bot is quiet."""
    bot.quiet(tx, signal.conversation_id)


def follow_by_mail(tx: Tx, signal: AgentReplied) -> None:
    """Whoever has left the chat gets the answer by mail, if they left an address."""
    visitors.answered(tx, signal.conversation_id)


def let_an_owner_talk(tx: Tx, signal: EntryRecorded) -> None:
    """Where a person takes a conversation over, the bot is quiet, before they have written a word."""
    if signal.kind == "assigned" and signal.conversation_id is not None:
        bot.taken(tx, signal.conversation_id)


def stand_back(tx: Tx, signal: FrustrationChanged) -> None:
    """Nobody who is frustrated talks to a machine."""
    if signal.after == "frustrated":
        bot.stand_back(tx, signal.conversation_id)


def learn_article(tx: Tx, signal: ArticlePublished) -> None:
    """What was published is learned before the first question about it."""
    enqueue(tx, "bot.learn", {"locale": signal.locale}, key=f"learn:{signal.locale}", priority=6, max_attempts=3)


def index_line(tx: Tx, signal: EntryRecorded) -> None:
    """What was said is found, and so is who said it; their conversation is told of by ConversationChanged."""
    if signal.conversation_id is not None and search.has_words(signal.kind):
        search.note(
            tx, entry_id=signal.entry_id, conversation_id=signal.conversation_id, customer_id=signal.customer_id
        )


def index_conversation(tx: Tx, signal: ConversationChanged) -> None:
    """Its subject, and what its customer is called."""
    search.note(tx, conversation_id=signal.conversation_id, customer_id=signal.customer_id)


def index_person(tx: Tx, signal: IdentityVerified) -> None:
    search.note(tx, customer_id=signal.customer_id)


def index_both(tx: Tx, signal: CustomersJoined | CustomersParted) -> None:
    """Who was joined is found as the other one, and lines that changed house are found there."""
    search.note(tx, customer_id=signal.keep_id)
    search.note(tx, customer_id=signal.join_id)
    search.rehoused(tx, signal.conversation_ids)


def forget_words(tx: Tx, signal: WordsErased) -> None:
    """What is erased is found no more, from this very moment on."""
    search.forget(tx, signal.entry_ids)


REACTIONS: dict[type[Signal], tuple[Callable[[Tx, Any], None], ...]] = {
    ConversationResolved: (ask_how_it_was,),
    FactRecorded: (reconsider_stage,),
    AgentReplied: (let_a_person_talk, follow_by_mail),
    EntryRecorded: (let_an_owner_talk, index_line),
    ConversationChanged: (index_conversation,),
    CustomersJoined: (index_both,),
    CustomersParted: (index_both,),
    WordsErased: (forget_words,),
    FrustrationChanged: (stand_back,),
    ArticlePublished: (learn_article,),
    DeliverySettled: (tell_invitation, forget_code, let_a_person_answer),
    IdentityVerified: (join_who_are_one, index_person),
}


def react(tx: Tx, signal: Signal) -> None:
    """Runs what follows from a signal, in its own transaction. Hand it to `Store.react_with`."""
    for reaction in REACTIONS.get(type(signal), ()):
        reaction(tx, signal)
