"""Customers of whom a retention rule has left nothing: whether they are let go as persons too, and when."""

from __future__ import annotations

from desk import facts, people, timeline
from desk.conversations import emptying
from desk.jobs import Leased, enqueue, finish
from desk.parts import Desk
from desk.privacy import holding
from desk.privacy.erasing import NotErased, begin
from desk.privacy.rules import governing, terms_of, zone_of
from desk.privacy.spans import ends
from desk.privacy.tables import RetentionRule
from desk.store import Tx


def look_at_person(tx: Tx, customer_id: int, rule_id: int) -> None:
    """Asks for a look at a customer who has lost a conversation, in a transaction of its own: whoever holds customers
    holds them before their conversations."""
    args = {"customer_id": customer_id, "rule_id": rule_id}
    enqueue(tx, "privacy.person", args, key=f"person:{customer_id}", priority=9)


def person(desk: Desk, job: Leased) -> None:
    """The task `privacy.person`: erases a customer where the rule says so and nothing speaks for keeping them."""
    with desk.store.transaction() as tx:
        rule = tx.get(RetentionRule, int(job.args["rule_id"]))
        standing = None if rule is None else governing(tx).get(rule.inbox_id)
        finish(tx, job)
        if rule is None or standing is None or standing.begins_at > tx.now() or not terms_of(standing).persons:
            return
        root = people.current_id(tx, int(job.args["customer_id"]))
        members = people.members(tx, root)
        people.held(tx, *members)
        if people.is_erased(tx, root) or _stays(tx, members):
            return
        span = terms_of(standing).keep
        last = timeline.last_line(tx, members)
        over = None if last is None else ends(last, span, zone_of(""))
        if over is not None and over > tx.now():  # something happened since, such as a look at a page
            args = {"customer_id": root, "rule_id": rule.id}
            enqueue(tx, "privacy.person", args, key=f"person:{root}", priority=9, run_at=over)
            return
        try:
            why = f"Retention rule {standing.id}: nothing was left after {span.number} {span.unit}"
            begin(tx, root, standing.staff_id, why, desk.files, thorough=False, priority=9)
        except NotErased:
            return


def _stays(tx: Tx, members: list[int]) -> bool:
    """Whether something speaks for keeping somebody: a conversation that has words or is not over, a hold, an order,
    or that they do not want to be written to, which nobody would know any more."""
    return (
        emptying.has_more(tx, members)
        or holding.holds_customer(tx, members) is not None
        or facts.has_ordered(tx, members)
        or any(people.stopped(tx, one) for member in members for one in people.identities(tx, member))
    )
