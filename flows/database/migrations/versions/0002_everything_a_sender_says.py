"""Everything a sender says about itself and its letters; holds, repeats, feeds, postcodes."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

NOT_IN_A_FEED = sa.text("feed_number IS NULL AND to_status IS NOT NULL")

NEW_COLUMNS = {
    "senders": (
        sa.Column("rules", sa.String(10), nullable=False, server_default="now"),
        sa.Column("language", sa.String(2), nullable=False, server_default="nb"),
        sa.Column("nightly_cap", sa.Integer(), nullable=False, server_default="0"),
        sa.Column(
            "resend_to_organisations",
            sa.Boolean(),
            nullable=False,
            server_default=sa.text("true"),
        ),
        sa.Column("information_types", sa.JSON(), nullable=False, server_default="[]"),
        sa.Column("message_sender", sa.Text(), nullable=False, server_default=""),
        sa.Column("notification_texts", sa.JSON(), nullable=False, server_default="{}"),
        sa.Column("confidential_resource", sa.Text(), nullable=False, server_default=""),
        sa.Column("consumer_organisation", sa.String(9), nullable=False, server_default=""),
        sa.Column("print_vendor", sa.String(40), nullable=False, server_default="default"),
        sa.Column("invoice_endpoint", sa.String(40), nullable=False, server_default=""),
    ),
    "shipments": (
        sa.Column("sending_system", sa.String(100), nullable=False, server_default=""),
        sa.Column("correlation_id", sa.String(100), nullable=False, server_default=""),
        sa.Column("confidential", sa.Boolean(), nullable=False, server_default=sa.text("false")),
        sa.Column("held_for", sa.String(40), nullable=False, server_default=""),
        sa.Column("repeat_key", sa.String(64), nullable=False, server_default=""),
        sa.Column("cleared_at", sa.DateTime(timezone=True)),
    ),
    "recipients": (
        sa.Column("reply_to", sa.JSON()),
        sa.Column("links", sa.JSON(), nullable=False, server_default="[]"),
        sa.Column("records", sa.JSON(), nullable=False, server_default="{}"),
    ),
    "problems": (sa.Column("note", sa.Boolean(), nullable=False, server_default=sa.text("false")),),
    "events": (sa.Column("feed_number", sa.Integer()),),
}


def upgrade() -> None:
    """Go to this shape."""
    for table, columns in NEW_COLUMNS.items():
        for column in columns:
            op.add_column(table, column)
    op.create_index(
        "ix_shipments_repeat_key_received_at",
        "shipments",
        ["repeat_key", "received_at"],
    )
    op.create_index(
        "ix_events_not_in_a_feed",
        "events",
        ["shipment_id"],
        sqlite_where=NOT_IN_A_FEED,
        postgresql_where=NOT_IN_A_FEED,
    )
    op.create_table(
        "feeds",
        sa.Column("sender_id", sa.String(64), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("delivered_at", sa.DateTime(timezone=True)),
        sa.ForeignKeyConstraint(["sender_id"], ["senders.id"], name="fk_feeds_sender_id"),
        sa.PrimaryKeyConstraint("sender_id", "number", name="pk_feeds"),
        comment="Files that tell a sender its letters' moves; each move is in exactly one.",
    )
    op.create_table(
        "postcodes",
        sa.Column("postcode", sa.String(4), nullable=False),
        sa.Column("place", sa.Text(), nullable=False),
        sa.Column("municipality", sa.String(4), nullable=False),
        sa.Column("category", sa.String(1), nullable=False),
        sa.PrimaryKeyConstraint("postcode", name="pk_postcodes"),
        comment="The postcode register, as it was last imported.",
    )


def downgrade() -> None:
    """Go back to the shape before."""
    op.drop_table("postcodes")
    op.drop_table("feeds")
    op.drop_index("ix_events_not_in_a_feed", "events")
    op.drop_index("ix_shipments_repeat_key_received_at", "shipments")
    for table, columns in NEW_COLUMNS.items():
        with op.batch_alter_table(table) as changes:
            for column in columns:
                changes.drop_column(column.name)
