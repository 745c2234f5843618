"""Enter every charge in the ledger once, by article."""

from collections.abc import Iterable, Iterator
from datetime import date
from functools import lru_cache
from typing import Any, Final

from sqlalchemy import RowMapping, Select, and_, exists, func, literal, not_, select

from flows.database.bulk import insert_rows, stored_date
from flows.database.ledger_tables import ledger
from flows.database.prices import read_price_list
from flows.database.session import Tx
from flows.database.tables import (
    batches,
    charges,
    receipt_files,
    receipt_lines,
    recipients,
    senders,
)
from flows.domain.batch import JobClass
from flows.domain.country import is_domestic
from flows.domain.ledger import (
    Category,
    EntryClass,
    Part,
    Printed,
    billing_period,
    parts_of,
)
from flows.domain.price_list import PriceKind, PriceList

COLUMNS: Final = tuple(column.name for column in ledger.columns if column.name != "id")
KEY: Final = ("file_sha256", "line", "kind", "charge_class")
SLICE: Final = 100_000
"""Charges read at once."""

SAME_KINDS: Final = 100_000
"""A month has few kinds of letters: what one costs is reckoned once and remembered."""


def enter_charges(tx: Tx, *, grace_days: int) -> int:
    """Enter every charge that is not in the ledger yet; return how many entries that gave.

    A reversal takes back what its charge was entered as, article for article. Safe to run at any
    time and again. grace_days: flows.domain.ledger.billing_period.
    """
    before = tx.scalar(select(func.count()).select_from(ledger)) or 0
    split = _Splitter(tx, grace_days)
    # In slices, so that a year's charges are never all in memory.
    while rows := tx.execute(_new_charges().limit(SLICE)).mappings().all():
        insert_rows(tx, ledger, COLUMNS, split.entries(rows))
    _take_back(tx, grace_days)
    return (tx.scalar(select(func.count()).select_from(ledger)) or 0) - before


def _new_charges() -> Select[Any]:
    said = receipt_lines.c
    return (
        select(
            charges,
            senders.c.organisation_number,
            receipt_files.c.vendor,
            said.batch_id,
            said.pages_black_white,
            said.pages_colour,
            said.sheets_by_machine,
            said.extra_sheets_by_machine,
            said.sheets_by_hand,
            said.extra_sheets_by_hand,
            said.weight_grams,
            said.product,
            batches.c.job_class,
            recipients.c.country,
        )
        .join(senders, senders.c.id == charges.c.sender_id)
        .join(receipt_files, receipt_files.c.sha256 == charges.c.file_sha256)
        .join(
            receipt_lines,
            and_(said.file_sha256 == charges.c.file_sha256, said.line == charges.c.line),
        )
        .outerjoin(batches, batches.c.id == said.batch_id)
        .outerjoin(recipients, recipients.c.shipment_id == charges.c.shipment_id)
        .where(charges.c.charge_class == "CHARGE", not_(is_entered()))
        .order_by(charges.c.booked_on, charges.c.file_sha256, charges.c.line, charges.c.kind)
    )


def is_entered() -> Any:
    """Return the condition that a charge is in the ledger, for a statement about charges."""
    return exists().where(*[ledger.c[name] == charges.c[name] for name in KEY])


class _Splitter:
    """Splits charges by the two price lists, and remembers what it has split before."""

    def __init__(self, tx: Tx, grace_days: int) -> None:
        self._tx = tx
        self._contract = read_price_list(tx, PriceKind.CONTRACT)
        self._public = read_price_list(tx, PriceKind.LIST)
        self._period = lru_cache(SAME_KINDS)(
            lambda posted, booked: billing_period(posted, booked, grace_days=grace_days)
        )
        self._parts = lru_cache(SAME_KINDS)(_parts)

    def entries(self, rows: Iterable[RowMapping]) -> Iterator[tuple[Any, ...]]:
        """Give the ledger's rows, in the order of COLUMNS."""
        for row in rows:
            parts = self._parts(
                row["kind"],
                _printed(row),
                row["net_ore"],
                row["vat_ore"],
                row["posted_on"],
                self._contract,
                self._public,
            )
            for part in parts:
                yield self._entry(row, part)

    def _entry(self, row: RowMapping, part: Part) -> tuple[Any, ...]:
        return (
            *(row[name] for name in KEY),
            part.sku,
            Category.USAGE.value,
            0,
            EntryClass.FIRST.value,
            row["shipment_id"],
            row["sender_id"],
            row["organisation_number"],
            row["account_code"],
            row["vendor"],
            row["batch_id"],
            stored_date(self._tx, row["posted_on"]),
            self._period(row["posted_on"], row["booked_on"]),
            part.quantity,
            part.list_ore,
            part.contracted_ore,
            part.billed_ore,
            part.vat_ore,
        )


