"""Shared attachments: announced, uploaded, scanned after a while, then usable by many letters."""

from datetime import datetime
from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from flows.sandbox.altinn_access import caller_of, check_resource
from flows.sandbox.altinn_files import Attachment, Hasher, check_meta
from flows.sandbox.altinn_mail import MailRoom, new_id, text_of
from flows.sandbox.altinn_model import NewAttachment, read_json
from flows.sandbox.altinn_problem import Problem


async def announce(request: Request) -> Response:
    """POST /attachment: answers a bare JSON string. No key: a second call makes a second one."""
    room: MailRoom = request.app.state.room
    meta = read_json(NewAttachment, await request.body())
    check_resource(request, meta.resource_id)
    check_meta(meta)
    attachment = Attachment(
        id=new_id(f"{room.seed}/attachment/{meta.senders_reference}/{len(room.attachments)}"),
        resource=meta.resource_id,
        created=room.now,
        file_name=meta.file_name or "",
        senders_reference=meta.senders_reference,
        display_name=meta.display_name,
        is_encrypted=meta.is_encrypted,
        checksum=meta.checksum,
        expiration_in_days=meta.expiration_in_days,
        consumer=caller_of(request).consumer,
    )
    room.attachments[attachment.id] = attachment
    return JSONResponse(attachment.id)


async def upload(request: Request) -> Response:
    """POST /attachment/{id}/upload: hashed as it comes."""
    room: MailRoom = request.app.state.room
    attachment = _found(request)
    if attachment.purged:
        raise Problem(404, 2001)
    if attachment.linked:
        raise Problem(
            400, 2003, "Cannot upload attachment to a correspondence that has been created"
        )
    if attachment.uploaded:
        raise Problem(400, 2005)
    hasher = Hasher()
    async for piece in request.stream():
        hasher.take(piece)
    found = hasher.done(attachment.checksum)
    if attachment.uploaded:  # by another call, while this one was still coming in
        raise Problem(400, 2005)
    attachment.checksum, attachment.sha256, attachment.size = found.md5, found.sha256, found.size
    attachment.uploaded, attachment.scanned = room.now, room.now + room.scan_delay
    return JSONResponse(_overview(attachment, room.now))


async def overview(request: Request) -> Response:
    """GET /attachment/{id}."""
    return JSONResponse(_overview(_found(request), request.app.state.room.now))


async def details(request: Request) -> Response:
    """GET /attachment/{id}/details: with its history."""
    attachment, now = _found(request), request.app.state.room.now
    history = [
        {"status": status, "statusText": _why(attachment, status), "statusChanged": text_of(at)}
        for status, at in attachment.history(now)
    ]
    return JSONResponse({**_overview(attachment, now), "statusHistory": history})


async def purge(request: Request) -> Response:
    """DELETE /attachment/{id}: only while no letter has it."""
    attachment, room = _found(request), request.app.state.room
    if attachment.purged:
        raise Problem(400, 2006)
    if attachment.status(room.now) == "Expired":
        raise Problem(400, 2018)
    if any(not room.mail[linked].purged for linked in attachment.linked):
        raise Problem(400, 2007)
    attachment.purged = room.now
    return JSONResponse(_overview(attachment, room.now))


async def download(request: Request) -> Response:
    """GET /attachment/{id}/download: refused once part of a published letter."""
    attachment, room = _found(request), request.app.state.room
    if attachment.purged or not attachment.uploaded:
        raise Problem(404, 2001)
    for linked in attachment.linked:
        mail = room.found(linked)
        if mail is not None and mail.when("Published"):
            raise Problem(401, 2016)
    return content_of(attachment)


def content_of(attachment: Attachment) -> Response:
    """Return what stands for an attachment's bytes, which were let go: their digest."""
    said = f"{attachment.file_name}: {attachment.size} bytes, sha256 {attachment.sha256}\n"
    return Response(said, media_type="application/octet-stream")


def as_part(attachment: Attachment, now: datetime) -> dict[str, Any]:
    """Return an attachment as part of a correspondence."""
    shown = _overview(attachment, now)
    for name in ("attachmentId", "resourceId", "correspondenceIds"):
        del shown[name]
    return {
        **shown,
        "id": attachment.id,
        "created": text_of(attachment.created),
        "dataLocationType": "AltinnCorrespondenceAttachment",
        "expirationTime": text_of(attachment.expires),
    }


def _overview(attachment: Attachment, now: datetime) -> dict[str, Any]:
    status, changed = attachment.history(now)[-1]
    return {
        "attachmentId": attachment.id,
        "resourceId": attachment.resource,
        "fileName": attachment.file_name,
        "displayName": attachment.display_name,
        "isEncrypted": attachment.is_encrypted,
        "checksum": attachment.checksum,
        "sendersReference": attachment.senders_reference,
        "expirationInDays": attachment.expiration_in_days,
        "status": status,
        "statusText": _why(attachment, status),
        "statusChanged": text_of(changed),
        "correspondenceIds": list(attachment.linked),
        "dataType": None,
    }


def _why(attachment: Attachment, status: str) -> str:
    return (
        "Malware scan found malicious content"
        if status == "Failed" and attachment.malware
        else status
    )


def _found(request: Request) -> Attachment:
    room: MailRoom = request.app.state.room
    attachment = room.attachments.get(request.path_params["id"].lower())
    if attachment is None:
        raise Problem(404, 2001)
    caller = caller_of(request)
    if not caller.anyone and attachment.consumer not in {None, caller.consumer}:
        raise Problem(401, 4001)
    return attachment
