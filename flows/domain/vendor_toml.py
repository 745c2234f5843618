"""Vendor profiles as TOML, read with every fault at once and written back the same."""

import re
import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import MISSING, fields, is_dataclass
from datetime import date, datetime
from decimal import Decimal, InvalidOperation
from enum import StrEnum
from types import UnionType
from typing import Any, Final, get_args, get_origin, get_type_hints
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import tomli_w

from flows.domain.batch import JobClass
from flows.domain.opening_hours import is_window
from flows.domain.receipt import LineKind
from flows.domain.returned_mail import ReturnReason
from flows.domain.vendor_profile import (
    INVOICE_COLUMNS,
    INVOICE_CONTROL,
    NEUTRAL,
    OPTIONAL_COLUMNS,
    OPTIONAL_RETURN_COLUMNS,
    RECEIPT_CONTROL,
    REQUIRED_COLUMNS,
    RETURN_COLUMNS,
    RETURN_CONTROL,
    Calendar,
    Dialect,
    Transport,
    VendorProfile,
    one_version_a_day,
)
from flows.errors import NeedsAPerson

ENCODINGS: Final = ("utf-8", "utf-16", "windows-1252", "iso-8859-1")

KINDS: Final = {
    "receipts": (REQUIRED_COLUMNS, OPTIONAL_COLUMNS, RECEIPT_CONTROL),
    "returns": (RETURN_COLUMNS, OPTIONAL_RETURN_COLUMNS, RETURN_CONTROL),
    "invoices": (INVOICE_COLUMNS, (), INVOICE_CONTROL),
}
"""Of each kind of file: the fields it must have, those it may have, what it says of itself."""

MEANINGS: Final = {
    "receipts": tuple(LineKind),
    "returns": tuple(ReturnReason),
    "invoices": (),
}
"""What the vendor's own words in `kinds` may mean."""

_HOURS: Final = 24
_CORNERS: Final = 4
_CLOCK: Final = re.compile(r"([01][0-9]|2[0-3]):[0-5][0-9]")
_PRODUCT: Final = re.compile(r"[A-Z0-9]{0,5}")
"""It stands in file names, after the rest of the job class."""
_ID: Final = re.compile(r"[a-z0-9][a-z0-9-]{0,39}")
_FILE: Final = re.compile(r"[\w-][\w.-]*")
_FINGERPRINT: Final = re.compile(r"\s*(?:[0-9A-Fa-f]\s*){40}(?:(?:[0-9A-Fa-f]\s*){24})?")
_ANSWER: Final = re.compile(r"[\w.-]*\*[\w.-]+")
_FOLDER: Final = re.compile(r"[\w.-]+(/[\w.-]+)*")


def parse_profiles(toml: str) -> list[VendorProfile]:
    """Read profiles: a table `[[vendor]]` a version, the fields of VendorProfile by name.

    What is left out is as in the vendor-neutral exchange. Raises NeedsAPerson with every fault
    at once, overlaps and gaps too.
    """
    try:
        tables = tomllib.loads(toml).get("vendor", [])
    except tomllib.TOMLDecodeError as fault:
        raise NeedsAPerson(
            f"the file is not TOML: {fault}", where="vendors", do="mend it"
        ) from None
    if not isinstance(tables, list) or not all(isinstance(one, dict) for one in tables):
        raise NeedsAPerson("vendor is not a table of vendors", where="vendors", do="[[vendor]]")
    faults: list[str] = []
    found = []
    for number, table in enumerate(tables, start=1):
        place = f"vendor {number} ({table.get('id', 'no id')})"
        profile, wrong = _shaped(VendorProfile, table, NEUTRAL)
        wrong += _faults(profile) if isinstance(profile, VendorProfile) and not wrong else []
        faults += [f"{place}: {fault}" for fault in wrong]
        if isinstance(profile, VendorProfile):
            found.append(profile)
    if faults or not tables:
        raise NeedsAPerson(
            f"{len(faults)} faults: {'; '.join(faults)}" if faults else "no [[vendor]] in the file",
            where="vendors",
            do="mend them all; nothing was changed. docs/vendors.md shows the format",
        )
    one_version_a_day(found)
    return found


def to_toml(profiles: Iterable[VendorProfile]) -> str:
    """Write profiles as `parse_profiles` reads them; what is as in the neutral one is left out."""
    rows = []
    for each in profiles:
        always = {"id": each.id, "valid_from": each.valid_from}
        rows.append(
            always | {k: v for k, v in _differing(each, NEUTRAL).items() if k not in always}
        )
    return tomli_w.dumps({"vendor": rows})


