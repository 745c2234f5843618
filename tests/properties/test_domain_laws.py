"""Laws of the domain, held against many thousand cases."""

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from random import Random

from hypothesis import given
from hypothesis import strategies as st

from flows.clock import OSLO
from flows.domain.batch import BATCH_MOVES, BatchStatus
from flows.domain.identity import NumberPolicy, fault_in
from flows.domain.money import (
    kroner,
    ore_from_kroner,
    rounded_ore,
    split_by_largest_remainder,
    vat_of,
)
from flows.domain.postal_address import PostalAddress
from flows.domain.receipt import LINE_MOVES, LineState
from flows.domain.sheets import (
    EMPTY_SIDE,
    giro_on_back,
    giro_sheets,
    sheets_of,
    sides_of,
    sides_of_letter,
)
from flows.domain.shipment import PrintedDocument
from flows.domain.status import FINAL, FIRST, MOVES, Mover, Status, can_follow, may_move
from flows.domain.working_days import (
    DeadlinePolicy,
    add_working_days,
    add_working_hours,
    deadline,
    is_working_day,
)
from flows.sandbox.people import national_number, organisation_number

ANYONE = NumberPolicy(on=date(2026, 11, 24), synthetic=True)
DAYS = st.dates(date(2020, 1, 1), date(2035, 12, 31))
INSTANTS = st.datetimes(datetime(2020, 1, 1), datetime(2035, 12, 31)).map(  # noqa: DTZ001
    lambda naive: naive.replace(tzinfo=UTC)
)
ORE = st.integers(-(10**12), 10**12)


@given(st.integers(), st.integers(0, 10), st.integers(1, 9))
def test_a_wrong_digit_in_a_national_number_is_noticed(seed: int, place: int, by: int) -> None:
    number = national_number(Random(seed))
    wrong = f"{number[:place]}{(int(number[place]) + by) % 10}{number[place + 1 :]}"

    assert fault_in(number, ANYONE) is None
    assert fault_in(wrong, ANYONE) is not None


@given(st.integers(), st.integers(0, 8), st.integers(1, 9))
def test_a_wrong_digit_in_an_organisation_number_is_noticed(seed: int, place: int, by: int) -> None:
    number = organisation_number(Random(seed))
    wrong = f"{number[:place]}{(int(number[place]) + by) % 10}{number[place + 1 :]}"

    assert fault_in(number, ANYONE) is None
    assert fault_in(wrong, ANYONE) is not None


@given(st.text(max_size=15))
def test_any_text_gets_a_verdict(text: str) -> None:
    verdict = fault_in(text, ANYONE)

    assert (verdict is None) <= (len(text) in {9, 11} and text.isdecimal())


@given(ORE)
def test_kroner_read_back(ore: int) -> None:
    assert ore_from_kroner(kroner(ore)) == ore


@given(st.decimals(-(10**9), 10**9, places=4))
def test_rounding_is_never_more_than_half_an_ore_off(amount: Decimal) -> None:
    assert abs(rounded_ore(amount) - amount) <= Decimal("0.5")


@given(st.lists(st.integers(0, 10**9), max_size=50))
def test_totals_are_sums_of_lines(net: list[int]) -> None:
    vat = [vat_of(one) for one in net]

    assert sum(net) + sum(vat) == sum(n + v for n, v in zip(net, vat, strict=True))
    assert abs(sum(vat) - vat_of(sum(net))) <= len(net)


@given(ORE, st.lists(st.integers(0, 10**6), min_size=1, max_size=30).filter(any))
def test_a_split_adds_up_and_is_fair(total: int, weights: list[int]) -> None:
    parts = split_by_largest_remainder(total, weights)

    assert sum(parts) == total
    for part, weight in zip(parts, weights, strict=True):
        assert abs(part - Decimal(total) * weight / sum(weights)) < 1


@given(DAYS, st.integers(1, 30))
def test_adding_working_days_lands_on_one_and_counts_them(day: date, days: int) -> None:
    end = add_working_days(day, days)
    between = [day + timedelta(days=n) for n in range(1, (end - day).days + 1)]

    assert is_working_day(end)
    assert sum(is_working_day(one) for one in between) == days


@given(INSTANTS, st.integers(1, 100))
def test_working_hours_are_hours_that_pass_on_working_days(start: datetime, hours: int) -> None:
    end = add_working_hours(start, hours)
    passed = timedelta()
    at = start
    while at < end:
        day = at.astimezone(OSLO).date()
        midnight = datetime(day.year, day.month, day.day, tzinfo=OSLO) + timedelta(days=1)
        until = min(end, midnight.astimezone(UTC))
        passed += (until - at) if is_working_day(day) else timedelta()
        at = until

    assert passed == timedelta(hours=hours)


@given(INSTANTS, INSTANTS)
def test_what_is_published_later_is_never_due_earlier(one: datetime, other: datetime) -> None:
    first, second = sorted((one, other))
    for policy in (DeadlinePolicy("working_days", 2), DeadlinePolicy("working_hours", 40)):
        assert first < deadline(policy, first) <= deadline(policy, second)


