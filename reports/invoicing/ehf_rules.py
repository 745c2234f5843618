"""The rules of Peppol BIS Billing 3.0 and of Norway that an invoice of ours must keep.

In our own words; numbers as Peppol (PEPPOL-*), Norway (NO-*) and EN 16931 (BR-*) give them. They
are held against the finished XML, so that what is wrong in the writing is found too.
"""

import re
from collections.abc import Callable, Iterator
from datetime import date
from typing import Final

from lxml import etree
from stdnum.no import kontonr, orgnr

from flows.domain.kid import is_kid
from reports.invoicing.ehf_amounts import AMOUNT_RULES
from reports.invoicing.ehf_reading import (
    Element,
    Finding,
    amount_at,
    each,
    is_credit_note,
    lines_in,
    parsed,
    text_at,
)

CUSTOMIZATION: Final = re.compile(
    r"urn:cen\.eu:en16931:2017#compliant#urn:fdc:peppol\.eu:2017:poacc:billing:3\.0"
)
PROFILE: Final = re.compile(r"urn:fdc:peppol\.eu:2017:poacc:billing:01:1\.0")
INVOICE_CODES: Final = frozenset(
    [
        "71",
        "80",
        "82",
        "84",
        "102",
        "218",
        "219",
        "331",
        "380",
        "382",
        "383",
        "386",
        "388",
        "393",
        "395",
    ]
)
INVOICE_CODES_MORE: Final = frozenset(
    ["553", "575", "623", "780", "817", "870", "875", "876", "877"]
)
CREDIT_CODES: Final = frozenset(["81", "83", "381", "396", "532"])
MIME_TYPES: Final = frozenset(
    {
        "application/pdf",
        "image/png",
        "image/jpeg",
        "text/csv",
        "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
        "application/vnd.oasis.opendocument.spreadsheet",
    }
)
PERIOD_CODES: Final = frozenset({"3", "35", "432"})
SCHEMES: Final = frozenset({"0192", "0088", "0007", "0184", "9908"})
"""Of the list of electronic addresses, those a Norwegian receiver can have."""
BANK: Final = frozenset({"30", "58"})
DIRECT_DEBIT: Final = frozenset({"49", "59"})
GLN_DIGITS: Final = 13
BIGGEST_ATTACHMENT: Final = 7 * 1024 * 1024
"""Bytes; many receivers read with libxml2, which refuses a text of more than 10 million letters."""

_ACCOUNT: Final = "cac:PayeeFinancialAccount/cbc:ID"
_DATE: Final = re.compile(r"\d{4}-\d{2}-\d{2}")
_PARTIES: Final = {
    "AccountingSupplierParty": ("the seller", "PEPPOL-EN16931-R020"),
    "AccountingCustomerParty": ("the buyer", "PEPPOL-EN16931-R010"),
}

Rule = Callable[[Element], Iterator[Finding]]


def findings(xml: bytes) -> list[Finding]:
    """Return every rule that an invoice or credit note breaks; empty when it may be sent.

    Raises lxml.etree.XMLSyntaxError when it is no XML.
    """
    root = parsed(xml)
    return [found for rule in (*DOCUMENT_RULES, *AMOUNT_RULES) for found in rule(root)]


def nothing_is_empty(root: Element) -> Iterator[Finding]:
    """R008: an element is left out rather than empty."""
    for node in root.iter(etree.Element):
        if len(node) == 0 and not (node.text or "").strip():
            name = etree.QName(node).localname
            yield Finding("PEPPOL-EN16931-R008", f"{name} is empty")


def it_is_a_billing_document(root: Element) -> Iterator[Finding]:
    """R001, R004, R007: the specification and the process are said, exactly."""
    profile, customization = text_at(root, "cbc:ProfileID"), text_at(root, "cbc:CustomizationID")
    if not profile:
        yield Finding("PEPPOL-EN16931-R001", "no process is said")
    elif not PROFILE.fullmatch(profile):
        yield Finding("PEPPOL-EN16931-R007", "the process is not Peppol's billing")
    if not CUSTOMIZATION.fullmatch(customization):
        yield Finding("PEPPOL-EN16931-R004", "the specification is not Peppol BIS Billing 3.0")


