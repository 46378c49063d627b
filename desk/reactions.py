"""One table: what happened, and what follows from it, in the transaction that made it happen.

What must not be lost becomes a job row here. What may be lost (a push to a screen that catches up anyway) is announced
after the commit, by the listeners of the store.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from desk import (
    assigning,
    automation,
    bot,
    conversations,
    merging,
    notices,
    outbound,
    questions,
    reasons,
    search,
    sentiment,
    sla,
    surveys,
    tasks,
    visitors,
)
from desk.conversations import emptying
from desk.jobs import enqueue
from desk.signals import (
    AgentReplied,
    AnswerHeld,
    ArticlePublished,
    ConversationChanged,
    ConversationOpened,
    ConversationReopened,
    ConversationResolved,
    CustomersJoined,
    CustomersParted,
    CustomerWrote,
    DeliverySettled,
    EntryRecorded,
    FactRecorded,
    FrustrationChanged,
    GroupsJoined,
    IdentityVerified,
    LinesMoved,
    Reminded,
    RisksFound,
    RuleStopped,
    SegmentChanged,
    SettingChanged,
    Signal,
    StaffLeft,
    StaffMentioned,
    TaskDue,
    WordsErased,
)
from desk.store import Tx

# Lines with words that change nothing else about their conversation.
QUIET_WORDS = frozenset({"note", "survey_answered", "block", "sent_again", "redacted", "task"})


def ask_how_it_was(tx: Tx, signal: ConversationResolved) -> None:
    """Whoever resolved it, the survey's governor decides whether to ask."""
    enqueue(tx, "surveys.consider", {"episode_id": signal.episode_id}, key=f"survey:{signal.episode_id}", priority=4)


def note_question(tx: Tx, signal: ConversationResolved) -> None:
    """Whether what was asked found a good answer shows now; a job reads it."""
    questions.note(tx, signal.conversation_id, signal.episode_id)


def note_unanswered(tx: Tx, signal: EntryRecorded) -> None:
    """What the bot hands over it did not answer, whatever becomes of it."""
    if signal.kind == "handover" and signal.conversation_id is not None:
        questions.note_handover(tx, signal.conversation_id)


def keep_reason(tx: Tx, signal: GroupsJoined) -> None:
    """What the questions of a group are about stays so when it is put into another."""
    reasons.groups_joined(tx, signal.group_id, signal.into_id)


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


def reconsider_rules(tx: Tx, signal: SegmentChanged) -> None:
    """A segment that means something else makes the stage rules that name it mean something else."""
    enqueue(tx, "lifecycle.segment_changed", {"segment_id": signal.segment_id}, key=f"stages:{signal.segment_id}")


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
    bot.stand_back(tx, signal.conversation_id, signal.after)


def leave_to_people(tx: Tx, signal: RisksFound) -> None:
    """Where somebody speaks of harming themselves, the bot says nothing any more, not even goodbye."""
    if not sentiment.PEOPLE_ONLY.isdisjoint(signal.kinds):
        bot.leave(tx, signal.conversation_id)


def learn_article(tx: Tx, signal: ArticlePublished) -> None:
    """What was published is learned before the first question about it."""
    enqueue(tx, "bot.learn", {"locale": signal.locale}, key=f"learn:{signal.locale}", priority=6, max_attempts=3)


def keep_count(tx: Tx, signal: EntryRecorded) -> None:
    """Words that come into a conversation which retention has emptied, without opening it, are found by it again."""
    if signal.kind in QUIET_WORDS and signal.conversation_id is not None:
        emptying.refill(tx, signal.conversation_id)


def index_line(tx: Tx, signal: EntryRecorded) -> None:
    """What was said is found, and so is who said it; their conversation is told of by ConversationChanged."""
    if signal.conversation_id is not None and search.has_words(signal.kind):
        search.note(
            tx, entry_id=signal.entry_id, conversation_id=signal.conversation_id, customer_id=signal.customer_id
        )


def index_conversation(tx: Tx, signal: ConversationChanged) -> None:
    """Its subject, and what its customer is called."""
    search.note(tx, conversation_id=signal.conversation_id, customer_id=signal.customer_id)


def keep_promises(tx: Tx, signal: ConversationChanged) -> None:
    """Whatever changed, the clocks of what was promised follow in the same transaction."""
    sla.follow(tx, signal.conversation_id)


def index_person(tx: Tx, signal: IdentityVerified) -> None:
    search.note(tx, customer_id=signal.customer_id)


def index_both(tx: Tx, signal: CustomersJoined | CustomersParted) -> None:
    """Who was joined is found as the other one, and lines that changed house are found there."""
    search.note(tx, customer_id=signal.keep_id)
    search.note(tx, customer_id=signal.join_id)
    search.rehoused(tx, signal.conversation_ids)


def forget_words(tx: Tx, signal: WordsErased) -> None:
    """What is erased is found no more, from this very moment on; what a line still says is indexed anew."""
    search.forget(tx, signal.entry_ids)
    search.note_lines(tx, signal.entry_ids)
    questions.forget(tx, signal.entry_ids)
    bot.forget(tx, signal.entry_ids)


