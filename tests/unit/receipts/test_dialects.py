"""The same letters are read the same, whatever a vendor writes them in."""

import io
from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from conftest import ROOT
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from openpyxl import Workbook
from vendor_writers import OSLO, a_letter, in_format, written

from flows.domain.receipt import LineKind, PrintReceipt
from flows.domain.vendor_profile import NEUTRAL, Dialect, Format, Money, VendorProfile, Weight
from flows.domain.vendor_toml import parse_profiles
from flows.receipts.raw_rows import RefusedFile
from flows.receipts.receipt_file import ReceiptFile, read_receipt_file

OTHER = parse_profiles((ROOT / "templates/examples/vendors.toml").read_text(encoding="utf-8"))[-1]


def dialect(**changes: object) -> VendorProfile:
    return replace(NEUTRAL, receipts=replace(NEUTRAL.receipts, **changes))  # type: ignore[arg-type]


def receipts(content: bytes, profile: VendorProfile) -> list[PrintReceipt | str]:
    read = read_receipt_file(content, customer="SVAR", profile=profile)
    assert isinstance(read, ReceiptFile), read
    return [line.receipt or line.fault for line in read.lines]


DIALECTS = {
    "neutral csv": NEUTRAL,
    "the other vendor": OTHER,
    **{f"neutral {form}": in_format(NEUTRAL, form) for form in (Format.XML, Format.JSON)},
    "neutral xlsx": in_format(NEUTRAL, Format.XLSX),
    "the other in xlsx": in_format(OTHER, Format.XLSX),
    "the other in xml": in_format(OTHER, Format.XML),
    "windows-1252": dialect(encoding="windows-1252"),
    "utf-16": dialect(encoding="utf-16"),
    "pipes and points": dialect(delimiter="|", decimal="."),
    "øre": dialect(money=Money.ORE),
    "øre with VAT": dialect(money=Money.ORE, amounts_include_vat=True),
    "kilograms": dialect(weight=Weight.KILOGRAMS),
    "twelve hours, said": dialect(time_format="%d.%m.%Y %I:%M %p", time_zone="Europe/Oslo"),
}


@pytest.mark.parametrize("profile", DIALECTS.values(), ids=list(DIALECTS))
def test_every_dialect_says_the_same(profile: VendorProfile) -> None:
    letters = [a_letter(1), a_letter(2, account_code="ÆØÅ_1", kind="")]

    first, second = receipts(written(letters, profile), profile)

    assert isinstance(first, PrintReceipt)
    assert isinstance(second, PrintReceipt)
    assert first.shipment_id == letters[0]["shipment_id"]
    assert (first.weight_grams, first.production_ore, first.postage_ore) == (22, 260, 1992)
    assert (first.production_vat_ore, first.postage_vat_ore) == (65, 498)
    assert first.posted_at == datetime(2026, 11, 25, 13, 30, tzinfo=UTC)
    assert (second.account_code, second.product) == ("ÆØÅ_1", "BREV")


LETTERS = st.lists(
    st.builds(
        lambda **values: {**a_letter(), **values},
        shipment_id=st.uuids().map(str),
        piece_number=st.integers(1, 999_999),
        pages_black_white=st.integers(0, 999),
        weight_grams=st.integers(1, 2000),
        production_ore=st.integers(0, 100_000).map(lambda kroner: 4 * kroner),
        postage_ore=st.integers(0, 100_000).map(lambda kroner: 4 * kroner),
        account_code=st.text("abcæøåÆØÅ019_-.", max_size=20),
        reprints=st.integers(0, 9),
        attempt=st.integers(0, 99),
        posted_at=st.datetimes(
            datetime(2026, 1, 1),  # noqa: DTZ001  -- the zone is given beside it
            datetime(2027, 12, 31),  # noqa: DTZ001
            timezones=st.just(ZoneInfo("UTC")),
        ).map(lambda at: at.replace(second=0, microsecond=0)),
    ),
    min_size=1,
    max_size=8,
)


@given(LETTERS, st.sampled_from(list(DIALECTS.values())))
@settings(deadline=None, max_examples=60, suppress_health_check=[HealthCheck.too_slow])
def test_what_a_vendor_writes_is_what_is_read(
    letters: list[dict[str, object]], profile: VendorProfile
) -> None:
    read = receipts(written(letters, profile), profile)

    for letter, receipt in zip(letters, read, strict=True):
        local = letter["posted_at"].astimezone(OSLO)  # type: ignore[attr-defined]
        if profile.receipts.time_format != "iso" and _was_twice(local):
            assert receipt == f"{profile.receipts.columns['posted_at']} {TWICE}"
            continue
        assert isinstance(receipt, PrintReceipt)
        assert _facts(receipt, letter) == {name: letter[name] for name in _facts(receipt, letter)}


TWICE = "is a time that was twice: summer time ended"


def _was_twice(local: datetime) -> bool:
    return local.replace(fold=0).utcoffset() != local.replace(fold=1).utcoffset()


