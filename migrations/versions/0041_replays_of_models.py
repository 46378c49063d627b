"""another text model as a change that a replay tries"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0041"
down_revision = "0040"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("bot_replays", sa.Column("model", sa.String(120), nullable=False, server_default=sa.text("''")))
    op.add_column(
        "bot_replays", sa.Column("before_model", sa.String(120), nullable=False, server_default=sa.text("''"))
    )


def downgrade() -> None:
    for name in ("before_model", "model"):
        op.drop_column("bot_replays", name)
