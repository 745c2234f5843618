"""What was asked of a letter in the year a case system was built for.

Case systems live long, and are not rebuilt when a rule changes. Source: KS SvarUt's list of
changes; what is not here has been the same since 2014.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Final

from flows.domain.sender import Rules

_MEGABYTE: Final = 1024 * 1024

REPEAT_WINDOW: Final = timedelta(days=2)
"""How long letters of the same sender, title and recipient are counted together."""


@dataclass(frozen=True)
class RuleSet:
    """The rules that have changed, as they stood on a day."""

    on: date
    account_code: str
    """What an account code is, by its name in templates/expected_values.toml."""
    printable_bytes: int
    """Documents of a letter that may be printed: 250 MB until June 2016."""
    checks_file_names: bool
    """Whether a file name with `* : " \\ / < > | ?` is rejected (since 16 January 2015)."""
    repeat_limit: int | None
    """Letters within REPEAT_WINDOW (25 since 3 March 2015); None is no limit."""


RULES: Final[Mapping[Rules, RuleSet]] = {
    Rules.OF_2014: RuleSet(date(2014, 9, 17), "kontering_2014", 250 * _MEGABYTE, False, None),
    Rules.OF_2015: RuleSet(date(2015, 12, 31), "kontering_2015", 250 * _MEGABYTE, True, 25),
    Rules.NOW: RuleSet(date.max, "kontering", 350 * _MEGABYTE, True, 25),
}
