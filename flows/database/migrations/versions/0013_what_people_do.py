"""What people do and hold, and the indexes they search letters by."""

import sqlalchemy as sa
from alembic import op

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None

BY_A_PERSON = (
    "actor NOT IN ('intake', 'dispatch', 'print_batch', 'receipts', 'retention', 'svarut')"
)

INDEXES = (
    ("ix_shipments_received_at_id", "shipments", ["received_at", "id"], None),
    (
        "ix_shipments_sender_id_received_at_id",
        "shipments",
        ["sender_id", "received_at", "id"],
        None,
    ),
    ("ix_shipments_status_received_at_id", "shipments", ["status", "received_at", "id"], None),
    (
        "ix_shipments_sender_id_status_received_at_id",
        "shipments",
        ["sender_id", "status", "received_at", "id"],
        None,
    ),
    (
        "ix_shipments_account_code_received_at_id",
        "shipments",
        ["account_code", "received_at", "id"],
        None,
    ),
    ("ix_shipments_reference", "shipments", ["reference"], None),
    ("ix_recipients_digital_id", "recipients", ["digital_id"], "digital_id IS NOT NULL"),
    ("ix_events_by_a_person", "events", ["at"], BY_A_PERSON),
    (
        "ix_events_beginning",
        "events",
        ["to_status"],
        "from_status IS NULL AND to_status IS NOT NULL",
    ),
)


def upgrade() -> None:
    """Go to this shape."""
    op.create_table(
        "operator_acts",
        sa.Column("id", sa.Integer(), autoincrement=True, nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("by", sa.String(80), nullable=False),
        sa.Column("act", sa.String(40), nullable=False),
        sa.Column("about", sa.String(20), nullable=False),
        sa.Column("subject", sa.String(255), nullable=False),
        sa.Column("why", sa.Text(), nullable=False, server_default=""),
        sa.Column("detail", sa.JSON(), nullable=False, server_default="{}"),
        sa.PrimaryKeyConstraint("id", name="pk_operator_acts"),
        comment="What people did that no other table has with their name on it; never changed.",
    )
    op.create_index("ix_operator_acts_at", "operator_acts", ["at"])
    op.create_table(
        "holds",
        sa.Column("id", sa.Integer(), autoincrement=True, nullable=False),
        sa.Column("kind", sa.String(10), nullable=False),
        sa.Column("subject", sa.String(64), nullable=False),
        sa.Column("held_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("held_by", sa.String(80), nullable=False),
        sa.Column("why", sa.Text(), nullable=False),
        sa.Column("until", sa.DateTime(timezone=True)),
        sa.Column("released_at", sa.DateTime(timezone=True)),
        sa.Column("released_by", sa.String(80), nullable=False, server_default=""),
        sa.Column("released_why", sa.Text(), nullable=False, server_default=""),
        sa.CheckConstraint("kind IN ('SENDER', 'BATCH', 'SHIPMENT')", name="ck_holds_kind_known"),
        sa.PrimaryKeyConstraint("id", name="pk_holds"),
        comment="What a person holds: a sender, a batch, a letter; who, why and until when.",
    )
    op.create_index(
        "uq_holds_held_once",
        "holds",
        ["kind", "subject"],
        unique=True,
        sqlite_where=sa.text("released_at IS NULL"),
        postgresql_where=sa.text("released_at IS NULL"),
    )
    for name, table, columns, where in INDEXES:
        part = sa.text(where) if where else None
        op.create_index(name, table, columns, sqlite_where=part, postgresql_where=part)


def downgrade() -> None:
    """Go back to the shape before."""
    for name, table, _, _ in INDEXES:
        op.drop_index(name, table_name=table)
    op.drop_table("holds")
    op.drop_table("operator_acts")
