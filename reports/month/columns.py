"""How each column of the month's tables is written."""

from collections.abc import Mapping, Sequence
from typing import Final

from reports.book import Column, Kind

CODES: Final = {
    "account_code", "organisation_number", "shipment_id", "batch_id", "sender_id", "vendor", "key",
    "sku", "code", "subject", "invoice", "invoice_id", "payer", "month", "name", "sha256", "sender",
    "comment", "taken_by", "what", "owner", "state", "kind", "source", "article", "control", "note",
}  # fmt: skip
DAYS: Final = {
    "posted_on", "first_seen_on", "issued_on", "due_on", "from_on", "until_on", "fetched_on",
}  # fmt: skip
NOT_SUMMED: Final = {"age_days", "number", "credits_number", "price", "line_count", "lines"}
WIDTHS: Final = {
    "sender": 34, "shipment_id": 38, "batch_id": 26, "key": 26, "what": 70, "comment": 50,
    "article": 36, "source": 60, "sha256": 66, "name": 40, "control": 66, "note": 60, "subject": 30,
    "code": 30, "account_code": 20, "invoice_id": 30, "sku": 22, "posted_on": 12, "state": 16,
}  # fmt: skip


def columns_of(
    names: Sequence[str], words: Mapping[str, str], *, summed: bool = True
) -> list[Column]:
    """Return columns by their names, with headings in a language."""
    kinds = [kind_of(name) for name in names]
    sums = [
        summed and kind in {Kind.COUNT, Kind.KRONER} and name not in NOT_SUMMED
        for name, kind in zip(names, kinds, strict=True)
    ]
    return [
        Column(
            words[name],
            kinds[place],
            WIDTHS.get(name, max(12, min(len(words[name]) + 4, 18))),
            summed=sums[place],
            total_label=words["sum"] if place == 0 and any(sums) and not sums[0] else "",
        )
        for place, name in enumerate(names)
    ]


def kind_of(name: str) -> Kind:
    """Return what a column's values are."""
    if name == "price":
        return Kind.RATE
    if name.endswith("_ore"):
        return Kind.KRONER
    if name in DAYS:
        return Kind.DAY
    return Kind.TEXT if name in CODES else Kind.COUNT
