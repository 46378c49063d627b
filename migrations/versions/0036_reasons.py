"""reasons for which customers come"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from desk.store import BigInt, UtcTime

revision = "0036"
down_revision = "0035"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "reasons",
        sa.Column("id", BigInt, nullable=False),
        sa.Column("parent_id", BigInt, nullable=True),
        sa.Column("name", sa.String(60), nullable=False),
        sa.Column("name_folded", sa.String(120), nullable=False),
        sa.Column("description", sa.String(300), nullable=False),
        sa.Column("position", BigInt, nullable=False),
        sa.Column("archived_at", UtcTime(), nullable=True),
        sa.Column("became_id", BigInt, nullable=True),
        sa.Column("made_by", BigInt, nullable=True),
        sa.Column("made_at", UtcTime(), nullable=False),
        sa.ForeignKeyConstraint(["parent_id"], ["reasons.id"], name=op.f("fk_reasons_parent_id_reasons")),
        sa.ForeignKeyConstraint(["became_id"], ["reasons.id"], name=op.f("fk_reasons_became_id_reasons")),
        sa.ForeignKeyConstraint(["made_by"], ["staff.id"], name=op.f("fk_reasons_made_by_staff")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_reasons")),
    )
    for name, columns, level in (
        ("uq_reasons_top", ["name_folded"], "parent_id IS NULL"),
        ("uq_reasons_part", ["parent_id", "name_folded"], "parent_id IS NOT NULL"),
    ):
        where = sa.text(f"{level} AND archived_at IS NULL")
        op.create_index(name, "reasons", columns, unique=True, sqlite_where=where, postgresql_where=where)
    op.create_table(
        "reason_groups",
        sa.Column("group_id", BigInt, nullable=False, autoincrement=False),
        sa.Column("reason_id", BigInt, nullable=True),
        sa.Column("at", UtcTime(), nullable=False),
        sa.Column("by", BigInt, nullable=True),
        sa.ForeignKeyConstraint(
            ["group_id"],
            ["question_groups.id"],
            name=op.f("fk_reason_groups_group_id_question_groups"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(["reason_id"], ["reasons.id"], name=op.f("fk_reason_groups_reason_id_reasons")),
        sa.ForeignKeyConstraint(["by"], ["staff.id"], name=op.f("fk_reason_groups_by_staff")),
        sa.PrimaryKeyConstraint("group_id", name=op.f("pk_reason_groups")),
    )
    op.create_index(op.f("ix_reason_groups_reason_id"), "reason_groups", ["reason_id"])
    op.create_table(
        "episode_reasons",
        sa.Column("episode_id", BigInt, nullable=False, autoincrement=False),
        sa.Column("reason_id", BigInt, nullable=True),
        sa.Column("at", UtcTime(), nullable=False),
        sa.Column("by", BigInt, nullable=False),
        sa.ForeignKeyConstraint(["episode_id"], ["episodes.id"], name=op.f("fk_episode_reasons_episode_id_episodes")),
        sa.ForeignKeyConstraint(["reason_id"], ["reasons.id"], name=op.f("fk_episode_reasons_reason_id_reasons")),
        sa.ForeignKeyConstraint(["by"], ["staff.id"], name=op.f("fk_episode_reasons_by_staff")),
        sa.PrimaryKeyConstraint("episode_id", name=op.f("pk_episode_reasons")),
    )
    op.create_index(op.f("ix_episode_reasons_reason_id"), "episode_reasons", ["reason_id"])
    # The report looks at the episodes of a period.
    op.create_index("ix_episodes_opened", "episodes", ["opened_at", "id"])


def downgrade() -> None:
    op.drop_index("ix_episodes_opened", "episodes")
    for table in ("episode_reasons", "reason_groups", "reasons"):
        op.drop_table(table)
