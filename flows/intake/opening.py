"""Open a package and, where there is a scanner, let it look before anything else does."""

from dataclasses import replace
from pathlib import Path

from flows.clock import oslo_date
from flows.database.open_items import OpenItem, raise_item
from flows.database.session import transaction
from flows.intake.drop_folder import open_package
from flows.intake.malware import NotScanned
from flows.intake.problems import Code, problem
from flows.intake.registration import Desk
from flows.intake.submission import Submission, contents_sha256


def open_at(desk: Desk, package: Path, work: Path) -> Submission:
    """Open a package at a sender's desk; one with malware in it comes without its files.

    work: an empty folder. Raises OSError where the disk failed, NotScanned (an OSError) where the
    scanner could not look at a file, and TryAgainLater where the scanner does not answer.
    """
    submission = open_package(package, work, max_bytes=desk.settings.max_package_bytes)
    if desk.scanner is None or submission.faults:
        return submission
    try:
        infected = desk.scanner.first_infected(submission.files, submission.hashes)
    except NotScanned as fault:
        _tell(
            desk,
            "PACKAGE_NOT_SCANNED",
            submission.contents_sha256,
            f"the malware scanner could not look at a package, which waits: {fault.strerror}",
            "raise clamd's limits (StreamMaxLength, MaxFileSize), or see its log",
        )
        raise
    if infected is None:
        return submission
    _tell(
        desk,
        "MALWARE_FOUND",
        submission.contents_sha256,
        "the malware scanner found something in a package; it was answered AVVIST, nothing of it "
        "was opened, and it is kept in .avvist",
        "do not open it; tell the sender's own security people, then remove it from .avvist",
    )
    found = problem(Code.PACKAGE_MALWARE, infected)
    # With the day: what today's signatures take for malware may be sent again tomorrow.
    said = f"{found.code} {oslo_date(desk.now)}"
    known_by = contents_sha256({"": said, **submission.hashes})
    return replace(submission, files={}, contents_sha256=known_by, faults=(found,))


def _tell(desk: Desk, code: str, contents: str, what: str, action: str) -> None:
    if not desk.dry_run:
        item = OpenItem(code, f"{desk.sender.id}:{contents[:12]}", what, action)
        with transaction(desk.database) as tx:
            raise_item(tx, item, desk.now)
