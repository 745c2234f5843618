"""What a person asks about the vendor's answers: returned mail, an invoice, what waits."""

from typing import Annotated

import typer

from flows import clock, screen
from flows.commands.acting import Who, Why
from flows.commands.handling import Letters, ids_of
from flows.commands.opened import opened_database
from flows.commands.quarantine import quarantine_app
from flows.database import invoices, shipments
from flows.database.open_items import silence
from flows.database.session import reading, transaction
from flows.domain.money import kroner

receipts_app = typer.Typer(help="The vendor's answers.", no_args_is_help=True)
receipts_app.add_typer(quarantine_app, name="quarantine")


@receipts_app.command("invoice")
def invoice(
    number: Annotated[str, typer.Argument(help="The vendor's invoice number.")],
) -> None:
    """List where a vendor's invoice and our charges do not agree; nothing is adjusted."""
    with opened_database() as database, reading(database) as tx:
        found = invoices.differences_of(tx, number)
    screen.show_rows(
        ("code", "about", "invoiced", "charged"),
        [
            (one.code, one.subject, kroner(one.invoiced_ore), kroner(one.charged_ore))
            for one in found
        ],
    )


@receipts_app.command("returned")
def returned(letters: Letters, by: Who, why: Why) -> None:
    """Say that the sender of returned letters has been told."""
    now = clock.now()
    with opened_database() as database, transaction(database) as tx:
        ids = ids_of(tx, letters)
        silence(tx, "RETURNED_MAIL", ids, now)
        shipments.note(tx, ids, "return_handled", actor=by, at=now, detail={"why": why})
    screen.console().print(f"{len(ids)} returned letters seen to")
