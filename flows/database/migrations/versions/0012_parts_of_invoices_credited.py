"""Several credit notes of one invoice, each of a part."""

import sqlalchemy as sa
from alembic import op

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None

_BEFORE = """
INSERT INTO ledger_credited (ledger_id, step, credit_id)
SELECT old.id, 1, new.id
FROM issued_invoices note
JOIN ledger_invoiced taken ON taken.invoice_id = note.id
JOIN ledger new ON new.id = taken.ledger_id
JOIN ledger_invoiced held ON held.invoice_id = note.credits_id
JOIN ledger old ON old.id = held.ledger_id
 AND old.file_sha256 = new.file_sha256 AND old.line = new.line AND old.kind = new.kind
 AND old.charge_class = new.charge_class AND old.sku = new.sku AND new.turn = old.turn + 1
WHERE note.kind = 'CREDIT_NOTE'
"""


def upgrade() -> None:
    """Go to this shape; every credit note there is took its whole invoice."""
    with op.batch_alter_table("issued_invoices") as changes:
        changes.drop_constraint("uq_issued_invoices_credited_once", type_="unique")
    op.create_table(
        "ledger_credited",
        sa.Column("ledger_id", sa.Integer(), nullable=False),
        sa.Column("step", sa.Integer(), nullable=False),
        sa.Column("credit_id", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["ledger_id"], ["ledger.id"], name="fk_ledger_credited_ledger_id"),
        sa.ForeignKeyConstraint(["credit_id"], ["ledger.id"], name="fk_ledger_credited_credit_id"),
        sa.PrimaryKeyConstraint("ledger_id", "step", name="pk_ledger_credited"),
        sa.UniqueConstraint("credit_id", name="uq_ledger_credited_credit_id"),
        comment="Which entry an entry of a credit note takes off, one step at a time.",
    )
    op.execute(_BEFORE)


def downgrade() -> None:
    """Go back to the shape before; fails where an invoice has several credit notes."""
    op.drop_table("ledger_credited")
    with op.batch_alter_table("issued_invoices") as changes:
        changes.create_unique_constraint("uq_issued_invoices_credited_once", ["credits_id"])
