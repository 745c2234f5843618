"""Receipt files in every format and dialect, by the tests' own writers, from plain facts.

A letter is a dict by our names; money in øre without VAT, weight in grams, time aware.
"""

import csv
import io
import json
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from decimal import ROUND_HALF_UP, Decimal
from xml.sax.saxutils import quoteattr
from zoneinfo import ZoneInfo

from openpyxl import Workbook

from flows.domain.vendor_profile import ControlRow, Dialect, Format, Money, VendorProfile, Weight

OSLO = ZoneInfo("Europe/Oslo")


def a_letter(number: int = 1, **changes: object) -> dict[str, object]:
    letter: dict[str, object] = {
        "batch_id": "SVAR-20261124-01-C5SHS",
        "piece_number": number,
        "shipment_id": f"00000000-0000-4000-8000-{number:012d}",
        "pages_black_white": 3,
        "pages_colour": 0,
        "sheets_by_machine": 3,
        "extra_sheets_by_machine": 2,
        "sheets_by_hand": 0,
        "extra_sheets_by_hand": 0,
        "weight_grams": 22,
        "production_ore": 260,
        "postage_ore": 1992,
        "account_code": "0410",
        "posted_at": datetime(2026, 11, 25, 14, 30, tzinfo=OSLO),
        "reprints": 0,
        "product": "BREV",
        "kind": "",
        "attempt": 0,
        **changes,
    }
    return letter


def written(letters: Sequence[Mapping[str, object]], profile: VendorProfile) -> bytes:
    """A receipt file of these letters as the profile's vendor writes it."""
    dialect = profile.receipts
    rows = [
        {
            theirs: _cell(ours, letter[ours], dialect, profile.vat_percent)
            for ours, theirs in dialect.columns.items()
        }
        for letter in letters
    ]
    money = {
        name: sum(_ore(letter[f"{name}_ore"], dialect, profile.vat_percent) for letter in letters)
        for name in ("production", "postage")
    }
    control: dict[str, object] = {
        "schema": dialect.schema,
        "version": dialect.version,
        "customer": (profile.customers or ("SVAR",))[0],
        "lines": len(letters),
        **{name: _amount(total, dialect) for name, total in money.items()},
    }
    return WRITERS[dialect.format](control, rows, dialect)


def in_format(profile: VendorProfile, form: Format) -> VendorProfile:
    """The same vendor, writing another format."""
    changes = {"schema": profile.receipts.schema.lstrip("#")}
    columns = profile.receipts.columns
    if form is Format.XML:  # names of elements have no spaces
        columns = {ours: f"felt-{number}" for number, ours in enumerate(columns)}
    return replace(
        profile, receipts=replace(profile.receipts, format=form, columns=columns, **changes)
    )


def _ore(net: object, dialect: Dialect, vat: Decimal) -> int:
    amount = Decimal(str(net))
    if dialect.amounts_include_vat:
        amount *= 1 + vat / 100
    return int(amount.quantize(Decimal(1), rounding=ROUND_HALF_UP))


def _amount(ore: int, dialect: Dialect) -> str:
    if dialect.money is Money.ORE:
        return str(ore)
    return f"{Decimal(ore) / 100:.2f}".replace(".", dialect.decimal)


def _cell(name: str, value: object, dialect: Dialect, vat: Decimal) -> str:
    if name in {"production_ore", "postage_ore"}:
        return _amount(_ore(value, dialect, vat), dialect)
    if name == "weight_grams" and dialect.weight is Weight.KILOGRAMS:
        return f"{Decimal(str(value)) / 1000:.3f}".replace(".", dialect.decimal)
    if isinstance(value, datetime):
        if dialect.time_format == "iso":
            return value.isoformat()
        return value.astimezone(OSLO).strftime(dialect.time_format)
    return str(value)


def _table(
    control: Mapping[str, object], rows: Sequence[Mapping[str, str]], dialect: Dialect
) -> list[list[str]]:
    first = [str(control[name]) for name in dialect.control]
    body = [list(dialect.columns.values()), *(list(row.values()) for row in rows)]
    return [first, *body] if dialect.control_row is ControlRow.FIRST else [*body, first]


def _csv(
    control: Mapping[str, object], rows: Sequence[Mapping[str, str]], dialect: Dialect
) -> bytes:
    text = io.StringIO()
    writer = csv.writer(text, delimiter=dialect.delimiter, lineterminator="\r\n")
    writer.writerows(_table(control, rows, dialect))
    return text.getvalue().encode(dialect.encoding)


def _xml(
    control: Mapping[str, object], rows: Sequence[Mapping[str, str]], dialect: Dialect
) -> bytes:
    said = " ".join(f"{name}={quoteattr(str(value))}" for name, value in control.items())
    lines = [
        f"<{dialect.record}>"
        + "".join(
            f"<{name}>{value.replace('&', '&amp;').replace('<', '&lt;')}</{name}>"
            for name, value in row.items()
        )
        + f"</{dialect.record}>"
        for row in rows
    ]
    return f"<kvitteringer {said}>{''.join(lines)}</kvitteringer>".encode()


def _json(
    control: Mapping[str, object], rows: Sequence[Mapping[str, str]], dialect: Dialect
) -> bytes:
    return json.dumps({**control, dialect.record: rows}, ensure_ascii=False).encode(
        dialect.encoding
    )


def _xlsx(
    control: Mapping[str, object], rows: Sequence[Mapping[str, str]], dialect: Dialect
) -> bytes:
    book = Workbook()
    sheet = book.active
    assert sheet is not None
    for row in _table(control, rows, dialect):
        sheet.append(row)
    content = io.BytesIO()
    book.save(content)
    return content.getvalue()


WRITERS = {Format.CSV: _csv, Format.XML: _xml, Format.JSON: _json, Format.XLSX: _xlsx}
