"""receipts of deliveries, and texts in the outbox"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from desk.store import UtcTime

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None


def upgrade() -> None:
    with op.batch_alter_table("deliveries") as batch:
        batch.add_column(sa.Column("tried_at", UtcTime(), nullable=True))
    op.create_index("ix_deliveries_provider", "deliveries", ["inbox_id", "provider_id"])
    with op.batch_alter_table("outbox_mails") as batch:
        batch.add_column(sa.Column("channel", sa.String(20), nullable=False, server_default="email"))
    with op.batch_alter_table("outbox_mails") as batch:
        batch.alter_column("channel", server_default=None)


def downgrade() -> None:
    with op.batch_alter_table("outbox_mails") as batch:
        batch.drop_column("channel")
    op.drop_index("ix_deliveries_provider", "deliveries")
    with op.batch_alter_table("deliveries") as batch:
        batch.drop_column("tried_at")
