"""Take up again what waited for a person: lines as they were corrected, files as they are."""

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from decimal import Decimal
from typing import Any, Final

from flows.clock import oslo_date
from flows.database import booking, receipt_quarantine, receipts
from flows.database.batches import settle_batches
from flows.database.open_items import silence
from flows.database.session import Database, Tx, reading, transaction
from flows.database.stopped_and_printed import look_at_receipts
from flows.database.vendors import profile_on
from flows.domain.money import vat_of
from flows.domain.receipt import LineKind, LineState, StagedLine
from flows.domain.vendor_profile import NEUTRAL, REQUIRED_COLUMNS
from flows.errors import NeedsAPerson
from flows.object_archive import open_archive
from flows.receipts import cells, returned_mail
from flows.receipts.cells import UnreadableError
from flows.receipts.ingestion import BookingCounts, book_file, counted, stage_receipts
from flows.receipts.line_reader import COUNTS
from flows.receipts.matching import Terms, match_lines
from flows.receipts.raw_rows import RefusedFile
from flows.receipts.receipt_file import read_receipt_file
from flows.settings import Settings

FIXABLE: Final = (*REQUIRED_COLUMNS, "account_code", "reprints", "product", "kind", "attempt")
"""What a person may change of a line, by the names of PrintReceipt; amounts in whole øre."""


def fix_line(
    database: Database,
    sha256: str,
    line: int,
    changes: Mapping[str, str],
    *,
    by: str,
    why: str,
    now: datetime,
) -> None:
    """Change what a quarantined line says, and keep what it said before.

    Raises NeedsAPerson with every fault at once.
    """
    with transaction(database) as tx:
        row = receipt_quarantine.line_row(tx, sha256, line)
        if row["state"] != LineState.QUARANTINED:
            raise NeedsAPerson(
                f"the line does not wait for anybody, it is {row['state']}",
                where=f"{sha256[:12]}:{line}",
                do="a line that is booked is changed by a correction from the vendor",
            )
        if "return_reason" in row:
            raise NeedsAPerson(
                "a line of returned mail is not changed, only decided about anew",
                where=f"{sha256[:12]}:{line}",
                do="ask the vendor for a right line and dismiss this one; or replay it",
            )
        vat = profile_on(tx, _vendor(tx, sha256), oslo_date(now)).vat_percent
        values = _values(changes, vat)
        receipt_quarantine.fix(tx, sha256, line, values)
        detail = {
            name: [_plain(row[name]), _plain(value)]
            for name, value in values.items()
            if row[name] != value
        }
        receipt_quarantine.record(
            tx, sha256, [line], "fixed", by=by, why=why, at=now, detail=detail
        )


def replay_lines(
    database: Database, sha256: str, lines: Sequence[int], *, by: str, why: str, now: datetime
) -> BookingCounts:
    """Decide anew about quarantined lines of a file, all of them when none is named; book them.

    In one transaction with the event that says who asked for it.
    """
    with transaction(database) as tx:
        receipts.lock_file(tx, sha256)
        file = receipts.file_row(tx, sha256)
        if file is not None and file["kind"] == "RETURN":
            receipt_quarantine.record(tx, sha256, [None], "replayed", by=by, why=why, at=now)
            counts = BookingCounts(*returned_mail.book(tx, sha256, now, LineState.QUARANTINED))
        else:
            counts = _replay(tx, sha256, lines, by, why, now)
        receipt_quarantine.close_when_empty(tx, sha256, now)
    return counts


def replay_file(
    database: Database, settings: Settings, sha256: str, *, by: str, why: str, now: datetime
) -> BookingCounts:
    """Read a file that waited whole, or was refused, by the profile as it is now, and book it.

    What made it suspect is not asked again: a person has. Raises NeedsAPerson when it is refused
    still.
    """
    with reading(database) as tx:
        file = receipts.file_row(tx, sha256) or {}
        profile = profile_on(tx, file.get("vendor", NEUTRAL.id), oslo_date(now))
    if file.get("state") not in {"QUARANTINED", "REFUSED"} or file.get("kind") != "RECEIPT":
        raise NeedsAPerson(
            "the file is no receipt file that waits whole",
            where=f"file {sha256[:12]}",
            do="see what waits: svarut receipts quarantine list",
        )
    with open_archive(settings).open(sha256) as kept:
        content = kept.read()
    read = read_receipt_file(content, customer=settings.vendor.customer, profile=profile)
    if isinstance(read, RefusedFile):
        raise NeedsAPerson(
            f"the file is refused still: {read.reason}",
            where=f"file {sha256[:12]}",
            do="mend the vendor's profile, or dismiss the file and ask for another",
        )
    # The event first and in a commit of its own: killed after it, the person is asked again.
    with transaction(database) as tx:
        receipt_quarantine.record(tx, sha256, [None], "replayed", by=by, why=why, at=now)
    stage_receipts(database, profile.id, file["name"], sha256, read, now)
    return book_file(database, sha256, now)


