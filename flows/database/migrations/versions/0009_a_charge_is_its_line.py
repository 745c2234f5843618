"""Receipt lines carry whom they charge; the table of charges becomes a view of them."""

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None

BOOKED = sa.text("booked_on IS NOT NULL")
TAKES_BACK = sa.text("takes_back_file IS NOT NULL")

KINDS = "(SELECT 'PRODUCTION' AS kind UNION ALL SELECT 'POSTAGE') k"

CHARGES = f"""
    CREATE VIEW charges AS
    SELECT l.file_sha256, l.line, k.kind, 'CHARGE' AS charge_class, l.shipment_id,
           l.charged_sender AS sender_id, l.charged_code AS account_code, l.posted_on, l.booked_on,
           CASE k.kind WHEN 'POSTAGE' THEN l.postage_ore ELSE l.production_ore END AS net_ore,
           CASE k.kind WHEN 'POSTAGE' THEN l.postage_vat_ore ELSE l.production_vat_ore END
               AS vat_ore,
           CAST(NULL AS VARCHAR(64)) AS reverses_file, CAST(NULL AS INTEGER) AS reverses_line
    FROM receipt_lines l CROSS JOIN {KINDS}
    WHERE l.booked_on IS NOT NULL AND l.kind <> 'REVERSAL'
    UNION ALL
    SELECT n.file_sha256, n.line, k.kind, 'REVERSAL', o.shipment_id,
           o.charged_sender, o.charged_code, o.posted_on, n.booked_on,
           CASE k.kind WHEN 'POSTAGE' THEN -o.postage_ore ELSE -o.production_ore END,
           CASE k.kind WHEN 'POSTAGE' THEN -o.postage_vat_ore ELSE -o.production_vat_ore END,
           o.file_sha256, o.line
    FROM receipt_lines n
    JOIN receipt_lines o ON o.file_sha256 = n.takes_back_file AND o.line = n.takes_back_line
    CROSS JOIN {KINDS}
    WHERE n.takes_back_file IS NOT NULL
"""

FILL = (
    """
    UPDATE receipt_lines SET booked_on = c.booked_on, charged_sender = c.sender_id,
           charged_code = c.account_code
    FROM charges_before c
    WHERE c.file_sha256 = receipt_lines.file_sha256 AND c.line = receipt_lines.line
      AND c.kind = 'POSTAGE' AND c.charge_class = 'CHARGE'
    """,
    """
    UPDATE receipt_lines SET booked_on = c.booked_on, charged_sender = c.sender_id,
           charged_code = c.account_code, takes_back_file = c.reverses_file,
           takes_back_line = c.reverses_line
    FROM charges_before c
    WHERE c.file_sha256 = receipt_lines.file_sha256 AND c.line = receipt_lines.line
      AND c.kind = 'POSTAGE' AND c.charge_class = 'REVERSAL'
    """,
)
"""A correction has charges of both classes with one day, sender and code: the second says more."""

SUMS = "SELECT charge_class, kind, COUNT(*), SUM(net_ore), SUM(vat_ore) FROM {} GROUP BY 1, 2"

PLACES = "SELECT ledger_id, invoice_id, line FROM ledger_invoiced"

KEY = ["file_sha256", "line"]


def upgrade() -> None:
    """Go to this shape; refused where lines and charges do not say the same."""
    for column in (
        sa.Column("booked_on", sa.Date()),
        sa.Column("charged_sender", sa.String(64)),
        sa.Column("charged_code", sa.String(20)),
        sa.Column("takes_back_file", sa.String(64)),
        sa.Column("takes_back_line", sa.Integer()),
    ):
        op.add_column("receipt_lines", column)
    _refer_to("receipt_lines", KEY, old="fk_ledger_charge", new="fk_ledger_receipt_line")
    op.rename_table("charges", "charges_before")
    for statement in FILL:
        op.execute(statement)
    op.execute(CHARGES)
    _say_the_same()
    op.drop_table("charges_before")
    for name, columns, unique, where in (
        ("ix_receipt_lines_booked_shipment_id", ["shipment_id"], False, BOOKED),
        ("ix_receipt_lines_booked_posted_on", ["posted_on"], False, BOOKED),
        (
            "uq_receipt_lines_taken_back_once",
            ["takes_back_file", "takes_back_line"],
            True,
            TAKES_BACK,
        ),
    ):
        op.create_index(
            name,
            "receipt_lines",
            columns,
            unique=unique,
            sqlite_where=where,
            postgresql_where=where,
        )


def downgrade() -> None:
    """Refused: a copy from before the upgrade is the way back."""
    raise NotImplementedError("restore the copy that was taken before this upgrade")


def _say_the_same() -> None:
    tx = op.get_bind()
    before = sorted(map(tuple, tx.execute(sa.text(SUMS.format("charges_before")))))
    after = sorted(map(tuple, tx.execute(sa.text(SUMS.format("charges")))))
    if before != after:
        raise ValueError(f"charges were {before}, the receipt lines say {after}")


def _refer_to(table: str, columns: list[str], *, old: str, new: str) -> None:
    """Let the ledger refer to receipt lines.

    SQLite makes the table anew for it, and does not let go of one that others refer to.
    """
    tx = op.get_bind()
    kept: list[tuple[int, str, int]] = []
    if tx.dialect.name == "sqlite":
        kept = [tuple(row) for row in tx.execute(sa.text(PLACES))]
        tx.exec_driver_sql("DELETE FROM ledger_invoiced")
    with op.batch_alter_table("ledger") as changes:
        changes.drop_constraint(old, type_="foreignkey")
        changes.create_foreign_key(new, table, columns, columns)
    for row in kept:
        tx.exec_driver_sql("INSERT INTO ledger_invoiced VALUES (?, ?, ?)", row)
