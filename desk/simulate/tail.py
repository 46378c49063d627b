"""The last two days: conversations that are still under way when the history ends, one of each kind at least. Pure."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta

from desk.simulate.hours import at_work
from desk.simulate.script import Script
from desk.simulate.steps import Note, Snooze

Tell = Callable[[Script, datetime], None]


def _back(script: Script, end: datetime, low: float, high: float) -> datetime:
    return end - timedelta(hours=script.rng.uniform(low, high))


def _answered(script: Script, end: datetime, kind: str, low: float, high: float) -> None:
    """A first mail and an answer to it, the answer `low` to `high` hours before the end, in working hours."""
    replied = at_work(_back(script, end, low, high)) - timedelta(minutes=script.rng.randint(3, 50))
    script.first_wait = script.rng.uniform(0.4, 4.0)
    script.at = replied - timedelta(hours=script.first_wait)
    script.open()
    script.at = replied
    script.reply(kind)


def unassigned_calm(script: Script, end: datetime) -> None:
    script.tension = min(script.tension, 0.35)
    script.at = _back(script, end, 0.1, 15)
    script.open()


def unassigned_strained(script: Script, end: datetime) -> None:
    script.tension = 0.3
    script.at = _back(script, end, 30, 44)
    script.open()
    script.chase(_back(script, end, 1, 9))


def unassigned_frustrated(script: Script, end: datetime) -> None:
    script.tension = 0.52
    script.at = _back(script, end, 62, 75)
    script.open()
    script.chase(_back(script, end, 25, 40))
    script.upset(0.2)
    script.chase(_back(script, end, 0.3, 6))


def waiting(script: Script, end: datetime) -> None:
    """Asked back, and the customer has just told."""
    _answered(script, end, "ask", 9, 34)
    script.at = _back(script, end, 0.2, 6)
    script.says("info")
    if script.beside is not None:
        words = f"@{script.agent.name} the studio has one left, I had it put aside."
        script.steps.append(Note(script.at + timedelta(minutes=5), script.case, script.beside, words))


def frustrated(script: Script, end: datetime) -> None:
    """An answer that did not help, and nobody since."""
    _answered(script, end, "solve", 52, 70)
    script.tension = 0.66
    script.at = _back(script, end, 18, 30)
    script.says("still")
    script.upset(0.15)
    script.chase(_back(script, end, 0.3, 4))


def strained(script: Script, end: datetime) -> None:
    _answered(script, end, "solve", 30, 60)
    script.tension = 0.55
    script.at = _back(script, end, 1, 12)
    script.says("still")


def pending(script: Script, end: datetime) -> None:
    _answered(script, end, "ask", 3, 40)
    script.act("pending", 1)


def snoozed(script: Script, end: datetime) -> None:
    """Put aside until the carrier or the studio has answered."""
    _answered(script, end, "solve", 3, 30)
    script.at += timedelta(minutes=2)
    script.steps.append(Note(script.at, script.case, script.agent, "Waiting for the studio, back on my list then."))
    until = end + timedelta(minutes=script.rng.randint(540, 3000))
    script.steps.append(Snooze(script.at + timedelta(minutes=1), script.case, script.agent, until))


# Whose it is: "first" is the agent that people look at the sample with; "any" is anybody.
TAIL: tuple[tuple[Tell, str], ...] = (
    (unassigned_frustrated, "any"),
    (waiting, "first"),
    (unassigned_strained, "any"),
    (frustrated, "first"),
    (unassigned_calm, "any"),
    (snoozed, "first"),
    (pending, "first"),
    (unassigned_calm, "any"),
    (strained, "first"),
    (waiting, "any"),
    (pending, "any"),
    (unassigned_calm, "any"),
    (snoozed, "any"),
    (unassigned_strained, "any"),
    (strained, "any"),
)
