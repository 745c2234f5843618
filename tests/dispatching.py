"""Steps of dispatch that tests take, and looks at what came of them."""

from datetime import datetime, timedelta

from builders import MONDAY, a_document, a_registration, registered
from stand_ins import AltinnStandIn

from flows.database import follow
from flows.database.follow import Walk
from flows.database.open_items import still_open
from flows.database.session import Database, reading, transaction
from flows.database.shipments import Registration
from flows.dispatch import choosing, following, offering
from flows.dispatch.channel import Channel, Watch
from flows.dispatch.following import FollowCounts
from flows.dispatch.offering import OfferCounts
from flows.domain.shipment import ShipmentId
from flows.domain.status import Status
from flows.settings import Settings

CONTENT = b"%PDF-1.7 et brev"
SOON = timedelta(minutes=5)


def a_letter(**changes: object) -> Registration:
    document = a_document(content=CONTENT, file_name="brev.pdf")
    return a_registration(documents=(document,), **changes)  # type: ignore[arg-type]


def put_in(database: Database, *letters: Registration) -> list[ShipmentId]:
    with transaction(database) as tx:
        return registered(tx, *letters)


def offer_all(
    database: Database, channel: Channel, settings: Settings, now: datetime = MONDAY
) -> OfferCounts:
    choosing.route_letters(database, now)
    offering.write_down_intents(database, channel.name, settings, now)
    return offering.offer_everything(database, channel, settings, now)


def ask_all(database: Database, channel: Channel, now: datetime) -> FollowCounts:
    waiting = following.unpublished(database, now)
    seen = following.follow(database, channel, waiting, Watch.PUBLICATION, now, 2)
    out = following.unread(database, now)
    return seen + following.follow(database, channel, out, Watch.READING, now, 2)


def publish(
    database: Database, channel: Channel, settings: Settings, altinn: AltinnStandIn
) -> datetime:
    """Offer everything on Monday morning, and see it published soon after."""
    offer_all(database, channel, settings)
    altinn.set_clock(MONDAY + SOON)
    ask_all(database, channel, MONDAY + SOON)
    return MONDAY + SOON


def walk(database: Database, letter: ShipmentId) -> Walk:
    with reading(database) as tx:
        found = follow.walk_of(tx, letter)
    assert found is not None
    return found


def status(database: Database, letter: ShipmentId) -> Status:
    return walk(database, letter).letter.status


def open_codes(database: Database) -> set[str]:
    with reading(database) as tx:
        return {item.code for item, _ in still_open(tx)}
