"""When the bot is asked, what it says, and how it steps back: what the corridor, reactions and other faces call."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import func, select

from desk import calendars, conversations, flows, knowledge, outbound, people, settings, timeline
from desk.bot import episodes, sayings
from desk.bot.decide import Candidate, Decision, Why
from desk.bot.mood import too_upset
from desk.bot.tables import BotEpisode, BotTurn
from desk.conversations import Conversation
from desk.i18n import best
from desk.jobs import enqueue
from desk.knowledge import Published
from desk.settings import Inbox
from desk.store import Tx
from desk.timeline import EntryView, Words

BECAUSE: dict[str, str] = {
    "customer": "asked",
    "frustrated": "frustrated",
    "language": "language",
    "not_helped": "not_helped",
}
ASKED = 5  # questions that a summary repeats
TRIES = 4  # of a turn, before a person is asked to look


def is_on(inbox: Inbox) -> bool:
    """Whether the bot answers first in an inbox: in chat unless it was switched off, elsewhere where switched on."""
    return bool(inbox.config.get("bot", inbox.channel == "chat"))


def request_turn(tx: Tx, conversation: Conversation, inbox_id: int) -> bool:
    """Asks the bot to answer a customer's message, as a job of this transaction, where it is the bot's turn at all.

    It is not where a person has the word: the conversation is somebody's, was answered by one, or handed over.
    `inbox_id` is the inbox that the message came into, which need not be the one that the conversation began in.
    """
    inbox = settings.inbox(tx, inbox_id)
    taken = conversation.assignee_id is not None or conversation.status == "spam"
    if not is_on(inbox) or taken:
        if conversation.bot == "talking":
            quiet(tx, conversation.id)
        return False
    if conversation.bot in ("handed_over", "quiet"):
        return False
    if conversation.bot != "talking":
        if conversations.current_episode(tx, conversation).replies:
            return False
        conversations.bot_talks(tx, conversation)
    episodes.reopen(tx, conversation.episode_id or 0)
    enqueue_turn(tx, conversation.id)
    return True


def ask_aside(tx: Tx, conversation_id: int, entry_id: int) -> bool:
    """A customer in line asks the bot this: it answers beside the line, and their place in it stays what it is. False
    where no one waits there for a person, or a person has it already."""
    conversation = conversations.get(tx, conversation_id, None)
    waits = conversation.bot == "handed_over" and conversation.assignee_id is None
    if not waits or not is_on(settings.inbox(tx, conversation.inbox_id)):
        return False
    timeline.add_detail(tx, entry_id, asks_bot=True)
    enqueue_turn(tx, conversation_id)
    return True


def enqueue_turn(tx: Tx, conversation_id: int) -> None:
    enqueue(
        tx,
        "bot.turn",
        {"conversation_id": conversation_id},
        key=f"bot:{conversation_id}",
        priority=1,
        max_attempts=TRIES,
        at_once=True,
    )


def ask_writer(tx: Tx, conversation_id: int) -> None:
    """Has the turn taken by a job that may wait for the writer."""
    args = {"conversation_id": conversation_id}
    enqueue(tx, "bot.write", args, key=f"write:{conversation_id}", priority=1, max_attempts=TRIES, at_once=True)


@dataclass(frozen=True, slots=True)
class Turn:
    """One turn, complete, before it is said. `threshold` is None where no confidence was asked for."""

    decision: Decision
    locale: str
    text: str
    article: Published | None = None
    threshold: float | None = None
    candidates: Sequence[Candidate] = field(default_factory=tuple)
    question_id: int | None = None
    flow: Mapping[str, Any] | None = None  # which flow, which step, why: for the timeline and the widget
    passage: str = ""  # the article's own words that `text` begins with
    writer: Mapping[str, Any] | None = None  # who put them differently, and what they were


def say(tx: Tx, conversation: Conversation, turn: Turn, at: datetime) -> EntryView:
    """Puts a turn on the timeline and on its way to the customer."""
    decision = turn.decision
    shown = decision.choices or tuple(turn.candidates)[:3]
    article = turn.article
    confidence = decision.article.confidence if decision.article else shown[0].confidence if shown else None
    detail: dict[str, Any] = {
        "outcome": decision.outcome,
        "because": decision.because,
        "article_id": article.id if article else None,
        "article_title": article.title if article else None,
        "article_url": knowledge.url(tx, article.slug) if article else None,
        "confidence": None if confidence is None else round(confidence, 4),
        "threshold": None if turn.threshold is None else round(turn.threshold, 4),
        "candidates": [[c.article_id, c.title, round(c.confidence, 4)] for c in shown],
        "question_entry_id": str(turn.question_id) if turn.question_id else None,
        "helped": None,
    }
    if turn.flow is not None:
        detail["flow"] = dict(turn.flow)
    if turn.writer is not None:
        detail["writer"] = dict(turn.writer)
    inbox = settings.inbox(tx, conversation.inbox_id)
    text = turn.text
    if decision.outcome == "hand_over":
        text = f"{text}\n\n{closed(tx, inbox, turn.locale)}".strip()
    entry = timeline.record(
        tx,
        customer_id=conversation.customer_id,
        kind="bot",
        author="bot",
        occurred_at=at,
        conversation_id=conversation.id,
        episode_id=conversation.episode_id,
        identity_id=conversation.reply_identity_id,
        channel=conversation.channel,
        inbox_id=inbox.id,
        detail=detail,
        words=Words(text),
    )
    tx.add(
        BotTurn(
            entry_id=entry.id,
            question_entry_id=turn.question_id,
            conversation_id=conversation.id,
            episode_id=conversation.episode_id,
            at=at,
            locale=turn.locale,
            outcome=decision.outcome,
            because=decision.because,
            article_id=article.id if article else None,
            confidence=detail["confidence"],
            threshold=detail["threshold"],
        )
    )
    tx.flush()
    episodes.began(tx, conversation, at)
    outbound.bot_said(tx, conversation, entry.id, text)
    view = timeline.one(tx, entry.id)
    assert view is not None
    return view


def closed(tx: Tx, inbox: Inbox, locale: str) -> str:
    """When people are back, where nobody is there now; else nothing."""
    rules = calendars.rules(tx, calendars.version_of(tx, inbox.calendar_id))
    found = calendars.opening(rules, tx.now())
    return "" if found.open else flows.opening(locale, found, rules, tx.now())


def hand_over(tx: Tx, conversation_id: int, why: Why, *, at: datetime | None = None) -> EntryView | None:
    """Gives a conversation to people, with what was asked, what was tried and how it felt; says so to its customer.

    None where people have it already. With `why` "agent" nothing is said: whoever took it speaks for themselves.
    """
    conversation = conversations.get(tx, conversation_id, None)
    if conversation.bot in ("handed_over", "quiet"):
        return None
    at = at or tx.now()
    if why != "agent":
        because = BECAUSE.get(why, "unsure")
        locale = language_of_conversation(tx, conversation)
        say(tx, conversation, Turn(Decision("hand_over", because), locale, sayings.hand_over(locale, because)), at)
    return step_back(tx, conversation, why, at)


def step_back(tx: Tx, conversation: Conversation, why: Why, at: datetime) -> EntryView:
    """The summary on the timeline, and the customer back in the line of those who wait for people."""
    said = timeline.of_conversation(tx, conversation.id, limit=60, kinds=("message", "reply", "bot"))
    asked = [e for e in said if e.kind == "message" and e.episode_id == conversation.episode_id][-ASKED:]
    tried: dict[int, str] = {}
    for entry in said:
        if entry.kind == "bot" and entry.detail.get("outcome") == "answer" and entry.detail.get("article_id"):
            tried[int(entry.detail["article_id"])] = str(entry.detail.get("article_title") or "")
    since = unsolved_since(said, at)
    within, given = _within_flow(tx, conversation)
    words = "\n".join(" ".join(e.text.split())[:500] for e in asked if e.text.strip())
    conversations.bot_handed_over(tx, conversation, since)
    summary = timeline.record(
        tx,
        customer_id=conversation.customer_id,
        kind="handover",
        author="customer" if why == "customer" else "bot",
        occurred_at=at,
        conversation_id=conversation.id,
        episode_id=conversation.episode_id,
        identity_id=conversation.reply_identity_id,
        channel=conversation.channel,
        inbox_id=conversation.inbox_id,
        detail={
            "why": why,
            "asked": [str(e.id) for e in asked],  # their words are in `words`: they are erased with the person
            "tried": [[article_id, title] for article_id, title in tried.items()],
            "felt": conversation.level,
            "waiting": since.isoformat(),
            **({"flow": within} if within else {}),
        },
        words=Words(f"{words}\n\n{given}" if given else words),
    )
    episodes.began(tx, conversation, at)
    episodes.settle(tx, conversation.episode_id or 0, "escalated", why)
    view = timeline.one(tx, summary.id)
    assert view is not None
    return view


def _within_flow(tx: Tx, conversation: Conversation) -> tuple[dict[str, Any], str]:
    """The flow that the hand-over ends, with the step that it stood at, and what was answered in it line by line, so
    that nobody asks for it again."""
    run = flows.open_run(tx, conversation.id, conversation.episode_id)
    if run is None:
        return {}, ""
    flow, state = flows.of_version(tx, run.version_id), flows.state_of(run.state)
    given = [f"{key.replace('_', ' ')}: {value}" for key, value in flows.given(flow, state.values, run.locale)]
    step = min(state.step, len(flow.steps) - 1)
    flows.close(tx, conversation.id, "handed_over")
    return {
        "id": run.flow_id,
        "name": flow.name,
        "step": step + 1,
        "steps": len(flow.steps),
        "at": flow.steps[step].label,
    }, "\n".join(given)


def unsolved_since(said: Sequence[EntryView], at: datetime) -> datetime:
    """Since when somebody waits for what the bot did not solve: the first question that no answer of it, and no person,
    has followed, or the one that its last answer was given to."""
    since: datetime | None = None
    last_question: datetime | None = None
    for entry in said:
        if entry.kind == "message":
            since = since or entry.occurred_at
            last_question = entry.occurred_at
        elif entry.kind == "reply" or entry.detail.get("outcome") in ("answer", "did_you_mean") or _told(entry):
            since = None
        if entry.kind == "reply":
            last_question = None
    return min(since or last_question or at, at)


def _told(entry: EntryView) -> bool:
    """Whether a flow came to its end with this line."""
    return entry.detail.get("outcome") == "flow" and entry.detail.get("because") in ("told", "left")


def quiet(tx: Tx, conversation_id: int) -> None:
    """A person answered or took over: the bot says nothing more in this episode."""
    conversation = conversations.get(tx, conversation_id, None)
    if conversation.bot == "talking":
        episodes.settle(tx, conversation.episode_id or 0, "escalated", "agent")
        flows.close(tx, conversation_id, "agent")
    if conversation.bot in ("talking", "handed_over"):
        conversations.bot_is_quiet(tx, conversation)


def taken(tx: Tx, conversation_id: int) -> None:
    """The conversation was given to somebody, or to nobody."""
    if conversations.get(tx, conversation_id, None).assignee_id is not None:
        quiet(tx, conversation_id)


def stand_back(tx: Tx, conversation_id: int, level: str) -> None:
    """The customer is `level` now: where the bot talks and that is too much for a machine, a person comes."""
    if too_upset(tx, level) and conversations.get(tx, conversation_id, None).bot == "talking":
        hand_over(tx, conversation_id, "frustrated")


def leave(tx: Tx, conversation_id: int) -> None:
    """What the customer wrote is for people alone: where the bot talks, one comes, and it says no word more."""
    conversation = conversations.get(tx, conversation_id, None)
    if conversation.bot == "talking":
        step_back(tx, conversation, "people", tx.now())


def unsent(tx: Tx, conversation_id: int) -> None:
    """What the bot said did not go out: a person comes, and nothing is said about it that would not go out either."""
    conversation = conversations.get(tx, conversation_id, None)
    if conversation.bot == "talking":
        step_back(tx, conversation, "unsent", tx.now())


def helped(tx: Tx, turn_entry_id: int, yes: bool, *, told: bool = False) -> None:
    """The customer said whether an answer helped. "Yes" closes the conversation; "no" gets a person. Saying it again
    changes it; `told` says that the customer was told already that somebody comes. Raises LookupError where that was no
    answer of the bot."""
    row = tx.get(BotTurn, turn_entry_id, with_for_update=True)
    if row is None or row.outcome != "answer":
        raise LookupError("There is no such answer of the bot.")
    if row.helped == yes:
        return
    row.helped, row.helped_at = yes, tx.now()
    tx.flush()
    timeline.add_detail(tx, turn_entry_id, helped=yes)
    if row.article_id is not None:
        knowledge.vote(tx, row.article_id, yes, source="bot", entry_id=turn_entry_id)
    conversation = conversations.get(tx, row.conversation_id, None)
    if conversation.episode_id != row.episode_id:
        return  # the conversation went on since: how that episode ended is not changed by it
    if yes:
        if conversation.bot == "talking":
            episodes.settle(tx, row.episode_id, "confirmed")
            if conversation.status != "resolved":
                conversations.resolve(tx, conversation.id, None)
    else:
        if conversation.status == "resolved":  # they had said yes before
            episodes.settle(tx, row.episode_id, "escalated", "not_helped")
            conversations.reopen(tx, conversation.id, None)
            conversations.bot_talks(tx, conversation)
        if conversation.bot == "talking" and told:
            step_back(tx, conversation, "not_helped", tx.now())
        elif conversation.bot == "talking":
            hand_over(tx, conversation.id, "not_helped")


def turns(tx: Tx, entry_ids: Sequence[int]) -> dict[int, BotTurn]:
    """Turns by their entries."""
    if not entry_ids:
        return {}
    return {row.entry_id: row for row in tx.scalars(select(BotTurn).where(BotTurn.entry_id.in_(list(entry_ids))))}


def recent(tx: Tx, limit: int = 50, before: tuple[datetime, int] | None = None) -> list[BotTurn]:
    """The bot's turns, newest first."""
    query = select(BotTurn)
    if before is not None:
        at, last = before
        query = query.where((BotTurn.at < at) | ((BotTurn.at == at) & (BotTurn.entry_id < last)))
    return list(tx.scalars(query.order_by(BotTurn.at.desc(), BotTurn.entry_id.desc()).limit(limit)))


