"""The governor: whether a resolved episode is followed by a question, decided from facts alone."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any


@dataclass(frozen=True, slots=True)
class Earlier:
    """The last question that really went out to this customer (one that could not be delivered does not count)."""

    sent_at: datetime
    expires_at: datetime
    answered: bool


@dataclass(frozen=True, slots=True)
class Situation:
    """Everything the governor looks at.

    How frustrated the customer is about what was resolved stands here for the record, and not as a reason to stay
    silent: leaving out those who are angry would make the figures prettier than the truth. Whoever waits, frustrated,
    for the answer in another conversation is another matter: they are busy with us already.
    """

    at: datetime
    enabled: bool = True
    cooldown: timedelta = timedelta(days=14)
    spam: bool = False
    resolved: bool = True  # still, and by this very episode
    customer_wrote: bool = True  # a person's message, not only a machine's
    internal: Mapping[str, Any] | None = None  # one of ourselves: by what that is known
    human_replies: int = 1  # public ones of the episode
    address: str = "noor@example.org"  # a visitor's browser in a chat
    silenced: bool = False  # STOP came from the number: no text may go there
    stopped_at: datetime | None = None
    suppressed: Mapping[str, Any] | None = None  # by a colleague: who, why and when
    elsewhere: int | None = None  # another conversation in which they wait, frustrated
    share: float = 100.0  # per cent of those who could be asked
    draw: float = 0.0  # of this episode, in [0, 100)
    left_out: Mapping[str, Any] | None = None  # by the condition of the inbox: what it says, and its evidence
    earlier: Earlier | None = None
    level: str = "calm"


@dataclass(frozen=True, slots=True)
class Decision:
    """Asked or withheld; `detail` says what the reason rests on, in JSON types, without personal words."""

    asked: bool
    reason: str
    detail: Mapping[str, Any] = field(default_factory=dict)


ASKED = "resolved"

# Reason -> does it hold? In the order in which a person would want to hear them: what cannot be asked at all before
# what must not be asked today. The first that holds is recorded.
_Rule = Callable[[Situation], Mapping[str, Any] | None]


def _if(holds: bool, **detail: Any) -> Mapping[str, Any] | None:
    return detail if holds else None


def _open_invitation(s: Situation) -> Mapping[str, Any] | None:
    e = s.earlier
    if e is None or e.answered or e.expires_at <= s.at:
        return None
    return {"asked_at": e.sent_at.isoformat(), "open_until": e.expires_at.isoformat()}


def _cooldown(s: Situation) -> Mapping[str, Any] | None:
    if s.earlier is None or s.at - s.earlier.sent_at >= s.cooldown:
        return None
    return {
        "asked_at": s.earlier.sent_at.isoformat(),
        "until": (s.earlier.sent_at + s.cooldown).isoformat(),
        "days": s.cooldown / timedelta(days=1),
    }


def draw(seed: int, survey: str, episode_id: int) -> float:
    """A number in [0, 100), evenly spread over episodes, and the same for one episode whenever it is drawn again.

    It is a digest of seed, survey and episode: so a sample can be computed again by whoever doubts it, and an episode
    that is looked at twice is not drawn twice.
    """
    digest = hashlib.sha256(f"{seed}:{survey}:{episode_id}".encode()).digest()
    return int.from_bytes(digest[:7]) / 2**56 * 100


RULES: tuple[tuple[str, _Rule], ...] = (
    ("switched_off", lambda s: _if(not s.enabled)),
    ("spam", lambda s: _if(s.spam)),
    ("reopened", lambda s: _if(not s.resolved)),
    ("automatic", lambda s: _if(not s.customer_wrote)),
    ("internal", lambda s: s.internal),
    ("not_answered", lambda s: _if(s.human_replies < 1)),
    ("no_address", lambda s: _if(not s.address)),
    ("stopped_texts", lambda s: _if(s.silenced)),
    (
        "opted_out",
        lambda s: None if s.stopped_at is None else {"stopped_at": s.stopped_at.isoformat()},
    ),
    ("suppressed", lambda s: s.suppressed),
    ("left_out", lambda s: s.left_out),
    ("frustrated_now", lambda s: None if s.elsewhere is None else {"conversation_id": s.elsewhere}),
    ("still_open", _open_invitation),
    ("cooldown", _cooldown),
    # Last, so that the share is one of those who would have been asked.
    ("not_drawn", lambda s: None if s.draw < s.share else {"share": s.share, "draw": round(s.draw, 2)}),
)

REASONS = (ASKED, *(name for name, _ in RULES))


def decide(situation: Situation) -> Decision:
    """Asked, unless a rule says otherwise; one decision for each situation, whatever else happens."""
    for reason, rule in RULES:
        detail = rule(situation)
        if detail is not None:
            return Decision(False, reason, detail)
    return Decision(True, ASKED)
