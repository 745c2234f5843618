"""Read the description that comes with the documents: `Forsendelse` of SvarUt REST v2."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, Any, Final
from uuid import UUID

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, ValidationError

from flows.domain.problem import Problem
from flows.intake.problems import Code, problem

MAX_NAME_LENGTH: Final = 226
MAX_METADATA_BYTES: Final = 1024 * 1024
"""A description of 1000 documents needs a fifth of this; parsed JSON takes 60 times its size."""

MAX_PAGE_NUMBER: Final = 1_000_000
"""Larger numbers are no page's, and no database's integer either."""

_ROUNDS: Final = 20
"""Dropping one faulty field can bring another to light; a description never needs this many."""

Text = Annotated[str, Field(pattern=r"^[^\x00]*$")]
"""PostgreSQL keeps no text with a zero character in it."""

Short = Annotated[Text, Field(max_length=100)]
PageNumber = Annotated[int, Field(ge=1, le=MAX_PAGE_NUMBER)]
Year = Annotated[int, Field(ge=1000, le=9999)]
Sequence = Annotated[int, Field(ge=0, le=2**63 - 1)]
MAX_LINKS: Final = 5


def _instant(text: str) -> str:
    datetime.fromisoformat(text)
    return text


Instant = Annotated[Text, AfterValidator(_instant)]
"""ISO 8601, kept as it was written."""


def _uuid(text: str) -> str:
    UUID(text)
    return text


Id = Annotated[Text, Field(max_length=36), AfterValidator(_uuid)]
"""A letter's id, kept as it was written."""


class _Part(BaseModel):
    """Types are strict, unknown fields are tolerated, and nothing is required here.

    What is missing is for validation to say, together with everything else that is wrong.
    """

    model_config = ConfigDict(strict=True, extra="ignore", frozen=True)


class Address(_Part):
    """`Adresse`: where a letter goes on paper, and the id it goes to digitally."""

    name: Text | None = Field(None, alias="navn")
    line1: Text | None = Field(None, alias="adresselinje1")
    line2: Text | None = Field(None, alias="adresselinje2")
    line3: Text | None = Field(None, alias="adresselinje3")
    postcode: Text | None = Field(None, alias="postnummer", max_length=20)
    place: Text | None = Field(None, alias="poststed")
    country: Text | None = Field(None, alias="land")
    digital_id: Text | None = Field(None, alias="digitalId")


class Note(_Part):
    """`Metadata`: a key and a value of the sender's own."""

    key: Text = Field(alias="key")
    value: Text = Field(alias="value")


class DescribedDocument(_Part):
    """`Dokument`: one file of the letter."""

    file_name: Text | None = Field(None, alias="filnavn")
    mime_type: Text | None = Field(None, alias="mimeType")
    document_type: Text | None = Field(None, alias="dokumentType")
    giro_pages: list[PageNumber] | None = Field(None, alias="giroarkSider")
    excluded_from_print: bool | None = Field(None, alias="skalEkskluderesFraUtskrift")
    to_be_signed: bool | None = Field(None, alias="skalSigneres")
    sensitive: bool | None = Field(None, alias="inneholderPersonsensitivInformasjon")
    notes: list[Note] | None = Field(None, alias="ekstraMetadata")


class PrintWishes(_Part):
    """`Utskriftskonfigurasjon`: how the sender wants it printed."""

    colour: bool | None = Field(None, alias="utskriftMedFarger")
    duplex: bool | None = Field(None, alias="tosidig")


class DescribedLink(_Part):
    """`Lenke`: an address on the web that belongs to the letter."""

    url: Text | None = Field(None, alias="url", max_length=1000)
    text: Short | None = Field(None, alias="tekst")
    lead: Short | None = Field(None, alias="ledetekst")


class RecordForImport(_Part):
    """`NoarkMetadataForImport`: what the recipient's archive may import."""

    folder_id: Text | None = Field(None, alias="mappeId")
    folder_system_id: Text | None = Field(None, alias="mappeSystemId")
    case_year: Year | None = Field(None, alias="saksaar")
    case_number: Sequence | None = Field(None, alias="sakssekvensnummer")
    system_id: Text | None = Field(None, alias="systemId")
    record_id: Text | None = Field(None, alias="registreringsId")
    entry_number: Sequence | None = Field(None, alias="journalpostnummer")
    journal_year: Year | None = Field(None, alias="journalaar")
    journal_number: Sequence | None = Field(None, alias="journalsekvensnummer")
    entry_type: Text | None = Field(None, alias="journalposttype")
    entry_status: Text | None = Field(None, alias="journalstatus")
    document_date: Instant | None = Field(None, alias="dokumentetsDato")
    title: Text | None = Field(None, alias="tittel")


class RecordOfSender(RecordForImport):
    """`NoarkMetadataFraAvleverendeSaksSystem`: the letter in the sender's archive."""

    entry_date: Instant | None = Field(None, alias="journaldato")
    case_worker: Text | None = Field(None, alias="saksbehandler")
    notes: list[Note] | None = Field(None, alias="ekstraMetadata")


