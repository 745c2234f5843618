"""What a letter carries beside recipient and documents, and what of it we cannot do."""

from collections.abc import Iterator
from typing import Final
from urllib.parse import urlsplit

from flows.domain.problem import Problem
from flows.domain.shipment import Link
from flows.intake.metadata import Description
from flows.intake.problems import Code, problem

_SCHEMES: Final = frozenset({"http", "https"})
"""Others can make a reader's device run things."""

_NOT_IN_ADDRESSES: Final = frozenset('"<>\\^`{|}')
"""RFC 2396, 2.4.3: these are written as %22 and so on."""


def of_particulars(described: Description) -> Iterator[Problem]:
    """Find what is wrong with links, and what is asked for that we do not do."""
    for place, link in enumerate(described.links or [], start=1):
        if not _is_web_address(link.url or "") or not (link.text or "").strip():
            yield problem(Code.LINK_INVALID, f"lenker[{place}]")
    if described.encrypted:
        yield problem(Code.ENCRYPTION, "kryptert")
    signed = [
        f"dokumenter[{place}].skalSigneres"
        for place, document in enumerate(described.documents or [], start=1)
        if document.to_be_signed
    ]
    if described.signature_type or described.signing_ends:
        signed.append("signaturType" if described.signature_type else "signeringUtloper")
    yield from (problem(Code.SIGNING, field) for field in signed)
    if described.exposed_for:
        yield problem(Code.FIELD_UNUSED, "eksponertFor")


def of_notes(described: Description) -> Iterator[Problem]:
    """Find keys of the sender's own that stand twice where each may stand once."""
    places = {
        f"dokumenter[{place}].ekstraMetadata": document.notes
        for place, document in enumerate(described.documents or [], start=1)
    }
    if described.record_of_sender is not None:
        places["metadataFraAvleverendeSystem.ekstraMetadata"] = described.record_of_sender.notes
    for field, notes in places.items():
        keys = [note.key for note in notes or []]
        if len(set(keys)) < len(keys):
            yield problem(Code.KEY_TWICE, field)


def links_of(described: Description) -> tuple[Link, ...]:
    """Return the links of a letter without faults."""
    return tuple(
        Link(link.url or "", link.text or "", link.lead or "") for link in described.links or []
    )


def records_of(described: Description) -> dict[str, object]:
    """Return what only the recipient's or the sender's archive needs, by its Norwegian names."""
    whole = described.model_dump(
        by_alias=True,
        exclude_none=True,
        include={"record_of_sender", "record_for_import", "answers", "sending_actor"},
    )
    documents = [
        one.model_dump(
            by_alias=True,
            exclude_none=True,
            include={"file_name", "document_type", "sensitive", "notes"},
        )
        for one in described.documents or []
        if one.document_type or one.sensitive or one.notes
    ]
    return {**whole, "dokumenter": documents} if documents else whole


def _is_web_address(url: str) -> bool:
    if any(char.isspace() or not char.isprintable() or char in _NOT_IN_ADDRESSES for char in url):
        return False
    try:
        parts = urlsplit(url)
    except ValueError:
        return False
    return parts.scheme in _SCHEMES and bool(parts.hostname)
