"""The letters of a night: many people, few documents, so that a night is built and packed fast."""

import json
import zipfile
from pathlib import Path
from random import Random

from flows.sandbox.letter_pages import KINDS, giro_page, letter_pdf
from flows.sandbox.people import somebody

DOCUMENTS_A_KIND = 6
"""Of one to three pages."""


def letters_arrive(
    inbox: Path, count: int, seed: int = 4, *, name: str = "natt", digital: bool = False
) -> None:
    """Lay as many letters in an inbox; every one has a recipient and a reference of its own.

    name: what its references and packages begin with. digital: recipients have numbers, too.
    """
    random = Random(seed)
    documents = [
        (kind, pages := 1 + number % 3, letter_pdf(kind, somebody(random), "SAK", pages, random))
        for kind in KINDS
        for number in range(DOCUMENTS_A_KIND)
    ]
    inbox.mkdir(parents=True, exist_ok=True)
    for number in range(count):
        kind, pages, content = random.choice(documents)
        person = somebody(random)
        # A giro is a front; one class in colour and one more in duplex is enough to split a night.
        duplex = random.random() < 0.5 and not (kind.code == "faktura" and pages % 2 == 0)
        described = {
            "tittel": kind.title,
            "avgivendeSystem": "Tenkt sak og arkiv",
            "eksternReferanse": f"{name.upper()}/{number:05d}",
            "forsendelsestype": kind.code,
            "konteringskode": "4420.nat",
            "mottaker": {
                "navn": person.name,
                **({"digitalId": person.digital_id} if digital else {}),
                **{f"adresselinje{n}": line for n, line in enumerate(person.lines, start=1)},
                "postnummer": person.postcode,
                "poststed": person.place,
                "land": person.country,
            },
            "dokumenter": [
                {
                    "filnavn": "brev.pdf",
                    "mimeType": "application/pdf",
                    "giroarkSider": giro_page(kind, pages),
                },
            ],
            "utskriftskonfigurasjon": {"tosidig": duplex, "utskriftMedFarger": kind.colour},
        }
        with zipfile.ZipFile(inbox / f"{name}-{number:05d}.zip", "w") as package:
            package.writestr("forsendelse.json", json.dumps(described))
            package.writestr("brev.pdf", content)
