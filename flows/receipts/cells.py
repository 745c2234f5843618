"""Read one cell in the vendor's units: counts, money, weights, times, text."""

import re
from collections.abc import Callable
from datetime import UTC, date, datetime
from decimal import ROUND_CEILING, Decimal
from typing import Any, Final, NamedTuple
from zoneinfo import ZoneInfo

from flows.clock import OSLO
from flows.domain.money import rounded_ore, vat_of
from flows.domain.vendor_profile import Dialect, Money, Weight
from flows.receipts.raw_rows import Cell

MAX_TEXT: Final = 64
MAX_COUNT: Final = 999_999
MAX_KRONER: Final = 9_999_999
NOON: Final = 12

_PACKAGE: Final = re.compile(r"-f(\d{1,3})(?:\.zip)?(?:\.pgp)?$")
_COUNT: Final = re.compile(r"\d{1,6}")
_ORE: Final = re.compile(r"-?\d{1,9}")


class UnreadableError(ValueError):
    """A cell is not what the format says; the message follows the column's name."""


class Amount(NamedTuple):
    """An amount as the file writes it, and what it is without VAT."""

    written_ore: int
    net_ore: int
    vat_ore: int


class Posted(NamedTuple):
    """When a letter was posted, and whether the clock there showed an hour above twelve."""

    at: datetime
    after_noon: bool


def attempt(cell: Cell) -> int:
    """Read which package of a batch a letter was in: its number, or its name; 0 where not said."""
    if cell == "":
        return 0
    named = _PACKAGE.search(cell) if isinstance(cell, str) else None
    return count(named[1] if named else cell)


def count(cell: Cell) -> int:
    """Read a whole number of at most six digits."""
    if isinstance(cell, str):
        if not _COUNT.fullmatch(cell):
            raise UnreadableError("is not a whole number")
        return int(cell)
    # The range first: an exponent can name a number that no memory holds.
    if isinstance(cell, datetime) or not 0 <= cell <= MAX_COUNT or cell != int(cell):
        raise UnreadableError("is not a whole number")
    return int(cell)


def text(cell: Cell) -> str:
    """Read a short text without control characters."""
    said = str(cell).strip()
    if len(said) > MAX_TEXT or not said.isprintable():
        raise UnreadableError(f"is not a text of at most {MAX_TEXT} characters")
    return said


def required_text(cell: Cell) -> str:
    """Read a short text that is there."""
    said = text(cell)
    if not said:
        raise UnreadableError("is empty")
    return said


def ore_of(dialect: Dialect) -> Callable[[Cell], int]:
    """Return how to read an amount in whole øre, as it is written."""
    if dialect.money is Money.ORE:
        return _whole_ore
    mark = re.escape(dialect.decimal)
    kroner = re.compile(rf"(-?)(\d{{1,7}})(?:{mark}(\d{{1,2}}))?")

    def ore(cell: Cell) -> int:
        if not isinstance(cell, str):
            return _ore_of_number(cell)
        match = kroner.fullmatch(cell)
        if match is None:
            raise UnreadableError("is not kroner with two decimals")
        sign, whole, rest = match.groups()
        amount = int(whole) * 100 + int((rest or "0").ljust(2, "0"))
        return -amount if sign else amount

    return ore


def amount_of(dialect: Dialect, vat_percent: Decimal) -> Callable[[Cell], Amount]:
    """Return how to read an amount, with what it is without VAT."""
    ore, rate = ore_of(dialect), vat_percent / 100

    def amount(cell: Cell) -> Amount:
        written = ore(cell)
        if not dialect.amounts_include_vat:
            return Amount(written, written, vat_of(written, rate))
        net = rounded_ore(Decimal(written) / (1 + rate))
        return Amount(written, net, written - net)

    return amount