def _differing(value: Any, default: Any) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for each in fields(value):
        ours, usual = getattr(value, each.name), getattr(default, each.name)
        if ours == usual:
            continue
        found[each.name] = _differing(ours, usual) if is_dataclass(ours) else _plain(ours)
    return found


def _plain(value: object) -> object:
    if isinstance(value, tuple):
        return list(value)
    if isinstance(value, Mapping):
        return dict(value)
    return str(value) if isinstance(value, (StrEnum, Decimal)) else value


def _shaped(kind: type[Any], table: Mapping[str, Any], default: Any) -> tuple[Any, list[str]]:
    """Return a dataclass made of a table, with what is missing from `default`; and the faults."""
    hints = get_type_hints(kind)
    known = {each.name: each for each in fields(kind)}
    faults = [f"{name} is not a field" for name in sorted(table.keys() - known.keys())]
    values: dict[str, Any] = {}
    for name, each in known.items():
        if name in table:
            values[name], wrong = _value(hints[name], table[name], getattr(default, name))
            faults += [f"{name}{fault}" for fault in wrong]
        elif each.default is MISSING and each.default_factory is MISSING:
            faults.append(f"{name} is missing")
        else:
            values[name] = getattr(default, name)
    return (kind(**values) if not faults else None), faults


def _value(hint: Any, value: Any, default: Any) -> tuple[Any, list[str]]:
    if get_origin(hint) is UnionType:
        hint = get_args(hint)[0]
    if is_dataclass(hint):
        if not isinstance(value, dict):
            return None, [" is not a table"]
        made, faults = _shaped(hint, value, default)  # type: ignore[arg-type]
        return made, [f".{fault}" for fault in faults]
    if get_origin(hint) is tuple:
        inner = get_args(hint)[0]
        well = isinstance(value, list) and all(_is_a(inner, each) for each in value)
        return tuple(value) if well else (), [] if well else [f" is not a list of {inner.__name__}"]
    if get_origin(hint) is not None:  # a Mapping from text to text
        well = isinstance(value, dict) and all(isinstance(one, str) for one in value.values())
        return dict(value) if well else {}, [] if well else [" is not a table of text"]
    return _simple(hint, value)


def _simple(hint: Any, value: Any) -> tuple[Any, list[str]]:
    if hint is Decimal:
        try:
            number = Decimal(value) if isinstance(value, str) else None
        except InvalidOperation:
            number = None
        well = number is not None and number.is_finite() and number >= 0
        return number, [] if well else [' is a number as text, like "4.990"']
    if issubclass(hint, StrEnum):
        well = value in list(hint)
        return hint(value) if well else None, [] if well else [f" is one of {', '.join(hint)}"]
    return value, [] if _is_a(hint, value) else [f" is not a {hint.__name__}"]


def _is_a(kind: type, value: object) -> bool:
    # A TOML time is a date to isinstance, and a yes or no is a number.
    if kind in {int, date} and isinstance(value, (bool, datetime)):
        return False
    return isinstance(value, kind)


def _faults(profile: VendorProfile) -> list[str]:
    calendar, paper, selection = profile.calendar, profile.paper, profile.selection
    checks = {
        "id is of small letters, digits and -": _ID.fullmatch(profile.id),
        "valid_to is after valid_from": profile.valid_to is None
        or profile.valid_from < profile.valid_to,
        **_transport_checks(profile.transport),
        "calendar.cut_off is like 17:30": _CLOCK.fullmatch(calendar.cut_off),
        "calendar: opens and closes are like 07:30 and 24:00, in that order": _is_day(calendar),
        "calendar.acknowledge_within_minutes is at least 1": calendar.acknowledge_within_minutes
        >= 1,
        "calendar: posting hours are from 0 to 24, the first before the last": 0
        <= calendar.first_posting_hour
        < calendar.last_posting_hour
        <= _HOURS,
        "selection.order is sheets or sender": selection.order in {"sheets", "sender"},
        "selection: limits are at least 0": min(
            selection.letters, selection.sheets, selection.size_bytes, selection.approve_above
        )
        >= 0,
        "selection.product_abroad is at most five capital letters and digits": _PRODUCT.fullmatch(
            selection.product_abroad
        ),
        "job_classes are like C5SHD": all(map(_is_job_class, profile.job_classes)),
        "paper.mode is merged or single": paper.mode in {"merged", "single"},
        "paper.assembly is fast or reference": paper.assembly in {"fast", "reference"},
        "paper.most_sheets is at least 1": paper.most_sheets >= 1,
        "paper: 0 < c5_sheets <= machine_sheets": 0 < paper.c5_sheets <= paper.machine_sheets,
        **{
            f"paper.{name} is left, top, right, bottom": len(box) == _CORNERS
            and box[0] < box[2]
            and box[1] < box[3]
            for name, box in (("window_mm", paper.window_mm), ("quiet_mm", paper.quiet_mm))
        },
    }
    wrong = [what for what, well in checks.items() if not well]
    for name in KINDS:
        wrong += [f"{name}.{fault}" for fault in _dialect_faults(name, getattr(profile, name))]
    return wrong


