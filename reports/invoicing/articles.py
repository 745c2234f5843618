"""What an article is called on an invoice and in a workbook."""

import re
from typing import Final

from flows.wording import sentences

WORDS: Final = "articles.toml"

_POSTAGE: Final = re.compile(r"PORTO-(?P<product>[A-Z0-9]+)-(?P<grams>[0-9]+)G")


def article_name(sku: str) -> str:
    """Return an article's name in bokmål; one that nobody has named is called by its number."""
    known = sentences(WORDS)
    if sku in known:
        return known[sku]
    postage = _POSTAGE.fullmatch(sku)
    if postage is None:
        return sku
    product = postage["product"].capitalize()
    return f"Porto {product.lower()} inntil {postage['grams']} g"
