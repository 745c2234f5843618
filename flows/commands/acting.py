"""Who acts: the name an act is kept under."""

import getpass
import os
from pathlib import Path
from typing import Annotated, Final

import typer

from flows import clock
from flows.archive import sha256_of
from flows.database.acts import record_act
from flows.database.session import Tx
from flows.errors import NeedsAPerson

OPERATOR: Final = "SVARUT_OPERATOR"
"""Names who sits at the terminal, where a command does not ask."""

Who = Annotated[str, typer.Option("--by", help="Your name or initials; kept with the event.")]
Why = Annotated[str, typer.Option("--why", help="The reason; kept with the event.")]
WhoElse = Annotated[
    str,
    typer.Option(
        "--by", help=f"Your name or initials; kept. Left out: {OPERATOR}, or your login's name."
    ),
]


def name_of(by: str) -> str:
    """Return under which name an act is kept; raises NeedsAPerson where there is none."""
    named = by.strip() or os.environ.get(OPERATOR, "").strip()
    if named:
        return named[:80]
    try:
        return getpass.getuser()[:80]
    except (KeyError, OSError):
        raise NeedsAPerson(
            "nobody says who does this", where="--by", do=f"give --by NAME, or set {OPERATOR}"
        ) from None


def record_import(tx: Tx, what: str, file: Path, by: str, **detail: object) -> None:
    """Keep who has imported a file of ours: senders, prices, profiles."""
    sha256 = sha256_of(file)
    record_act(
        tx,
        "imported",
        about=what,
        subject=file.name[:255],
        by=name_of(by),
        at=clock.now(),
        detail={"sha256": sha256, **detail},
    )
