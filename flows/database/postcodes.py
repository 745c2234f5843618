"""Keep the postcode register."""

from collections.abc import Sequence

from sqlalchemy import delete, insert, select

from flows.database.session import Tx
from flows.database.tables import postcodes
from flows.domain.postcode import Postcode


def all_postcodes(tx: Tx) -> dict[str, str]:
    """Return the place of every Norwegian postcode, in capitals; empty before the first import."""
    rows = tx.execute(select(postcodes.c.postcode, postcodes.c.place))
    return {postcode: place.upper() for postcode, place in rows}


def keep_postcodes(tx: Tx, register: Sequence[Postcode]) -> None:
    """Put a register in the place of the one there is, whole."""
    tx.execute(delete(postcodes))
    tx.execute(
        insert(postcodes),
        [
            {
                "postcode": each.postcode,
                "place": each.place,
                "municipality": each.municipality,
                "category": each.category,
            }
            for each in register
        ],
    )
