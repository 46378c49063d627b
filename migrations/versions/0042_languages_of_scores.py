"""the language of a scored message, and no score for one in a language that the desk does not hear"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0042"
down_revision = "0041"
branch_labels = None
depends_on = None


def upgrade() -> None:
    with op.batch_alter_table("sentiment_scores") as table:
        table.add_column(sa.Column("language", sa.String(8), nullable=False, server_default=sa.text("''")))
        table.alter_column("frustration", existing_type=sa.Double(), nullable=True)


def downgrade() -> None:
    op.execute("UPDATE sentiment_scores SET frustration = 0 WHERE frustration IS NULL")
    with op.batch_alter_table("sentiment_scores") as table:
        table.alter_column("frustration", existing_type=sa.Double(), nullable=False)
        table.drop_column("language")
