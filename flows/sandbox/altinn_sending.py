"""Correspondence comes in: as JSON, or as a form with its files; one or up to 500 recipients."""

import sys
from collections.abc import Sequence
from datetime import datetime
from typing import Any, Final

from starlette.datastructures import UploadFile
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from flows.sandbox.altinn_access import caller_of, check_resource
from flows.sandbox.altinn_faults import AFTER, SpoiledAnswer, preset
from flows.sandbox.altinn_files import Attachment, Digest, digest
from flows.sandbox.altinn_mail import Mail, MailRoom, new_id
from flows.sandbox.altinn_model import CorrespondenceAttachment, Initialize, read_form, read_json
from flows.sandbox.altinn_problem import Problem
from flows.sandbox.altinn_readers import read_habit
from flows.sandbox.altinn_recipients import ORGANISATION, as_urns
from flows.sandbox.altinn_rules import FORWARDABLE_BYTES, aware, check

MAX_FIELDS: Final = 5000
STALE_HOURS: Final = 6


async def initialize(request: Request) -> Response:
    """POST /correspondence: attachments must be there and scanned already."""
    wanted = read_json(Initialize, await request.body())
    urns = _checked(request, wanted)
    existing = _existing(request, wanted)
    return _created(request, wanted, urns, existing)


async def upload(request: Request) -> Response:
    """POST /correspondence/upload: the letter and its files in one form."""
    async with request.form(max_files=MAX_FIELDS, max_fields=MAX_FIELDS) as form:
        parts = form.multi_items()
        files = [part for _, part in parts if isinstance(part, UploadFile)]
        wanted = read_form((name, text) for name, text in parts if isinstance(text, str))
        urns = _checked(request, wanted)
        attachments = list(_existing(request, wanted))
        described = wanted.correspondence.content.attachments or []
        for meta, file in _matched(described, files):
            found = await digest(file, meta.checksum)
            attachments.append(_attachment(request, wanted, meta, found))
    return _created(request, wanted, urns, attachments)


def _checked(request: Request, wanted: Initialize) -> list[str]:
    """Refuse what breaks a rule; return the recipients as urns."""
    room: MailRoom = request.app.state.room
    urns = as_urns(wanted.recipients)
    resource = check_resource(request, wanted.correspondence.resource_id)
    check(wanted, room.now, resource)
    if len(set(urns)) < len(urns):
        raise Problem(400, 1006)
    if wanted.idempotent_key and str(wanted.idempotent_key) in room.by_key:
        raise Problem(409, 1034)
    return urns


def _matched(
    described: Sequence[CorrespondenceAttachment], files: Sequence[UploadFile]
) -> list[tuple[CorrespondenceAttachment, UploadFile]]:
    """Pair what is described with the files: by place and name, otherwise by a name of its own."""
    if len(described) != len(files):
        raise Problem(400, 1005)
    pairs = []
    for place, meta in enumerate(described):
        named = [file for file in files if file.filename == meta.file_name]
        if files[place].filename == meta.file_name:
            pairs.append((meta, files[place]))
        elif len(named) == 1:
            pairs.append((meta, named[0]))
        else:
            raise Problem(400, 1005)
    return pairs


def _attachment(
    request: Request, wanted: Initialize, meta: CorrespondenceAttachment, found: Digest
) -> Attachment:
    """Return a file of a form as an attachment; the answer has waited for its scan."""
    room: MailRoom = request.app.state.room
    letter = wanted.correspondence
    key = wanted.idempotent_key or letter.senders_reference
    return Attachment(
        id=new_id(f"{room.seed}/{key}/{meta.file_name}/{len(room.attachments)}/{found.sha256}"),
        resource=letter.resource_id,
        created=room.now,
        file_name=meta.file_name or "",
        senders_reference=meta.senders_reference,
        display_name=meta.display_name,
        is_encrypted=meta.is_encrypted,
        checksum=meta.checksum or found.md5,
        expiration_in_days=meta.expiration_in_days,
        consumer=caller_of(request).consumer,
        sha256=found.sha256,
        size=found.size,
        uploaded=room.now,
        scanned=room.now,
    )


def _existing(request: Request, wanted: Initialize) -> list[Attachment]:
    room: MailRoom = request.app.state.room
    caller = caller_of(request)
    found = []
    for each in wanted.existing_attachments or []:
        attachment = room.attachments.get(str(each))
        if attachment is None:
            raise Problem(400, 1007)
        if not caller.anyone and attachment.consumer not in {None, caller.consumer}:
            raise Problem(400, 1017)
        _check_fresh(attachment, room.now)
        found.append(attachment)
    return found


