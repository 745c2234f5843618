"""The tables of what happens to a package that has left: attempts, refusals, stops, history."""

from sqlalchemy import (
    JSON,
    CheckConstraint,
    Column,
    ForeignKey,
    ForeignKeyConstraint,
    Index,
    Integer,
    PrimaryKeyConstraint,
    String,
    Table,
    Text,
)

from flows.database.tables import Instant, metadata
from flows.domain.batch import StopState

batch_events = Table(
    "batch_events",
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=True),
    Column("batch_id", String(64), ForeignKey("batches.id"), nullable=False),
    Column("attempt", Integer, nullable=False),
    Column("at", Instant, nullable=False),
    Column("kind", String(40), nullable=False),
    Column("actor", String(80), nullable=False),
    Column("detail", JSON, nullable=False),
    Index("ix_batch_events_batch_id_id", "batch_id", "id"),
    comment="What happened to a batch, in order; never changed.",
)

ended_attempts = Table(
    "ended_attempts",
    metadata,
    Column("batch_id", String(64), ForeignKey("batches.id"), nullable=False),
    Column("attempt", Integer, nullable=False),
    Column("package", String(120), nullable=False, unique=True),
    Column("package_sha256", String(64), nullable=False),
    Column("package_size_bytes", Integer, nullable=False),
    Column("letters", Integer, nullable=False),
    Column("pages", Integer, nullable=False),
    Column("sheets", Integer, nullable=False),
    Column("handed_over_at", Instant),
    Column("answered_at", Instant),
    # ACCEPTED or REFUSED; empty while there is no answer. It may come after the end.
    Column("answer", String(20), nullable=False),
    Column("ended_at", Instant, nullable=False),
    Column("ended_by", String(80), nullable=False),
    # What the vendor said; or why two people sent it again without the vendor's word.
    Column("said", Text, nullable=False),
    Column("approved_by", String(80), nullable=False, server_default=""),
    PrimaryKeyConstraint("batch_id", "attempt"),
    comment="Packages that count no longer, so that a late word about one is known.",
)

package_approvals = Table(
    "package_approvals",
    metadata,
    Column("batch_id", String(64), ForeignKey("batches.id"), nullable=False),
    Column("attempt", Integer, nullable=False),
    Column("decided_at", Instant, nullable=False),
    Column("recorded_at", Instant, nullable=False),
    Column("approved", Integer, nullable=False),
    Column("refused", Integer, nullable=False),
    Column("meaning_sha256", String(64), nullable=False),
    PrimaryKeyConstraint("batch_id", "attempt"),
    comment="The vendor's word on the pieces of a package, once an attempt.",
)

refused_pieces = Table(
    "refused_pieces",
    metadata,
    Column("batch_id", String(64), nullable=False),
    Column("number", Integer, nullable=False),
    Column("attempt", Integer, nullable=False),
    # As the vendor wrote them: code, page, zone, and the millimetres as text.
    Column("findings", JSON, nullable=False),
    PrimaryKeyConstraint("batch_id", "number", "attempt"),
    ForeignKeyConstraint(
        ["batch_id", "number"],
        ["pieces.batch_id", "pieces.number"],
        name="fk_refused_pieces_piece",
    ),
)

stop_lists = Table(
    "stop_lists",
    metadata,
    Column("number", Integer, primary_key=True, autoincrement=False),
    Column("name", String(120), nullable=False, unique=True),
    Column("made_at", Instant, nullable=False),
    Column("sent_at", Instant),
    Column("answered_at", Instant),
    comment="Lists of letters the vendor is to stop; each is a file of its own, never changed.",
)

stops = Table(
    "stops",
    metadata,
    Column("batch_id", String(64), nullable=False),
    Column("number", Integer, nullable=False),
    Column("attempt", Integer, nullable=False),
    Column("shipment_id", String(64), ForeignKey("shipments.id"), nullable=False),
    Column("state", String(20), nullable=False),
    Column("asked_at", Instant, nullable=False),
    Column("asked_by", String(80), nullable=False),
    Column("why", Text, nullable=False),
    Column("list_number", Integer, ForeignKey("stop_lists.number")),
    Column("answered_at", Instant),
    PrimaryKeyConstraint("batch_id", "number", "attempt"),
    ForeignKeyConstraint(
        ["batch_id", "number"], ["pieces.batch_id", "pieces.number"], name="fk_stops_piece"
    ),
    CheckConstraint(
        "state IN ({})".format(", ".join(f"'{state}'" for state in StopState)), name="state_known"
    ),
    Index("ix_stops_state", "state"),
    Index("ix_stops_shipment_id", "shipment_id"),
)
