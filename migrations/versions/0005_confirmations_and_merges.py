"""confirmations and joined customers"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

from desk.store import UtcTime

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None

BIG = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
JSON = sa.JSON().with_variant(postgresql.JSONB(), "postgresql")
FOLDED = sa.String(320).with_variant(sa.String(320, collation="C"), "postgresql")

# Columns are added one by one, not by copying the table: `entries` is a table of its own kind on SQLite, and large.


def upgrade() -> None:
    op.create_table(
        "confirmations",
        sa.Column("id", BIG, nullable=False),
        sa.Column("identity_id", BIG, nullable=False),
        sa.Column("kind", sa.String(12), nullable=False),
        sa.Column("value_folded", FOLDED, nullable=False),
        sa.Column("conversation_id", BIG, nullable=True),
        sa.Column("inbox_id", BIG, nullable=True),
        sa.Column("secret", sa.String(32), nullable=False),
        sa.Column("code_mac", sa.String(64), nullable=False),
        sa.Column("tries", BIG, nullable=False),
        sa.Column("outcome", sa.String(10), nullable=False),
        sa.Column("asked_at", UtcTime(), nullable=False),
        sa.Column("expires_at", UtcTime(), nullable=False),
        sa.Column("closed_at", UtcTime(), nullable=True),
        sa.ForeignKeyConstraint(["identity_id"], ["identities.id"], name=op.f("fk_confirmations_identity_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_confirmations")),
    )
    op.create_index("ix_confirmations_identity", "confirmations", ["identity_id", "id"])
    op.create_index("ix_confirmations_address", "confirmations", ["kind", "value_folded", "asked_at"])
    op.create_table(
        "merges",
        sa.Column("id", BIG, nullable=False),
        sa.Column("keep_id", BIG, nullable=False),
        sa.Column("join_id", BIG, nullable=False),
        sa.Column("because", sa.String(40), nullable=False),
        sa.Column("evidence", JSON, nullable=False),
        sa.Column("moved", JSON, nullable=False),
        sa.Column("kept", JSON, nullable=False),
        sa.Column("staff_id", BIG, nullable=True),
        sa.Column("at", UtcTime(), nullable=False),
        sa.Column("entry_id", BIG, nullable=True),
        sa.Column("undone_at", UtcTime(), nullable=True),
        sa.Column("undone_by", BIG, nullable=True),
        sa.ForeignKeyConstraint(["keep_id"], ["customers.id"], name=op.f("fk_merges_keep_id")),
        sa.ForeignKeyConstraint(["join_id"], ["customers.id"], name=op.f("fk_merges_join_id")),
        sa.ForeignKeyConstraint(["staff_id"], ["staff.id"], name=op.f("fk_merges_staff_id")),
        sa.ForeignKeyConstraint(["undone_by"], ["staff.id"], name=op.f("fk_merges_undone_by")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_merges")),
    )
    op.create_index(op.f("ix_merges_keep_id"), "merges", ["keep_id"])
    op.create_index(
        "uq_merges_standing",
        "merges",
        ["join_id"],
        unique=True,
        sqlite_where=sa.text("undone_at IS NULL"),
        postgresql_where=sa.text("undone_at IS NULL"),
    )
    op.create_table(
        "customers_apart",
        sa.Column("one_id", BIG, autoincrement=False, nullable=False),
        sa.Column("other_id", BIG, autoincrement=False, nullable=False),
        sa.Column("known", JSON, nullable=False),
        sa.Column("staff_id", BIG, nullable=True),
        sa.Column("at", UtcTime(), nullable=False),
        sa.ForeignKeyConstraint(["one_id"], ["customers.id"], name=op.f("fk_customers_apart_one_id")),
        sa.ForeignKeyConstraint(["other_id"], ["customers.id"], name=op.f("fk_customers_apart_other_id")),
        sa.ForeignKeyConstraint(["staff_id"], ["staff.id"], name=op.f("fk_customers_apart_staff_id")),
        sa.PrimaryKeyConstraint("one_id", "other_id", name=op.f("pk_customers_apart")),
    )
    op.create_index(op.f("ix_customers_apart_other_id"), "customers_apart", ["other_id"])
    op.create_index(op.f("ix_customers_merged_into"), "customers", ["merged_into"])
    op.create_index(op.f("ix_identities_origin_customer_id"), "identities", ["origin_customer_id"])
    op.create_index(op.f("ix_deliveries_conversation_id"), "deliveries", ["conversation_id"])
    op.add_column("entries", sa.Column("origin_customer_id", BIG, nullable=True))
    op.add_column("facts", sa.Column("origin_customer_id", BIG, nullable=True))


def downgrade() -> None:
    op.drop_column("facts", "origin_customer_id")
    op.drop_column("entries", "origin_customer_id")
    op.drop_index(op.f("ix_deliveries_conversation_id"), "deliveries")
    op.drop_index(op.f("ix_identities_origin_customer_id"), "identities")
    op.drop_index(op.f("ix_customers_merged_into"), "customers")
    op.drop_index(op.f("ix_customers_apart_other_id"), "customers_apart")
    op.drop_table("customers_apart")
    op.drop_index("uq_merges_standing", "merges")
    op.drop_index(op.f("ix_merges_keep_id"), "merges")
    op.drop_table("merges")
    op.drop_index("ix_confirmations_address", "confirmations")
    op.drop_index("ix_confirmations_identity", "confirmations")
    op.drop_table("confirmations")
