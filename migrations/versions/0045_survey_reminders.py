"""when somebody was reminded of a question"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from desk.store import UtcTime

revision = "0045"
down_revision = "0044"
branch_labels = None
depends_on = None


def upgrade() -> None:
    with op.batch_alter_table("invitations") as invitations:
        invitations.add_column(sa.Column("reminded_at", UtcTime(), nullable=True))


def downgrade() -> None:
    with op.batch_alter_table("invitations") as invitations:
        invitations.drop_column("reminded_at")
