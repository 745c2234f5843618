"""Who may see and use what, once resources have been registered with their owners."""

from typing import Any

from starlette.requests import Request

from flows.sandbox.altinn_mail import Mail, MailRoom
from flows.sandbox.altinn_problem import Problem
from flows.sandbox.altinn_tokens import Caller


def caller_of(request: Request) -> Caller:
    """Return who calls; the gate has let them in."""
    found: Caller = request.scope["caller"]
    return found


def check_resource(request: Request, resource: str) -> dict[str, Any]:
    """Return what is registered of a resource, which the caller may use.

    Raises Problem: unknown, of another type, or somebody else's.
    """
    room: MailRoom = request.app.state.room
    if not room.resources:
        return {}
    known = room.resources
    found = known.get(resource.removeprefix("urn:altinn:resource:"), known.get("*"))
    if found is None:
        raise Problem(400, 1036)
    if found.get("type", "CorrespondenceService") != "CorrespondenceService":
        raise Problem(400, 4010)
    caller = caller_of(request)
    if not caller.anyone and found.get("owner") not in {None, caller.consumer}:
        raise Problem(401, 4001)
    return found


def may_see(request: Request, mail: Mail) -> bool:
    """Return whether a correspondence is the caller's own, or of a resource anyone may use."""
    room: MailRoom = request.app.state.room
    caller = caller_of(request)
    owner = room.resources.get(mail.resource, {}).get("owner")
    return caller.anyone or owner is None or owner == caller.consumer


def mail_found(request: Request) -> Mail:
    """Return the correspondence the address names, up to date.

    Raises Problem: there is none, or it is somebody else's.
    """
    room: MailRoom = request.app.state.room
    mail = room.found(request.path_params["id"].lower())
    if mail is None:
        raise Problem(404, 1001)
    if not may_see(request, mail):
        raise Problem(401, 4001)
    return mail
