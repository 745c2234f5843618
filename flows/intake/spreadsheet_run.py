"""Take in a run: one package with a sheet, one letter a row, one answer for all.

A row's problems stop that row alone. Killed half-way, the next run finds the rows that were
registered and gives them their first answer.
"""

import json
import logging
import shutil
import zipfile
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import islice
from pathlib import Path
from typing import Final

from flows.archive import sha256_of
from flows.domain.problem import Problem, faults
from flows.domain.shipment import ShipmentId
from flows.intake.answer import RowAnswer, write_answer, write_run_answer
from flows.intake.checking import Begun, Checked, Looks, ahead, begin, finish
from flows.intake.drop_folder import DONE, REJECTED, put_away
from flows.intake.examining.examiner import Cut
from flows.intake.opening import open_at
from flows.intake.problems import Code, problem
from flows.intake.registration import Desk, Verdict, register_all
from flows.intake.spreadsheet import (
    SHEETS,
    Row,
    faults_of_sheet,
    in_columns,
    letters_of,
    read_sheet,
)
from flows.intake.submission import METADATA, Submission, contents_sha256
from flows.workspace import work_folder

log = logging.getLogger(__name__)

ROWS_AT_ONCE: Final = 100
"""Rows registered in one transaction."""


def is_run(package: Path) -> bool:
    """Say whether a package holds a sheet instead of one letter's description."""
    if package.is_symlink():
        return False
    if package.is_dir():
        return any((package / name).is_file() for name in SHEETS)
    try:
        with zipfile.ZipFile(package) as archive:
            return any(name in archive.namelist() for name in SHEETS)
    except (zipfile.BadZipFile, OSError, ValueError, NotImplementedError):
        return False  # said when it is opened as a letter


def take_in_run(package: Path, desk: Desk) -> None:
    """Take in every row of a run and answer the package; counts go to the desk's tally."""
    try:
        with work_folder(desk.settings.work_folder, "intake") as work:
            _take_in(package, desk, work)
    except OSError as fault:
        log.warning("left a run of %s: %s", package.parent.name, fault.strerror)
        desk.tally["left"] += 1


def check_run(
    package: Path,
    desk: Desk,
    work: Path,
) -> tuple[list[Problem], Iterator[RowAnswer]]:
    """Check a run and keep nothing: the faults of the whole, or what each row would be told.

    desk: opened for a dry run.
    work: an empty folder, which must live as long as the answers are asked for.
    """
    submission, rows, found = _open(package, desk, work)
    return found, iter(()) if found else _looked_at(rows, submission, desk, work)


def _take_in(package: Path, desk: Desk, work: Path) -> None:
    submission, rows, found = _open(package, desk, work)
    if found:
        _refuse(package, submission, found, desk)
        return
    answers: list[RowAnswer] = []
    waiting = 0
    checked = iter(_checked(rows, submission, desk, work))
    while some := list(islice(checked, ROWS_AT_ONCE)):
        numbers = {each.reference: number for number, each in some}
        verdicts = register_all([each for _, each in some], desk)
        waiting += len(some) - len(verdicts)
        answers += [_told(each, numbers, each.shipment_id) for each in verdicts]
        for number, _ in some:
            shutil.rmtree(_folder_of(number, work))  # its documents are in the archive by now
    if desk.dry_run or waiting:
        return
    rejected = all(faults(each.problems) for each in answers)
    write_run_answer(package, answers, copy_to=package.parent / REJECTED if rejected else None)
    put_away(package, REJECTED if rejected else DONE, submission.contents_sha256[:8])
    log.info("answered a run rows=%d", len(answers))


def _refuse(package: Path, submission: Submission, found: Sequence[Problem], desk: Desk) -> None:
    desk.tally["rejected"] += 1
    desk.problems.update(each.code for each in found)
    if desk.dry_run:
        return
    write_answer(
        package,
        shipment_id=None,
        reference=None,
        problems=found,
        copy_to=package.parent / REJECTED,
    )
    put_away(package, REJECTED, submission.contents_sha256[:8])


