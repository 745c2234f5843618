"""The rules about amounts: everything adds up, to the øre, in one currency."""

from collections.abc import Callable, Iterator
from decimal import ROUND_HALF_UP, Decimal
from typing import Final

from reports.invoicing.ehf_reading import Element, Finding, amount_at, each, lines_in, text_at

SLACK: Final = Decimal("0.02")
"""How much a line may differ from quantity times price (R120)."""
ORE: Final = Decimal("0.01")
HUNDRED: Final = Decimal(100)
NONE: Final = Decimal(0)

Rule = Callable[[Element], Iterator[Finding]]


def there_is_one_currency(root: Element) -> Iterator[Finding]:
    """R051, CL007: every amount is in the document's currency; R005, R055: VAT is too."""
    currency = text_at(root, "cbc:DocumentCurrencyCode")
    if currency != "NOK":
        yield Finding("PEPPOL-EN16931-CL007", "the currency is not NOK")
    for node in root.iter("{*}*"):
        if (said := node.get("currencyID")) is not None and said != currency:
            yield Finding("PEPPOL-EN16931-R051", "an amount is in another currency")
            return
    if text_at(root, "cbc:TaxCurrencyCode") == currency:
        yield Finding("PEPPOL-EN16931-R005", "the VAT's currency is said, and is the document's")


def vat_is_said_once(root: Element) -> Iterator[Finding]:
    """R053, R054: one total of VAT with its subtotals."""
    totals = each(root, "cac:TaxTotal")
    if len([total for total in totals if each(total, "cac:TaxSubtotal")]) != 1:
        yield Finding("PEPPOL-EN16931-R053", "not one total of VAT with subtotals")
    wanted = 1 if text_at(root, "cbc:TaxCurrencyCode") else 0
    if len([total for total in totals if not each(total, "cac:TaxSubtotal")]) != wanted:
        yield Finding("PEPPOL-EN16931-R054", "a total of VAT without subtotals")


def vat_is_reckoned_right(root: Element) -> Iterator[Finding]:
    """BR-CO-14, BR-CO-17, BR-S-08: VAT is base times rate, of the lines it is of."""
    parts = NONE
    by_rate: dict[tuple[str, str], Decimal] = {}
    for _, line in lines_in(root):
        key = _category(line, "cac:Item/cac:ClassifiedTaxCategory")
        net = amount_at(line, "cbc:LineExtensionAmount") or NONE
        by_rate[key] = by_rate.get(key, NONE) + net
    for subtotal in each(root, "cac:TaxTotal/cac:TaxSubtotal"):
        base = amount_at(subtotal, "cbc:TaxableAmount") or NONE
        vat = amount_at(subtotal, "cbc:TaxAmount") or NONE
        rate = amount_at(subtotal, "cac:TaxCategory/cbc:Percent") or NONE
        parts += vat
        if vat != (base * rate / HUNDRED).quantize(ORE, rounding=ROUND_HALF_UP):
            yield Finding("BR-CO-17", "VAT is not its base times its rate")
        key = _category(subtotal, "cac:TaxCategory")
        if base != by_rate.pop(key, None):
            yield Finding("BR-S-08", "a base of VAT is not the sum of its lines")
    if by_rate:
        yield Finding("BR-S-01", "lines have VAT that no subtotal is about")
    if amount_at(root, "cac:TaxTotal/cbc:TaxAmount") != parts:
        yield Finding("BR-CO-14", "the VAT is not the sum of its parts")


def vat_has_a_category(root: Element) -> Iterator[Finding]:
    """BR-S-05, BR-Z-05 and their sisters: a rate above 0 for S, none for the others."""
    paths = (".//{*}ClassifiedTaxCategory", ".//{*}TaxSubtotal/{*}TaxCategory")
    for node in (node for path in paths for node in root.iterfind(path)):
        code, rate = text_at(node, "cbc:ID"), amount_at(node, "cbc:Percent")
        if code == "S" and not (rate and rate > 0):
            yield Finding("BR-S-05", "VAT of the usual kind without a rate")
        if code in {"Z", "E", "AE", "K", "G"} and rate != NONE:
            yield Finding(f"BR-{code}-05", "a rate where VAT is not reckoned")
        if code not in {"S", "Z", "E", "AE", "K", "G", "O"}:
            yield Finding("BR-CL-18", "the kind of VAT is not known")


def totals_add_up(root: Element) -> Iterator[Finding]:
    """BR-CO-10, BR-CO-13, BR-CO-15, BR-CO-16, and no rounding to whole kroner."""
    total = "cac:LegalMonetaryTotal/cbc:"
    lines = sum((amount_at(line, "cbc:LineExtensionAmount") or NONE) for _, line in lines_in(root))
    net, exclusive = amount_at(root, f"{total}LineExtensionAmount"), _of(root, "TaxExclusive")
    inclusive, payable = _of(root, "TaxInclusive"), _of(root, "Payable")
    vat = amount_at(root, "cac:TaxTotal/cbc:TaxAmount") or NONE
    taken, added = _of(root, "AllowanceTotal") or NONE, _of(root, "ChargeTotal") or NONE
    prepaid = _of(root, "Prepaid") or NONE
    if net != lines:
        yield Finding("BR-CO-10", "the net is not the sum of the lines")
    if exclusive != (net or NONE) - taken + added:
        yield Finding("BR-CO-13", "the total without VAT does not add up")
    if inclusive != (exclusive or NONE) + vat:
        yield Finding("BR-CO-15", "the total with VAT does not add up")
    if payable != (inclusive or NONE) - prepaid:
        yield Finding("BR-CO-16", "what is to be paid is not the total with VAT")
    if each(root, f"{total}PayableRoundingAmount"):
        yield Finding("ROUNDING", "an electronic payment is not rounded to whole kroner")


