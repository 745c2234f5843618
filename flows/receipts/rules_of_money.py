"""What we charge on, beside what was booked: rules C3 to C6."""

from collections import defaultdict
from collections.abc import Callable, Iterator
from datetime import date
from statistics import median
from typing import Final

from flows.domain.reconciliation import Facts, Found, SenderMonth, SentLetter, Unchecked
from flows.domain.shipment import SenderId
from flows.receipts.today import Today

CHARGES_A_RECEIPT: Final = 2
ENTERED_WITHIN_DAYS: Final = 4
"""The reports enter charges on working mornings; a long weekend lies between."""
MONTHS_BEFORE: Final = 3
PERCENT: Final = 100
LEAST_ODD_PERCENT: Final = 25
"""Where nearly all cost the same, three deviations are a few øre: that is not odd."""

MONTHLY_FIGURES: Final[dict[str, Callable[[SenderMonth], float]]] = {
    "odd_number_of_letters": lambda month: month.letters,
    "odd_share_of_colour": lambda month: month.colour_pages / max(1, month.pages),
    "odd_number_of_sheets": lambda month: month.sheets / max(1, month.letters),
}


def the_ledger_is_the_receipts(facts: Facts, today: Today) -> Iterator[Found | Unchecked]:
    """C3: receipts, charges, ledger and our invoices say the same of every letter."""
    yield from _not_in_the_ledger(facts, today)
    for own in facts.own_invoices:
        yield Found(own.id, "invoice_differs_from_ledger", abs(own.net_ore - own.entries_ore))
    for one in facts.letters:
        if one.receipt is None:
            continue
        differs = _not_charged(one)
        if one.charge_count > CHARGES_A_RECEIPT:
            continue  # C4 tells
        if differs or one.charge_count < CHARGES_A_RECEIPT:
            short = one.charge_count < CHARGES_A_RECEIPT
            kind = "receipt_without_charges" if short else "ledger_differs_from_receipt"
            yield Found(one.batch_id, kind, differs, one.shipment_id)
    for stray in facts.stray_charges:
        yield Found(stray.shipment_id, "charge_without_receipt", stray.ore, stray.shipment_id)


def nothing_is_charged_twice(facts: Facts, _today: Today) -> Iterator[Found | Unchecked]:
    """C4: each receipt is charged once, as production and as postage."""
    for one in facts.letters:
        if one.charge_count > CHARGES_A_RECEIPT:
            charged = one.charged_production_ore + one.charged_postage_ore
            said = (one.production_ore + one.postage_ore) if one.receipt else 0
            yield Found(one.batch_id, "charged_more_than_once", charged - said, one.shipment_id)


def nothing_is_out_of_the_ordinary(facts: Facts, today: Today) -> Iterator[Found | Unchecked]:
    """C5: a letter costs about what its like cost, a month is about the months before it."""
    yield from _odd_costs(facts, today)
    yield from _odd_months(facts, today)


def credit_notes_fit(facts: Facts, _today: Today) -> Iterator[Found | Unchecked]:
    """C6: credit notes are no larger than their invoice, to the same payer, and name it."""
    for note in facts.credit_notes:
        if note.invoice is None:
            yield Found(note.id, "credit_note_without_invoice")
            continue
        if not note.same_payer:
            yield Found(note.id, "credit_note_to_another")
        if note.credited_ore > note.invoice_ore:
            yield Found(note.id, "credited_too_much", note.credited_ore - note.invoice_ore)


def _not_in_the_ledger(facts: Facts, today: Today) -> Iterator[Found]:
    """Tell of charges whose entries differ; of those without any, when the reports have run."""
    for gap in facts.ledger_gaps:
        if gap.entered:
            ore = abs(gap.charged_ore - gap.entered_ore)
            yield Found(gap.shipment_id, "entries_differ_from_charge", ore, gap.shipment_id)
        elif (today.date - gap.booked_on).days > ENTERED_WITHIN_DAYS:
            yield Found(gap.shipment_id, "charge_not_entered", gap.charged_ore, gap.shipment_id)


def _not_charged(one: SentLetter) -> int:
    """Return by how much the charges of a letter differ from its receipt, VAT among it, in øre."""
    return (
        abs(one.production_ore - one.charged_production_ore)
        + abs(one.postage_ore - one.charged_postage_ore)
        + abs(one.vat_ore - one.charged_vat_ore)
    )


def _odd_costs(facts: Facts, today: Today) -> Iterator[Found]:
    """Compare letters of one job class and so many sheets; where all cost the same, none is odd."""
    alike: dict[tuple[str, int | None], list[SentLetter]] = defaultdict(list)
    for one in facts.letters:
        if one.receipt is not None:
            alike[one.job_class, one.sheets].append(one)
    for letters in alike.values():
        if len(letters) < today.limits.least_letters:
            continue
        costs = [one.production_ore + one.postage_ore for one in letters]
        middle = median(costs)
        spread = median(abs(cost - middle) for cost in costs)
        most = max(today.limits.deviations * spread, middle * LEAST_ODD_PERCENT / PERCENT)
        for one, cost in zip(letters, costs, strict=True):
            if abs(cost - middle) > most:
                yield Found(one.batch_id, "odd_cost", cost - round(middle), one.shipment_id)


def _odd_months(facts: Facts, today: Today) -> Iterator[Found]:
    last = _month_before(today.date.replace(day=1))
    of_sender: dict[SenderId, dict[date, SenderMonth]] = defaultdict(dict)
    for month in facts.months:
        of_sender[month.sender_id][month.month] = month
    for sender, months in of_sender.items():
        wanted, before = last, []
        for _ in range(MONTHS_BEFORE):
            wanted = _month_before(wanted)
            if wanted in months:
                before.append(months[wanted])
        now = months.get(last)
        if now and len(before) == MONTHS_BEFORE:
            yield from _odd(f"{sender} {last:%Y-%m}", now, before, today)


def _odd(
    subject: str, now: SenderMonth, before: list[SenderMonth], today: Today
) -> Iterator[Found]:
    if max(now.letters, *(month.letters for month in before)) < today.limits.least_letters:
        return
    for kind, figure in MONTHLY_FIGURES.items():
        usual = median(figure(month) for month in before)
        if abs(figure(now) - usual) * PERCENT > usual * today.limits.volume_percent:
            yield Found(subject, kind)


def _month_before(first: date) -> date:
    return date(first.year - (first.month == 1), (first.month - 2) % 12 + 1, 1)
