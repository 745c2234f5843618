"""EHF documents keep every rule, ours and the published ones, and each rule can fail."""

import re
from collections import Counter
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from invoices import LINES, SELLER, a_credit_note, an_invoice
from lxml import etree

from flows.domain.kid import is_kid, kid_of
from reports.invoicing.ehf import to_ehf
from reports.invoicing.ehf_rules import findings
from reports.invoicing.invoice import Attachment, Invoice, InvoiceLine
from reports.invoicing.published_rules import PublishedRules

XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
WITH_ALL = an_invoice(
    attachments=(Attachment("spesifikasjon.xlsx", XLSX, b"PK", "Spesifikasjon"),),
)


@pytest.fixture(scope="module")
def published(shared: Path) -> PublishedRules:
    return PublishedRules(shared / "specs" / "peppol")


@pytest.mark.parametrize(
    "invoice",
    [
        WITH_ALL,
        an_invoice(LINES[0]),
        an_invoice(InvoiceLine(1, "PRODUKSJON", "ÆØÅ_1.a-b", "2026-11", 3, 1)),
        a_credit_note(),
    ],
    ids=["several codes", "one code", "a third of an øre", "a credit note"],
)
def test_what_we_write_keeps_our_rules_and_the_published_ones(
    invoice: Invoice, published: PublishedRules
) -> None:
    xml = to_ehf(invoice)

    assert findings(xml) == []
    assert published.findings(xml) == []


def test_equal_invoices_give_equal_bytes() -> None:
    assert to_ehf(WITH_ALL) == to_ehf(an_invoice(attachments=WITH_ALL.attachments))


def test_a_credit_note_says_what_it_credits_in_norwegian() -> None:
    xml = to_ehf(a_credit_note()).decode()

    assert "<cbc:Note>Gjelder faktura 20260001 av 07.12.2026</cbc:Note>" in xml


@given(
    st.lists(
        st.tuples(st.integers(-2000, 2000).filter(bool), st.integers(0, 10_000_000)),
        min_size=1,
        max_size=40,
    )
)
@settings(max_examples=60)
def test_whatever_the_lines_are_quantity_times_price_is_their_amount(
    drawn: list[tuple[int, int]],
) -> None:
    lines = tuple(
        InvoiceLine(n, "PORTO-BREV-20G", "1", "2026-11", quantity, ore if quantity > 0 else -ore)
        for n, (quantity, ore) in enumerate(drawn, start=1)
    )

    assert findings(to_ehf(an_invoice(*lines))) == []


def changed(pattern: str, into: str, invoice: Invoice = WITH_ALL, count: int = 1) -> bytes:
    text, times = re.subn(pattern, into, to_ehf(invoice).decode(), count=count, flags=re.DOTALL)
    assert times, "the mutant is the original"
    return text.encode()


def cut(element: str, invoice: Invoice = WITH_ALL) -> bytes:
    return changed(rf"\s*<{element}[ >].*?</{element}>", "", invoice)


