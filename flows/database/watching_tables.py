"""The tables of what watches the rest: every run of a flow, alarms, and who was told of them."""

from sqlalchemy import (
    JSON,
    Boolean,
    CheckConstraint,
    Column,
    Index,
    Integer,
    String,
    Table,
    Text,
    text,
)

from flows.database.tables import Instant, metadata, receipt_lines

LOG: dict[str, bool] = {"log": True}
"""Tables that say what happened, and so grow each time anything is run."""

flow_runs = Table(
    "flow_runs",
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=True),
    Column("flow", String(40), nullable=False),
    Column("version", String(40), nullable=False),
    Column("started_at", Instant, nullable=False),
    Column("ended_at", Instant),
    Column("ended_as", String(20), nullable=False, server_default=""),
    # What a person must know of a run that did not go well.
    Column("says", String(500), nullable=False, server_default=""),
    Column("counts", JSON, nullable=False, server_default="{}"),
    CheckConstraint("(ended_at IS NULL) = (ended_as = '')", name="ended_somehow"),
    Index("ix_flow_runs_flow_started_at", "flow", "started_at"),
    Index("ix_flow_runs_flow_ended_as_started_at", "flow", "ended_as", "started_at"),
    comment="Every run of a flow, begun and ended; one that was killed never ended.",
    info=LOG,
)

alarms = Table(
    "alarms",
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=True),
    Column("code", String(40), nullable=False),
    Column("subject", String(255), nullable=False),
    Column("raised_at", Instant, nullable=False),
    # Since when what it is about is so: its clock began then.
    Column("since", Instant),
    Column("letters", Integer, nullable=False, server_default="0"),
    Column("what", Text, nullable=False),
    # When the last message about it was written; nobody is told while it is muted.
    Column("told_at", Instant),
    Column("ended_at", Instant),
    Index(
        "uq_alarms_one_at_a_time",
        "code",
        "subject",
        unique=True,
        sqlite_where=text("ended_at IS NULL"),
        postgresql_where=text("ended_at IS NULL"),
    ),
    comment="Alarms, each time they were raised.",
    info=LOG,
)

alarm_mutes = Table(
    "alarm_mutes",
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=True),
    Column("code", String(40), nullable=False),
    # Empty: every alarm of the code.
    Column("subject", String(255), nullable=False),
    Column("at", Instant, nullable=False),
    Column("until", Instant, nullable=False),
    Column("by", String(80), nullable=False),
    Column("why", Text, nullable=False),
    comment="Who muted an alarm until when, and why; the last word holds.",
)

alarm_messages = Table(
    "alarm_messages",
    metadata,
    Column("id", String(64), primary_key=True),
    Column("channel", String(20), nullable=False),
    Column("made_at", Instant, nullable=False),
    Column("content", JSON, nullable=False),
    Column("state", String(10), nullable=False, server_default="WAITING"),
    Column("attempts", Integer, nullable=False, server_default="0"),
    Column("begun_at", Instant),
    Column("ended_at", Instant),
    # It may have arrived before: nobody knows how an earlier try ended.
    Column("repeated", Boolean, nullable=False, server_default=text("false")),
    Column("fault", String(200), nullable=False, server_default=""),
    CheckConstraint("state IN ('WAITING', 'BEGUN', 'SENT', 'GIVEN_UP')", name="state_known"),
    Index(
        "ix_alarm_messages_not_ended",
        "made_at",
        sqlite_where=text("ended_at IS NULL"),
        postgresql_where=text("ended_at IS NULL"),
    ),
    comment="What is told, by channel: written before it is sent, and that it was sent after.",
    info=LOG,
)

Index(
    "ix_receipt_lines_quarantined",
    receipt_lines.c.file_sha256,
    sqlite_where=text("state = 'QUARANTINED'"),
    postgresql_where=text("state = 'QUARANTINED'"),
)
