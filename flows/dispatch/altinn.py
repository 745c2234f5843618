"""The Altinn channel: letters as correspondence, through Altinn 3's Correspondence API."""

import logging
import threading
import time
import uuid
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from datetime import datetime, timedelta
from functools import lru_cache
from typing import Any, Final

import httpx

from flows.bounded_http import PLAIN, bounded
from flows.dispatch.altinn_answers import from_history, from_overview, offered, references
from flows.dispatch.altinn_codes import (
    Means,
    body_of,
    fault_in,
    offer_outcome,
    stopped_or_unknown,
)
from flows.dispatch.altinn_form import Form, form_of, instant
from flows.dispatch.channel import (
    KEY_NOT_FOUND,
    ChannelAnswer,
    DigitalLetter,
    Offered,
    Outcome,
    Refusal,
    Stopped,
    Tenant,
    Unknown,
    Watch,
)
from flows.dispatch.maskinporten import SUBSCRIPTION, tokens_of
from flows.dispatch.pace import Pace
from flows.errors import NeedsAPerson, TryAgainLater
from flows.settings import AltinnSettings, Settings

log = logging.getLogger(__name__)

BASE: Final = "/correspondence/api/v1/correspondence"
CONNECT_SECONDS: Final = 5
UPLOAD_SECONDS: Final = 300
MOST_FOUND: Final = 1000
"""A search with so many answers may have left some out, and says nothing about it."""

_ONE_AT_A_TIME: Final = threading.Lock()

USER_AGENT: Final = "svarut"

MILLISECOND: Final = timedelta(milliseconds=1)
"""A search leaves out both ends of its window."""

WATCHED: Final[Mapping[Watch, tuple[str, ...]]] = {
    Watch.PUBLICATION: ("Published", "Failed"),
    # Replied and Forwarded come only after one of these.
    Watch.READING: ("Read", "Confirmed", "AttachmentsDownloaded", "PurgedByRecipient"),
}
"""A search by status finds what has ever had it."""

TIMES_TOLD: Final = 5
"""So many 429 for one call, and it is left to the next run."""

PARTY_WAITS: Final = (1.0, 3.0)
"""Before Altinn is asked again after it could not look us up."""

ADOPTION_WAITS: Final = (0.0, 1.0, 2.0, 4.0)
"""Before each look for a letter whose key is used: it may not be to be found at once."""


