"""The tables of what is charged on: the ledger, and what of it stands on which invoice."""

from sqlalchemy import (
    CheckConstraint,
    Column,
    Date,
    ForeignKey,
    ForeignKeyConstraint,
    Index,
    Integer,
    PrimaryKeyConstraint,
    String,
    Table,
    UniqueConstraint,
)

from flows.database.tables import Instant, metadata

ledger = Table(
    "ledger",
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=True),
    # Which charge it is a part of; with `turn`, the key that lets nothing be entered twice.
    Column("file_sha256", String(64), nullable=False),
    Column("line", Integer, nullable=False),
    Column("kind", String(20), nullable=False),
    Column("charge_class", String(10), nullable=False),
    Column("sku", String(40), nullable=False),
    Column("category", String(10), nullable=False),
    # How often the charge has been credited before this entry; 0 for what receipts say.
    Column("turn", Integer, nullable=False, server_default="0"),
    Column("entry_class", String(10), nullable=False),
    Column("shipment_id", String(64), nullable=False),
    Column("sender_id", String(64), nullable=False),
    Column("organisation_number", String(9), nullable=False),
    Column("account_code", String(20), nullable=False),
    Column("vendor", String(40), nullable=False),
    Column("batch_id", String(64), nullable=False),
    Column("charged_on", Date, nullable=False),
    Column("billing_period", String(7), nullable=False),
    Column("quantity", Integer, nullable=False),
    Column("list_ore", Integer),
    Column("contracted_ore", Integer),
    Column("billed_ore", Integer, nullable=False),
    Column("vat_ore", Integer, nullable=False),
    UniqueConstraint(
        "file_sha256",
        "line",
        "kind",
        "charge_class",
        "sku",
        "category",
        "turn",
        name="uq_ledger_entered_once",
    ),
    ForeignKeyConstraint(
        ["file_sha256", "line"],
        ["receipt_lines.file_sha256", "receipt_lines.line"],
        name="fk_ledger_receipt_line",
    ),
    CheckConstraint("category IN ('USAGE', 'CREDIT', 'ADJUSTMENT')", name="category_known"),
    CheckConstraint("entry_class IN ('FIRST', 'CORRECTION')", name="entry_class_known"),
    Index("ix_ledger_billing_period_sender_id", "billing_period", "sender_id"),
    Index("ix_ledger_shipment_id", "shipment_id"),
    comment="Append-only: one entry a charge and article; a correction is an entry of its own.",
)

ledger_invoiced = Table(
    "ledger_invoiced",
    metadata,
    Column("ledger_id", Integer, ForeignKey("ledger.id"), primary_key=True),
    Column("invoice_id", String(64), nullable=False),
    Column("line", Integer, nullable=False),
    Index("ix_ledger_invoiced_invoice_id", "invoice_id"),
    comment="Which entry stands on which invoice: billed once, and that is the key.",
)

ledger_credited = Table(
    "ledger_credited",
    metadata,
    Column("ledger_id", Integer, ForeignKey("ledger.id"), nullable=False),
    # 1 for the first credit note that takes something off the entry: two cannot both be the next.
    Column("step", Integer, nullable=False),
    Column("credit_id", Integer, ForeignKey("ledger.id"), nullable=False),
    PrimaryKeyConstraint("ledger_id", "step"),
    UniqueConstraint("credit_id", name="uq_ledger_credited_credit_id"),
    comment="Which entry an entry of a credit note takes off, one step at a time.",
)

account_rules = Table(
    "account_rules",
    metadata,
    Column("organisation_number", String(9), nullable=False),
    Column("valid_from", Date, nullable=False),
    Column("content", String, nullable=False),
    PrimaryKeyConstraint("organisation_number", "valid_from"),
    comment="How an organisation's account codes are read, from a day on; content is TOML.",
)

issued_invoices = Table(
    "issued_invoices",
    metadata,
    Column("id", String(64), primary_key=True),
    Column("kind", String(20), nullable=False),
    Column("state", String(10), nullable=False),
    Column("billing_period", String(7), nullable=False),
    Column("payer", String(9), nullable=False),
    # The sender whose set-up says where it goes; several may have one organisation number.
    Column("sender_id", String(64), ForeignKey("senders.id"), nullable=False),
    Column("series", String(10), nullable=False),
    Column("number", Integer),
    Column("net_ore", Integer, nullable=False),
    Column("vat_ore", Integer, nullable=False),
    Column("unusual", String(200), nullable=False, server_default=""),
    Column("issued_on", Date),
    Column("due_on", Date),
    Column("credits_id", String(64), ForeignKey("issued_invoices.id")),
    Column("xml_sha256", String(64), nullable=False, server_default=""),
    Column("pdf_sha256", String(64), nullable=False, server_default=""),
    UniqueConstraint("series", "number", name="uq_issued_invoices_number"),
    CheckConstraint("kind IN ('INVOICE', 'CREDIT_NOTE')", name="kind_known"),
    CheckConstraint("series IN ('OUTGOING', 'INTERNAL')", name="series_known"),
    CheckConstraint(
        "state IN ('DRAFT', 'APPROVED', 'FROZEN', 'SENT', 'CREDITED')", name="state_known"
    ),
    CheckConstraint(
        "(state IN ('DRAFT', 'APPROVED')) = (number IS NULL)", name="frozen_has_number"
    ),
    Index("ix_issued_invoices_billing_period", "billing_period"),
    comment="Our invoices and credit notes; numbers are given when they are frozen.",
)

invoice_acts = Table(
    "invoice_acts",
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=True),
    Column("invoice_id", String(64), nullable=False),
    Column("at", Instant, nullable=False),
    Column("act", String(20), nullable=False),
    Column("by", String(80), nullable=False),
    Column("why", String, nullable=False, server_default=""),
    Index("ix_invoice_acts_invoice_id", "invoice_id"),
    comment="Everything that was done with an invoice, by whom and why; never changed.",
)
