"""Rules, their changes, firings and dry runs; canned replies and macros."""

from __future__ import annotations

from datetime import datetime
from typing import Any, ClassVar

from sqlalchemy import ForeignKey, Index, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from desk.audit import Watched
from desk.store import Base, BigInt, Json


class Rule(Base):
    """One rule as it is in force: when `trigger` happens and `condition` holds, then `actions`, by `position`.

    A rule that is removed stays as a row, because firings name it. `stopped` says why it switched itself off.
    """

    __tablename__ = "rules"
    __audit__: ClassVar[Watched] = Watched(
        "rule",
        (
            *("name", "position", "enabled", "trigger", "wait_minutes", "condition", "actions", "per_hour", "per_day"),
            *("stopped", "removed_at"),
        ),
    )
    __table_args__ = (Index("ix_rules_trigger", "enabled", "trigger"),)
    id: Mapped[int] = mapped_column(primary_key=True)
    key: Mapped[str | None] = mapped_column(String(40), unique=True)  # of those that the desk came with
    name: Mapped[str] = mapped_column(String(120))
    position: Mapped[int]
    enabled: Mapped[bool] = mapped_column(default=False)
    version: Mapped[int] = mapped_column(default=1)
    trigger: Mapped[str] = mapped_column(String(20))
    wait_minutes: Mapped[int | None]  # of a trigger that is a time passed
    condition: Mapped[str] = mapped_column(Text, default="")  # empty: always
    actions: Mapped[list[Any]]
    per_hour: Mapped[int]
    per_day: Mapped[int]  # in one conversation
    failures: Mapped[int] = mapped_column(default=0)  # in a row
    stopped: Mapped[str] = mapped_column(Text, default="")
    looked_to: Mapped[datetime | None]  # how far the clock of a timed trigger was read
    staff_id: Mapped[int | None] = mapped_column(ForeignKey("staff.id"))  # who changed it last
    created_at: Mapped[datetime]
    updated_at: Mapped[datetime]
    removed_at: Mapped[datetime | None]


class RuleChange(Base):
    """Who changed what of a rule, when, from what to what. `what`: made, changed, on, off, moved, removed, stopped.

    `before` and `after` are the whole rule as people see it.
    """

    __tablename__ = "rule_changes"
    __table_args__ = (Index("ix_rule_changes_rule", "rule_id", "id"),)
    id: Mapped[int] = mapped_column(primary_key=True)
    rule_id: Mapped[int] = mapped_column(ForeignKey("rules.id"))
    version: Mapped[int]
    what: Mapped[str] = mapped_column(String(10))
    before: Mapped[dict[str, Any]] = mapped_column(default=dict)
    after: Mapped[dict[str, Any]] = mapped_column(default=dict)
    staff_id: Mapped[int | None] = mapped_column(ForeignKey("staff.id"))  # none: the desk itself
    at: Mapped[datetime]


class Firing(Base):
    """One time that a rule's condition held, append-only; each event fires a rule once.

    `outcome`: done, partly, unchanged (all was so already), refused (this conversation does not allow it), failed (the
    rule cannot do what it says), held (a cap or a chain). `evidence`: as of a transition. `results`: {"do", "how",
    "said"} for each action that was tried. `chain`: the rules that led to the event, first one first.
    """

    __tablename__ = "rule_firings"
    __table_args__ = (
        Index("uq_rule_firings_event", "rule_id", "event", unique=True),
        Index("ix_rule_firings_rule", "rule_id", "at"),
        Index("ix_rule_firings_log", "rule_id", "id"),
        Index("ix_rule_firings_outcome", "outcome", "id"),
        Index("ix_rule_firings_conversation", "conversation_id", "rule_id", "at"),
        Index("ix_rule_firings_sieve", "rule_id", "outcome", "id"),
    )
    id: Mapped[int] = mapped_column(primary_key=True)
    rule_id: Mapped[int] = mapped_column(ForeignKey("rules.id"))
    version: Mapped[int]
    conversation_id: Mapped[int] = mapped_column(ForeignKey("conversations.id"))
    event: Mapped[str] = mapped_column(String(120))
    trigger: Mapped[str] = mapped_column(String(20))
    entry_id: Mapped[int | None] = mapped_column(BigInt)  # the line that the event is
    happened_at: Mapped[datetime]
    at: Mapped[datetime]
    outcome: Mapped[str] = mapped_column(String(10))
    why: Mapped[str] = mapped_column(Text, default="")  # it was held
    evidence: Mapped[list[Any]] = mapped_column(default=list)
    results: Mapped[list[Any]] = mapped_column(default=list)
    chain: Mapped[list[Any]] = mapped_column(default=list)


class Trial(Base):
    """What a rule would have done in the last conversations: counted in slices, so that a page can wait for it.

    `state`: waiting, running, done. `found`: {"fired", "held", "rows": [{"conversation_id", "at", …}]}.
    """

    __tablename__ = "rule_trials"
    id: Mapped[int] = mapped_column(primary_key=True)
    rule_id: Mapped[int] = mapped_column(ForeignKey("rules.id"), index=True)
    version: Mapped[int]
    state: Mapped[str] = mapped_column(String(10), default="waiting")
    looked: Mapped[int] = mapped_column(default=0)
    wanted: Mapped[int]
    place: Mapped[int | None] = mapped_column(BigInt)  # the conversation that was looked at last
    found: Mapped[dict[str, Any]] = mapped_column(Json, default=dict)
    staff_id: Mapped[int | None] = mapped_column(ForeignKey("staff.id"))
    asked_at: Mapped[datetime]
    finished_at: Mapped[datetime | None]


class Canned(Base):
    """A text that is written again and again, with what is done along with it: with actions it is a macro.

    `texts` are its languages, the first of which stands in for the others: [{"locale", "text"}]. It is for its owner
    (`staff_id`), for a team (`team_id`) or, with neither, for everybody. One that is removed stays as a row, because
    timelines name macros.
    """

    __tablename__ = "canned"
    __audit__: ClassVar[Watched] = Watched(
        "canned",
        ("name", "shortcut", "texts", "actions", "team_id", "staff_id", "removed_at"),
        personal=lambda state: state["staff_id"] is not None,
    )
    __table_args__ = (
        Index("ix_canned_staff", "staff_id", "removed_at", "id"),
        Index("ix_canned_team", "team_id", "removed_at", "id"),
    )
    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(String(120))
    shortcut: Mapped[str] = mapped_column(String(40), default="")
    texts: Mapped[list[Any]] = mapped_column(default=list)
    actions: Mapped[list[Any]] = mapped_column(default=list)
    staff_id: Mapped[int | None] = mapped_column(ForeignKey("staff.id"))
    team_id: Mapped[int | None] = mapped_column(ForeignKey("teams.id", ondelete="CASCADE"))
    uses: Mapped[int] = mapped_column(default=0)
    used_at: Mapped[datetime | None]
    changed_by: Mapped[int | None] = mapped_column(ForeignKey("staff.id"))
    created_at: Mapped[datetime]
    updated_at: Mapped[datetime]
    removed_at: Mapped[datetime | None]
