"""Vendor profiles: every fault at once, one version a day, written back as they were read."""

from dataclasses import replace
from datetime import date
from decimal import Decimal

import pytest
from conftest import ROOT
from hypothesis import given
from hypothesis import strategies as st

from flows.domain.vendor_profile import (
    NEUTRAL,
    Calendar,
    Dialect,
    Paper,
    VendorProfile,
    one_version_a_day,
    version_on,
)
from flows.domain.vendor_toml import parse_profiles, to_toml
from flows.errors import NeedsAPerson

START = '[[vendor]]\nid = "a"\nvalid_from = 2026-01-01\n'

WAY = START + "[vendor.transport]\n"
FAULTS = {
    "encrypted to nobody": (WAY + 'encryption = "pgp"', "pgp needs recipient_key"),
    "a fingerprint cut short": (
        WAY + 'encryption = "pgp"\nrecipient_key = "v.asc"\nrecipient_fingerprint = "ABCD 1234"',
        "pgp needs recipient_key",
    ),
    "a key of another folder": (
        WAY + f'encryption = "pgp"\nrecipient_key = "../v"\nrecipient_fingerprint = "{"ab" * 20}"',
        "pgp needs recipient_key",
    ),
    "a key and no encryption": (WAY + 'recipient_key = "v.asc"', "go with encryption pgp"),
    "signed in the clear": (WAY + "signed = true", "go with encryption pgp"),
    "not TOML": ("[[vendor", "is not TOML"),
    "nothing": ("", "no [[vendor]]"),
    "not a table": ("vendor = 1", "not a table of vendors"),
    "no id": ("[[vendor]]\nvalid_from = 2026-01-01", "id is missing"),
    "an id with a space": (START.replace('"a"', '"a b"'), "small letters"),
    "a time for a date": (START.replace("01-01", "01-01T10:00:00"), "valid_from is not a date"),
    "ends before it begins": (START + "valid_to = 2026-01-01", "valid_to is after"),
    "an unknown field": (START + "colour = 1", "colour is not a field"),
    "an unknown field inside": (START + "[vendor.paper]\nx = 1", "paper.x is not a field"),
    "a yes for a number": (START + "[vendor.paper]\nc5_sheets = true", "c5_sheets is not a int"),
    "a float for a weight": (START + "[vendor.paper]\nc5_grams = 7.0", "a number as text"),
    "a table that is a number": (START + "paper = 1", "paper is not a table"),
    "an unknown format": (START + '[vendor.receipts]\nformat = "pdf"', "format is one of csv"),
    "an unknown zone": (START + '[vendor.receipts]\ntime_zone = "Norge"', "time_zone is unknown"),
    "a zone that is a path": (START + '[vendor.receipts]\ntime_zone = "../x"', "time_zone"),
    "two delimiters": (START + '[vendor.receipts]\ndelimiter = ";;"', "delimiter is one"),
    "no room for decimals": (START + '[vendor.receipts]\ndelimiter = ","', "decimal is"),
    "a column missing": (START + '[vendor.returns.columns]\nbatch_id = "x"', "columns has no"),
    "a word for nothing": (START + '[vendor.receipts.kinds]\nX = "GIFT"', "kinds are RECEIPT"),
    "a control without a customer": (
        START + '[vendor.returns]\ncontrol = ["schema"]',
        "customer and lines always",
    ),
    "a folder above": (START + '[vendor.transport]\nupload_folder = "../inn"', "without .."),
    "a cut-off at 25": (START + '[vendor.calendar]\ncut_off = "25:00"', "cut_off"),
    "more by C5 than by machine": (START + "[vendor.paper]\nc5_sheets = 99", "c5_sheets"),
    "a window inside out": (START + "[vendor.paper]\nwindow_mm = [9, 9, 1, 1]", "window_mm"),
}


@pytest.mark.parametrize(("text", "fault"), FAULTS.values(), ids=list(FAULTS))
def test_a_faulty_profile_is_not_taken(text: str, fault: str) -> None:
    with pytest.raises(NeedsAPerson) as raised:
        parse_profiles(text)

    assert fault in raised.value.what


def test_all_faults_are_said_at_once() -> None:
    text = START + 'colour = 1\n[vendor.receipts]\nformat = "pdf"\n' + START.replace('"a"', '"B"')

    with pytest.raises(NeedsAPerson) as raised:
        parse_profiles(text)

    assert raised.value.what.startswith("3 faults")


def versions(*days: tuple[date, date | None]) -> list[VendorProfile]:
    return [VendorProfile("a", first, valid_to=last) for first, last in days]


JANUARY, MAY, JUNE = date(2026, 1, 1), date(2026, 5, 1), date(2026, 6, 1)

WRONG = {
    "overlap": (versions((JANUARY, JUNE), (MAY, None)), "two versions"),
    "two without an end": (versions((JANUARY, None), (MAY, None)), "two versions"),
    "a gap": (versions((JANUARY, MAY), (JUNE, None)), "no version of vendor a holds from"),
}


@pytest.mark.parametrize(("profiles", "fault"), WRONG.values(), ids=list(WRONG))
def test_a_day_has_one_version(profiles: list[VendorProfile], fault: str) -> None:
    with pytest.raises(NeedsAPerson) as raised:
        one_version_a_day(profiles)

    assert fault in raised.value.what


def test_a_day_before_the_first_version_has_none_and_the_default_has_always_one() -> None:
    known = versions((MAY, None))

    assert version_on(known, "a", MAY).valid_from == MAY
    assert version_on(known, "default", JANUARY) == NEUTRAL
    with pytest.raises(NeedsAPerson, match="no vendor profile"):
        version_on(known, "a", JANUARY)


@given(
    st.builds(
        replace,
        st.just(NEUTRAL),
        customers=st.lists(st.text("ABC", min_size=1)).map(tuple),
        vat_percent=st.decimals(0, 50, places=1).map(lambda one: Decimal(str(one))),
        calendar=st.builds(Calendar, closed_days=st.lists(st.dates()).map(tuple)),
        paper=st.builds(Paper, c5_sheets=st.integers(1, 40)),
        receipts=st.builds(Dialect, decimal=st.sampled_from([",", "."])),
    )
)
def test_what_is_written_is_read_back(profile: VendorProfile) -> None:
    assert parse_profiles(to_toml([profile])) == [profile]


def test_the_examples_are_written_back_the_same() -> None:
    text = (ROOT / "templates/examples/vendors.toml").read_text(encoding="utf-8")
    profiles = parse_profiles(text)

    assert parse_profiles(to_toml(profiles)) == profiles
    assert {each.id for each in profiles} == {"default", "nordtrykk"}
