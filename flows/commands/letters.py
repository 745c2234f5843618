"""Letters for those who follow them: lists, one letter's history, and files to take along."""

import json
import sys
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import asdict
from datetime import date, datetime
from pathlib import Path
from typing import Annotated, Any, Final

import typer

from flows import clock, screen
from flows.commands.acting import name_of
from flows.commands.instants import instant
from flows.commands.opened import opened_database
from flows.database import follow
from flows.database.acts import record_act
from flows.database.letter_search import Found, Search, place_of, search, search_all
from flows.database.session import Tx, reading, transaction
from flows.database.whole_history import history_of
from flows.domain.history import told_to
from flows.domain.money import kroner
from flows.domain.role import Role, Sight, narrowed, role_named, sight_of, whose
from flows.domain.shipment import Route, ShipmentId
from flows.domain.status import FINAL, Status
from flows.errors import NeedsAPerson
from flows.settings import read_settings

KINDS: Final = (".csv", ".xlsx")

As = Annotated[
    str,
    typer.Option("--as", help="Whom it is for: operator, finance or sender:ID.", metavar="ROLE"),
]
AsJson = Annotated[bool, typer.Option("--json", help="For programs: one JSON object a line.")]


def list_letters(
    id_: Annotated[str, typer.Option("--id", help="The beginning of its id.")] = "",
    since: Annotated[str, typer.Option(help="Received from this day or time on.")] = "",
    until: Annotated[str, typer.Option(help="Received before this day or time.")] = "",
    sender: Annotated[str, typer.Option(help="Only this sender's.")] = "",
    status: Annotated[
        list[str] | None, typer.Option(help="Only with this status, VARSLET; again for more.")
    ] = None,
    recipient: Annotated[
        bool,
        typer.Option(
            "--recipient",
            help="Only to this number, of a person or an organisation. It is asked for, or read "
            "from standard input: on a command line others could see it.",
        ),
    ] = False,
    account_code: Annotated[str, typer.Option(help="Only with this account code.")] = "",
    reference: Annotated[str, typer.Option(help="Only with this external reference.")] = "",
    channel: Annotated[
        Route | None, typer.Option(help="Only on this way.", case_sensitive=False)
    ] = None,
    limit: Annotated[int, typer.Option(min=1, help="At most this many.")] = 50,
    after: Annotated[
        str, typer.Option(help="The page after this letter: its id, the last of the page before.")
    ] = "",
    export: Annotated[
        Path | None, typer.Option(help="Write all that is found to this file, .csv or .xlsx.")
    ] = None,
    as_: As = "",
    as_json: AsJson = False,
    by: Annotated[
        str, typer.Option("--by", help="Who takes a file out, or searches by recipient; kept.")
    ] = "",
) -> None:
    """List letters, the latest come first, then how many are where."""
    role = role_of(as_)
    sight = sight_of(role)
    if export is not None and export.suffix.lower() not in KINDS:
        raise typer.BadParameter("a file that ends in .csv or .xlsx", param_hint="--export")
    wanted = Search(
        beginning=id_,
        sender=whose(sight, sender) or "",
        statuses=tuple(_status(each) for each in status or ()),
        reference=reference,
        account_code=account_code,
        recipient=_recipient(sight) if recipient else "",
        route=channel,
        since=instant(since),
        until=instant(until),
        limit=limit,
    )
    with opened_database() as database:
        if export is not None or recipient:
            with transaction(database) as tx:
                _record(tx, role, export, by, by_recipient=recipient)
        with reading(database) as tx:
            wanted = _on_page(tx, wanted, after)
            if export is not None:
                _export(export, search_all(tx, wanted), sight)
                return
            found = search(tx, wanted)
            tally = follow.tally(tx) if _shows_tally(wanted, sight, as_json=as_json) else None
    if as_json:
        for one in found:
            typer.echo(json.dumps(_plain(one, sight), ensure_ascii=False))
        return
    _show(found, sight)
    if len(found) == limit:
        screen.console().print(f"more: --after {found[-1].id}", markup=False)
    if tally is not None:
        screen.show_tally(tally)


def show_letter(
    shipment: Annotated[str, typer.Argument(help="A shipment's id, or the beginning of it.")],
    as_: As = "",
    as_json: Annotated[bool, typer.Option("--json", help="For programs: one JSON object.")] = False,
) -> None:
    """Show one letter's whole history: intake, offers, batches, receipts, money, people."""
    role = role_of(as_)
    sight = sight_of(role)
    with opened_database() as database, reading(database) as tx:
        letter = _one_letter(tx, shipment, sight)
        [found] = search(tx, Search(beginning=letter))
        walk = follow.walk_of(tx, letter)
        steps = told_to(role, history_of(tx, letter))
    if as_json:
        told = [{**asdict(one), "at": one.at.isoformat()} for one in steps]
        typer.echo(json.dumps({**_plain(found, sight), "history": told}, ensure_ascii=False))
        return
    _show_head(found, walk, sight)
    screen.show_rows(
        ("when", "what", "by", "detail", "kr"),
        [
            (
                one.at,
                one.what,
                one.by,
                screen.norwegian_times(one.detail),
                kroner(one.net_ore) if one.net_ore is not None else "",
            )
            for one in steps
        ],
    )
    if sight.money and found.net_ore:
        screen.console().print(f"cost {kroner(found.net_ore)} kr without VAT, by its receipts")


