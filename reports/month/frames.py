"""A month's facts as tables: letters, codes, postage, invoices, prices, files."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Final

import pandas as pd

from flows.clock import oslo_date
from flows.database import month_controls, month_items, month_ledger
from flows.database.prices import all_prices
from flows.database.session import Tx
from flows.domain.money import rounded_ore
from flows.domain.price_list import PriceKind, PriceList, of_kind, postage_band
from reports.invoicing.articles import article_name

Frames = Mapping[str, pd.DataFrame]

CONSUMPTION: Final = (
    "posted_on",
    "sender_id",
    "sender",
    "organisation_number",
    "account_code",
    "shipment_id",
    "batch_id",
    "vendor",
    "pages_black_white",
    "pages_colour",
    "sheets_by_machine",
    "sheets_by_hand",
    "weight_grams",
    "production_ore",
    "postage_ore",
    "net_ore",
    "vat_ore",
    "gross_ore",
    "list_ore",
    "contracted_ore",
    "invoice",
    "key",
)
"""A row a letter, day, code and invoice; a correction of an earlier month has a row of its own."""

COUNTS: Final = CONSUMPTION[8:13]
AMOUNTS: Final = ("production_ore", "postage_ore", "net_ore", "vat_ore", "gross_ore")


@dataclass(frozen=True)
class Month:
    """A billing month, and everything that its workbook shows."""

    period: str
    """`2026-11`."""
    first: date
    before: date
    """The first day of the next month."""
    frames: Frames
    """Øre are whole, days are dates: by name consumption, codes, senders, postage, controls,
    items, invoices, prices, files, months. For CSV and Parquet too."""
    entries: int
    """How many entries of the ledger it is made of."""


def read_month(tx: Tx, first: date, before: date, begins: datetime, ends: datetime) -> Month:
    """Read a month from the ledger and what stands beside it, as it was when the month ended.

    begins, ends: the month's instants. What changed later in other months changes nothing here.
    """
    period = f"{first:%Y-%m}"
    consumption = _consumption(tx, period)
    # A formula that looks for a code takes 041 for 41, and Ab for aB: a key is neither.
    group = consumption.groupby(["sender_id", "account_code"], sort=True).ngroup()
    consumption["key"] = [f"K{number + 1:05d}" for number in group]
    frames = {
        "consumption": consumption,
        "codes": _summed(consumption, ["sender", "organisation_number", "account_code", "key"]),
        "senders": _summed(consumption, ["sender", "organisation_number", "sender_id"]),
        "postage": _postage(tx, period),
        "items": _items(tx, begins, ends),
        "invoices": _invoices(tx, period),
        "prices": _prices(tx, first, before),
        "files": _files(tx, period, begins, ends),
        "months": _months(tx, first),
    }
    return Month(period, first, before, frames, month_controls.entry_count(tx, period))


def _consumption(tx: Tx, period: str) -> pd.DataFrame:
    """Return CONSUMPTION but for the key. A letter that is only taken back counts nothing."""
    charged = (*CONSUMPTION[:8], *CONSUMPTION[13:-1])
    letters = pd.DataFrame(month_ledger.letters(tx, period), columns=list(charged))
    counts = pd.DataFrame(month_ledger.counted(tx, period), columns=["shipment_id", *COUNTS])
    counts = counts.drop_duplicates("shipment_id", keep="last")
    joined = letters.merge(counts, on="shipment_id", how="left")[list(CONSUMPTION[:-1])]
    whole = dict.fromkeys((*COUNTS, *AMOUNTS), "int64")
    unknown = dict.fromkeys(("list_ore", "contracted_ore"), "Int64")
    counted = joined.fillna(dict.fromkeys(COUNTS, 0))
    return counted.astype({**whole, **unknown})


def _summed(consumption: pd.DataFrame, keys: list[str]) -> pd.DataFrame:
    grouped = consumption.groupby(keys, sort=True)
    sums = grouped[list(AMOUNTS)].sum()
    sums.insert(0, "letters", grouped.size())
    return sums.reset_index()


def _postage(tx: Tx, period: str) -> pd.DataFrame:
    """By article: what the receipts say, and what our own weights and the contract say.

    A letter whose weight we do not know, or that has no price, is expected to be as reported.
    """
    contract = PriceList(of_kind(all_prices(tx), PriceKind.CONTRACT))
    found: dict[str, dict[str, int]] = {}

    def of(sku: str) -> dict[str, int]:
        return found.setdefault(sku, dict.fromkeys(POSTAGE[2:], 0))

    for row in month_ledger.postage(tx, period):
        letters, reported = row["letters"], row["billed_ore"]
        of(row["sku"])["reported_letters"] += letters
        of(row["sku"])["reported_ore"] += reported
        expected = _expected_article(row["sku"], row["weight_mg"])
        price = contract.price_on(expected, row["charged_on"])
        of(expected)["expected_letters"] += letters
        of(expected)["expected_ore"] += (
            reported if price is None else rounded_ore(price.price_ore) * letters
        )
        if price is None:
            of(expected)["unknown_letters"] += letters
    rows = [(sku, article_name(sku), *found[sku].values()) for sku in sorted(found, key=_by_weight)]
    return pd.DataFrame(rows, columns=list(POSTAGE))


POSTAGE: Final = (
    "sku",
    "article",
    "reported_letters",
    "expected_letters",
    "reported_ore",
    "expected_ore",
    "unknown_letters",
)


def _expected_article(sku: str, weight_mg: int | None) -> str:
    """Return the article of the weight we reckoned, of the same product."""
    product, _, band = sku.rpartition("-")
    if weight_mg is None or not band.endswith("G") or not band[:-1].isdigit():
        return sku
    found = postage_band(Decimal(weight_mg) / 1000)
    return sku if found is None else f"{product}-{found}G"


def _by_weight(sku: str) -> tuple[str, int, str]:
    product, _, band = sku.rpartition("-")
    grams = band.removesuffix("G")
    return (product, int(grams), sku) if grams.isdigit() else (sku, 0, sku)


def _items(tx: Tx, begins: datetime, ends: datetime) -> pd.DataFrame:
    columns = ["code", "subject", "first_seen_on", "age_days", "what", "amount_ore", "owner"]
    columns += ["state", "taken_by", "comment"]
    last = ends.toordinal()
    rows = [
        (
            one.code,
            one.subject,
            oslo_date(one.first_seen_at),
            last - one.first_seen_at.toordinal(),
            one.what,
            one.ore,
            one.owner,
            one.state,
            one.taken_by,
            one.comment,
        )
        for one in month_items.items_at(tx, ends, since=begins)
    ]
    return pd.DataFrame(rows, columns=columns).astype({"amount_ore": "Int64"})


def _invoices(tx: Tx, period: str) -> pd.DataFrame:
    columns = ["number", "invoice_id", "kind", "state", "sender", "payer", "issued_on", "due_on"]
    columns += ["net_ore", "vat_ore", "gross_ore", "entries_ore", "credits_number"]
    rows = [
        (
            row["number"],
            row["id"],
            row["kind"],
            row["state"],
            row["sender"],
            row["payer"],
            row["issued_on"],
            row["due_on"],
            row["net_ore"],
            row["vat_ore"],
            row["net_ore"] + row["vat_ore"],
            row["entries_ore"],
            row["credits_number"],
        )
        for row in month_controls.invoices(tx, period)
    ]
    frame = pd.DataFrame(rows, columns=columns)
    return frame.astype({"number": "Int64", "credits_number": "Int64"})


def _prices(tx: Tx, first: date, before: date) -> pd.DataFrame:
    """Return the prices that held on a day of the month; price is in kroner."""
    columns = ["sku", "article", "kind", "price", "from_on", "until_on", "source"]
    rows = [
        (
            one.sku,
            article_name(one.sku),
            one.kind.value,
            float(one.price_ore / 100),
            one.valid_from,
            one.valid_to,
            one.source,
        )
        for one in all_prices(tx)
        if one.valid_from < before and (one.valid_to is None or one.valid_to > first)
    ]
    return pd.DataFrame(rows, columns=columns)


def _files(tx: Tx, period: str, begins: datetime, ends: datetime) -> pd.DataFrame:
    rows = month_ledger.files(tx, period, begins=begins, ends=ends)
    columns = ["name", "kind", "vendor", "fetched_on", "state", "line_count", "lines"]
    columns += ["billed_ore", "sha256"]
    said = [{**row, "fetched_on": oslo_date(row["fetched_at"])} for row in rows]
    return pd.DataFrame(said, columns=columns)


def _months(tx: Tx, first: date) -> pd.DataFrame:
    """Return the twelve billing months that end with this one; those without letters too."""
    said = {row["billing_period"]: row for row in month_ledger.by_period(tx, *_year(first))}
    empty = {"letters": 0, "production_ore": 0, "postage_ore": 0}
    rows = [
        (period, *(said.get(period, empty)[name] for name in empty))
        for period in (f"{_back(first, months):%Y-%m}" for months in range(11, -1, -1))
    ]
    return pd.DataFrame(rows, columns=["month", *empty])


def _year(first: date) -> tuple[str, str]:
    return f"{_back(first, 11):%Y-%m}", f"{first:%Y-%m}"


def _back(first: date, months: int) -> date:
    place = first.year * 12 + first.month - 1 - months
    return date(place // 12, place % 12 + 1, 1)
