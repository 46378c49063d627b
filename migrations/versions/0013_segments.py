"""segments and who is in them"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from desk.store import BigInt, UtcTime

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "segments",
        sa.Column("id", BigInt, nullable=False),
        sa.Column("name", sa.String(80), nullable=False),
        sa.Column("name_folded", sa.String(160), nullable=False),
        sa.Column("description", sa.Text(), nullable=False),
        sa.Column("condition", sa.Text(), nullable=False),
        sa.Column("revision", BigInt, nullable=False),
        sa.Column("staff_id", BigInt, nullable=True),
        sa.Column("created_at", UtcTime(), nullable=False),
        sa.Column("updated_at", UtcTime(), nullable=False),
        sa.Column("size", BigInt, nullable=False),
        sa.Column("counted_at", UtcTime(), nullable=True),
        sa.Column("looked", BigInt, nullable=False),
        sa.Column("customers", BigInt, nullable=False),
        sa.ForeignKeyConstraint(["staff_id"], ["staff.id"], name=op.f("fk_segments_staff_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_segments")),
        sa.UniqueConstraint("name_folded", name=op.f("uq_segments_name_folded")),
    )
    op.create_table(
        "segment_members",
        sa.Column("segment_id", BigInt, nullable=False),
        sa.Column("customer_id", BigInt, nullable=False),
        sa.Column("since", UtcTime(), nullable=False),
        sa.ForeignKeyConstraint(
            ["segment_id"], ["segments.id"], name=op.f("fk_segment_members_segment_id"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(["customer_id"], ["customers.id"], name=op.f("fk_segment_members_customer_id")),
        sa.PrimaryKeyConstraint("segment_id", "customer_id", name=op.f("pk_segment_members")),
    )
    op.create_index("ix_segment_members_customer", "segment_members", ["customer_id"])


def downgrade() -> None:
    op.drop_table("segment_members")
    op.drop_table("segments")
