"""Look at opened packages, and say everything that is wrong with each.

In two steps, since documents are looked at in other processes: many packages are begun before the
first is finished.
"""

from collections import deque
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final, TypeVar

from flows.domain.problem import Problem, faults
from flows.domain.shipment import Document
from flows.intake.examining.examiner import Examination, Examiner
from flows.intake.examining.finding import Asked
from flows.intake.metadata import DescribedDocument, Description, read_description
from flows.intake.pdf_checks import PdfFacts, facts_of
from flows.intake.problems import Code, problem
from flows.intake.submission import METADATA, Submission
from flows.intake.validation import Facts, Standard, is_pdf, prints, validate

MAX_REFERENCE: Final = 255

AHEAD: Final = 60
"""Packages begun before the first of them is finished: enough to keep the other processes busy."""

T = TypeVar("T")


@dataclass(frozen=True)
class Checked:
    """One package, opened and looked at."""

    package: Path
    submission: Submission
    reference: str
    given_reference: str | None
    description: Description
    documents: tuple[Document, ...]
    """Empty when there are faults."""
    problems: tuple[Problem, ...]
    """Faults and notes."""
    own_address: bool = False
    """Whether its first page was held against the window, and so needs no cover page."""
    copies: Mapping[str, Path] = field(default_factory=dict)
    """The print-ready copies by file name; of files that can be read."""


@dataclass(frozen=True)
class Look:
    """A document that is being looked at, and where its print copy comes."""

    examination: Examination
    copy: Path


class Looks:
    """Begins to look at documents, each once however many letters have it."""

    def __init__(self, examiner: Examiner, folder: Path) -> None:
        """Keep the print copies in a folder, which must outlive the answers."""
        self._examiner, self._folder = examiner, folder
        self._begun: dict[tuple[str, Asked], Look] = {}

    def begin(self, file: Path, sha256: str, asked: Asked) -> Look:
        """Begin to look at a file; or return the look that was begun before."""
        key = (sha256, asked)
        if key not in self._begun:
            copy = self._folder / f"copy-{len(self._begun)}.pdf"
            self._begun[key] = Look(self._examiner.begin(file, asked, copy), copy)
        return self._begun[key]


@dataclass(frozen=True)
class Begun:
    """One package whose documents are being looked at."""

    package: Path
    submission: Submission
    description: Description
    problems: tuple[Problem, ...]
    """Of the package and its description."""
    looks: Mapping[str, Look]
    """By file name."""


def begin(package: Path, submission: Submission, standard: Standard, looks: Looks) -> Begun:
    """Read an opened package's description and begin to look at its documents."""
    if submission.faults:
        return Begun(package, submission, Description(), submission.faults, {})
    if METADATA not in submission.files:
        missing = (problem(Code.METADATA_MISSING, METADATA),)
        return Begun(package, submission, Description(), missing, {})
    read = read_description(submission.files[METADATA].read_bytes())
    begun = {
        name: looks.begin(submission.files[name], submission.hashes[name], asked)
        for name, asked in _asked(read.description, standard)
        if name in submission.files
    }
    return Begun(package, submission, read.description, tuple(read.problems), begun)


def finish(begun: Begun, standard: Standard) -> Checked:
    """Wait for what was found in a package's documents, and say all that is wrong with it.

    Raises OSError where the disk failed.
    """
    submission, description = begun.submission, begun.description
    problems = list(begun.problems)
    pdfs = {name: facts_of(look.examination.result(), name) for name, look in begun.looks.items()}
    codes = {each.code for each in problems}
    if not submission.faults and not codes & {Code.METADATA_MISSING, Code.METADATA_NOT_JSON}:
        sizes = {name: file.stat().st_size for name, file in submission.files.items()}
        problems += _unsaid(validate(Facts(description, sizes, pdfs), standard), problems)
    given = (description.reference or "").strip() or None
    documents = () if faults(problems) else tuple(_documents(description, submission, pdfs))
    return Checked(
        package=begun.package,
        submission=submission,
        reference=(given or submission.name)[:MAX_REFERENCE],
        given_reference=given,
        description=description,
        documents=documents,
        problems=tuple(problems),
        own_address=standard.own_address and not description.digital_only,
        copies={name: begun.looks[name].copy for name, facts in pdfs.items() if facts.copied},
    )


def ahead(begun: Iterable[T], most: int = AHEAD) -> Iterator[T]:
    """Give what was begun, in order, each when `most` others have been begun after it."""
    waiting: deque[T] = deque()
    for each in begun:
        waiting.append(each)
        if len(waiting) > most:
            yield waiting.popleft()
    yield from waiting


def _asked(description: Description, standard: Standard) -> Iterator[tuple[str, Asked]]:
    documents: list[DescribedDocument] = description.documents or []
    on_paper = not description.digital_only
    first = next((each for each in documents if prints(each)), None)
    for each in documents:
        if each.file_name and is_pdf(each):
            own_address = standard.own_address and on_paper and each is first
            yield each.file_name, Asked(prints(each) and on_paper, own_address)


def _unsaid(found: Sequence[Problem], said: Sequence[Problem]) -> list[Problem]:
    """Leave out what is only missing because its faulty value was left out."""
    fields = {each.field for each in said}
    lists = {field.partition("[")[0] for field in fields if field.endswith("]")}
    return [
        each
        for each in found
        if each.field not in fields
        and not (each.code == Code.FIELD_MISSING and each.field in lists)
    ]


def _documents(
    description: Description,
    submission: Submission,
    pdfs: Mapping[str, PdfFacts],
) -> Iterator[Document]:
    for position, document in enumerate(description.documents or [], start=1):
        name = document.file_name or ""
        copied = pdfs[name].copied if name in pdfs else None
        yield Document(
            position=position,
            file_name=name,
            sha256=submission.hashes[name],
            size_bytes=submission.files[name].stat().st_size,
            pages=pdfs[name].pages if name in pdfs else 0,
            # What is not a PDF is only here because it need not be printed.
            excluded_from_print=bool(document.excluded_from_print) or not is_pdf(document),
            giro_pages=tuple(document.giro_pages or ()),
            print_sha256=copied.sha256 if copied else None,
            print_size_bytes=copied.size_bytes if copied else None,
            colour_pages=copied.colour_pages if copied else None,
        )
