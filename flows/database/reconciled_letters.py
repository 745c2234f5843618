"""Every letter we sent, with its receipt in force and its charges, in one statement."""

from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Final

from sqlalchemy import (
    ColumnElement,
    Select,
    Subquery,
    and_,
    case,
    exists,
    func,
    literal_column,
    or_,
    select,
)

from flows.clock import oslo_date
from flows.database.session import Tx
from flows.database.tables import (
    batches,
    charges,
    documents,
    offers,
    open_items,
    pieces,
    receipt_lines,
    recipients,
    shipments,
    vendor_invoice_lines,
)
from flows.domain.batch import BatchStatus
from flows.domain.money import vat_of
from flows.domain.receipt import LineKind, LineState
from flows.domain.reconciliation import SentLetter
from flows.domain.status import Status

NO_DAY: Final = date(1970, 1, 1)
"""In the place of a day of posting that nobody has given; only where there is no receipt."""

# In these very words, not as parameters: SQLite then finds them by the index with this condition.
IN_FORCE: Final = and_(
    receipt_lines.c.state == literal_column(f"'{LineState.APPLIED}'"),
    receipt_lines.c.kind != literal_column(f"'{LineKind.REVERSAL}'"),
)
"""The receipt that counts: one a letter, none where it was taken back."""


@dataclass(frozen=True)
class Since:
    """How far back is looked; what is older is looked at while something about it is open."""

    instant: datetime
    day: date


def sent_letters(tx: Tx, since: Since) -> list[SentLetter]:
    """Return the letters in live batches, each with its receipt in force and its charges."""
    return [_letter(row) for row in tx.execute(_letters_query(since))]


def _letters_query(since: Since) -> Select[Any]:
    paper, charged, line = _paper(), _charged(), receipt_lines.c
    read, invoiced, twice = _read(), _invoiced(), _twice()
    return (
        select(
            shipments.c.id,
            shipments.c.sender_id,
            shipments.c.status,
            shipments.c.account_code,
            shipments.c.colour,
            func.coalesce(recipients.c.country, ""),
            batches.c.id,
            batches.c.job_class,
            batches.c.status,
            batches.c.handed_over_at,
            batches.c.acknowledged_at,
            pieces.c.pages,
            pieces.c.sheets,
            pieces.c.weight_mg,
            func.coalesce(paper.c.pages, 0),
            ~shipments.c.own_address_page,
            paper.c.colour_pages,
            func.coalesce(twice.c.count, 1),
            read.c.read_at,
            line.file_sha256,
            line.line,
            line.pages_black_white,
            line.pages_colour,
            line.sheets_by_machine,
            line.extra_sheets_by_machine,
            line.sheets_by_hand,
            line.extra_sheets_by_hand,
            line.weight_grams,
            line.production_ore,
            line.postage_ore,
            line.production_vat_ore,
            line.postage_vat_ore,
            line.account_code,
            line.posted_at,
            line.posted_on,
            invoiced.c.shipment_id,
            func.coalesce(charged.c.count, 0),
            func.coalesce(charged.c.production, 0),
            func.coalesce(charged.c.postage, 0),
            func.coalesce(charged.c.vat, 0),
        )
        .select_from(pieces)
        .join(batches, batches.c.id == pieces.c.batch_id)
        .join(shipments, shipments.c.id == pieces.c.shipment_id)
        .outerjoin(recipients, recipients.c.shipment_id == shipments.c.id)
        .outerjoin(paper, paper.c.shipment_id == shipments.c.id)
        .outerjoin(read, read.c.shipment_id == shipments.c.id)
        .outerjoin(receipt_lines, and_(line.shipment_id == shipments.c.id, IN_FORCE))
        .outerjoin(charged, charged.c.shipment_id == shipments.c.id)
        .outerjoin(invoiced, invoiced.c.shipment_id == shipments.c.id)
        .outerjoin(twice, twice.c.shipment_id == shipments.c.id)
        .where(pieces.c.live, _is_looked_at(since))
        .order_by(pieces.c.batch_id, pieces.c.number)
    )


def _is_looked_at(since: Since) -> ColumnElement[bool]:
    """Say which batches are looked at: late ones, unfinished ones, those with something open."""
    something_open = exists().where(
        open_items.c.closed_at.is_(None),
        or_(open_items.c.subject == batches.c.id, open_items.c.subject == pieces.c.shipment_id),
    )
    return or_(
        batches.c.created_at >= since.instant,
        batches.c.status.not_in((BatchStatus.SETTLED, BatchStatus.ANNULLED)),
        something_open,
    )


def _paper() -> Subquery:
    printed = documents.c.excluded_from_print.is_(False)
    colour_pages = func.sum(documents.c.colour_pages)
    return (
        select(
            documents.c.shipment_id,
            func.sum(documents.c.pages).label("pages"),
            case(
                (func.count(documents.c.colour_pages) == func.count(), colour_pages),
                else_=None,
            ).label("colour_pages"),
        )
        .where(printed)
        .group_by(documents.c.shipment_id)
        .subquery("paper")
    )


def _charged() -> Subquery:
    def of(kind: str) -> ColumnElement[int]:
        return func.sum(case((charges.c.kind == kind, charges.c.net_ore), else_=0))

    return (
        select(
            charges.c.shipment_id,
            func.sum(case((charges.c.charge_class == "CHARGE", 1), else_=-1)).label("count"),
            of("PRODUCTION").label("production"),
            of("POSTAGE").label("postage"),
            func.sum(charges.c.vat_ore).label("vat"),
        )
        .group_by(charges.c.shipment_id)
        .subquery("charged")
    )


def _read() -> Subquery:
    return (
        select(offers.c.shipment_id, func.min(offers.c.read_at).label("read_at"))
        .where(offers.c.read_at.is_not(None))
        .group_by(offers.c.shipment_id)
        .subquery("read_offers")
    )


def _twice() -> Subquery:
    """Return the letters in two live batches: none, while the database keeps its own rule."""
    return (
        select(pieces.c.shipment_id, func.count().label("count"))
        .where(pieces.c.live)
        .group_by(pieces.c.shipment_id)
        .having(func.count() > 1)
        .subquery("twice")
    )


def _invoiced() -> Subquery:
    return (
        select(vendor_invoice_lines.c.shipment_id)
        .where(vendor_invoice_lines.c.shipment_id != "")
        .distinct()
        .subquery("invoiced")
    )


def _letter(row: Any) -> SentLetter:
    """Make a letter of a row of `_letters_query`, whose order is that of the fields."""
    said = [value or 0 for value in row[21:30]]
    # Where a line does not give its VAT, it is what we reckon for each part.
    vats = zip(row[30:32], row[28:30], strict=True)
    vat = sum(vat_of(net or 0) if given is None else given for given, net in vats)
    posted_at = row[33]
    posted_on = row[34] or (oslo_date(posted_at) if posted_at else NO_DAY)
    return SentLetter._make(
        (
            *row[0:2],
            Status(row[2]),
            *row[3:8],
            BatchStatus(row[8]),
            *row[9:14],
            int(row[14]),
            bool(row[15]),
            None if row[16] is None else int(row[16]),
            *row[17:19],
            f"{row[19]}:{row[20]}" if row[19] else None,
            *said,
            vat,
            row[32] or "",
            posted_at,
            posted_on,
            row[35] is not None,
            *map(int, row[36:40]),
        ),
    )
