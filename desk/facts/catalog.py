"""What the desk can know of a customer: every fact with its kind, its unit, and who records it."""

from __future__ import annotations

import difflib
import re
from dataclasses import dataclass
from functools import lru_cache
from typing import Literal

from desk.i18n import N_

Kind = Literal["number", "text", "flag", "time", "event", "any"]

# Names are in lower case; a dot parts the family from the rest.
NAME = re.compile(r"[^\W\d]\w*(?:\.\w+)*\Z")
LONGEST_NAME = 80  # the width of facts.name
INCOMING = re.compile(r"[a-z]\w{0,59}(?:\.\w{1,59}){0,3}", re.ASCII)


@dataclass(frozen=True, slots=True)
class FactType:
    """One declared fact.

    `kind` is what its value is; an `event` only happens, and carries a number where `unit` says what it measures.
    `low` and `high` bound a number, `choices` are the words a text can be. `recorded_by` names who writes it down.
    """

    kind: Kind
    label: str  # how evidence and pages call it: "CSAT", "Order placed"
    description: str
    recorded_by: str
    unit: str = ""
    low: float | None = None
    high: float | None = None
    choices: tuple[str, ...] = ()

    @property
    def numeric(self) -> bool:
        """Whether its values can be added up."""
        return self.kind in ("number", "any") or (self.kind == "event" and bool(self.unit))

    @property
    def valued(self) -> bool:
        """Whether it carries a value that can be compared."""
        return self.kind != "event" or bool(self.unit)


def _event(label: str, description: str, recorded_by: str, unit: str = "") -> FactType:
    return FactType("event", label, description, recorded_by, unit)


_DESK = "the desk, when it happens"
_SURVEY = "the desk, when the survey is answered"
_RISK = "turns of phrase in the customer's messages, or an agent who takes the flag off"
_SENT = "your shop or product, as an event"

