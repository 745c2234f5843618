"""The shape a request must have: every field and limit of the description, nothing else.

Stricter than the real one in one way: unknown fields are refused, since here they are a client's
mistake. The description says so too. Names are case-insensitive.
"""

import json
import re
from collections.abc import Iterable
from datetime import datetime
from typing import Annotated, Any, Final, Literal, TypeVar, get_args
from uuid import UUID

from pydantic import (
    AliasGenerator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    StringConstraints,
    ValidationError,
)
from pydantic.alias_generators import to_camel, to_pascal

from flows.sandbox.altinn_problem import Problem, invalid

T = TypeVar("T", bound=BaseModel)


def _numbered(names: Any) -> BeforeValidator:
    """Let an enum's number stand for its name, as the API does on input."""
    listed = get_args(names)
    return BeforeValidator(
        lambda value: listed[value] if type(value) is int and 0 <= value < len(listed) else value
    )


_Channel = Literal["Email", "Sms", "EmailPreferred", "SmsPreferred", "EmailAndSms"]
_Template = Literal["CustomMessage", "GenericAltinnMessage"]
_ContentType = Literal["Plain", "Html"]
_Location = Literal[
    "NewCorrespondenceAttachment", "ExistingCorrespondenceAttachment", "ExistingExternalStorage"
]
_Reference = Literal[
    "Generic",
    "AltinnAppInstance",
    "AltinnBrokerFileTransfer",
    "DialogportenDialogId",
    "DialogportenProcessId",
    "DialogportenTransmissionType",
]
Channel = Annotated[_Channel, _numbered(_Channel)]
Template = Annotated[_Template, _numbered(_Template)]
ContentType = Annotated[_ContentType, _numbered(_ContentType)]
Text255 = Annotated[str, StringConstraints(max_length=255)]
Reference = Annotated[str, StringConstraints(min_length=1, max_length=4096)]
Resource = Annotated[
    str,
    StringConstraints(
        min_length=1, max_length=255, pattern=r"^(?:urn:altinn:resource:)?[^:]{1,255}$"
    ),
]


class _Model(BaseModel):
    model_config = ConfigDict(
        extra="forbid",
        alias_generator=AliasGenerator(
            validation_alias=lambda name: name.replace("_", ""), serialization_alias=to_camel
        ),
    )


class AttachmentMeta(_Model):
    """What is said of an attachment."""

    file_name: Text255 | None = None
    display_name: Text255 | None = None
    is_encrypted: bool = False
    checksum: str | None = None
    senders_reference: Reference
    expiration_in_days: int | None = None


class CorrespondenceAttachment(AttachmentMeta):
    """An attachment of a new correspondence."""

    id: UUID | None = None
    data_location_type: Annotated[_Location, _numbered(_Location)] = "NewCorrespondenceAttachment"


class NewAttachment(AttachmentMeta):
    """POST /attachment."""

    resource_id: Annotated[str, StringConstraints(min_length=1, max_length=255)]
    sender: str | None = None


class Content(_Model):
    """What the recipient reads."""

    language: str | None = "nb"
    message_title: Annotated[str, StringConstraints(min_length=1, max_length=255)] | None
    message_summary: Text255 | None = None
    message_body: Annotated[str, StringConstraints(min_length=1, max_length=30_000)] | None
    attachments: list[CorrespondenceAttachment] | None = None


class ExternalReference(_Model):
    """A reference to something elsewhere."""

    reference_value: str | None
    reference_type: Annotated[_Reference, _numbered(_Reference)]


class ReplyOption(_Model):
    """A link to answer by."""

    link_url: str | None = Field(serialization_alias="linkURL")
    link_text: str | None = None


class NotificationRecipient(_Model):
    """Somebody else to tell."""

    email_address: str | None = None
    mobile_number: str | None = None
    organization_number: str | None = None
    national_identity_number: str | None = None
    is_reserved: bool | None = None


class CustomNotificationRecipient(_Model):
    """Deprecated: somebody to tell instead."""

    recipient_to_override: str | None
    recipients: list[NotificationRecipient] | None


class Notification(_Model):
    """How the recipient is told."""

    notification_template: Template = "CustomMessage"
    notification_channel: Channel
    email_subject: Annotated[str, StringConstraints(max_length=512)] | None = None
    email_body: Annotated[str, StringConstraints(max_length=10_000)] | None = None
    email_content_type: ContentType = "Plain"
    sms_body: Annotated[str, StringConstraints(max_length=2144)] | None = None
    send_reminder: bool = False
    reminder_notification_channel: Channel | None = None
    reminder_email_subject: Annotated[str, StringConstraints(max_length=512)] | None = None
    reminder_email_body: Annotated[str, StringConstraints(max_length=10_000)] | None = None
    reminder_email_content_type: ContentType = "Plain"
    reminder_sms_body: Annotated[str, StringConstraints(max_length=2144)] | None = None
    senders_reference: str | None = None
    custom_recipients: list[NotificationRecipient] | None = None
    custom_recipient: NotificationRecipient | None = None
    custom_notification_recipients: list[CustomNotificationRecipient] | None = None
    override_registered_contact_information: bool = False


