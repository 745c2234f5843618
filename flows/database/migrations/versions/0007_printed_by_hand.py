"""What senders print themselves."""

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Go to this shape."""
    op.create_table(
        "hand_print_jobs",
        sa.Column("id", sa.String(90), nullable=False),
        sa.Column("sender_id", sa.String(64), nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("job_class", sa.String(10), nullable=False),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("confirmed_at", sa.DateTime(timezone=True)),
        sa.Column("confirmed_by", sa.String(80), nullable=False, server_default=""),
        sa.ForeignKeyConstraint(["sender_id"], ["senders.id"], name="fk_hand_print_jobs_sender_id"),
        sa.PrimaryKeyConstraint("id", name="pk_hand_print_jobs"),
        comment="Print files for senders who print by hand; no vendor ever sees them.",
    )
    op.create_table(
        "hand_print_letters",
        sa.Column("job_id", sa.String(90), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("shipment_id", sa.String(64), nullable=False),
        sa.Column("live", sa.Boolean(), nullable=False),
        sa.Column("left_because", sa.String(20), nullable=False, server_default=""),
        sa.CheckConstraint(
            "live = (left_because = '')", name="ck_hand_print_letters_left_for_a_reason"
        ),
        sa.ForeignKeyConstraint(
            ["job_id"], ["hand_print_jobs.id"], name="fk_hand_print_letters_job_id"
        ),
        sa.ForeignKeyConstraint(
            ["shipment_id"], ["shipments.id"], name="fk_hand_print_letters_shipment_id"
        ),
        sa.PrimaryKeyConstraint("job_id", "number", name="pk_hand_print_letters"),
        comment="Which letter is which number of a print file; a letter is in one live job.",
    )
    op.create_index(
        "uq_hand_print_letters_one_live_job_per_letter",
        "hand_print_letters",
        ["shipment_id"],
        unique=True,
        sqlite_where=sa.text("live"),
        postgresql_where=sa.text("live"),
    )


def downgrade() -> None:
    """Go back to the shape before."""
    op.drop_table("hand_print_letters")
    op.drop_table("hand_print_jobs")
