"""What a person does with receipt lines that wait: look, fix, replay, dismiss."""

from collections.abc import Sequence
from typing import Annotated

import typer

from flows import clock, screen
from flows.commands.opened import opened_database
from flows.database import quarantine, receipts
from flows.database.session import Database, reading
from flows.errors import NeedsAPerson
from flows.receipts import replaying
from flows.receipts.ingestion import BookingCounts
from flows.settings import read_settings

quarantine_app = typer.Typer(
    help="Receipt lines and files that wait for a person.", no_args_is_help=True
)

Places = Annotated[
    list[str],
    typer.Argument(help="FILE:LINE, or FILE for all of it; FILE is the beginning of its hash."),
]
Who = Annotated[str, typer.Option("--by", help="Your name or initials; kept with the event.")]
Why = Annotated[str, typer.Option("--why", help="The reason; kept with the event.")]


@quarantine_app.command("list")
def list_waiting(
    file: Annotated[str, typer.Option(help="Only of the file whose hash begins so.")] = "",
) -> None:
    """List what waits, oldest first: lines, and files that wait whole."""
    with opened_database() as database, reading(database) as tx:
        waiting = quarantine.waiting(tx, file)
    screen.show_rows(
        ("where", "kind", "since", "shipment", "reason"),
        [
            (
                _place(one.file_sha256, one.line),
                one.kind,
                one.fetched_at,
                one.shipment_id or "",
                one.reason,
            )
            for one in waiting
        ],
    )


@quarantine_app.command("show")
def show_line(
    place: Annotated[str, typer.Argument(help="FILE:LINE, or FILE.")],
) -> None:
    """Show what a line says, and what was done with it."""
    beginning, line = _parsed(place)
    with opened_database() as database, reading(database) as tx:
        sha256 = quarantine.find_file(tx, beginning)
        said = quarantine.line_row(tx, sha256, line) if line else receipts.file_row(tx, sha256)
        done = quarantine.done_with(tx, sha256, line)
    screen.show_counts(_place(sha256, line), {k: v for k, v in (said or {}).items() if v != ""})
    screen.show_rows(
        ("when", "what", "by", "why", "detail"),
        [(one.at, one.kind, one.actor, one.why, one.detail) for one in done],
    )


@quarantine_app.command("fix")
def fix(
    place: Annotated[str, typer.Argument(help="FILE:LINE.")],
    changes: Annotated[
        list[str], typer.Option("--set", help="NAME=VALUE, as `show` names them; again for more.")
    ],
    by: Who,
    why: Why,
) -> None:
    """Correct what a line says; what it said before is kept. Then replay it."""
    beginning, line = _parsed(place)
    pairs = [each.partition("=") for each in changes]
    if line is None or not all(middle for _, middle, _ in pairs):
        raise typer.BadParameter("write FILE:LINE --set NAME=VALUE")
    wanted = {name: value for name, _, value in pairs}
    with opened_database() as database:
        sha256 = _file(database, beginning)
        now = clock.now()
        replaying.fix_line(database, sha256, line, wanted, by=by, why=why, now=now)
    screen.console().print(f"changed; now: svarut receipts quarantine replay {sha256[:12]}:{line}")


@quarantine_app.command("replay")
def replay(places: Places, by: Who, why: Why) -> None:
    """Decide anew about lines; or book a file that waited whole, as it is."""
    with opened_database() as database:
        for sha256, lines in _grouped(database, places).items():
            screen.show_summary(
                f"file {sha256[:12]}", _replayed(database, sha256, lines, by=by, why=why)
            )


@quarantine_app.command("dismiss")
def dismiss(places: Places, by: Who, why: Why) -> None:
    """Say that lines, or a whole file, are never booked."""
    gone = 0
    with opened_database() as database:
        for sha256, lines in _grouped(database, places).items():
            gone += replaying.dismiss(database, sha256, lines, by=by, why=why, now=clock.now())
    screen.console().print(f"{gone} dismissed")


def _replayed(
    database: Database, sha256: str, lines: Sequence[int], *, by: str, why: str
) -> BookingCounts:
    with reading(database) as tx:
        state = receipts.file_state(tx, sha256)
    now = clock.now()
    if state in {"QUARANTINED", "REFUSED"} and not lines:
        return replaying.replay_file(database, read_settings(), sha256, by=by, why=why, now=now)
    return replaying.replay_lines(database, sha256, lines, by=by, why=why, now=now)


def _grouped(database: Database, places: Sequence[str]) -> dict[str, list[int]]:
    """Return the lines named of each file; none is the whole file."""
    found: dict[str, list[int]] = {}
    for place in places:
        beginning, line = _parsed(place)
        lines = found.setdefault(_file(database, beginning), [])
        if line is not None:
            lines.append(line)
    return found


def _file(database: Database, beginning: str) -> str:
    with reading(database) as tx:
        return quarantine.find_file(tx, beginning)


def _parsed(place: str) -> tuple[str, int | None]:
    beginning, colon, line = place.partition(":")
    if not beginning or (colon and not line.isdecimal()):
        raise NeedsAPerson(
            "that is no place in a file",
            where=place,
            do="write FILE:LINE as svarut receipts quarantine list shows it",
        )
    return beginning, int(line) if line else None


def _place(sha256: str, line: int | None) -> str:
    return sha256[:12] if line is None else f"{sha256[:12]}:{line}"
