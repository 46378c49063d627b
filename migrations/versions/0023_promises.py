"""calendars, policies of promised answers, their clocks; office hours of inboxes become calendars"""

from __future__ import annotations

from datetime import UTC, datetime

import sqlalchemy as sa
from alembic import op

from desk.store import BigInt, Json, UtcTime

revision = "0023"
down_revision = "0022"
branch_labels = None
depends_on = None

_INBOXES = sa.table(
    "inboxes",
    sa.column("id", BigInt),
    sa.column("channel", sa.String),
    sa.column("name", sa.String),
    sa.column("zone", sa.String),
    sa.column("config", Json),
    sa.column("calendar_id", BigInt),
)
_CALENDARS = sa.table(
    "calendars",
    sa.column("id", BigInt),
    sa.column("name", sa.String),
    sa.column("name_folded", sa.String),
    sa.column("version_id", BigInt),
)
_VERSIONS = sa.table(
    "calendar_versions",
    sa.column("id", BigInt),
    sa.column("calendar_id", BigInt),
    sa.column("zone", sa.String),
    sa.column("hours", sa.Text),
    sa.column("holidays", sa.Text),
    sa.column("made_at", UtcTime()),
)


def upgrade() -> None:
    op.create_table(
        "calendars",
        sa.Column("id", BigInt, nullable=False),
        sa.Column("name", sa.String(80), nullable=False),
        sa.Column("name_folded", sa.String(160), nullable=True),
        sa.Column("version_id", BigInt, nullable=True),
        sa.Column("removed_at", UtcTime(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_calendars")),
        sa.UniqueConstraint("name_folded", name=op.f("uq_calendars_name_folded")),
    )
    op.create_table(
        "calendar_versions",
        sa.Column("id", BigInt, nullable=False),
        sa.Column("calendar_id", BigInt, nullable=False),
        sa.Column("zone", sa.String(64), nullable=False),
        sa.Column("hours", sa.Text(), nullable=False),
        sa.Column("holidays", sa.Text(), nullable=False),
        sa.Column("made_at", UtcTime(), nullable=False),
        sa.Column("staff_id", BigInt, nullable=True),
        sa.ForeignKeyConstraint(["calendar_id"], ["calendars.id"], name=op.f("fk_calendar_versions_calendar_id")),
        sa.ForeignKeyConstraint(["staff_id"], ["staff.id"], name=op.f("fk_calendar_versions_staff_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_calendar_versions")),
    )
    op.create_index("ix_calendar_versions_calendar", "calendar_versions", ["calendar_id", "id"])
    op.create_table(
        "sla_policies",
        sa.Column("id", BigInt, nullable=False),
        sa.Column("name", sa.String(80), nullable=False),
        sa.Column("position", BigInt, nullable=False),
        sa.Column("inbox_id", BigInt, nullable=True),
        sa.Column("segment_id", BigInt, nullable=True),
        sa.Column("priority", BigInt, nullable=True),
        sa.Column("first_minutes", BigInt, nullable=True),
        sa.Column("next_minutes", BigInt, nullable=True),
        sa.Column("resolution_minutes", BigInt, nullable=True),
        sa.Column("hours", sa.String(10), nullable=False),
        sa.Column("calendar_id", BigInt, nullable=True),
        sa.Column("pauses", sa.Boolean(), nullable=False),
        sa.Column("warn_minutes", BigInt, nullable=False),
        sa.Column("created_at", UtcTime(), nullable=False),
        sa.Column("updated_at", UtcTime(), nullable=False),
        sa.Column("staff_id", BigInt, nullable=True),
        sa.Column("removed_at", UtcTime(), nullable=True),
        sa.ForeignKeyConstraint(["inbox_id"], ["inboxes.id"], name=op.f("fk_sla_policies_inbox_id")),
        sa.ForeignKeyConstraint(["calendar_id"], ["calendars.id"], name=op.f("fk_sla_policies_calendar_id")),
        sa.ForeignKeyConstraint(["staff_id"], ["staff.id"], name=op.f("fk_sla_policies_staff_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_sla_policies")),
    )
    op.create_table(
        "sla_clocks",
        sa.Column("id", BigInt, nullable=False),
        sa.Column("conversation_id", BigInt, nullable=False),
        sa.Column("episode_id", BigInt, nullable=False),
        sa.Column("policy_id", BigInt, nullable=False),
        sa.Column("kind", sa.String(10), nullable=False),
        sa.Column("minutes", BigInt, nullable=False),
        sa.Column("version_id", BigInt, nullable=True),
        sa.Column("because", Json, nullable=False),
        sa.Column("pauses", sa.Boolean(), nullable=False),
        sa.Column("warn_minutes", BigInt, nullable=False),
        sa.Column("started_at", UtcTime(), nullable=False),
        sa.Column("promised_at", UtcTime(), nullable=True),
        sa.Column("due_at", UtcTime(), nullable=True),
        sa.Column("warn_at", UtcTime(), nullable=True),
        sa.Column("next_at", UtcTime(), nullable=True),
        sa.Column("paused_at", UtcTime(), nullable=True),
        sa.Column("left_seconds", sa.Double(), nullable=False),
        sa.Column("warned_at", UtcTime(), nullable=True),
        sa.Column("breached_at", UtcTime(), nullable=True),
        sa.Column("stopped_at", UtcTime(), nullable=True),
        sa.Column("outcome", sa.String(8), nullable=False),
        sa.ForeignKeyConstraint(
            ["conversation_id"],
            ["conversations.id"],
            name=op.f("fk_sla_clocks_conversation_id"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(["policy_id"], ["sla_policies.id"], name=op.f("fk_sla_clocks_policy_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_sla_clocks")),
    )
    op.create_index("ix_sla_clocks_began", "sla_clocks", ["episode_id", "kind", "started_at"], unique=True)
    op.create_index("ix_sla_clocks_conversation", "sla_clocks", ["conversation_id", "id"])
    op.create_index("ix_sla_clocks_due", "sla_clocks", ["kind", "promised_at"])
    _partial("ix_sla_clocks_running", "sla_clocks", ["conversation_id"], "stopped_at IS NULL")
    _partial("ix_sla_clocks_next", "sla_clocks", ["next_at"], "next_at IS NOT NULL")
    op.add_column("conversations", sa.Column("due_at", UtcTime(), nullable=True))
    op.add_column("conversations", sa.Column("due_warn_at", UtcTime(), nullable=True))
    op.add_column("conversations", sa.Column("due_kind", sa.String(10), server_default=sa.text("''"), nullable=False))
    op.add_column("conversations", sa.Column("due_state", sa.String(8), server_default=sa.text("''"), nullable=False))
    _partial("ix_conversations_due", "conversations", ["due_at", "id"], "due_at IS NOT NULL")
    op.add_column("inboxes", sa.Column("calendar_id", BigInt, nullable=True))
    _hours_become_calendars()


def _partial(name: str, table: str, columns: list[str], where: str) -> None:
    op.create_index(name, table, columns, sqlite_where=sa.text(where), postgresql_where=sa.text(where))


def _hours_become_calendars() -> None:
    """The hours of each inbox as a calendar of the same text; inboxes with the same ones share it."""
    db = op.get_bind()
    made: dict[tuple[str, str], int] = {}
    taken: set[str] = set()
    for inbox in db.execute(sa.select(_INBOXES).order_by(_INBOXES.c.id)).all():
        config = dict(inbox.config or {})
        hours, zone = str(config.pop("hours", None) or "").strip(), str(config.pop("zone", None) or inbox.zone)
        if not hours:
            continue
        if (hours, zone) not in made:
            name, number = inbox.name[:70], 1
            while name.casefold() in taken:
                number += 1
                name = f"{inbox.name[:70]} {number}"
            taken.add(name.casefold())
            made[hours, zone] = _calendar(db, name, zone, hours)
        values = {"config": config, "calendar_id": made[hours, zone]}
        db.execute(sa.update(_INBOXES).where(_INBOXES.c.id == inbox.id).values(**values))


def _calendar(db: sa.Connection, name: str, zone: str, hours: str) -> int:
    row = sa.insert(_CALENDARS).values(name=name, name_folded=name.casefold()).returning(_CALENDARS.c.id)
    calendar_id: int = db.execute(row).scalar_one()
    version = sa.insert(_VERSIONS).values(
        calendar_id=calendar_id, zone=zone, hours=hours, holidays="", made_at=datetime.now(UTC)
    )
    version_id = db.execute(version.returning(_VERSIONS.c.id)).scalar_one()
    db.execute(sa.update(_CALENDARS).where(_CALENDARS.c.id == calendar_id).values(version_id=version_id))
    return calendar_id


def downgrade() -> None:
    db = op.get_bind()
    kept = sa.select(_INBOXES.c.id, _INBOXES.c.config, _VERSIONS.c.hours, _VERSIONS.c.zone)
    kept = kept.join(_CALENDARS, _CALENDARS.c.id == _INBOXES.c.calendar_id)
    kept = kept.join(_VERSIONS, _VERSIONS.c.id == _CALENDARS.c.version_id).where(_INBOXES.c.channel == "chat")
    for inbox in db.execute(kept).all():
        config = dict(inbox.config or {}) | {"hours": inbox.hours, "zone": inbox.zone}
        db.execute(sa.update(_INBOXES).where(_INBOXES.c.id == inbox.id).values(config=config))
    op.drop_column("inboxes", "calendar_id")
    op.drop_index("ix_conversations_due", "conversations")
    for name in ("due_state", "due_kind", "due_warn_at", "due_at"):
        op.drop_column("conversations", name)  # by themselves: rows refer to the table, which a copy would drop
    op.drop_table("sla_clocks")
    op.drop_table("sla_policies")
    op.drop_table("calendar_versions")
    op.drop_table("calendars")
