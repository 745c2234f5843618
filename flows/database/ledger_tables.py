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

from flows.database.tables import metadata

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
        ["file_sha256", "line", "kind", "charge_class"],
        ["charges.file_sha256", "charges.line", "charges.kind", "charges.charge_class"],
        name="fk_ledger_charge",
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

account_rules = Table(
    "account_rules",
    metadata,
    Column("organisation_number", String(9), nullable=False),
    Column("valid_from", Date, nullable=False),
    Column("content", String, nullable=False),
    PrimaryKeyConstraint("organisation_number", "valid_from"),
    comment="How an organisation's account codes are read, from a day on; content is TOML.",
)
