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
    op.add_column("invitations", sa.Column("reminded_at", UtcTime(), nullable=True))


def downgrade() -> None:
    op.drop_column("invitations", "reminded_at")  # not as a batch: answers refer to the table
