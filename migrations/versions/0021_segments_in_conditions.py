"""segments that other conditions name, and whom a survey asks"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from desk.store import BigInt, UtcTime

revision = "0021"
down_revision = "0020"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("segments", sa.Column("changed_at", UtcTime()))
    op.create_table(
        "segment_uses",
        sa.Column("segment_id", BigInt, nullable=False),
        sa.Column("kind", sa.String(20), nullable=False),
        sa.Column("key", sa.String(80), nullable=False),
        sa.Column("label", sa.String(200), nullable=False),
        sa.ForeignKeyConstraint(["segment_id"], ["segments.id"], name=op.f("fk_segment_uses_segment_id")),
        sa.PrimaryKeyConstraint("segment_id", "kind", "key", name=op.f("pk_segment_uses")),
    )
    op.create_table(
        "survey_audiences",
        sa.Column("survey_id", BigInt, nullable=False),
        sa.Column("inbox_id", BigInt, nullable=False),
        sa.Column("condition", sa.Text, nullable=False),
        sa.Column("changed_at", UtcTime(), nullable=False),
        sa.Column("staff_id", BigInt),
        sa.ForeignKeyConstraint(["survey_id"], ["surveys.id"], name=op.f("fk_survey_audiences_survey_id")),
        sa.ForeignKeyConstraint(["inbox_id"], ["inboxes.id"], name=op.f("fk_survey_audiences_inbox_id")),
        sa.ForeignKeyConstraint(["staff_id"], ["staff.id"], name=op.f("fk_survey_audiences_staff_id")),
        sa.PrimaryKeyConstraint("survey_id", "inbox_id", name=op.f("pk_survey_audiences")),
    )


def downgrade() -> None:
    op.drop_table("survey_audiences")
    op.drop_table("segment_uses")
    op.drop_column("segments", "changed_at")