MUTANTS = {
    "PEPPOL-EN16931-R008": changed("<cbc:BuyerReference>4711<", "<cbc:BuyerReference><"),
    "PEPPOL-EN16931-R001": cut("cbc:ProfileID"),
    "PEPPOL-EN16931-R007": changed("billing:01:1.0", "billing:02:1.0"),
    "PEPPOL-EN16931-R004": changed("billing:3.0<", "billing:2.0<"),
    "PEPPOL-EN16931-P0100": changed(">380<", ">381<"),
    "PEPPOL-EN16931-P0101": changed(">381<", ">380<", a_credit_note()),
    "PEPPOL-EN16931-R002": changed(
        "<cbc:DocumentC", "<cbc:Note>a</cbc:Note><cbc:Note>b</cbc:Note><cbc:DocumentC"
    ),
    "PEPPOL-EN16931-R003": cut("cbc:BuyerReference"),
    "PEPPOL-EN16931-R020": cut("cbc:EndpointID"),
    "PEPPOL-EN16931-R010": changed(
        r"(<cac:AccountingCustomerParty>\s*<cac:Party>)\s*<cbc:EndpointID.*?</cbc:EndpointID>",
        r"\1",
    ),
    "PEPPOL-EN16931-CL008": changed('EndpointID schemeID="0192"', 'EndpointID schemeID="9999"'),
    "PEPPOL-COMMON-R041": changed("974760673<", "974760674<"),
    "PEPPOL-COMMON-R040": changed(
        'EndpointID schemeID="0192">987654325', 'EndpointID schemeID="0088">7080000123450'
    ),
    "NO-R-001": changed("NO987654325MVA", "NO987654325"),
    "NO-R-002": changed("Foretaksregisteret", "Enhetsregisteret"),
    "PEPPOL-EN16931-F001": changed("IssueDate>2026-12-07", "IssueDate>07.12.2026"),
    "BR-29": changed("EndDate>2026-11-30", "EndDate>2026-10-30"),
    "PEPPOL-EN16931-CL006": changed(
        "</cac:InvoicePeriod>", "<cbc:DescriptionCode>7</cbc:DescriptionCode></cac:InvoicePeriod>"
    ),
    "PEPPOL-EN16931-R110": changed(
        "<cac:Item>",
        "<cac:InvoicePeriod><cbc:StartDate>2026-10-01</cbc:StartDate>"
        "<cbc:EndDate>2026-11-30</cbc:EndDate></cac:InvoicePeriod><cac:Item>",
    ),
    "PEPPOL-EN16931-R111": changed(
        "<cac:Item>",
        "<cac:InvoicePeriod><cbc:StartDate>2026-11-01</cbc:StartDate>"
        "<cbc:EndDate>2026-12-01</cbc:EndDate></cac:InvoicePeriod><cac:Item>",
    ),
    "PEPPOL-EN16931-CL001": changed(XLSX, "text/html"),
    "PEPPOL-EN16931-R080": changed(
        "<cac:AccountingSupplierParty>",
        "<cac:AdditionalDocumentReference><cbc:ID>1</cbc:ID><cbc:DocumentTypeCode>50"
        "</cbc:DocumentTypeCode></cac:AdditionalDocumentReference>"
        * 2
        + "<cac:AccountingSupplierParty>",
    ),
    "PEPPOL-EN16931-R100": changed(
        "<cac:Item>",
        "<cac:DocumentReference><cbc:ID>1</cbc:ID><cbc:DocumentTypeCode>130"
        "</cbc:DocumentTypeCode></cac:DocumentReference>" * 2 + "<cac:Item>",
    ),
    "PEPPOL-EN16931-R101": changed(
        "<cac:Item>",
        "<cac:DocumentReference><cbc:ID>1</cbc:ID><cbc:DocumentTypeCode>50"
        "</cbc:DocumentTypeCode></cac:DocumentReference><cac:Item>",
    ),
    "BR-CO-25": cut("cbc:DueDate"),
    "BR-61": cut("cac:PayeeFinancialAccount"),
    "ACCOUNT": changed("15032080119", "15032080118"),
    "PEPPOL-EN16931-R061": changed("Code>30<", "Code>59<"),
    "KID": changed("000001202600019", "000001202600010"),
    "C6": cut("cac:BillingReference", a_credit_note()),
    "PEPPOL-EN16931-CL007": changed("Code>NOK<", "Code>EUR<"),
    "PEPPOL-EN16931-R051": changed('currencyID="NOK"', 'currencyID="SEK"'),
    "PEPPOL-EN16931-R005": changed(
        "</cbc:DocumentCurrencyCode>",
        "</cbc:DocumentCurrencyCode><cbc:TaxCurrencyCode>NOK</cbc:TaxCurrencyCode>",
    ),
    "PEPPOL-EN16931-R053": cut("cac:TaxSubtotal"),
    "PEPPOL-EN16931-R054": changed(
        "<cac:LegalMonetaryTotal>",
        '<cac:TaxTotal><cbc:TaxAmount currencyID="NOK">1</cbc:TaxAmount></cac:TaxTotal>'
        "<cac:LegalMonetaryTotal>",
    ),
    "BR-CO-17": changed(r">51\.52<", ">52.52<", count=2),
    "BR-CO-14": changed(r">51\.52<", ">52.52<"),
    "BR-S-08": changed(r'(TaxableAmount currencyID="NOK">)206\.09', r"\g<1>207.09"),
    "BR-S-01": changed(r"(<cac:ClassifiedTaxCategory>.*?Percent>)25<", r"\g<1>15<"),
    "BR-S-05": changed("Percent>25<", "Percent>0<"),
    "BR-E-05": changed(r"(<cac:TaxCategory>\s*<cbc:ID>)S<", r"\g<1>E<"),
    "BR-CL-18": changed(r"(<cac:TaxCategory>\s*<cbc:ID>)S<", r"\g<1>Q<"),
    "BR-CO-10": changed(r'(LineExtensionAmount currencyID="NOK">)206\.09', r"\g<1>206.10"),
    "BR-CO-13": changed(r'(TaxExclusiveAmount currencyID="NOK">)206\.09', r"\g<1>206.10"),
    "BR-CO-15": changed(r"(TaxInclusiveAmount currencyID=\"NOK\">)257", r"\g<1>258"),
    "BR-CO-16": changed(r"(PayableAmount currencyID=\"NOK\">)257", r"\g<1>258"),
    "ROUNDING": changed(
        "<cbc:PayableAmount",
        '<cbc:PayableRoundingAmount currencyID="NOK">0.39</cbc:PayableRoundingAmount>'
        "<cbc:PayableAmount",
    ),
    "BR-DEC": changed(r'(TaxAmount currencyID="NOK">)51\.52', r"\g<1>51.520"),
    "PEPPOL-EN16931-R121": changed(
        '<cbc:BaseQuantity unitCode="EA">7', '<cbc:BaseQuantity unitCode="EA">0'
    ),
    "PEPPOL-EN16931-R130": changed(
        '<cbc:BaseQuantity unitCode="EA"', '<cbc:BaseQuantity unitCode="H87"'
    ),
    "BR-27": changed(r'(PriceAmount currencyID="NOK">)', r"\g<1>-"),
    "BR-26": cut("cbc:PriceAmount"),
    "PEPPOL-EN16931-R120": changed(r'(PriceAmount currencyID="NOK">)0\.42', r"\g<1>0.43"),
    "PEPPOL-EN16931-R044": changed(
        "</cac:Price>",
        "<cac:AllowanceCharge><cbc:ChargeIndicator>true</cbc:ChargeIndicator>"
        '<cbc:Amount currencyID="NOK">1</cbc:Amount></cac:AllowanceCharge></cac:Price>',
    ),
    "PEPPOL-EN16931-R046": changed(
        "</cac:Price>",
        "<cac:AllowanceCharge><cbc:ChargeIndicator>false</cbc:ChargeIndicator>"
        '<cbc:Amount currencyID="NOK">1</cbc:Amount><cbc:BaseAmount currencyID="NOK">9'
        "</cbc:BaseAmount></cac:AllowanceCharge></cac:Price>",
    ),
    **{
        rule: changed(
            "<cac:TaxTotal>",
            "<cac:AllowanceCharge><cbc:ChargeIndicator>false</cbc:ChargeIndicator>"
            f"{inside}</cac:AllowanceCharge><cac:TaxTotal>",
        )
        for rule, inside in {
            "PEPPOL-EN16931-R041": "<cbc:MultiplierFactorNumeric>5</cbc:MultiplierFactorNumeric>"
            '<cbc:Amount currencyID="NOK">1</cbc:Amount>',
            "PEPPOL-EN16931-R042": '<cbc:Amount currencyID="NOK">1</cbc:Amount>'
            '<cbc:BaseAmount currencyID="NOK">9</cbc:BaseAmount>',
            "PEPPOL-EN16931-R040": "<cbc:MultiplierFactorNumeric>5</cbc:MultiplierFactorNumeric>"
            '<cbc:Amount currencyID="NOK">1</cbc:Amount>'
            '<cbc:BaseAmount currencyID="NOK">100</cbc:BaseAmount>',
        }.items()
    },
}
"""One document a rule, which breaks it."""


