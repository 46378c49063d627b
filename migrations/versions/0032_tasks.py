"""tasks of conversations, and reminders"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from desk.store import BigInt, UtcTime

revision = "0032"
down_revision = "0031"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "tasks",
        sa.Column("id", BigInt, nullable=False),
        sa.Column("conversation_id", BigInt, nullable=False),
        sa.Column("entry_id", BigInt, nullable=False),
        sa.Column("assignee_id", BigInt, nullable=True),
        sa.Column("due_at", UtcTime(), nullable=True),
        sa.Column("sort_at", UtcTime(), nullable=False),
        sa.Column("made_by", BigInt, nullable=True),
        sa.Column("made_at", UtcTime(), nullable=False),
        sa.Column("done_at", UtcTime(), nullable=True),
        sa.Column("done_by", BigInt, nullable=True),
        sa.ForeignKeyConstraint(
            ["conversation_id"], ["conversations.id"], name=op.f("fk_tasks_conversation_id"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(["assignee_id"], ["staff.id"], name=op.f("fk_tasks_assignee_id")),
        sa.ForeignKeyConstraint(["made_by"], ["staff.id"], name=op.f("fk_tasks_made_by")),
        sa.ForeignKeyConstraint(["done_by"], ["staff.id"], name=op.f("fk_tasks_done_by")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_tasks")),
    )
    op.create_index("ix_tasks_conversation", "tasks", ["conversation_id", "id"])
    for name, columns in (("ix_tasks_mine", ["assignee_id", "sort_at", "id"]), ("ix_tasks_open", ["sort_at", "id"])):
        where = sa.text("done_at IS NULL")
        op.create_index(name, "tasks", columns, sqlite_where=where, postgresql_where=where)
    op.create_table(
        "reminders",
        sa.Column("staff_id", BigInt, autoincrement=False, nullable=False),
        sa.Column("conversation_id", BigInt, autoincrement=False, nullable=False),
        sa.Column("at", UtcTime(), nullable=False),
        sa.ForeignKeyConstraint(["staff_id"], ["staff.id"], name=op.f("fk_reminders_staff_id"), ondelete="CASCADE"),
        sa.ForeignKeyConstraint(
            ["conversation_id"], ["conversations.id"], name=op.f("fk_reminders_conversation_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("staff_id", "conversation_id", name=op.f("pk_reminders")),
    )
    op.create_index(op.f("ix_reminders_conversation_id"), "reminders", ["conversation_id"])


def downgrade() -> None:
    op.drop_table("reminders")
    op.drop_table("tasks")
