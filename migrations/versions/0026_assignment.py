"""presence, what people can take and know, assignment policies, who was given what, notes that go with it"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from desk.store import BigInt, Json, UtcTime

revision = "0026"
down_revision = "0025"
branch_labels = None
depends_on = None


def _staff(table: str) -> list[sa.SchemaItem]:
    return [
        sa.Column("staff_id", BigInt, autoincrement=False, nullable=False),
        sa.ForeignKeyConstraint(["staff_id"], ["staff.id"], name=op.f(f"fk_{table}_staff_id"), ondelete="CASCADE"),
    ]


def upgrade() -> None:
    op.create_table(
        "presences",
        *_staff("presences"),
        sa.Column("seen_at", UtcTime(), nullable=True),
        sa.Column("active_at", UtcTime(), nullable=True),
        sa.Column("chosen", sa.String(8), nullable=False),
        sa.Column("chosen_at", UtcTime(), nullable=True),
        sa.Column("drafts", Json, nullable=False),
        sa.PrimaryKeyConstraint("staff_id", name=op.f("pk_presences")),
    )
    op.create_table(
        "staff_work",
        *_staff("staff_work"),
        sa.Column("calendar_id", BigInt, nullable=True),
        sa.Column("capacity", BigInt, nullable=False),
        sa.Column("most", Json, nullable=False),
        sa.ForeignKeyConstraint(["calendar_id"], ["calendars.id"], name=op.f("fk_staff_work_calendar_id")),
        sa.PrimaryKeyConstraint("staff_id", name=op.f("pk_staff_work")),
    )
    op.create_table(
        "staff_skills",
        *_staff("staff_skills"),
        sa.Column("kind", sa.String(8), nullable=False),
        sa.Column("value", sa.String(60), nullable=False),
        sa.PrimaryKeyConstraint("staff_id", "kind", "value", name=op.f("pk_staff_skills")),
    )
    op.create_table(
        "assignment_policies",
        sa.Column("id", BigInt, nullable=False),
        sa.Column("team_id", BigInt, nullable=True),
        sa.Column("mode", sa.String(8), nullable=False),
        sa.Column("by_language", sa.Boolean(), nullable=False),
        sa.Column("by_label", sa.Boolean(), nullable=False),
        sa.Column("away_minutes", BigInt, nullable=True),
        sa.Column("at_end", sa.Boolean(), nullable=False),
        sa.Column("changed_at", UtcTime(), nullable=False),
        sa.Column("changed_by", BigInt, nullable=True),
        sa.ForeignKeyConstraint(
            ["team_id"], ["teams.id"], name=op.f("fk_assignment_policies_team_id"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(["changed_by"], ["staff.id"], name=op.f("fk_assignment_policies_changed_by")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_assignment_policies")),
        sa.UniqueConstraint("team_id", name=op.f("uq_assignment_policies_team_id")),
    )
    op.create_table(
        "assignments",
        sa.Column("id", BigInt, nullable=False),
        sa.Column("conversation_id", BigInt, nullable=False),
        sa.Column("staff_id", BigInt, nullable=False),
        sa.Column("policy_id", BigInt, nullable=True),
        sa.Column("how", sa.String(8), nullable=False),
        sa.Column("by_id", BigInt, nullable=True),
        sa.Column("at", UtcTime(), nullable=False),
        sa.Column("kept", sa.Boolean(), nullable=False),
        sa.Column("answered_at", UtcTime(), nullable=True),
        sa.Column("ended_at", UtcTime(), nullable=True),
        sa.Column("ended", sa.String(8), nullable=False),
        sa.ForeignKeyConstraint(
            ["conversation_id"], ["conversations.id"], name=op.f("fk_assignments_conversation_id"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(["staff_id"], ["staff.id"], name=op.f("fk_assignments_staff_id")),
        sa.ForeignKeyConstraint(["by_id"], ["staff.id"], name=op.f("fk_assignments_by_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_assignments")),
    )
    now = sa.text("ended_at IS NULL")
    op.create_index(
        "ix_assignments_now", "assignments", ["conversation_id"], unique=True, sqlite_where=now, postgresql_where=now
    )
    op.create_index("ix_assignments_conversation", "assignments", ["conversation_id", "id"])
    op.create_index("ix_assignments_turn", "assignments", ["policy_id", "staff_id", "id"])
    op.create_index("ix_assignments_at", "assignments", ["at"])
    op.create_table(
        "assignment_waits",
        sa.Column("conversation_id", BigInt, autoincrement=False, nullable=False),
        sa.Column("reason", sa.String(80), nullable=False),
        sa.Column("since", UtcTime(), nullable=False),
        sa.ForeignKeyConstraint(
            ["conversation_id"],
            ["conversations.id"],
            name=op.f("fk_assignment_waits_conversation_id"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("conversation_id", name=op.f("pk_assignment_waits")),
    )
    op.add_column("conversations", sa.Column("pinned_entry_id", BigInt, nullable=True))


def downgrade() -> None:
    op.drop_column("conversations", "pinned_entry_id")
    for name in (
        "assignment_waits", "assignments", "assignment_policies", "staff_skills", "staff_work", "presences"
    ):  # fmt: skip
        op.drop_table(name)