def role_of(as_: str) -> Role:
    """Return whom a command acts for: by the setting, narrowed by what is asked for."""
    return narrowed(role_named(read_settings().acting_as), role_named(as_) if as_ else None)


def _show_head(found: Found, walk: follow.Walk | None, sight: Sight) -> None:
    out = screen.console()
    out.print(f"[bold]{found.id}[/]  {found.status}  since {screen.local(found.status_at)}")
    held = f", held for {found.held_for}" if found.held_for else ""
    out.print(
        f"sender {found.sender_id}, reference {found.reference}, "
        f"account code {found.account_code or '–'}{held}",
        markup=False,
    )
    if walk is not None:
        out.print(f"{walk.document_count} documents, {walk.page_count} pages")
        if walk.route:
            due = screen.local(found.due_at)
            out.print(f"route {walk.route} ({walk.route_reason}), due {due}", markup=False)
    if sight.recipients:
        out.print(f"to: {found.recipient}, postcode {found.postcode or '–'}", markup=False)


def _one_letter(tx: Tx, shipment: str, sight: Sight) -> ShipmentId:
    wanted = Search(beginning=shipment, sender=sight.only_sender or "", limit=10)
    ids = [one.id for one in search(tx, wanted)]
    if len(ids) == 1:
        return ids[0]
    raise NeedsAPerson(
        "no letter has that id" if not ids else f"{len(ids)} or more letters begin like that",
        where=f"shipment {shipment}",
        do="give more of the id, or look for it: svarut list --reference ...",
    )


def _recipient(sight: Sight) -> str:
    """Return the number that is asked for; never from the command line, and never said again."""
    if not sight.recipients:
        raise NeedsAPerson(
            "finance sees no recipients", where="--recipient", do="search by another thing"
        )
    if sys.stdin.isatty():
        said = typer.prompt("number", hide_input=True, err=True)
    else:
        said = sys.stdin.readline()
    number = "".join(str(said).split())
    if not number.isdecimal() or len(number) not in {9, 11}:
        raise typer.BadParameter("a number has 9 or 11 digits", param_hint="--recipient")
    return number


def _record(tx: Tx, role: Role, export: Path | None, by: str, *, by_recipient: bool) -> None:
    if by_recipient:
        record_act(
            tx,
            "searched by recipient",
            about="letters",
            subject=str(role),
            by=name_of(by),
            at=clock.now(),
        )
    if export is not None:
        record_act(
            tx,
            "exported",
            about="letters",
            subject=str(role),
            by=name_of(by),
            at=clock.now(),
            detail={"kind": export.suffix.lower()},
        )


def _on_page(tx: Tx, wanted: Search, after: str) -> Search:
    if not after:
        return wanted
    place = place_of(tx, ShipmentId(after))
    if place is None:
        raise NeedsAPerson(
            "no letter has that id", where=f"--after {after}", do="give the whole id of the last"
        )
    return Search(**{**wanted.__dict__, "after": place})


def _export(target: Path, letters: Iterable[Found], sight: Sight) -> None:
    from reports.letter_list import write_letters  # noqa: PLC0415  -- brings the workbook along

    count = write_letters(target, letters, sight)
    screen.console().print(f"{count} letters in {target}", markup=False)


def _shows_tally(wanted: Search, sight: Sight, *, as_json: bool) -> bool:
    """Say whether the count of all letters is shown: only beside a list that nothing narrows."""
    alone = Search(limit=wanted.limit) == wanted
    return alone and sight.only_sender is None and not as_json


def _show(letters: list[Found], sight: Sight) -> None:
    any_due = any(one.due_at and one.status not in FINAL for one in letters)
    headings = ["shipment", "sender", "reference", "status", "since"]
    headings += ["due"] if any_due else []
    headings += ["channel", "account code"]
    headings += ["to"] if sight.recipients else []
    headings += ["kr"] if sight.money else []
    screen.show_rows(
        headings,
        [
            [
                one.id,
                one.sender_id,
                one.reference,
                f"{one.status}{' (held)' if one.held_for else ''}",
                _minute(one.status_at),
                *([_minute(one.due_at) if one.status not in FINAL else ""] if any_due else []),
                one.route.lower(),
                one.account_code,
                *([f"{one.recipient} {one.postcode}".strip()] if sight.recipients else []),
                *([kroner(one.net_ore) if one.net_ore else ""] if sight.money else []),
            ]
            for one in letters
        ],
    )


def _minute(at: datetime | None) -> str:
    return screen.local(at)[: -len(":00")] if at else ""


def _plain(letter: Found, sight: Sight) -> dict[str, Any]:
    hidden = set() if sight.recipients else {"recipient", "postcode"}
    hidden |= set() if sight.money else {"net_ore"}
    return {
        name: value.isoformat() if isinstance(value, datetime | date) else value
        for name, value in asdict(letter).items()
        if name not in hidden
    }


def _status(text: str) -> Status:
    with suppress(ValueError):
        return Status(text.upper())
    raise typer.BadParameter(f"{text!r} is none of {', '.join(Status)}")
