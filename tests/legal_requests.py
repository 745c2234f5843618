"""Hold every request our client makes to Altinn against Altinn's own description, and its rules.

It reads what is on the wire and shares nothing with the client: forms are taken apart here, by the
API's convention of dotted and numbered names, and put together as the description's JSON model.
"""

import hashlib
import json
import re
import uuid
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from email.parser import BytesParser
from email.policy import HTTP
from functools import cache
from pathlib import Path
from typing import Any

import httpx
import pytest
from openapi_core import OpenAPI
from openapi_core.datatypes import RequestParameters
from werkzeug.datastructures import Headers, ImmutableMultiDict

DESCRIPTION = (
    Path(__file__).parents[2] / "shared/specs/altinn/altinn-correspondence-v1.derived-2026-08.json"
)
BASE = "/correspondence/api/v1/correspondence"
USER_AGENT = "svarut"
TYPES = "doc xls docx xlsx ppt pps zip pdf html txt xml jpg jpeg gif bmp png json csv dcm dicom"


class IllegalRequest(AssertionError):  # noqa: N818  -- what it is
    """A request the real Altinn would refuse, and why; it names fields, never values."""


@contextmanager
def every_request_watched(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[str]]:
    """Let no illegal request out of this process; yield what was wrong, as it happens."""
    wrong: list[str] = []

    def watched(send: Callable[[Any, httpx.Request], httpx.Response]) -> Any:
        def checked(transport: Any, request: httpx.Request) -> httpx.Response:
            faults = faults_of(request)
            wrong.extend(faults)
            if faults:
                raise IllegalRequest(f"{request.method} {request.url.path}: {'; '.join(faults)}")
            return send(transport, request)

        return checked

    for transport in (httpx.HTTPTransport, httpx.MockTransport):
        monkeypatch.setattr(transport, "handle_request", watched(transport.handle_request))
    yield wrong


def faults_of(request: httpx.Request) -> list[str]:
    """Return everything that is wrong with a request of our client; of others nothing is asked."""
    ours = request.headers.get("User-Agent") == USER_AGENT
    if not ours or not request.url.path.startswith("/correspondence/") or not DESCRIPTION.is_file():
        return []
    faults = []
    if not {"application/json", "*/*"} & set(re.split(r"[,;]\s*", request.headers["Accept"])):
        faults.append("Accept names nothing the API answers with")
    if not re.fullmatch(r"Bearer \S*", request.headers.get("Authorization", "")):
        faults.append("no bearer token")
    if request.url.path == f"{BASE}/upload":
        if not request.headers["Content-Type"].startswith("multipart/form-data"):
            return [*faults, "no multipart form"]
        form = read_form(request)
        faults += _undescribed_fields(form)
        body = nested(form.fields)
        faults += _described(_as_sent_to(request, BASE, "POST", json.dumps(body).encode()))
        if not faults:
            faults += _message_faults(body) + _attachment_faults(body, form.files)
    else:
        faults += _described(_as_sent_to(request, request.url.path, request.method, None))
        faults += _search_faults(request)
    return faults


# ---------------------------------------------------------------- the description


@dataclass
class Sent:
    """A request as openapi-core reads one."""

    path: str
    method: str
    parameters: RequestParameters
    body: bytes | None
    content_type: str = "application/json"
    host_url: str = "https://platform.tt02.altinn.no"


@cache
def description() -> OpenAPI:
    return OpenAPI.from_file_path(str(DESCRIPTION))


@cache
def document() -> dict[str, Any]:
    read: dict[str, Any] = json.loads(DESCRIPTION.read_text("utf-8"))
    return read


def _as_sent_to(request: httpx.Request, path: str, method: str, body: bytes | None) -> Sent:
    parameters = RequestParameters(
        query=ImmutableMultiDict(request.url.params.multi_items()),
        header=Headers(dict(request.headers)),
    )
    return Sent(path, method.lower(), parameters, body)


