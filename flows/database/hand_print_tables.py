"""The tables of what senders print themselves: apart from the vendor's batches on purpose."""

from sqlalchemy import (
    Boolean,
    CheckConstraint,
    Column,
    Date,
    ForeignKey,
    Index,
    Integer,
    PrimaryKeyConstraint,
    String,
    Table,
    text,
)

from flows.database.tables import Instant, metadata

hand_print_jobs = Table(
    "hand_print_jobs",
    metadata,
    Column("id", String(90), primary_key=True),
    Column("sender_id", String(64), ForeignKey("senders.id"), nullable=False),
    Column("day", Date, nullable=False),
    Column("job_class", String(10), nullable=False),
    Column("made_at", Instant, nullable=False),
    Column("confirmed_at", Instant),
    Column("confirmed_by", String(80), nullable=False, server_default=""),
    comment="Print files for senders who print by hand; no vendor ever sees them.",
)

hand_print_letters = Table(
    "hand_print_letters",
    metadata,
    Column("job_id", String(90), ForeignKey("hand_print_jobs.id"), nullable=False),
    Column("number", Integer, nullable=False),
    Column("shipment_id", String(64), ForeignKey("shipments.id"), nullable=False),
    Column("live", Boolean, nullable=False),
    # Why it is not live any more: READ, LEFT_OUT, NOT_PRINTABLE, HANDLED.
    Column("left_because", String(20), nullable=False, server_default=""),
    PrimaryKeyConstraint("job_id", "number"),
    CheckConstraint("live = (left_because = '')", name="left_for_a_reason"),
    Index(
        "uq_hand_print_letters_one_live_job_per_letter",
        "shipment_id",
        unique=True,
        sqlite_where=text("live = 1"),  # as queries say it: else SQLite does not use it
        postgresql_where=text("live"),
    ),
    comment="Which letter is which number of a print file; a letter is in one live job.",
)
