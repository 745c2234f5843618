"""Costs within one legal entity: a posting for each account code instead of an invoice."""

import csv
import io
from collections import defaultdict
from collections.abc import Iterable, Mapping
from typing import Any, Final

from flows.domain.money import plain_kroner
from flows.wording import sentences

WORDS: Final = "invoice.toml"
BOM: Final = "\ufeff"


def posting_file(number: str, period: str, entries: Iterable[Mapping[str, Any]]) -> bytes:
    """Return a CSV with what each account code is debited, and the credit that balances it.

    Semicolon, decimal comma and byte order mark: what a Norwegian spreadsheet program opens.
    Columns: voucher, period, account code, text, debit, credit; kroner without VAT.
    """
    said = sentences(WORDS)
    sums: dict[str, int] = defaultdict(int)
    for entry in entries:
        sums[entry["account_code"]] += entry["billed_ore"]
    out = io.StringIO()
    sheet = csv.writer(out, delimiter=";", lineterminator="\r\n")
    rows = [(code, ore) for code, ore in sorted(sums.items()) if ore]
    names = ("voucher", "period", "code", "text", "debit", "credit")
    sheet.writerow([said[f"posting_{name}"] for name in names])
    for code, ore in rows:
        sides = (plain_kroner(ore), "") if ore > 0 else ("", plain_kroner(-ore))
        sheet.writerow([number, period, code, said["delivery"], *sides])
    total = sum(ore for _, ore in rows)
    if total:
        sides = ("", plain_kroner(total)) if total > 0 else (plain_kroner(-total), "")
        sheet.writerow([number, period, "", said["posting_balance"], *sides])
    return (BOM + out.getvalue()).encode()
