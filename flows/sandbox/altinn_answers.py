"""What the API tells of a correspondence: overview, details with history, and its purge."""

import uuid
from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from flows.sandbox.altinn_access import caller_of, mail_found
from flows.sandbox.altinn_attachments import as_part
from flows.sandbox.altinn_mail import Mail, MailRoom, text_of
from flows.sandbox.altinn_problem import Problem
from flows.sandbox.altinn_readers import read_habit
from flows.sandbox.altinn_tokens import READ, SERVICE_OWNER, WRITE


async def overview(request: Request) -> Response:
    """GET /correspondence/{id}: the cheap status call."""
    mail, room = mail_found(request), request.app.state.room
    if mail.purged:
        raise Problem(404, 1001)
    caller = caller_of(request)
    if not caller.anyone and READ in caller.scopes and WRITE not in caller.scopes:
        mail.reach("Fetched", room.now)  # a recipient's look leaves a trace
    return JSONResponse(_shown(request, mail))


async def details(request: Request) -> Response:
    """GET /correspondence/{id}/details: answers for purged mail too."""
    mail = mail_found(request)
    shown = _shown(request, mail)
    shown["statusHistory"] = [
        {
            "status": name,
            "statusText": mail.status_text if name == "Failed" else name,
            "statusChanged": text_of(at),
        }
        for name, at in mail.history
    ]
    shown["systemLabel"] = "Default"
    shown["notifications"] = [
        {
            "id": one["notificationOrderId"],
            "sendersReference": mail.reference,
            "created": text_of(mail.created),
            "isReminder": one["isReminder"],
            "processingStatus": {"status": "Completed", "lastUpdate": text_of(mail.created)},
        }
        for one in shown["notifications"]
    ]
    return JSONResponse(shown)


async def purge(request: Request) -> Response:
    """DELETE /correspondence/{id}/purge: a sender's only before publication, and then for good."""
    mail, room = mail_found(request), request.app.state.room
    if mail.purged:
        raise Problem(400, 1014)
    said = mail.fields()
    kinds = [one["referenceType"] for one in said.get("externalReferences", [])]
    if "DialogportenDialogId" in kinds:
        raise Problem(400, 1043)
    caller = caller_of(request)
    if not caller.may(WRITE):
        return _purge_by_recipient(room, mail, said)
    if read_habit(mail.habit).fate == "races" and not mail.when("Published"):
        room.publish_now(mail)
    if mail.when("Published"):
        raise Problem(400, 1013)
    mail.reach("PurgedByAltinn", room.now)
    return JSONResponse(mail.id)


def _purge_by_recipient(room: MailRoom, mail: Mail, said: dict[str, Any]) -> Response:
    if not mail.when("Published"):
        raise Problem(404, 1001)
    if said.get("isConfirmationNeeded") and not mail.when("Confirmed"):
        raise Problem(400, 1026)
    mail.reach("PurgedByRecipient", room.now)
    return JSONResponse(mail.id)


def _shown(request: Request, mail: Mail) -> dict[str, Any]:
    room: MailRoom = request.app.state.room
    said = mail.fields()
    content = said.pop("content")
    said["resourceId"] = mail.resource
    told = said.get("notification")
    references = said.pop("externalReferences", [])
    if mail.when("Published"):
        dialog = str(uuid.uuid5(uuid.UUID(mail.id), "dialog"))
        references.append({"referenceValue": dialog, "referenceType": "DialogportenDialogId"})
    return {
        "sender": None,
        "messageSender": None,
        "dueDateTime": None,
        "propertyList": {},
        "replyOptions": [],
        "isConfirmationNeeded": False,
        "isConfidential": False,
        "allowForwarding": False,
        **said,
        "requestedPublishTime": text_of(mail.requested_publish),
        "externalReferences": references,
        "content": _content(request, mail, content),
        "correspondenceId": mail.id,
        "recipient": mail.recipient,
        "created": text_of(mail.created),
        "status": mail.status,
        "statusText": mail.status_text,
        "statusChanged": text_of(mail.history[-1][1]),
        "notifications": _orders(mail, told) if mail.created < room.now and told else [],
        "published": text_of(mail.when("Published")),
        "read": text_of(mail.when("Read")),
    }


def _content(request: Request, mail: Mail, said: dict[str, Any]) -> dict[str, Any]:
    """Return the content: an empty shell once published, to who lacks access as a recipient."""
    caller = caller_of(request)
    if mail.when("Published") and not (SERVICE_OWNER in caller.scopes or READ in caller.scopes):
        shell = {"messageTitle": "", "messageSummary": "", "messageBody": "", "attachments": []}
        return {"language": "no", **shell}
    now = request.app.state.room.now
    return {**said, "attachments": [as_part(each, now) for each in mail.attachments]}


def _orders(mail: Mail, told: dict[str, Any]) -> list[dict[str, Any]]:
    kinds = [False, True] if told.get("sendReminder") else [False]
    return [
        {
            "notificationOrderId": str(uuid.uuid5(uuid.UUID(mail.id), f"order-{reminder}")),
            "isReminder": reminder,
        }
        for reminder in kinds
    ]
