"""colleagues who hold a survey back, and why"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from desk.store import BigInt, UtcTime

revision = "0044"
down_revision = "0043"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "survey_suppressions",
        sa.Column("episode_id", BigInt, autoincrement=False, nullable=False),
        sa.Column("conversation_id", BigInt, nullable=False),
        sa.Column("staff_id", BigInt, nullable=False),
        sa.Column("why", sa.String(20), nullable=False),
        sa.Column("at", UtcTime(), nullable=False),
        sa.ForeignKeyConstraint(
            ["conversation_id"], ["conversations.id"], name=op.f("fk_survey_suppressions_conversation_id")
        ),
        sa.ForeignKeyConstraint(["episode_id"], ["episodes.id"], name=op.f("fk_survey_suppressions_episode_id")),
        sa.ForeignKeyConstraint(["staff_id"], ["staff.id"], name=op.f("fk_survey_suppressions_staff_id")),
        sa.PrimaryKeyConstraint("episode_id", name=op.f("pk_survey_suppressions")),
    )
    op.create_index("ix_survey_suppressions_conversation_id", "survey_suppressions", ["conversation_id"])


def downgrade() -> None:
    op.drop_table("survey_suppressions")
