"""Vendor profiles; corrected and reversed receipts; returned mail; the vendor's invoices."""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

REMADE = ("receipt_files", "receipt_lines", "charges")
"""Parents first. SQLite cannot alter a constraint, nor drop a table that others point at."""

LINE_STATES = "'STAGED', 'APPLIED', 'DUPLICATE', 'QUARANTINED', 'DISMISSED', 'REVERSED'"
IN_FORCE = sa.text("state = 'APPLIED' AND kind <> 'REVERSAL'")
APPLIED = sa.text("state = 'APPLIED'")
REVERSAL = sa.text("charge_class = 'REVERSAL'")


def upgrade() -> None:
    """Go to this shape."""
    for table in REMADE:
        op.execute(f"CREATE TABLE before_{table} AS SELECT * FROM {table}")
    for table in reversed(REMADE):
        op.drop_table(table)
    _receipt_files()
    _receipt_lines()
    _charges()
    _put_back()
    _what_is_new()


def _put_back() -> None:
    files = "sha256, name, fetched_at, state, line_count, booked_at, reason"
    said = (
        "file_sha256, line, state, reason, batch_id, piece_number, shipment_id, "
        "pages_black_white, pages_colour, sheets_by_machine, extra_sheets_by_machine, "
        "sheets_by_hand, extra_sheets_by_hand, weight_grams, production_ore, postage_ore, "
        "account_code, posted_at"
    )
    cost = (
        "file_sha256, line, kind, shipment_id, sender_id, account_code, posted_on, net_ore, vat_ore"
    )
    op.execute(f"INSERT INTO receipt_files ({files}) SELECT {files} FROM before_receipt_files")
    op.execute(f"INSERT INTO receipt_lines ({said}) SELECT {said} FROM before_receipt_lines")
    op.execute(
        f"INSERT INTO charges ({cost}, booked_on) SELECT {cost}, posted_on FROM before_charges"
    )
    # 25 % of what was read until now, half up, and the day the charges were booked for.
    op.execute(
        "UPDATE receipt_lines SET production_vat_ore = (production_ore + 2) / 4, "
        "postage_vat_ore = (postage_ore + 2) / 4, posted_on = (SELECT max(posted_on) FROM charges "
        "WHERE charges.file_sha256 = receipt_lines.file_sha256 AND charges.line = receipt_lines.line)"
    )
    for table in REMADE:
        op.drop_table(f"before_{table}")


