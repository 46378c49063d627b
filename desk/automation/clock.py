"""Time that passed: finds the conversations whose time is up for a rule, and lets the rules look at them.

Each rule remembers how far it has read, so that each moment is looked at once, and a rule that is switched on begins
with those whose time is up from then on.
"""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlalchemy import select

from desk import conversations
from desk.automation.definition import TIMED
from desk.automation.events import ask, timed
from desk.automation.tables import Rule
from desk.store import Tx

MOST = 500  # conversations a rule and a look; the next look goes on


def look(tx: Tx) -> int:
    """Asks for every conversation whose time is up since the last look; how many."""
    now, asked = tx.now(), 0
    query = select(Rule).where(Rule.enabled, Rule.trigger.in_(TIMED)).order_by(Rule.id).with_for_update()
    for rule in tx.scalars(query).all():
        wait = timedelta(minutes=rule.wait_minutes or 0)
        after, upto = (rule.looked_to or now) - wait, now - wait
        found, most = conversations.waiting(tx, rule.trigger, after, upto, MOST), MOST
        while len(found) == most and found[0][1] == found[-1][1]:  # they came by a list, all at one instant
            most *= 4
            found = conversations.waiting(tx, rule.trigger, after, upto, most)
        for conversation_id, since in found:
            ask(tx, timed(rule.trigger, conversation_id, since, now))
        asked += len(found)
        # Several may wait since the same instant: where the look was cut short, that instant is read once more.
        rule.looked_to = _just_before(found[-1][1]) + wait if len(found) == most else now
    tx.flush()
    return asked


def _just_before(at: datetime) -> datetime:
    return at - timedelta(microseconds=1)