class Correspondence(_Model):
    """What all recipients of a request get."""

    resource_id: Resource
    sender: str | None = None
    senders_reference: Reference
    message_sender: Text255 | None = None
    content: Content
    requested_publish_time: datetime | None = None
    due_date_time: datetime | None = None
    external_references: Annotated[list[ExternalReference], Field(max_length=10)] | None = None
    property_list: (
        Annotated[
            dict[
                Annotated[str, StringConstraints(max_length=50)],
                Annotated[str, StringConstraints(max_length=300)],
            ],
            Field(max_length=10),
        ]
        | None
    ) = None
    reply_options: list[ReplyOption] | None = None
    notification: Notification | None = None
    ignore_reservation: bool | None = None
    is_confirmation_needed: bool = False
    is_confidential: bool = False
    allow_forwarding: bool = False


class Initialize(_Model):
    """POST /correspondence, and the form of /correspondence/upload."""

    correspondence: Correspondence
    recipients: Annotated[list[str], Field(min_length=1, max_length=500)]
    existing_attachments: Annotated[list[UUID], Field(max_length=100)] | None = None
    idempotent_key: UUID | None = None


class Forward(_Model):
    """POST /correspondence/{id}/forward: the one body that may hold more than is described."""

    model_config = ConfigDict(extra="ignore")

    forward_to: str
    forwarding_text: Annotated[str, StringConstraints(max_length=200)] | None = None


def read_json(model: type[T], body: bytes) -> T:
    """Return a JSON body as a model.

    Raises Problem.
    """
    try:
        said = json.loads(body)
        if not isinstance(said, dict):
            raise invalid({"$": ["The JSON value could not be converted."]})
        return model.model_validate_json(json.dumps(_lower(said)), strict=True)
    except ValidationError as fault:
        raise _invalid(fault) from fault
    except (ValueError, RecursionError) as fault:
        raise invalid({"$": ["The body is not JSON."]}) from fault


def read_form(fields: Iterable[tuple[str, str]]) -> Initialize:
    """Return a form's dotted, indexed fields as a model.

    Raises Problem.
    """
    try:
        return Initialize.model_validate(nested(fields))
    except ValidationError as fault:
        raise _invalid(fault) from fault


_PROPERTY: Final = re.compile(r"^correspondence\.propertylist[.\[](.+?)\]?$", re.IGNORECASE)
_LISTS: Final = {"recipients", "existingattachments"}


def nested(fields: Iterable[tuple[str, str]]) -> dict[str, Any]:
    """Return form fields as the object they describe; an empty value is no value."""
    root: dict[str, Any] = {}
    for name, value in fields:
        if value == "":
            continue
        own = _PROPERTY.match(name)
        if own:
            root.setdefault("correspondence", {}).setdefault("propertylist", {})[own[1]] = value
            continue
        steps = re.findall(r"[^.\[\]]+", name.lower())
        if not steps:
            raise invalid({name: ["The field has no name."]})
        place = root
        for step in steps[:-1]:
            place = place.setdefault(step, {})
            if not isinstance(place, dict):
                raise invalid({name: ["The field is both a value and an object."]})
        last = steps[-1] if steps[-1] not in _LISTS else f"{len(place.get(steps[-1], {}))}"
        place = place if steps[-1] not in _LISTS else place.setdefault(steps[-1], {})
        place[last] = value
    listed: dict[str, Any] = _listed(root)
    return listed


def _listed(value: Any) -> Any:
    """Turn objects whose names are all numbers into lists."""
    if not isinstance(value, dict):
        return value
    if value and all(name.isdecimal() for name in value):
        return [_listed(value[name]) for name in sorted(value, key=int)]
    return {k: v if k == "propertylist" else _listed(v) for k, v in value.items()}


def _lower(value: Any) -> Any:
    if isinstance(value, list):
        return [_lower(one) for one in value]
    if not isinstance(value, dict):
        return value
    return {k.lower(): v if k.lower() == "propertylist" else _lower(v) for k, v in value.items()}


def _invalid(fault: ValidationError) -> Problem:
    errors: dict[str, list[str]] = {}
    for one in fault.errors(include_url=False, include_context=False, include_input=False):
        name = ".".join(_NAMES.get(str(part), str(part)) for part in one["loc"])
        errors.setdefault(re.sub(r"\.(\d+)", r"[\1]", name), []).append(one["msg"])
    return invalid(errors)


_NAMES: Final = {
    name.replace("_", ""): to_pascal(name)
    for model in (
        Initialize, Correspondence, Content, CorrespondenceAttachment, NewAttachment, Forward,
        ExternalReference, ReplyOption, Notification, NotificationRecipient,
        CustomNotificationRecipient,
    )
    for name in model.model_fields
}  # fmt: skip
"""What a field is called in an answer, by its lower-case name."""
