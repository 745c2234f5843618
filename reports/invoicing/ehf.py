"""Write an invoice as EHF Billing 3.0: UBL 2.1, as Peppol BIS Billing 3.0 has it."""

import base64
from datetime import date
from decimal import Decimal
from typing import Final

from lxml import etree

from flows.domain.invoicing import InvoiceKind
from flows.wording import fill_sentence, sentences
from reports.invoicing.articles import article_name
from reports.invoicing.invoice import VAT_PERCENT, Invoice, InvoiceLine, Party

CUSTOMIZATION: Final = "urn:cen.eu:en16931:2017#compliant#urn:fdc:peppol.eu:2017:poacc:billing:3.0"
PROFILE: Final = "urn:fdc:peppol.eu:2017:poacc:billing:01:1.0"
CURRENCY: Final = "NOK"
ORGANISATION: Final = "0192"
"""The scheme of Norwegian organisation numbers."""
CREDIT_TRANSFER: Final = "30"
EACH: Final = "EA"
WORDS: Final = "invoice.toml"

_DOCUMENT: Final = "urn:oasis:names:specification:ubl:schema:xsd:{kind}-2"
_CBC: Final = "urn:oasis:names:specification:ubl:schema:xsd:CommonBasicComponents-2"
_CAC: Final = "urn:oasis:names:specification:ubl:schema:xsd:CommonAggregateComponents-2"

Element = etree._Element  # noqa: SLF001  -- lxml names its class so


def to_ehf(invoice: Invoice) -> bytes:
    """Return an invoice or credit note as XML; equal invoices give equal bytes."""
    credit = invoice.kind is InvoiceKind.CREDIT_NOTE
    name = "CreditNote" if credit else "Invoice"
    space = _DOCUMENT.format(kind=name)
    root = etree.Element(
        f"{{{space}}}{name}",
        nsmap={None: space, "cac": _CAC, "cbc": _CBC},  # type: ignore[dict-item]
    )
    root.extend(_head(invoice, credit=credit))
    root.extend(_attachments(invoice))
    root.append(cac("AccountingSupplierParty", _party(invoice.seller, seller=True)))
    root.append(cac("AccountingCustomerParty", _party(invoice.buyer, seller=False)))
    root.extend(_payment(invoice, credit=credit))
    root.extend([_tax(invoice), _totals(invoice)])
    root.extend(_line(line, credit=credit) for line in invoice.lines)
    etree.cleanup_namespaces(root)
    return etree.tostring(root, xml_declaration=True, encoding="UTF-8", pretty_print=True)


def _head(invoice: Invoice, *, credit: bool) -> list[Element]:
    """Give what stands before the parties, in the schema's order."""
    code = cbc("CreditNoteTypeCode", "381") if credit else cbc("InvoiceTypeCode", "380")
    found = [
        cbc("CustomizationID", CUSTOMIZATION),
        cbc("ProfileID", PROFILE),
        cbc("ID", invoice.number),
        cbc("IssueDate", invoice.issued_on.isoformat()),
    ]
    if not credit:
        found.append(cbc("DueDate", invoice.due_on.isoformat()))
    found.append(code)
    if credit:
        found.append(cbc("Note", _credits(invoice)))
    found.append(cbc("DocumentCurrencyCode", CURRENCY))
    if invoice.account_code:
        found.append(cbc("AccountingCost", invoice.account_code))
    found.append(cbc("BuyerReference", invoice.buyer_reference))
    found.append(
        cac(
            "InvoicePeriod",
            cbc("StartDate", invoice.first_day.isoformat()),
            cbc("EndDate", invoice.last_day.isoformat()),
        )
    )
    if credit:
        about = cac("InvoiceDocumentReference", cbc("ID", invoice.credits_number))
        if invoice.credits_date is not None:
            about.append(cbc("IssueDate", invoice.credits_date.isoformat()))
        found.append(cac("BillingReference", about))
    return found


def _attachments(invoice: Invoice) -> list[Element]:
    return [
        cac(
            "AdditionalDocumentReference",
            cbc("ID", str(number)),
            cbc("DocumentDescription", each.description),
            cac(
                "Attachment",
                cbc(
                    "EmbeddedDocumentBinaryObject",
                    base64.b64encode(each.content).decode("ascii"),
                    mimeCode=each.mime_type,
                    filename=each.name,
                ),
            ),
        )
        for number, each in enumerate(invoice.attachments, start=1)
    ]


