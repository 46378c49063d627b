"""How evenly work was given out: what each person has, was given and lost, counted for supervisors."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from datetime import timedelta

from sqlalchemy import case, func, select

from desk import agents, conversations
from desk.assigning import presence, work
from desk.assigning.choosing import Standing
from desk.assigning.tables import Assignment
from desk.store import Tx

SHORT, LONG = timedelta(days=7), timedelta(days=28)
POLICY, HAND = ("round", "load"), ("hand", "taken")


@dataclass(slots=True)
class Share:
    """One person. Counts are of assignments in the last 7 and 28 days: `policy` by round-robin or load, `hand` by a
    colleague or a rule, `taken` by themselves; `declined` of the former given away by themselves unanswered, `back` to
    the queue because they were away, `moved` by somebody else."""

    staff_id: int
    name: str
    standing: Standing
    open: int
    load: int
    capacity: int
    short: Counter[str] = field(default_factory=Counter)
    long: Counter[str] = field(default_factory=Counter)

    @property
    def used(self) -> float:
        return self.load / self.capacity


def shares(tx: Tx) -> list[Share]:
    """Of every active colleague, by name; five reads however many there are."""
    names, ids = agents.names(tx), agents.active_ids(tx)
    there, able, counted = presence.standings(tx, ids), work.able(tx, ids), conversations.loads(tx, ids)
    found = {
        staff_id: Share(
            staff_id,
            names.get(staff_id, ""),
            there.get(staff_id, Standing("offline")),
            sum(counted[staff_id].values()),
            work.load(tx, counted[staff_id]),
            able[staff_id].capacity,
        )
        for staff_id in ids
    }
    now = tx.now()
    newer = case((Assignment.at >= now - SHORT, 1), else_=0)
    query = (
        select(Assignment.staff_id, Assignment.how, Assignment.ended, newer, func.count())
        .where(Assignment.at >= now - LONG)
        .group_by(Assignment.staff_id, Assignment.how, Assignment.ended, newer)
    )
    for staff_id, how, ended, recent, number in tx.execute(query):
        if staff_id in found:
            for counter in (found[staff_id].long, *((found[staff_id].short,) if recent else ())):
                counter["all"] += number
                counter["policy" if how in POLICY else how] += number
                if ended in ("away", "hours"):
                    counter["back"] += number
                elif ended == "moved" or (ended == "declined" and how != "taken"):
                    counter[ended] += number
    return sorted(found.values(), key=lambda share: (share.name.casefold(), share.staff_id))
