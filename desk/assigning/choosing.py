"""Who gets a conversation: pure functions over what is known of those who could."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from fractions import Fraction

MODES = ("hand", "round", "load")
GONE_AFTER = timedelta(seconds=150)  # without a sign of any screen


@dataclass(frozen=True, slots=True)
class Sign:
    """The last that is known of somebody's screens."""

    seen_at: datetime | None = None
    active_at: datetime | None = None
    chosen: str = ""
    chosen_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Standing:
    """Whether somebody is at the desk. `state`: online, away, offline; `because`: chosen, idle, or empty; `since`: when
    they stopped being there, None while they are or where nobody knows."""

    state: str
    because: str = ""
    since: datetime | None = None

    @property
    def here(self) -> bool:
        return self.state == "online"


def standing(sign: Sign, now: datetime, idle: timedelta) -> Standing:
    """What follows from the last sign: by time alone, so that a server that dies leaves nobody online for ever."""
    ends: list[tuple[datetime, str, str]] = []
    if sign.chosen == "away":
        ends.append((sign.chosen_at or now, "away", "chosen"))
    active = sign.active_at or sign.seen_at
    if active is not None and now - active >= idle:
        ends.append((active + idle, "away", "idle"))
    gone = sign.seen_at is None or now - sign.seen_at >= GONE_AFTER
    if sign.seen_at is not None and gone:
        ends.append((sign.seen_at + GONE_AFTER, "offline", ""))
    since = min(ends)[0] if ends else None
    if gone:
        return Standing("offline", "", since)
    return Standing(ends[0][1], ends[0][2], since) if ends else Standing("online")


@dataclass(frozen=True, slots=True)
class Candidate:
    """Somebody who could take a conversation. `load` and `capacity` are places; `last` the number of what they were
    given last by this policy, 0 for nothing: whoever has the lowest has waited longest."""

    id: int
    here: bool = True
    working: bool = True
    open: int = 0
    load: int = 0
    capacity: int = 10
    of_channel: int = 0
    most: int | None = None
    languages: frozenset[str] = frozenset()
    skills: frozenset[str] = frozenset()
    last: int = 0

    def has_room(self, weight: int) -> bool:
        return self.load + weight <= self.capacity and (self.most is None or self.of_channel < self.most)


@dataclass(frozen=True, slots=True)
class Asked:
    """What a conversation asks for. `language` is empty where none is known or the policy does not ask; `declined` are
    those who gave it away or lost it today."""

    mode: str
    weight: int = 1
    language: str = ""
    skills: frozenset[str] = frozenset()
    declined: frozenset[int] = frozenset()


@dataclass(frozen=True, slots=True)
class Choice:
    """Whom, or None with the reason: nobody (the team has no members), declined, offline, hours, language, skills,
    full. `open`, `load` and `capacity` are theirs with this conversation."""

    staff_id: int | None
    reason: str = ""
    open: int = 0
    load: int = 0
    capacity: int = 0
    language: str = ""
    skills: tuple[str, ...] = field(default=())


def choose(candidates: Sequence[Candidate], asked: Asked) -> Choice:
    """Who gets the conversation, or the first thing for which nobody is left.

    Round-robin: whose last turn is longest ago. Load: who is least taken for what they can take, then the same. The
    lowest number settles what is left, so that the same question has the same answer.
    """
    steps: tuple[tuple[str, Callable[[Candidate], bool]], ...] = (
        ("nobody", lambda _one: True),
        ("declined", lambda one: one.id not in asked.declined),
        ("offline", lambda one: one.here),
        ("hours", lambda one: one.working),
        ("language", lambda one: not asked.language or asked.language in one.languages),
        ("skills", lambda one: asked.skills <= one.skills),
        ("full", lambda one: one.has_room(asked.weight)),
    )
    wanted = tuple(sorted(asked.skills))
    left = list(candidates)
    for reason, fits in steps:
        left = [one for one in left if fits(one)]
        if not left:
            return Choice(None, reason, language=asked.language, skills=wanted)
    if asked.mode == "load":
        one = min(left, key=lambda c: (Fraction(c.load + asked.weight, c.capacity), c.last, c.id))
    else:
        one = min(left, key=lambda c: (c.last, c.id))
    return Choice(one.id, "", one.open + 1, one.load + asked.weight, one.capacity, asked.language, wanted)


def goes_back(found: Standing, given_at: datetime | None, now: datetime, away_minutes: int | None, ended: bool) -> str:
    """Why what somebody has goes back to the queue: away, hours, or empty. Time away counts from when they were given
    it, so that who is chosen by hand while away keeps it that long. `ended`: their hours ended since."""
    if found.here or found.since is None:
        return ""
    if away_minutes is not None:
        since = max(found.since, given_at) if given_at is not None else found.since
        if now - since >= timedelta(minutes=away_minutes):
            return "away"
    return "hours" if ended else ""
