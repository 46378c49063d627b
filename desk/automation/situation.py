"""A conversation as a condition sees it at one moment: pure, the same for what happens now and for a replay."""

from __future__ import annotations

import re
from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime

from desk.facts import CONVERSATION, FactValue, FactView, Known

PRIORITY_WORDS = {-1: "low", 0: "normal", 1: "high"}
LONGEST = 20_000  # characters of a message that a condition looks into


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


# Words of thanks, and those that go along with them, in the languages that the desk speaks.
_THANKS = _words(
    "thanks thank thx ty cheers dank danke dankeschön vielen gracias muchas merci obrigado obrigada شكرا شكراً"
)
_ALONG = _words(
    "you so much very a lot many again for your help the quick reply answer all that it this everything "
    "perfect great super wonderful awesome brilliant good ok okay yes got works now and again best regards "
    "kind wishes bye have nice day sehr schön für die hilfe schnelle antwort ihre eure alles klar passt "
    "gut und nochmals viele grüße gruß lg mfg bestens toll prima mil por tu su ayuda la respuesta todo "
    "perfecto saludos un saludo beaucoup pour votre aide bien cordialement parfait muito pela ajuda resposta "
    "tudo certo جزيلا جزيلاً لك لكم"
)
_WORD = re.compile(r"[^\W\d_]+")
MOST_THANKS = 25  # words: a longer text says something


@dataclass(frozen=True, slots=True)
class Said:
    """The customer's last message."""

    text: str = ""
    subject: str = ""
    files: int = 0
    automatic: bool = False
    entry_id: int | None = None


@dataclass(frozen=True, slots=True)
class Situation:
    """What is known of one conversation at a moment."""

    customer_id: int
    channel: str
    inbox: str
    subject: str
    status: str
    priority: int
    assignee: str
    team: str
    labels: tuple[str, ...]
    level: str
    frustration: float
    waiting_since: datetime | None
    last_at: datetime
    opened_at: datetime
    episode: int
    replies: int
    assistant: str = ""
    said: Said = Said()
    open_tasks: int = 0
    risks: tuple[str, ...] = ()  # those that rules may know of


def only_thanks(text: str) -> bool:
    """Whether a text thanks and says nothing else: no question, no number, and only words that go along with thanks."""
    words = _WORD.findall(text.casefold())
    if not words or len(words) > MOST_THANKS or "?" in text or any(c.isdigit() for c in text):
        return False
    return any(word in _THANKS for word in words) and all(word in _THANKS or word in _ALONG for word in words)


def value_of(name: str, situation: Situation, at: datetime) -> FactValue:
    """One fact of a conversation; None where it is not known."""
    s = situation
    match name:
        case "conversation.channel":
            return s.channel
        case "conversation.inbox":
            return s.inbox
        case "conversation.subject":
            return s.subject
        case "conversation.status":
            return s.status
        case "conversation.priority":
            return PRIORITY_WORDS.get(s.priority, "normal")
        case "conversation.assignee":
            return s.assignee or None
        case "conversation.team":
            return s.team or None
        case "conversation.labels":
            return ", ".join(s.labels)
        case "conversation.mood":
            return s.level
        case "conversation.risks":
            return ", ".join(s.risks)
        case "conversation.frustration":
            return min(1.0, max(0.0, s.frustration))
        case "conversation.waiting_minutes":
            return None if s.waiting_since is None else max(0.0, (at - s.waiting_since).total_seconds() / 60)
        case "conversation.waiting_since":
            return s.waiting_since
        case "conversation.last_at":
            return s.last_at
        case "conversation.began":
            return s.opened_at
        case "conversation.episode":
            return float(s.episode)
        case "conversation.replies":
            return float(s.replies)
        case "conversation.open_tasks":
            return float(s.open_tasks)
        case "conversation.assistant":
            return s.assistant or None
    return _of_message(name, s.said)


def _of_message(name: str, said: Said) -> FactValue:
    if said.entry_id is None:
        return None
    match name:
        case "message.text":
            return said.text[:LONGEST]
        case "message.subject":
            return said.subject
        case "message.words":
            return float(len(said.text.split()))
        case "message.files":
            return float(said.files)
        case "message.thanks":
            return only_thanks(said.text) and not said.files
        case "message.automatic":
            return said.automatic
    raise KeyError(name)


def seen(view: FactView, situation: Situation, names: Collection[str], at: datetime) -> FactView:
    """What is known of the customer, and of the conversation at `at`."""
    for name in sorted(names):
        if name in CONVERSATION:
            value = value_of(name, situation, at)
            entry_id = situation.said.entry_id if name.startswith("message.") else None
            if value is not None:
                view = view.plus(Known(name, value, at, at, -1, entry_id))
    return view
