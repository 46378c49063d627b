"""files that readers of an article can take away"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from desk.store import Json

revision = "0040"
down_revision = "0039"
branch_labels = None
depends_on = None

TABLES = ("articles", "article_versions")


def upgrade() -> None:
    for table in TABLES:
        op.add_column(table, sa.Column("files", Json, nullable=False, server_default=sa.text("'[]'")))


def downgrade() -> None:
    for table in TABLES:
        op.drop_column(table, "files")
