"""What a person does with a letter: hold it, release it, say that it was handled by hand."""

from collections.abc import Sequence
from typing import Annotated

import typer

from flows import clock, screen
from flows.commands.opened import opened_database
from flows.database import follow, holds
from flows.database.session import Tx, transaction
from flows.domain.shipment import ShipmentId
from flows.errors import NeedsAPerson

Letters = Annotated[
    list[str],
    typer.Argument(help="Shipments' ids, or the beginnings of them.", metavar="SHIPMENT..."),
]
Who = Annotated[str, typer.Option("--by", help="Your name or initials; kept with the event.")]
Why = Annotated[str, typer.Option("--why", help="The reason; kept with the event.")]


def hold(letters: Letters, by: Who, why: Why) -> None:
    """Keep letters where they are: neither offered digitally nor put in a batch."""
    with opened_database() as database, transaction(database) as tx:
        held = holds.hold(tx, ids_of(tx, letters), by=by, why=why, at=clock.now())
    screen.console().print(f"{held} letters held")


def release(letters: Letters, by: Who, why: Why) -> None:
    """Let held letters go their way again."""
    with opened_database() as database, transaction(database) as tx:
        released = holds.release(tx, ids_of(tx, letters), by=by, why=why, at=clock.now())
    screen.console().print(f"{released} letters released")


def handled(letters: Letters, by: Who, why: Why) -> None:
    """Say that letters were handled outside svarut; nothing more happens to them."""
    with opened_database() as database, transaction(database) as tx:
        done = holds.handle_by_hand(tx, ids_of(tx, letters), by=by, why=why, at=clock.now())
    screen.console().print(f"{done} letters handled by hand")


def ids_of(tx: Tx, letters: Sequence[str]) -> list[ShipmentId]:
    """Return the ids that begin like these; raises NeedsAPerson where one is not plain."""
    found = []
    for each in letters:
        ids = follow.find_ids(tx, each)
        if len(ids) != 1:
            raise NeedsAPerson(
                "no letter has that id" if not ids else "two or more letters begin like that",
                where=f"shipment {each}",
                do="give more of the id, or look for it: svarut list --reference ...",
            )
        found.append(ids[0])
    return found
