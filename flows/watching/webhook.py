"""Tell by a signed POST, and show an outer watcher that we are alive."""

import hashlib
import hmac
import json
from datetime import datetime
from typing import Final

import httpx

from flows.bounded_http import PLAIN, bounded
from flows.clock import now as now_really
from flows.database.alarms import Message
from flows.watch_settings import WatchSettings
from flows.watching.outcome import NobodyKnows, NotTaken

SIGNATURE: Final = "X-Svarut-Signature"

CERTAINLY_NOT: Final = (
    httpx.ConnectError,
    httpx.ConnectTimeout,
    httpx.InvalidURL,
    httpx.UnsupportedProtocol,
)
"""Nothing has left us."""


def send(watch: WatchSettings, message: Message) -> None:
    """Post a message. Raises NotTaken, or NobodyKnows when no answer came."""
    body = body_of(message)
    secret = watch.webhook_secret.get_secret_value()
    headers = {
        **PLAIN,
        "Content-Type": "application/json",
        "User-Agent": "svarut",
        "Idempotency-Key": message.id,
        SIGNATURE: signature(secret, body, now_really()),
    }
    try:
        with httpx.Client(timeout=watch.timeout_seconds, **bounded()) as client:
            answer = client.post(
                watch.webhook_url.get_secret_value(), content=body, headers=headers
            )
    except CERTAINLY_NOT as fault:
        raise NotTaken(f"the webhook does not answer ({type(fault).__name__})") from fault
    except httpx.HTTPError as fault:
        raise NobodyKnows(f"the webhook fell silent ({type(fault).__name__})") from fault
    if not answer.is_success:
        raise NotTaken(f"the webhook answers {answer.status_code}")


def body_of(message: Message) -> bytes:
    """Return what is posted: docs/watching.md."""
    whole = {
        "id": message.id,
        "made_at": message.made_at.isoformat(timespec="seconds"),
        "repeated": message.repeated,
        **message.content,
    }
    return json.dumps(whole, ensure_ascii=False).encode()


def signature(secret: str, body: bytes, at: datetime) -> str:
    """Return `t=<seconds>,v1=<hex>`: HMAC-SHA256 of the time, a full stop and the body.

    The time is in it so that what was posted long ago cannot be posted again by another.
    """
    seconds = int(at.timestamp())
    signed = f"{seconds}.".encode() + body
    return f"t={seconds},v1={hmac.new(secret.encode(), signed, hashlib.sha256).hexdigest()}"


def beat(watch: WatchSettings) -> bool:
    """Call the outer watcher; return whether it heard."""
    try:
        with httpx.Client(timeout=watch.timeout_seconds, **bounded()) as client:
            answer = client.get(
                watch.heartbeat_url.get_secret_value(), headers={**PLAIN, "User-Agent": "svarut"}
            )
    except (httpx.HTTPError, httpx.InvalidURL):
        return False
    return answer.is_success