def weight_of(dialect: Dialect) -> Callable[[Cell], int]:
    """Return how to read a weight in whole grams; a part of a gram is one."""
    if dialect.weight is Weight.GRAMS:
        return count
    mark = re.escape(dialect.decimal)
    kilograms = re.compile(rf"\d{{1,3}}(?:{mark}\d{{1,6}})?")

    def grams(cell: Cell) -> int:
        if isinstance(cell, str):
            if not kilograms.fullmatch(cell):
                raise UnreadableError("is not a weight in kilograms")
            cell = Decimal(cell.replace(dialect.decimal, "."))
        if isinstance(cell, datetime) or not 0 <= cell < MAX_COUNT:
            raise UnreadableError("is not a weight in kilograms")
        return int((Decimal(cell) * 1000).to_integral_value(rounding=ROUND_CEILING))

    return grams


def posted_of(dialect: Dialect) -> Callable[[Cell], Posted]:
    """Return how to read when a letter was posted, as a UTC instant.

    A time without an offset is the vendor's local time. One that was twice that day, or never,
    when summer time began or ended, is not guessed about.
    """
    zone = ZoneInfo(dialect.time_zone) if dialect.time_zone else None

    def posted(cell: Cell) -> Posted:
        said = cell if isinstance(cell, datetime) else _time(str(cell), dialect.time_format)
        if said.tzinfo is not None:
            return Posted(said.astimezone(UTC), said.hour > NOON)
        if zone is None:
            # An hour without its zone has been read twelve hours wrong before: never guessed.
            raise UnreadableError("has no offset from UTC")
        return Posted(_in_zone(said, zone), said.hour > NOON)

    return posted


def day_of(dialect: Dialect) -> Callable[[Cell], date]:
    """Return how to read a date."""
    form = dialect.time_format

    def day(cell: Cell) -> date:
        if isinstance(cell, datetime):
            return cell.date()
        try:
            if form == "iso":
                return date.fromisoformat(str(cell))
            return datetime.strptime(str(cell), form.partition(" ")[0]).date()  # noqa: DTZ007
        except ValueError:
            raise UnreadableError("is not a date") from None

    return day


def kind_of(dialect: Dialect) -> Callable[[Cell], str]:
    """Return how to read what kind of line it is; none said is a receipt."""

    def kind(cell: Cell) -> str:
        if cell == "":
            return "RECEIPT"
        found = dialect.kinds.get(str(cell).strip())
        if found is None:
            raise UnreadableError(f"is none of {', '.join(dialect.kinds)}")
        return found

    return kind


def _whole_ore(cell: Cell) -> int:
    if isinstance(cell, datetime) or not _ORE.fullmatch(str(cell)):
        raise UnreadableError("is not whole øre")
    return int(cell)


def _ore_of_number(cell: Any) -> int:
    if isinstance(cell, datetime) or not -MAX_KRONER <= cell <= MAX_KRONER:
        raise UnreadableError("is not kroner with two decimals")
    ore = Decimal(cell) * 100
    if ore != ore.to_integral_value():
        raise UnreadableError("is not kroner with two decimals")
    return int(ore)


def _time(said: str, form: str) -> datetime:
    try:
        if form == "iso":
            return datetime.fromisoformat(said)
        return datetime.strptime(said, form)  # noqa: DTZ007  -- the zone is the profile's
    except ValueError:
        raise UnreadableError("is not a time") from None


def _in_zone(said: datetime, zone: ZoneInfo) -> datetime:
    first, second = said.replace(tzinfo=zone), said.replace(tzinfo=zone, fold=1)
    if first.utcoffset() == second.utcoffset():
        return first.astimezone(UTC)
    if first.astimezone(UTC).astimezone(zone).replace(tzinfo=None) != said:
        raise UnreadableError("is a time that never was: summer time began")
    raise UnreadableError("is a time that was twice: summer time ended")


def within(at: datetime, first_hour: int, last_hour: int) -> bool:
    """Say whether an instant is from the first hour to before the last, Norwegian time."""
    return first_hour <= at.astimezone(OSLO).hour < last_hour
