"""what the trained model says of a message"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from desk.store import UtcTime

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    with op.batch_alter_table("sentiment_scores", schema=None) as batch_op:
        batch_op.add_column(sa.Column("episode_id", _big()))
        batch_op.add_column(sa.Column("unanswered", _big(), nullable=False, server_default="0"))
        batch_op.add_column(sa.Column("waited", sa.Double(), nullable=False, server_default="0"))
        batch_op.add_column(sa.Column("similarity", sa.Double(), nullable=False, server_default="0"))
        batch_op.add_column(sa.Column("read_at", UtcTime()))
    with op.batch_alter_table("sentiment_scores", schema=None) as batch_op:
        for name in ("unanswered", "waited", "similarity"):
            batch_op.alter_column(name, server_default=None)
    # What was scored so far was followed at once.
    op.execute(
        "UPDATE sentiment_scores SET read_at = occurred_at, "
        "episode_id = (SELECT entries.episode_id FROM entries WHERE entries.id = sentiment_scores.entry_id)"
    )
    with op.batch_alter_table("sentiment_corrections", schema=None) as batch_op:
        batch_op.add_column(sa.Column("after_entry_id", _big()))
        batch_op.create_index("ix_sentiment_corrections_conversation", ["conversation_id", "id"])
    op.create_table(
        "sentiment_layers",
        sa.Column("id", _big(), nullable=False),
        sa.Column("at", UtcTime(), nullable=False),
        sa.Column("head", sa.String(length=80), nullable=False),
        sa.Column("corrections", _big(), nullable=False),
        sa.Column("last_correction_id", _big(), nullable=False),
        sa.Column("weights", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_sentiment_layers")),
    )


def downgrade() -> None:
    op.drop_table("sentiment_layers")
    with op.batch_alter_table("sentiment_corrections", schema=None) as batch_op:
        batch_op.drop_index("ix_sentiment_corrections_conversation")
        batch_op.drop_column("after_entry_id")
    with op.batch_alter_table("sentiment_scores", schema=None) as batch_op:
        for name in ("read_at", "similarity", "waited", "unanswered", "episode_id"):
            batch_op.drop_column(name)


def _big() -> sa.types.TypeEngine[int]:
    return sa.BigInteger().with_variant(sa.Integer(), "sqlite")
