"""Account codes (konteringskode): what groups a municipality's reports and invoices."""

import re
from datetime import date
from typing import Final

_PATTERNS: Final = (
    (date(2022, 1, 1), re.compile(r"[a-zA-Z0-9_\-.øæåØÆÅ]{0,20}")),
    (date(2015, 4, 7), re.compile(r"[a-zA-Z0-9\-.øæåØÆÅ]{0,20}")),
    (date.min, re.compile(r"[a-zA-Z0-9\-]{0,20}")),
)
"""Newest first, by the day each began: REST v2 (underscore; ASSUMPTION: 1 January 2022), SvarUt's
change list of 7 April 2015 (full stop, øæå), the presentation of 2014."""


def is_account_code(text: str, on: date = date.max) -> bool:
    """Say whether a text was an account code on a day; the empty code is one."""
    pattern = next(pattern for begins, pattern in _PATTERNS if begins <= on)
    return pattern.fullmatch(text) is not None
