"""Read the lines of a receipt file, each distinct value once."""

from collections import Counter
from collections.abc import Callable, Sequence
from contextlib import suppress
from decimal import Decimal
from typing import Any, Final

from flows.domain.receipt import LineKind, PrintReceipt, StagedLine
from flows.domain.vendor_profile import OPTIONAL_COLUMNS, Dialect
from flows.receipts import cells
from flows.receipts.cells import Amount, Posted, UnreadableError
from flows.receipts.raw_rows import Cell

MAX_REMEMBERED: Final = 10_000
"""Distinct values kept for a field: a hostile file has a new one on every line."""

MAX_REASON: Final = 200

ABSENT: Final = -1
"""The place of a column that the file does not have: an empty cell put after the others."""

COUNTS: Final = (
    "pages_black_white",
    "pages_colour",
    "sheets_by_machine",
    "extra_sheets_by_machine",
    "sheets_by_hand",
    "extra_sheets_by_hand",
)

Parse = Callable[[Cell], Any]


class _Remembered(dict[Cell, Any]):
    """What each distinct cell of a column reads as; the same figures come again and again."""

    def __init__(self, parse: Parse) -> None:
        super().__init__()
        self._parse = parse

    def __missing__(self, cell: Cell) -> Any:
        value = self._parse(cell.strip() if isinstance(cell, str) else cell)
        if len(self) < MAX_REMEMBERED:
            self[cell] = value
        return value


class LineReader:
    """Reads line after line, and remembers what they add up to."""

    def __init__(self, dialect: Dialect, columns: Sequence[str], vat_percent: Decimal) -> None:
        """columns: the vendor's names in the order of the cells; each is one of the dialect's."""
        self.production_ore = self.postage_ore = 0
        """As the file writes them: what its control totals count."""
        self._empty: Counter[str] = Counter()
        self._after_noon = 0
        self._width = len(columns)
        self._names = dialect.columns
        parsers = _parsers(dialect, vat_percent)
        place_of = {theirs: place for place, theirs in enumerate(columns)}
        self._columns = [
            (field, place_of.get(dialect.columns.get(field, ""), ABSENT), _Remembered(parse))
            for field, parse in parsers.items()
        ]
        self._plan = [(place, remembered) for _, place, remembered in self._columns]
        self._fields = [field for field, place, _ in self._columns if place != ABSENT]
        self._may_be_empty = [
            (place, field)
            for field, place, _ in self._columns
            if field in OPTIONAL_COLUMNS and place != ABSENT
        ]

    def read(self, line: int, cells: Sequence[Cell]) -> StagedLine:
        """Return a line's receipt, or every reason why it cannot be read."""
        if len(cells) != self._width:
            return self._of_another_width(line, cells)
        row = [*cells, ""]  # what an absent column says, at ABSENT
        try:
            values = [remembered[row[place]] for place, remembered in self._plan]
        except UnreadableError:
            return self._unreadable(line, row)
        *plain, production, postage, posted, kind, attempt = values
        for place, field in self._may_be_empty:
            if row[place] == "":
                self._empty[field] += 1
        self._count(production, postage, posted)
        if production[0] < 0 or postage[0] < 0:
            if kind is not LineKind.REVERSAL:
                return self._negative(line, values)
            # A vendor may write what it takes back with a minus or without.
            production, postage = _positive(production), _positive(postage)
        said = [
            *plain,
            production[1],
            postage[1],
            posted[0],
            production[2],
            postage[2],
            kind,
            attempt,
        ]
        return StagedLine(line, PrintReceipt(*said))

    def filled(self, lines: int) -> dict[str, int]:
        """Return how many of the lines have something in each field, and how many after noon."""
        found = {field: lines - self._empty[field] for field in self._fields}
        return {**found, "after_noon": self._after_noon, "lines": lines}

    def _count(self, production: Amount, postage: Amount, posted: Posted) -> None:
        self.production_ore += production[0]
        self.postage_ore += postage[0]
        # A cost of nothing is as good as none: so the print cost was lost before.
        if not production[0]:
            self._empty["production_ore"] += 1
        if not postage[0]:
            self._empty["postage_ore"] += 1
        if posted[1]:
            self._after_noon += 1

    def _negative(self, line: int, values: Sequence[Any]) -> StagedLine:
        said = dict(zip((field for field, _, _ in self._columns), values, strict=True))
        return StagedLine(line, None, "a negative amount, and it is no reversal", _kept(said))

    def _of_another_width(self, line: int, row: Sequence[Cell]) -> StagedLine:
        """Return the reason; the totals count its amounts, where they can be read."""
        for field, place, remembered in self._columns:
            if field in {"production_ore", "postage_ore"} and 0 <= place < len(row):
                with suppress(UnreadableError):
                    setattr(self, field, getattr(self, field) + remembered[row[place]][0])
        return StagedLine(line, None, f"{len(row)} fields instead of {self._width}")

    def _unreadable(self, line: int, row: Sequence[Cell]) -> StagedLine:
        said: dict[str, Any] = {}
        faults = []
        for field, place, remembered in self._columns:
            cell = row[place]
            try:
                said[field] = remembered[cell]
            except UnreadableError as fault:
                faults.append(f"{self._names[field]} {fault}")
                if not str(cell).strip():
                    self._empty[field] += 1
        zero = Amount(0, 0, 0)
        self.production_ore += said.get("production_ore", zero)[0]
        self.postage_ore += said.get("postage_ore", zero)[0]
        return StagedLine(line, None, "; ".join(faults)[:MAX_REASON], _kept(said))


def _parsers(dialect: Dialect, vat_percent: Decimal) -> dict[str, Parse]:
    """Return how to read each field, in the order of PrintReceipt; from the amounts on last."""
    amount = cells.amount_of(dialect, vat_percent)
    kind = cells.kind_of(dialect)
    return {
        "batch_id": cells.required_text,
        "piece_number": cells.count,
        "shipment_id": cells.required_text,
        **dict.fromkeys(COUNTS, cells.count),
        "weight_grams": cells.weight_of(dialect),
        "account_code": cells.text,
        "reprints": _reprints,
        "product": cells.text,
        "production_ore": amount,
        "postage_ore": amount,
        "posted_at": cells.posted_of(dialect),
        "kind": lambda cell: LineKind(kind(cell)),
        "attempt": cells.attempt,
    }


def _reprints(cell: Cell) -> int:
    return 0 if cell == "" else cells.count(cell)


def _positive(amount: Amount) -> Amount:
    return Amount(*(abs(part) for part in amount))


def _kept(said: dict[str, Any]) -> dict[str, object]:
    """Return the readable fields of a line as they are kept, by the names of PrintReceipt."""
    kept: dict[str, object] = {}
    for field, value in said.items():
        if isinstance(value, Amount):
            kept[field] = value.net_ore
            kept[f"{field.removesuffix('_ore')}_vat_ore"] = value.vat_ore
        elif isinstance(value, Posted):
            kept[field] = value.at
        else:
            kept[field] = value
    return kept
