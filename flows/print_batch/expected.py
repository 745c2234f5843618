"""What a night's letters are expected to weigh and cost: nothing is guessed."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date
from decimal import ROUND_CEILING, Decimal
from typing import Final

from flows.domain.batch import Candidate, JobClass
from flows.domain.country import is_domestic
from flows.domain.price_list import PriceList, postage_band
from flows.domain.sheets import weight_grams, weights_of
from flows.domain.shipment import SenderId
from flows.domain.vendor_profile import Paper, VendorProfile
from flows.print_batch.selection import job_class_of, sheets_in

ABROAD: Final = "postage abroad"
TOO_HEAVY: Final = "too heavy for a letter"


@dataclass
class Expected:
    """Letters of one job class and sender, added up."""

    letters: int = 0
    sheets: int = 0
    weight_grams: Decimal = Decimal(0)
    net_ore: int = 0
    """Without VAT, as far as prices are known."""
    unknown: set[str] = field(default_factory=set)
    """What has no price that day."""


def expect(
    letters: Iterable[Candidate], profile: VendorProfile, prices: PriceList, day: date
) -> dict[tuple[str, SenderId], Expected]:
    """Return what is expected of letters posted on a day, by job class and sender."""
    found: dict[tuple[str, SenderId], Expected] = {}
    known: dict[object, tuple[int, tuple[str, ...]]] = {}
    for one in letters:
        job_class, sheets = job_class_of(one, profile), sheets_in(one)
        grams = weight_grams(sheets, job_class.envelope, weights_of(profile.paper))
        articles = articles_of(one, job_class, profile.paper, grams)
        line = tuple(articles.items())
        if line not in known:
            cost = prices.expected_cost(articles, day)
            known[line] = (cost.net_ore, cost.unknown)
        row = found.setdefault((job_class.code, one.sender_id), Expected())
        row.letters += 1
        row.sheets += sheets
        row.weight_grams += grams
        row.net_ore += known[line][0]
        row.unknown.update(known[line][1])
    return dict(sorted(found.items()))


def articles_of(
    letter: Candidate, job_class: JobClass, paper: Paper, grams: Decimal
) -> Mapping[str, int]:
    """Return how much of each article of the price list a letter is: docs/prices.md."""
    sheets = sheets_in(letter)
    sides = sum(document.pages for document in letter.documents)
    cover_sides = 0 if letter.own_address_page else 1
    by_machine = sheets <= paper.machine_sheets
    return {
        "PRINT-SH-SIDE": sides + cover_sides - letter.colour_pages,
        "PRINT-FARGE-SIDE": letter.colour_pages,
        f"KONV-AUTO-{job_class.envelope}": int(by_machine),
        "EKSTRAARK-AUTO": (sheets - 1) * by_machine,
        "KONV-MAN": int(not by_machine),
        "EKSTRAARK-MAN": (sheets - 1) * (not by_machine),
        _postage(letter, grams): 1,
    }


def _postage(letter: Candidate, grams: Decimal) -> str:
    if not is_domestic(letter.country):
        return ABROAD
    band = postage_band(grams.to_integral_value(rounding=ROUND_CEILING))
    return f"PORTO-BREV-{band}G" if band else TOO_HEAVY
