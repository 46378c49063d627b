"""Customers with everything a customer can have, made through the doors that make it."""

from __future__ import annotations

from datetime import timedelta
from itertools import count
from typing import Any

from sqlalchemy import select

from desk import conversations, facts, inbound, lifecycle, outbound, people, settings, surveys, timeline
from desk.agents import Viewer
from desk.clock import SetClock
from desk.messages import Address, Sender
from desk.parts import Desk
from desk.people import Identity
from desk.store import Base, Tx
from tests.factories import make_inbox, make_staff
from tests.inbound.messages import message

# What a join writes of itself, what is still to be done, and where rows without an identity came from.
OWN = {"merges", "customers_apart", "jobs", "schedule_runs"}
NOTED = "origin_customer_id"


def viewer_of(tx: Tx, role: str = "agent", **more: Any) -> Viewer:
    staff = make_staff(tx, role, **more)
    teams = frozenset(team.id for team in more.get("teams", ()))
    return Viewer(staff.id, staff.role, teams, staff.name, staff.email, "en", "UTC")


def lives(desk: Desk, clock: SetClock, *addresses: str) -> list[int]:
    """One customer for each address, the oldest first: two conversations, answers, a survey, a stage, scores."""
    found = []
    with desk.store.transaction() as tx:
        inbox = make_inbox(tx)
        settings.set(tx, "survey.spare_frustrated", False, None)  # they are, and each has a question to take along
        agent = viewer_of(tx)
        lifecycle.install_templates(tx)
        for row in lifecycle.versions(tx, "five_stages"):
            lifecycle.publish(tx, row.id)
    for address in addresses:
        said = [
            inbound.receive(desk, message(inbox.id, clock.now(), text, sender=address))
            for text in ("Where is my kettle?", "Still nothing. This is ridiculous, I am furious!")
        ]
        number, customer_id = said[0].conversation_id, said[0].customer_id
        assert number is not None and customer_id is not None
        clock.advance(timedelta(minutes=7))
        with desk.store.transaction() as tx:
            outbound.reply(tx, number, agent, "It is on its way.")
            outbound.note(tx, number, agent, "Look into the warehouse.")
            conversations.label(tx, number, agent, "late", True)
            conversations.resolve(tx, number, agent)
            surveys.consider(tx, conversations.current_episode(tx, conversations.get(tx, number, None)).id)
            facts.record(tx, customer_id, "attribute.town", f"Bergen {customer_id}", occurred_at=tx.now())
            timeline.record(tx, customer_id=customer_id, kind="order", author="desk", occurred_at=tx.now())
            lifecycle.consider(tx, customer_id)
        found.append(customer_id)
        clock.advance(timedelta(hours=3))
    return found


def snapshot(tx: Tx) -> dict[str, list[dict[str, Any]]]:
    """Every row of every table, but for what a join writes of itself."""
    tx.flush()
    found: dict[str, list[dict[str, Any]]] = {}
    merges = set(tx.scalars(select(Base.metadata.tables["entries"].c.id).where(_ENTRIES.c.kind == "merge")))
    for name, table in Base.metadata.tables.items():
        if name in OWN:
            continue
        rows = [dict(row._mapping) for row in tx.execute(select(table))]
        if name in ("entries", "contents"):
            rows = [row for row in rows if row["id"] not in merges]
        if name in ("entries", "facts"):
            for row in rows:
                del row[NOTED]
        found[name] = sorted(rows, key=repr)
    return found


_ENTRIES = Base.metadata.tables["entries"]


def owners(tx: Tx) -> dict[tuple[str, Any], int]:
    """Whose each row is, wherever a table says so."""
    out: dict[tuple[str, Any], int] = {}
    for name, rows in snapshot(tx).items():
        for row in rows:
            if row.get("customer_id") is not None and name not in ("customer_stages", "transitions"):
                key = next(row[k] for k in ("id", "entry_id", "episode_id") if k in row)
                if not (name == "entries" and row["kind"] == "stage") and not (
                    name == "facts" and row["name"] in ("stage", "stage_model")
                ):
                    out[name, key] = row["customer_id"]
    return out


_browsers = count(1)


def visitor(tx: Tx, name: str = "") -> Identity:
    """A browser in the chat, with a customer of its own."""
    sender = Sender(Address("visitor", f"browser-{next(_browsers)}", name), "verified", "a signed token")
    return people.resolve(tx, sender, at=tx.now())