def _facts(receipt: PrintReceipt, letter: Mapping[str, object]) -> dict[str, object]:
    names = ("shipment_id", "piece_number", "pages_black_white", "weight_grams")
    money = ("production_ore", "postage_ore", "account_code", "posted_at")
    return {name: getattr(receipt, name) for name in (*names, *money)}


LOCAL = {
    "winter": ("2026-11-25T14:30:00", "2026-11-25T13:30:00+00:00"),
    "summer": ("2026-07-01T14:30:00", "2026-07-01T12:30:00+00:00"),
    "just before summer time": ("2026-03-29T01:59:00", "2026-03-29T00:59:00+00:00"),
    "never was": ("2026-03-29T02:30:00", "is a time that never was: summer time began"),
    "was twice": ("2026-10-25T02:30:00", TWICE),
    "twice, but said which": ("2026-10-25T02:30:00+01:00", "2026-10-25T01:30:00+00:00"),
}


@pytest.mark.parametrize(("said", "meant"), LOCAL.values(), ids=list(LOCAL))
def test_a_local_time_is_norwegian_and_never_guessed(said: str, meant: str) -> None:
    profile = dialect(time_zone="Europe/Oslo")
    content = written([a_letter(posted_at=said)], profile)

    (found,) = receipts(content, profile)

    if isinstance(found, PrintReceipt):
        assert found.posted_at.isoformat() == meant
    else:
        assert found == f"postlagt {meant}"


def test_amounts_with_vat_are_net_and_vat_that_add_up_to_them() -> None:
    profile = dialect(amounts_include_vat=True)
    content = written([a_letter()], profile).replace(b";24,90;", b";24,91;", 1)
    content = content.replace(b";24,90", b";24,91", 1)

    (found,) = receipts(content, profile)

    assert isinstance(found, PrintReceipt)
    assert found.postage_ore + found.postage_vat_ore == 2491


KINDS = {
    "none said": ("", LineKind.RECEIPT),
    "a correction": ("korreksjon", LineKind.CORRECTION),
    "a reversal": ("tilbakeføring", LineKind.REVERSAL),
}


@pytest.mark.parametrize(("said", "meant"), KINDS.values(), ids=list(KINDS))
def test_a_line_says_what_kind_it_is(said: str, meant: LineKind) -> None:
    (found,) = receipts(written([a_letter(kind=said)], NEUTRAL), NEUTRAL)

    assert isinstance(found, PrintReceipt)
    assert found.kind is meant


def test_a_reversal_may_be_written_with_a_minus_and_nothing_else_may() -> None:
    minus = {"production_ore": -260, "postage_ore": -1992}
    letters = [a_letter(1, kind="tilbakeføring", **minus), a_letter(2, **minus)]

    back, wrong = receipts(written(letters, NEUTRAL), NEUTRAL)

    assert isinstance(back, PrintReceipt)
    assert (back.production_ore, back.postage_vat_ore) == (260, 498)
    assert wrong == "a negative amount, and it is no reversal"


def test_numbers_and_times_of_a_sheet_are_read_as_such() -> None:
    profile = in_format(dialect(time_zone="Europe/Oslo"), Format.XLSX)
    book = Workbook()
    sheet = book.active
    assert sheet is not None
    sheet.append([profile.receipts.schema, 1, "SVAR", 1, 2.6, 19.92])
    sheet.append(list(profile.receipts.columns.values()))
    typed = {"production_ore": 2.6, "postage_ore": 19.92, "posted_at": datetime(2026, 11, 25, 14)}  # noqa: DTZ001
    sheet.append([{**a_letter(), **typed}[name] for name in profile.receipts.columns])
    content = io.BytesIO()
    book.save(content)

    (found,) = receipts(content.getvalue(), profile)

    assert isinstance(found, PrintReceipt)
    assert (found.production_ore, found.postage_ore, found.piece_number) == (260, 1992, 1)
    assert found.posted_at == datetime(2026, 11, 25, 13, tzinfo=UTC)


@pytest.mark.parametrize("form", list(Format))
def test_a_file_for_another_customer_is_refused_whole_in_every_format(form: Format) -> None:
    profile = in_format(replace(NEUTRAL, customers=("ANNEN",)), form)

    read = read_receipt_file(
        written([a_letter()], profile),
        customer="SVAR",
        profile=replace(profile, customers=("SVAR",)),
    )

    assert read == RefusedFile("the file is for another customer")


def test_every_fault_of_a_line_is_said_at_once() -> None:
    letters = [a_letter(weight_grams="tolv", pages_colour="ingen")]

    (found,) = receipts(written(letters, dialect(weight=Weight.GRAMS)), NEUTRAL)

    assert found == "antall_sider_farge is not a whole number; vekt_gram is not a whole number"


def test_the_neutral_example_is_what_holds_without_an_import() -> None:
    text = Path(ROOT / "templates/examples/vendors.toml").read_text(encoding="utf-8")

    assert parse_profiles(text)[0] == NEUTRAL
    assert Dialect().kinds == NEUTRAL.receipts.kinds
    assert NEUTRAL.vat_percent == Decimal(25)