def _transport_checks(way: Transport) -> dict[str, object]:
    return {
        "transport.protocol is sftp": way.protocol == "sftp",
        "transport.encryption is none or pgp": way.encryption in {"none", "pgp"},
        "transport: pgp needs recipient_key (a file's name) and recipient_fingerprint (40 or 64 "
        "hex digits)": way.encryption == "none" or _names_a_key(way),
        # A vendor who asks for any of it must not get the letters in the clear.
        "transport: recipient_key, recipient_fingerprint and signed go with encryption pgp": (
            way.encryption == "pgp"
            or not (way.recipient_key or way.recipient_fingerprint or way.signed)
        ),
        "transport.bytes_per_second is at least 0": way.bytes_per_second >= 0,
        "transport.downtime is of windows like sun 02:00-06:00": all(map(is_window, way.downtime)),
        "transport.acknowledgement_names has one * and ends in no .ok": _ANSWER.fullmatch(
            way.acknowledgement_names
        )
        and not way.acknowledgement_names.endswith(".ok"),
        **{
            f"transport.{each.name} is a folder without .. in it": _is_folder(
                getattr(way, each.name)
            )
            for each in fields(way)
            if each.name.endswith("_folder")
        },
    }


def _names_a_key(way: Transport) -> bool:
    return bool(
        _FILE.fullmatch(way.recipient_key) and _FINGERPRINT.fullmatch(way.recipient_fingerprint)
    )


def _is_day(calendar: Calendar) -> bool:
    times = (calendar.opens, calendar.closes)
    return calendar.opens < calendar.closes and all(
        _CLOCK.fullmatch(each) or each == "24:00" for each in times
    )


def _dialect_faults(kind: str, dialect: Dialect) -> list[str]:
    required, optional, control = KINDS[kind]
    known = {*required, *optional}
    missing = [name for name in required if name not in dialect.columns]
    unknown = [name for name in dialect.columns if name not in known]
    checks = {
        f"columns has no {', '.join(missing)}": not missing,
        f"columns knows no {', '.join(unknown)}": not unknown,
        "columns names one column twice": len(set(dialect.columns.values()))
        == len(dialect.columns),
        f"control is of {', '.join(control)}; schema, version, customer and lines always": set(
            dialect.control
        )
        <= set(control)
        and set(RETURN_CONTROL) <= set(dialect.control),
        "control names one thing twice": len(set(dialect.control)) == len(dialect.control),
        f"encoding is one of {', '.join(ENCODINGS)}": dialect.encoding in ENCODINGS,
        "delimiter is one character": len(dialect.delimiter) == 1 and dialect.delimiter != '"',
        "decimal is , or .": dialect.decimal in {",", "."} and dialect.decimal != dialect.delimiter,
        "time_zone is unknown": _is_zone(dialect.time_zone),
        f"kinds are {', '.join(MEANINGS[kind])}": set(dialect.kinds.values())
        <= set(MEANINGS[kind]),
        "must_be_filled names a field that is not in columns": set(dialect.must_be_filled)
        <= dialect.columns.keys(),
    }
    return [what for what, well in checks.items() if not well]


def _is_job_class(code: str) -> bool:
    try:
        JobClass.of_code(code)
    except ValueError:
        return False
    return True


def _is_folder(path: str) -> bool:
    return bool(_FOLDER.fullmatch(path)) and ".." not in path.split("/")


def _is_zone(name: str) -> bool:
    try:
        return not name or bool(ZoneInfo(name))
    except (ZoneInfoNotFoundError, ValueError, OSError):
        return False
