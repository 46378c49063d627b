"""What the people of the sample desk have set up for themselves: canned replies, macros, hours, segments, attributes,
saved views, and a note that names a colleague. Written as they would have done it, for a newcomer to try and change."""

from __future__ import annotations

from functools import lru_cache
from typing import Any

import yaml

from desk import agents, automation, calendars, conversations, facts, flows, outbound, segments, views
from desk.agents import Viewer
from desk.simulate.world import TEXTS
from desk.store import Tx


@lru_cache(maxsize=1)
def wanted() -> dict[str, Any]:
    """The furniture as texts/furniture.yaml lays it out."""
    found: dict[str, Any] = yaml.safe_load((TEXTS / "furniture.yaml").read_text("utf-8"))
    return found


def furnish(tx: Tx, lead_email: str, agent_email: str) -> None:
    """Puts it into a desk that has none of it yet; the names in it are those of the sample's people."""
    lead, agent = _viewer(tx, lead_email), _viewer(tx, agent_email)
    given = wanted()
    calendars.save(tx, lead.id, **given["hours"])
    for one in given["attributes"]:
        facts.declare_attribute(tx, **one, staff_id=lead.id)
    for one in given["segments"]:
        segments.save(tx, lead, **one)
    for one in given["canned"]:
        automation.save_canned(tx, lead, {"whose": "everybody"} | one)
    for text in (TEXTS / "flows.yaml").read_text("utf-8").split("---\n"):
        row = flows.save(tx, text, lead.id)
        if not flows.read(text).secrets:  # the one that needs a shop's own system stays a draft
            flows.publish(tx, row.id, lead.id)
    for one in given["views"]:
        views.create(tx, lead, **one)
    most_urgent = conversations.queue(tx, agent, "mine", limit=1).rows
    if most_urgent:
        outbound.note(tx, most_urgent[0].id, lead, f"@{agent.name} {given['whisper']}")


def _viewer(tx: Tx, email: str) -> Viewer:
    staff = agents.by_email(tx, email)
    found = agents.viewer(tx, staff.id) if staff is not None else None
    if found is None:
        raise LookupError(f"nobody has the address {email}")
    return found
