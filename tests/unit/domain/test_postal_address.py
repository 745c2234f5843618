"""An address as the lines in the window, and what keeps it from being one."""

import pytest

from flows.domain.postal_address import AddressFault, PostalAddress, address_faults


def an_address(**changes: object) -> PostalAddress:
    values = {
        "name": "Oline Prøve",
        "lines": ("c/o Tenkt", "Fjellveien 3"),
        "postcode": "0001",
        "place": "Oslo",
        "country": "",
        **changes,
    }
    return PostalAddress(**values)  # type: ignore[arg-type]


def test_the_window_shows_name_lines_and_place() -> None:
    assert an_address().in_window() == ["Oline Prøve", "c/o Tenkt", "Fjellveien 3", "0001 Oslo"]


def test_a_foreign_country_stands_last_and_norway_not_at_all() -> None:
    abroad = an_address(postcode="971 31", place="Luleå", country="Sverige")

    assert abroad.in_window()[-2:] == ["971 31 Luleå", "SVERIGE"]
    assert an_address(country="Noreg").in_window()[-1] == "0001 Oslo"


def test_blank_lines_and_spare_spaces_are_left_out() -> None:
    messy = an_address(name="  Oline   Prøve ", lines=("", " \t ", "Fjellveien 3"))

    assert messy.in_window() == ["Oline Prøve", "Fjellveien 3", "0001 Oslo"]


def test_letters_are_composed() -> None:
    assert an_address(place="A\u030alesund").in_window()[-1] == "0001 Ålesund"


FAULTS: dict[str, tuple[dict[str, object], list[AddressFault]]] = {
    "nothing wrong": ({}, []),
    "no street is no fault": ({"lines": ()}, []),
    "no name": ({"name": " "}, [AddressFault.NAME_MISSING]),
    "no postcode": ({"postcode": ""}, [AddressFault.POSTCODE_MISSING]),
    "three digits": ({"postcode": "150"}, [AddressFault.POSTCODE_NOT_FOUR_DIGITS]),
    "with NO-": ({"postcode": "NO-0150"}, []),
    "digits of another script": ({"postcode": "٠١٥٠"}, [AddressFault.POSTCODE_NOT_FOUR_DIGITS]),
    "foreign without postcode": ({"postcode": "", "country": "Irland"}, []),
    "no place": ({"place": ""}, [AddressFault.PLACE_MISSING]),
    "text turned around": ({"name": "Oline\u202egnp"}, [AddressFault.CONTROL_CHARACTERS]),
    "national number": ({"lines": ("01818550029",)}, [AddressFault.NATIONAL_NUMBER]),
    "several": (
        {"name": "", "postcode": "x", "place": ""},
        [
            AddressFault.NAME_MISSING,
            AddressFault.POSTCODE_NOT_FOUR_DIGITS,
            AddressFault.PLACE_MISSING,
        ],
    ),
}


@pytest.mark.parametrize(("changes", "faults"), FAULTS.values(), ids=list(FAULTS))
def test_every_fault_is_named(changes: dict[str, object], faults: list[AddressFault]) -> None:
    assert address_faults(an_address(**changes)) == faults