def it_is_of_a_kind_the_process_has(root: Element) -> Iterator[Finding]:
    """P0100, P0101: the type is one of those the process knows."""
    if is_credit_note(root):
        if text_at(root, "cbc:CreditNoteTypeCode") not in CREDIT_CODES:
            yield Finding("PEPPOL-EN16931-P0101", "no type of a credit note")
    elif text_at(root, "cbc:InvoiceTypeCode") not in INVOICE_CODES:
        yield Finding("PEPPOL-EN16931-P0100", "no type of an invoice")


def it_has_one_note_at_most(root: Element) -> Iterator[Finding]:
    """R002."""
    if len(each(root, "cbc:Note")) > 1:
        yield Finding("PEPPOL-EN16931-R002", "more than one note")


def the_buyer_can_place_it(root: Element) -> Iterator[Finding]:
    """R003: a buyer's reference or an order."""
    if not text_at(root, "cbc:BuyerReference") and not text_at(root, "cac:OrderReference/cbc:ID"):
        yield Finding("PEPPOL-EN16931-R003", "neither a buyer's reference nor an order is said")


def both_have_an_electronic_address(root: Element) -> Iterator[Finding]:
    """R010, R020, CL008, COMMON-R040, COMMON-R041."""
    for element, (who, rule) in _PARTIES.items():
        endpoints = each(root, f"cac:{element}/cac:Party/cbc:EndpointID")
        if not endpoints:
            yield Finding(rule, f"{who} has no electronic address")
            continue
        scheme, address = endpoints[0].get("schemeID", ""), (endpoints[0].text or "").strip()
        if scheme not in SCHEMES:
            yield Finding("PEPPOL-EN16931-CL008", f"{who}'s address has no known scheme")
        yield from _number(scheme, address, f"{who}'s address")


def organisation_numbers_are_right(root: Element) -> Iterator[Finding]:
    """COMMON-R041, and that both parties have one."""
    for element, (who, _) in _PARTIES.items():
        path = f"cac:{element}/cac:Party/cac:PartyLegalEntity/cbc:CompanyID"
        for node in each(root, path):
            yield from _number(node.get("schemeID", ""), (node.text or "").strip(), who)


def the_seller_is_norwegian(root: Element) -> Iterator[Finding]:
    """NO-R-001 and NO-R-002: the VAT number, and the register the seller stands in."""
    schemes = {
        text_at(node, "cac:TaxScheme/cbc:ID"): text_at(node, "cbc:CompanyID")
        for node in each(root, "cac:AccountingSupplierParty/cac:Party/cac:PartyTaxScheme")
    }
    vat = schemes.get("VAT", "")
    if not re.fullmatch(r"NO\d{9}MVA", vat) or not orgnr.is_valid(vat[2:11]):
        yield Finding("NO-R-001", "the seller's VAT number is not NO, nine digits and MVA")
    if "TAX" in schemes and schemes["TAX"] != "Foretaksregisteret":
        yield Finding("NO-R-002", "what the seller is registered in is not Foretaksregisteret")


def dates_are_dates(root: Element) -> Iterator[Finding]:
    """F001."""
    for node in root.iter("{*}IssueDate", "{*}DueDate", "{*}StartDate", "{*}EndDate"):
        if _day((node.text or "").strip()) is None:
            name = etree.QName(node).localname
            yield Finding("PEPPOL-EN16931-F001", f"{name} is no date like 2026-11-30")


def the_period_holds_together(root: Element) -> Iterator[Finding]:
    """BR-29, CL006, R110, R111: lines' periods lie in the document's."""
    whole = _period(root)
    if whole and whole[1] < whole[0]:
        yield Finding("BR-29", "the period ends before it begins")
    for code in root.iterfind(".//{*}InvoicePeriod/{*}DescriptionCode"):
        if code.text not in PERIOD_CODES:
            yield Finding("PEPPOL-EN16931-CL006", "the code of the period's date is not known")
    for name, line in lines_in(root):
        own = _period(line)
        if whole and own:
            if own[0] < whole[0]:
                yield Finding("PEPPOL-EN16931-R110", "begins before the document's period", name)
            if own[1] > whole[1]:
                yield Finding("PEPPOL-EN16931-R111", "ends after the document's period", name)


def attachments_are_of_kinds_that_are_taken(root: Element) -> Iterator[Finding]:
    """CL001, and what receivers hold."""
    for node in root.iter("{*}EmbeddedDocumentBinaryObject"):
        if node.get("mimeCode") not in MIME_TYPES:
            yield Finding("PEPPOL-EN16931-CL001", "an attachment's kind is not among those taken")
        if len(node.text or "") * 3 // 4 > BIGGEST_ATTACHMENT:
            yield Finding("SIZE", "an attachment is larger than receivers take (7 MB)")


