"""What a person sees of batches, and does with a package the vendor has: annul, send again."""

from typing import Annotated

import typer

from flows import clock, screen
from flows.commands.nights import batch_app
from flows.commands.opened import opened_database
from flows.database import attempts, batch_list
from flows.database.attempts import TheWord
from flows.database.batch_list import ListedPiece, WholeBatch
from flows.database.giving_back import GivenBack
from flows.database.session import reading, transaction
from flows.domain.batch import BatchStatus
from flows.print_batch import resending
from flows.print_batch.refusal import in_words

Named = Annotated[
    str, typer.Argument(metavar="BATCH", help="The batch's id, or that of its package.")
]
Who = Annotated[str, typer.Option("--by", help="Your name or initials; kept.")]
Said = Annotated[
    str,
    typer.Option("--vendor-said", help="The vendor's word: who, when, case number. Kept."),
]

LISTED = ("batch", "status", "class", "letters", "sheets", "attempt", "handed over", "answered")


@batch_app.command("list")
def list_batches(
    status: Annotated[
        BatchStatus | None, typer.Option(help="Only with this status.", case_sensitive=False)
    ] = None,
    limit: Annotated[int, typer.Option(min=1, help="At most this many.")] = 30,
) -> None:
    """List batches, the latest first."""
    with opened_database() as database, reading(database) as tx:
        rows = batch_list.list_batches(tx, status=status, limit=limit)
    screen.show_rows(
        LISTED,
        [
            (
                row["id"],
                row["status"],
                row["job_class"],
                row["letters"],
                row["sheets"],
                row["attempt"],
                row["handed_over_at"],
                row["acknowledged_at"],
            )
            for row in rows
        ],
    )


@batch_app.command("show")
def show_batch(batch: Named) -> None:
    """Show one batch: its packages, its pieces (ids only), and everything that happened to it."""
    with opened_database() as database, reading(database) as tx:
        whole = batch_list.whole_batch(tx, batch_list.batch_named(tx, batch))
    _show_head(whole)
    if whole.ended:
        screen.show_rows(
            (
                "ended package",
                "letters",
                "handed over",
                "answered",
                "answer",
                "ended",
                "by",
                "said",
            ),
            [
                (
                    one.package,
                    one.letters,
                    one.handed_over_at,
                    one.answered_at,
                    one.answer or "none",
                    one.ended_at,
                    " and ".join(filter(None, (one.ended_by, one.approved_by))),
                    one.said,
                )
                for one in whole.ended
            ],
        )
    screen.show_rows(
        ("piece", "shipment", "letter", "sheets", "in the batch"),
        [
            (one.number, one.shipment_id, one.status, one.sheets, _place(one))
            for one in whole.pieces
        ],
    )
    screen.show_rows(
        ("when", "what", "attempt", "by", "detail"),
        [(one.at, one.kind, one.attempt, one.actor, one.detail) for one in whole.history],
    )


@batch_app.command()
def annul(batch: Named, vendor_said: Said, by: Who) -> None:
    """Say that the vendor prints nothing of a batch: its letters are due again the next night."""
    with opened_database() as database, transaction(database) as tx:
        wanted = batch_list.batch_named(tx, batch)
        given = attempts.annul(tx, wanted, TheWord(vendor_said, by), clock.now())
    if given is None:
        screen.console().print(f"{wanted}: it was annulled already")
        return
    screen.console().print(f"{wanted}: annulled")
    _show_given(given, "due again the next night")


@batch_app.command()
def resend(
    batch: Named,
    by: Who,
    vendor_said: Annotated[
        str, typer.Option("--vendor-said", help="The vendor's word that nothing is printed; kept.")
    ] = "",
    why: Annotated[
        str, typer.Option("--why", help="Without the vendor's word: why. A second person approves.")
    ] = "",
    approve: Annotated[
        bool, typer.Option("--approve", help="Approve what another person has asked for.")
    ] = False,
) -> None:
    """Send a batch once more, as its next attempt; the next `svarut run print` takes it."""
    if sum(map(bool, (vendor_said, why, approve))) != 1:
        raise typer.BadParameter("give one of --vendor-said, --why and --approve")
    given = None
    with opened_database() as database, transaction(database) as tx:
        wanted, now = batch_list.batch_named(tx, batch), clock.now()
        if vendor_said:
            given = resending.resend(tx, wanted, vendor_said=vendor_said, by=by, at=now)
        elif approve:
            given = resending.approve_resend(tx, wanted, by=by, at=now)
        else:
            resending.ask_to_resend(tx, wanted, why=why, by=by, at=now)
    if given is None:
        screen.console().print(
            f"{wanted}: waits for a second person: svarut batch resend {wanted} --approve --by NAME"
        )
        return
    screen.console().print(f"{wanted}: goes again, as its next attempt")
    _show_given(given, "in the next attempt")


def _show_head(whole: WholeBatch) -> None:
    row, out = whole.row, screen.console()
    out.print(f"[bold]{row['id']}[/]  {row['status']}  since {screen.local(row['status_at'])}")
    out.print(
        f"attempt {row['attempt']}, package {row['package'] or '–'}, class {row['job_class']}, "
        f"{row['letters']} letters, {row['pages'] or '–'} pages, {row['sheets'] or '–'} sheets",
        markup=False,
    )
    out.print(
        f"made {screen.local(row['created_at'])}, "
        f"handed over {screen.local(row['handed_over_at'])}, "
        f"answered {screen.local(row['acknowledged_at'])}",
    )
    if row["reason"]:
        out.print(f"reason: {row['reason']}", markup=False)
    if whole.approval:
        said = whole.approval
        out.print(f"the vendor approved {said['approved']} letters and refused {said['refused']}")


def _show_given(given: GivenBack, what: str) -> None:
    counts = {
        what: len(given.due),
        "read meanwhile, finished": len(given.read),
        "withdrawn, finished": len(given.withdrawn),
    }
    screen.show_counts("letters", {name: count for name, count in counts.items() if count})


def _place(one: ListedPiece) -> str:
    place = "yes" if one.live else one.left_as.lower() or "left before it was sent"
    stop = (
        f"stop {one.stop.lower().replace('_', ' ')}" if one.stop and one.left_as != one.stop else ""
    )
    return "; ".join(filter(None, (place, stop, *(in_words(each) for each in one.findings))))
