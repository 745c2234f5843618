"""Packages annulled and sent again, pieces refused and stopped, and every batch's history."""

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None

NEW_PAIRS = (
    ("SENDT_PRINT", "AKSEPTERT"),
    ("SENDT_PRINT", "VARSLET"),
    ("SENDT_PRINT", "LEST"),
)


def upgrade() -> None:
    """Go to this shape."""
    op.add_column("pieces", sa.Column("left_as", sa.String(20), nullable=False, server_default=""))
    op.add_column("pieces", sa.Column("left_attempt", sa.Integer()))
    _make_tables_of_attempts()
    _make_tables_of_stops()
    pairs = sa.table("status_pairs", sa.column("from_status"), sa.column("to_status"))
    op.bulk_insert(pairs, [{"from_status": old, "to_status": new} for old, new in NEW_PAIRS])


def downgrade() -> None:
    """Go back to the shape before; refused by the database where letters have come back."""
    pairs = sa.table("status_pairs", sa.column("from_status"), sa.column("to_status"))
    for old, new in NEW_PAIRS:
        op.execute(
            pairs.delete().where(pairs.c.from_status == old, pairs.c.to_status == new),
        )
    for name in (
        "stops",
        "stop_lists",
        "refused_pieces",
        "package_approvals",
        "ended_attempts",
        "batch_events",
    ):
        op.drop_table(name)
    # Not as a batch: SQLite would copy the table, and lose the condition of its index.
    op.drop_column("pieces", "left_attempt")
    op.drop_column("pieces", "left_as")


def _make_tables_of_attempts() -> None:
    op.create_table(
        "batch_events",
        sa.Column("id", sa.Integer(), autoincrement=True, nullable=False),
        sa.Column("batch_id", sa.String(64), nullable=False),
        sa.Column("attempt", sa.Integer(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("kind", sa.String(40), nullable=False),
        sa.Column("actor", sa.String(80), nullable=False),
        sa.Column("detail", sa.JSON(), nullable=False),
        sa.ForeignKeyConstraint(["batch_id"], ["batches.id"], name="fk_batch_events_batch_id"),
        sa.PrimaryKeyConstraint("id", name="pk_batch_events"),
        comment="What happened to a batch, in order; never changed.",
    )
    op.create_index("ix_batch_events_batch_id_id", "batch_events", ["batch_id", "id"])
    op.create_table(
        "ended_attempts",
        sa.Column("batch_id", sa.String(64), nullable=False),
        sa.Column("attempt", sa.Integer(), nullable=False),
        sa.Column("package", sa.String(120), nullable=False),
        sa.Column("package_sha256", sa.String(64), nullable=False),
        sa.Column("package_size_bytes", sa.Integer(), nullable=False),
        sa.Column("letters", sa.Integer(), nullable=False),
        sa.Column("pages", sa.Integer(), nullable=False),
        sa.Column("sheets", sa.Integer(), nullable=False),
        sa.Column("handed_over_at", sa.DateTime(timezone=True)),
        sa.Column("answered_at", sa.DateTime(timezone=True)),
        sa.Column("answer", sa.String(20), nullable=False),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ended_by", sa.String(80), nullable=False),
        sa.Column("said", sa.Text(), nullable=False),
        sa.Column("approved_by", sa.String(80), nullable=False, server_default=""),
        sa.ForeignKeyConstraint(["batch_id"], ["batches.id"], name="fk_ended_attempts_batch_id"),
        sa.PrimaryKeyConstraint("batch_id", "attempt", name="pk_ended_attempts"),
        sa.UniqueConstraint("package", name="uq_ended_attempts_package"),
        comment="Packages that count no longer, so that a late word about one is known.",
    )
    op.create_table(
        "package_approvals",
        sa.Column("batch_id", sa.String(64), nullable=False),
        sa.Column("attempt", sa.Integer(), nullable=False),
        sa.Column("decided_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("recorded_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("approved", sa.Integer(), nullable=False),
        sa.Column("refused", sa.Integer(), nullable=False),
        sa.Column("meaning_sha256", sa.String(64), nullable=False),
        sa.ForeignKeyConstraint(["batch_id"], ["batches.id"], name="fk_package_approvals_batch_id"),
        sa.PrimaryKeyConstraint("batch_id", "attempt", name="pk_package_approvals"),
        comment="The vendor's word on the pieces of a package, once an attempt.",
    )
    op.create_table(
        "refused_pieces",
        sa.Column("batch_id", sa.String(64), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("attempt", sa.Integer(), nullable=False),
        sa.Column("findings", sa.JSON(), nullable=False),
        sa.ForeignKeyConstraint(
            ["batch_id", "number"],
            ["pieces.batch_id", "pieces.number"],
            name="fk_refused_pieces_piece",
        ),
        sa.PrimaryKeyConstraint("batch_id", "number", "attempt", name="pk_refused_pieces"),
    )


def _make_tables_of_stops() -> None:
    op.create_table(
        "stop_lists",
        sa.Column("number", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("name", sa.String(120), nullable=False),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("sent_at", sa.DateTime(timezone=True)),
        sa.Column("answered_at", sa.DateTime(timezone=True)),
        sa.PrimaryKeyConstraint("number", name="pk_stop_lists"),
        sa.UniqueConstraint("name", name="uq_stop_lists_name"),
        comment="Lists of letters the vendor is to stop; each is a file of its own, never changed.",
    )
    op.create_table(
        "stops",
        sa.Column("batch_id", sa.String(64), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("attempt", sa.Integer(), nullable=False),
        sa.Column("shipment_id", sa.String(64), nullable=False),
        sa.Column("state", sa.String(20), nullable=False),
        sa.Column("asked_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("asked_by", sa.String(80), nullable=False),
        sa.Column("why", sa.Text(), nullable=False),
        sa.Column("list_number", sa.Integer()),
        sa.Column("answered_at", sa.DateTime(timezone=True)),
        sa.CheckConstraint(
            "state IN ('ASKED', 'SENT', 'STOPPED', 'TOO_LATE', 'CONTRADICTED')",
            name="ck_stops_state_known",
        ),
        sa.ForeignKeyConstraint(
            ["batch_id", "number"], ["pieces.batch_id", "pieces.number"], name="fk_stops_piece"
        ),
        sa.ForeignKeyConstraint(["shipment_id"], ["shipments.id"], name="fk_stops_shipment_id"),
        sa.ForeignKeyConstraint(
            ["list_number"], ["stop_lists.number"], name="fk_stops_list_number"
        ),
        sa.PrimaryKeyConstraint("batch_id", "number", "attempt", name="pk_stops"),
    )
    op.create_index("ix_stops_state", "stops", ["state"])
    op.create_index("ix_stops_shipment_id", "stops", ["shipment_id"])
