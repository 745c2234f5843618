"""Keep the price list with the dates it holds for."""

from collections.abc import Sequence
from decimal import Decimal

from sqlalchemy import delete, insert, select

from flows.database.session import Tx
from flows.database.tables import prices
from flows.domain.price_list import Price, PriceKind, PriceList, of_kind


def read_price_list(tx: Tx, kind: PriceKind = PriceKind.CONTRACT) -> PriceList:
    """Return every price of a kind that we know, old ones too."""
    return PriceList(of_kind(all_prices(tx), kind))


def all_prices(tx: Tx) -> list[Price]:
    """Return every price we know, old ones too, by article, kind and day."""
    query = select(prices).order_by(prices.c.sku, prices.c.kind, prices.c.valid_from)
    return [
        Price(
            sku=row["sku"],
            price_ore=Decimal(row["price_ore"]),
            valid_from=row["valid_from"],
            valid_to=row["valid_to"],
            source=row["source"],
            kind=PriceKind(row["kind"]),
        )
        for row in tx.execute(query).mappings()
    ]


def keep_price_list(tx: Tx, wanted: Sequence[Price]) -> None:
    """Put a price list in the place of the one we have.

    Raises NeedsAPerson when two prices of one article and kind overlap.
    """
    for kind in PriceKind:
        PriceList(of_kind(wanted, kind))
    tx.execute(delete(prices))
    if wanted:
        tx.execute(
            insert(prices),
            [
                {
                    "sku": price.sku,
                    "price_ore": str(price.price_ore),
                    "valid_from": price.valid_from,
                    "valid_to": price.valid_to,
                    "source": price.source,
                    "kind": price.kind,
                }
                for price in wanted
            ],
        )
