"""answers to challenges that were used"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from desk.store import BigInt, UtcTime

revision = "0017"
down_revision = "0016"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "challenge_tokens",
        sa.Column("digest", sa.String(64), nullable=False),
        sa.Column("inbox_id", BigInt, nullable=False),
        sa.Column("spent_at", UtcTime(), nullable=False),
        sa.ForeignKeyConstraint(["inbox_id"], ["inboxes.id"], name=op.f("fk_challenge_tokens_inbox_id")),
        sa.PrimaryKeyConstraint("digest", name=op.f("pk_challenge_tokens")),
    )
    op.create_index(op.f("ix_challenge_tokens_spent_at"), "challenge_tokens", ["spent_at"])


def downgrade() -> None:
    op.drop_table("challenge_tokens")
