"""What a search is for one colleague, and what it finds."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement

from desk import conversations
from desk.agents import Viewer
from desk.search.language import Asked, Problem, Term
from desk.search.snippets import Snippet, cut


@dataclass(frozen=True, slots=True)
class LineHit:
    """A line that was found. `place` is where it stands in the order of time."""

    place: int
    entry_id: int
    conversation_id: int
    kind: str
    author: str
    channel: str | None
    staff_id: int | None
    occurred_at: datetime
    customer_name: str
    subject: str
    text: str
    terms: Sequence[Term] = ()
    score: float = 0.0

    @property
    def snippet(self) -> Snippet:
        """The piece around the words; cut when it is asked for, because more are ranked than are shown."""
        return cut(self.text, self.terms)


@dataclass(frozen=True, slots=True)
class ThreadHit:
    """A conversation that was found; `line`: what was said in it that holds the words, if anything was."""

    row: conversations.Row
    terms: Sequence[Term] = ()
    line: LineHit | None = None
    score: float = 0.0

    @property
    def title(self) -> Snippet:
        return cut(self.row.subject, self.terms)

    @property
    def snippet(self) -> Snippet:
        return self.line.snippet if self.line is not None else cut(self.row.preview, self.terms)

    @property
    def entry_id(self) -> int | None:
        """The line to open the conversation at."""
        return self.line.entry_id if self.line is not None else None


@dataclass(frozen=True, slots=True)
class PersonHit:
    """A customer who was found; `because` is the address that fits, `guessed`: by another spelling of the name."""

    id: int
    name: Snippet
    address: Snippet
    conversation_id: int
    channel: str
    guessed: bool = False


@dataclass(slots=True)
class Page:
    """Hits of one kind. `next`: where to go on, None where nothing is further; `back_to`: how far the index was looked
    through, where there may be more behind it than this page shows."""

    hits: list[Any] = field(default_factory=list)
    next: int | None = None
    back_to: datetime | None = None


@dataclass(frozen=True, slots=True)
class Search:
    """A search as it was read for one colleague."""

    viewer: Viewer
    asked: Asked
    where: tuple[ColumnElement[bool], ...]
    by_channel: tuple[ColumnElement[bool], ...]  # of conversations that are not found by what was said in them
    marks: tuple[str, ...]
    narrow: bool  # whether the filters may leave few conversations,
    at_once: bool  # and surely do, so that these are looked through from the beginning
    left_out: tuple[Term, ...]
    least: int
    below: int
    problem: Problem | None = None
    kept: dict[str, Any] = field(default_factory=dict)  # what was looked up for it once

    @property
    def terms(self) -> list[Term]:
        return self.asked.terms
