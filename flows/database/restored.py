"""The figures by which a restored database is known: the identity, rows, money, last steps."""

from collections.abc import Mapping

from sqlalchemy import Connection, exists, func, select

from flows.database import follow
from flows.database.ledger_tables import ledger
from flows.database.session import Tx
from flows.database.tables import charges, events, shipments


def figures_of(tx: Tx) -> dict[str, int]:
    """Return what can be held against the database a copy was made of: name -> figure."""
    tally = follow.tally(tx)
    return {
        "taken in": tally.taken_in,
        **{f"letters {status}": count for status, count in sorted(tally.by_status.items())},
        **{f"rows of {name}": count for name, count in sorted(follow.row_counts(tx).items())},
        "charges in øre": _sum(tx, charges.c.net_ore),
        "ledger in øre": _sum(tx, ledger.c.billed_ore),
    }


def unlike(mine: Mapping[str, int], theirs: Mapping[str, int]) -> dict[str, tuple[int, int]]:
    """Return the figures that are not the same: name -> (here, there)."""
    return {
        name: (mine.get(name, 0), theirs.get(name, 0))
        for name in sorted({*mine, *theirs})
        if mine.get(name, 0) != theirs.get(name, 0)
    }


def contradicted(tx: Connection) -> int:
    """Return how many letters have a status that no event of theirs brought them to."""
    told = exists().where(
        events.c.shipment_id == shipments.c.id, events.c.to_status == shipments.c.status
    )
    return int(tx.scalar(select(func.count()).select_from(shipments).where(~told)) or 0)


def _sum(tx: Connection, column: object) -> int:
    return int(tx.scalar(select(func.coalesce(func.sum(column), 0))) or 0)
