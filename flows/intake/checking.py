"""Look at one opened package, and say everything that is wrong with it."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from flows.domain.problem import Problem, faults
from flows.domain.shipment import Document
from flows.intake.metadata import Description, read_description
from flows.intake.pdf_checks import PdfFacts, look_at
from flows.intake.problems import Code, problem
from flows.intake.submission import METADATA, Submission
from flows.intake.validation import Facts, Standard, is_pdf, validate

MAX_REFERENCE: Final = 255


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


def check(package: Path, submission: Submission, standard: Standard) -> Checked:
    """Look at an opened package: what it describes, and everything that is wrong with it."""
    description, problems = Description(), list(submission.faults)
    pdfs: dict[str, PdfFacts] = {}
    if not submission.faults and METADATA not in submission.files:
        problems.append(problem(Code.METADATA_MISSING, METADATA))
    elif not submission.faults:
        reading_of = read_description(submission.files[METADATA].read_bytes())
        description, problems = reading_of.description, list(reading_of.problems)
        pdfs = _look_at_documents(description, submission)
        if Code.METADATA_NOT_JSON not in {each.code for each in problems}:
            sizes = {name: file.stat().st_size for name, file in submission.files.items()}
            problems += _unsaid(validate(Facts(description, sizes, pdfs), standard), problems)
    given = (description.reference or "").strip() or None
    documents = () if faults(problems) else tuple(_documents(description, submission, pdfs))
    return Checked(
        package=package,
        submission=submission,
        reference=(given or submission.name)[:MAX_REFERENCE],
        given_reference=given,
        description=description,
        documents=documents,
        problems=tuple(problems),
    )


def _look_at_documents(description: Description, submission: Submission) -> dict[str, PdfFacts]:
    return {
        document.file_name: look_at(submission.files[document.file_name], document.file_name)
        for document in description.documents or []
        if document.file_name and document.file_name in submission.files and is_pdf(document)
    }


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
        yield Document(
            position=position,
            file_name=name,
            sha256=submission.hashes[name],
            size_bytes=submission.files[name].stat().st_size,
            pages=pdfs[name].pages if name in pdfs else 0,
            # What is not a PDF is only here because it need not be printed.
            excluded_from_print=bool(document.excluded_from_print) or not is_pdf(document),
            giro_pages=tuple(document.giro_pages or ()),
        )
