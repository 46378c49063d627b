"""What the live side asks of the pages: fragments and whose session this is. The console hands it over at start, for
siblings do not import each other."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from desk.agents import Viewer
from desk.conversations import Row
from desk.store import Tx

EXTENSION = "loopdesk.console"  # the key in app.extensions


@dataclass(frozen=True, slots=True)
class Shown:
    """One line in one look."""

    entry_id: int
    customer_id: int
    conversation_id: int | None
    locale: str
    zone: str
    payload: dict[str, Any]


class Faces(Protocol):
    """Renders what screens show, outside of any request."""

    def viewer(self) -> Viewer | None:
        """Whose session the present request carries."""
        ...

    def row(self, row: Row, locale: str, zone: str) -> dict[str, Any]:
        """A queue row as a screen takes it: its HTML, and what decides where it belongs."""
        ...

    def entries(self, tx: Tx, entry_ids: Sequence[int], looks: Sequence[tuple[str, str]]) -> list[Shown]:
        """Lines of timelines in each language and zone, with the conversation that says who may see them."""
        ...
