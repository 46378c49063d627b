"""links of conversations both ways, names of statuses, and a chosen inbox"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from desk.store import BigInt, UtcTime

revision = "0019"
down_revision = "0018"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "status_names",
        sa.Column("id", BigInt, nullable=False),
        sa.Column("status", sa.String(10), nullable=False),
        sa.Column("name", sa.String(60), nullable=False),
        sa.Column("name_folded", sa.String(120), nullable=False),
        sa.Column("position", BigInt, nullable=False),
        sa.Column("retired_at", UtcTime(), nullable=True),
        sa.Column("made_by", BigInt, nullable=True),
        sa.Column("made_at", UtcTime(), nullable=False),
        sa.ForeignKeyConstraint(["made_by"], ["staff.id"], name=op.f("fk_status_names_made_by")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_status_names")),
        sa.UniqueConstraint("name_folded", name=op.f("uq_status_names_name_folded")),
    )
    op.create_table(
        "conversation_links",
        sa.Column("one_id", BigInt, autoincrement=False, nullable=False),
        sa.Column("other_id", BigInt, autoincrement=False, nullable=False),
        sa.Column("staff_id", BigInt, nullable=True),
        sa.Column("at", UtcTime(), nullable=False),
        sa.ForeignKeyConstraint(["one_id"], ["conversations.id"], name=op.f("fk_conversation_links_one_id")),
        sa.ForeignKeyConstraint(["other_id"], ["conversations.id"], name=op.f("fk_conversation_links_other_id")),
        sa.ForeignKeyConstraint(["staff_id"], ["staff.id"], name=op.f("fk_conversation_links_staff_id")),
        sa.PrimaryKeyConstraint("one_id", "other_id", name=op.f("pk_conversation_links")),
    )
    op.create_index("ix_conversation_links_other_id", "conversation_links", ["other_id"])
    # Until now a conversation only knew where it had begun; whoever began it was the desk itself.
    op.execute(
        "INSERT INTO conversation_links (one_id, other_id, at) SELECT linked_id, id, opened_at FROM conversations"
        " WHERE linked_id IS NOT NULL AND linked_id < id"
    )
    op.add_column("conversations", sa.Column("status_name_id", BigInt, nullable=True))
    op.add_column("conversations", sa.Column("moved_at", UtcTime(), nullable=True))


def downgrade() -> None:
    op.drop_column("conversations", "moved_at")  # by itself: rows refer to the table, which a copy would drop
    op.drop_column("conversations", "status_name_id")
    op.drop_index("ix_conversation_links_other_id", "conversation_links")
    op.drop_table("conversation_links")
    op.drop_table("status_names")
