"""canned replies and macros; who was named in notes"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from desk.store import BigInt, Json, UtcTime

revision = "0024"
down_revision = "0023"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "canned",
        sa.Column("id", BigInt, nullable=False),
        sa.Column("name", sa.String(120), nullable=False),
        sa.Column("shortcut", sa.String(40), nullable=False),
        sa.Column("texts", Json, nullable=False),
        sa.Column("actions", Json, nullable=False),
        sa.Column("staff_id", BigInt, nullable=True),
        sa.Column("team_id", BigInt, nullable=True),
        sa.Column("uses", BigInt, nullable=False),
        sa.Column("used_at", UtcTime(), nullable=True),
        sa.Column("changed_by", BigInt, nullable=True),
        sa.Column("created_at", UtcTime(), nullable=False),
        sa.Column("updated_at", UtcTime(), nullable=False),
        sa.Column("removed_at", UtcTime(), nullable=True),
        sa.ForeignKeyConstraint(["staff_id"], ["staff.id"], name=op.f("fk_canned_staff_id")),
        sa.ForeignKeyConstraint(["team_id"], ["teams.id"], name=op.f("fk_canned_team_id"), ondelete="CASCADE"),
        sa.ForeignKeyConstraint(["changed_by"], ["staff.id"], name=op.f("fk_canned_changed_by")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_canned")),
    )
    op.create_index("ix_canned_staff", "canned", ["staff_id", "removed_at", "id"])
    op.create_index("ix_canned_team", "canned", ["team_id", "removed_at", "id"])
    op.create_table(
        "mentions",
        sa.Column("staff_id", BigInt, nullable=False),
        sa.Column("entry_id", BigInt, autoincrement=False, nullable=False),
        sa.ForeignKeyConstraint(["staff_id"], ["staff.id"], name=op.f("fk_mentions_staff_id"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("staff_id", "entry_id", name=op.f("pk_mentions")),
    )


def downgrade() -> None:
    op.drop_table("mentions")
    op.drop_table("canned")