def _receipt_files() -> None:
    op.create_table(
        "receipt_files",
        sa.Column("sha256", sa.String(64), nullable=False),
        sa.Column("kind", sa.String(10), nullable=False, server_default="RECEIPT"),
        sa.Column("vendor", sa.String(40), nullable=False, server_default="default"),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("fetched_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("state", sa.String(20), nullable=False),
        sa.Column("line_count", sa.Integer(), nullable=False),
        sa.Column("booked_at", sa.DateTime(timezone=True)),
        sa.Column("reason", sa.Text(), nullable=False, server_default=""),
        sa.Column("filled", sa.JSON(), nullable=False, server_default="{}"),
        sa.CheckConstraint(
            "state IN ('STAGED', 'BOOKED', 'REFUSED', 'QUARANTINED', 'DISMISSED')",
            name=op.f("ck_receipt_files_state_known"),
        ),
        sa.CheckConstraint(
            "kind IN ('RECEIPT', 'RETURN', 'INVOICE')", name=op.f("ck_receipt_files_kind_known")
        ),
        sa.PrimaryKeyConstraint("sha256", name="pk_receipt_files"),
        comment="Every file the vendor answered with: receipts, returned mail, invoice specifications.",
    )


def _receipt_lines() -> None:
    op.create_table(
        "receipt_lines",
        sa.Column("file_sha256", sa.String(64), nullable=False),
        sa.Column("line", sa.Integer(), nullable=False),
        sa.Column("state", sa.String(20), nullable=False),
        sa.Column("reason", sa.String(200), nullable=False, server_default=""),
        sa.Column("kind", sa.String(10), nullable=False, server_default="RECEIPT"),
        sa.Column("batch_id", sa.Text()),
        sa.Column("piece_number", sa.Integer()),
        sa.Column("shipment_id", sa.Text()),
        sa.Column("pages_black_white", sa.Integer()),
        sa.Column("pages_colour", sa.Integer()),
        sa.Column("sheets_by_machine", sa.Integer()),
        sa.Column("extra_sheets_by_machine", sa.Integer()),
        sa.Column("sheets_by_hand", sa.Integer()),
        sa.Column("extra_sheets_by_hand", sa.Integer()),
        sa.Column("weight_grams", sa.Integer()),
        sa.Column("production_ore", sa.Integer()),
        sa.Column("postage_ore", sa.Integer()),
        sa.Column("account_code", sa.Text()),
        sa.Column("posted_at", sa.DateTime(timezone=True)),
        sa.Column("reprints", sa.Integer()),
        sa.Column("product", sa.String(40)),
        sa.Column("production_vat_ore", sa.Integer()),
        sa.Column("postage_vat_ore", sa.Integer()),
        sa.Column("posted_on", sa.Date()),
        sa.CheckConstraint(f"state IN ({LINE_STATES})", name=op.f("ck_receipt_lines_state_known")),
        sa.CheckConstraint(
            "kind IN ('RECEIPT', 'CORRECTION', 'REVERSAL')",
            name=op.f("ck_receipt_lines_kind_known"),
        ),
        sa.ForeignKeyConstraint(
            ["file_sha256"], ["receipt_files.sha256"], name="fk_receipt_lines_file_sha256"
        ),
        sa.PrimaryKeyConstraint("file_sha256", "line", name="pk_receipt_lines"),
    )
    op.create_index(
        "uq_receipt_lines_one_in_force_per_letter",
        "receipt_lines",
        ["shipment_id"],
        unique=True,
        sqlite_where=IN_FORCE,
        postgresql_where=IN_FORCE,
    )


def _charges() -> None:
    op.create_table(
        "charges",
        sa.Column("file_sha256", sa.String(64), nullable=False),
        sa.Column("line", sa.Integer(), nullable=False),
        sa.Column("kind", sa.String(20), nullable=False),
        sa.Column("charge_class", sa.String(10), nullable=False, server_default="CHARGE"),
        sa.Column("shipment_id", sa.String(64), nullable=False),
        sa.Column("sender_id", sa.String(64), nullable=False),
        sa.Column("account_code", sa.String(20), nullable=False),
        sa.Column("posted_on", sa.Date(), nullable=False),
        sa.Column("booked_on", sa.Date(), nullable=False),
        sa.Column("net_ore", sa.Integer(), nullable=False),
        sa.Column("vat_ore", sa.Integer(), nullable=False),
        sa.Column("reverses_file", sa.String(64)),
        sa.Column("reverses_line", sa.Integer()),
        sa.CheckConstraint("kind IN ('PRODUCTION', 'POSTAGE')", name=op.f("ck_charges_kind_known")),
        sa.CheckConstraint(
            "(charge_class = 'CHARGE' AND reverses_file IS NULL) OR (charge_class = 'REVERSAL' AND reverses_file IS NOT NULL AND reverses_line IS NOT NULL)",
            name=op.f("ck_charges_class_known"),
        ),
        sa.ForeignKeyConstraint(
            ["file_sha256", "line"],
            ["receipt_lines.file_sha256", "receipt_lines.line"],
            name="fk_charges_receipt_line",
        ),
        sa.ForeignKeyConstraint(["shipment_id"], ["shipments.id"], name="fk_charges_shipment_id"),
        sa.PrimaryKeyConstraint("file_sha256", "line", "kind", "charge_class", name="pk_charges"),
        comment="Append-only: what is wrong is taken back by a row of its own, never changed.",
    )
    op.create_index("ix_charges_posted_on", "charges", ["posted_on"])
    op.create_index("ix_charges_shipment_id", "charges", ["shipment_id"])
    op.create_index(
        "uq_charges_reversed_once",
        "charges",
        ["reverses_file", "reverses_line", "kind"],
        unique=True,
        sqlite_where=REVERSAL,
        postgresql_where=REVERSAL,
    )


def _what_is_new() -> None:
    op.create_table(
        "receipt_events",
        sa.Column("id", sa.Integer(), autoincrement=True, nullable=False),
        sa.Column("file_sha256", sa.String(64), nullable=False),
        sa.Column("line", sa.Integer()),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("kind", sa.String(20), nullable=False),
        sa.Column("actor", sa.String(80), nullable=False),
        sa.Column("why", sa.Text(), nullable=False),
        sa.Column("detail", sa.JSON(), nullable=False),
        sa.ForeignKeyConstraint(
            ["file_sha256"], ["receipt_files.sha256"], name="fk_receipt_events_file_sha256"
        ),
        sa.PrimaryKeyConstraint("id", name="pk_receipt_events"),
        comment="What a person did with a quarantined line, or with a whole file (line is null).",
    )
    op.create_index("ix_receipt_events_file_sha256_line", "receipt_events", ["file_sha256", "line"])
    op.create_table(
        "return_lines",
        sa.Column("file_sha256", sa.String(64), nullable=False),
        sa.Column("line", sa.Integer(), nullable=False),
        sa.Column("state", sa.String(20), nullable=False),
        sa.Column("reason", sa.String(200), nullable=False, server_default=""),
        sa.Column("batch_id", sa.Text()),
        sa.Column("piece_number", sa.Integer()),
        sa.Column("shipment_id", sa.Text()),
        sa.Column("return_reason", sa.String(3)),
        sa.Column("action", sa.String(10)),
        sa.Column("returned_on", sa.Date()),
        sa.CheckConstraint(f"state IN ({LINE_STATES})", name=op.f("ck_return_lines_state_known")),
        sa.ForeignKeyConstraint(
            ["file_sha256"], ["receipt_files.sha256"], name="fk_return_lines_file_sha256"
        ),
        sa.PrimaryKeyConstraint("file_sha256", "line", name="pk_return_lines"),
        comment="Returned mail: a fact beside the letter's status.",
    )
    op.create_index(
        "uq_return_lines_a_letter_comes_back_once",
        "return_lines",
        ["shipment_id"],
        unique=True,
        sqlite_where=APPLIED,
        postgresql_where=APPLIED,
    )
    op.create_table(
        "vendor_invoices",
        sa.Column("file_sha256", sa.String(64), nullable=False),
        sa.Column("vendor", sa.String(40), nullable=False),
        sa.Column("number", sa.String(40), nullable=False),
        sa.Column("first_day", sa.Date(), nullable=False),
        sa.Column("last_day", sa.Date(), nullable=False),
        sa.Column("net_ore", sa.Integer(), nullable=False),
        sa.Column("vat_ore", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["file_sha256"], ["receipt_files.sha256"], name="fk_vendor_invoices_file_sha256"
        ),
        sa.PrimaryKeyConstraint("file_sha256", name="pk_vendor_invoices"),
        sa.UniqueConstraint("vendor", "number", name="uq_vendor_invoices_vendor_number"),
        comment="The vendor's invoices, as their specifications say.",
    )
    op.create_table(
        "vendor_invoice_lines",
        sa.Column("file_sha256", sa.String(64), nullable=False),
        sa.Column("line", sa.Integer(), nullable=False),
        sa.Column("batch_id", sa.Text(), nullable=False),
        sa.Column("shipment_id", sa.Text(), nullable=False),
        sa.Column("sku", sa.String(40), nullable=False),
        sa.Column("kind", sa.String(20), nullable=False),
        sa.Column("quantity", sa.Integer(), nullable=False),
        sa.Column("unit_price_ore", sa.String(20), nullable=False),
        sa.Column("net_ore", sa.Integer(), nullable=False),
        sa.CheckConstraint(
            "kind IN ('PRODUCTION', 'POSTAGE')", name=op.f("ck_vendor_invoice_lines_kind_known")
        ),
        sa.ForeignKeyConstraint(
            ["file_sha256"],
            ["vendor_invoices.file_sha256"],
            name="fk_vendor_invoice_lines_file_sha256",
        ),
        sa.PrimaryKeyConstraint("file_sha256", "line", name="pk_vendor_invoice_lines"),
    )
    op.create_index("ix_vendor_invoice_lines_shipment_id", "vendor_invoice_lines", ["shipment_id"])
    op.create_table(
        "invoice_differences",
        sa.Column("file_sha256", sa.String(64), nullable=False),
        sa.Column("code", sa.String(30), nullable=False),
        sa.Column("subject", sa.String(120), nullable=False),
        sa.Column("invoiced_ore", sa.Integer(), nullable=False),
        sa.Column("charged_ore", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["file_sha256"],
            ["vendor_invoices.file_sha256"],
            name="fk_invoice_differences_file_sha256",
        ),
        sa.PrimaryKeyConstraint("file_sha256", "code", "subject", name="pk_invoice_differences"),
        comment="Where the vendor's invoice and our charges do not agree: kept, never adjusted.",
    )
    op.create_table(
        "vendor_profiles",
        sa.Column("id", sa.String(40), nullable=False),
        sa.Column("valid_from", sa.Date(), nullable=False),
        sa.Column("valid_to", sa.Date()),
        sa.Column("content", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id", "valid_from", name="pk_vendor_profiles"),
        comment="What is so about a print vendor, and when; content is TOML: docs/vendors.md.",
    )


def downgrade() -> None:
    """Refuse: corrections and returned mail have no place in the shape before."""
    msg = "restore the copy of the database taken before the upgrade"
    raise NotImplementedError(msg)
