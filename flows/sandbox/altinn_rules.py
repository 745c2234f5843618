"""What a well-formed request may still be refused for: the rules with a code."""

import re
from datetime import UTC, datetime
from typing import Any, Final
from uuid import UUID

from flows.sandbox.altinn_files import check_meta
from flows.sandbox.altinn_model import (
    Content,
    Correspondence,
    Initialize,
    Notification,
    NotificationRecipient,
)
from flows.sandbox.altinn_problem import Problem

MAX_ATTACHMENTS: Final = 100
FORWARDABLE_BYTES: Final = 10 * 1024**2
_MARKUP: Final = re.compile(r"[*_<>`#]|\[[^]]*\]\(")
"""What a round trip through Markdown would change; the real check is such a round trip."""

_HTML: Final = re.compile(r"<[a-zA-Z/!][^>]*>")
_NO_ID: Final = UUID(int=0)


def check(wanted: Initialize, now: datetime, resource: dict[str, Any]) -> None:
    """Refuse what breaks a rule.

    resource: what is registered of it; empty when nothing is.
    Raises Problem.
    """
    letter = wanted.correspondence
    if wanted.idempotent_key == _NO_ID:
        raise Problem(400, 1033)
    if wanted.idempotent_key is not None and len(wanted.recipients) > 1:
        raise Problem(400, 1047)
    _check_content(letter.content)
    if letter.message_sender and _MARKUP.search(letter.message_sender):
        raise Problem(400, 1039)
    _check_dates(letter, now)
    _check_links(letter, len(wanted.recipients))
    if letter.notification is not None:
        _check_notification(letter.notification, len(wanted.recipients))
    attachments = letter.content.attachments or []
    if len(attachments) + len(wanted.existing_attachments or []) > MAX_ATTACHMENTS:
        raise Problem(400, 1038)
    for attachment in attachments:
        check_meta(attachment)
    if resource.get("confidential") is not None and resource["confidential"] != bool(
        letter.is_confidential
    ):
        raise Problem(400, 1060 if resource["confidential"] else 1061)
    if letter.allow_forwarding and resource.get("authentication_level") != 0:
        raise Problem(400, 1068)


def _check_content(content: Content) -> None:
    if not content.message_title or content.message_title.isspace():
        raise Problem(400, 1020)
    if _MARKUP.search(content.message_title):
        raise Problem(400, 1002)
    if not content.message_body or content.message_body.isspace():
        raise Problem(400, 1021)
    if _HTML.search(content.message_body):
        raise Problem(400, 1003)
    if (content.language or "nb") not in {"nb", "nn", "en"}:
        raise Problem(400, 1023)


def aware(at: datetime | None) -> datetime | None:
    """Return an instant with a zone: UTC when none was given."""
    return at.replace(tzinfo=UTC) if at and at.tzinfo is None else at


def _check_dates(letter: Correspondence, now: datetime) -> None:
    due, publish = aware(letter.due_date_time), aware(letter.requested_publish_time)
    if due is None:
        if letter.is_confirmation_needed:
            raise Problem(400, 1016)
        return
    if due < now:
        raise Problem(400, 1008)
    if publish and due < publish:
        raise Problem(400, 1009)


def _check_links(letter: Correspondence, recipients: int) -> None:
    for option in letter.reply_options or []:
        url = option.link_url or ""
        if not re.fullmatch(r"https://[^\s/]+\S*", url) or len(url) > 255:
            raise Problem(400, 1035)
    kinds = [one.reference_type for one in letter.external_references or []]
    for reference in letter.external_references or []:
        if reference.reference_type == "DialogportenDialogId":
            if not _is_id(reference.reference_value):
                raise Problem(400, 1048)
            if recipients > 1:
                raise Problem(400, 1045)
    if kinds.count("DialogportenTransmissionType") > 1:
        raise Problem(400, 1052)
    if "DialogportenTransmissionType" in kinds and "DialogportenDialogId" not in kinds:
        raise Problem(400, 1053)


def _is_id(text: str | None) -> bool:
    try:
        return UUID(text or "") != _NO_ID
    except ValueError:
        return False


def _check_notification(told: Notification, recipients: int) -> None:
    if told.notification_template == "CustomMessage":
        missing = _missing(
            told.notification_channel, told.email_subject, told.email_body, told.sms_body
        )
        if missing:
            raise Problem(400, missing)
        channel = told.reminder_notification_channel or told.notification_channel
        reminder = (
            told.reminder_email_subject,
            told.reminder_email_body,
            told.reminder_sms_body,
        )
        missing = _missing(channel, *reminder) if told.send_reminder else None
        if missing:
            raise Problem(400, missing + 1)
    custom = [
        *(told.custom_recipients or []),
        *([told.custom_recipient] * bool(told.custom_recipient)),
    ]
    if custom and recipients > 1:
        raise Problem(400, 3017)
    for one in custom:
        if one is not None:
            _check_custom(one)
    if told.override_registered_contact_information and not custom:
        raise Problem(400, 3022)


def _missing(channel: str, subject: str | None, body: str | None, sms: str | None) -> int | None:
    """Return the code for texts a channel needs and does not have."""
    mail, text = bool(subject and body), bool(sms)
    if channel == "Email":
        return None if mail else 3002
    if channel == "Sms":
        return None if text else 3004
    if mail and text:
        return None
    return 3024 if channel == "EmailAndSms" else 3006


def _check_custom(one: NotificationRecipient) -> None:
    given = [
        name
        for name in (
            one.email_address,
            one.mobile_number,
            one.organization_number,
            one.national_identity_number,
        )
        if name
    ]
    if len(given) != 1:
        raise Problem(400, 3018 if given else 3019)
    if one.email_address and not re.fullmatch(r"[^@\s]+@[^@\s]+\.[^@\s]+", one.email_address):
        raise Problem(400, 3011)
    if one.mobile_number and not re.fullmatch(r"\+?[0-9]{8,15}", one.mobile_number):
        raise Problem(400, 3012)
