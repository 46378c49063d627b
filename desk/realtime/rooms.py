"""Which rooms hear of what: pure, and the same rule as `conversations.visible_to`, told in rooms.

A conversation without a team is everybody's; one with a team is its members', its assignee's, and the leads'. Each
socket sits in the rooms of its viewer; what is emitted to several rooms reaches a socket once.

A customer's timeline may hold entries of conversations that this viewer must not see. So whoever opens a customer
joins one room for each of their own scopes (`customer:7@team:3`), and an entry goes only to the scopes that may see
its conversation.

Fragments are rendered once for each look (language and zone), so the look is the last part of a room's name.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

LEADS = frozenset({"supervisor", "admin"})
EVERYBODY = "everybody"


@dataclass(frozen=True, slots=True, order=True)
class Look:
    """How somebody reads: their language and their zone."""

    locale: str
    zone: str

    def __str__(self) -> str:
        return f"{self.locale}|{self.zone}"


@dataclass(frozen=True, slots=True)
class Reach:
    """Who may see one conversation: what `visible_to` asks of its row."""

    team_id: int | None
    assignee_id: int | None


def scopes(staff_id: int, role: str, team_ids: Iterable[int]) -> tuple[str, ...]:
    """In how many ways a viewer may see things: as one of all, as a member, as the assignee, as a lead."""
    own = [EVERYBODY, f"staff:{staff_id}", *(f"team:{t}" for t in sorted(team_ids))]
    return (*own, "leads") if role in LEADS else tuple(own)


def hears(reach: Reach) -> tuple[str, ...]:
    """The scopes that may see a conversation."""
    if reach.team_id is None:
        return (EVERYBODY,)
    found = ["leads", f"team:{reach.team_id}"]
    if reach.assignee_id is not None:
        found.append(f"staff:{reach.assignee_id}")
    return tuple(found)


def may_hear(reach: Reach, staff_id: int, role: str, team_ids: Iterable[int]) -> bool:
    """Whether a viewer with these scopes hears of the conversation: `visible_to`, said the other way round."""
    return not set(hears(reach)).isdisjoint(scopes(staff_id, role, team_ids))


def queue_rooms(scopes_: Iterable[str], look: Look) -> list[str]:
    """The rooms in which rows of the queue are told."""
    return [f"{scope}#{look}" for scope in scopes_]


def customer_rooms(customer_id: int, scopes_: Iterable[str], look: Look) -> list[str]:
    """The rooms in which entries of one customer's timeline are told to who has it open."""
    return [f"customer:{customer_id}@{scope}#{look}" for scope in scopes_]


def presence_room(conversation_id: int) -> str:
    """The room in which it is told who else looks at a conversation; joined after a check like all others."""
    return f"conversation:{conversation_id}"


def left_behind(before: Reach, after: Reach) -> tuple[str, ...]:
    """The scopes that could see a conversation before and cannot now: their rows must go."""
    if EVERYBODY in hears(after):
        return ()
    now = set(hears(after))
    return tuple(scope for scope in hears(before) if scope not in now)


def who_views(viewing: Mapping[str, int], me: str) -> tuple[int, ...]:
    """The staff whose sockets (socket -> staff id) look at the same thing, without the one who asks."""
    mine = viewing.get(me)
    return tuple(sorted({staff for staff in viewing.values() if staff != mine}))
