"""What watches the rest: runs of flows, alarms, and who was told of them."""

import sqlalchemy as sa
from alembic import op

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Go to this shape."""
    _make_runs()
    _make_alarms()
    _let_sqlite_use("live = 1")
    op.create_index(
        "ix_receipt_lines_quarantined",
        "receipt_lines",
        ["file_sha256"],
        sqlite_where=sa.text("state = 'QUARANTINED'"),
        postgresql_where=sa.text("state = 'QUARANTINED'"),
    )


def downgrade() -> None:
    """Go back to the shape before."""
    op.drop_index("ix_receipt_lines_quarantined", table_name="receipt_lines")
    _let_sqlite_use("live")
    for name in ("alarm_messages", "alarm_mutes", "alarms", "flow_runs"):
        op.drop_table(name)


def _let_sqlite_use(condition: str) -> None:
    """Write the condition of an index as queries write it: SQLite compares the words."""
    if op.get_bind().dialect.name != "sqlite":
        return
    for table, name in (
        ("pieces", "uq_pieces_one_live_batch_per_letter"),
        ("hand_print_letters", "uq_hand_print_letters_one_live_job_per_letter"),
    ):
        op.drop_index(name, table_name=table)
        op.create_index(name, table, ["shipment_id"], unique=True, sqlite_where=sa.text(condition))


def _make_runs() -> None:
    op.create_table(
        "flow_runs",
        sa.Column("id", sa.Integer(), autoincrement=True, nullable=False),
        sa.Column("flow", sa.String(40), nullable=False),
        sa.Column("version", sa.String(40), nullable=False),
        sa.Column("started_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ended_at", sa.DateTime(timezone=True)),
        sa.Column("ended_as", sa.String(20), nullable=False, server_default=""),
        sa.Column("says", sa.String(500), nullable=False, server_default=""),
        sa.Column("counts", sa.JSON(), nullable=False, server_default="{}"),
        sa.CheckConstraint("(ended_at IS NULL) = (ended_as = '')", name="ended_somehow"),
        sa.PrimaryKeyConstraint("id", name="pk_flow_runs"),
        comment="Every run of a flow, begun and ended; one that was killed never ended.",
    )
    op.create_index("ix_flow_runs_flow_started_at", "flow_runs", ["flow", "started_at"])
    op.create_index(
        "ix_flow_runs_flow_ended_as_started_at", "flow_runs", ["flow", "ended_as", "started_at"]
    )


def _make_alarms() -> None:
    op.create_table(
        "alarms",
        sa.Column("id", sa.Integer(), autoincrement=True, nullable=False),
        sa.Column("code", sa.String(40), nullable=False),
        sa.Column("subject", sa.String(255), nullable=False),
        sa.Column("raised_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("since", sa.DateTime(timezone=True)),
        sa.Column("letters", sa.Integer(), nullable=False, server_default="0"),
        sa.Column("what", sa.Text(), nullable=False),
        sa.Column("told_at", sa.DateTime(timezone=True)),
        sa.Column("ended_at", sa.DateTime(timezone=True)),
        sa.PrimaryKeyConstraint("id", name="pk_alarms"),
        comment="Alarms, each time they were raised.",
    )
    op.create_index(
        "uq_alarms_one_at_a_time",
        "alarms",
        ["code", "subject"],
        unique=True,
        sqlite_where=sa.text("ended_at IS NULL"),
        postgresql_where=sa.text("ended_at IS NULL"),
    )
    op.create_table(
        "alarm_mutes",
        sa.Column("id", sa.Integer(), autoincrement=True, nullable=False),
        sa.Column("code", sa.String(40), nullable=False),
        sa.Column("subject", sa.String(255), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("until", sa.DateTime(timezone=True), nullable=False),
        sa.Column("by", sa.String(80), nullable=False),
        sa.Column("why", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_alarm_mutes"),
        comment="Who muted an alarm until when, and why; the last word holds.",
    )
    op.create_table(
        "alarm_messages",
        sa.Column("id", sa.String(64), nullable=False),
        sa.Column("channel", sa.String(20), nullable=False),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("content", sa.JSON(), nullable=False),
        sa.Column("state", sa.String(10), nullable=False, server_default="WAITING"),
        sa.Column("attempts", sa.Integer(), nullable=False, server_default="0"),
        sa.Column("begun_at", sa.DateTime(timezone=True)),
        sa.Column("ended_at", sa.DateTime(timezone=True)),
        sa.Column("repeated", sa.Boolean(), nullable=False, server_default=sa.text("false")),
        sa.Column("fault", sa.String(200), nullable=False, server_default=""),
        sa.CheckConstraint(
            "state IN ('WAITING', 'BEGUN', 'SENT', 'GIVEN_UP')",
            name="state_known",
        ),
        sa.PrimaryKeyConstraint("id", name="pk_alarm_messages"),
        comment="What is told, by channel: written before it is sent, and that it was sent after.",
    )
    op.create_index(
        "ix_alarm_messages_not_ended",
        "alarm_messages",
        ["made_at"],
        sqlite_where=sa.text("ended_at IS NULL"),
        postgresql_where=sa.text("ended_at IS NULL"),
    )
