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
from flows.domain.sheets import sheets_of
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


@given(st.lists(st.integers(1, 500), max_size=20))
def test_sheets_hold_all_pages_and_duplex_never_takes_more(pages: list[int]) -> None:
    assert sheets_of(pages, duplex=False) == sum(pages)
    assert sum(pages) <= 2 * sheets_of(pages, duplex=True) <= sum(pages) + len(pages)


@given(st.builds(PostalAddress, st.text(), st.tuples(st.text(), st.text()), st.text(), st.text()))
def test_no_window_has_blank_or_broken_lines(address: PostalAddress) -> None:
    for line in address.in_window():
        assert line == " ".join(line.split()) != ""


@given(st.data())
def test_no_walk_leaves_the_life_of_a_shipment(data: st.DataObject) -> None:
    status = FIRST
    for _ in range(len(Status)):
        following = sorted(can_follow(status))
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