DOCUMENTS = st.lists(
    st.builds(PrintedDocument, st.integers(0, 30), st.lists(st.integers(-1, 31)).map(tuple)),
    max_size=6,
)


@given(DOCUMENTS, st.booleans())
def test_sheets_hold_all_pages_and_duplex_never_takes_more(
    documents: list[PrintedDocument], cover: bool
) -> None:
    pages = cover + sum(document.pages for document in documents)

    assert sheets_of(documents, cover=cover, duplex=False) == pages
    assert pages <= 2 * sheets_of(documents, cover=cover, duplex=True)
    assert sheets_of(documents, cover=cover, duplex=True) <= pages


@given(DOCUMENTS, st.booleans(), st.booleans())
def test_the_sheets_counted_are_the_sheets_laid_out_and_no_page_is_lost(
    documents: list[PrintedDocument], cover: bool, duplex: bool
) -> None:
    sides = sides_of_letter(documents, cover=cover, duplex=duplex)

    printed = [(side.document, side.page) for side in sides if side.page != EMPTY_SIDE]
    assert printed == [(None, 1)] * cover + [
        (place, page)
        for place, document in enumerate(documents)
        for page in range(1, document.pages + 1)
    ]
    assert len(sides) == sheets_of(documents, cover=cover, duplex=duplex) * (2 if duplex else 1)


@given(DOCUMENTS, st.booleans())
def test_giro_pages_documents_and_covers_are_on_fronts_and_no_giro_has_anything_behind(
    documents: list[PrintedDocument], cover: bool
) -> None:
    sides = sides_of_letter(documents, cover=cover, duplex=True)

    sheets = list(zip(sides[::2], sides[1::2], strict=True))
    giros = [front for front, back in sheets if front.giro and back.page == EMPTY_SIDE]
    assert len(giros) == sum(
        page in document.giro for document in documents for page in range(1, document.pages + 1)
    )
    for front, back in sheets:
        assert front.page != EMPTY_SIDE
        assert front.document == back.document
        assert back.page in {EMPTY_SIDE, front.page + 1}
        assert not back.giro
        if front.document is None:
            assert back.page == EMPTY_SIDE
    assert giro_sheets(documents, cover=cover, duplex=True) == tuple(
        number for number, (front, _) in enumerate(sheets, start=1) if front.giro
    )


@given(st.lists(st.integers(1, 12), unique=True).map(tuple))
def test_a_letter_that_intake_takes_has_no_side_left_empty_before_a_giro(
    giro: tuple[int, ...],
) -> None:
    document = PrintedDocument(12, giro)
    sides = sides_of(document, duplex=True)

    pushed = [
        page
        for page in giro
        if page > 1
        and (place := sides.index(page)) > 1
        and sides[place - 1] == EMPTY_SIDE
        and sides[place - 2] not in giro
    ]
    assert sorted(giro_on_back(document, duplex=True)) == sorted(pushed)


@given(st.builds(PostalAddress, st.text(), st.tuples(st.text(), st.text()), st.text(), st.text()))
def test_no_window_has_blank_or_broken_lines(address: PostalAddress) -> None:
    for line in address.in_window():
        assert line == " ".join(line.split()) != ""


@given(st.data(), st.integers(0, 3))
def test_every_walk_ends_however_often_the_vendor_gives_the_letter_back(
    data: st.DataObject, given_back: int
) -> None:
    """Only the vendor's word leads back, from print to where the letter was before."""
    status = FIRST
    for _ in range(len(Status) * (given_back + 1)):
        following = sorted(can_follow(status))
        if status is Status.SENT_TO_PRINT and not given_back:
            following = sorted(can_follow(status) - {Status.ACCEPTED, Status.NOTIFIED})
        given_back -= status is Status.SENT_TO_PRINT and given_back > 0
        if not following:
            break
        status = data.draw(st.sampled_from(following))

    assert status in FINAL


def test_every_status_can_be_reached_and_only_final_ones_end() -> None:
    reached = {FIRST}
    for _ in Status:
        reached |= {new for old, new in MOVES if old in reached}

    assert reached == set(Status)
    assert {status for status in Status if not can_follow(status)} == FINAL


def test_paper_and_digital_ends_are_their_movers_own() -> None:
    assert not may_move(Status.NOTIFIED, Status.PRINTED, Mover.RECEIPTS)
    assert not may_move(Status.READ, Status.SENT_TO_PRINT, Mover.PRINT_BATCH)
    assert not may_move(Status.SENT_DIGITALLY, Status.SENT_TO_PRINT, Mover.PRINT_BATCH)


def test_the_other_machines_end_too() -> None:
    assert not {old for old, _ in BATCH_MOVES} & {BatchStatus.SETTLED, BatchStatus.ANNULLED}
    ends = {LineState.REVERSED, LineState.DUPLICATE, LineState.DISMISSED}
    assert not {old for old, _ in LINE_MOVES} & ends
