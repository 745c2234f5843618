"""Dispatch and the read sweep, each beside the bare HTTP calls that cannot be avoided.

`make bench`, or `python benchmarks/dispatch.py LETTERS UNREAD`. The stand-in is a process of its
own on this machine, so both sides of every call share its cores: compare ratios, not seconds.
"""

import hashlib
import multiprocessing
import resource
import socket
import sys
import tempfile
import time
import uuid
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from multiprocessing.connection import Connection
from pathlib import Path
from random import Random
from typing import Any

import httpx
import uvicorn
from pydantic import SecretStr
from sqlalchemy import event

from flows.archive import Archive
from flows.database import asking, offers, schema, shipments
from flows.database.offers import Intent
from flows.database.senders import keep_senders
from flows.database.session import Database, open_database, transaction
from flows.database.shipments import Registration
from flows.dispatch import choosing, following, offering
from flows.dispatch.altinn import open_altinn
from flows.dispatch.channel import Watch
from flows.dispatch.contact_register import open_contact_register
from flows.dispatch.slices import APART, LARGEST, cut
from flows.domain.postal_address import PostalAddress
from flows.domain.sender import Sender
from flows.domain.shipment import Document, Recipient, Route, SenderId, Shipment, ShipmentId
from flows.domain.status import Status
from flows.sandbox.altinn import create_app
from flows.sandbox.altinn_mail import Mail
from flows.sandbox.people import national_number
from flows.settings import AltinnSettings, ContactRegisterSettings, Settings

MONDAY = datetime(2026, 11, 23, 8, tzinfo=UTC)
SENDER = Sender(SenderId("bench"), "Bench", "310000108", ("Gata 1", "0001 Oslo"))
RESOURCE = "svarut-post"
CONTENT = b"%PDF-1.7 " + b"x" * 20_000
CALLS = 8
SIZES = (10_000, 100_000)
SEARCH = "/correspondence/api/v1/correspondence"
SWEPT = ("Read", "Confirmed", "AttachmentsDownloaded", "PurgedByRecipient")

took: dict[str, float] = {}


@contextmanager
def timed(name: str) -> Iterator[None]:
    """Measure a part, by its wall time."""
    began = time.perf_counter()
    yield
    took[name] = time.perf_counter() - began


def main() -> None:
    """Measure both, and print each beside its limit."""
    said = [int(one) for one in sys.argv[1:]]
    letters, unread = (*said, *SIZES[len(said) :])
    with tempfile.TemporaryDirectory() as folder:
        dispatch_letters(Path(folder), letters)
    with tempfile.TemporaryDirectory() as folder:
        sweep_unread(Path(folder), unread)
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
    print(f"peak memory {peak} MiB")


def dispatch_letters(home: Path, count: int) -> None:
    """Look up, route and offer letters; then upload as many by bare calls."""
    source = home / "brev.pdf"
    source.write_bytes(CONTENT)
    with altinn(unread=0) as url, opened(home, url) as (database, settings):
        Archive(settings.archive_folder).put(source)
        put_in(database, made_letters(count))
        with timed("look up"), open_contact_register(settings) as register:
            choosing.look_up_recipients(database, register, MONDAY)
        with timed("route"):
            choosing.route_letters(database, MONDAY, register_is_asked=True)
        with timed("offer"), open_altinn(settings) as channel:
            offering.write_down_intents(database, channel.name, settings, MONDAY)
            done = offering.offer_everything(database, channel, settings, MONDAY)
        with timed("as many bare uploads"):
            bare_uploads(url, done.offered + done.refused)
    print(f"{count} letters: {done.offered} offered, {done.refused} refused")
    for name in ("look up", "route", "offer", "as many bare uploads"):
        print(f"{name:<24}{took[name]:8.2f} s {count / took[name]:10.0f} letters/s")
    print(f"offer / bare uploads    {took['offer'] / took['as many bare uploads']:8.2f} x")


