"""Charges by article, billed once, and prices of two kinds."""

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Go to this shape."""
    with op.batch_alter_table("prices") as changes:
        changes.add_column(
            sa.Column("kind", sa.String(10), nullable=False, server_default="CONTRACT")
        )
        changes.drop_constraint("pk_prices", type_="primary")
        changes.create_primary_key("pk_prices", ["sku", "kind", "valid_from"])
        changes.create_check_constraint("kind_known", "kind IN ('CONTRACT', 'LIST')")
    _create_ledger()
    op.create_table(
        "ledger_invoiced",
        sa.Column("ledger_id", sa.Integer(), nullable=False),
        sa.Column("invoice_id", sa.String(64), nullable=False),
        sa.Column("line", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["ledger_id"], ["ledger.id"], name="fk_ledger_invoiced_ledger_id"),
        sa.PrimaryKeyConstraint("ledger_id", name="pk_ledger_invoiced"),
        comment="Which entry stands on which invoice: billed once, and that is the key.",
    )
    op.create_index("ix_ledger_invoiced_invoice_id", "ledger_invoiced", ["invoice_id"])
    op.create_table(
        "account_rules",
        sa.Column("organisation_number", sa.String(9), nullable=False),
        sa.Column("valid_from", sa.Date(), nullable=False),
        sa.Column("content", sa.String(), nullable=False),
        sa.PrimaryKeyConstraint("organisation_number", "valid_from", name="pk_account_rules"),
        comment="How an organisation's account codes are read, from a day on; content is TOML.",
    )
    _create_invoices()


def downgrade() -> None:
    """Go back to the shape before."""
    for table in ("invoice_acts", "issued_invoices", "account_rules", "ledger_invoiced", "ledger"):
        op.drop_table(table)
    op.execute("DELETE FROM prices WHERE kind = 'LIST'")
    with op.batch_alter_table("prices") as changes:
        changes.drop_constraint("ck_prices_kind_known", type_="check")
        changes.drop_constraint("pk_prices", type_="primary")
        changes.drop_column("kind")
        changes.create_primary_key("pk_prices", ["sku", "valid_from"])


def _create_invoices() -> None:
    op.create_table(
        "issued_invoices",
        sa.Column("id", sa.String(64), nullable=False),
        sa.Column("kind", sa.String(20), nullable=False),
        sa.Column("state", sa.String(10), nullable=False),
        sa.Column("billing_period", sa.String(7), nullable=False),
        sa.Column("payer", sa.String(9), nullable=False),
        sa.Column("sender_id", sa.String(64), nullable=False),
        sa.Column("series", sa.String(10), nullable=False),
        sa.Column("number", sa.Integer()),
        sa.Column("net_ore", sa.Integer(), nullable=False),
        sa.Column("vat_ore", sa.Integer(), nullable=False),
        sa.Column("unusual", sa.String(200), nullable=False, server_default=""),
        sa.Column("issued_on", sa.Date()),
        sa.Column("due_on", sa.Date()),
        sa.Column("credits_id", sa.String(64)),
        sa.Column("xml_sha256", sa.String(64), nullable=False, server_default=""),
        sa.Column("pdf_sha256", sa.String(64), nullable=False, server_default=""),
        sa.CheckConstraint(
            "kind IN ('INVOICE', 'CREDIT_NOTE')", name="ck_issued_invoices_kind_known"
        ),
        sa.CheckConstraint(
            "series IN ('OUTGOING', 'INTERNAL')", name="ck_issued_invoices_series_known"
        ),
        sa.CheckConstraint(
            "state IN ('DRAFT', 'APPROVED', 'FROZEN', 'SENT', 'CREDITED')",
            name="ck_issued_invoices_state_known",
        ),
        sa.CheckConstraint(
            "(state IN ('DRAFT', 'APPROVED')) = (number IS NULL)",
            name="ck_issued_invoices_frozen_has_number",
        ),
        sa.ForeignKeyConstraint(["sender_id"], ["senders.id"], name="fk_issued_invoices_sender_id"),
        sa.ForeignKeyConstraint(
            ["credits_id"], ["issued_invoices.id"], name="fk_issued_invoices_credits_id"
        ),
        sa.PrimaryKeyConstraint("id", name="pk_issued_invoices"),
        sa.UniqueConstraint("series", "number", name="uq_issued_invoices_number"),
        sa.UniqueConstraint("credits_id", name="uq_issued_invoices_credited_once"),
        comment="Our invoices and credit notes; numbers are given when they are frozen.",
    )
    op.create_index("ix_issued_invoices_billing_period", "issued_invoices", ["billing_period"])
    op.create_table(
        "invoice_acts",
        sa.Column("id", sa.Integer(), autoincrement=True, nullable=False),
        sa.Column("invoice_id", sa.String(64), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("act", sa.String(20), nullable=False),
        sa.Column("by", sa.String(80), nullable=False),
        sa.Column("why", sa.String(), nullable=False, server_default=""),
        sa.PrimaryKeyConstraint("id", name="pk_invoice_acts"),
        comment="Everything that was done with an invoice, by whom and why; never changed.",
    )
    op.create_index("ix_invoice_acts_invoice_id", "invoice_acts", ["invoice_id"])


def _create_ledger() -> None:
    op.create_table(
        "ledger",
        sa.Column("id", sa.Integer(), autoincrement=True, nullable=False),
        sa.Column("file_sha256", sa.String(64), nullable=False),
        sa.Column("line", sa.Integer(), nullable=False),
        sa.Column("kind", sa.String(20), nullable=False),
        sa.Column("charge_class", sa.String(10), nullable=False),
        sa.Column("sku", sa.String(40), nullable=False),
        sa.Column("category", sa.String(10), nullable=False),
        sa.Column("turn", sa.Integer(), nullable=False, server_default="0"),
        sa.Column("entry_class", sa.String(10), nullable=False),
        sa.Column("shipment_id", sa.String(64), nullable=False),
        sa.Column("sender_id", sa.String(64), nullable=False),
        sa.Column("organisation_number", sa.String(9), nullable=False),
        sa.Column("account_code", sa.String(20), nullable=False),
        sa.Column("vendor", sa.String(40), nullable=False),
        sa.Column("batch_id", sa.String(64), nullable=False),
        sa.Column("charged_on", sa.Date(), nullable=False),
        sa.Column("billing_period", sa.String(7), nullable=False),
        sa.Column("quantity", sa.Integer(), nullable=False),
        sa.Column("list_ore", sa.Integer()),
        sa.Column("contracted_ore", sa.Integer()),
        sa.Column("billed_ore", sa.Integer(), nullable=False),
        sa.Column("vat_ore", sa.Integer(), nullable=False),
        sa.CheckConstraint(
            "category IN ('USAGE', 'CREDIT', 'ADJUSTMENT')", name="ck_ledger_category_known"
        ),
        sa.CheckConstraint(
            "entry_class IN ('FIRST', 'CORRECTION')", name="ck_ledger_entry_class_known"
        ),
        sa.ForeignKeyConstraint(
            ["file_sha256", "line", "kind", "charge_class"],
            ["charges.file_sha256", "charges.line", "charges.kind", "charges.charge_class"],
            name="fk_ledger_charge",
        ),
        sa.PrimaryKeyConstraint("id", name="pk_ledger"),
        sa.UniqueConstraint(
            "file_sha256",
            "line",
            "kind",
            "charge_class",
            "sku",
            "category",
            "turn",
            name="uq_ledger_entered_once",
        ),
        comment="Append-only: one entry a charge and article; a correction is an entry of its own.",
    )
    op.create_index("ix_ledger_billing_period_sender_id", "ledger", ["billing_period", "sender_id"])
    op.create_index("ix_ledger_shipment_id", "ledger", ["shipment_id"])