def one_object_and_one_project(root: Element) -> Iterator[Finding]:
    """R080, R100, R101."""
    kinds = [text_at(one, "cbc:DocumentTypeCode") for one in _references(root)]
    if kinds.count("50") > 1:
        yield Finding("PEPPOL-EN16931-R080", "more than one project")
    for name, line in lines_in(root):
        own = each(line, "cac:DocumentReference")
        if len(own) > 1:
            yield Finding("PEPPOL-EN16931-R100", "more than one object", name)
        if any(text_at(one, "cbc:DocumentTypeCode") != "130" for one in own):
            yield Finding("PEPPOL-EN16931-R101", "refers to something that is no object", name)


def it_can_be_paid(root: Element) -> Iterator[Finding]:
    """BR-CO-25, BR-61, R061, and that KID and account have their check digits."""
    credit = is_credit_note(root)
    payable = amount_at(root, "cac:LegalMonetaryTotal/cbc:PayableAmount")
    due = text_at(root, "cbc:DueDate") or text_at(root, "cac:PaymentMeans/cbc:PaymentDueDate")
    if payable and payable > 0 and not credit and not due:
        yield Finding("BR-CO-25", "no due date")
    for means in each(root, "cac:PaymentMeans"):
        code, account = text_at(means, "cbc:PaymentMeansCode"), text_at(means, _ACCOUNT)
        if code in BANK and not account:
            yield Finding("BR-61", "no account to pay to")
        if code in BANK and account and not kontonr.is_valid(account):
            yield Finding("ACCOUNT", "the account number's check digit is wrong")
        if code in DIRECT_DEBIT and not text_at(means, "cac:PaymentMandate/cbc:ID"):
            yield Finding("PEPPOL-EN16931-R061", "no mandate for direct debit")
        kid = text_at(means, "cbc:PaymentID")
        if kid and not is_kid(kid):
            yield Finding("KID", "the KID's check digit is wrong")


def a_credit_note_says_what_it_credits(root: Element) -> Iterator[Finding]:
    """C6 of our reconciliation: no credit note without its invoice."""
    path = "cac:BillingReference/cac:InvoiceDocumentReference/cbc:ID"
    if is_credit_note(root) and not text_at(root, path):
        yield Finding("C6", "the invoice that is credited is not said")


DOCUMENT_RULES: Final[tuple[Rule, ...]] = (
    nothing_is_empty,
    it_is_a_billing_document,
    it_is_of_a_kind_the_process_has,
    it_has_one_note_at_most,
    the_buyer_can_place_it,
    both_have_an_electronic_address,
    organisation_numbers_are_right,
    the_seller_is_norwegian,
    dates_are_dates,
    the_period_holds_together,
    attachments_are_of_kinds_that_are_taken,
    one_object_and_one_project,
    it_can_be_paid,
    a_credit_note_says_what_it_credits,
)


def _number(scheme: str, text: str, whose: str) -> Iterator[Finding]:
    if scheme == "0192" and not orgnr.is_valid(text):
        yield Finding("PEPPOL-COMMON-R041", f"{whose}: no organisation number")
    if scheme == "0088" and not _is_gln(text):
        yield Finding("PEPPOL-COMMON-R040", f"{whose}: no GLN")


def _is_gln(text: str) -> bool:
    """GS1's MOD10: weights 1 and 3 from the right."""
    digits = [int(one) for one in text if one.isdigit()]
    if len(digits) != len(text) or len(digits) != GLN_DIGITS:
        return False
    return sum(digit * (3 if n % 2 else 1) for n, digit in enumerate(reversed(digits))) % 10 == 0


def _references(root: Element) -> list[Element]:
    return [*each(root, "cac:AdditionalDocumentReference"), *each(root, "cac:ProjectReference")]


def _period(node: Element) -> tuple[date, date] | None:
    begins = _day(text_at(node, "cac:InvoicePeriod/cbc:StartDate"))
    ends = _day(text_at(node, "cac:InvoicePeriod/cbc:EndDate"))
    return (begins, ends) if begins and ends else None


def _day(text: str) -> date | None:
    if not _DATE.fullmatch(text):
        return None
    try:
        return date.fromisoformat(text)
    except ValueError:
        return None
