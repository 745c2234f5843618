"""The tables of what people do: their acts, what they hold; and the indexes they search by."""

from typing import Final

from sqlalchemy import (
    JSON,
    CheckConstraint,
    Column,
    Index,
    Integer,
    String,
    Table,
    Text,
    text,
)

from flows.database.tables import Instant, events, metadata, recipients, shipments

BY_A_PERSON: Final = (
    "actor NOT IN ('intake', 'dispatch', 'print_batch', 'receipts', 'retention', 'svarut')"
)
"""An event with a person's name on it; written the same in the index and in what asks."""

BEGINS: Final = "from_status IS NULL AND to_status IS NOT NULL"
"""The event that begins a letter's walk."""

operator_acts = Table(
    "operator_acts",
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=True),
    Column("at", Instant, nullable=False),
    Column("by", String(80), nullable=False),
    Column("act", String(40), nullable=False),
    # What kind of thing it was done with, and which: sender and its id, a file and its hash ...
    Column("about", String(20), nullable=False),
    Column("subject", String(255), nullable=False),
    Column("why", Text, nullable=False, server_default=""),
    Column("detail", JSON, nullable=False, server_default="{}"),
    Index("ix_operator_acts_at", "at"),
    comment="What people did that no other table has with their name on it; never changed.",
)

holds = Table(
    "holds",
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=True),
    Column("kind", String(10), nullable=False),
    Column("subject", String(64), nullable=False),
    Column("held_at", Instant, nullable=False),
    Column("held_by", String(80), nullable=False),
    Column("why", Text, nullable=False),
    # Null: until somebody lets it go.
    Column("until", Instant),
    Column("released_at", Instant),
    Column("released_by", String(80), nullable=False, server_default=""),
    Column("released_why", Text, nullable=False, server_default=""),
    CheckConstraint("kind IN ('SENDER', 'BATCH', 'SHIPMENT')", name="kind_known"),
    Index(
        "uq_holds_held_once",
        "kind",
        "subject",
        unique=True,
        sqlite_where=text("released_at IS NULL"),
        postgresql_where=text("released_at IS NULL"),
    ),
    comment="What a person holds: a sender, a batch, a letter; who, why and until when.",
)

# People search among all letters there are, the latest come first.
Index("ix_shipments_received_at_id", shipments.c.received_at, shipments.c.id)
Index(
    "ix_shipments_sender_id_received_at_id",
    shipments.c.sender_id,
    shipments.c.received_at,
    shipments.c.id,
)
Index(
    "ix_shipments_status_received_at_id",
    shipments.c.status,
    shipments.c.received_at,
    shipments.c.id,
)
Index(
    "ix_shipments_sender_id_status_received_at_id",
    shipments.c.sender_id,
    shipments.c.status,
    shipments.c.received_at,
    shipments.c.id,
)
Index(
    "ix_shipments_account_code_received_at_id",
    shipments.c.account_code,
    shipments.c.received_at,
    shipments.c.id,
)
Index("ix_shipments_reference", shipments.c.reference)
Index(
    "ix_recipients_digital_id",
    recipients.c.digital_id,
    sqlite_where=text("digital_id IS NOT NULL"),
    postgresql_where=text("digital_id IS NOT NULL"),
)
Index(
    "ix_events_by_a_person",
    events.c.at,
    sqlite_where=text(BY_A_PERSON),
    postgresql_where=text(BY_A_PERSON),
)
# One entry a letter: those ever taken in are counted without reading all their events.
Index(
    "ix_events_beginning",
    events.c.to_status,
    sqlite_where=text(BEGINS),
    postgresql_where=text(BEGINS),
)