def dismiss(
    database: Database,
    sha256: str,
    lines: Sequence[int],
    *,
    by: str,
    why: str,
    now: datetime,
) -> int:
    """Say that lines, or a whole file when none is named, are never booked; return how many."""
    with transaction(database) as tx:
        if lines:
            gone = [line for line in lines if receipt_quarantine.dismiss(tx, sha256, line)]
            receipt_quarantine.record(tx, sha256, gone, "dismissed", by=by, why=why, at=now)
        else:
            file = receipts.file_row(tx, sha256) or {}
            gone = [0] if file.get("state") in {"QUARANTINED", "REFUSED"} else []
            if gone:
                receipts.set_file_state(tx, sha256, "DISMISSED")
                silence(tx, "RECEIPT_REFUSED", [file["name"]], now)
                receipt_quarantine.record(tx, sha256, [None], "dismissed", by=by, why=why, at=now)
        receipt_quarantine.close_when_empty(tx, sha256, now)
    return len(gone)


def _replay(
    tx: Tx, sha256: str, lines: Sequence[int], by: str, why: str, now: datetime
) -> BookingCounts:
    rows = receipt_quarantine.quarantined_lines(tx, sha256, lines)
    staged = [_staged(row) for row in rows]
    named = [one.receipt.shipment_id for one in staged if one.receipt is not None]
    prefix = profile_on(tx, _vendor(tx, sha256), oslo_date(now)).test_prefix
    matching = match_lines(staged, receipts.sent_pieces(tx, named), Terms(now, prefix, sha256))
    aside = [(one.line, one.state, one.reason) for one in matching.set_aside]
    booking.decide_lines(tx, sha256, aside, LineState.QUARANTINED)
    booking.apply_lines(tx, sha256, matching.applied, now, LineState.QUARANTINED)
    answered = {one.piece.batch_id for one in matching.applied if one.piece.batch_id}
    settle_batches(tx, sorted(answered), now)
    look_at_receipts(tx, sha256, now)
    numbers = [row["line"] for row in rows]
    receipt_quarantine.record(tx, sha256, numbers, "replayed", by=by, why=why, at=now)
    return counted(matching)


def _staged(row: Mapping[str, Any]) -> StagedLine:
    missing = [name for name in REQUIRED_COLUMNS if row[name] in {None, ""}]
    if missing:
        return StagedLine(row["line"], None, f"not known: {', '.join(missing)}"[:200])
    whole = {**row, "account_code": row["account_code"] or ""}
    return StagedLine(row["line"], receipts.read_receipt(whole))


def _values(changes: Mapping[str, str], vat_percent: Decimal) -> dict[str, Any]:
    parsers: dict[str, Callable[[str], Any]] = {
        **dict.fromkeys((*COUNTS, "piece_number", "weight_grams", "reprints"), cells.count),
        "attempt": cells.attempt,
        **dict.fromkeys(("production_ore", "postage_ore"), cells.count),
        **dict.fromkeys(("batch_id", "shipment_id"), cells.required_text),
        **dict.fromkeys(("account_code", "product"), cells.text),
        "posted_at": _instant,
        "kind": LineKind,
    }
    values: dict[str, Any] = {}
    faults = []
    for name, said in changes.items():
        try:
            values[name] = parsers[name](said)
        except KeyError:
            faults.append(f"{name} is none of {', '.join(FIXABLE)}")
        except UnreadableError as fault:
            faults.append(f"{name} {fault}")
        except ValueError:
            faults.append(f"{name} is one of {', '.join(LineKind)}")
    if faults:
        raise NeedsAPerson(
            f"the line was not changed: {'; '.join(faults)}",
            where="--set",
            do="write NAME=VALUE: amounts in whole øre, times with their offset",
        )
    for name in ("production", "postage"):
        if f"{name}_ore" in values:
            values[f"{name}_vat_ore"] = vat_of(values[f"{name}_ore"], vat_percent / 100)
    return values


def _instant(said: str) -> datetime:
    return cells.posted_of(NEUTRAL.receipts)(said).at


def _plain(value: object) -> object:
    return value.isoformat() if isinstance(value, datetime) else value


def _vendor(tx: Tx, sha256: str) -> str:
    file = receipts.file_row(tx, sha256)
    return str(file["vendor"]) if file else NEUTRAL.id
