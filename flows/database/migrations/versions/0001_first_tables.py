"""The first tables: senders, shipments, offers, batches, receipts, prices."""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

STATUS_PAIRS = (
    ("AKSEPTERT", "IKKE_LEVERT"),
    ("AKSEPTERT", "MANUELT_HANDTERT"),
    ("AKSEPTERT", "SENDT_PRINT"),
    ("AKSEPTERT", "VARSLET"),
    ("MOTTATT", "AKSEPTERT"),
    ("MOTTATT", "AVVIST"),
    ("MOTTATT", "MANUELT_HANDTERT"),
    ("SENDT_DIGITALT", "LEST"),
    ("SENDT_DIGITALT", "MANUELT_HANDTERT"),
    ("SENDT_PRINT", "MANUELT_HANDTERT"),
    ("SENDT_PRINT", "PRINTET"),
    ("VARSLET", "LEST"),
    ("VARSLET", "MANUELT_HANDTERT"),
    ("VARSLET", "SENDT_DIGITALT"),
    ("VARSLET", "SENDT_PRINT"),
)


def upgrade() -> None:
    """Go to this shape."""
    op.create_table(
        "batches",
        sa.Column("id", sa.String(length=64), nullable=False),
        sa.Column("job_class", sa.String(length=10), nullable=False),
        sa.Column("status", sa.String(length=20), nullable=False),
        sa.Column("status_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("attempt", sa.Integer(), nullable=False),
        sa.Column("letters", sa.Integer(), nullable=False),
        sa.Column("pages", sa.Integer(), nullable=True),
        sa.Column("sheets", sa.Integer(), nullable=True),
        sa.Column("package", sa.String(length=120), nullable=True),
        sa.Column("package_sha256", sa.String(length=64), nullable=True),
        sa.Column("package_size_bytes", sa.Integer(), nullable=True),
        sa.Column("handed_over_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("acknowledged_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("reason", sa.Text(), server_default="", nullable=False),
        sa.CheckConstraint(
            "status IN ('RESERVED', 'ASSEMBLED', 'HANDING_OVER', 'HANDED_OVER', 'ACKNOWLEDGED', 'REFUSED', 'SETTLED', 'ANNULLED')",
            name=op.f("ck_batches_status_known"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_batches")),
    )
    op.create_table(
        "open_items",
        sa.Column("code", sa.String(length=60), nullable=False),
        sa.Column("subject", sa.String(length=255), nullable=False),
        sa.Column("first_seen_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("what", sa.Text(), nullable=False),
        sa.Column("action", sa.Text(), nullable=False),
        sa.Column("closed_at", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("code", "subject", name=op.f("pk_open_items")),
        comment="What needs a person: said once, kept until somebody closes it.",
    )
    op.create_table(
        "prices",
        sa.Column("sku", sa.String(length=40), nullable=False),
        sa.Column("valid_from", sa.Date(), nullable=False),
        sa.Column("valid_to", sa.Date(), nullable=True),
        sa.Column("price_ore", sa.String(length=20), nullable=False),
        sa.Column("source", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("sku", "valid_from", name=op.f("pk_prices")),
    )
    op.create_table(
        "receipt_files",
        sa.Column("sha256", sa.String(length=64), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("fetched_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("state", sa.String(length=20), nullable=False),
        sa.Column("line_count", sa.Integer(), nullable=False),
        sa.Column("booked_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("reason", sa.Text(), server_default="", nullable=False),
        sa.CheckConstraint(
            "state IN ('STAGED', 'BOOKED', 'REFUSED')", name=op.f("ck_receipt_files_state_known")
        ),
        sa.PrimaryKeyConstraint("sha256", name=op.f("pk_receipt_files")),
    )
    op.create_table(
        "senders",
        sa.Column("id", sa.String(length=64), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("organisation_number", sa.String(length=9), nullable=False),
        sa.Column("return_address", sa.JSON(), nullable=False),
        sa.Column("cover_text", sa.Text(), server_default="", nullable=False),
        sa.Column("deadline_policy", sa.String(length=40), nullable=False),
        sa.Column("digital", sa.Boolean(), nullable=False),
        sa.Column("on_hold", sa.Boolean(), server_default=sa.text("(false)"), nullable=False),
        sa.Column("altinn_resource", sa.Text(), server_default="", nullable=False),
        sa.Column("invoice_reference", sa.Text(), server_default="", nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_senders")),
    )
    status_pairs = op.create_table(
        "status_pairs",
        sa.Column("from_status", sa.String(length=20), nullable=False),
        sa.Column("to_status", sa.String(length=20), nullable=False),
        sa.PrimaryKeyConstraint("from_status", "to_status", name=op.f("pk_status_pairs")),
        comment="Which status may follow which; events point here, so no other walk can be written.",
    )
    op.create_table(
        "receipt_lines",
        sa.Column("file_sha256", sa.String(length=64), nullable=False),
        sa.Column("line", sa.Integer(), nullable=False),
        sa.Column("state", sa.String(length=20), nullable=False),
        sa.Column("reason", sa.String(length=200), server_default="", nullable=False),
        sa.Column("batch_id", sa.Text(), nullable=True),
        sa.Column("piece_number", sa.Integer(), nullable=True),
        sa.Column("shipment_id", sa.Text(), nullable=True),
        sa.Column("pages_black_white", sa.Integer(), nullable=True),
        sa.Column("pages_colour", sa.Integer(), nullable=True),
        sa.Column("sheets_by_machine", sa.Integer(), nullable=True),
        sa.Column("extra_sheets_by_machine", sa.Integer(), nullable=True),
        sa.Column("sheets_by_hand", sa.Integer(), nullable=True),
        sa.Column("extra_sheets_by_hand", sa.Integer(), nullable=True),
        sa.Column("weight_grams", sa.Integer(), nullable=True),
        sa.Column("production_ore", sa.Integer(), nullable=True),
        sa.Column("postage_ore", sa.Integer(), nullable=True),
        sa.Column("account_code", sa.Text(), nullable=True),
        sa.Column("posted_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint(
            "state IN ('STAGED', 'APPLIED', 'DUPLICATE', 'QUARANTINED', 'DISMISSED')",
            name=op.f("ck_receipt_lines_state_known"),
        ),
        sa.ForeignKeyConstraint(
            ["file_sha256"], ["receipt_files.sha256"], name=op.f("fk_receipt_lines_file_sha256")
        ),
        sa.PrimaryKeyConstraint("file_sha256", "line", name=op.f("pk_receipt_lines")),
    )
    with op.batch_alter_table("receipt_lines", schema=None) as batch_op:
        batch_op.create_index(
            "uq_receipt_lines_one_applied_per_letter",
            ["shipment_id"],
            unique=True,
            sqlite_where=sa.text("state = 'APPLIED'"),
            postgresql_where=sa.text("state = 'APPLIED'"),
        )

    op.create_table(
        "shipments",
        sa.Column("id", sa.String(length=64), nullable=False),
        sa.Column("sender_id", sa.String(length=64), nullable=False),
        sa.Column("reference", sa.String(length=255), nullable=False),
        sa.Column("contents_sha256", sa.String(length=64), nullable=False),
        sa.Column("status", sa.String(length=20), nullable=False),
        sa.Column("status_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("received_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("digital_only", sa.Boolean(), nullable=False),
        sa.Column("duplex", sa.Boolean(), nullable=False),
        sa.Column("colour", sa.Boolean(), nullable=False),
        sa.Column("account_code", sa.String(length=20), nullable=False),
        sa.Column("shipment_type", sa.String(length=100), nullable=False),
        sa.Column("route", sa.String(length=10), nullable=True),
        sa.Column("route_reason", sa.String(length=40), nullable=True),
        sa.Column("published_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("due_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint(
            "NOT (digital_only AND status IN ('PRINTET', 'SENDT_PRINT'))",
            name=op.f("ck_shipments_digital_only_is_never_printed"),
        ),
        sa.CheckConstraint("route IN ('DIGITAL', 'PAPER')", name=op.f("ck_shipments_route_known")),
        sa.CheckConstraint(
            "status IN ('MOTTATT', 'AKSEPTERT', 'AVVIST', 'VARSLET', 'LEST', 'SENDT_DIGITALT', 'SENDT_PRINT', 'PRINTET', 'IKKE_LEVERT', 'MANUELT_HANDTERT')",
            name=op.f("ck_shipments_status_known"),
        ),
        sa.ForeignKeyConstraint(["sender_id"], ["senders.id"], name=op.f("fk_shipments_sender_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_shipments")),
        sa.UniqueConstraint(
            "sender_id",
            "reference",
            "contents_sha256",
            name=op.f("uq_shipments_sender_id_reference_contents_sha256"),
        ),
    )
    with op.batch_alter_table("shipments", schema=None) as batch_op:
        batch_op.create_index(
            "ix_shipments_status_route_due_at", ["status", "route", "due_at"], unique=False
        )
        batch_op.create_index(
            "uq_shipments_live_reference",
            ["sender_id", "reference"],
            unique=True,
            sqlite_where=sa.text("status <> 'AVVIST'"),
            postgresql_where=sa.text("status <> 'AVVIST'"),
        )

    op.create_table(
        "charges",
        sa.Column("file_sha256", sa.String(length=64), nullable=False),
        sa.Column("line", sa.Integer(), nullable=False),
        sa.Column("kind", sa.String(length=20), nullable=False),
        sa.Column("shipment_id", sa.String(length=64), nullable=False),
        sa.Column("sender_id", sa.String(length=64), nullable=False),
        sa.Column("account_code", sa.String(length=20), nullable=False),
        sa.Column("posted_on", sa.Date(), nullable=False),
        sa.Column("net_ore", sa.Integer(), nullable=False),
        sa.Column("vat_ore", sa.Integer(), nullable=False),
        sa.CheckConstraint("kind IN ('PRODUCTION', 'POSTAGE')", name=op.f("ck_charges_kind_known")),
        sa.ForeignKeyConstraint(
            ["file_sha256", "line"],
            ["receipt_lines.file_sha256", "receipt_lines.line"],
            name="fk_charges_receipt_line",
        ),
        sa.ForeignKeyConstraint(["sender_id"], ["senders.id"], name=op.f("fk_charges_sender_id")),
        sa.ForeignKeyConstraint(
            ["shipment_id"], ["shipments.id"], name=op.f("fk_charges_shipment_id")
        ),
        sa.PrimaryKeyConstraint("file_sha256", "line", "kind", name=op.f("pk_charges")),
    )
    with op.batch_alter_table("charges", schema=None) as batch_op:
        batch_op.create_index("ix_charges_posted_on", ["posted_on"], unique=False)

    op.create_table(
        "documents",
        sa.Column("shipment_id", sa.String(length=64), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("file_name", sa.Text(), nullable=False),
        sa.Column("sha256", sa.String(length=64), nullable=False),
        sa.Column("size_bytes", sa.Integer(), nullable=False),
        sa.Column("pages", sa.Integer(), nullable=False),
        sa.Column("excluded_from_print", sa.Boolean(), nullable=False),
        sa.Column("giro_pages", sa.JSON(), nullable=False),
        sa.ForeignKeyConstraint(
            ["shipment_id"], ["shipments.id"], name=op.f("fk_documents_shipment_id")
        ),
        sa.PrimaryKeyConstraint("shipment_id", "position", name=op.f("pk_documents")),
    )
    op.create_table(
        "events",
        sa.Column("id", sa.Integer(), autoincrement=True, nullable=False),
        sa.Column("shipment_id", sa.String(length=64), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("kind", sa.String(length=40), nullable=False),
        sa.Column("from_status", sa.String(length=20), nullable=True),
        sa.Column("to_status", sa.String(length=20), nullable=True),
        sa.Column("actor", sa.String(length=80), nullable=False),
        sa.Column("detail", sa.JSON(), nullable=False),
        sa.CheckConstraint(
            "from_status IS NOT NULL OR to_status IS NULL OR to_status = 'MOTTATT'",
            name=op.f("ck_events_walks_begin_at_the_beginning"),
        ),
        sa.ForeignKeyConstraint(
            ["from_status", "to_status"],
            ["status_pairs.from_status", "status_pairs.to_status"],
            name="fk_events_allowed_pair",
        ),
        sa.ForeignKeyConstraint(
            ["shipment_id"], ["shipments.id"], name=op.f("fk_events_shipment_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_events")),
    )
    with op.batch_alter_table("events", schema=None) as batch_op:
        batch_op.create_index("ix_events_shipment_id_id", ["shipment_id", "id"], unique=False)

    op.create_table(
        "offers",
        sa.Column("key", sa.String(length=36), nullable=False),
        sa.Column("shipment_id", sa.String(length=64), nullable=False),
        sa.Column("channel", sa.String(length=20), nullable=False),
        sa.Column("attempt", sa.Integer(), nullable=False),
        sa.Column("state", sa.String(length=20), nullable=False),
        sa.Column("channel_reference", sa.String(length=80), nullable=True),
        sa.Column("intended_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("offered_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("published_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("asked_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("read_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("reason", sa.String(length=80), server_default="", nullable=False),
        sa.CheckConstraint(
            "state IN ('INTENDED', 'OFFERED', 'PUBLISHED', 'READ', 'REFUSED')",
            name=op.f("ck_offers_state_known"),
        ),
        sa.ForeignKeyConstraint(
            ["shipment_id"], ["shipments.id"], name=op.f("fk_offers_shipment_id")
        ),
        sa.PrimaryKeyConstraint("key", name=op.f("pk_offers")),
        sa.UniqueConstraint(
            "shipment_id", "channel", "attempt", name=op.f("uq_offers_shipment_id_channel_attempt")
        ),
    )
    with op.batch_alter_table("offers", schema=None) as batch_op:
        batch_op.create_index("ix_offers_state_asked_at", ["state", "asked_at"], unique=False)

    op.create_table(
        "pieces",
        sa.Column("batch_id", sa.String(length=64), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("shipment_id", sa.String(length=64), nullable=False),
        sa.Column("live", sa.Boolean(), nullable=False),
        sa.Column("first_page", sa.Integer(), nullable=True),
        sa.Column("pages", sa.Integer(), nullable=True),
        sa.Column("sheets", sa.Integer(), nullable=True),
        sa.Column("weight_mg", sa.Integer(), nullable=True),
        sa.ForeignKeyConstraint(["batch_id"], ["batches.id"], name=op.f("fk_pieces_batch_id")),
        sa.ForeignKeyConstraint(
            ["shipment_id"], ["shipments.id"], name=op.f("fk_pieces_shipment_id")
        ),
        sa.PrimaryKeyConstraint("batch_id", "number", name=op.f("pk_pieces")),
    )
    with op.batch_alter_table("pieces", schema=None) as batch_op:
        batch_op.create_index(
            "uq_pieces_one_live_batch_per_letter",
            ["shipment_id"],
            unique=True,
            sqlite_where=sa.text("live"),
            postgresql_where=sa.text("live"),
        )

    op.create_table(
        "problems",
        sa.Column("shipment_id", sa.String(length=64), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("code", sa.String(length=60), nullable=False),
        sa.Column("field", sa.Text(), nullable=False),
        sa.Column("page", sa.Integer(), nullable=True),
        sa.Column("values", sa.JSON(), nullable=False),
        sa.ForeignKeyConstraint(
            ["shipment_id"], ["shipments.id"], name=op.f("fk_problems_shipment_id")
        ),
        sa.PrimaryKeyConstraint("shipment_id", "position", name=op.f("pk_problems")),
    )
    op.create_table(
        "recipients",
        sa.Column("shipment_id", sa.String(length=64), nullable=False),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("address_lines", sa.JSON(), nullable=False),
        sa.Column("postcode", sa.String(length=20), nullable=False),
        sa.Column("place", sa.Text(), nullable=False),
        sa.Column("country", sa.Text(), nullable=False),
        sa.Column("digital_id", sa.String(length=11), nullable=True),
        sa.ForeignKeyConstraint(
            ["shipment_id"], ["shipments.id"], name=op.f("fk_recipients_shipment_id")
        ),
        sa.PrimaryKeyConstraint("shipment_id", name=op.f("pk_recipients")),
        comment="Who a letter is for; with the file names in documents, all that is personal here.",
    )
    op.bulk_insert(
        status_pairs,
        [{"from_status": old, "to_status": new} for old, new in STATUS_PAIRS],
    )


def downgrade() -> None:
    """Go back from it."""
    op.drop_table("recipients")
    op.drop_table("problems")
    with op.batch_alter_table("pieces", schema=None) as batch_op:
        batch_op.drop_index(
            "uq_pieces_one_live_batch_per_letter",
            sqlite_where=sa.text("live"),
            postgresql_where=sa.text("live"),
        )

    op.drop_table("pieces")
    with op.batch_alter_table("offers", schema=None) as batch_op:
        batch_op.drop_index("ix_offers_state_asked_at")

    op.drop_table("offers")
    with op.batch_alter_table("events", schema=None) as batch_op:
        batch_op.drop_index("ix_events_shipment_id_id")

    op.drop_table("events")
    op.drop_table("documents")
    with op.batch_alter_table("charges", schema=None) as batch_op:
        batch_op.drop_index("ix_charges_posted_on")

    op.drop_table("charges")
    with op.batch_alter_table("shipments", schema=None) as batch_op:
        batch_op.drop_index(
            "uq_shipments_live_reference",
            sqlite_where=sa.text("status <> 'AVVIST'"),
            postgresql_where=sa.text("status <> 'AVVIST'"),
        )
        batch_op.drop_index("ix_shipments_status_route_due_at")

    op.drop_table("shipments")
    with op.batch_alter_table("receipt_lines", schema=None) as batch_op:
        batch_op.drop_index(
            "uq_receipt_lines_one_applied_per_letter",
            sqlite_where=sa.text("state = 'APPLIED'"),
            postgresql_where=sa.text("state = 'APPLIED'"),
        )

    op.drop_table("receipt_lines")
    op.drop_table("status_pairs")
    op.drop_table("senders")
    op.drop_table("receipt_files")
    op.drop_table("prices")
    op.drop_table("open_items")
    op.drop_table("batches")
