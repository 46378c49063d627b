"""rules: when, if, then; their changes, their firings, their dry runs"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from desk.store import BigInt, Json, UtcTime

revision = "0022"
down_revision = "0021"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "rules",
        sa.Column("id", BigInt, nullable=False),
        sa.Column("key", sa.String(40), nullable=True),
        sa.Column("name", sa.String(120), nullable=False),
        sa.Column("position", BigInt, nullable=False),
        sa.Column("enabled", sa.Boolean(), nullable=False),
        sa.Column("version", BigInt, nullable=False),
        sa.Column("trigger", sa.String(20), nullable=False),
        sa.Column("wait_minutes", BigInt, nullable=True),
        sa.Column("condition", sa.Text(), nullable=False),
        sa.Column("actions", Json, nullable=False),
        sa.Column("per_hour", BigInt, nullable=False),
        sa.Column("per_day", BigInt, nullable=False),
        sa.Column("failures", BigInt, nullable=False),
        sa.Column("stopped", sa.Text(), nullable=False),
        sa.Column("looked_to", UtcTime(), nullable=True),
        sa.Column("staff_id", BigInt, nullable=True),
        sa.Column("created_at", UtcTime(), nullable=False),
        sa.Column("updated_at", UtcTime(), nullable=False),
        sa.Column("removed_at", UtcTime(), nullable=True),
        sa.ForeignKeyConstraint(["staff_id"], ["staff.id"], name=op.f("fk_rules_staff_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_rules")),
        sa.UniqueConstraint("key", name=op.f("uq_rules_key")),
    )
    op.create_index("ix_rules_trigger", "rules", ["enabled", "trigger"])
    op.create_table(
        "rule_changes",
        sa.Column("id", BigInt, nullable=False),
        sa.Column("rule_id", BigInt, nullable=False),
        sa.Column("version", BigInt, nullable=False),
        sa.Column("what", sa.String(10), nullable=False),
        sa.Column("before", Json, nullable=False),
        sa.Column("after", Json, nullable=False),
        sa.Column("staff_id", BigInt, nullable=True),
        sa.Column("at", UtcTime(), nullable=False),
        sa.ForeignKeyConstraint(["rule_id"], ["rules.id"], name=op.f("fk_rule_changes_rule_id")),
        sa.ForeignKeyConstraint(["staff_id"], ["staff.id"], name=op.f("fk_rule_changes_staff_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_rule_changes")),
    )
    op.create_index("ix_rule_changes_rule", "rule_changes", ["rule_id", "id"])
    op.create_table(
        "rule_firings",
        sa.Column("id", BigInt, nullable=False),
        sa.Column("rule_id", BigInt, nullable=False),
        sa.Column("version", BigInt, nullable=False),
        sa.Column("conversation_id", BigInt, nullable=False),
        sa.Column("event", sa.String(120), nullable=False),
        sa.Column("trigger", sa.String(20), nullable=False),
        sa.Column("entry_id", BigInt, nullable=True),
        sa.Column("happened_at", UtcTime(), nullable=False),
        sa.Column("at", UtcTime(), nullable=False),
        sa.Column("outcome", sa.String(10), nullable=False),
        sa.Column("why", sa.Text(), nullable=False),
        sa.Column("evidence", Json, nullable=False),
        sa.Column("results", Json, nullable=False),
        sa.Column("chain", Json, nullable=False),
        sa.ForeignKeyConstraint(["rule_id"], ["rules.id"], name=op.f("fk_rule_firings_rule_id")),
        sa.ForeignKeyConstraint(
            ["conversation_id"], ["conversations.id"], name=op.f("fk_rule_firings_conversation_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_rule_firings")),
    )
    op.create_index("uq_rule_firings_event", "rule_firings", ["rule_id", "event"], unique=True)
    op.create_index("ix_rule_firings_rule", "rule_firings", ["rule_id", "at"])
    op.create_index("ix_rule_firings_log", "rule_firings", ["rule_id", "id"])
    op.create_index("ix_rule_firings_outcome", "rule_firings", ["outcome", "id"])
    op.create_index("ix_rule_firings_conversation", "rule_firings", ["conversation_id", "rule_id", "at"])
    op.create_index("ix_rule_firings_sieve", "rule_firings", ["rule_id", "outcome", "id"])
    op.create_table(
        "rule_trials",
        sa.Column("id", BigInt, nullable=False),
        sa.Column("rule_id", BigInt, nullable=False),
        sa.Column("version", BigInt, nullable=False),
        sa.Column("state", sa.String(10), nullable=False),
        sa.Column("looked", BigInt, nullable=False),
        sa.Column("wanted", BigInt, nullable=False),
        sa.Column("place", BigInt, nullable=True),
        sa.Column("found", Json, nullable=False),
        sa.Column("staff_id", BigInt, nullable=True),
        sa.Column("asked_at", UtcTime(), nullable=False),
        sa.Column("finished_at", UtcTime(), nullable=True),
        sa.ForeignKeyConstraint(["rule_id"], ["rules.id"], name=op.f("fk_rule_trials_rule_id")),
        sa.ForeignKeyConstraint(["staff_id"], ["staff.id"], name=op.f("fk_rule_trials_staff_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_rule_trials")),
    )
    op.create_index("ix_rule_trials_rule_id", "rule_trials", ["rule_id"])


def downgrade() -> None:
    op.drop_table("rule_trials")
    op.drop_table("rule_firings")
    op.drop_table("rule_changes")
    op.drop_table("rules")