def _described(sent: Sent) -> list[str]:
    return [
        f"{type(fault).__name__}: {_shown(fault)}"
        for fault in description().iter_request_errors(sent)
    ]


def _shown(fault: BaseException) -> str:
    cause = fault.__cause__
    errors = getattr(cause, "schema_errors", None)
    if errors:
        return ", ".join(
            f"{'.'.join(str(part) for part in each.path)} ({each.validator})" for each in errors
        )
    return str(cause or fault)[:200]


def _undescribed_fields(form: "Form") -> list[str]:
    schema = document()["paths"][f"{BASE}/upload"]["post"]["requestBody"]["content"]
    model = schema["multipart/form-data"]["schema"]
    known = {name.lower() for name in model["properties"]}
    sent = {_described_name(name) for name in form.fields} | {"attachments" for _ in form.files}
    missing = {name.lower() for name in model["required"]} - sent
    return [
        *(f"{name} is in no description" for name in sorted(sent - known)),
        *(f"{name} is missing" for name in sorted(missing)),
    ]


def _described_name(name: str) -> str:
    """Return the name of the description's property that a field is, or is a part of."""
    lower = name.lower()
    if lower.startswith("correspondence.propertylist."):
        return "correspondence.propertylist"
    return re.split(r"\[\d+\]", lower)[0]


# ---------------------------------------------------------------- the form


@dataclass
class Form:
    fields: dict[str, str] = field(default_factory=dict)
    files: list[tuple[str, str, bytes]] = field(default_factory=list)
    """Name of the part, name of the file, content."""


def read_form(request: httpx.Request) -> Form:
    head = f"Content-Type: {request.headers['Content-Type']}\r\n\r\n".encode()
    message = BytesParser(policy=HTTP).parsebytes(head + request.read())
    form = Form()
    for part in message.iter_parts():
        disposition = part["Content-Disposition"].params
        content = part.get_payload(decode=True)
        if "filename" in disposition:
            form.files.append((disposition["name"], disposition["filename"], content))
        elif disposition["name"] in form.fields:
            raise IllegalRequest(f"{disposition['name']} twice")
        else:
            form.fields[disposition["name"]] = content.decode()
    return form


def nested(fields: Mapping[str, str]) -> Any:
    """Return dotted and numbered names as the JSON they stand for, typed by the description."""
    tree: dict[str, Any] = {}
    for name, value in fields.items():
        parts = re.findall(r"[^.\[\]]+", name)
        place = tree
        for part in parts[:-1]:
            place = place.setdefault(part, {})
        place[parts[-1]] = value
    return _typed(tree, document()["components"]["schemas"]["InitializeCorrespondencesExt"])


def _typed(value: Any, schema: Mapping[str, Any]) -> Any:
    if "$ref" in schema:
        return _typed(value, document()["components"]["schemas"][schema["$ref"].split("/")[-1]])
    kind = schema.get("type")
    if isinstance(value, dict) and kind == "array":
        assert [int(place) for place in value] == list(range(len(value)))
        return [_typed(each, schema["items"]) for each in value.values()]
    if isinstance(value, dict):
        known = schema.get("properties", {})
        return {name: _typed(each, known.get(name, {})) for name, each in value.items()}
    if kind == "boolean":
        return {"true": True, "false": False}.get(value, value)
    return int(value) if kind == "integer" else value


# ---------------------------------------------------------------- rules it cannot say


