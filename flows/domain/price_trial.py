"""What a month would have cost by another price list."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from flows.domain.ledger import Printed, articles_of, postage_article
from flows.domain.money import rounded_ore
from flows.domain.price_list import Price, PriceList


@dataclass(frozen=True)
class Used:
    """Letters of one sender and day that are alike, article for article."""

    sender_id: str
    day: date
    articles: Mapping[str, int]
    """How many of each article one of the letters is about."""
    letters: int


@dataclass(frozen=True)
class Sum:
    """What articles cost by a price list, as far as it knows. Whole øre without VAT."""

    net_ore: int = 0
    unknown: int = 0
    """How many have no price on their day; they are not in the amount."""

    def __add__(self, other: "Sum") -> "Sum":
        """Add both."""
        return Sum(self.net_ore + other.net_ore, self.unknown + other.unknown)


@dataclass(frozen=True)
class Tried:
    """One article of one sender, by the list there is and by the one that is tried."""

    sender_id: str
    sku: str
    quantity: int
    old: Sum
    new: Sum

    @property
    def difference_ore(self) -> int | None:
        """What the new list adds; None where one of the two does not know."""
        if self.old.unknown or self.new.unknown:
            return None
        return self.new.net_ore - self.old.net_ore


def articles_of_receipt(printed: Printed) -> Mapping[str, int]:
    """Return every article of a letter on paper: production, and its postage."""
    return {**articles_of(printed, printed.envelope), postage_article(printed): 1}


def try_prices(
    used: Iterable[Used], old: PriceList, new: PriceList, *, on: date | None = None
) -> list[Tried]:
    """Return what each article costs each sender by two lists, by sender and article.

    Rounded half up a letter and article, as the ledger is. on: the day by which the new list is
    read, for one that begins later than the letters; without it, the letters' own days.
    """
    quantities: dict[tuple[str, str], int] = defaultdict(int)
    before: dict[tuple[str, str], Sum] = defaultdict(Sum)
    after: dict[tuple[str, str], Sum] = defaultdict(Sum)
    for one in used:
        for sku, count in one.articles.items():
            key = (one.sender_id, sku)
            quantities[key] += count * one.letters
            before[key] += _sum(old.price_on(sku, one.day), count, one.letters)
            after[key] += _sum(new.price_on(sku, on or one.day), count, one.letters)
    return [
        Tried(*key, quantity, before[key], after[key])
        for key, quantity in sorted(quantities.items())
    ]


def in_all(rows: Iterable[Tried]) -> list[Tried]:
    """Return the sums of each sender, and of all (sender `""`); their article is `""`."""
    found: dict[str, list[Tried]] = defaultdict(list)
    for row in rows:
        found[row.sender_id].append(row)
        found[""].append(row)
    return [
        Tried(
            sender,
            "",
            0,
            sum((row.old for row in each), Sum()),
            sum((row.new for row in each), Sum()),
        )
        for sender, each in sorted(found.items(), key=lambda item: (item[0] == "", item[0]))
    ]


def remarks(
    rows: Sequence[Tried], wanted: Iterable[Price], *, last: date, on: date | None = None
) -> Iterator[str]:
    """Say what a person should know about a list that was tried on a month.

    last: the month's last day.
    """
    if not rows:
        yield "no letter was posted in the month"
    lost = sorted({row.sku for row in rows if row.new.unknown and not row.old.unknown})
    if lost:
        yield f"priced today, unknown by the new list: {', '.join(lost)}"
    later = sorted({price.valid_from for price in wanted if price.valid_from > last})
    if later and on is None:
        yield f"prices begin after the month, on {later[0]:%d.%m.%Y}: --on {later[0]} tries them"


def _sum(price: Price | None, count: int, letters: int) -> Sum:
    if price is None:
        return Sum(unknown=count * letters)
    return Sum(rounded_ore(price.price_ore * count) * letters)
