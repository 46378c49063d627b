"""erased customers with their proof, archives, and the history of consent"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from desk.store import BigInt, Json, UtcTime

revision = "0014"
down_revision = "0013"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("customers", sa.Column("erased_at", UtcTime(), nullable=True))
    op.create_index("ix_arrivals_entry", "arrivals", ["entry_id"])
    op.create_index("ix_entry_keys_entry", "entry_keys", ["entry_id"])
    op.create_table(
        "consent_changes",
        sa.Column("id", BigInt, nullable=False),
        sa.Column("customer_id", BigInt, nullable=False),
        sa.Column("identity_id", BigInt, nullable=True),
        sa.Column("about", sa.String(12), nullable=False),
        sa.Column("state", sa.String(12), nullable=False),
        sa.Column("by", sa.String(10), nullable=False),
        sa.Column("staff_id", BigInt, nullable=True),
        sa.Column("address", sa.String(320), nullable=False),
        sa.Column("evidence", sa.Text(), nullable=False),
        sa.Column("at", UtcTime(), nullable=False),
        sa.ForeignKeyConstraint(["customer_id"], ["customers.id"], name=op.f("fk_consent_changes_customer_id")),
        sa.ForeignKeyConstraint(["identity_id"], ["identities.id"], name=op.f("fk_consent_changes_identity_id")),
        sa.ForeignKeyConstraint(["staff_id"], ["staff.id"], name=op.f("fk_consent_changes_staff_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_consent_changes")),
    )
    op.create_index("ix_consent_changes_customer", "consent_changes", ["customer_id", "id"])
    op.create_index("ix_consent_changes_identity", "consent_changes", ["identity_id", "id"])
    op.create_table(
        "erasures",
        sa.Column("id", BigInt, nullable=False),
        sa.Column("customer_id", BigInt, nullable=False),
        sa.Column("staff_id", BigInt, nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("state", sa.String(8), nullable=False),
        sa.Column("asked_at", UtcTime(), nullable=False),
        sa.Column("finished_at", UtcTime(), nullable=True),
        sa.Column("members", Json, nullable=False),
        sa.Column("place", Json, nullable=False),
        sa.Column("went", Json, nullable=False),
        sa.Column("stayed", Json, nullable=False),
        sa.Column("before", sa.String(64), nullable=False),
        sa.Column("digest", sa.String(64), nullable=False),
        sa.ForeignKeyConstraint(["customer_id"], ["customers.id"], name=op.f("fk_erasures_customer_id")),
        sa.ForeignKeyConstraint(["staff_id"], ["staff.id"], name=op.f("fk_erasures_staff_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_erasures")),
    )
    op.create_index("ix_erasures_customer", "erasures", ["customer_id", "id"])
    op.create_table(
        "archives",
        sa.Column("id", BigInt, nullable=False),
        sa.Column("customer_id", BigInt, nullable=False),
        sa.Column("staff_id", BigInt, nullable=False),
        sa.Column("state", sa.String(8), nullable=False),
        sa.Column("done", BigInt, nullable=False),
        sa.Column("total", BigInt, nullable=False),
        sa.Column("sha256", sa.String(64), nullable=False),
        sa.Column("size", BigInt, nullable=False),
        sa.Column("missing", BigInt, nullable=False),
        sa.Column("asked_at", UtcTime(), nullable=False),
        sa.Column("finished_at", UtcTime(), nullable=True),
        sa.Column("expires_at", UtcTime(), nullable=True),
        sa.ForeignKeyConstraint(["customer_id"], ["customers.id"], name=op.f("fk_archives_customer_id")),
        sa.ForeignKeyConstraint(["staff_id"], ["staff.id"], name=op.f("fk_archives_staff_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_archives")),
    )
    op.create_index("ix_archives_customer", "archives", ["customer_id", "id"])
    op.create_index("ix_archives_expires", "archives", ["state", "expires_at"])


def downgrade() -> None:
    op.drop_table("archives")
    op.drop_table("erasures")
    op.drop_table("consent_changes")
    op.drop_index("ix_entry_keys_entry", "entry_keys")
    op.drop_index("ix_arrivals_entry", "arrivals")
    op.drop_column("customers", "erased_at")
