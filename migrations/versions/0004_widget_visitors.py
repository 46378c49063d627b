"""visitors of the widget"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from desk.store import UtcTime

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

BIG = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    op.create_table(
        "visitors",
        sa.Column("id", sa.String(40), nullable=False),
        sa.Column("inbox_id", BIG, nullable=False),
        sa.Column("user_ref", sa.String(320), nullable=False),
        sa.Column("identity_id", BIG, nullable=True),
        sa.Column("email_id", BIG, nullable=True),
        sa.Column("name", sa.String(200), nullable=False),
        sa.Column("locale", sa.String(16), nullable=False),
        sa.Column("zone", sa.String(64), nullable=False),
        sa.Column("page_url", sa.String(1000), nullable=False),
        sa.Column("page_title", sa.String(300), nullable=False),
        sa.Column("first_seen_at", UtcTime(), nullable=False),
        sa.Column("last_seen_at", UtcTime(), nullable=False),
        sa.ForeignKeyConstraint(["identity_id"], ["identities.id"], name=op.f("fk_visitors_identity_id")),
        sa.ForeignKeyConstraint(["email_id"], ["identities.id"], name=op.f("fk_visitors_email_id")),
        sa.ForeignKeyConstraint(["inbox_id"], ["inboxes.id"], name=op.f("fk_visitors_inbox_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_visitors")),
    )
    op.create_index(op.f("ix_visitors_identity_id"), "visitors", ["identity_id"])
    op.create_index(op.f("ix_visitors_email_id"), "visitors", ["email_id"])
    op.create_table(
        "visitor_threads",
        sa.Column("conversation_id", BIG, autoincrement=False, nullable=False),
        sa.Column("owner", sa.String(330), nullable=False),
        sa.Column("inbox_id", BIG, nullable=False),
        sa.Column("wrote_at", UtcTime(), nullable=False),
        sa.Column("got_id", BIG, nullable=False),
        sa.Column("seen_id", BIG, nullable=False),
        sa.Column("seen_at", UtcTime(), nullable=True),
        sa.Column("read_id", BIG, nullable=False),
        sa.Column("read_at", UtcTime(), nullable=True),
        sa.Column("read_by", BIG, nullable=True),
        sa.Column("mailed_id", BIG, nullable=False),
        sa.ForeignKeyConstraint(
            ["conversation_id"],
            ["conversations.id"],
            name=op.f("fk_visitor_threads_conversation_id"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(["inbox_id"], ["inboxes.id"], name=op.f("fk_visitor_threads_inbox_id")),
        sa.ForeignKeyConstraint(["read_by"], ["staff.id"], name=op.f("fk_visitor_threads_read_by")),
        sa.PrimaryKeyConstraint("conversation_id", name=op.f("pk_visitor_threads")),
    )
    op.create_index("ix_visitor_threads_owner", "visitor_threads", ["owner", "wrote_at"])


def downgrade() -> None:
    op.drop_index("ix_visitor_threads_owner", "visitor_threads")
    op.drop_table("visitor_threads")
    op.drop_index(op.f("ix_visitors_email_id"), "visitors")
    op.drop_index(op.f("ix_visitors_identity_id"), "visitors")
    op.drop_table("visitors")
