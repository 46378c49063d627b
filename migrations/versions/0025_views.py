"""saved views of the queue; bulk changes that can be taken back"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from desk.store import BigInt, Json, UtcTime

revision = "0025"
down_revision = "0024"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "views",
        sa.Column("id", BigInt, nullable=False),
        sa.Column("name", sa.String(60), nullable=False),
        sa.Column("filters", sa.Text(), nullable=False),
        sa.Column("sort", sa.String(10), nullable=False),
        sa.Column("shared", sa.String(10), nullable=False),
        sa.Column("team_id", BigInt, nullable=True),
        sa.Column("staff_id", BigInt, nullable=False),
        sa.Column("created_at", UtcTime(), nullable=False),
        sa.Column("updated_at", UtcTime(), nullable=False),
        sa.ForeignKeyConstraint(["staff_id"], ["staff.id"], name=op.f("fk_views_staff_id")),
        sa.ForeignKeyConstraint(["team_id"], ["teams.id"], name=op.f("fk_views_team_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_views")),
    )
    op.create_index("ix_views_staff", "views", ["staff_id"])
    op.create_table(
        "view_places",
        sa.Column("staff_id", BigInt, nullable=False),
        sa.Column("view_id", BigInt, nullable=False),
        sa.Column("position", BigInt, nullable=False),
        sa.ForeignKeyConstraint(["staff_id"], ["staff.id"], name=op.f("fk_view_places_staff_id")),
        sa.ForeignKeyConstraint(["view_id"], ["views.id"], name=op.f("fk_view_places_view_id"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("staff_id", "view_id", name=op.f("pk_view_places")),
    )
    op.create_index(op.f("ix_view_places_view_id"), "view_places", ["view_id"])
    op.create_table(
        "bulk_runs",
        sa.Column("id", BigInt, nullable=False),
        sa.Column("staff_id", BigInt, nullable=False),
        sa.Column("kind", sa.String(10), nullable=False),
        sa.Column("at", UtcTime(), nullable=False),
        sa.Column("undone_at", UtcTime(), nullable=True),
        sa.ForeignKeyConstraint(["staff_id"], ["staff.id"], name=op.f("fk_bulk_runs_staff_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_bulk_runs")),
    )
    op.create_index(op.f("ix_bulk_runs_at"), "bulk_runs", ["at"])
    op.create_table(
        "bulk_items",
        sa.Column("run_id", BigInt, nullable=False),
        sa.Column("conversation_id", BigInt, nullable=False),
        sa.Column("before", Json, nullable=False),
        sa.Column("after", Json, nullable=False),
        sa.ForeignKeyConstraint(["run_id"], ["bulk_runs.id"], name=op.f("fk_bulk_items_run_id"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("run_id", "conversation_id", name=op.f("pk_bulk_items")),
    )


def downgrade() -> None:
    op.drop_table("bulk_items")
    op.drop_table("bulk_runs")
    op.drop_table("view_places")
    op.drop_table("views")
