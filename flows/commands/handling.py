"""What a person does with letters: hold and release them, say that they were handled by hand."""

from collections.abc import Sequence
from datetime import datetime
from typing import Annotated

import typer

from flows import clock, screen
from flows.commands.acting import Who, Why
from flows.commands.instants import instant
from flows.commands.opened import opened_database
from flows.database import batch_list, follow, holds, standing_holds
from flows.database.senders import all_senders
from flows.database.session import Tx, reading, transaction
from flows.database.standing_holds import Word
from flows.domain.shipment import SenderId, ShipmentId
from flows.errors import NeedsAPerson

Letters = Annotated[
    list[str],
    typer.Argument(help="Shipments' ids, or the beginnings of them.", metavar="SHIPMENT..."),
]
SomeLetters = Annotated[
    list[str] | None,
    typer.Argument(help="Shipments' ids, or the beginnings of them.", metavar="[SHIPMENT...]"),
]
OfSender = Annotated[str, typer.Option("--sender", help="All letters of this sender.")]
OfBatch = Annotated[str, typer.Option("--batch", help="This batch, that has not left.")]

HELD = ("what", "which", "since", "by", "why", "until")


def hold(
    by: Who,
    why: Why,
    letters: SomeLetters = None,
    sender: OfSender = "",
    batch: OfBatch = "",
    until: Annotated[
        str,
        typer.Option(help="A day or a time; the first run after it lets go. Without: a person."),
    ] = "",
) -> None:
    """Keep letters where they are: neither offered digitally nor put in a batch; or a batch.

    A held sender's letters are taken in and followed, and go nowhere new. A held batch does not
    leave.
    """
    _one_of(letters, sender, batch)
    word, end = Word(by, why, clock.now()), instant(until)
    with opened_database() as database, transaction(database) as tx:
        said = _hold(tx, letters or [], sender, batch, word, end)
    screen.console().print(said, markup=False)


def release(
    by: Who,
    why: Why,
    letters: SomeLetters = None,
    sender: OfSender = "",
    batch: OfBatch = "",
) -> None:
    """Let what is held go its way again."""
    _one_of(letters, sender, batch)
    word = Word(by, why, clock.now())
    with opened_database() as database, transaction(database) as tx:
        said = _release(tx, letters or [], sender, batch, word)
    screen.console().print(said, markup=False)


def handled(letters: Letters, by: Who, why: Why) -> None:
    """Say that letters were handled outside svarut; nothing more happens to them."""
    with opened_database() as database, transaction(database) as tx:
        done = holds.handle_by_hand(tx, ids_of(tx, letters), by=by, why=why, at=clock.now())
    screen.console().print(f"{done} letters handled by hand")


def list_holds() -> None:
    """List what is held, by whom, why and until when."""
    with opened_database() as database, reading(database) as tx:
        rows = holds.all_held(tx)
    screen.show_rows(
        HELD,
        [
            (
                one.kind.lower(),
                one.subject,
                one.held_at,
                one.held_by,
                one.why,
                one.until or "a person releases it",
            )
            for one in rows
        ],
    )


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


def _hold(
    tx: Tx, letters: list[str], sender: str, batch: str, word: Word, until: datetime | None
) -> str:
    if sender:
        new = standing_holds.hold_sender(tx, _known(tx, sender), word, until)
        return f"{sender}: {'held' if new else 'it was held already'}"
    if batch:
        wanted = batch_list.batch_named(tx, batch)
        new = standing_holds.hold_batch(tx, wanted, word, until)
        return f"{wanted}: {'held' if new else 'it was held already'}"
    held = holds.hold(tx, ids_of(tx, letters), by=word.by, why=word.why, at=word.at, until=until)
    return f"{held} letters held"


def _release(tx: Tx, letters: list[str], sender: str, batch: str, word: Word) -> str:
    if sender:
        gone = standing_holds.release_sender(tx, _known(tx, sender), word)
        return f"{sender}: {'released' if gone else 'it was not held'}"
    if batch:
        wanted = batch_list.batch_named(tx, batch)
        gone = standing_holds.release_batch(tx, wanted, word)
        return f"{wanted}: {'released' if gone else 'it was not held'}"
    released = holds.release(tx, ids_of(tx, letters), by=word.by, why=word.why, at=word.at)
    return f"{released} letters released"


def _known(tx: Tx, sender: str) -> SenderId:
    if sender not in all_senders(tx):
        raise NeedsAPerson(
            "no such sender", where=f"sender {sender}", do="list them: svarut senders export"
        )
    return SenderId(sender)


def _one_of(letters: list[str] | None, sender: str, batch: str) -> None:
    if sum(map(bool, (letters, sender, batch))) != 1:
        raise typer.BadParameter("give letters, or --sender, or --batch")
