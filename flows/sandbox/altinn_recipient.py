"""What a recipient does through the API: open, mark, confirm, download, forward."""

import io
import zipfile

from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response

from flows.sandbox.altinn_access import mail_found
from flows.sandbox.altinn_attachments import content_of
from flows.sandbox.altinn_mail import Mail
from flows.sandbox.altinn_model import Forward, read_json
from flows.sandbox.altinn_problem import Problem


async def content(request: Request) -> Response:
    """GET .../content: the first time is reading."""
    mail = _act(request, "Fetched", "Read")
    return PlainTextResponse(mail.fields()["content"]["messageBody"], media_type="text/markdown")


async def mark_as_read(request: Request) -> Response:
    """POST .../markasread."""
    return JSONResponse(_act(request, "Read").id)


async def confirm(request: Request) -> Response:
    """POST .../confirm: needs no reading."""
    return JSONResponse(_act(request, "Confirmed").id)


async def forward(request: Request) -> Response:
    """POST .../forward: needs a reading, and a letter that may be forwarded."""
    body = await request.body()
    mail = _published(request)
    read_json(Forward, body)
    if not mail.fields().get("allowForwarding"):
        raise Problem(400, None, "The correspondence may not be forwarded")
    if not mail.when("Read"):
        raise Problem(400, None, "The correspondence has not been read")
    _act(request, "Forwarded")
    return Response(status_code=200)


async def download(request: Request) -> Response:
    """GET .../attachment/{attachment}/download: needs no reading."""
    wanted = request.path_params["attachment"].lower()
    mail = _published(request)
    for attachment in mail.attachments:
        if attachment.id == wanted:
            _act(request, "AttachmentsDownloaded")
            return content_of(attachment)
    raise Problem(404, 2001)


async def download_all(request: Request) -> Response:
    """GET .../attachments/downloadall."""
    mail = _act(request, "AttachmentsDownloaded")
    held = io.BytesIO()
    with zipfile.ZipFile(held, "w") as packed:
        for attachment in mail.attachments:
            packed.writestr(attachment.file_name, bytes(content_of(attachment).body))
    return Response(held.getvalue(), media_type="application/zip")


def _act(request: Request, *statuses: str) -> Mail:
    mail = _published(request)
    for status in statuses:
        mail.reach(status, request.app.state.room.now)
    return mail


def _published(request: Request) -> Mail:
    mail = mail_found(request)
    if mail.purged or not mail.when("Published"):
        raise Problem(404, 1001)
    return mail
