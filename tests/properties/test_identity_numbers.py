"""Laws of person numbers, held against python-stdnum's check digits.

Both sums weigh neighbouring digits differently and no digit by a multiple of 11. So the second
sum alone, which covers all eleven digits, catches every single wrong digit and every swap of
neighbours, also from 2032, when the first sum may leave 0 to 3.
"""

from datetime import date

from hypothesis import assume, given
from hypothesis import strategies as st
from stdnum.no import fodselsnummer

from flows.domain.identity import NumberPolicy, fault_in, looks_like_national_number
from flows.domain.postal_address import AddressFault, PostalAddress, address_faults

BEFORE_2032 = NumberPolicy(on=date(2031, 12, 31))
FROM_2032 = NumberPolicy(on=date(2032, 1, 1))
SPACES = st.sampled_from(["", " ", ".", "-", "\t", "\u00a0", "\u202f", "  ", "\u00a0 ", " - "])


def completed(born: date, individual: int, first_remainder: int) -> str | None:
    """Add check digits to nine digits; None where one would be ten.

    python-stdnum works the first one out for remainder 0; from there it only moves on.
    """
    nine = f"{born:%d%m%y}{individual:03d}"
    first = (int(fodselsnummer.calc_check_digit1(nine)) + first_remainder) % 11
    second = fodselsnummer.calc_check_digit2(f"{nine}{first}") if first < 10 else "10"
    return None if second == "10" else f"{nine}{first}{second}"


def numbers(remainders: st.SearchStrategy[int]) -> st.SearchStrategy[str]:
    days = st.dates(date(1940, 1, 1), date(2039, 12, 31))
    made = st.builds(completed, days, st.integers(0, 999), remainders)
    return made.filter(lambda number: number is not None).map(str)


OLD_NUMBERS = numbers(st.just(0))
NEW_NUMBERS = numbers(st.integers(0, 3))


@given(OLD_NUMBERS)
def test_nobody_changes_number_in_2032(number: str) -> None:
    assert fault_in(number, BEFORE_2032) is None
    assert fault_in(number, FROM_2032) is None


@given(OLD_NUMBERS)
def test_what_python_stdnum_calls_a_person_number_is_one(number: str) -> None:
    # It asks for more than we do: a birth date that has been, a run of numbers in use.
    assume(fodselsnummer.is_valid(number))

    assert fault_in(number, BEFORE_2032) is None


@given(NEW_NUMBERS, st.integers(0, 10), st.integers(1, 9))
def test_a_wrong_digit_is_noticed_also_from_2032(number: str, place: int, by: int) -> None:
    wrong = f"{number[:place]}{(int(number[place]) + by) % 10}{number[place + 1 :]}"

    assert fault_in(number, FROM_2032) is None
    assert fault_in(wrong, FROM_2032) is not None


@given(NEW_NUMBERS, st.integers(0, 9))
def test_swapped_neighbours_are_noticed_also_from_2032(number: str, place: int) -> None:
    assume(number[place] != number[place + 1])
    swapped = f"{number[:place]}{number[place + 1]}{number[place]}{number[place + 2 :]}"

    assert fault_in(swapped, FROM_2032) is not None


@given(NEW_NUMBERS, SPACES, st.sampled_from(["", "f. ", "Oline Prøve, "]))
def test_no_number_shows_in_a_window_however_it_is_spaced(
    number: str, space: str, before: str
) -> None:
    line = f"{before}{number[:6]}{space}{number[6:]}"
    address = PostalAddress("Oline Prøve", (line,), "0001", "Oslo")

    assert looks_like_national_number(line)
    assert AddressFault.NATIONAL_NUMBER in address_faults(address)


@given(NEW_NUMBERS, st.integers(0, 9))
def test_a_longer_row_of_digits_is_no_person_number(number: str, digit: int) -> None:
    # Account, customer and parcel numbers are longer, and may hold anything.
    assert not looks_like_national_number(f"{number}{digit}")
    assert not looks_like_national_number(f"{digit}{number}")
