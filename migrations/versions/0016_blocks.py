"""the block list, and what it kept aside"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from desk.store import BigInt, UtcTime

revision = "0016"
down_revision = "0014"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "blocks",
        sa.Column("id", BigInt, nullable=False),
        sa.Column("kind", sa.String(10), nullable=False),
        sa.Column("value", sa.String(320), nullable=False),
        sa.Column("value_folded", sa.String(640), nullable=False),
        sa.Column("why", sa.String(200), nullable=False),
        sa.Column("staff_id", BigInt, nullable=True),
        sa.Column("created_at", UtcTime(), nullable=False),
        sa.Column("lifted_at", UtcTime(), nullable=True),
        sa.Column("lifted_by", BigInt, nullable=True),
        sa.Column("messages", BigInt, nullable=False),
        sa.Column("last_at", UtcTime(), nullable=True),
        sa.ForeignKeyConstraint(["staff_id"], ["staff.id"], name=op.f("fk_blocks_staff_id")),
        sa.ForeignKeyConstraint(["lifted_by"], ["staff.id"], name=op.f("fk_blocks_lifted_by")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_blocks")),
    )
    standing = sa.text("lifted_at IS NULL")
    op.create_index(
        "uq_blocks_standing",
        "blocks",
        ["kind", "value_folded"],
        unique=True,
        sqlite_where=standing,
        postgresql_where=standing,
    )
    with op.batch_alter_table("arrivals") as batch:
        batch.add_column(sa.Column("block_id", BigInt, nullable=True))
    known = sa.text("block_id IS NOT NULL")
    op.create_index("ix_arrivals_block", "arrivals", ["block_id", "id"], sqlite_where=known, postgresql_where=known)


def downgrade() -> None:
    op.drop_index("ix_arrivals_block", "arrivals")
    with op.batch_alter_table("arrivals") as batch:
        batch.drop_column("block_id")
    op.drop_table("blocks")
