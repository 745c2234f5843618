"""Find correspondence: by key, by reference, or by a window on the requested publish time.

The window is open at both ends, `status` means has ever had it (and never matches Fetched), the
latest come first, and after 1,000 ids the rest is not told.
"""

from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from typing import Any, Final
from uuid import UUID

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from flows.sandbox.altinn_access import may_see
from flows.sandbox.altinn_mail import Mail, MailRoom
from flows.sandbox.altinn_problem import Problem, invalid
from flows.sandbox.altinn_readers import STATUSES

MAX_FOUND: Final = 1000
ROLES: Final = ("Recipient", "Sender", "RecipientAndSender")


async def search(request: Request) -> Response:
    """GET /correspondence."""
    room: MailRoom = request.app.state.room
    query = _query(request)
    if "idempotentkey" in query:
        found = room.by_key.get(str(query["idempotentkey"]))
        mine = found is not None and may_see(request, room.mail[found])
        return JSONResponse({"ids": [found] if mine else []})
    first, last, status = query.get("from"), query.get("to"), query.get("status")
    if first and last and first > last:
        raise Problem(400, 1027)
    ids: list[str] = []
    for mail in _candidates(room, query):
        room.catch_up(mail)
        had = status is None or (status != "Fetched" and mail.when(status) is not None)
        inside = (not first or mail.requested_publish > first) and (
            not last or mail.requested_publish < last
        )
        if had and inside and may_see(request, mail):
            ids.append(mail.id)
            if len(ids) == MAX_FOUND:
                break
    return JSONResponse({"ids": ids})


def _candidates(room: MailRoom, query: dict[str, Any]) -> Iterator[Mail]:
    resource = query["resourceid"].removeprefix("urn:altinn:resource:")
    if query["role"] == "Recipient" or "altinn2correspondenceid" in query:
        return iter(())  # a sender is nobody's recipient, and nothing here came from Altinn 2
    if "sendersreference" in query:
        return iter(room.index.referred(resource, query["sendersreference"]))
    return room.index.window(resource, query.get("from"), query.get("to"))


def _query(request: Request) -> dict[str, Any]:
    """Return the query's parts by lower-case name, read; names are case-insensitive."""
    said = {name.lower(): value for name, value in request.query_params.items() if value}
    errors = {
        name: [f"The {name} field is required."]
        for name in ("resourceId", "role")
        if name.lower() not in said
    }
    read: dict[str, Any] = dict(said)
    for name, reader in _READERS.items():
        if name in said:
            try:
                read[name] = reader(said[name])
            except ValueError:
                errors[name] = [f"The value '{said[name]}' is not valid."]
    if errors:
        raise invalid(errors)
    return read


def _instant(text: str) -> datetime:
    at = datetime.fromisoformat(text)
    return at if at.tzinfo else at.replace(tzinfo=UTC)


def _one_of(names: tuple[str, ...], text: str) -> str:
    """Return an enum's name, however cased, or by its number."""
    if text.isdecimal() and int(text) < len(names):
        return names[int(text)]
    found = [name for name in names if name.lower() == text.lower()]
    if not found:
        raise ValueError(text)
    return found[0]


_READERS: Final[dict[str, Callable[[str], Any]]] = {
    "from": _instant,
    "to": _instant,
    "status": lambda text: _one_of(STATUSES, text),
    "role": lambda text: _one_of(ROLES, text),
    "idempotentkey": lambda text: str(UUID(text)),
    "altinn2correspondenceid": int,
}
