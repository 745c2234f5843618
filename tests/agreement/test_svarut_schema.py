"""What we read is what SvarUt REST v2 publishes: every field, its type and its length."""

import json
from pathlib import Path
from typing import Any

import pytest
from pydantic import BaseModel

from flows.intake import metadata

PARTS: dict[str, type[BaseModel]] = {
    "Forsendelse": metadata.Description,
    "Adresse": metadata.Address,
    "Dokument": metadata.DescribedDocument,
    "Lenke": metadata.DescribedLink,
    "Metadata": metadata.Note,
    "NoarkMetadataForImport": metadata.RecordForImport,
    "NoarkMetadataFraAvleverendeSaksSystem": metadata.RecordOfSender,
    "Utskriftskonfigurasjon": metadata.PrintWishes,
}
STRICTER = {
    ("Forsendelse", "avgivendeSystemAktor"): 100,  # as REST v3 has it, and our column
    ("Forsendelse", "svarPaForsendelse"): 36,  # a UUID has no more
    ("Adresse", "postnummer"): 20,
    ("Lenke", "url"): 1000,  # these three as REST v3 has them
    ("Lenke", "tekst"): 100,
    ("Lenke", "ledetekst"): 100,
}
"""Where we say a length and REST v2 does not."""


@pytest.fixture(scope="module")
def schemas(shared: Path) -> dict[str, Any]:
    file = shared / "specs/svarut/rest-v2/forsendelse-send-api-v2.json"
    found: dict[str, Any] = json.loads(file.read_text(encoding="utf-8"))["components"]["schemas"]
    return found


@pytest.mark.parametrize("part", PARTS)
def test_every_published_field_is_read_and_no_other(part: str, schemas: dict[str, Any]) -> None:
    ours = {str(field.alias) for field in PARTS[part].model_fields.values()}

    assert ours == set(schemas[part]["properties"])


@pytest.mark.parametrize("part", PARTS)
def test_lengths_are_the_published_ones(part: str, schemas: dict[str, Any]) -> None:
    published = {name: length(found) for name, found in schemas[part]["properties"].items()}
    described = PARTS[part].model_json_schema()["properties"]
    ours = {name: length(found) for name, found in described.items()}
    stricter = {name: length for (where, name), length in STRICTER.items() if where == part}
    if part == "Dokument":
        ours["filnavn"] = (
            metadata.MAX_NAME_LENGTH
        )  # said by a rule of its own, with the other rules

    assert ours == published | stricter


def length(found: dict[str, Any]) -> int | None:
    """Return a JSON schema's own length, through what says that it may be null."""
    for each in (found, *found.get("anyOf", ())):
        if "maxLength" in each or "maxItems" in each:
            return int(each.get("maxLength", each.get("maxItems")))
    return None