def amounts_have_two_decimals(root: Element) -> Iterator[Finding]:
    """BR-DEC-*: prices may have more, totals may not."""
    for node in root.iter("{*}*"):
        name, value = str(node.tag), node.text or ""
        is_total = node.get("currencyID") and "PriceAmount" not in name
        if is_total and len(value.partition(".")[2]) > 2:  # noqa: PLR2004  -- øre
            yield Finding("BR-DEC", "an amount has more than two decimals")
            return


def lines_are_quantity_times_price(root: Element) -> Iterator[Finding]:
    """R120, R121, R130, R044, R046, BR-27: each line's net, and how its price is said."""
    for name, line in lines_in(root):
        yield from _line(name, line)


def _line(name: str, line: Element) -> Iterator[Finding]:
    quantities = [*each(line, "cbc:InvoicedQuantity"), *each(line, "cbc:CreditedQuantity")]
    bases = each(line, "cac:Price/cbc:BaseQuantity")
    base = amount_at(line, "cac:Price/cbc:BaseQuantity")
    price = amount_at(line, "cac:Price/cbc:PriceAmount")
    net = amount_at(line, "cbc:LineExtensionAmount")
    if bases and not (base and base > 0):
        yield Finding("PEPPOL-EN16931-R121", "the price is of no positive quantity", name)
    if bases and quantities and bases[0].get("unitCode") != quantities[0].get("unitCode"):
        yield Finding("PEPPOL-EN16931-R130", "price and quantity have different units", name)
    if price is not None and price < 0:
        yield Finding("BR-27", "the price is negative", name)
    if price is None or net is None or not quantities:
        yield Finding("BR-26", "quantity, price or amount is missing", name)
    elif base is None or base > 0:
        quantity = Decimal(quantities[0].text or "0")
        worth = quantity * price / (base or 1) + _allowances(line)
        if abs(worth - net) > SLACK:
            yield Finding("PEPPOL-EN16931-R120", "is not quantity times price", name)
    for one in each(line, "cac:Price/cac:AllowanceCharge"):
        if text_at(one, "cbc:ChargeIndicator") != "false":
            yield Finding("PEPPOL-EN16931-R044", "a charge on a price", name)
        gross, off = amount_at(one, "cbc:BaseAmount"), amount_at(one, "cbc:Amount")
        if gross is not None and price != gross - (off or NONE):
            yield Finding("PEPPOL-EN16931-R046", "the price is not gross less allowance", name)


def allowances_are_shares(root: Element) -> Iterator[Finding]:
    """R040 to R042: an allowance or charge with a share is that share of its base."""
    paths = (".//{*}InvoiceLine/{*}AllowanceCharge", ".//{*}CreditNoteLine/{*}AllowanceCharge")
    found = [node for path in paths for node in root.iterfind(path)]
    for node in [*each(root, "cac:AllowanceCharge"), *found]:
        share = amount_at(node, "cbc:MultiplierFactorNumeric")
        base, amount = amount_at(node, "cbc:BaseAmount"), amount_at(node, "cbc:Amount")
        if share is not None and base is None:
            yield Finding("PEPPOL-EN16931-R041", "a share of no base")
        elif base is not None and share is None:
            yield Finding("PEPPOL-EN16931-R042", "a base without a share")
        elif share is None or base is None or amount is None:
            continue
        elif abs(base * share / HUNDRED - amount) > SLACK:
            yield Finding("PEPPOL-EN16931-R040", "an amount is not its share of its base")


AMOUNT_RULES: Final[tuple[Rule, ...]] = (
    there_is_one_currency,
    vat_is_said_once,
    vat_is_reckoned_right,
    vat_has_a_category,
    totals_add_up,
    amounts_have_two_decimals,
    lines_are_quantity_times_price,
    allowances_are_shares,
)


def _of(root: Element, name: str) -> Decimal | None:
    return amount_at(root, f"cac:LegalMonetaryTotal/cbc:{name}Amount")


def _allowances(line: Element) -> Decimal:
    total = NONE
    for one in each(line, "cac:AllowanceCharge"):
        amount = amount_at(one, "cbc:Amount") or NONE
        total += amount if text_at(one, "cbc:ChargeIndicator") == "true" else -amount
    return total


def _category(node: Element, path: str) -> tuple[str, str]:
    rate = amount_at(node, f"{path}/cbc:Percent")
    return text_at(node, f"{path}/cbc:ID"), "" if rate is None else f"{rate.normalize():f}"
