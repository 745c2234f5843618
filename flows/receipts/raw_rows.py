"""A vendor's file as rows of cells, whatever it is written in; or why it is refused whole."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Final

MAX_BYTES: Final = 256 * 1024 * 1024
"""No vendor's file is larger; what is, is not read."""

MAX_LINES: Final = 1_000_000
MAX_COLUMNS: Final = 200

Cell = str | int | Decimal | datetime
"""Text as it stands; numbers and times where the format has them."""

Row = tuple[int, Sequence[Cell]]
"""Where it stands in the file (1-based), and its cells in the order of the columns."""


class RefusedError(ValueError):
    """Nothing of the file may be booked; the message is the reason, without contents."""


@dataclass(frozen=True)
class RefusedFile:
    """A file of which nothing may be booked, and why."""

    reason: str


@dataclass(frozen=True)
class RawFile:
    """What a file says of itself, and its lines."""

    control: Mapping[str, Cell]
    """By our names; what it does not say is missing."""
    columns: tuple[str, ...]
    """The vendor's names, in the order of the cells."""
    rows: Iterator[Row]


def decoded(content: bytes, encoding: str) -> str:
    """Return a file's text, without its byte order mark."""
    codec = "utf-8-sig" if encoding == "utf-8" else encoding
    try:
        text = content.decode(codec)
    except UnicodeError:
        raise RefusedError(f"the file is not {encoding.upper()}") from None
    if "\0" in text:
        raise RefusedError(f"the file is not {encoding.upper()}")
    return text


def counted(rows: Iterator[Row]) -> Iterator[Row]:
    """Pass rows on, and refuse the file when there are too many."""
    for number, row in enumerate(rows, start=1):
        if number > MAX_LINES:
            raise RefusedError(f"the file has more than {MAX_LINES} lines")
        yield row
