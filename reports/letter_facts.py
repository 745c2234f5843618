"""The recorded facts as data frames, with their columns written down."""

from datetime import date
from typing import Final

import pandas as pd

from flows.database import facts
from flows.database.session import Tx

CHARGE_COLUMNS: Final = {
    "posted_on": "object",
    "sender_id": "object",
    "sender": "object",
    "organisation_number": "object",
    "account_code": "object",
    "shipment_id": "object",
    "kind": "object",
    "net_ore": "int64",
    "vat_ore": "int64",
    "pages_black_white": "int64",
    "pages_colour": "int64",
    "sheets_by_machine": "int64",
    "extra_sheets_by_machine": "int64",
    "sheets_by_hand": "int64",
    "extra_sheets_by_hand": "int64",
    "weight_grams": "int64",
}
"""One row a charge: two a printed letter, PRODUCTION and POSTAGE, each with the letter's counts."""


def read_charges(tx: Tx, *, first: date, before: date) -> pd.DataFrame:
    """Return every charge posted from `first` up to but not including `before`."""
    rows = facts.charge_rows(tx, first=first, before=before)
    return pd.DataFrame(rows, columns=list(CHARGE_COLUMNS)).astype(CHARGE_COLUMNS)
