"""Whether a rule may fire now: pure, so that no set of rules can run on for ever.

Three walls, each of which is enough by itself: an event that rules led to carries them, and none of them fires again on
it; a chain has a greatest length; and a rule has caps, for each hour and for each conversation and day.
"""

from __future__ import annotations

DEEPEST = 5  # rules that may follow from one another


def held(rule_id: int, chain: tuple[int, ...], *, hour: int, per_hour: int, day: int, per_day: int) -> str:
    """Why a rule whose condition holds must not act; empty where it may. `hour` counts its firings of the last hour,
    `day` those in this conversation of the last day."""
    if rule_id in chain:
        return "It led to this itself: a rule acts once in a chain."
    if len(chain) >= DEEPEST:
        return f"{len(chain)} rules followed from one another already."
    if day >= per_day:
        return f"It acted {day} times in this conversation within a day."
    if hour >= per_hour:
        return f"It acted {hour} times within an hour."
    return ""


def onward(chain: tuple[int, ...], rule_id: int) -> tuple[int, ...]:
    """The chain of what a rule does."""
    return (*chain, rule_id)