def _party(party: Party, *, seller: bool) -> Element:
    address: list[Element] = []
    if party.street:
        address.append(cbc("StreetName", party.street))
    if party.city:
        address.append(cbc("CityName", party.city))
    if party.postcode:
        address.append(cbc("PostalZone", party.postcode))
    found = cac(
        "Party",
        cbc("EndpointID", party.address, schemeID=ORGANISATION),
        cac("PartyName", cbc("Name", party.name)),
        cac("PostalAddress", *address, cac("Country", cbc("IdentificationCode", "NO"))),
    )
    if seller:
        found.append(_tax_scheme(f"NO{party.organisation_number}MVA", "VAT"))
        if party.in_business_register:
            found.append(_tax_scheme(sentences(WORDS)["business_register"], "TAX"))
    found.append(
        cac(
            "PartyLegalEntity",
            cbc("RegistrationName", party.name),
            cbc("CompanyID", party.organisation_number, schemeID=ORGANISATION),
        )
    )
    return found


def _tax_scheme(company: str, scheme: str) -> Element:
    return cac("PartyTaxScheme", cbc("CompanyID", company), cac("TaxScheme", cbc("ID", scheme)))


def _payment(invoice: Invoice, *, credit: bool) -> list[Element]:
    means = cac("PaymentMeans", cbc("PaymentMeansCode", CREDIT_TRANSFER))
    if not credit:
        means.append(cbc("PaymentID", invoice.kid))
    means.append(cac("PayeeFinancialAccount", cbc("ID", invoice.bank_account)))
    if credit:
        return [means]
    terms = fill_sentence(sentences(WORDS)["payment_terms"], forfall=_day(invoice.due_on))
    return [means, cac("PaymentTerms", cbc("Note", terms))]


def _tax(invoice: Invoice) -> Element:
    return cac(
        "TaxTotal",
        _amount("TaxAmount", invoice.vat_ore),
        cac(
            "TaxSubtotal",
            _amount("TaxableAmount", invoice.net_ore),
            _amount("TaxAmount", invoice.vat_ore),
            _category("TaxCategory"),
        ),
    )


def _totals(invoice: Invoice) -> Element:
    return cac(
        "LegalMonetaryTotal",
        _amount("LineExtensionAmount", invoice.net_ore),
        _amount("TaxExclusiveAmount", invoice.net_ore),
        _amount("TaxInclusiveAmount", invoice.payable_ore),
        _amount("PayableAmount", invoice.payable_ore),
    )


def _line(line: InvoiceLine, *, credit: bool) -> Element:
    quantity = "CreditedQuantity" if credit else "InvoicedQuantity"
    found = [
        cbc("ID", str(line.number)),
        cbc(quantity, str(line.quantity), unitCode=EACH),
        _amount("LineExtensionAmount", line.net_ore),
    ]
    if line.account_code:
        found.append(cbc("AccountingCost", line.account_code))
    name = fill_sentence(
        sentences(WORDS)["line"], artikkel=article_name(line.sku), maned=line.month
    )
    found.append(
        cac(
            "Item",
            cbc("Name", name),
            cac("SellersItemIdentification", cbc("ID", line.sku)),
            _category("ClassifiedTaxCategory"),
        )
    )
    found.append(_price(line))
    return cac("CreditNoteLine" if credit else "InvoiceLine", *found)


def _price(line: InvoiceLine) -> Element:
    """Give the price of one where it is exact, else of them all: letters' postage differs.

    So quantity times price is the line's amount to the øre, whatever it was added up from (R120).
    """
    count = abs(line.quantity)
    one = Decimal(abs(line.net_ore)) / 100 / count
    if one == one.quantize(Decimal("0.0001")):
        return cac("Price", cbc("PriceAmount", f"{one.normalize():f}", currencyID=CURRENCY))
    return cac(
        "Price",
        _amount("PriceAmount", abs(line.net_ore)),
        cbc("BaseQuantity", str(count), unitCode=EACH),
    )


def _category(name: str) -> Element:
    return cac(
        name,
        cbc("ID", "S"),
        cbc("Percent", str(VAT_PERCENT)),
        cac("TaxScheme", cbc("ID", "VAT")),
    )


def cbc(name: str, text: str, **attributes: str) -> Element:
    """Make an element that holds a value."""
    found = etree.Element(f"{{{_CBC}}}{name}", attributes, nsmap={"cbc": _CBC})
    found.text = text
    return found


def cac(name: str, *inside: Element) -> Element:
    """Make an element that holds others."""
    found = etree.Element(f"{{{_CAC}}}{name}", nsmap={"cac": _CAC})
    found.extend(inside)
    return found


def _amount(name: str, ore: int) -> Element:
    return cbc(name, f"{Decimal(ore) / 100:.2f}", currencyID=CURRENCY)


def _credits(invoice: Invoice) -> str:
    about = invoice.credits_date
    return fill_sentence(
        sentences(WORDS)["credits"],
        nummer=invoice.credits_number,
        dato=_day(about) if about else "",
    )


def _day(day: date) -> str:
    return f"{day:%d.%m.%Y}"
