"""blind samples of messages, to know how much frustration is missed"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from desk.store import BigInt, UtcTime

revision = "0043"
down_revision = "0042"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "sentiment_samples",
        sa.Column("id", BigInt, nullable=False),
        sa.Column("at", UtcTime(), nullable=False),
        sa.Column("staff_id", BigInt, nullable=False),
        sa.Column("flagged", BigInt, nullable=False),
        sa.Column("calm", BigInt, nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_sentiment_samples")),
    )
    op.create_table(
        "sentiment_sampled",
        sa.Column("sample_id", BigInt, nullable=False),
        sa.Column("place", BigInt, autoincrement=False, nullable=False),
        sa.Column("entry_id", BigInt, nullable=False),
        sa.Column("chance", sa.Double(), nullable=False),
        sa.Column("verdict", sa.String(8), nullable=True),
        sa.Column("staff_id", BigInt, nullable=True),
        sa.Column("at", UtcTime(), nullable=True),
        sa.ForeignKeyConstraint(["sample_id"], ["sentiment_samples.id"], name=op.f("fk_sentiment_sampled_sample_id")),
        sa.PrimaryKeyConstraint("sample_id", "place", name=op.f("pk_sentiment_sampled")),
    )


def downgrade() -> None:
    op.drop_table("sentiment_sampled")
    op.drop_table("sentiment_samples")
