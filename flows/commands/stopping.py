"""Stop letters that have left: the wish of a person, and how far each has come."""

from typing import Annotated

import typer

from flows import clock, screen
from flows.commands.acting import Who, Why
from flows.commands.handling import Letters, ids_of
from flows.commands.opened import opened_database
from flows.database import stops
from flows.database.session import reading, transaction


def stop(letters: Letters, by: Who, why: Why) -> None:
    """Ask the vendor not to print letters that have left; `svarut run acknowledgements` sends it.

    A letter the vendor stops in time is MANUELT_HANDTERT. The others are printed.
    """
    with opened_database() as database, transaction(database) as tx:
        wanted = ids_of(tx, letters)
        new = stops.ask(tx, wanted, by=by, why=why, at=clock.now())
    screen.console().print(f"{new} letters to be stopped, {len(wanted) - new} asked for before")


def list_stops(
    everything: Annotated[
        bool, typer.Option("--all", help="Those that are answered, too.")
    ] = False,
    limit: Annotated[int, typer.Option(min=1, help="At most this many.")] = 30,
) -> None:
    """List letters that are to be stopped, and what the vendor has answered."""
    with opened_database() as database, reading(database) as tx:
        found = stops.all_wishes(tx, unfinished=not everything, limit=limit)
    screen.show_rows(
        ("shipment", "batch", "attempt", "piece", "state", "asked", "by", "why", "list"),
        [
            (
                one.shipment_id,
                one.place.batch_id,
                one.place.attempt,
                one.place.number,
                one.state,
                one.asked_at,
                one.asked_by,
                one.why,
                one.list_name or "none yet",
            )
            for one in found
        ],
    )
