"""What a history needs before it begins: a brand with inboxes, teams and agents; what a desk has is taken as it is."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from sqlalchemy import select

from desk import agents, lifecycle, settings, surveys
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


@dataclass(frozen=True, slots=True)
class Scenery:
    """`inboxes` by the words that topics use (support, invoices); `staff` by the keys of the world's agents."""

    inboxes: Mapping[str, Inbox]
    staff: Mapping[str, Viewer]


def check(tx: Tx) -> None:
    """Raises ValueError where a mail could really go out: invented people must never be written to."""
    for inbox in settings.inboxes(tx):
        if not inbox.active or inbox.channel == "chat":  # a widget sends nothing anywhere: visitors come to it
            continue
        transport = inbox.config.get("transport", "outbox")
        way = transport if inbox.channel == "email" else inbox.channel
        if way != "outbox":
            raise ValueError(
                f"The inbox {inbox.name} ({inbox.address}) sends by {way}: a simulation runs only on a desk whose "
                "mails stay in its outbox. Set its transport to outbox, or use another DATA folder."
            )


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
    staff: dict[str, Viewer] = {}
    for trait in world.agents:
        row = agents.by_email(tx, trait.email)
        staff_id = row.id if row is not None else _member(tx, trait.email, trait.name, "agent", passwords)
        for name in sorted(trait.inboxes):
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
    for name, address, team in (
        ("Support", "support@kiln.example", "Support"),
        ("Invoices", "invoices@kiln.example", "Invoices"),
    ):
        team_id = teams.get(team) or agents.create_team(tx, team).id
        settings.create_inbox(
            tx,
            channel="email",
            name=name,
            address=address,
            brand_id=brand.id,
            team_id=team_id,
            config={"transport": "outbox"},
            zone=ZONE,
        )