def sweep_unread(home: Path, count: int) -> None:
    """Sweep letters that nobody has read; then make the same searches by bare calls."""
    with altinn(unread=count) as url, opened(home, url) as (database, settings):
        publish_unread(database, count)
        now = MONDAY + timedelta(hours=10)
        statements = counted_statements(database)
        with open_altinn(settings) as channel:
            calls = counted_calls(channel)
            with timed("find whom to ask about"):
                looks = following.unread(database, now)
            with timed("sweep"):
                seen = following.follow(database, channel, looks, Watch.READING, now, CALLS)
        asked = len(calls)
        with timed("as many bare searches"):
            bare_searches(url, count)
    print(f"{count} unread letters: {seen.asked} asked about, {seen.read} read, {asked} calls,")
    print(f"  {len(looks)} slices, {len(statements)} SQL statements")
    for name in ("find whom to ask about", "sweep", "as many bare searches"):
        print(f"{name:<24}{took[name]:8.2f} s {count / took[name]:10.0f} letters/s")
    print(f"sweep / bare searches   {took['sweep'] / took['as many bare searches']:8.2f} x")


@contextmanager
def altinn(unread: int) -> Iterator[str]:
    """Run the stand-in in a process of its own, with so many published letters in it."""
    ours, theirs = multiprocessing.Pipe()
    process = multiprocessing.get_context("spawn").Process(target=be_altinn, args=(theirs, unread))
    process.start()
    try:
        yield str(ours.recv())
    finally:
        process.terminate()
        process.join()


def be_altinn(ready: Connection, unread: int) -> None:
    """Be the stand-in until stopped."""
    app = create_app()
    room = app.state.room
    room.now = MONDAY
    for number in range(unread):
        room.put(
            Mail(
                id=reference_of(number),
                key=None,
                recipient="urn:altinn:person:identifier-no:01818550029",
                reference=shipment_of(number),
                resource=RESOURCE,
                created=MONDAY,
                requested_publish=instant_of(number),
                habit="never",
                said=b"{}",
            )
        )
    room.now = MONDAY + timedelta(hours=10)
    with socket.socket() as line:
        line.bind(("127.0.0.1", 0))
        ready.send(f"http://127.0.0.1:{line.getsockname()[1]}")
        config = uvicorn.Config(app, log_level="warning", access_log=False)
        uvicorn.Server(config).run(sockets=[line])


@contextmanager
def opened(home: Path, url: str) -> Iterator[tuple[Database, Settings]]:
    """Make an empty database, and settings that lead to the stand-in."""
    token = SecretStr("sandbox")
    settings = Settings(
        home=home,
        altinn=AltinnSettings(url=url, token=token, parallel_calls=CALLS, resource_id=RESOURCE),
        contact_register=ContactRegisterSettings(url=url, token=token),
    )
    with open_database(settings.database_url) as database:
        schema.upgrade(database)
        with transaction(database) as tx:
            keep_senders(tx, [SENDER])
        yield database, settings


def made_letters(count: int) -> list[Registration]:
    """Return letters to people who do not exist, with one document each."""
    random = Random(5)
    digest = hashlib.sha256(CONTENT).hexdigest()
    document = Document(1, "brev.pdf", digest, len(CONTENT), 2)
    address = PostalAddress("Oline Prøve", ("Fjellveien 3",), "8900", "Brønnøysund")
    made = []
    for number in range(count):
        recipient = Recipient(address, national_number(random), "Vedtak om skoleskyss")
        name, reference = ShipmentId(shipment_of(number)), f"SAK-{number}"
        letter = Shipment(
            name, SENDER.id, reference, Status.ACCEPTED, recipient, documents=(document,)
        )
        made.append(Registration(name, SENDER.id, reference, f"{number:064d}", letter, ()))
    return made


def put_in(database: Database, letters: list[Registration]) -> None:
    """Register letters."""
    with transaction(database) as tx:
        for some in cut(letters, 5000):
            shipments.register(tx, some, MONDAY)


