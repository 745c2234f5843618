"""What the vendor asks to be paid for, beside its receipts: rules C1 and C2."""

from collections import Counter
from collections.abc import Iterable, Iterator
from datetime import timedelta

from flows.domain.reconciliation import (
    Facts,
    Found,
    InvoicedArticle,
    SentLetter,
    Unchecked,
    VendorInvoice,
)
from flows.receipts.rules_of_prices import PERMILLE, band_of, quantities
from flows.receipts.today import Today

NONE_RECORDED = "no_vendor_invoice_recorded"


def invoices_ask_for_what_was_done(facts: Facts, today: Today) -> Iterator[Found | Unchecked]:
    """C1: an invoice's quantities are its period's receipts, its prices the price list's."""
    if not facts.invoices:
        yield Unchecked(NONE_RECORDED, whole=True)
    seen_from = today.date - timedelta(days=today.limits.looked_back_days)
    for invoice in facts.invoices:
        if invoice.first_day < seen_from:
            yield Unchecked("invoice_of_long_ago", invoice.number)
            continue
        letters = [
            one
            for one in facts.letters
            if one.receipt and invoice.first_day <= one.posted_on <= invoice.last_day
        ]
        articles = [one for one in facts.articles if one.number == invoice.number]
        yield from _other_quantities(invoice, articles, letters)
        yield from _other_prices(invoice, articles, facts, today)
        yield from _other_totals(invoice, letters, today)


def receipts_are_invoiced(facts: Facts, today: Today) -> Iterator[Found | Unchecked]:
    """C2: a receipt is on an invoice within 60 days, and an invoice's line has its receipt."""
    if not facts.invoices:
        yield Unchecked(NONE_RECORDED, whole=True)
        return
    long_ago = today.date - timedelta(days=today.limits.invoice_days)
    for one in facts.letters:
        if one.receipt and not one.invoiced and one.posted_on < long_ago:
            ore = one.production_ore + one.postage_ore
            yield Found(one.batch_id, "not_invoiced", ore, one.shipment_id)
    for invoice in facts.invoices:
        if invoice.without_receipt:
            yield Found(invoice.number, "invoice_line_without_receipt", invoice.without_receipt_ore)


def _other_quantities(
    invoice: VendorInvoice, articles: Iterable[InvoicedArticle], letters: Iterable[SentLetter]
) -> Iterator[Found]:
    asked: Counter[str] = Counter()
    for article in articles:
        asked[article.sku] += article.quantity
    done: Counter[str] = Counter()
    for one in letters:
        done.update({sku: count for sku, count in quantities(one) if count})
        done[f"PORTO-BREV-{band_of(one.weight_grams)}G"] += 1
    for _ in range(sum(asked[sku] != done[sku] for sku in asked.keys() | done.keys())):
        yield Found(invoice.number, "other_quantity")


def _other_prices(
    invoice: VendorInvoice, articles: Iterable[InvoicedArticle], facts: Facts, today: Today
) -> Iterator[Found | Unchecked]:
    for article in articles:
        price = facts.prices.price_on(article.sku, invoice.last_day)
        if price is None:
            yield Unchecked("no_price", invoice.number, article.sku)
        elif abs(article.unit_price_ore - price.price_ore) > today.limits.piece_ore:
            differs = (article.unit_price_ore - price.price_ore) * article.quantity
            yield Found(invoice.number, "other_unit_price", round(differs))


def _other_totals(
    invoice: VendorInvoice, letters: Iterable[SentLetter], today: Today
) -> Iterator[Found]:
    booked = sum(one.production_ore + one.postage_ore for one in letters)
    most = max(today.limits.invoice_ore, booked * today.limits.invoice_permille // PERMILLE)
    if abs(invoice.net_ore - booked) > most:
        yield Found(invoice.number, "other_total", invoice.net_ore - booked)
    if invoice.net_ore != invoice.lines_net_ore:
        differs = invoice.net_ore - invoice.lines_net_ore
        yield Found(invoice.number, "total_is_not_the_lines", differs)
