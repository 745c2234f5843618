"""Customer identification (KID): the number a payment is recognised by."""

from typing import Final

LONGEST: Final = 25
"""Digits at most, the check digit among them."""

_TEN: Final = 10
_NINE: Final = 9


def kid_of(
    customer: int, invoice: int, *, customer_digits: int = 6, invoice_digits: int = 8
) -> str:
    """Return customer number, invoice number and a MOD10 check digit, always of one length.

    MOD10 (Luhn), since MOD11 has numbers whose check digit is a dash. Raises ValueError when a
    number needs more digits than it has, or the whole is longer than LONGEST.
    """
    base = f"{customer:0{customer_digits}d}{invoice:0{invoice_digits}d}"
    if len(base) != customer_digits + invoice_digits or len(base) >= LONGEST:
        msg = "the numbers do not fit in a KID"
        raise ValueError(msg)
    return f"{base}{check_digit(base)}"


def is_kid(text: str) -> bool:
    """Say whether a text is digits that end with their MOD10 check digit."""
    return (
        text.isascii()
        and text.isdigit()
        and 1 < len(text) <= LONGEST
        and check_digit(text[:-1]) == text[-1]
    )


def check_digit(base: str) -> str:
    """Return the MOD10 check digit of digits: weights 2, 1, 2, ... from the right."""
    total = 0
    for place, digit in enumerate(reversed(base)):
        product = int(digit) * (2 if place % 2 == 0 else 1)
        total += product - _NINE if product > _NINE else product
    return str(-total % _TEN)
