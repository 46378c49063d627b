"""One customer: who they are by what evidence, which segments they are in and why, and what is known of them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from flask import abort, redirect, render_template, url_for
from flask.typing import ResponseReturnValue

from desk import conversations, facts, people, segments
from desk.facts import Evidence
from desk.web.base import allow, may, signed_in_viewer, the_desk
from desk.web.customers.consent import history_of, ways_of
from desk.web.customers.listing import blueprint
from desk.web.customers.privacy import archive_of, erased_page
from desk.web.customers.rows import StageNames, rows

MOST_FACTS = 200


@dataclass(frozen=True, slots=True)
class Inside:
    """A segment that the customer is in, since when, and the facts that make it so."""

    segment: segments.Segment
    since: datetime
    evidence: tuple[Evidence, ...]


@dataclass(frozen=True, slots=True)
class Latest:
    """The newest of one fact."""

    name: str
    label: str
    value: float | str | bool | datetime | None
    at: datetime
    times: int


@blueprint.get("/<int:customer_id>")
@allow("customer.read")
def person(customer_id: int) -> ResponseReturnValue:
    """Whoever lists customers sees everybody; an agent sees those with whom they share a conversation."""
    viewer = signed_in_viewer()
    with the_desk().store.reading() as tx:
        current = people.current_id(tx, customer_id)
        if not people.customers(tx, [current]):
            abort(404)
        shared = conversations.of_customer(tx, current, viewer, limit=9)
        if not may("customer.list") and not shared:
            abort(404)
        if current == customer_id and people.is_erased(tx, current):
            return erased_page(tx, current)
        if current == customer_id:
            view, now, conditions = facts.view(tx, current), tx.now(), segments.conditions(tx)
            page = {
                "row": rows(tx, [current], StageNames.of(tx, str(viewer.locale)[:2]))[0],
                "identities": people.identities(tx, current),
                "inside": [
                    Inside(row, since, conditions[row.id].evaluate(view, now).evidence)
                    for row, since in segments.of_customer(tx, current)
                ],
                "known": _known(view, dict(facts.described(tx, retired=True))),
                "conversations": shared[:8],
                "more": len(shared) > 8,
                "archive": archive_of(tx, current),
                "ways": ways_of(tx, current),
                "changes": history_of(tx, current),
            }
    if current != customer_id:
        return redirect(url_for("customers.person", customer_id=current))
    return render_template("customers/person.html", **page)


def _known(view: facts.FactView, named: dict[str, facts.FactType]) -> list[Latest]:
    found = []
    for name in view.names()[:MOST_FACTS]:
        series = view.series(name)
        newest, declared = series.facts[-1], named.get(name) or facts.find(name)
        label = declared.label if declared is not None else name
        found.append(Latest(name, label, newest.value, newest.occurred_at, len(series.facts)))
    return found
