"""People, organisations and addresses that do not exist."""

from dataclasses import dataclass
from random import Random
from typing import Final

FIRST_NAMES: Final = (
    "Oline", "Torbjørn", "Åse", "Eirik", "Solveig", "Håkon", "Ragnhild", "Bjørnar", "Synnøve",
    "Aslak", "Máret", "Niillas", "Láilá", "Ánte", "Elle Márjá", "Jovnna", "Biret", "Ištván",
)  # fmt: skip
LAST_NAMES: Final = (
    "Prøvesen", "Testvik", "Utenlandet", "Oppdiktet-Lie", "Fjellprøve", "Ingensen", "Tenkt",
    "Somby-Prøve", "Guttorm-Test", "Hætta-Tenkt", "Čáhppesvuotna", "Đoaivu", "Ŋuorra", "Øygard-Prøve",
)  # fmt: skip
STREETS: Final = (
    "Fjellveien", "Strandgata", "Skolebakken", "Ørretveien", "Åsvegen", "Kirkegata", "Nordlysveien",
    "Čakčageaidnu", "Bredbuktnesveien", "Myrvollen", "Gamle Drammensvei",
)  # fmt: skip
PLACES: Final = (
    ("0001", "Oslo"), ("0150", "Oslo"), ("3770", "Kragerø"), ("5003", "Bergen"), ("6800", "Førde"),
    ("7004", "Trondheim"), ("8900", "Brønnøysund"), ("9008", "Tromsø"), ("9520", "Kautokeino"),
    ("9730", "Karasjok"), ("9845", "Tana"),
)  # fmt: skip
ABROAD: Final = (
    ("Storgatan 4", "971 31", "Luleå", "Sverige"),
    ("Vestergade 12, 2. tv", "8000", "Aarhus C", "Danmark"),
    ("10 Downing Lane", "SW1A 9ZZ", "London", "Storbritannia"),
)
COMPANIES: Final = ("Prøvebygg", "Nordlys Tenkt", "Testvik Handel", "Oppdiktet Eiendom")

_FIRST_WEIGHTS: Final = (3, 7, 6, 1, 8, 9, 4, 5, 2)
_SECOND_WEIGHTS: Final = (5, 4, 3, 2, 7, 6, 5, 4, 3, 2)
_ORGANISATION_WEIGHTS: Final = (3, 2, 7, 6, 5, 4, 3, 2)


@dataclass(frozen=True)
class Person:
    """Somebody who does not exist, with the address as a sender writes it."""

    name: str
    digital_id: str
    lines: tuple[str, ...]
    postcode: str
    place: str
    country: str = ""


def somebody(random: Random) -> Person:
    """Return a person, or now and then an organisation; a few live abroad."""
    if random.random() < 0.08:
        name = f"{random.choice(COMPANIES)} {random.randint(1, 99)} AS"
        return Person(name, organisation_number(random), _lines(random), *random.choice(PLACES))
    name = f"{random.choice(FIRST_NAMES)} {random.choice(LAST_NAMES)}"
    number = national_number(random)
    if random.random() < 0.03:
        line, postcode, place, country = random.choice(ABROAD)
        return Person(name, number, (line,), postcode, place, country)
    return Person(name, number, _lines(random), *random.choice(PLACES))


def national_number(random: Random, individual: int | None = None) -> str:
    """Return a synthetic national number: the month raised by 80; one in ten a D-number.

    individual: digits seven to nine; 900 and up choose a scenario (flows/sandbox/scenarios.py).
    """
    while True:
        day = random.randint(1, 28) + (40 if random.random() < 0.1 else 0)
        born = f"{day:02d}{random.randint(1, 12) + 80:02d}{random.randint(40, 99):02d}"
        digits = [int(digit) for digit in f"{born}{_individual(random, individual):03d}"]
        for weights in (_FIRST_WEIGHTS, _SECOND_WEIGHTS):
            digits.append(-sum(d * w for d, w in zip(digits, weights, strict=True)) % 11)
        if max(digits) < 10:
            return "".join(map(str, digits))


def _individual(random: Random, wanted: int | None) -> int:
    return random.randint(0, 499) if wanted is None else wanted


def organisation_number(random: Random, begins: str = "3") -> str:
    """Return a synthetic organisation number: the first digit is 3."""
    while True:
        rest = (random.randint(0, 9) for _ in range(8 - len(begins)))
        digits = [*(int(digit) for digit in begins), *rest]
        check = -sum(d * w for d, w in zip(digits, _ORGANISATION_WEIGHTS, strict=True)) % 11
        if check < 10:
            return "".join(map(str, [*digits, check]))


def kid(random: Random) -> str:
    """Return a KID of nine digits and a MOD10 check digit."""
    digits = [random.randint(0, 9) for _ in range(9)]
    doubled = [d * 2 - 9 * (d > 4) if place % 2 == 0 else d for place, d in enumerate(digits)]
    return "".join(map(str, [*digits, -sum(doubled) % 10]))


def _lines(random: Random) -> tuple[str, ...]:
    if random.random() < 0.1:
        return (f"Postboks {random.randint(1, 4000)}",)
    street = f"{random.choice(STREETS)} {random.randint(1, 120)}"
    if random.random() < 0.1:
        return ("c/o Tenkt Verge", street)
    return (street,)
