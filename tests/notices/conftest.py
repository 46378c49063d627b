"""A desk that reacts, a conversation with an owner, and what everybody was told."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import pytest

from desk import agents, conversations, notices, reactions
from desk.agents import Viewer
from desk.notices import Told
from desk.parts import Desk
from desk.store import Store
from tests.factories import make_conversation, make_customer, make_inbox, make_staff, make_team


@dataclass
class Office:
    """Ada, whose conversation it is, Bea of her team, and Carla who leads; Dora is of another team."""

    desk: Desk
    ada: Viewer
    bea: Viewer
    carla: Viewer
    dora: Viewer
    number: int

    @property
    def store(self) -> Store:
        return self.desk.store

    def told(self, who: Viewer, *, unread: bool = False) -> list[Told]:
        with self.store.reading() as tx:
            return [one for one in notices.page(tx, who).rows if not (unread and one.read)]

    def kinds(self, who: Viewer) -> list[str]:
        return [one.kind for one in self.told(who)]

    def assign(self, to: Viewer, by: Viewer | None) -> None:
        with self.store.transaction() as tx:
            conversations.assign(tx, self.number, by, to.id)

    def chooses(self, who: Viewer, kind: str, **ways: Any) -> None:
        with self.store.transaction() as tx:
            notices.choose(tx, who.id, notices.Choice({kind: notices.Ways(**ways)}))


@pytest.fixture
def office(desk: Desk) -> Office:
    desk.store.react_with(reactions.react)
    with desk.store.transaction() as tx:
        make_inbox(tx)
        people = [make_staff(tx, name=name, role=role) for name, role in (
            ("Ada Ant", "agent"), ("Bea Bee", "agent"), ("Carla Cat", "admin"), ("Dora Dog", "agent")
        )]  # fmt: skip
        team = make_team(tx, people[0], people[1])
        customer = make_customer(tx, name="Marta Lindqvist")
        number = make_conversation(tx, customer, team_id=team.id).id
        viewers = [agents.viewer(tx, one.id) for one in people]
    ada, bea, carla, dora = (one for one in viewers if one is not None)
    return Office(desk, ada, bea, carla, dora, number)
