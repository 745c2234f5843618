"""The postcode register as Bring publishes it."""

import csv
import io
from collections import Counter
from dataclasses import dataclass
from typing import Final

from flows.errors import NeedsAPerson

FIELDS: Final = 5
CATEGORIES: Final = frozenset("BFGPS")
"""Streets and boxes (B), several uses (F), streets (G), boxes (P), service codes (S)."""

FEWEST: Final = 3
"""A register with fewer postcodes is a broken download."""


@dataclass(frozen=True)
class Postcode:
    """One postcode."""

    postcode: str
    """Four digits; a leading 0 counts."""
    place: str
    municipality: str
    """Four digits of the municipality."""
    category: str


def parse_postcodes(content: bytes) -> list[Postcode]:
    """Read Bring's file: tab-separated, a postcode a line, without headings.

    Columns: postnummer, poststed, kommunenummer, kommunenavn, kategori. Windows-1252 or UTF-8.
    Raises NeedsAPerson with every faulty line: half a register would reject good letters.
    """
    rows = list(csv.reader(io.StringIO(_decoded(content)), delimiter="\t", quoting=csv.QUOTE_NONE))
    found = [_postcode(number, row) for number, row in enumerate(rows, start=1) if row]
    faults = [each for each in found if isinstance(each, str)]
    read = [each for each in found if isinstance(each, Postcode)]
    twice = [code for code, times in Counter(each.postcode for each in read).items() if times > 1]
    faults += [f"{code} stands there twice" for code in twice]
    if len(read) < FEWEST:
        faults.append(f"only {len(read)} postcodes")
    if faults:
        raise NeedsAPerson(
            f"the postcode register has {len(faults)} faults: {'; '.join(faults[:10])}",
            where="postcodes",
            do="download it again; nothing was changed",
        )
    return read


def _decoded(content: bytes) -> str:
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError:
        return content.decode("cp1252", "replace")


def _postcode(number: int, row: list[str]) -> Postcode | str:
    if len(row) != FIELDS:
        return f"line {number} has {len(row)} columns, not {FIELDS}"
    postcode, place, municipality, _, category = (cell.strip() for cell in row)
    if not (len(postcode) == len(municipality) == 4 and (postcode + municipality).isdecimal()):  # noqa: PLR2004
        return f"line {number}: postcode and municipality have four digits each"
    if not place or category not in CATEGORIES:
        return f"line {number}: a place, and a category of {''.join(sorted(CATEGORIES))}"
    return Postcode(postcode, place, municipality, category)
