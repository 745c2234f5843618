"""What printed letters cost: by letter, by sender, by account code. Whole øre."""

from typing import Final

import pandas as pd

LETTER_COLUMNS: Final = (
    "posted_on",
    "sender",
    "organisation_number",
    "account_code",
    "shipment_id",
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
)
"""One row a letter; money in whole øre, weight in grams."""

SUMMED: Final = LETTER_COLUMNS[5:]
"""Counts and amounts that add up."""


def by_letter(charges: pd.DataFrame) -> pd.DataFrame:
    """Return one row a letter (LETTER_COLUMNS), in the order of the charges.

    charges: reports.letter_facts.CHARGE_COLUMNS, one row a charge.
    """
    said = ["posted_on", "sender", "organisation_number", "account_code", "shipment_id"]
    counts = list(SUMMED[:5])
    priced = charges.assign(
        production_ore=charges["net_ore"].where(charges["kind"] == "PRODUCTION", 0),
        postage_ore=charges["net_ore"].where(charges["kind"] == "POSTAGE", 0),
    )
    grouped = priced.groupby(said, sort=False)
    # A letter's counts stand on each of its charges, so they are taken once and not summed.
    letters = (
        grouped[counts]
        .first()
        .join(
            grouped[["production_ore", "postage_ore", "net_ore", "vat_ore"]].sum(),
        )
    )
    letters["gross_ore"] = letters["net_ore"] + letters["vat_ore"]
    return letters.reset_index()[list(LETTER_COLUMNS)]


def by_sender(letters: pd.DataFrame) -> pd.DataFrame:
    """Return sums of letters by sender: sender, organisation_number, letters, SUMMED."""
    return _summed(letters, ["sender", "organisation_number"])


def by_account_code(letters: pd.DataFrame) -> pd.DataFrame:
    """Return sums of letters by sender and account code; the empty code has a row too."""
    return _summed(letters, ["sender", "organisation_number", "account_code"])


def _summed(letters: pd.DataFrame, keys: list[str]) -> pd.DataFrame:
    grouped = letters.groupby(keys, sort=True)
    sums = grouped[list(SUMMED)].sum()
    sums.insert(0, "letters", grouped.size())
    return sums.reset_index()
