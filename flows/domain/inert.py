"""Text that a spreadsheet program shows and never runs."""

from typing import Final

STARTS: Final = ("=", "+", "-", "@", "\t", "\r")
"""How a cell begins that may be run as a formula (OWASP, CSV injection)."""


def inert(text: str) -> str:
    """Return a text as it may stand in a CSV file: one that begins like a formula gets a quote.

    For words of people's; an amount with a minus is written by `money.plain_kroner`.
    """
    return f"'{text}" if text.startswith(STARTS) else text