def _parts(
    kind: str,
    printed: Printed,
    net_ore: int,
    vat_ore: int,
    day: date,
    contract: PriceList,
    public: PriceList,
) -> list[Part]:
    return parts_of(
        kind,
        printed,
        billed_ore=net_ore,
        vat_ore=vat_ore,
        day=day,
        contract=contract,
        public=public,
    )


def _printed(row: RowMapping) -> Printed:
    return Printed(
        pages_black_white=row["pages_black_white"],
        pages_colour=row["pages_colour"],
        sheets_by_machine=row["sheets_by_machine"],
        extra_sheets_by_machine=row["extra_sheets_by_machine"],
        sheets_by_hand=row["sheets_by_hand"],
        extra_sheets_by_hand=row["extra_sheets_by_hand"],
        weight_grams=row["weight_grams"],
        envelope=JobClass.of_code(row["job_class"]).envelope,
        domestic=is_domestic(row["country"] or ""),
        product=row["product"] or "",
    )


def _take_back(tx: Tx, grace_days: int) -> None:
    """Enter reversals: each entry of the charge that is taken back, with the opposite sign.

    From the lines that take back, which are few, and not from the view of all charges.
    """
    first, line, entered = ledger.alias("first"), receipt_lines.c, ledger.alias("entered")
    is_there = exists().where(
        entered.c.file_sha256 == line.file_sha256,
        entered.c.line == line.line,
        entered.c.kind == first.c.kind,
        entered.c.charge_class == "REVERSAL",
    )
    query = (
        select(
            line.booked_on,
            first.c.charged_on.label("posted_on"),
            line.file_sha256,
            line.line,
            first.c.kind,
            literal("REVERSAL").label("charge_class"),
            first.c.sku,
            first.c.shipment_id,
            first.c.sender_id,
            first.c.organisation_number,
            first.c.account_code,
            first.c.vendor,
            first.c.batch_id,
            first.c.charged_on,
            first.c.quantity,
            first.c.list_ore,
            first.c.contracted_ore,
            first.c.billed_ore,
            first.c.vat_ore,
        )
        .join(
            first,
            and_(
                first.c.file_sha256 == line.takes_back_file,
                first.c.line == line.takes_back_line,
                first.c.charge_class == literal("CHARGE"),
                first.c.category == Category.USAGE.value,
            ),
        )
        .where(line.takes_back_file.is_not(None), not_(is_there))
        .order_by(line.file_sha256, line.line, first.c.kind, first.c.id)
    )
    rows = [_taken_back(tx, row, grace_days) for row in tx.execute(query).mappings()]
    insert_rows(tx, ledger, COLUMNS, rows)


def _taken_back(tx: Tx, row: RowMapping, grace_days: int) -> tuple[Any, ...]:
    said: dict[str, Any] = {
        **dict(row),
        "category": Category.USAGE.value,
        "turn": 0,
        "entry_class": EntryClass.CORRECTION.value,
        "charged_on": stored_date(tx, row["charged_on"]),
        "billing_period": billing_period(row["posted_on"], row["booked_on"], grace_days=grace_days),
        **{name: _negative(row[name]) for name in ("quantity", "list_ore", "contracted_ore")},
        **{name: -row[name] for name in ("billed_ore", "vat_ore")},
    }
    return tuple(said[name] for name in COLUMNS)


def _negative(value: int | None) -> int | None:
    return None if value is None else -value
