"""participants of conversations, and reading links both ways"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from desk.store import BigInt, UtcTime

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "participants",
        sa.Column("id", BigInt, nullable=False),
        sa.Column("conversation_id", BigInt, nullable=False),
        sa.Column("address", sa.String(320), nullable=False),
        sa.Column("address_folded", sa.String(320), nullable=False),
        sa.Column("name", sa.String(200), nullable=False),
        sa.Column("role", sa.String(10), nullable=False),
        sa.Column("kept", sa.Boolean(), nullable=False),
        sa.Column("entry_id", BigInt, nullable=True),
        sa.Column("staff_id", BigInt, nullable=True),
        sa.Column("first_at", UtcTime(), nullable=False),
        sa.ForeignKeyConstraint(
            ["conversation_id"],
            ["conversations.id"],
            name=op.f("fk_participants_conversation_id"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(["staff_id"], ["staff.id"], name=op.f("fk_participants_staff_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_participants")),
    )
    op.create_index("ix_participants_conversation", "participants", ["conversation_id", "address_folded"], unique=True)
    op.create_index("ix_conversations_linked", "conversations", ["linked_id"])
    # What machines may send to one address in an hour is counted by this.
    op.create_index("ix_deliveries_recipient", "deliveries", ["recipient", "queued_at"])


def downgrade() -> None:
    op.drop_index("ix_deliveries_recipient", "deliveries")
    op.drop_index("ix_conversations_linked", "conversations")
    op.drop_table("participants")
