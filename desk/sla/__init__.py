"""Promises of an answer: policies, the clocks that run for them, warnings and breaches."""

from desk.sla.following import customer_changed, due_now, follow, tick
from desk.sla.policies import (
    KINDS,
    PolicyError,
    Wanted,
    every,
    get,
    remove,
    remove_calendar,
    save,
    shift,
    users_of,
)
from desk.sla.reading import Promise, promises
from desk.sla.tables import Policy
from desk.sla.times import Due, due

__all__ = [
    "KINDS",
    "Due",
    "Policy",
    "PolicyError",
    "Promise",
    "Wanted",
    "customer_changed",
    "due",
    "due_now",
    "every",
    "follow",
    "get",
    "promises",
    "remove",
    "remove_calendar",
    "save",
    "shift",
    "tick",
    "users_of",
]
