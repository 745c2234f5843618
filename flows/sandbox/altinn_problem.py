"""How Altinn says no: problem details with a code, and faults of the model without one."""

from collections.abc import Mapping
from typing import Any, Final

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

_SECTION: Final = {
    400: ("15.5.1", "Bad Request"),
    401: ("15.5.2", "Unauthorized"),
    403: ("15.5.4", "Forbidden"),
    404: ("15.5.5", "Not Found"),
    408: ("15.5.9", "Request Timeout"),
    409: ("15.5.10", "Conflict"),
    422: ("15.5.21", "Unprocessable Entity"),
    500: ("15.6.1", "Internal Server Error"),
    502: ("15.6.3", "Bad Gateway"),
}
DETAILS: Final = {
    1001: "The requested correspondence was not found",
    1002: "Message title must be plain text",
    1003: "Message body must be markdown",
    1005: "Mismatch between uploaded files and attachment metadata",
    1006: "Recipients must be unique",
    1007: "Existing attachment not found",
    1008: "DueDateTime cannot be prior to today",
    1009: "DueDateTime cannot be prior to RequestedPublishTime",
    1013: "Sender cannot delete correspondence that has been published",
    1014: "Correspondence has already been purged",
    1016: "DueDateTime is required when confirmation is needed",
    1017: "The sender of the correspondence must be equal the sender of existing attachments",
    1018: "Attachment is not published",
    1020: "Message title cannot be empty",
    1021: "Message body cannot be empty",
    1023: "Invalid language chosen: nb, nn or en",
    1026: "Cannot delete a correspondence which has not been confirmed when confirmation is required",
    1027: "From date cannot be after to date",
    1032: "Contact reservation registry lookup failed",
    1033: "The idempotency key must be a valid non-empty GUID",
    1034: "A correspondence with the same idempotent key already exists",
    1035: "Reply options must be well-formed URIs and HTTPS with a max length of 255 characters",
    1036: "ResourceId must match an existing resource in the resource registry",
    1038: "A correspondence cannot contain more than 100 attachments in total",
    1039: "Message sender must be plain text",
    1043: "Cannot purge correspondence linked to a Dialogporten Transmission",
    1045: "Transmission correspondences only support one recipient",
    1047: "Idempotency key is not supported for requests with multiple recipients",
    1048: "DialogId must be a valid non-empty GUID",
    1052: "Only one DialogportenTransmissionType external reference is allowed",
    1053: "DialogportenTransmissionType external reference requires a DialogportenDialogId",
    1055: "Existing attachment is expiring within 6 hour(s) and cannot be attached",
    1060: "The resource requires confidential correspondence",
    1061: "The resource does not allow confidential correspondence",
    1068: "Forwarding is only allowed on resources with authentication level 0",
    1069: "Forwarding is only allowed up to 10 MB of attachments",
    2001: "The requested attachment was not found",
    2002: "Error occurred during upload",
    2004: "File must have content and has a max file size of 2GB",
    2005: "File has already been or is being uploaded",
    2006: "File has already been purged",
    2007: "Attachment cannot be purged as it is linked to at least one existing correspondence",
    2008: "Checksum mismatch",
    2010: "Filename is missing",
    2011: "Filename is too long",
    2012: "Filename contains invalid characters",
    2013: "Filetype not allowed",
    2016: "Attachment cannot be downloaded once its correspondence is published",
    2017: "Attachment expirationTime must be at least 1 day from now",
    2018: "File has expired",
    2021: "Filename is a reserved name",
    2022: "Upload timed out",
    3002: "Email body and subject must be provided when sending email notifications",
    3003: "Reminder email body and subject must be provided",
    3004: "SMS body must be provided when sending SMS notifications",
    3005: "Reminder SMS body must be provided",
    3006: "Email body, subject and SMS body must be provided when sending preferred notifications",
    3007: "Reminder email body, subject and SMS body must be provided",
    3011: "Invalid email provided for custom recipient",
    3012: "Invalid mobile number provided",
    3017: "Custom recipient with multiple recipients is not allowed",
    3018: "Custom recipient with multiple identifiers is not allowed",
    3019: "Custom recipient without identifier is not allowed",
    3022: "Custom recipients are required when registered contact information is overridden",
    3024: "Email body, subject and SMS body must be provided for email and SMS notifications",
    3025: "Reminder email body, subject and SMS body must be provided for email and SMS",
    4001: "No access to the resource",
    4010: "Resource type is not supported: it must be CorrespondenceService",
}
_PROBLEM_JSON: Final = ("/markasread", "/forward", "/downloadall")
"""The operations whose problems the description types as such; the rest say plain JSON."""


class Problem(Exception):  # noqa: N818  -- the API's own word
    """An answer that is a problem."""

    def __init__(self, status: int, code: int | None = None, detail: str = "", **more: Any) -> None:
        """Keep what the problem body says."""
        self.status, self.code, self.more = status, code, more
        self.detail = detail or DETAILS.get(code or 0, "Problem")
        super().__init__(self.detail)

    def response(self, media_type: str = "application/json") -> Response:
        """Return it as problem details."""
        section, title = _SECTION.get(self.status, ("15", "Problem"))
        body: dict[str, Any] = {
            "type": f"https://tools.ietf.org/html/rfc9110#section-{section}",
            "title": title,
            "status": self.status,
            "detail": self.detail,
            "traceId": "00-5a6db0c5000000000000000000000000-5a6db0c500000000-01",
            **self.more,
        }
        if self.code is not None:
            body |= {"code": f"CORR-{self.code:05d}", "errorCode": self.code}
        return JSONResponse(body, self.status, media_type=media_type)


def invalid(errors: Mapping[str, list[str]]) -> Problem:
    """Return the problem of a request that does not fit the model: no code, but which fields."""
    said = "One or more validation errors occurred."
    listed = [{"code": "STD-00000", "paths": [name]} for name in errors]
    return Problem(400, None, said, title=said, errors=dict(errors), validationErrors=listed)


async def as_problem(request: Request, problem: Exception) -> Response:
    """Answer with a problem that was raised."""
    if not isinstance(problem, Problem):
        return Response(status_code=500)
    typed = request.url.path.endswith(_PROBLEM_JSON)
    return problem.response("application/problem+json" if typed else "application/json")
