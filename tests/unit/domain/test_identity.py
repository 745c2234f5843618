"""Person and organisation numbers: which are accepted, when, and why not."""

from datetime import date

import pytest

from flows.domain.identity import (
    NumberFault,
    NumberKind,
    NumberPolicy,
    fault_in,
    kind_of,
    looks_like_national_number,
)

TODAY = NumberPolicy(on=date(2026, 11, 24))
TEST_POPULATION = NumberPolicy(on=date(2026, 11, 24), synthetic=True)
IN_2032 = NumberPolicy(on=date(2032, 1, 1), synthetic=True)


def with_check_digits(nine: str, first_remainder: int = 0) -> str | None:
    """Complete nine digits by the published sums; None where a digit would be ten."""
    digits = [int(digit) for digit in nine]
    first = sum(d * w for d, w in zip(digits, (3, 7, 6, 1, 8, 9, 4, 5, 2), strict=True))
    digits.append((first_remainder - first) % 11)
    second = sum(d * w for d, w in zip(digits, (5, 4, 3, 2, 7, 6, 5, 4, 3, 2), strict=True))
    digits.append(-second % 11)
    return None if max(digits) > 9 else "".join(map(str, digits))


def some_number(start: str, first_remainder: int = 0) -> str:
    """Find the first number that begins like this and can be completed."""
    for individual in range(1000):
        number = with_check_digits(f"{start}{individual:03d}", first_remainder)
        if number is not None:
            return number
    pytest.fail("no number begins like that")


ACCEPTED = {
    "born in 1985": (some_number("010185"), NumberKind.NATIONAL),
    "D-number": (some_number("410185"), NumberKind.D_NUMBER),
    "H-number": (some_number("014185"), NumberKind.NATIONAL),
    "29 February of a leap year": (some_number("290200"), NumberKind.NATIONAL),
    "organisation": ("974760673", NumberKind.ORGANISATION),
}


@pytest.mark.parametrize(("number", "kind"), ACCEPTED.values(), ids=list(ACCEPTED))
def test_a_real_number_is_accepted(number: str, kind: NumberKind) -> None:
    assert fault_in(number, TODAY) is None
    assert kind_of(number) is kind


REFUSED = {
    "letters": ("0101850012x", NumberFault.NOT_DIGITS),
    "digits of another script": ("٠١٠١٨٥٠٠١٢٣", NumberFault.NOT_DIGITS),
    "nothing": ("", NumberFault.NOT_DIGITS),
    "ten digits": ("0101850012", NumberFault.WRONG_LENGTH),
    "30 February": (some_number("300285"), NumberFault.NO_SUCH_DATE),
    "29 February of a common year": (some_number("290285"), NumberFault.NO_SUCH_DATE),
    "month 13": (some_number("011385"), NumberFault.NO_SUCH_DATE),
    "organisation, wrong check digit": ("123456789", NumberFault.WRONG_CHECK_DIGIT),
    "organisation, check digit ten": ("999888777", NumberFault.WRONG_CHECK_DIGIT),
    "synthetic person": ("01818550029", NumberFault.SYNTHETIC_IN_PRODUCTION),
    "synthetic D-number": (some_number("418185"), NumberFault.SYNTHETIC_IN_PRODUCTION),
    "synthetic organisation": ("310000108", NumberFault.SYNTHETIC_IN_PRODUCTION),
}


@pytest.mark.parametrize(("number", "fault"), REFUSED.values(), ids=list(REFUSED))
def test_what_is_no_real_number_says_why(number: str, fault: NumberFault) -> None:
    assert fault_in(number, TODAY) is fault


@pytest.mark.parametrize("number", ["01818550029", some_number("418185"), "310000108"])
def test_people_who_do_not_exist_are_people_in_a_test_population(number: str) -> None:
    assert fault_in(number, TEST_POPULATION) is None


@pytest.mark.parametrize("remainder", [1, 2, 3])
def test_from_2032_the_first_check_may_leave_up_to_three(remainder: int) -> None:
    number = some_number("018185", remainder)

    assert fault_in(number, TEST_POPULATION) is NumberFault.WRONG_CHECK_DIGIT
    assert fault_in(number, IN_2032) is None


def test_four_is_too_much_in_2032_too() -> None:
    assert fault_in(some_number("018185", 4), IN_2032) is NumberFault.WRONG_CHECK_DIGIT


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("Fjellveien 3", False),
        ("01818550029", True),
        ("Oline 018185 50029", True),
        ("018185.50029 Oline", True),
        ("12345678901", False),
        ("telefon 22 22 55 55", False),
        ("1018185500290", False),
    ],
)
def test_a_number_in_an_address_is_found(text: str, found: bool) -> None:
    assert looks_like_national_number(text) is found