def let_rules_look(tx: Tx, signal: Signal) -> None:
    """The rules that are on and wait for this look at it, by a job."""
    automation.happened(tx, signal)


def find_somebody(tx: Tx, signal: ConversationOpened | ConversationReopened) -> None:
    """Where its team has a policy, somebody is chosen by a job after the commit."""
    assigning.look_at(tx, signal.conversation_id)


def keep_whose(tx: Tx, signal: EntryRecorded) -> None:
    """Who was given what is counted; what is nobody's, or was handed over by the bot, is looked at again, and so are
    the queues when somebody may have room."""
    if signal.conversation_id is None:
        return
    if signal.kind == "assigned":
        assigning.noted(tx, signal.entry_id)
    elif signal.kind in ("handover", "status"):
        assigning.look_at(tx, signal.conversation_id)
    if signal.kind in ("assigned", "status"):
        assigning.room_may_be(tx)


def note_answer(tx: Tx, signal: AgentReplied) -> None:
    assigning.answered(tx, signal.conversation_id, signal.staff_id)


def tell_colleagues(tx: Tx, signal: Signal) -> None:
    """Whoever this concerns and who does not see it anyway is told."""
    notices.happened(tx, signal)


def tell_mentioned(tx: Tx, signal: StaffMentioned) -> None:
    """Whoever is named in a note is told."""
    notices.mentioned(tx, [signal.staff_id], signal.conversation_id, signal.entry_id, signal.by)


def tell_unsent(tx: Tx, signal: DeliverySettled) -> None:
    """An answer that did not arrive is somebody's to look at."""
    if not signal.ok and signal.purpose in ("reply", "forward", "rule"):
        notices.delivery_failed(tx, signal, *outbound.about(tx, signal.delivery_id))


def hold_what_was_to_go(tx: Tx, signal: CustomerWrote) -> None:
    """An answer that somebody wrote before may not be the right one any more."""
    outbound.hold_scheduled(tx, signal.conversation_id)


def tell_held(tx: Tx, signal: AnswerHeld) -> None:
    notices.answer_held(tx, signal)


def rehouse_tasks(tx: Tx, signal: LinesMoved | CustomersJoined | CustomersParted) -> None:
    """A task is where its line is."""
    tasks.rehoused(tx, signal.conversation_ids)


def let_go_of_tasks(tx: Tx, signal: StaffLeft) -> None:
    """What somebody had to do is not forgotten because they left."""
    tasks.left(tx, signal.staff_id)
    tasks.forget_of(tx, signal.staff_id)


def rank_again(tx: Tx, signal: SettingChanged) -> None:
    """Another head start for the frustrated puts the queues in another order."""
    if signal.name in conversations.RANKED_BY:
        enqueue(tx, "conversations.rank", {}, key="conversations.rank", priority=4)


def tell_due(tx: Tx, signal: TaskDue) -> None:
    notices.task_due(tx, signal)


def tell_reminded(tx: Tx, signal: Reminded) -> None:
    notices.reminded(tx, signal.staff_id, signal.conversation_id)


REACTIONS: dict[type[Signal], tuple[Callable[[Tx, Any], None], ...]] = {
    ConversationOpened: (let_rules_look, find_somebody),
    ConversationReopened: (let_rules_look, find_somebody),
    ConversationResolved: (ask_how_it_was, note_question, let_rules_look),
    CustomerWrote: (hold_what_was_to_go, let_rules_look, tell_colleagues),
    FactRecorded: (reconsider_stage,),
    SegmentChanged: (reconsider_rules,),
    AgentReplied: (let_a_person_talk, follow_by_mail, note_answer, let_rules_look),
    EntryRecorded: (
        let_an_owner_talk,
        note_unanswered,
        keep_whose,
        keep_count,
        index_line,
        let_rules_look,
        tell_colleagues,
    ),
    ConversationChanged: (index_conversation, keep_promises),
    CustomersJoined: (index_both, rehouse_tasks),
    CustomersParted: (index_both, rehouse_tasks),
    LinesMoved: (rehouse_tasks,),
    WordsErased: (forget_words,),
    FrustrationChanged: (stand_back,),
    GroupsJoined: (keep_reason,),
    RisksFound: (leave_to_people,),
    ArticlePublished: (learn_article,),
    DeliverySettled: (tell_invitation, forget_code, let_a_person_answer, tell_unsent),
    IdentityVerified: (join_who_are_one, index_person),
    AnswerHeld: (tell_held,),
    RuleStopped: (tell_colleagues,),
    StaffMentioned: (tell_mentioned,),
    StaffLeft: (let_go_of_tasks,),
    TaskDue: (tell_due,),
    Reminded: (tell_reminded,),
    SettingChanged: (rank_again,),
}


def react(tx: Tx, signal: Signal) -> None:
    """Runs what follows from a signal, in its own transaction. Hand it to `Store.react_with`."""
    for reaction in REACTIONS.get(type(signal), ()):
        reaction(tx, signal)