CATALOG: dict[str, FactType] = {
    "conversation.opened": _event("Conversation opened", N_("the customer began a conversation"), _DESK),
    "conversation.reopened": _event(
        "Conversation reopened", N_("the customer wrote again after it was resolved"), _DESK
    ),
    "conversation.resolved": _event("Conversation resolved", N_("a conversation was resolved"), _DESK),
    "message.received": _event("Message", N_("the customer wrote a message, by any channel"), _DESK),
    "sla.breached": FactType(
        "text",
        "Promise missed",
        N_("an answer or a solution came later than promised: first, next or resolution"),
        _DESK,
        choices=("first", "next", "resolution"),
    ),
    "first_response_minutes": FactType(
        "number",
        "First response",
        N_("how long the customer waited for the first answer of a person"),
        _DESK,
        "minutes",
        0,
    ),
    "frustration": FactType(
        "text",
        "Mood",
        N_("the level of the customer's last conversation, when it changes"),
        "the sentiment model, or an agent who corrects it",
        choices=("calm", "strained", "frustrated"),
    ),
    # One each, so that a message which says two things makes two. The gravest kind is told to people alone.
    "risk.leaving": FactType("flag", "Threat to leave", N_("a message speaks of cancelling or going elsewhere"), _RISK),
    "risk.legal": FactType("flag", "Legal words", N_("a message speaks of lawyers, courts or authorities"), _RISK),
    "risk.safety": FactType("flag", "Safety words", N_("a message speaks of fire, shock or injury"), _RISK),
    "risk.public": FactType("flag", "Public pressure", N_("a message speaks of reviews, media or the press"), _RISK),
    "csat": FactType("number", "CSAT", N_("satisfaction with one contact, 1 to 5, 5 is best"), _SURVEY, "", 1, 5),
    "nps": FactType("number", "NPS", N_("would they recommend us, 0 to 10, 10 is best"), _SURVEY, "", 0, 10),
    "ces": FactType("number", "CES", N_("did we make it easy, 1 to 7, 7 is best"), _SURVEY, "", 1, 7),
    "stage": FactType("text", "Stage", N_("the key of the lifecycle stage the customer stands in"), "the lifecycle"),
    "stage_model": FactType(
        "text", "Stage model", N_("the key of the stage model the customer follows"), "the lifecycle"
    ),
    "locale": FactType("text", "Language", N_("the language the customer writes in, such as de"), "the channel"),
    "contact.channel": FactType(
        "text", "Channel", N_("the channel of the customer's last message: email, sms or chat"), "the channel"
    ),
    "order.placed": _event("Order", N_("an order, with its value"), _SENT, "money"),
    "order.returned": _event("Return", N_("an order sent back, with its value"), _SENT, "money"),
    "cart.filled": _event("Cart filled", N_("something was put into the cart"), _SENT),
    "checkout.started": _event("Checkout", N_("the customer went to pay"), _SENT),
    "page.viewed": _event("Page viewed", N_("a page was looked at"), _SENT),
    "campaign.answered": _event("Campaign answered", N_("the customer reacted to a campaign"), _SENT),
    "lead.qualified": _event("Lead qualified", N_("sales found a real interest"), _SENT),
    "demo.booked": _event("Demo booked", N_("a demonstration or a call was booked"), _SENT),
    "trial.started": _event("Trial", N_("a trial began"), _SENT),
    "account.created": _event("Account created", N_("the customer made an account"), _SENT),
    "account.closed": _event("Account closed", N_("the customer closed the account or asked to leave"), _SENT),
    "onboarding.completed": _event("Onboarding done", N_("the first steps were finished"), _SENT),
    "login": _event("Login", N_("the customer signed in"), _SENT),
    "feature.used": _event("Feature used", N_("a feature of the product was used"), _SENT),
    "goal.reached": _event("Goal reached", N_("the customer reached what they came for"), _SENT),
    "subscription.started": _event("Subscription", N_("a subscription began, with its yearly value"), _SENT, "money"),
    "subscription.renewed": _event("Renewal", N_("a subscription was renewed, with its yearly value"), _SENT, "money"),
    "subscription.upgraded": _event("Upgrade", N_("more was bought of it, with what came on top"), _SENT, "money"),
    "subscription.downgraded": _event("Downgrade", N_("less was bought of it, with what fell away"), _SENT, "money"),
    "subscription.cancelled": _event("Cancellation", N_("a subscription was cancelled"), _SENT),
    "payment.failed": _event("Payment failed", N_("a payment did not go through"), _SENT),
    "referral.made": _event("Referral", N_("the customer brought somebody"), _SENT),
    "review.given": _event("Review", N_("the customer wrote a public review"), _SENT),
}

_NOW = "the desk, as it stands at that moment"
_LAST = "the customer's last message there"

# What can be asked of one conversation and of its last message. Nobody records these: whoever looks at a conversation
# reads them off it, so that only rules of conversations know them (`Condition.parse(…, about="conversation")`).
CONVERSATION: dict[str, FactType] = {
    "conversation.channel": FactType("text", "Channel", N_("by which the customer wrote last: email, sms, chat"), _NOW),
    "conversation.inbox": FactType("text", "Inbox", N_("the name of the inbox that it came to"), _NOW),
    "conversation.subject": FactType("text", "Subject", N_("what it is about"), _NOW),
    "conversation.status": FactType(
        "text", "Status", N_("where it stands"), _NOW, choices=("open", "pending", "snoozed", "resolved", "spam")
    ),
    "conversation.priority": FactType("text", "Priority", N_("how urgent"), _NOW, choices=("low", "normal", "high")),
    "conversation.assignee": FactType("text", "Assigned to", N_("the name of the colleague whose it is, if any"), _NOW),
    "conversation.team": FactType("text", "Team", N_("the name of its team, if any"), _NOW),
    "conversation.labels": FactType("text", "Labels", N_("its labels, with commas between them"), _NOW),
    "conversation.mood": FactType(
        "text", "Frustration", N_("the level of this conversation"), _NOW, choices=("calm", "strained", "frustrated")
    ),
    "conversation.risks": FactType(
        "text",
        "Risks",
        N_("what its messages were flagged for, with commas between: safety, legal, leaving, public"),
        _NOW,
    ),
    "conversation.frustration": FactType("number", "Frustration", N_("how strong, 0 to 1"), _NOW, "", 0, 1),
    "conversation.waiting_minutes": FactType(
        "number",
        "Waiting",
        N_("how long the customer waits for an answer; unknown where nobody waits"),
        _NOW,
        "minutes",
        0,
    ),
    "conversation.waiting_since": FactType("time", "Waiting", N_("since when the customer waits"), _NOW),
    "conversation.last_at": FactType("time", "Last words", N_("when somebody wrote last"), _NOW),
    "conversation.began": FactType("time", "Conversation", N_("when it was opened"), _NOW),
    "conversation.episode": FactType("number", "Episode", N_("1, and one more each time it was reopened"), _NOW, "", 1),
    "conversation.open_tasks": FactType(
        "number", "Open tasks", N_("how many tasks in it are not ticked off"), _NOW, "", 0
    ),
    "conversation.replies": FactType(
        "number", "Answers", N_("how many answers of people this episode has"), _NOW, "", 0
    ),
    "conversation.assistant": FactType(
        "text",
        "Assistant",
        N_("what the bot does there, if anything"),
        _NOW,
        choices=("talking", "handed_over", "quiet"),
    ),
    "message.text": FactType("text", "Message", N_("its words"), _LAST),
    "message.subject": FactType("text", "Subject of the message", N_("its subject, where it is a mail"), _LAST),
    "message.words": FactType("number", "Length", N_("how many words it has"), _LAST, "words", 0),
    "message.files": FactType("number", "Files", N_("how many files came with it"), _LAST, "", 0),
    "message.thanks": FactType("flag", "Only thanks", N_("whether it says thank you and nothing else"), _LAST),
    "message.automatic": FactType(
        "flag", "Sent by a machine", N_("whether a machine wrote it, such as an absence"), _LAST
    ),
}

