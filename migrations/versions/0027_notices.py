"""what colleagues are told, how they want to be told, what is on their screens, browsers that take a push"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from desk.store import BigInt, Json, UtcTime

revision = "0027"
down_revision = "0026"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "notices",
        sa.Column("id", BigInt, nullable=False),
        sa.Column("staff_id", BigInt, nullable=False),
        sa.Column("kind", sa.String(12), nullable=False),
        sa.Column("conversation_id", BigInt, nullable=True),
        sa.Column("entry_id", BigInt, nullable=True),
        sa.Column("by_id", BigInt, nullable=True),
        sa.Column("detail", Json, nullable=False),
        sa.Column("times", BigInt, nullable=False),
        sa.Column("at", UtcTime(), nullable=False),
        sa.Column("in_app", sa.Boolean(), nullable=False),
        sa.Column("read_at", UtcTime(), nullable=True),
        sa.Column("mail", sa.String(6), nullable=False),
        sa.Column("mailed_at", UtcTime(), nullable=True),
        sa.ForeignKeyConstraint(["staff_id"], ["staff.id"], name=op.f("fk_notices_staff_id"), ondelete="CASCADE"),
        sa.ForeignKeyConstraint(
            ["conversation_id"], ["conversations.id"], name=op.f("fk_notices_conversation_id"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(["by_id"], ["staff.id"], name=op.f("fk_notices_by_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_notices")),
    )
    op.create_index("ix_notices_staff", "notices", ["staff_id", "in_app", "id"])
    op.create_index("ix_notices_at", "notices", ["at"])
    _partial("ix_notices_unread", ["staff_id", "in_app"], "read_at IS NULL")
    _partial("ix_notices_conversation", ["staff_id", "conversation_id"], "read_at IS NULL")
    _partial("ix_notices_mail", ["staff_id", "mail"], "mail <> '' AND mailed_at IS NULL")
    op.create_table(
        "notice_choices",
        sa.Column("staff_id", BigInt, autoincrement=False, nullable=False),
        sa.Column("ways", Json, nullable=False),
        sa.Column("quiet", Json, nullable=False),
        sa.Column("names_in_push", sa.Boolean(), nullable=False),
        sa.ForeignKeyConstraint(
            ["staff_id"], ["staff.id"], name=op.f("fk_notice_choices_staff_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("staff_id", name=op.f("pk_notice_choices")),
    )
    op.create_table(
        "notice_looks",
        sa.Column("socket", sa.String(64), nullable=False),
        sa.Column("staff_id", BigInt, nullable=False),
        sa.Column("conversation_id", BigInt, nullable=False),
        sa.Column("until", UtcTime(), nullable=False),
        sa.ForeignKeyConstraint(["staff_id"], ["staff.id"], name=op.f("fk_notice_looks_staff_id"), ondelete="CASCADE"),
        sa.ForeignKeyConstraint(
            ["conversation_id"], ["conversations.id"], name=op.f("fk_notice_looks_conversation_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("socket", name=op.f("pk_notice_looks")),
    )
    op.create_index("ix_notice_looks_conversation", "notice_looks", ["conversation_id"])
    op.create_table(
        "push_browsers",
        sa.Column("id", BigInt, nullable=False),
        sa.Column("staff_id", BigInt, nullable=False),
        sa.Column("digest", sa.String(64), nullable=False),
        sa.Column("sealed", sa.Text(), nullable=False),
        sa.Column("server_key", sa.String(120), nullable=False),
        sa.Column("label", sa.String(80), nullable=False),
        sa.Column("added_at", UtcTime(), nullable=False),
        sa.Column("sent_at", UtcTime(), nullable=True),
        sa.ForeignKeyConstraint(["staff_id"], ["staff.id"], name=op.f("fk_push_browsers_staff_id"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_push_browsers")),
        sa.UniqueConstraint("digest", name=op.f("uq_push_browsers_digest")),
    )
    op.create_index(op.f("ix_push_browsers_staff_id"), "push_browsers", ["staff_id"])


def _partial(name: str, columns: list[str], where: str) -> None:
    op.create_index(name, "notices", columns, sqlite_where=sa.text(where), postgresql_where=sa.text(where))


def downgrade() -> None:
    for table in ("push_browsers", "notice_looks", "notice_choices", "notices"):
        op.drop_table(table)
