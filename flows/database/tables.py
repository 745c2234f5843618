"""The tables, and the rules the database itself keeps."""

from datetime import UTC, datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import (
    JSON,
    Boolean,
    CheckConstraint,
    Column,
    Date,
    DateTime,
    Dialect,
    ForeignKey,
    ForeignKeyConstraint,
    Index,
    Integer,
    MetaData,
    PrimaryKeyConstraint,
    String,
    Table,
    Text,
    TypeDecorator,
    UniqueConstraint,
    text,
)

from flows.domain.batch import BatchStatus
from flows.domain.receipt import LineKind, LineState
from flows.domain.shipment import Route
from flows.domain.status import FIRST, NEVER_FOR_DIGITAL_ONLY, Status

metadata = MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "ck": "ck_%(table_name)s_%(constraint_name)s",
        "fk": "fk_%(table_name)s_%(column_0_N_name)s",
        "pk": "pk_%(table_name)s",
    },
)


class Instant(TypeDecorator[datetime]):
    """An aware UTC instant; SQLite, which knows no zones, keeps it as naive UTC."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """Refuse a naive instant: nobody can know what it means."""
        if value is None:
            return None
        if value.tzinfo is None:
            msg = "an instant must be aware"
            raise ValueError(msg)
        value = value.astimezone(UTC)
        return value.replace(tzinfo=None) if dialect.name == "sqlite" else value

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """Give UTC back."""
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if dialect.name == "sqlite" else value.astimezone(UTC)


def _one_of(column: str, allowed: type[StrEnum]) -> CheckConstraint:
    codes = ", ".join(f"'{code}'" for code in allowed)
    return CheckConstraint(f"{column} IN ({codes})", name=f"{column}_known")


def _identifier(name: str, *rest: Any, **options: Any) -> Column[str]:
    return Column(name, String(64), *rest, **options)


senders = Table(
    "senders",
    metadata,
    _identifier("id", primary_key=True),
    Column("name", Text, nullable=False),
    Column("organisation_number", String(9), nullable=False),
    Column("return_address", JSON, nullable=False),
    Column("cover_text", Text, nullable=False, server_default=""),
    Column("deadline_policy", String(40), nullable=False),
    Column("digital", Boolean, nullable=False),
    Column("on_hold", Boolean, nullable=False, server_default=text("false")),
    Column("altinn_resource", Text, nullable=False, server_default=""),
    Column("invoice_reference", Text, nullable=False, server_default=""),
    Column("rules", String(10), nullable=False, server_default="now"),
    Column("language", String(2), nullable=False, server_default="nb"),
    Column("nightly_cap", Integer, nullable=False, server_default="0"),
    Column("resend_to_organisations", Boolean, nullable=False, server_default=text("true")),
    Column("information_types", JSON, nullable=False, server_default="[]"),
    Column("message_sender", Text, nullable=False, server_default=""),
    Column("notification_texts", JSON, nullable=False, server_default="{}"),
    Column("confidential_resource", Text, nullable=False, server_default=""),
    Column("consumer_organisation", String(9), nullable=False, server_default=""),
    Column("print_vendor", String(40), nullable=False, server_default="default"),
    Column("invoice_endpoint", String(40), nullable=False, server_default=""),
    Column("own_address_page", Boolean, nullable=False, server_default=text("false")),
)

status_pairs = Table(
    "status_pairs",
    metadata,
    Column("from_status", String(20), nullable=False),
    Column("to_status", String(20), nullable=False),
    PrimaryKeyConstraint("from_status", "to_status"),
    comment="Which status may follow which; events point here, so no other walk can be written.",
)

shipments = Table(
    "shipments",
    metadata,
    _identifier("id", primary_key=True),
    _identifier("sender_id", ForeignKey("senders.id"), nullable=False),
    Column("reference", String(255), nullable=False),
    Column("contents_sha256", String(64), nullable=False),
    Column("status", String(20), nullable=False),
    Column("status_at", Instant, nullable=False),
    Column("received_at", Instant, nullable=False),
    Column("digital_only", Boolean, nullable=False),
    Column("duplex", Boolean, nullable=False),
    Column("colour", Boolean, nullable=False),
    Column("account_code", String(20), nullable=False),
    Column("shipment_type", String(100), nullable=False),
    Column("route", String(10)),
    Column("route_reason", String(40)),
    Column("published_at", Instant),
    Column("due_at", Instant),
    Column("sending_system", String(100), nullable=False, server_default=""),
    Column("correlation_id", String(100), nullable=False, server_default=""),
    Column("confidential", Boolean, nullable=False, server_default=text("false")),
    Column("own_address_page", Boolean, nullable=False, server_default=text("false")),
    Column("held_for", String(40), nullable=False, server_default=""),
    Column("repeat_key", String(64), nullable=False, server_default=""),
    Column("cleared_at", Instant),
    Column("contact", String(20)),
    Column("contact_at", Instant),
    Column("contact_language", String(2), nullable=False, server_default=""),
    _one_of("status", Status),
    _one_of("route", Route),
    CheckConstraint(
        "NOT (digital_only AND status IN ({}))".format(
            ", ".join(f"'{status}'" for status in sorted(NEVER_FOR_DIGITAL_ONLY)),
        ),
        name="digital_only_is_never_printed",
    ),
    UniqueConstraint("sender_id", "reference", "contents_sha256"),
    Index(
        "uq_shipments_live_reference",
        "sender_id",
        "reference",
        unique=True,
        sqlite_where=text(f"status <> '{Status.REJECTED}'"),
        postgresql_where=text(f"status <> '{Status.REJECTED}'"),
    ),
    Index("ix_shipments_status_route_due_at", "status", "route", "due_at"),
    Index("ix_shipments_repeat_key_received_at", "repeat_key", "received_at"),
)

recipients = Table(
    "recipients",
    metadata,
    _identifier("shipment_id", ForeignKey("shipments.id"), primary_key=True),
    Column("title", Text, nullable=False),
    Column("name", Text, nullable=False),
    Column("address_lines", JSON, nullable=False),
    Column("postcode", String(20), nullable=False),
    Column("place", Text, nullable=False),
    Column("country", Text, nullable=False),
    Column("digital_id", String(11)),
    Column("reply_to", JSON),
    Column("links", JSON, nullable=False, server_default="[]"),
    Column("records", JSON, nullable=False, server_default="{}"),
    comment="Who a letter is for; with the file names in documents, all that is personal here.",
)

documents = Table(
    "documents",
    metadata,
    _identifier("shipment_id", ForeignKey("shipments.id"), nullable=False),
    Column("position", Integer, nullable=False),
    Column("file_name", Text, nullable=False),
    Column("sha256", String(64), nullable=False),
    Column("size_bytes", Integer, nullable=False),
    Column("pages", Integer, nullable=False),
    Column("excluded_from_print", Boolean, nullable=False),
    Column("giro_pages", JSON, nullable=False),
    Column("print_sha256", String(64)),
    Column("print_size_bytes", Integer),
    Column("colour_pages", Integer),
    PrimaryKeyConstraint("shipment_id", "position"),
)

problems = Table(
    "problems",
    metadata,
    _identifier("shipment_id", ForeignKey("shipments.id"), nullable=False),
    Column("position", Integer, nullable=False),
    Column("code", String(60), nullable=False),
    Column("field", Text, nullable=False),
    Column("page", Integer),
    Column("values", JSON, nullable=False),
    Column("note", Boolean, nullable=False, server_default=text("false")),
    PrimaryKeyConstraint("shipment_id", "position"),
)

events = Table(
    "events",
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=True),
    _identifier("shipment_id", ForeignKey("shipments.id"), nullable=False),
    Column("at", Instant, nullable=False),
    Column("kind", String(40), nullable=False),
    Column("from_status", String(20)),
    Column("to_status", String(20)),
    Column("actor", String(80), nullable=False),
    Column("detail", JSON, nullable=False),
    Column("feed_number", Integer),
    ForeignKeyConstraint(
        ["from_status", "to_status"],
        ["status_pairs.from_status", "status_pairs.to_status"],
        name="fk_events_allowed_pair",
    ),
    # A composite key with a null in it is not checked, so the first step has a rule of its own.
    CheckConstraint(
        f"from_status IS NOT NULL OR to_status IS NULL OR to_status = '{FIRST}'",
        name="walks_begin_at_the_beginning",
    ),
    Index("ix_events_shipment_id_id", "shipment_id", "id"),
    Index(
        "ix_events_not_in_a_feed",
        "shipment_id",
        sqlite_where=text("feed_number IS NULL AND to_status IS NOT NULL"),
        postgresql_where=text("feed_number IS NULL AND to_status IS NOT NULL"),
    ),
    Index(
        "ix_events_in_a_feed",
        "feed_number",
        sqlite_where=text("feed_number IS NOT NULL"),
        postgresql_where=text("feed_number IS NOT NULL"),
    ),
)

feeds = Table(
    "feeds",
    metadata,
    _identifier("sender_id", ForeignKey("senders.id"), nullable=False),
    Column("number", Integer, nullable=False),
    Column("made_at", Instant, nullable=False),
    Column("delivered_at", Instant),
    PrimaryKeyConstraint("sender_id", "number"),
    comment="Files that tell a sender its letters' moves; each move is in exactly one.",
)

postcodes = Table(
    "postcodes",
    metadata,
    Column("postcode", String(4), primary_key=True),
    Column("place", Text, nullable=False),
    Column("municipality", String(4), nullable=False),
    Column("category", String(1), nullable=False),
    comment="The postcode register, as it was last imported.",
)

offers = Table(
    "offers",
    metadata,
    Column("key", String(36), primary_key=True),
    _identifier("shipment_id", ForeignKey("shipments.id"), nullable=False),
    Column("channel", String(20), nullable=False),
    Column("attempt", Integer, nullable=False),
    Column("state", String(20), nullable=False),
    Column("channel_reference", String(80)),
    Column("intended_at", Instant, nullable=False),
    Column("offered_at", Instant),
    Column("published_at", Instant),
    Column("asked_at", Instant),
    Column("read_at", Instant),
    Column("reason", String(80), nullable=False, server_default=""),
    Column("resource", Text, nullable=False, server_default=""),
    Column("publish_at", Instant),
    Column("ask_after", Instant),
    Column("asks", Integer, nullable=False, server_default="0"),
    CheckConstraint(
        "state IN ('INTENDED', 'OFFERED', 'PUBLISHED', 'READ', 'REFUSED')",
        name="state_known",
    ),
    UniqueConstraint("shipment_id", "channel", "attempt"),
    Index("ix_offers_state_asked_at", "state", "asked_at"),
    Index("ix_offers_publish_at_resource", "publish_at", "resource"),
)

batches = Table(
    "batches",
    metadata,
    _identifier("id", primary_key=True),
    Column("job_class", String(10), nullable=False),
    Column("status", String(20), nullable=False),
    Column("status_at", Instant, nullable=False),
    Column("created_at", Instant, nullable=False),
    Column("attempt", Integer, nullable=False),
    Column("letters", Integer, nullable=False),
    Column("pages", Integer),
    Column("sheets", Integer),
    Column("package", String(120)),
    Column("package_sha256", String(64)),
    Column("package_size_bytes", Integer),
    Column("handed_over_at", Instant),
    Column("acknowledged_at", Instant),
    Column("reason", Text, nullable=False, server_default=""),
    _one_of("status", BatchStatus),
)

pieces = Table(
    "pieces",
    metadata,
    _identifier("batch_id", ForeignKey("batches.id"), nullable=False),
    Column("number", Integer, nullable=False),
    _identifier("shipment_id", ForeignKey("shipments.id"), nullable=False),
    Column("live", Boolean, nullable=False),
    Column("first_page", Integer),
    Column("pages", Integer),
    Column("sheets", Integer),
    Column("weight_mg", Integer),
    # Of a piece that was in a package and does not count any more: why, and in which attempt.
    Column("left_as", String(20), nullable=False, server_default=""),
    Column("left_attempt", Integer),
    PrimaryKeyConstraint("batch_id", "number"),
    Index(
        "uq_pieces_one_live_batch_per_letter",
        "shipment_id",
        unique=True,
        sqlite_where=text("live = 1"),  # as queries say it: else SQLite does not use it
        postgresql_where=text("live"),
    ),
)

receipt_files = Table(
    "receipt_files",
    metadata,
    Column("sha256", String(64), primary_key=True),
    Column("kind", String(10), nullable=False, server_default="RECEIPT"),
    Column("vendor", String(40), nullable=False, server_default="default"),
    Column("name", Text, nullable=False),
    Column("fetched_at", Instant, nullable=False),
    Column("state", String(20), nullable=False),
    Column("line_count", Integer, nullable=False),
    Column("booked_at", Instant),
    Column("reason", Text, nullable=False, server_default=""),
    # How many lines had each field filled: what the next file of the vendor is held against.
    Column("filled", JSON, nullable=False, server_default="{}"),
    CheckConstraint(
        "state IN ('STAGED', 'BOOKED', 'REFUSED', 'QUARANTINED', 'DISMISSED')",
        name="state_known",
    ),
    CheckConstraint("kind IN ('RECEIPT', 'RETURN', 'INVOICE')", name="kind_known"),
    comment="Every file the vendor answered with: receipts, returned mail, invoice specifications.",
)

receipt_lines = Table(
    "receipt_lines",
    metadata,
    Column("file_sha256", String(64), ForeignKey("receipt_files.sha256"), nullable=False),
    Column("line", Integer, nullable=False),
    Column("state", String(20), nullable=False),
    Column("reason", String(200), nullable=False, server_default=""),
    Column("kind", String(10), nullable=False, server_default="RECEIPT"),
    # As the vendor wrote them: not foreign keys, since a vendor may be wrong. What could not be
    # read is null.
    Column("batch_id", Text),
    Column("piece_number", Integer),
    Column("shipment_id", Text),
    Column("pages_black_white", Integer),
    Column("pages_colour", Integer),
    Column("sheets_by_machine", Integer),
    Column("extra_sheets_by_machine", Integer),
    Column("sheets_by_hand", Integer),
    Column("extra_sheets_by_hand", Integer),
    Column("weight_grams", Integer),
    Column("production_ore", Integer),
    Column("postage_ore", Integer),
    Column("account_code", Text),
    Column("posted_at", Instant),
    Column("reprints", Integer),
    Column("product", String(40)),
    Column("production_vat_ore", Integer),
    Column("postage_vat_ore", Integer),
    Column("posted_on", Date),
    # What it charges, and to whom, from when it was booked; never changed. With the line's own
    # amounts these are the view `charges`.
    Column("booked_on", Date),
    _identifier("charged_sender"),
    Column("charged_code", String(20)),
    # The line whose charge it takes back: a charge is taken back once.
    Column("takes_back_file", String(64)),
    Column("takes_back_line", Integer),
    Column("attempt", Integer),
    PrimaryKeyConstraint("file_sha256", "line"),
    _one_of("state", LineState),
    _one_of("kind", LineKind),
    # One receipt is in force for a letter: the one a correction takes the place of is REVERSED.
    Index(
        "uq_receipt_lines_one_in_force_per_letter",
        "shipment_id",
        unique=True,
        sqlite_where=text("state = 'APPLIED' AND kind <> 'REVERSAL'"),
        postgresql_where=text("state = 'APPLIED' AND kind <> 'REVERSAL'"),
    ),
    Index(
        "ix_receipt_lines_booked_shipment_id",
        "shipment_id",
        sqlite_where=text("booked_on IS NOT NULL"),
        postgresql_where=text("booked_on IS NOT NULL"),
    ),
    Index(
        "ix_receipt_lines_booked_posted_on",
        "posted_on",
        sqlite_where=text("booked_on IS NOT NULL"),
        postgresql_where=text("booked_on IS NOT NULL"),
    ),
    Index(
        "uq_receipt_lines_taken_back_once",
        "takes_back_file",
        "takes_back_line",
        unique=True,
        sqlite_where=text("takes_back_file IS NOT NULL"),
        postgresql_where=text("takes_back_file IS NOT NULL"),
    ),
)

charges = Table(
    "charges",
    MetaData(),  # a view, so that no migration makes a table of it
    Column("file_sha256", String(64)),
    Column("line", Integer),
    Column("kind", String(20)),
    Column("charge_class", String(10)),
    Column("shipment_id", String(64)),
    Column("sender_id", String(64)),
    Column("account_code", String(20)),
    Column("posted_on", Date),
    Column("booked_on", Date),
    Column("net_ore", Integer),
    Column("vat_ore", Integer),
    Column("reverses_file", String(64)),
    Column("reverses_line", Integer),
)
"""What booked receipt lines charge, PRODUCTION and POSTAGE apart: a view, since a charge is its
line. A line that takes another back has rows of class REVERSAL with the opposite amounts."""

receipt_events = Table(
    "receipt_events",
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=True),
    Column("file_sha256", String(64), ForeignKey("receipt_files.sha256"), nullable=False),
    Column("line", Integer),
    Column("at", Instant, nullable=False),
    Column("kind", String(20), nullable=False),
    Column("actor", String(80), nullable=False),
    Column("why", Text, nullable=False),
    Column("detail", JSON, nullable=False),
    Index("ix_receipt_events_file_sha256_line", "file_sha256", "line"),
    comment="What a person did with a quarantined line, or with a whole file (line is null).",
)

return_lines = Table(
    "return_lines",
    metadata,
    Column("file_sha256", String(64), ForeignKey("receipt_files.sha256"), nullable=False),
    Column("line", Integer, nullable=False),
    Column("state", String(20), nullable=False),
    Column("reason", String(200), nullable=False, server_default=""),
    Column("batch_id", Text),
    Column("piece_number", Integer),
    Column("shipment_id", Text),
    Column("return_reason", String(3)),
    Column("action", String(10)),
    Column("returned_on", Date),
    PrimaryKeyConstraint("file_sha256", "line"),
    _one_of("state", LineState),
    Index(
        "uq_return_lines_a_letter_comes_back_once",
        "shipment_id",
        unique=True,
        sqlite_where=text("state = 'APPLIED'"),
        postgresql_where=text("state = 'APPLIED'"),
    ),
    comment="Returned mail: a fact beside the letter's status.",
)

vendor_invoices = Table(
    "vendor_invoices",
    metadata,
    Column("file_sha256", String(64), ForeignKey("receipt_files.sha256"), primary_key=True),
    Column("vendor", String(40), nullable=False),
    Column("number", String(40), nullable=False),
    Column("first_day", Date, nullable=False),
    Column("last_day", Date, nullable=False),
    Column("net_ore", Integer, nullable=False),
    Column("vat_ore", Integer, nullable=False),
    UniqueConstraint("vendor", "number"),
    comment="The vendor's invoices, as their specifications say.",
)

vendor_invoice_lines = Table(
    "vendor_invoice_lines",
    metadata,
    Column("file_sha256", String(64), ForeignKey("vendor_invoices.file_sha256"), nullable=False),
    Column("line", Integer, nullable=False),
    Column("batch_id", Text, nullable=False),
    # As the vendor wrote it; empty where a line is about no letter.
    Column("shipment_id", Text, nullable=False),
    Column("sku", String(40), nullable=False),
    Column("kind", String(20), nullable=False),
    Column("quantity", Integer, nullable=False),
    # A decimal in text, as in prices: a price is never a float.
    Column("unit_price_ore", String(20), nullable=False),
    Column("net_ore", Integer, nullable=False),
    PrimaryKeyConstraint("file_sha256", "line"),
    CheckConstraint("kind IN ('PRODUCTION', 'POSTAGE')", name="kind_known"),
    Index("ix_vendor_invoice_lines_shipment_id", "shipment_id"),
)

invoice_differences = Table(
    "invoice_differences",
    metadata,
    Column("file_sha256", String(64), ForeignKey("vendor_invoices.file_sha256"), nullable=False),
    Column("code", String(30), nullable=False),
    # `<shipment id>:<kind>`, or `line:<number>` for what is about no letter.
    Column("subject", String(120), nullable=False),
    Column("invoiced_ore", Integer, nullable=False),
    Column("charged_ore", Integer, nullable=False),
    PrimaryKeyConstraint("file_sha256", "code", "subject"),
    comment="Where the vendor's invoice and our charges do not agree: kept, never adjusted.",
)

vendor_profiles = Table(
    "vendor_profiles",
    metadata,
    Column("id", String(40), nullable=False),
    Column("valid_from", Date, nullable=False),
    Column("valid_to", Date),
    Column("content", Text, nullable=False),
    PrimaryKeyConstraint("id", "valid_from"),
    comment="What is so about a print vendor, and when; content is TOML: docs/vendors.md.",
)

prices = Table(
    "prices",
    metadata,
    Column("sku", String(40), nullable=False),
    Column("valid_from", Date, nullable=False),
    Column("valid_to", Date),
    # A decimal in text: SQLite has no exact decimals, and a price is never a float.
    Column("price_ore", String(20), nullable=False),
    Column("source", Text, nullable=False),
    Column("kind", String(10), nullable=False, server_default="CONTRACT"),
    PrimaryKeyConstraint("sku", "kind", "valid_from"),
    CheckConstraint("kind IN ('CONTRACT', 'LIST')", name="kind_known"),
)

open_items = Table(
    "open_items",
    metadata,
    Column("code", String(60), nullable=False),
    Column("subject", String(255), nullable=False),
    Column("first_seen_at", Instant, nullable=False),
    Column("what", Text, nullable=False),
    Column("action", Text, nullable=False),
    Column("closed_at", Instant),
    Column("counts", JSON, nullable=False, server_default="{}"),
    Column("amount_ore", Integer),
    Column("owner", String(20), nullable=False, server_default=""),
    Column("taken_by", String(80), nullable=False, server_default=""),
    Column("closed_as", String(20), nullable=False, server_default=""),
    # A person closed it, and later its cause was no longer there: should it return, it opens.
    Column("gone_at", Instant),
    PrimaryKeyConstraint("code", "subject"),
    comment="What needs a person: said once, kept until somebody closes it.",
)

open_item_acts = Table(
    "open_item_acts",
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=True),
    Column("code", String(60), nullable=False),
    Column("subject", String(255), nullable=False),
    Column("at", Instant, nullable=False),
    Column("act", String(20), nullable=False),
    Column("by", String(80), nullable=False),
    Column("why", Text, nullable=False, server_default=""),
    ForeignKeyConstraint(
        ["code", "subject"],
        ["open_items.code", "open_items.subject"],
        name="fk_open_item_acts_open_item",
    ),
    Index("ix_open_item_acts_code_subject", "code", "subject"),
    comment="Everything that was done with an open item, by whom and why; never changed.",
)
