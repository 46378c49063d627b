"""What the planner hands to the player: one step after another, each with its moment, and the truths beside them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from desk.simulate.cast import Buyer, Order
from desk.simulate.world import Topic, Trait


@dataclass(frozen=True, slots=True)
class Case:
    """One concern of one customer: it becomes a conversation."""

    number: int
    buyer: Buyer
    topic: Topic
    carrier: bool  # a delivery by the new carrier

    @property
    def channel(self) -> str:
        """How the customer writes about it: invoices go by mail, whatever else they use."""
        return self.buyer.channel if self.topic.inbox == "support" else "email"


@dataclass(frozen=True, slots=True)
class Step:
    """Something that happens at a moment."""

    at: datetime
    case: Case


@dataclass(frozen=True, slots=True)
class Write(Step):
    """The customer writes. `tension` is how they truly feel, in [0, 1]."""

    text: str
    subject: str
    tension: float
    raw: bool = False  # composed as a mail and read again, instead of handed in as a message
    mobile: str = ""
    photo: bool = False
    automatic: bool = False


@dataclass(frozen=True, slots=True)
class Act(Step):
    """An agent does something to the conversation: `take`, `pending`, `urgent`."""

    agent: Trait
    what: str


@dataclass(frozen=True, slots=True)
class Note(Step):
    agent: Trait
    text: str


@dataclass(frozen=True, slots=True)
class Reply(Step):
    agent: Trait
    text: str
    label: str = ""
    eases: float = 0.0  # how much tension it takes away
    seen_after: timedelta = timedelta(minutes=2)  # in a chat: when the customer looks


@dataclass(frozen=True, slots=True)
class Snooze(Step):
    agent: Trait
    until: datetime


@dataclass(frozen=True, slots=True)
class Verdict:
    """What the customer would say of an episode, said or not."""

    score: int
    tension: float
    answers: bool
    after: timedelta
    reasons: tuple[str, ...]
    comment: str
    may_contact: bool | None
    looks_after: timedelta | None = None  # in a chat: when they come back to it; None: they do not
    then: str = ""  # an event that follows from it: referral.made, account.closed


@dataclass(frozen=True, slots=True)
class Resolve(Step):
    agent: Trait
    verdict: Verdict


@dataclass(frozen=True, slots=True)
class Question(Step):
    """A visitor asks the help centre in the chat, and the bot answers.

    `article` is the key of the article that answers it, "" where none does. `right` and `wrong` are what the visitor
    does about the right article and about another: helped, no, person, or "" for nothing. `agent` writes `answer` where
    the bot handed over, after `works` minutes of working time, and resolves it `closes` minutes later. The verdicts are
    of a visitor with the right article, one whom a person answered, and one who left with neither.
    """

    article: str
    text: str
    tension: float
    reads: timedelta  # how long they look at what the bot says
    right: str
    wrong: str
    agent: Trait
    answer: str
    works: float
    closes: float
    content: Verdict
    served: Verdict
    let_down: Verdict


@dataclass(frozen=True, slots=True)
class React(Step):
    """The visitor of a question has read what the bot said, in the entry `turn_id`, and does something about it."""

    turn_id: int


@dataclass(frozen=True, slots=True)
class Ordered:
    """Orders that the shop reports at a moment; the first report of a customer brings what they bought before."""

    at: datetime
    buyer: Buyer
    orders: tuple[Order, ...]


@dataclass(frozen=True, slots=True)
class Plan:
    """A whole history: `steps`, `ordered` and `questions` by their moments."""

    seed: int
    start: datetime
    end: datetime
    carrier_from: datetime
    buyers: list[Buyer]
    cases: list[Case]
    steps: list[Step]
    ordered: list[Ordered]
    questions: list[Question]
