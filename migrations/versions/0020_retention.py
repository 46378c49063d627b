"""how long what was said is kept: rules of inboxes, their runs with proofs, and conversations on hold"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from desk.store import BigInt, Json, UtcTime

revision = "0020"
down_revision = "0019"
branch_labels = None
depends_on = None

ENDED = sa.text("status IN ('resolved', 'spam')")
LOOSE = sa.text(
    "state IN ('duplicate', 'automatic', 'bounce', 'quarantined', 'blocked', 'discarded') AND raw_sha256 <> ''"
)
LIFTED = sa.text("lifted_at IS NULL")


def upgrade() -> None:
    op.add_column("conversations", sa.Column("emptied", BigInt, nullable=False, server_default=sa.text("0")))
    op.create_index(
        "ix_conversations_ended",
        "conversations",
        ["inbox_id", "status", "emptied", "last_at", "id"],
        sqlite_where=ENDED,
        postgresql_where=ENDED,
    )
    op.create_index(
        "ix_arrivals_loose", "arrivals", ["inbox_id", "state", "id"], sqlite_where=LOOSE, postgresql_where=LOOSE
    )
    op.create_table(
        "retention_rules",
        sa.Column("id", BigInt, nullable=False),
        sa.Column("inbox_id", BigInt, nullable=True),
        sa.Column("what", sa.String(8), nullable=False),
        sa.Column("number", BigInt, nullable=False),
        sa.Column("unit", sa.String(6), nullable=False),
        sa.Column("raw_days", BigInt, nullable=True),
        sa.Column("spam_days", BigInt, nullable=True),
        sa.Column("aside_days", BigInt, nullable=True),
        sa.Column("persons", sa.Boolean(), nullable=False),
        sa.Column("staff_id", BigInt, nullable=False),
        sa.Column("saved_at", UtcTime(), nullable=False),
        sa.Column("begins_at", UtcTime(), nullable=False),
        sa.Column("cancelled_at", UtcTime(), nullable=True),
        sa.Column("cancelled_by", BigInt, nullable=True),
        sa.ForeignKeyConstraint(["inbox_id"], ["inboxes.id"], name=op.f("fk_retention_rules_inbox_id")),
        sa.ForeignKeyConstraint(["staff_id"], ["staff.id"], name=op.f("fk_retention_rules_staff_id")),
        sa.ForeignKeyConstraint(["cancelled_by"], ["staff.id"], name=op.f("fk_retention_rules_cancelled_by")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_retention_rules")),
    )
    op.create_index("ix_retention_rules_inbox", "retention_rules", ["inbox_id", "id"])
    op.create_table(
        "retention_runs",
        sa.Column("id", BigInt, nullable=False),
        sa.Column("rule_id", BigInt, nullable=False),
        sa.Column("state", sa.String(8), nullable=False),
        sa.Column("began_at", UtcTime(), nullable=False),
        sa.Column("finished_at", UtcTime(), nullable=True),
        sa.Column("place", Json, nullable=False),
        sa.Column("terms", Json, nullable=False),
        sa.Column("went", Json, nullable=False),
        sa.Column("before", sa.String(64), nullable=False),
        sa.Column("digest", sa.String(64), nullable=False),
        sa.ForeignKeyConstraint(["rule_id"], ["retention_rules.id"], name=op.f("fk_retention_runs_rule_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_retention_runs")),
    )
    op.create_index("ix_retention_runs_state", "retention_runs", ["state", "id"])
    op.create_table(
        "conversation_holds",
        sa.Column("id", BigInt, nullable=False),
        sa.Column("conversation_id", BigInt, nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("staff_id", BigInt, nullable=False),
        sa.Column("at", UtcTime(), nullable=False),
        sa.Column("lifted_at", UtcTime(), nullable=True),
        sa.Column("lifted_by", BigInt, nullable=True),
        sa.ForeignKeyConstraint(
            ["conversation_id"], ["conversations.id"], name=op.f("fk_conversation_holds_conversation_id")
        ),
        sa.ForeignKeyConstraint(["staff_id"], ["staff.id"], name=op.f("fk_conversation_holds_staff_id")),
        sa.ForeignKeyConstraint(["lifted_by"], ["staff.id"], name=op.f("fk_conversation_holds_lifted_by")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_conversation_holds")),
    )
    op.create_index("ix_conversation_holds_conversation", "conversation_holds", ["conversation_id", "id"])
    op.create_index(
        "uq_conversation_holds_standing",
        "conversation_holds",
        ["conversation_id"],
        unique=True,
        sqlite_where=LIFTED,
        postgresql_where=LIFTED,
    )


def downgrade() -> None:
    op.drop_table("conversation_holds")
    op.drop_table("retention_runs")
    op.drop_table("retention_rules")
    op.drop_index("ix_arrivals_loose", "arrivals")
    op.drop_index("ix_conversations_ended", "conversations")
    op.drop_column("conversations", "emptied")
