"""The letters of the set: one of each kind that a vendor must have seen before real ones come."""

import json
import zipfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from random import Random
from typing import Any, Final

from flows.sandbox.letter_pages import KINDS, giro_page, letter_pdf
from flows.sandbox.people import Person, somebody

PLAIN, COLOUR, GIRO = KINDS[0], KINDS[2], KINDS[3]
SEED: Final = 1


@dataclass(frozen=True)
class Trial:
    """One letter of the set, and what it tries."""

    name: str
    tries: str
    pages: int
    kind: Any = PLAIN
    duplex: bool = False
    abroad: bool = False
    attachments: int = 0
    long_address: bool = False


TRIALS: Final = (
    Trial("enkel", "one page, one side: the smallest letter", 1),
    Trial("tosidig-odde", "duplex, an odd number of pages: the last back is blank", 3, duplex=True),
    Trial("tosidig-jevn", "duplex, an even number of pages", 4, duplex=True),
    Trial("farge", "a page with colour on it: a job class of its own", 2, COLOUR),
    Trial("farge-tosidig", "colour on both sides", 4, COLOUR, duplex=True),
    Trial("giro", "the last sheet is giro paper", 2, GIRO),
    Trial("giro-tosidig", "giro in a duplex letter: its back is empty", 3, GIRO, duplex=True),
    Trial("vedlegg", "three documents, each from a front", 1, duplex=True, attachments=2),
    Trial("c4", "too thick for C5", 12),
    Trial("manuell", "more sheets than a machine folds", 70, duplex=False),
    Trial("utlandet", "an address abroad", 1, abroad=True),
    Trial("lang-adresse", "every address line in use, letters beyond ASCII", 1, long_address=True),
)
"""What the vendor's machines are asked to show, in the order of the set."""


def lay(inbox: Path) -> list[Trial]:
    """Lay the set in an inbox, as a sender would; the same bytes every time."""
    inbox.mkdir(parents=True, exist_ok=True)
    random = Random(SEED)  # noqa: S311  -- the same set for every vendor
    for trial in TRIALS:
        with zipfile.ZipFile(inbox / f"{trial.name}.zip", "w") as package:
            for name, content in _files(trial, random):
                package.writestr(zipfile.ZipInfo(name), content)
    return list(TRIALS)


def _files(trial: Trial, random: Random) -> Iterator[tuple[str, bytes]]:
    person = _recipient(trial, random)
    documents = []
    for number in range(1 + trial.attachments):
        name = "brev.pdf" if number == 0 else f"vedlegg-{number}.pdf"
        kind = trial.kind if number == 0 else PLAIN
        yield name, letter_pdf(kind, person, f"PRØVE-{trial.name}", trial.pages, random)
        documents.append(
            {
                "filnavn": name,
                "mimeType": "application/pdf",
                "giroarkSider": giro_page(kind, trial.pages),
            }
        )
    described = {
        "tittel": f"Prøve: {trial.name}",
        "eksternReferanse": f"PROVE/{trial.name}",
        "konteringskode": "0150",
        "mottaker": _described(person),
        "dokumenter": documents,
        "utskriftskonfigurasjon": {
            "tosidig": trial.duplex,
            "utskriftMedFarger": trial.kind.colour,
        },
    }
    yield "forsendelse.json", json.dumps(described, ensure_ascii=False).encode()


def _described(person: Person) -> Mapping[str, str]:
    return {
        "navn": person.name,
        **{f"adresselinje{n}": line for n, line in enumerate(person.lines, start=1)},
        "postnummer": person.postcode,
        "poststed": person.place,
        "land": person.country,
    }


def _recipient(trial: Trial, random: Random) -> Person:
    if trial.long_address:
        return Person(
            name="Elle Márjá Øygard-Čáhppesvuotna",
            digital_id="",
            lines=("c/o Prøvesen og Testvik", "Čakčageaidnu 12 B", "Bolig 0304"),
            postcode="9730",
            place="Karasjok",
        )
    while True:
        person = somebody(random)
        if bool(person.country) == trial.abroad:
            return person
