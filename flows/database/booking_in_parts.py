"""Book a large file's clear lines over several connections, where the database has several."""

from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from typing import Final

from flows.database.booking import BookedInBulk, Part, book_clear_lines
from flows.database.session import Database, Tx, transaction

PARTS: Final = 2
"""A PostgreSQL connection is one process there: this many may work at once."""

FROM_LINES: Final = 5_000
"""A smaller file is booked before the other connections are made."""


def book_all_clear_lines(
    database: Database, tx: Tx, sha256: str, *, lines: int, test_prefix: str, at: datetime
) -> BookedInBulk:
    """Book a file's clear lines; a large one in parts, each a transaction of its own.

    tx: has locked the file, so that no other run books it. A letter's lines are all in one part, by
    its piece number. Stopped half-way, some parts are booked and the file is still STAGED: the
    next run finds the others as they were.
    """
    if tx.dialect.name != "postgresql" or lines < FROM_LINES:
        return book_clear_lines(tx, sha256, test_prefix=test_prefix, at=at)

    def book(number: int) -> BookedInBulk:
        with transaction(database) as own:
            part = Part(number, PARTS)
            return book_clear_lines(own, sha256, test_prefix=test_prefix, at=at, part=part)

    with ThreadPoolExecutor(PARTS, thread_name_prefix="booking") as pool:
        booked = list(pool.map(book, range(PARTS)))
    batches = sorted({batch for part in booked for batch in part.batch_ids})
    return BookedInBulk(sum(part.lines for part in booked), tuple(batches))