def _check_fresh(attachment: Attachment, now: datetime) -> None:
    status = attachment.status(now)
    if status == "Purged":
        raise Problem(400, 2006)
    if status == "Expired":
        raise Problem(400, 2018)
    if status != "Published":
        raise Problem(400, 1018)
    if attachment.expires and (attachment.expires - now).total_seconds() < STALE_HOURS * 3600:
        raise Problem(400, 1055)


def _created(
    request: Request, wanted: Initialize, urns: list[str], attachments: Sequence[Attachment]
) -> Response:
    """Make the correspondence. Nothing here waits, so of two with one key, one is first."""
    room: MailRoom = request.app.state.room
    letter = wanted.correspondence
    named = (letter.property_list or {}).get("scenario")
    try:
        habits = {
            urn: room.habit_of(urn.rpartition(":")[2], letter.senders_reference, named)
            for urn in urns
        }
    except ValueError:  # a property of the sender's own that only looks like ours
        habits = {
            urn: room.habit_of(urn.rpartition(":")[2], letter.senders_reference) for urn in urns
        }
    key = str(wanted.idempotent_key) if wanted.idempotent_key else None
    if key in room.by_key:
        raise Problem(409, 1034)
    _check_reachable(wanted, habits)
    if letter.allow_forwarding and sum(one.size for one in attachments) > FORWARDABLE_BYTES:
        raise Problem(400, 1069)
    spoiled = _spoiled(room, key or letter.senders_reference, habits[urns[0]])
    if spoiled and spoiled not in AFTER:
        return preset(spoiled).response()
    said = letter.model_dump_json(by_alias=True, exclude_none=True).encode()
    if any(read_habit(habit).fate == "malware" for habit in habits.values()):
        for attachment in attachments:
            attachment.infected = True
    if any(attachment.malware for attachment in attachments):
        habits = dict.fromkeys(habits, "malware")
    for attachment in attachments:
        room.attachments[attachment.id] = attachment
    mail = [
        _put(request, wanted, urn, habit, said=said, attachments=attachments)
        for urn, habit in habits.items()
    ]
    answer = JSONResponse(
        {
            "correspondences": [
                {
                    "correspondenceId": each.id,
                    "status": each.status,
                    "recipient": each.recipient,
                    "notifications": None,
                }
                for each in mail
            ],
            "attachmentIds": [attachment.id for attachment in attachments],
        }
    )
    return SpoiledAnswer(preset(spoiled), answer) if spoiled else answer


def _check_reachable(wanted: Initialize, habits: dict[str, str]) -> None:
    """Refuse recipients nobody can reach; of several, one that is reserved is no reason to."""
    letter = wanted.correspondence
    fates = {urn: read_habit(habit).fate for urn, habit in habits.items()}
    unknown = [urn for urn, fate in fates.items() if fate == "unknown"]
    if unknown:
        said = f"Could not find partyId for the following recipients: {', '.join(unknown)}"
        raise Problem(404, 1029, said)
    lacking = [u for u, fate in fates.items() if fate == "no_roles" and u.startswith(ORGANISATION)]
    if letter.is_confidential and lacking:
        said = f"The following recipients lack required roles: {', '.join(lacking)}"
        raise Problem(400, 1044, said)
    reserved = [urn for urn, fate in fates.items() if fate == "reserved"]
    if reserved and len(fates) == 1 and not letter.ignore_reservation:
        raise Problem(422, 1030, f"Recipient {reserved[0]} has reserved themselves")


def _spoiled(room: MailRoom, key: str, habit: str) -> str | None:
    """Return what spoils this sending, if the recipient's habit spoils this one."""
    for fault, times in read_habit(habit).faults:
        before = room.attempts.get((key, fault), 0)
        if before < times:
            room.attempts[key, fault] = before + 1
            return fault
    return None


def _put(
    request: Request,
    wanted: Initialize,
    urn: str,
    habit: str,
    *,
    said: bytes,
    attachments: Sequence[Attachment],
) -> Mail:
    room: MailRoom = request.app.state.room
    letter: Any = wanted.correspondence
    key = str(wanted.idempotent_key) if wanted.idempotent_key else None
    overruled = letter.ignore_reservation and read_habit(habit).fate == "reserved"
    mail = Mail(
        id=new_id(f"{room.seed}/{key or letter.senders_reference}/{len(room.mail)}"),
        key=key,
        recipient=urn,
        reference=letter.senders_reference,
        resource=sys.intern(letter.resource_id.removeprefix("urn:altinn:resource:")),
        created=room.now,
        requested_publish=aware(letter.requested_publish_time) or room.now,
        habit="never" if overruled else habit,
        said=said,
        consumer=caller_of(request).consumer,
        attachments=tuple(attachments),
    )
    room.put(mail)
    return mail
