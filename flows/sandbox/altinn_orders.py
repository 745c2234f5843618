"""What the stand-in does on order, under /sandbox: the clock, habits, faults, limits, and what it has."""

from datetime import UTC, datetime, timedelta
from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from flows.sandbox.altinn_faults import Faults, read_fault
from flows.sandbox.altinn_mail import Mail, MailRoom, text_of
from flows.sandbox.altinn_readers import read_habit
from flows.sandbox.contact_register import VERDICTS
from flows.sandbox.rate_limits import Limits


async def clock(request: Request) -> Response:
    """GET, or POST {now} or {advance_seconds}."""
    room: MailRoom = request.app.state.room
    if request.method == "POST":
        order = await request.json()
        to = room.now + timedelta(seconds=order.get("advance_seconds", 0))
        if "now" in order:
            to = datetime.fromisoformat(order["now"]).astimezone(UTC)
        room.now = to
    return JSONResponse({"now": text_of(room.now)})


async def readers(request: Request) -> Response:
    """POST {number or sender's reference: habit}."""
    habits: dict[str, str] = await request.json()
    room: MailRoom = request.app.state.room
    try:
        room.set_habits(habits)
    except ValueError as fault:
        return JSONResponse({"error": str(fault)}, 400)
    return JSONResponse({"set": len(habits)})


async def contacts(request: Request) -> Response:
    """POST {number: what the contact register says}."""
    verdicts: dict[str, str] = await request.json()
    if set(verdicts.values()) - set(VERDICTS):
        return JSONResponse({"error": f"one of {', '.join(VERDICTS)}"}, 400)
    request.app.state.room.contacts |= verdicts
    return JSONResponse({"set": len(verdicts)})


async def resources(request: Request) -> Response:
    """POST {resource: {owner?, type?, confidential?, authentication_level?}}: only these exist.

    `*` stands for every other resource.
    """
    order: dict[str, dict[str, Any]] = await request.json()
    request.app.state.room.resources |= order
    return JSONResponse({"resources": sorted(request.app.state.room.resources)})


async def faults(request: Request) -> Response:
    """POST {next: [fault]}, {standing: [fault]}: spoil the next calls, or all until taken back."""
    order = await request.json()
    state: Faults = request.app.state.faults
    try:
        state.next += [read_fault(one) for one in order.get("next", [])]
        if "standing" in order:
            state.standing = [read_fault(one) for one in order["standing"]]
    except ValueError as fault:
        return JSONResponse({"error": str(fault)}, 400)
    return JSONResponse({"waiting": len(state.next), "standing": len(state.standing)})


async def limits(request: Request) -> Response:
    """GET, or POST {operation: {per_minute, burst?, says?} or null}."""
    state: Limits = request.app.state.limits
    if request.method == "POST":
        state.set(await request.json())
    return JSONResponse({"limited": sorted(state.buckets), "refused": state.refused})


async def acts(request: Request) -> Response:
    """POST {id or reference, act}: a recipient does something now, as a habit's word says it."""
    room: MailRoom = request.app.state.room
    order = await request.json()
    found = [
        mail
        for mail in room.mail.values()
        if order.get("id") == mail.id or order.get("reference") == mail.reference
    ]
    for mail in found:
        room.catch_up(mail)
        for act in read_habit(f"{order['act']}:0h").acts:
            for status in act.statuses:
                mail.reach(status, room.now)
    return JSONResponse({"done": len(found)})


async def mail(request: Request) -> Response:
    """GET: everything it has; ?reference= and ?limit= for less."""
    room: MailRoom = request.app.state.room
    reference, limit = request.query_params.get("reference"), request.query_params.get("limit")
    wanted = [one for one in room.mail.values() if reference in {None, one.reference}]
    shown = [_told(room, one) for one in wanted[: int(limit) if limit else None]]
    return JSONResponse({"count": len(wanted), "mail": shown})


def _told(room: MailRoom, one: Mail) -> dict[str, Any]:
    room.catch_up(one)
    return {
        "id": one.id,
        "sendersReference": one.reference,
        "idempotentKey": one.key,
        "status": one.status,
        "published": text_of(one.when("Published")),
        "read": text_of(one.when("Read")),
        "attachments": [
            {"fileName": each.file_name, "sha256": each.sha256, "size": each.size}
            for each in one.attachments
        ],
    }
