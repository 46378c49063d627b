"""What an episode asked, and whether it found a good answer: read from its lines, and pure from there."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from desk import bot, conversations, people, settings, timeline
from desk.bot import BotTurn
from desk.bot.phrases import kind_of
from desk.bot.wording import READ, cleaned, ungreeted
from desk.channels.email.language import language_of
from desk.store import Tx
from desk.timeline import EntryView

LINES = 60  # of a conversation that are looked at
LONG = 40  # words from which a text is a letter: its questions say what it is about
HEAD = 50  # words of a letter without a question that are taken
KINDS = ("message", "reply", "bot", "handover")
_QUESTION = re.compile(r"[^.!?\n]*\?")


@dataclass(frozen=True, slots=True)
class Asked:
    """The line that asks, what of it is compared (never kept), and how it ended; `gap` as in tables.Question.

    `open` tells that an article which fits would have answered it: where the bot was not asked."""

    entry_id: int
    at: datetime
    locale: str
    text: str
    gap: str
    open: bool
    brand_id: int | None


def read(tx: Tx, conversation_id: int, episode_id: int) -> Asked | None:
    """The question of an episode; None where none was asked, or nobody ever answered it and no bot was there."""
    conversation = conversations.landed(tx, conversation_id)
    if conversation is None or conversation.status == "spam":
        return None
    said = timeline.of_conversation(tx, conversation.id, LINES, KINDS)
    lines = [e for e in said if e.episode_id == episode_id and not e.erased]
    turns = bot.turns(tx, [e.id for e in lines if e.kind == "bot"])
    found = judge(lines, turns, f"{tx.public_url}/help/")
    if found is None:
        return None
    entry, gap, unasked = found
    inbox = settings.inbox(tx, conversation.inbox_id)
    spoken = (people.customer(tx, conversation.customer_id).locale, inbox.locale)
    written = language_of(entry.text) or next((locale for locale in spoken if locale), "en")
    return Asked(entry.id, entry.occurred_at, written[:2], meaning(entry), gap, unasked, inbox.brand_id)


def judge(
    lines: Sequence[EntryView], turns: Mapping[int, BotTurn], help_url: str
) -> tuple[EntryView, str, bool] | None:
    """The line that asks, the gap, and whether no bot looked for an article; None where there is nothing to count."""
    asked = [e for e in lines if e.kind == "message" and _asks(e)]
    answers = [e for e in lines if e.kind == "reply" and e.staff_id is not None]
    if not asked:
        return None
    by_id = {e.id: e for e in asked}
    taken = [turns[e.id] for e in lines if e.kind == "bot" and e.id in turns]

    def line_of(turn: BotTurn | None) -> EntryView:
        return by_id.get((turn.question_entry_id or 0) if turn else 0, asked[0])

    refused = next((t for t in taken if t.helped is False or t.because in ("not_helped", "tried")), None)
    helped = any(t.helped for t in taken)
    if refused is not None and not helped:
        return line_of(refused), "not_helped", False
    unsure = next((t for t in reversed(taken) if t.outcome == "hand_over" and t.because in UNSURE), None)
    if unsure is not None:
        return line_of(unsure), "unsure", False
    if any(e.kind == "handover" for e in lines):
        return line_of(None), "handed_over", True
    spoken = [t for t in taken if t.outcome != "greeting"]
    if spoken:
        last = spoken[-1]
        if helped or (last.outcome == "answer" and not answers):
            return line_of(last), "", False
        return line_of(last), "asked_back" if last.outcome == "did_you_mean" else "handed_over", False
    if not answers:
        return None
    return asked[0], "" if any(help_url in e.text for e in answers) else "opening", True


def _asks(entry: EntryView) -> bool:
    """Not what a machine sent, what answers a survey, small talk, or a number alone ("2", an order): none of these says
    what somebody wants to know."""
    if entry.detail.get("automatic") or entry.detail.get("answers") or kind_of(entry.text) != "question":
        return False
    return any(c.isalpha() for c in cleaned(entry.text[:READ]))


UNSURE = frozenset({"unsure", "language", "no_articles"})


def meaning(entry: EntryView) -> str:
    """What of a message is compared: the whole of a short one; of a letter its questions, or how it begins."""
    text = cleaned(entry.text[:READ])
    words = text.split()
    if len(words) <= LONG:
        return text
    questions = [q.strip() for q in _QUESTION.findall(text) if len(q.split()) > 2][:3]
    subject = f"{entry.subject}. " if entry.subject else ""
    return subject + " ".join(questions if questions else words[:HEAD])


def shown(text: str, longest: int = 110) -> str:
    """A message as it stands in a list: one line, without its greeting, cut at a word."""
    line = ungreeted(text[:READ]) or " ".join(text.split())
    if len(line) <= longest:
        return line
    return line[: line.rfind(" ", longest // 2, longest - 1)].rstrip(" ,;:") + "…"