@pytest.mark.parametrize("rule", MUTANTS)
def test_every_rule_finds_the_document_that_breaks_it(rule: str) -> None:
    assert rule in {found.rule for found in findings(MUTANTS[rule])}


def test_every_rule_has_a_mutant() -> None:
    folder = Path(__file__).parents[3] / "reports" / "invoicing"
    code = "".join(
        (folder / name).read_text(encoding="utf-8") for name in ("ehf_rules.py", "ehf_amounts.py")
    )
    said = Counter(re.findall(r'Finding\(\s*"([A-Z0-9-]+)"', code))
    said.update(re.findall(r'"(PEPPOL-EN16931-R0[12]0)"', code))

    assert set(said) - MUTANTS.keys() == {"SIZE"}


def test_attachments_larger_than_receivers_take_are_found() -> None:
    big = Attachment("s.csv", "text/csv", bytes(8 * 1024 * 1024), "Spesifikasjon")

    assert {found.rule for found in findings(to_ehf(an_invoice(attachments=(big,))))} == {"SIZE"}


@pytest.mark.parametrize(
    ("rule", "published_rule"),
    [
        ("BR-CO-17", "BR-CO-17"),
        ("BR-CO-15", "BR-CO-15"),
        ("BR-S-08", "BR-S-08"),
        ("BR-27", "BR-27"),
    ],
)
def test_the_published_rules_find_the_same(
    rule: str, published_rule: str, published: PublishedRules
) -> None:
    assert published_rule in {found.rule for found in published.findings(MUTANTS[rule])}


def test_elements_in_another_order_are_found_by_the_published_schema(
    published: PublishedRules,
) -> None:
    xml = changed(r"(<cbc:ID>20260001</cbc:ID>)\s*(<cbc:IssueDate>.*?</cbc:IssueDate>)", r"\2\1")

    assert [found.rule for found in published.findings(xml)] == ["XSD"]


def test_a_document_that_is_no_xml_is_not_judged() -> None:
    with pytest.raises(etree.XMLSyntaxError):
        findings(b"<Invoice>")


@given(st.integers(0, 999_999), st.integers(0, 99_999_999), st.integers(0, 14), st.integers(1, 9))
def test_a_kid_is_valid_of_one_length_and_no_digit_of_it_can_change(
    customer: int, invoice: int, place: int, by: int
) -> None:
    kid = kid_of(customer, invoice)

    other = (int(kid[place]) + by) % 10
    assert len(kid) == 15
    assert is_kid(kid)
    assert not is_kid(f"{kid[:place]}{other}{kid[place + 1 :]}")


def test_a_number_too_long_for_a_kid_is_refused() -> None:
    with pytest.raises(ValueError, match="do not fit"):
        kid_of(1_000_000, 1)


def test_the_seller_says_that_it_stands_in_the_business_register() -> None:
    assert SELLER.in_business_register
    assert "Foretaksregisteret" in to_ehf(WITH_ALL).decode()