def language_of_conversation(tx: Tx, conversation: Conversation) -> str:
    """In which language the bot speaks where it has not read anything: as before, as the customer, as the inbox."""
    before = tx.scalar(
        select(BotTurn.locale)
        .where(BotTurn.conversation_id == conversation.id)
        .order_by(BotTurn.entry_id.desc())
        .limit(1)
    )
    inbox = settings.inbox(tx, conversation.inbox_id)
    return best(before, people.customer(tx, conversation.customer_id).locale, inbox.locale)


USED_WITHIN = timedelta(days=90)


def used(tx: Tx, article_ids: Sequence[int]) -> dict[int, int]:
    """How often the bot answered with these articles in the last ninety days."""
    if not article_ids:
        return {}
    query = (
        select(BotTurn.article_id, func.count())
        .where(
            BotTurn.article_id.in_(list(article_ids)), BotTurn.outcome == "answer", BotTurn.at >= tx.now() - USED_WITHIN
        )
        .group_by(BotTurn.article_id)
    )
    return {article_id: n for article_id, n in tx.execute(query).all() if article_id is not None}


def endings(tx: Tx) -> dict[str, int]:
    """How the bot's episodes of the last ninety days ended, each in one outcome."""
    query = (
        select(BotEpisode.outcome, func.count())
        .where(BotEpisode.settled_at >= tx.now() - USED_WITHIN, BotEpisode.outcome != "")
        .group_by(BotEpisode.outcome)
    )
    found = {row.outcome: row[1] for row in tx.execute(query)}
    return {outcome: found.get(outcome, 0) for outcome in episodes.OUTCOMES}
