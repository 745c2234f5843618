"""What a letter weighs and costs, beside what it should: rules B7, B8 and B9."""

from collections import Counter, defaultdict
from collections.abc import Iterator
from datetime import date
from decimal import ROUND_CEILING, Decimal
from typing import Final

from flows.domain.batch import JobClass
from flows.domain.country import is_domestic
from flows.domain.ledger import articles_of
from flows.domain.price_list import PriceList, postage_band
from flows.domain.reconciliation import Facts, Found, SentLetter, Unchecked
from flows.receipts.today import Today

PERMILLE: Final = 1000
PERCENT: Final = 100


def weights_are_as_reckoned(facts: Facts, today: Today) -> Iterator[Found | Unchecked]:
    """B7: the vendor's weight is about ours, and in the same postage band."""
    limits, prices = today.limits, facts.prices
    for one in facts.letters:
        if one.receipt is None or one.weight_mg is None:
            continue
        ours, theirs = whole_grams(one.weight_mg), one.weight_grams
        most = max(limits.weight_grams, ours * limits.weight_percent // PERCENT)
        if band_of(ours) != band_of(theirs):
            ore = _difference_in_postage(prices, ours, theirs, one.posted_on)
            yield Found(one.batch_id, "other_postage_band", ore, one.shipment_id)
        elif abs(theirs - ours) > most:
            yield Found(one.batch_id, "other_weight", 0, one.shipment_id)


def production_costs_what_was_agreed(facts: Facts, today: Today) -> Iterator[Found | Unchecked]:
    """B8: production costs what the price list says on the day of posting, a letter and a batch."""
    too_much: Counter[str] = Counter()
    expected_of: Counter[str] = Counter()
    named = set[str]()
    priced = _Priced(facts.prices)
    for one in facts.letters:
        if one.receipt is None:
            continue
        expected, unknown = priced.production(quantities(one), one.posted_on)
        if unknown:
            yield Unchecked("no_price", one.batch_id, unknown)
            continue
        differs = one.production_ore - expected
        too_much[one.batch_id] += differs
        expected_of[one.batch_id] += expected
        if abs(differs) > today.limits.piece_ore:
            named.add(one.batch_id)
            yield Found(one.batch_id, "other_production_cost", differs, one.shipment_id)
    for batch, differs in too_much.items():
        most = expected_of[batch] * today.limits.batch_permille
        if batch not in named and abs(differs) * PERMILLE > most:
            yield Found(batch, "other_production_cost_in_all", differs)


def postage_is_the_tables(facts: Facts, _today: Today) -> Iterator[Found | Unchecked]:
    """B9: postage is what the dated table says for the weight that the vendor gives."""
    priced = _Priced(facts.prices)
    for one in facts.letters:
        if one.receipt is None:
            continue
        if not is_domestic(one.country):
            yield Unchecked("postage_abroad", one.batch_id)
            continue
        expected, unknown = priced.postage(band_of(one.weight_grams), one.posted_on)
        if unknown:
            yield Unchecked("no_price", one.batch_id, unknown)
        elif one.postage_ore != expected:
            differs = one.postage_ore - expected
            yield Found(one.batch_id, "other_postage", differs, one.shipment_id)


def quantities(one: SentLetter) -> tuple[tuple[str, int], ...]:
    """Return how much of each article a receipt is about: docs/prices.md."""
    return tuple(articles_of(one, JobClass.of_code(one.job_class).envelope).items())


def whole_grams(weight_mg: int) -> int:
    """Return a weight in whole grams, rounded up, as a scale for postage does."""
    return int((Decimal(weight_mg) / 1000).to_integral_value(rounding=ROUND_CEILING))


def band_of(grams: int) -> int:
    """Return the postage band of so many grams; 0 is too heavy for a letter."""
    return postage_band(Decimal(grams)) or 0


def _difference_in_postage(prices: PriceList, ours: int, theirs: int, day: date) -> int | None:
    priced = _Priced(prices)
    expected, unknown = priced.postage(band_of(ours), day)
    asked, also_unknown = priced.postage(band_of(theirs), day)
    return None if unknown or also_unknown else asked - expected


class _Priced:
    """A price list that remembers what it was asked: a batch has few kinds of letters."""

    def __init__(self, prices: PriceList) -> None:
        self._prices = prices
        self._known: dict[tuple[object, date], tuple[int, str]] = defaultdict()

    def production(self, wanted: tuple[tuple[str, int], ...], day: date) -> tuple[int, str]:
        """Return what it costs, and which articles have no price that day."""
        known = self._known.get((wanted, day))
        if known is None:
            cost = self._prices.expected_cost(dict(wanted), day)
            known = self._known[wanted, day] = (cost.net_ore, ", ".join(cost.unknown))
        return known

    def postage(self, band: int, day: date) -> tuple[int, str]:
        """Return the price of a letter in a band, and the article when it has none."""
        return self.production(((f"PORTO-BREV-{band}G", 1),), day)
