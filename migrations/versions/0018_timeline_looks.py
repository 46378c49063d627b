"""how far a timeline was read, and indexes for its lines of one kind or channel"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from desk.store import BigInt, UtcTime

revision = "0018"
down_revision = "0017"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "timeline_looks",
        sa.Column("staff_id", BigInt, nullable=False),
        sa.Column("customer_id", BigInt, nullable=False),
        sa.Column("entry_id", BigInt, nullable=False),
        sa.Column("looked_at", UtcTime(), nullable=False),
        sa.ForeignKeyConstraint(["staff_id"], ["staff.id"], name=op.f("fk_timeline_looks_staff_id")),
        sa.ForeignKeyConstraint(["customer_id"], ["customers.id"], name=op.f("fk_timeline_looks_customer_id")),
        sa.PrimaryKeyConstraint("staff_id", "customer_id", name=op.f("pk_timeline_looks")),
    )
    op.create_index("ix_entries_kind", "entries", ["customer_id", "kind", "occurred_at", "id"])
    op.create_index(
        "ix_entries_channel",
        "entries",
        ["customer_id", "channel", "kind", "occurred_at", "id"],
        sqlite_where=sa.text("channel IS NOT NULL"),
        postgresql_where=sa.text("channel IS NOT NULL"),
    )


def downgrade() -> None:
    op.drop_index("ix_entries_channel", "entries")
    op.drop_index("ix_entries_kind", "entries")
    op.drop_table("timeline_looks")
