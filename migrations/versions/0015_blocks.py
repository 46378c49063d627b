"""the block list and what it kept aside; conversations merged and split"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

from desk.store import BigInt, UtcTime

JSON = sa.JSON().with_variant(postgresql.JSONB(), "postgresql")

revision = "0015"
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
    op.add_column("conversations", sa.Column("merged_into", BigInt, nullable=True))
    op.create_index("ix_conversations_merged", "conversations", ["merged_into"])
    op.create_table(
        "talk_moves",
        sa.Column("id", BigInt, nullable=False),
        sa.Column("kind", sa.String(10), nullable=False),
        sa.Column("from_id", BigInt, nullable=False),
        sa.Column("to_id", BigInt, nullable=False),
        sa.Column("kept", JSON, nullable=False),
        sa.Column("entry_id", BigInt, nullable=True),
        sa.Column("staff_id", BigInt, nullable=True),
        sa.Column("at", UtcTime(), nullable=False),
        sa.Column("undone_at", UtcTime(), nullable=True),
        sa.Column("undone_by", BigInt, nullable=True),
        sa.ForeignKeyConstraint(["from_id"], ["conversations.id"], name=op.f("fk_talk_moves_from_id")),
        sa.ForeignKeyConstraint(["to_id"], ["conversations.id"], name=op.f("fk_talk_moves_to_id")),
        sa.ForeignKeyConstraint(["staff_id"], ["staff.id"], name=op.f("fk_talk_moves_staff_id")),
        sa.ForeignKeyConstraint(["undone_by"], ["staff.id"], name=op.f("fk_talk_moves_undone_by")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_talk_moves")),
    )
    op.create_index("ix_talk_moves_from", "talk_moves", ["from_id", "id"])
    op.create_index("ix_talk_moves_to", "talk_moves", ["to_id", "id"])


def downgrade() -> None:
    op.drop_table("talk_moves")
    op.drop_index("ix_conversations_merged", "conversations")
    op.drop_column("conversations", "merged_into")  # by itself: rows refer to the table, which a copy would drop
    op.drop_index("ix_arrivals_block", "arrivals")
    with op.batch_alter_table("arrivals") as batch:
        batch.drop_column("block_id")
    op.drop_table("blocks")
