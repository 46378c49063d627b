"""The rules that a desk comes with, all switched off: nothing acts by itself before somebody has seen its dry run."""

from __future__ import annotations

from typing import Any

from sqlalchemy import select

from desk.automation.service import save
from desk.automation.tables import Rule
from desk.store import Tx

_URGENT = (
    "urgent", "asap", "immediately", "emergency", "lawyer", "dringend", "sofort", "anwalt", "urgente", "abogado",
    "avocat", "advogado", "عاجل",
)  # fmt: skip

_SAYS_SO = " or ".join(f'message.text contains "{word}"' for word in _URGENT)

SHIPPED: dict[str, dict[str, Any]] = {
    "vip": {
        "name": "VIP first",
        "trigger": "opened",
        "condition": 'attribute.vip is true or stage is "loyalty"',
        "actions": [{"do": "priority", "value": 1}, {"do": "label", "value": "vip"}],
    },
    "urgent": {
        "name": "Urgent words raise the priority",
        "trigger": "message",
        "condition": f'({_SAYS_SO}) and conversation.priority is not "high"',
        "actions": [{"do": "priority", "value": 1}, {"do": "label", "value": "urgent"}],
    },
    "angry": {
        "name": "Angry customers to the leads",
        "trigger": "frustration",
        "condition": 'conversation.mood is "frustrated"',
        "actions": [
            {"do": "priority", "value": 1},
            {"do": "label", "value": "for a lead"},
            {"do": "note", "value": "{customer.name} is frustrated. A lead should look before anybody answers."},
        ],
    },
    "waiting": {
        "name": "Unanswered for a day: back to the queue",
        "trigger": "unanswered",
        "wait_minutes": 24 * 60,
        "condition": "conversation.assignee is known",
        "actions": [
            {"do": "note", "value": "Nobody has answered for a day, so this went back to the queue. It was with "
             "{agent.name}."},
            {"do": "unassign"},
        ],
    },
    "thanks": {
        "name": "A thank-you reopens nothing",
        "trigger": "reopened",
        "condition": "message.thanks is true",
        "actions": [{"do": "resolve"}],
    },
    "silent": {
        "name": "No word for a week: resolve",
        "trigger": "silent",
        "wait_minutes": 7 * 24 * 60,
        "condition": 'conversation.status is "pending"',
        "actions": [{"do": "resolve"}],
    },
    "unhappy": {
        "name": "A bad rating is looked at",
        "trigger": "survey",
        "condition": "csat <= 2",
        "actions": [
            {"do": "label", "value": "unhappy"},
            {"do": "note", "value": "{customer.name} was not happy with this. Please find out why."},
        ],
    },
}  # fmt: skip


def install(tx: Tx) -> list[Rule]:
    """Adds those that were never here; one that somebody removed stays away."""
    there = set(tx.scalars(select(Rule.key).where(Rule.key.is_not(None))))
    return [save(tx, None, given, key=key) for key, given in SHIPPED.items() if key not in there]
