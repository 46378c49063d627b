"""What a history needs before it begins: a brand with inboxes, teams and agents; what a desk has is taken as it is."""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import select

from desk import agents, lifecycle, settings, sla, surveys
from desk.agents import Viewer
from desk.settings import Inbox
from desk.simulate.world import World
from desk.store import Tx

BRAND = {
    "key": "kiln",
    "name": "Kiln & Co.",
    "colour": "#0e6b70",
    "locale": "en",
    "locales": ["en", "de", "es"],
    "zone": "Europe/Stockholm",
}
ZONE = "Europe/Stockholm"
OTHERS = ("chat", "sms")  # channels beside the mail that is always there


@dataclass(frozen=True, slots=True)
class Scenery:
    """`inboxes` by the words that topics use (support, invoices) and by channel (chat, sms) where the desk has them;
    `staff` by the keys of the world's agents."""

    inboxes: Mapping[str, Inbox]
    staff: Mapping[str, Viewer]


def check(tx: Tx) -> None:
    """Raises ValueError where a mail could really go out: invented people must never be written to."""
    for inbox in settings.inboxes(tx):
        if not inbox.active or inbox.channel == "chat":  # a widget sends nothing anywhere: visitors come to it
            continue
        transport = inbox.config.get("transport", "outbox")
        if transport != "outbox":
            raise ValueError(
                f"The inbox {inbox.name} ({inbox.address}) sends by {transport}: a simulation runs only on a desk "
                "whose messages stay in its outbox. Set its transport to outbox, or use another DATA folder."
            )


def channels(tx: Tx) -> set[str]:
    """By which channels invented customers can write: those of the desk's inboxes, or all where it has none yet."""
    if not settings.inboxes(tx, "email", active=True):
        return {"email", *OTHERS}
    return {"email"} | {i.channel for i in settings.inboxes(tx, active=True) if i.channel in OTHERS}


def build(tx: Tx, world: World, passwords: Mapping[str, str] | None = None) -> Scenery:
    """Finds or makes what is missing. `passwords` (address -> password) are for the sample desk alone."""
    if not lifecycle.published(tx):
        lifecycle.install_templates(tx)
    surveys.install_defaults(tx)
    if not settings.inboxes(tx, "email", active=True):
        _inboxes(tx)
    inboxes = settings.inboxes(tx, "email", active=True)
    invoices = next((i for i in inboxes if i.address.startswith(("invoice", "billing"))), inboxes[0])
    support = next((i for i in inboxes if i is not invoices), inboxes[0])
    made = {"support": support, "invoices": invoices}
    made |= {channel: found[0] for channel in OTHERS if (found := settings.inboxes(tx, channel, active=True))}
    staff: dict[str, Viewer] = {}
    for trait in world.agents:
        row = agents.by_email(tx, trait.email)
        staff_id = row.id if row is not None else _member(tx, trait.email, trait.name, "agent", passwords)
        also = [name for name in OTHERS if name in made and "support" in trait.inboxes]
        for name in (*sorted(trait.inboxes), *also):
            team_id = made[name].team_id
            if team_id is not None:
                agents.add_member(tx, team_id, staff_id)
        viewer = agents.viewer(tx, staff_id)
        if viewer is None:
            raise ValueError(f"{trait.name} ({trait.email}) is switched off, and the simulation needs this agent.")
        staff[trait.key] = viewer
    return Scenery(made, staff)


def _member(tx: Tx, email: str, name: str, role: str, passwords: Mapping[str, str] | None) -> int:
    password = (passwords or {}).get(email)
    return agents.create(tx, email=email, name=name, role=role, password=password, sample=True, zone=ZONE).id


def leads(tx: Tx, passwords: Mapping[str, str]) -> None:
    """The supervisor and the admin of the sample desk."""
    for email, name, role in (
        ("supervisor@kiln.example", "Helena Ström", "supervisor"),
        ("admin@kiln.example", "Mikael Dahl", "admin"),
    ):
        if agents.by_email(tx, email) is None:
            _member(tx, email, name, role, passwords)


def _inboxes(tx: Tx) -> None:
    brand = tx.scalar(select(settings.Brand).where(settings.Brand.key == BRAND["key"]))
    if brand is None:
        brand = settings.create_brand(tx, **BRAND)  # type: ignore[arg-type]
    teams = {team.name: team.id for team in agents.teams(tx)}
    for channel, name, address, team in (
        ("email", "Support", "support@kiln.example", "Support"),
        ("email", "Invoices", "invoices@kiln.example", "Invoices"),
        ("chat", "Chat on the shop", "shop.kiln.example", "Support"),
        ("sms", "Text messages", "+447700900000", "Support"),
    ):
        team_id = teams.get(team) or agents.create_team(tx, team).id
        teams[team] = team_id
        settings.create_inbox(
            tx,
            channel=channel,
            name=name,
            address=address,
            brand_id=brand.id,
            team_id=team_id,
            config=_config(channel),
            secret_fields=frozenset({"auth_token"}),
            zone=ZONE,
        )
    # Short enough that some are due soon and some were missed, as in any shop.
    sla.save(tx, None, sla.Wanted(name="Every question", first_minutes=8 * 60, next_minutes=24 * 60, warn_minutes=120))


def _config(channel: str) -> dict[str, Any]:
    """An inbox that can be tried at once. The token of the SMS one signs what its outbox hands in as a customer."""
    if channel == "chat":
        return {"trust_email": True}
    return {"transport": "outbox"} | ({"auth_token": secrets.token_hex(16)} if channel == "sms" else {})
