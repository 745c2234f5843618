"""Every reason a submission cannot be accepted."""

import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

from flows.domain.account_code import is_account_code
from flows.domain.identity import NumberPolicy
from flows.domain.problem import Problem
from flows.domain.sheets import giro_on_back, prints_duplex, sheets_of
from flows.domain.shipment import PrintedDocument
from flows.intake.addressing import Postcodes, of_recipient, of_reply_address
from flows.intake.examining.limits import DEFAULT_LIMITS, VendorLimits
from flows.intake.metadata import MAX_NAME_LENGTH, DescribedDocument, Description
from flows.intake.particulars import of_notes, of_particulars
from flows.intake.pdf_checks import PdfFacts
from flows.intake.problems import Code, problem
from flows.intake.rules import RuleSet

PDF: Final = "application/pdf"
_FORBIDDEN_IN_NAMES: Final = re.compile(r'[*:"\\/<>|?\x00-\x1f]')
"""SvarUt's list, and control characters, which no file system shows."""

_MEGABYTE: Final = 1024 * 1024


@dataclass(frozen=True)
class Facts:
    """What was found when a package was opened."""

    description: Description
    file_sizes: Mapping[str, int]
    """Bytes of every file of the package, by name."""
    pdfs: Mapping[str, PdfFacts]
    """Of every named file that is said to be a PDF and is there."""


@dataclass(frozen=True)
class Standard:
    """What a letter is held against."""

    numbers: NumberPolicy
    """Whose national numbers are accepted."""
    rules: RuleSet
    postcodes: Postcodes = field(default_factory=dict)
    own_address: bool = False
    """Whether page 1 carries the address where the window is, and no cover page is put before."""
    limits: VendorLimits = DEFAULT_LIMITS


def is_pdf(document: DescribedDocument) -> bool:
    """Say whether the sender calls a document a PDF."""
    return (document.mime_type or "").strip().lower() == PDF


def prints(document: DescribedDocument) -> bool:
    """Say whether a document goes on paper, where its letter does."""
    return is_pdf(document) and not document.excluded_from_print


def validate(facts: Facts, standard: Standard) -> list[Problem]:
    """Return everything that is wrong with a letter; the rules are docs/formats/submission.md's."""
    described = facts.description
    return [
        *_of_fields(described, standard.rules),
        *of_recipient(described, standard.numbers, standard.postcodes),
        *of_reply_address(described, standard.numbers, standard.postcodes),
        *of_particulars(described),
        *of_notes(described),
        *_of_documents(facts, standard),
        *_of_giro_pages(facts),
    ]


def _of_fields(described: Description, rules: RuleSet) -> Iterator[Problem]:
    if not (described.title or "").strip():
        yield problem(Code.FIELD_MISSING, "tittel")
    if described.account_code and not is_account_code(described.account_code, rules.on):
        yield problem(Code.FIELD_INVALID, "konteringskode", ventet=rules.account_code)
    if not described.documents:
        yield problem(Code.FIELD_MISSING, "dokumenter")


def _of_documents(facts: Facts, standard: Standard) -> Iterator[Problem]:
    documents = facts.description.documents or []
    digital_only = bool(facts.description.digital_only)
    for place, document in enumerate(documents, start=1):
        name = document.file_name or ""
        if not name:
            yield problem(Code.FIELD_MISSING, f"dokumenter[{place}].filnavn")
            continue
        if len(name) > MAX_NAME_LENGTH or _is_forbidden(name, standard.rules):
            yield problem(Code.FILE_NAME, name[:MAX_NAME_LENGTH])
        elif name not in facts.file_sizes:
            yield problem(Code.FILE_MISSING, name)
        if not document.mime_type:
            yield problem(Code.FIELD_MISSING, f"dokumenter[{place}].mimeType")
        elif not (is_pdf(document) or document.excluded_from_print or digital_only):
            yield problem(Code.FILE_NOT_PRINTABLE, name)
        if name in facts.pdfs:
            yield from facts.pdfs[name].problems
    names = Counter((each.file_name or "").casefold() for each in documents)
    for name in sorted(name for name, times in names.items() if name and times > 1):
        yield problem(Code.FILE_NAME_TWICE, name)
    if documents and not digital_only:
        yield from _of_print(facts, [each for each in documents if prints(each)], standard)