def _open(
    package: Path,
    desk: Desk,
    work: Path,
) -> tuple[Submission, list[list[str]], list[Problem]]:
    unpacked = work / "package"
    unpacked.mkdir()
    submission = open_at(desk, package, unpacked)
    if submission.faults:
        return submission, [], list(submission.faults)
    name = next(name for name in SHEETS if name in submission.files)
    rows = read_sheet(submission.files[name].read_bytes(), name)
    return submission, rows or [], faults_of_sheet(rows, name)


@dataclass(frozen=True)
class _Row:
    """A row whose pages are being cut."""

    row: Row
    folder: Path
    cut: Cut | None
    """None where nothing is cut: the row's documents are files of the run."""


def _checked(
    rows: Sequence[Sequence[str]],
    whole: Submission,
    desk: Desk,
    work: Path,
) -> Iterator[tuple[int, Checked]]:
    shared = work / "shared"
    shared.mkdir()
    looks = Looks(desk.examiner, shared)
    cutting = ahead(_cut(row, whole.files, desk, work) for row in letters_of(rows))
    for row, found, begun in ahead(_begin(each, whole, desk, looks) for each in cutting):
        checked = finish(begun, desk.standard)
        problems = (*row.problems, *found, *_not_said_by(found, checked.problems))
        documents = () if faults(problems) else checked.documents
        yield row.number, replace(checked, problems=problems, documents=documents)


def _cut(row: Row, files: Mapping[str, Path], desk: Desk, work: Path) -> _Row:
    folder = _folder_of(row.number, work)
    folder.mkdir()
    cut = None
    if row.pages is not None and row.source in files:
        cut = desk.examiner.cut(files[row.source], row.pages, folder / "cut.pdf")
    return _Row(row, folder, cut)


def _begin(
    each: _Row,
    whole: Submission,
    desk: Desk,
    looks: Looks,
) -> tuple[Row, list[Problem], Begun]:
    """Begin to look at a row's letter; a document of many rows is looked at once."""
    row, folder = each.row, each.folder
    files, found = _files_of(each, whole.files)
    description = folder / METADATA
    text = json.dumps(row.description, ensure_ascii=False)
    description.write_text(text, encoding="utf-8")
    files[METADATA] = description
    hashes = {
        name: whole.hashes[name] if path == whole.files.get(name) else sha256_of(path)
        for name, path in files.items()
    }
    letter = Submission(f"{whole.name}-{row.number}", files, hashes, contents_sha256(hashes))
    own = looks if row.pages is None else Looks(desk.examiner, folder)
    return row, found, begin(folder, letter, desk.standard, own)


def _files_of(each: _Row, files: Mapping[str, Path]) -> tuple[dict[str, Path], list[Problem]]:
    row = each.row
    if row.pages is None:
        return {name: files[name] for name in row.files if name in files}, []
    name = str(row.description["dokumenter"][0]["filnavn"])
    if each.cut is None:
        return {}, [problem(Code.FILE_MISSING, row.source)]
    code, pages = each.cut.result()
    if code == Code.SHEET_PAGES_BEYOND:
        return {}, [problem(code, "sider", sider=pages)]
    if code:
        return {}, [problem(code, row.source)]
    return {name: each.folder / "cut.pdf"}, []


def _folder_of(number: int, work: Path) -> Path:
    return work / f"row-{number}"


def _not_said_by(said: Sequence[Problem], found: Sequence[Problem]) -> list[Problem]:
    """Leave out that a document is missing where cutting it has just said why."""
    return [each for each in found if not (said and each.code == Code.FILE_MISSING)]


def _looked_at(
    rows: Sequence[Sequence[str]],
    whole: Submission,
    desk: Desk,
    work: Path,
) -> Iterator[RowAnswer]:
    checked = iter(_checked(rows, whole, desk, work))
    while some := list(islice(checked, ROWS_AT_ONCE)):
        numbers = {each.reference: number for number, each in some}
        for verdict in register_all([each for _, each in some], desk):
            yield _told(verdict, numbers, None)
        for number, _ in some:
            shutil.rmtree(_folder_of(number, work))


def _told(
    verdict: Verdict,
    numbers: Mapping[str, int],
    shipment_id: ShipmentId | None,
) -> RowAnswer:
    """Return what the sheet's writer is told of a row, by the columns it sees."""
    checked = verdict.checked
    return RowAnswer(
        numbers[checked.reference],
        checked.given_reference,
        shipment_id,
        tuple(map(in_columns, verdict.problems)),
    )