def publish_unread(database: Database, count: int) -> None:
    """Bring letters to where Altinn has published them and nobody has read."""
    letters = made_letters(count)
    put_in(database, letters)
    ids = [letter.id for letter in letters]
    with transaction(database) as tx:
        shipments.record_routes(tx, [(one, Route.DIGITAL, "NOTIFIABLE") for one in ids], MONDAY)
        offers.intend(
            tx,
            [
                Intent(one, one, "altinn", 1, RESOURCE, instant_of(number))
                for number, one in enumerate(ids)
            ],
            MONDAY,
        )
        references = {one: reference_of(number) for number, one in enumerate(ids)}
        offers.record_offered(tx, references, MONDAY)
        due = MONDAY + timedelta(days=3)
        found = [(offer, MONDAY, due) for offer in asking.with_keys(tx, list(ids))]
        offers.record_published(tx, found, MONDAY, ask_after=MONDAY)


def shipment_of(number: int) -> str:
    """Return the id of a letter."""
    return str(uuid.UUID(int=number + 1))


def reference_of(number: int) -> str:
    """Return Altinn's id of a letter."""
    return str(uuid.UUID(int=(1 << 100) + number))


def instant_of(number: int) -> datetime:
    """Return the publish instant of a letter's slice."""
    return MONDAY - APART * (number // LARGEST)


def form_like_ours() -> dict[str, str]:
    """Return the parts of an upload, without its key and reference."""
    said = "correspondence"
    return {
        f"{said}.resourceId": RESOURCE,
        f"{said}.content.language": "nb",
        f"{said}.content.messageTitle": "Vedtak",
        f"{said}.content.messageSummary": "Vedtak",
        f"{said}.content.messageBody": "Du har fått et brev.",
        f"{said}.content.attachments[0].fileName": "brev.pdf",
        f"{said}.content.attachments[0].sendersReference": "1",
        f"{said}.content.attachments[0].isEncrypted": "false",
        "recipients[0]": "urn:altinn:person:identifier-no:01818550029",
    }


def bare_uploads(url: str, count: int) -> None:
    """Upload so many letters and do nothing else."""
    headers = {"Authorization": "Bearer sandbox", "Accept": "application/json"}

    def upload(number: int) -> None:
        fields = form_like_ours()
        fields["idempotentKey"] = str(uuid.uuid4())
        fields["correspondence.sendersReference"] = f"bare-{number}"
        files = [("attachments", ("brev.pdf", CONTENT, "application/pdf"))]
        client.post(f"{SEARCH}/upload", data=fields, files=files).raise_for_status()

    with (
        httpx.Client(base_url=url, headers=headers, timeout=60) as client,
        ThreadPoolExecutor(CALLS) as pool,
    ):
        list(pool.map(upload, range(count)))


def bare_searches(url: str, count: int) -> None:
    """Search every slice for every status, and do nothing else."""
    headers = {"Authorization": "Bearer sandbox", "Accept": "application/json"}
    edge = timedelta(milliseconds=1)
    with httpx.Client(base_url=url, headers=headers, timeout=60) as client:
        for first in range(0, count, LARGEST):
            at = instant_of(first)
            window = {"from": (at - edge).isoformat(), "to": (at + edge).isoformat()}
            for status in SWEPT:
                query = {"resourceId": RESOURCE, "role": "Sender", **window, "status": status}
                client.get(SEARCH, params=query).raise_for_status()


def counted_calls(channel: Any) -> list[str]:
    """Count a channel's calls from here on."""
    calls: list[str] = []
    channel._client.event_hooks = {"request": [lambda request: calls.append(request.url.path)]}  # noqa: SLF001
    return calls


def counted_statements(database: Database) -> list[str]:
    """Count a database's statements from here on."""
    said: list[str] = []
    event.listen(database, "before_cursor_execute", lambda *told: said.append(told[2]))
    return said


if __name__ == "__main__":
    main()