def _of_print(
    facts: Facts,
    printed: Sequence[DescribedDocument],
    standard: Standard,
) -> Iterator[Problem]:
    rules = standard.rules
    if not printed:
        yield problem(Code.NOTHING_TO_PRINT, "dokumenter")
    size = sum(facts.file_sizes.get(each.file_name or "", 0) for each in printed)
    if size > rules.printable_bytes:
        megabytes, limit = -(-size // _MEGABYTE), rules.printable_bytes // _MEGABYTE
        yield problem(Code.TOO_LARGE_TO_PRINT, "dokumenter", mb=megabytes, grense_mb=limit)
    names = [each.file_name or "" for each in printed]
    sheets = _sheets(facts, standard)
    if sheets > standard.limits.max_sheets:
        most = standard.limits.max_sheets
        yield problem(Code.TOO_MANY_SHEETS, "dokumenter", ark=sheets, grense=most)
    if standard.own_address and names and names[0] in facts.pdfs:
        yield from _of_own_address(facts.description, facts.pdfs[names[0]], names[0])


def _sheets(facts: Facts, standard: Standard) -> int:
    documents = list(_printed(facts).values())
    duplex = _is_duplex(facts, documents)
    return sheets_of(documents, cover=not standard.own_address, duplex=duplex)


def _is_duplex(facts: Facts, printed: Sequence[PrintedDocument]) -> bool:
    wishes = facts.description.printing
    return prints_duplex(printed, asked=bool(wishes and wishes.duplex))


def _printed(facts: Facts) -> dict[str, PrintedDocument]:
    """Return what goes on paper of a letter, by file name: the documents that could be read."""
    return {
        name: PrintedDocument(facts.pdfs[name].pages, tuple(each.giro_pages or ()))
        for each in facts.description.documents or []
        if prints(each) and (name := each.file_name or "") in facts.pdfs
    }


def _of_own_address(described: Description, first: PdfFacts, name: str) -> Iterator[Problem]:
    """Hold the address in the window against the recipient's: a mix-up would show a stranger."""
    postcode = (described.recipient.postcode or "") if described.recipient else ""
    shown = "".join(first.window_text.split())
    if shown and "".join(postcode.split()) not in shown:
        yield problem(Code.PDF_OTHER_ADDRESS, name, 1)


def _is_forbidden(name: str, rules: RuleSet) -> bool:
    return bool(rules.checks_file_names and _FORBIDDEN_IN_NAMES.search(name))


def _of_giro_pages(facts: Facts) -> Iterator[Problem]:
    printed = _printed(facts)
    duplex = _is_duplex(facts, list(printed.values())) and not facts.description.digital_only
    for place, document in enumerate(facts.description.documents or [], start=1):
        name = document.file_name or ""
        on_paper = printed.get(name)
        if not (on_paper and on_paper.pages):
            continue  # missing or unreadable, and said so already
        on_back = giro_on_back(on_paper, duplex=duplex)
        if len(set(document.giro_pages or [])) < len(document.giro_pages or []):
            field = f"dokumenter[{place}].giroarkSider"
            yield problem(Code.FIELD_INVALID, field, ventet="girosider")
        for page in document.giro_pages or []:
            if not 1 <= page <= on_paper.pages:
                yield problem(Code.GIRO_PAGE_UNKNOWN, name, page, sider=on_paper.pages)
            elif page in on_back:
                yield problem(Code.GIRO_PAGE_ON_BACK, name, page)
