"""Every reason a submission cannot be accepted."""

import re
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Final

from flows.domain.account_code import is_account_code
from flows.domain.identity import NumberPolicy, fault_in
from flows.domain.postal_address import AddressFault, PostalAddress, address_faults
from flows.domain.problem import Problem
from flows.domain.sheets import lands_on_back, prints_duplex
from flows.intake.metadata import MAX_NAME_LENGTH, Address, DescribedDocument, Description
from flows.intake.pdf_checks import PdfFacts
from flows.intake.problems import Code, problem

PDF: Final = "application/pdf"
_FORBIDDEN_IN_NAMES: Final = re.compile(r'[*:"\\/<>|?\x00-\x1f]')
"""SvarUt's list, and control characters, which no file system shows."""

_FIELD_OF: Final[Mapping[AddressFault, str]] = {
    AddressFault.NAME_MISSING: "mottaker.navn",
    AddressFault.POSTCODE_MISSING: "mottaker.postnummer",
    AddressFault.POSTCODE_NOT_FOUR_DIGITS: "mottaker.postnummer",
    AddressFault.PLACE_MISSING: "mottaker.poststed",
    AddressFault.CONTROL_CHARACTERS: "mottaker",
    AddressFault.NATIONAL_NUMBER: "mottaker",
}


@dataclass(frozen=True)
class Facts:
    """What was found when a package was opened."""

    description: Description
    file_names: frozenset[str]
    pdfs: Mapping[str, PdfFacts]
    """Of every named file that is said to be a PDF and is there."""


def postal_address(recipient: Address) -> PostalAddress:
    """Return the recipient's address, empty where the sender gave nothing."""
    lines = (recipient.line1, recipient.line2, recipient.line3)
    return PostalAddress(
        name=recipient.name or "",
        lines=tuple(line for line in lines if line),
        postcode=recipient.postcode or "",
        place=recipient.place or "",
        country=recipient.country or "",
    )


def is_pdf(document: DescribedDocument) -> bool:
    """Say whether the sender calls a document a PDF."""
    return (document.mime_type or "").strip().lower() == PDF


def validate(facts: Facts, numbers: NumberPolicy) -> list[Problem]:
    """Return everything that is wrong with a letter; the rules are docs/formats/submission.md's.

    numbers: whose national numbers are accepted.
    """
    described = facts.description
    return [
        *_of_fields(described),
        *_of_recipient(described, numbers),
        *_of_documents(facts),
        *_of_giro_pages(facts),
    ]


def _of_fields(described: Description) -> Iterator[Problem]:
    if not (described.title or "").strip():
        yield problem(Code.FIELD_MISSING, "tittel")
    if described.account_code and not is_account_code(described.account_code):
        yield problem(Code.FIELD_INVALID, "konteringskode")
    if not described.documents:
        yield problem(Code.FIELD_MISSING, "dokumenter")


def _of_recipient(described: Description, numbers: NumberPolicy) -> Iterator[Problem]:
    recipient = described.recipient
    if recipient is None:
        yield problem(Code.FIELD_MISSING, "mottaker")
        return
    for fault in address_faults(postal_address(recipient)):
        on_paper_only = fault not in {AddressFault.NAME_MISSING, AddressFault.NATIONAL_NUMBER}
        if not (described.digital_only and on_paper_only):
            yield problem(fault, _FIELD_OF[fault])
    if recipient.digital_id:
        wrong = fault_in(recipient.digital_id, numbers)
        if wrong is not None:
            yield problem(wrong, "mottaker.digitalId")
    elif described.digital_only:
        yield problem(Code.DIGITAL_ID_MISSING, "mottaker.digitalId")


def _of_documents(facts: Facts) -> Iterator[Problem]:
    documents = facts.description.documents or []
    digital_only = bool(facts.description.digital_only)
    for place, document in enumerate(documents, start=1):
        name = document.file_name or ""
        if not name:
            yield problem(Code.FIELD_MISSING, f"dokumenter[{place}].filnavn")
            continue
        if len(name) > MAX_NAME_LENGTH or _FORBIDDEN_IN_NAMES.search(name):
            yield problem(Code.FILE_NAME, name[:MAX_NAME_LENGTH])
        elif name not in facts.file_names:
            yield problem(Code.FILE_MISSING, name)
        if not document.mime_type:
            yield problem(Code.FIELD_MISSING, f"dokumenter[{place}].mimeType")
        elif not (is_pdf(document) or document.excluded_from_print or digital_only):
            yield problem(Code.FILE_NOT_PRINTABLE, name)
        if name in facts.pdfs:
            printed = _prints(document) and not digital_only
            yield from (
                each
                for each in facts.pdfs[name].problems
                if printed or each.code != Code.PDF_NOT_A4  # a drawing read on a screen may be A0
            )
    names = Counter((each.file_name or "").casefold() for each in documents)
    for name in sorted(name for name, times in names.items() if name and times > 1):
        yield problem(Code.FILE_NAME_TWICE, name)
    if documents and not digital_only and not any(_prints(each) for each in documents):
        yield problem(Code.NOTHING_TO_PRINT, "dokumenter")


def _of_giro_pages(facts: Facts) -> Iterator[Problem]:
    documents = [each for each in facts.description.documents or [] if _prints(each)]
    wishes = facts.description.printing
    names = {each.file_name or "" for each in documents}
    pages = {name: facts.pdfs[name].pages for name in sorted(names) if name in facts.pdfs}
    duplex = prints_duplex(list(pages.values()), asked=bool(wishes and wishes.duplex))
    duplex = duplex and not facts.description.digital_only
    for document in documents:
        name = document.file_name or ""
        last = pages.get(name)
        if not last:
            continue  # missing or unreadable, and said so already
        for page in document.giro_pages or []:
            if not 1 <= page <= last:
                yield problem(Code.GIRO_PAGE_UNKNOWN, name, page, sider=last)
            elif lands_on_back(page, duplex=duplex):
                yield problem(Code.GIRO_PAGE_ON_BACK, name, page)


def _prints(document: DescribedDocument) -> bool:
    return is_pdf(document) and not document.excluded_from_print
