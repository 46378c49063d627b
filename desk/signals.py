"""What happened inside the desk, as frozen facts that reactions.py and realtime answer.

A signal names rows by their ids and carries no rows. It is announced inside the transaction that made it true:
`reactions` turns what must not be lost into job rows of the same transaction, `realtime` hears it after the commit.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class Signal:
    """Something that happened."""


@dataclass(frozen=True, slots=True)
class EntryRecorded(Signal):
    """A line was added to a customer's timeline."""

    entry_id: int
    customer_id: int
    conversation_id: int | None
    kind: str


@dataclass(frozen=True, slots=True)
class EntryChanged(Signal):
    """Something shown with an entry changed: its words, its delivery state, its score. `inside`: nothing of it that
    the customer's own screens show."""

    entry_id: int
    customer_id: int
    conversation_id: int | None
    inside: bool = False


@dataclass(frozen=True, slots=True)
class WordsErased(Signal):
    """The words of these lines are gone, and must be gone wherever else they were kept."""

    entry_ids: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class RightsChanged(Signal):
    """What a colleague may see or do changed: their open screens are asked who they are again. `out`: the sessions that
    they had are over."""

    staff_id: int
    out: bool = False


@dataclass(frozen=True, slots=True)
class Whispered(Signal):
    """A lead told a colleague something about the conversation that they are on: it stands there as a note."""

    entry_id: int
    conversation_id: int
    staff_id: int  # who is told
    by: str  # the name of who says it
    text: str


@dataclass(frozen=True, slots=True)
class TakenOver(Signal):
    """Somebody took a conversation from the colleague who had it."""

    conversation_id: int
    staff_id: int  # from whom
    by: str


@dataclass(frozen=True, slots=True)
class CustomerWrote(Signal):
    """A customer's message was taken into a conversation."""

    entry_id: int
    customer_id: int
    conversation_id: int


@dataclass(frozen=True, slots=True)
class AgentReplied(Signal):
    """A person answered in public."""

    entry_id: int
    customer_id: int
    conversation_id: int
    staff_id: int


@dataclass(frozen=True, slots=True)
class StaffMentioned(Signal):
    """A note names a colleague other than its writer."""

    entry_id: int
    customer_id: int
    conversation_id: int
    staff_id: int
    by: int


@dataclass(frozen=True, slots=True)
class ConversationOpened(Signal):
    customer_id: int
    conversation_id: int
    episode_id: int


@dataclass(frozen=True, slots=True)
class ConversationReopened(Signal):
    customer_id: int
    conversation_id: int
    episode_id: int


@dataclass(frozen=True, slots=True)
class ConversationResolved(Signal):
    customer_id: int
    conversation_id: int
    episode_id: int
    staff_id: int | None


@dataclass(frozen=True, slots=True)
class ConversationChanged(Signal):
    """Anything a queue row shows changed: status, assignee, priority, frustration, waiting. `inside`: nothing of it
    that the customer's own screens show but their place in line."""

    conversation_id: int
    customer_id: int
    inside: bool = False


@dataclass(frozen=True, slots=True)
class FrustrationChanged(Signal):
    customer_id: int
    conversation_id: int
    before: str
    after: str


@dataclass(frozen=True, slots=True)
class RisksFound(Signal):
    """A message says something that a person should look at; `kinds` are of desk.sentiment.RISKS, the gravest first."""

    customer_id: int
    conversation_id: int
    kinds: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class FactRecorded(Signal):
    """A fact of a customer was recorded; stage rules may hold now."""

    customer_id: int
    name: str


@dataclass(frozen=True, slots=True)
class SurveyAnswered(Signal):
    customer_id: int
    invitation_id: int
    response_id: int
    kind: str
    score: int


@dataclass(frozen=True, slots=True)
class StageChanged(Signal):
    customer_id: int
    transition_id: int
    before: str | None
    after: str


@dataclass(frozen=True, slots=True)
class SegmentChanged(Signal):
    """A segment means something else now, and with it whatever names it."""

    segment_id: int


@dataclass(frozen=True, slots=True)
class SettingChanged(Signal):
    """An admin set another value; `name` is one of desk.settings.SPECS."""

    name: str


@dataclass(frozen=True, slots=True)
class JobsWaiting(Signal):
    """A job row was written; whoever works jobs of this task off may wake up (empty: of any task)."""

    task: str = ""


@dataclass(frozen=True, slots=True)
class JobHanded(Signal):
    """A job row was written that is leased already, by a worker of this very process: `job` is its jobs.Leased."""

    worker: str
    job: Any


@dataclass(frozen=True, slots=True)
class DeliverySettled(Signal):
    """A delivery reached its end: the other side took it (`ok`), or it never will."""

    delivery_id: int
    purpose: str
    ok: bool


@dataclass(frozen=True, slots=True)
class ArticlePublished(Signal):
    """What readers and the bot get of an article changed: published, taken back, or shown to others."""

    article_id: int
    locale: str


@dataclass(frozen=True, slots=True)
class AnswerHeld(Signal):
    """An answer that was to go at a time does not go by itself: its writer has to look at it."""

    entry_id: int
    conversation_id: int
    staff_id: int


@dataclass(frozen=True, slots=True)
class SuggestionReady(Signal):
    """Somebody looked for an article that answers what waits in a conversation: there is one now, or there is none."""

    conversation_id: int


@dataclass(frozen=True, slots=True)
class IdentityVerified(Signal):
    """Somebody proved that an address is theirs. The customer is whose it was at that moment."""

    customer_id: int
    identity_id: int


@dataclass(frozen=True, slots=True)
class CustomersJoined(Signal):
    """Two customers are one now. `conversation_ids` changed hands."""

    keep_id: int
    join_id: int
    merge_id: int
    conversation_ids: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class CustomersParted(Signal):
    """A join was taken back. `conversation_ids` went back, or are new for what came since."""

    keep_id: int
    join_id: int
    merge_id: int
    conversation_ids: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class LinesMoved(Signal):
    """Lines went from one conversation of a customer into another, or back: who looks at one of these reads anew."""

    conversation_ids: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class GroupsJoined(Signal):
    """Somebody put a group of questions into another one."""

    group_id: int
    into_id: int


@dataclass(frozen=True, slots=True)
class ChatRead(Signal):
    """One side of a chat (`visitor` or `staff`) has had more of it on screen."""

    conversation_id: int
    by: str


@dataclass(frozen=True, slots=True)
class RuleStopped(Signal):
    """A rule has switched itself off, because what it does kept failing."""

    rule_id: int
    name: str


@dataclass(frozen=True, slots=True)
class NoticeWritten(Signal):
    """A colleague is told something."""

    staff_id: int
    notice_id: int


@dataclass(frozen=True, slots=True)
class NoticesRead(Signal):
    """A colleague has read something that they were told."""

    staff_id: int


@dataclass(frozen=True, slots=True)
class TaskDue(Signal):
    """The time of an open task has come. `staff_id`: whose it is, if anybody's."""

    task_id: int
    conversation_id: int
    entry_id: int
    staff_id: int | None


@dataclass(frozen=True, slots=True)
class Reminded(Signal):
    """A colleague wanted to be reminded of a conversation at this moment."""

    staff_id: int
    conversation_id: int


@dataclass(frozen=True, slots=True)
class StaffLeft(Signal):
    """An account was switched off: whoever had it works here no more."""

    staff_id: int
