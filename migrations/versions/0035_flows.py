"""flows: small declared dialogues"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

from desk.store import BigInt, UtcTime

revision = "0035"
down_revision = "0034"
branch_labels = None
depends_on = None

JSON = sa.JSON().with_variant(postgresql.JSONB(), "postgresql")


def upgrade() -> None:
    op.create_table(
        "flows",
        sa.Column("id", BigInt, nullable=False),
        sa.Column("name", sa.String(80), nullable=False),
        sa.Column("draft", sa.Text(), nullable=False),
        sa.Column("version", BigInt, nullable=False),
        sa.Column("changed_at", UtcTime(), nullable=False),
        sa.Column("changed_by", BigInt, nullable=True),
        sa.Column("removed_at", UtcTime(), nullable=True),
        sa.ForeignKeyConstraint(["changed_by"], ["staff.id"], name=op.f("fk_flows_changed_by")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_flows")),
    )
    op.create_table(
        "flow_versions",
        sa.Column("id", BigInt, nullable=False),
        sa.Column("flow_id", BigInt, nullable=False),
        sa.Column("number", BigInt, nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("at", UtcTime(), nullable=False),
        sa.Column("by", BigInt, nullable=True),
        sa.ForeignKeyConstraint(["flow_id"], ["flows.id"], name=op.f("fk_flow_versions_flow_id")),
        sa.ForeignKeyConstraint(["by"], ["staff.id"], name=op.f("fk_flow_versions_by")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_flow_versions")),
    )
    op.create_index("uq_flow_versions_number", "flow_versions", ["flow_id", "number"], unique=True)
    op.create_table(
        "flow_secrets",
        sa.Column("flow_id", BigInt, autoincrement=False, nullable=False),
        sa.Column("name", sa.String(40), nullable=False),
        sa.Column("sealed", sa.Text(), nullable=False),
        sa.Column("at", UtcTime(), nullable=False),
        sa.ForeignKeyConstraint(["flow_id"], ["flows.id"], name=op.f("fk_flow_secrets_flow_id")),
        sa.PrimaryKeyConstraint("flow_id", "name", name=op.f("pk_flow_secrets")),
    )
    op.create_table(
        "flow_runs",
        sa.Column("id", BigInt, nullable=False),
        sa.Column("flow_id", BigInt, nullable=False),
        sa.Column("version_id", BigInt, nullable=False),
        sa.Column("conversation_id", BigInt, nullable=False),
        sa.Column("episode_id", BigInt, nullable=True),
        sa.Column("locale", sa.String(16), nullable=False),
        sa.Column("state", JSON, nullable=False),
        sa.Column("sent_step", BigInt, nullable=True),
        sa.Column("began_at", UtcTime(), nullable=False),
        sa.Column("ended_at", UtcTime(), nullable=True),
        sa.Column("ending", sa.String(12), nullable=False),
        sa.ForeignKeyConstraint(["flow_id"], ["flows.id"], name=op.f("fk_flow_runs_flow_id")),
        sa.ForeignKeyConstraint(["version_id"], ["flow_versions.id"], name=op.f("fk_flow_runs_version_id")),
        sa.ForeignKeyConstraint(
            ["conversation_id"], ["conversations.id"], name=op.f("fk_flow_runs_conversation_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_flow_runs")),
    )
    op.create_index("ix_flow_runs_conversation", "flow_runs", ["conversation_id", "id"])
    where = sa.text("ended_at IS NULL")
    op.create_index(
        "uq_flow_runs_open", "flow_runs", ["conversation_id"], unique=True, sqlite_where=where, postgresql_where=where
    )
    op.create_table(
        "flow_trials",
        sa.Column("id", BigInt, nullable=False),
        sa.Column("flow_id", BigInt, nullable=False),
        sa.Column("staff_id", BigInt, nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("locale", sa.String(16), nullable=False),
        sa.Column("verified", sa.Boolean(), nullable=False),
        sa.Column("state", JSON, nullable=False),
        sa.Column("lines", JSON, nullable=False),
        sa.Column("calling", sa.Boolean(), nullable=False),
        sa.Column("at", UtcTime(), nullable=False),
        sa.ForeignKeyConstraint(["flow_id"], ["flows.id"], name=op.f("fk_flow_trials_flow_id")),
        sa.ForeignKeyConstraint(["staff_id"], ["staff.id"], name=op.f("fk_flow_trials_staff_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_flow_trials")),
    )


def downgrade() -> None:
    for name in ("flow_trials", "flow_runs", "flow_secrets", "flow_versions", "flows"):
        op.drop_table(name)
