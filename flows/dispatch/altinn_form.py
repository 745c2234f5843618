"""A letter as Altinn's form: what is sent, field by field."""

import hashlib
import mimetypes
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from io import BufferedReader
from typing import Any, Final

from flows.dispatch import altinn_words
from flows.dispatch.channel import DigitalLetter, Quarantined, Unknown
from flows.domain.identity import ORGANISATION_DIGITS
from flows.errors import TryAgainLater

MAX_ATTACHMENTS: Final = 100
MAX_FILE_BYTES: Final = 2 * 1024**3

DOCUMENT_UNREADABLE: Final = "DOCUMENT_UNREADABLE"
"""The archive does not give a document: a disk that is away, or worse; asked again."""

Part = tuple[str, tuple[str, BufferedReader, str]]


@dataclass(frozen=True)
class Form:
    """One multipart form, its files open."""

    fields: dict[str, str]
    files: Sequence[Part]

    @property
    def parts(self) -> list[Any]:
        """Fields and files as httpx takes them: each a part, or without files it is no form."""
        return [*((name, (None, value)) for name, value in self.fields.items()), *self.files]


@contextmanager
def form_of(letter: DigitalLetter) -> Iterator[Form | Quarantined | Unknown]:
    """Return a letter's form, or why Altinn would never take it. Files are read in pieces."""
    names = altinn_words.file_names(each.file_name for each in letter.attachments)
    if names is None:
        yield Quarantined("FILE_TYPE_NOT_ALLOWED")
    elif len(names) > MAX_ATTACHMENTS:
        yield Quarantined("TOO_MANY_ATTACHMENTS")
    else:
        with ExitStack() as stack:
            try:
                files = [each.fetch() for each in letter.attachments]
                opened = [stack.enter_context(file.open("rb")) for file in files]
                form: Form | Quarantined | Unknown = _form(letter, names, opened)
            except (OSError, TryAgainLater):  # our disk, or the archive's store
                form = Unknown(DOCUMENT_UNREADABLE)
            yield form


def recipient_urn(number: str) -> str:
    """Return a person's or an organisation's number as Altinn names it."""
    kind = "organization" if len(number) == ORGANISATION_DIGITS else "person"
    return f"urn:altinn:{kind}:identifier-no:{number}"


def instant(at: datetime) -> str:
    """Return an instant as Altinn writes it, in milliseconds."""
    return at.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def _form(
    letter: DigitalLetter, names: Sequence[str], opened: Sequence[BufferedReader]
) -> Form | Quarantined:
    fields = {**_message(letter), **_telling(letter)}
    for place, (name, file) in enumerate(zip(names, opened, strict=True)):
        if file.seek(0, 2) > MAX_FILE_BYTES:
            return Quarantined("FILE_TOO_LARGE")
        file.seek(0)
        part = f"correspondence.content.attachments[{place}]"
        fields[f"{part}.fileName"] = name
        fields[f"{part}.sendersReference"] = f"{letter.shipment_id}-{place + 1}"
        fields[f"{part}.checksum"] = hashlib.file_digest(file, _md5).hexdigest()
        fields[f"{part}.isEncrypted"] = "false"
        file.seek(0)
    files = [
        ("attachments", (name, file, mimetypes.guess_type(name)[0] or "application/octet-stream"))
        for name, file in zip(names, opened, strict=True)
    ]
    return Form(fields, files)


def _message(letter: DigitalLetter) -> dict[str, str]:
    title = altinn_words.title_of(letter.title, letter.language)
    body = altinn_words.body_of(letter.text, title)
    fields = {
        "recipients[0]": recipient_urn(letter.recipient_id),
        "idempotentKey": letter.key,
        "correspondence.resourceId": letter.tenant.resource,
        "correspondence.sendersReference": letter.shipment_id,
        "correspondence.content.language": altinn_words.language_of(letter.language),
        "correspondence.content.messageTitle": title,
        "correspondence.content.messageBody": body,
        "correspondence.isConfirmationNeeded": "false",
        "correspondence.isConfidential": "true" if letter.confidential else "false",
        "correspondence.ignoreReservation": "false",
    }
    if sender := altinn_words.plain(letter.sender_name):
        fields["correspondence.messageSender"] = sender
    if summary := altinn_words.summary_of(body):
        fields["correspondence.content.messageSummary"] = summary
    if letter.publish_at is not None:
        fields["correspondence.requestedPublishTime"] = instant(letter.publish_at)
    return fields


def _telling(letter: DigitalLetter) -> dict[str, str]:
    """Return how the recipient is told; nothing, where it must not be."""
    if not letter.notify:
        return {}
    return {
        "correspondence.notification.notificationTemplate": "GenericAltinnMessage",
        "correspondence.notification.notificationChannel": "EmailPreferred",
        # Altinn's reminder comes after seven days; ours goes on paper after two.
        "correspondence.notification.sendReminder": "false",
    }


def _md5() -> Any:
    return hashlib.md5(usedforsecurity=False)  # the API's checksum, against damage on the way
