"""surveys on every channel"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from desk.store import UtcTime

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None

# Columns are added and dropped one by one, not by copying the table: other tables' rows point into these.


def upgrade() -> None:
    op.add_column(
        "invitations", sa.Column("identity_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True)
    )
    for column in ("got_at", "seen_at", "mailed_at"):
        op.add_column("invitations", sa.Column(column, UtcTime(), nullable=True))
    op.create_index("ix_invitations_identity", "invitations", ["identity_id", "sent_at"])
    for table in ("responses", "response_versions"):
        # Until now there was one way to ask and to answer.
        op.add_column(table, sa.Column("channel", sa.String(20), nullable=False, server_default="email"))


def downgrade() -> None:
    for table in ("response_versions", "responses"):
        op.drop_column(table, "channel")
    op.drop_index("ix_invitations_identity", "invitations")
    for column in ("mailed_at", "seen_at", "got_at", "identity_id"):
        op.drop_column("invitations", column)