def _message_faults(body: Any) -> list[str]:
    message, recipients = body["correspondence"], body["recipients"]
    content = message["content"]
    telling = message.get("notification", {"notificationChannel": "none"})
    rules = {
        "recipients repeated": len(set(recipients)) < len(recipients),
        "a key with several recipients": "idempotentKey" in body and len(recipients) > 1,
        "no key": not _is_uuid(body.get("idempotentKey", "")),
        "not a recipient": not all(map(_is_recipient, recipients)),
        "title is not plain": not _is_plain(content["messageTitle"]),
        "summary is not plain": not _is_plain(content.get("messageSummary", "x")),
        "sender is not plain": not _is_plain(message.get("messageSender", "x")),
        "html in the body": bool(re.search(r"<[A-Za-z/!?]", content["messageBody"])),
        "place holders": "{{" in json.dumps(content),
        "language": content.get("language", "nb") not in {"nb", "nn", "en"},
        "confirmation without a due date": bool(message.get("isConfirmationNeeded"))
        and "dueDateTime" not in message,
        "no notification channel": "notificationChannel" not in telling,
        "a reminder": bool(telling.get("sendReminder")),
        "a deprecated sender": "sender" in message,
        "forwarding": bool(message.get("allowForwarding")),
        "publish time without a zone": "requestedPublishTime" in message
        and not re.search(r"(Z|[+-]\d\d:\d\d)$", message["requestedPublishTime"]),
    }
    return [name for name, broken in rules.items() if broken]


def _attachment_faults(body: Any, files: list[tuple[str, str, bytes]]) -> list[str]:
    described = body["correspondence"]["content"].get("attachments", [])
    names = [each.get("fileName", "") for each in described]
    rules = {
        "files do not match what is described": [name for _, name, _ in files] != names,
        "files in a part of another name": any(part != "attachments" for part, _, _ in files),
        "more than 100 attachments": len(files) > 100,
        "names repeated": len({name.lower() for name in names}) < len(names),
        "a name is not safe": not all(map(_is_safe_name, names)),
        "a kind not taken": not all(_kind(name) in TYPES.split() for name in names),
        "checksum": [each.get("checksum") for each in described]
        != [hashlib.md5(content).hexdigest() for _, _, content in files],
        "no reference": not all(each.get("sendersReference") for each in described),
    }
    return [name for name, broken in rules.items() if broken]


def _search_faults(request: httpx.Request) -> list[str]:
    if request.url.path != BASE:
        return [f"{name} is no parameter" for name in request.url.params]
    known = {each["name"] for each in document()["paths"][BASE]["get"]["parameters"]}
    sent = request.url.params
    wrong = [f"{name} is no parameter" for name in sent if name not in known]
    wrong += [f"{name} is missing" for name in ("resourceId", "role") if not sent.get(name)]
    if sent.get("role") != "Sender":
        wrong.append("a question as a reader leaves traces at the reader's")
    return wrong


def _is_uuid(text: str) -> bool:
    try:
        return uuid.UUID(text).int != 0
    except ValueError:
        return False


def _is_plain(text: str) -> bool:
    return bool(text.strip()) and not re.search(r"[*_<>#`\[\]\\|~\n\r]|://|&#?\w+;", text)


def _is_safe_name(name: str) -> bool:
    device = re.match(r"(?i)(con|prn|aux|nul|com\d|lpt\d)(\.|$)", name)
    return (
        0 < len(name.encode()) <= 255
        and not device
        and not re.search(r'[<>:"/\\|?*\x00-\x1f]|[. ]$', name)
    )


def _kind(name: str) -> str:
    return name.rpartition(".")[2].lower()


def _is_recipient(urn: str) -> bool:
    match = re.fullmatch(
        r"urn:altinn:(?:(person):identifier-no:(\d{11})|organization:identifier-no:(\d{9}))", urn
    )
    if match is None:
        return False
    if match[1]:
        digits = [int(one) for one in match[2]]
        return not _rest(digits, (3, 7, 6, 1, 8, 9, 4, 5, 2, 1)) and not _rest(
            digits, (5, 4, 3, 2, 7, 6, 5, 4, 3, 2, 1)
        )
    return not _rest([int(one) for one in match[3]], (3, 2, 7, 6, 5, 4, 3, 2, 1))


def _rest(digits: list[int], weights: tuple[int, ...]) -> int:
    return sum(digit * weight for digit, weight in zip(digits, weights, strict=False)) % 11