# Families whose members need no declaration.
OPEN: dict[str, FactType] = {
    "attribute.": FactType(
        "any",
        "",
        N_("anything you know of the customer: a number, a word, yes or no, a date"),
        "an import, an agent or the API",
    ),
    "event.": FactType(
        "event",
        "",
        N_("anything of your own that happens, with a number if you like"),
        "your shop or product, as an event",
        "value",
    ),
}


def declare(name: str, fact_type: FactType) -> None:
    """Adds a fact to the catalog. Raises ValueError for a name that a condition could not say."""
    folded = name.lower()
    if not NAME.match(folded) or len(folded) > LONGEST_NAME:
        raise ValueError(f"“{name}” is no name for a fact: use letters, digits, _ and dots")
    CATALOG[folded] = fact_type


@lru_cache(maxsize=2000)
def find(name: str) -> FactType | None:
    """The type of a fact by its name in lower case, or None where nobody declared it."""
    known = CATALOG.get(name) or CONVERSATION.get(name)
    if known is not None:
        return known
    for prefix, family in OPEN.items():
        if name.startswith(prefix) and len(name) > len(prefix):
            label = name[len(prefix) :].replace("_", " ").replace(".", " ")
            return FactType(family.kind, label, family.description, family.recorded_by, family.unit)
    return None


def suggest(name: str) -> str | None:
    """The declared name that was probably meant."""
    close = difflib.get_close_matches(name, [*CATALOG, *CONVERSATION], n=1, cutoff=0.6)
    if close:
        return close[0]
    # "opened" for conversation.opened, "order" for order.placed
    parts = [known for known in (*CATALOG, *CONVERSATION) if name in known.split(".")]
    return parts[0] if parts else None


def incoming(name: str) -> tuple[str, FactType] | None:
    """The event that a shop or product means by a name, by its name here: `Order Placed` is order.placed, and what the
    catalog does not know becomes one of the open family. None for what is no name, or is recorded by the desk alone."""
    folded = re.sub(r"[\s-]+", "_", name.strip().lower())
    if not INCOMING.fullmatch(folded):
        return None
    known = CATALOG.get(folded) or CATALOG.get(folded.replace("_", ".", 1))
    if known is not None:
        own = folded if folded in CATALOG else folded.replace("_", ".", 1)
        return (own, known) if known.kind == "event" and known.recorded_by == _SENT else None
    own = folded if folded.startswith("event.") else f"event.{folded}"
    declared = find(own)
    return (own, declared) if declared is not None and NAME.match(own) and len(own) <= LONGEST_NAME else None
