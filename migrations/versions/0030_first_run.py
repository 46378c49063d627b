"""the steps of the first run: done, or left; a desk that is at work already has none to take"""

from __future__ import annotations

from datetime import UTC, datetime

import sqlalchemy as sa
from alembic import op

from desk.store import BigInt, UtcTime

revision = "0030"
down_revision = "0029"
branch_labels = None
depends_on = None


def upgrade() -> None:
    table = op.create_table(
        "first_run_steps",
        sa.Column("step", sa.String(10), nullable=False),
        sa.Column("how", sa.String(8), nullable=False),
        sa.Column("at", UtcTime(), nullable=False),
        sa.Column("staff_id", BigInt, nullable=True),
        sa.ForeignKeyConstraint(["staff_id"], ["staff.id"], name=op.f("fk_first_run_steps_staff_id")),
        sa.PrimaryKeyConstraint("step", name=op.f("pk_first_run_steps")),
    )
    brands = sa.table("brands", sa.column("id", BigInt))
    if op.get_bind().scalar(sa.select(sa.func.count()).select_from(brands)):
        op.bulk_insert(table, [{"step": "all", "how": "closed", "at": datetime.now(UTC), "staff_id": None}])


def downgrade() -> None:
    op.drop_table("first_run_steps")
