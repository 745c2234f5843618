"""How an organisation's account codes are read: who pays, and what the parts mean."""

import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from stdnum.no import orgnr

from flows.errors import NeedsAPerson

PARTS: Final = ("orgnr", "ansvar", "tjeneste", "prosjekt")
"""What the named groups of a pattern may be called."""

_FIELDS: Final = {"organisation_number", "pattern", "default", "payers"}
_WHERE: Final = "account rules"


@dataclass(frozen=True)
class AccountRules:
    """One organisation's rules; the plain ones take every code as it is."""

    organisation_number: str
    pattern: str = ".*"
    """A regular expression for the whole code; its named groups are PARTS."""
    default: str = ""
    """The code of a letter that has none."""
    payers: Mapping[str, str] = field(default_factory=dict, hash=False)
    """Who pays, by `ansvar` or by the whole code, where it is not the organisation itself."""


@dataclass(frozen=True)
class Reading:
    """What an account code says."""

    code: str
    payer: str
    """An organisation number."""
    parts: Mapping[str, str]
    exception: str = ""
    """Why a person should look at it; it is billed to the organisation itself all the same."""


def read_code(rules: AccountRules, code: str) -> Reading:
    """Read an account code; nothing is dropped, what fits no rule is an exception."""
    wanted = code or rules.default
    match = re.fullmatch(rules.pattern, wanted)
    if match is None:
        return Reading(wanted, rules.organisation_number, {}, "the code does not fit the pattern")
    parts = {name: text for name, text in match.groupdict().items() if text}
    named = parts.get("orgnr", "")
    if named and not orgnr.is_valid(named):
        return Reading(wanted, rules.organisation_number, parts, "the payer's number is wrong")
    payer = named or rules.payers.get(parts.get("ansvar", ""), "") or rules.payers.get(wanted, "")
    return Reading(wanted, payer or rules.organisation_number, parts)


def parse_account_rules(toml: str) -> list[AccountRules]:
    """Read rules from TOML: a table `[[organisation]]` each, the fields of AccountRules by name.

    Raises NeedsAPerson with every fault at once.
    """
    try:
        rows = tomllib.loads(toml).get("organisation", [])
    except tomllib.TOMLDecodeError as fault:
        raise NeedsAPerson(f"the file is not TOML: {fault}", where=_WHERE, do="mend it") from None
    if not isinstance(rows, list) or not all(isinstance(row, dict) for row in rows) or not rows:
        raise NeedsAPerson("no [[organisation]] in the file", where=_WHERE, do="write one")
    faults = [fault for number, row in enumerate(rows, start=1) for fault in _faults(number, row)]
    numbers = [str(row.get("organisation_number")) for row in rows]
    faults += [f"{each} stands there twice" for each in set(numbers) if numbers.count(each) > 1]
    if faults:
        raise NeedsAPerson(
            f"{len(faults)} faults: {'; '.join(sorted(faults))}",
            where=_WHERE,
            do="mend them all; nothing was changed. docs/invoices.md shows the format",
        )
    return [AccountRules(**row) for row in rows]


def _faults(number: int, row: Mapping[str, Any]) -> list[str]:
    place = f"organisation {number}"
    found = [f"{place}: {name}: no such field" for name in sorted(row.keys() - _FIELDS)]
    if not orgnr.is_valid(str(row.get("organisation_number", ""))):
        found.append(f"{place}: organisation_number is none")
    payers = row.get("payers", {})
    if not isinstance(payers, dict) or not all(orgnr.is_valid(str(one)) for one in payers.values()):
        found.append(f"{place}: payers are codes with organisation numbers")
    if not all(isinstance(row.get(name, ""), str) for name in ("pattern", "default")):
        return [*found, f"{place}: pattern and default are texts"]
    try:
        groups = set(re.compile(row.get("pattern", "")).groupindex)
    except re.error as fault:
        return [*found, f"{place}: the pattern is none: {fault}"]
    strays = ", ".join(sorted(groups - set(PARTS)))
    return [*found, f"{place}: {strays}: a part is one of {', '.join(PARTS)}"] if strays else found
