"""what a colleague typed with marks, beside the words without them"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0031"
down_revision = "0030"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("contents", sa.Column("source", sa.Text(), nullable=True))


def downgrade() -> None:
    op.drop_column("contents", "source")