class Description(_Part):
    """`Forsendelse`: the letter as its sender describes it."""

    title: Text | None = Field(None, alias="tittel", max_length=1000)
    recipient: Address | None = Field(None, alias="mottaker")
    documents: list[DescribedDocument] | None = Field(None, alias="dokumenter")
    reference: Short | None = Field(None, alias="eksternReferanse")
    account_code: Text | None = Field(None, alias="konteringskode", max_length=20)
    digital_only: bool | None = Field(None, alias="kunDigitalLevering")
    printing: PrintWishes | None = Field(None, alias="utskriftskonfigurasjon")
    shipment_type: Short | None = Field(None, alias="forsendelsestype")
    sending_system: Short | None = Field(None, alias="avgivendeSystem")
    sending_actor: Short | None = Field(None, alias="avgivendeSystemAktor")
    correlation_id: Short | None = Field(None, alias="korrelasjonsid")
    links: Annotated[list[DescribedLink], Field(max_length=MAX_LINKS)] | None = Field(
        None, alias="lenker"
    )
    reply_to: Address | None = Field(None, alias="svarSendesTil")
    reply_link: bool | None = Field(None, alias="svarPaForsendelseLink")
    answers: Id | None = Field(None, alias="svarPaForsendelse")
    exposed_for: list[Text] | None = Field(None, alias="eksponertFor")
    encrypted: bool | None = Field(None, alias="kryptert")
    level_4: bool | None = Field(None, alias="krevNiva4Innlogging")
    confidential: bool | None = Field(None, alias="taushetsbelagtPost")
    signature_type: Text | None = Field(None, alias="signaturType")
    signing_ends: Instant | None = Field(None, alias="signeringUtloper")
    record_of_sender: RecordOfSender | None = Field(None, alias="metadataFraAvleverendeSystem")
    record_for_import: RecordForImport | None = Field(None, alias="metadataForImport")


@dataclass(frozen=True)
class Reading:
    """What could be read of a description, and every fault of its form."""

    description: Description
    problems: tuple[Problem, ...]


def read_description(content: bytes) -> Reading:
    """Read a description; a faulty field is named and left out, so that the rest can be checked."""
    if len(content) > MAX_METADATA_BYTES:
        limit = MAX_METADATA_BYTES // (1024 * 1024)
        too_large = problem(Code.METADATA_TOO_LARGE, "forsendelse.json", grense_mb=limit)
        return Reading(Description(), (too_large,))
    try:
        raw = json.loads(content.decode("utf-8-sig"))
    # ValueError: not UTF-8, not JSON, or a number of thousands of digits.
    except (ValueError, RecursionError):
        raw = None
    if not isinstance(raw, dict):
        return Reading(Description(), (problem(Code.METADATA_NOT_JSON, "forsendelse.json"),))
    found: list[Problem] = []
    for _ in range(_ROUNDS):
        try:
            return Reading(Description.model_validate(raw), tuple(found))
        except ValidationError as fault:
            for error in fault.errors(include_input=False, include_url=False):
                found.append(_problem(error))
                _leave_out(raw, error["loc"])
    return Reading(Description(), tuple(found))


_WANTED: Final[Mapping[str, str]] = {
    "string_type": "tekst",
    "bool_type": "ja_nei",
    "int_type": "heltall",
    "list_type": "liste",
    "model_type": "objekt",
}
"""Names in templates/expected_values.toml, as those below."""

_EXPECTED: Final[Mapping[str, str]] = {
    "string_pattern_mismatch": "synlig_tekst",
    "greater_than_equal": "tall",
    "less_than_equal": "tall",
    "value_error": "dato",
}


def _problem(error: Any) -> Problem:
    field = _path(error["loc"])
    if error["type"] == "string_too_long":
        return problem(Code.FIELD_TOO_LONG, field, grense=error["ctx"]["max_length"])
    if error["type"] == "too_long":
        return problem(Code.TOO_MANY, field, grense=error["ctx"]["max_length"])
    if error["type"] == "missing":
        return problem(Code.FIELD_MISSING, field)
    if error["type"] in _WANTED:
        return problem(Code.FIELD_WRONG_TYPE, field, ventet=_WANTED[error["type"]])
    wanted = _EXPECTED.get(error["type"], "annet")
    if error["loc"][-1] == "svarPaForsendelse":
        wanted = "forsendelse"
    return problem(Code.FIELD_INVALID, field, ventet=wanted)


def _path(location: tuple[int | str, ...]) -> str:
    """Return `dokumenter[2].filnavn`; documents are counted from 1, as people do."""
    text = ""
    for part in location:
        text += f"[{part + 1}]" if isinstance(part, int) else f".{part}" if text else part
    return text


def _leave_out(raw: Any, location: tuple[int | str, ...]) -> None:
    """Take the field an error is about out of the raw description: the innermost named one."""
    names = [place for place, part in enumerate(location) if isinstance(part, str)]
    holder = raw
    for part in location[: names[-1]]:
        try:
            holder = holder[part]
        except (KeyError, IndexError, TypeError):
            return  # an earlier error of this round took its surroundings out
    if isinstance(holder, dict):
        holder.pop(location[names[-1]], None)
