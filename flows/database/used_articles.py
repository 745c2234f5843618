"""Which articles a month's letters are about, counted by the kinds of letters there are."""

from collections.abc import Iterator
from datetime import date

from sqlalchemy import and_, func, select

from flows.database.session import Tx
from flows.database.tables import batches, charges, receipt_lines, recipients
from flows.domain.batch import JobClass
from flows.domain.country import is_domestic
from flows.domain.ledger import Printed
from flows.domain.price_trial import Used, articles_of_receipt
from flows.domain.receipt import LineKind, LineState

COUNTS = (
    "pages_black_white",
    "pages_colour",
    "sheets_by_machine",
    "extra_sheets_by_machine",
    "sheets_by_hand",
    "extra_sheets_by_hand",
    "weight_grams",
)


def articles_used(tx: Tx, *, first: date, before: date) -> Iterator[Used]:
    """Give the letters posted from `first` up to `before`, those that are alike together.

    Of a corrected letter, what is in force.
    """
    said = receipt_lines.c
    kinds = (
        charges.c.sender_id,
        charges.c.posted_on,
        batches.c.job_class,
        recipients.c.country,
        said.product,
        *(said[name] for name in COUNTS),
    )
    query = (
        select(*kinds, func.count().label("letters"))
        .join(
            receipt_lines,
            and_(said.file_sha256 == charges.c.file_sha256, said.line == charges.c.line),
        )
        .outerjoin(batches, batches.c.id == said.batch_id)
        .outerjoin(recipients, recipients.c.shipment_id == charges.c.shipment_id)
        .where(
            charges.c.kind == "PRODUCTION",
            charges.c.charge_class == "CHARGE",
            charges.c.posted_on >= first,
            charges.c.posted_on < before,
            said.state == LineState.APPLIED,
            said.kind != LineKind.REVERSAL,
        )
        .group_by(*kinds)
        .order_by(charges.c.sender_id, charges.c.posted_on)
    )
    for row in tx.execute(query).mappings():
        printed = Printed(
            **{name: row[name] for name in COUNTS},
            envelope=JobClass.of_code(row["job_class"]).envelope,
            domestic=is_domestic(row["country"] or ""),
            product=row["product"] or "",
        )
        yield Used(row["sender_id"], row["posted_on"], articles_of_receipt(printed), row["letters"])