class Altinn:
    """Altinn, open for calls; made by `open_altinn`. Threads may share it."""

    name = "altinn"

    def __init__(
        self,
        client: httpx.Client,
        pace: Pace,
        auth: Callable[[Tenant], httpx.Auth | None],
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        """Use a client that knows the address.

        auth: who calls, for a tenant.
        """
        self._client, self._pace, self._auth, self._sleep = client, pace, auth, sleep

    def offer(self, letter: DigitalLetter) -> Outcome:
        """Offer a letter: one call, one recipient, always with its key."""
        with form_of(letter) as form:
            if not isinstance(form, Form):
                return form
            answer = self._call("upload", "POST", f"{BASE}/upload", letter.tenant, files=form.parts)
        if not isinstance(answer, httpx.Response):
            return answer
        fault = fault_in(answer)
        if fault is None:
            return offered(body_of(answer))
        return self._adopt(letter) if fault.means is Means.KEY_USED else offer_outcome(fault)

    def answer(self, reference: str, tenant: Tenant) -> ChannelAnswer | Stopped | Unknown:
        """Say what became of a letter: the cheap overview, and the history only where it must."""
        answer = self._about(reference, tenant, "overview")
        if not isinstance(answer, httpx.Response):
            return answer
        fault = fault_in(answer)
        if fault is not None:
            gone = fault.means is Means.GONE
            return self._history(reference, tenant) if gone else stopped_or_unknown(fault)
        said = from_overview(body_of(answer))
        return said if said is not None else self._history(reference, tenant)

    def moved(
        self, tenant: Tenant, publish_at: datetime, watch: Watch
    ) -> frozenset[str] | Stopped | Unknown:
        """Return references, of those published at that instant, that have moved: a few searches.

        Unknown when Altinn may have left some out.
        """
        window = {
            "from": instant(publish_at - MILLISECOND),
            "to": instant(publish_at + MILLISECOND),
        }
        found: set[str] = set()
        for status in WATCHED[watch]:
            some = self._search(tenant, {**window, "status": status})
            if not isinstance(some, list):
                return some
            if len(some) >= MOST_FOUND:
                return Unknown(f"a window with {MOST_FOUND} letters")
            found.update(some)
        return frozenset(found)

    def withdraw(self, reference: str, tenant: Tenant) -> bool | Stopped | Unknown:
        """Take back a letter not yet published. False: it was published after all."""
        answer = self._about(reference, tenant, "purge", method="DELETE")
        if not isinstance(answer, httpx.Response):
            return answer
        fault = fault_in(answer)
        if fault is None and body_of(answer) == reference:
            return True
        if fault is None or fault.means is Means.GONE:
            # A yes that is not Altinn's own, or gone already: the history decides.
            return self._was_withdrawn(reference, tenant)
        return False if fault.means is Means.PUBLISHED else stopped_or_unknown(fault)

    def _was_withdrawn(self, reference: str, tenant: Tenant) -> bool | Stopped | Unknown:
        said = self._history(reference, tenant)
        if not isinstance(said, ChannelAnswer):
            return said
        if said.published_at is None and said.refusal is not Refusal.WITHDRAWN:
            return Unknown("neither published nor withdrawn")
        return said.published_at is None

    def _adopt(self, letter: DigitalLetter) -> Offered | Stopped | Unknown:
        """Find the correspondence an earlier call with this key made; its answer was lost."""
        for wait in ADOPTION_WAITS:
            self._sleep(wait)
            found = self._search(letter.tenant, {"idempotentKey": letter.key})
            if not isinstance(found, list):
                return found
            if found:
                log.info("adopted shipment=%s ref=%s", letter.shipment_id, found[0])
                return Offered(found[0])
        return Unknown(KEY_NOT_FOUND)

    def _search(self, tenant: Tenant, wanted: Mapping[str, str]) -> list[str] | Stopped | Unknown:
        query = {"resourceId": tenant.resource, "role": "Sender", **wanted}
        answer = self._call("search", "GET", BASE, tenant, params=query)
        if not isinstance(answer, httpx.Response):
            return answer
        fault = fault_in(answer)
        if fault is not None:
            return stopped_or_unknown(fault)
        found = references(body_of(answer))
        return found if found is not None else Unknown("a search without ids")

    def _history(self, reference: str, tenant: Tenant) -> ChannelAnswer | Stopped | Unknown:
        answer = self._about(reference, tenant, "details")
        if not isinstance(answer, httpx.Response):
            return answer
        fault = fault_in(answer)
        return stopped_or_unknown(fault) if fault else from_history(body_of(answer))

    def _about(
        self, reference: str, tenant: Tenant, operation: str, method: str = "GET"
    ) -> httpx.Response | Stopped | Unknown:
        if not _is_reference(reference):
            return Unknown("no reference of Altinn's")
        tail = "" if operation == "overview" else f"/{operation}"
        return self._call(operation, method, f"{BASE}/{reference}{tail}", tenant)

    def _call(
        self, operation: str, method: str, path: str, tenant: Tenant, **more: Any
    ) -> httpx.Response | Stopped | Unknown:
        """Call, and a few times more when Altinn could not look us up."""
        answer = self._call_in_turn(operation, method, path, tenant, **more)
        for pause in PARTY_WAITS:
            fault = fault_in(answer) if isinstance(answer, httpx.Response) else None
            if fault is None or fault.means is not Means.PARTY_LOOKUP:
                break
            self._sleep(pause)
            answer = self._call_in_turn(operation, method, path, tenant, **more)
        return answer

    def _call_in_turn(
        self, operation: str, method: str, path: str, tenant: Tenant, **more: Any
    ) -> httpx.Response | Stopped | Unknown:
        """Call when it is our turn, and again when told to slow down."""
        if operation == "upload":
            more["timeout"] = httpx.Timeout(UPLOAD_SECONDS, connect=CONNECT_SECONDS)
        for _ in range(TIMES_TOLD):
            if not self._pace.turn(operation):
                return Unknown("no turn within the longest wait")
            try:
                answer = self._client.request(method, path, auth=self._auth(tenant), **more)
            except (httpx.HTTPError, httpx.InvalidURL, TryAgainLater) as fault:
                return Unknown(type(fault).__name__)
            except NeedsAPerson as fault:
                return Stopped(str(fault))
            if answer.status_code != httpx.codes.TOO_MANY_REQUESTS:
                return answer
            wait = self._pace.slow_down(operation, answer.headers.get("Retry-After"))
            log.warning("told to slow down operation=%s seconds=%.0f", operation, wait)
        return Unknown("http 429 again and again")


@contextmanager
def open_altinn(settings: Settings) -> Iterator[Altinn]:
    """Open Altinn for calls. Tokens and pace are the process's, however often it is opened."""
    altinn, tokens = settings.altinn, tokens_of(settings)
    headers = {"Accept": "application/json", "User-Agent": USER_AGENT, **PLAIN}
    if altinn.subscription_key.get_secret_value():
        headers[SUBSCRIPTION] = altinn.subscription_key.get_secret_value()
    if tokens is None:
        headers["Authorization"] = f"Bearer {altinn.token.get_secret_value()}"
    with httpx.Client(
        base_url=altinn.url.rstrip("/"),
        headers=headers,
        timeout=httpx.Timeout(altinn.timeout_seconds, connect=CONNECT_SECONDS),
        limits=httpx.Limits(max_connections=altinn.parallel_calls),
        **bounded(),
    ) as client:
        yield Altinn(
            client,
            pace_of(altinn),
            lambda tenant: tokens.altinn_auth(tenant.consumer) if tokens else None,
        )


def pace_of(altinn: AltinnSettings) -> Pace:
    """Return the process's pace towards one Altinn."""
    with _ONE_AT_A_TIME:  # two who come first must not each make their own
        return _kept_pace(altinn)


@lru_cache(maxsize=8)
def _kept_pace(altinn: AltinnSettings) -> Pace:
    per_minute = {
        "upload": altinn.uploads_per_minute,
        "overview": altinn.overviews_per_minute,
        "details": altinn.details_per_minute,
        "search": altinn.searches_per_minute,
        "purge": altinn.purges_per_minute,
    }
    return Pace(per_minute, altinn.longest_wait_seconds)


def _is_reference(text: str) -> bool:
    try:
        return str(uuid.UUID(text)) == text
    except ValueError:
        return False
