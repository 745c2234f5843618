"""Letters that a channel will not have as they are: held, and a person is asked to look."""

from collections.abc import Sequence
from datetime import datetime

from flows.database import holds
from flows.database import shipments as moves
from flows.database.offers import Offer, close_refused
from flows.database.open_items import OpenItem, sound
from flows.database.session import Tx
from flows.domain.shipment import Route
from flows.domain.status import Mover

HELD_FOR = "OFFER_QUARANTINED"
"""The code of the hold and of the open item; `svarut release` ends both."""

ROUTE_REASON = "QUARANTINED"


def quarantine(tx: Tx, letters: Sequence[tuple[Offer, str]], at: datetime) -> None:
    """Hold letters that the channel would never accept: (offer, why).

    Released, a letter goes on paper; a digital-only one is offered once more, with a new key.
    why: a code or names of fields; nothing personal.
    """
    if not letters:
        return
    close_refused(tx, letters, at)
    ids = [offer.shipment_id for offer, _ in letters]
    digital_only = moves.digital_only(tx, ids)
    on_paper = [(one, Route.PAPER, ROUTE_REASON) for one in ids if one not in digital_only]
    moves.record_routes(tx, on_paper, at)
    holds.keep_back(tx, ids, HELD_FOR, by=Mover.DISPATCH, why="the channel refuses it", at=at)
    sound(tx, [_item(offer, why, offer.shipment_id in digital_only) for offer, why in letters], at)


def _item(offer: Offer, why: str, digital_only: bool) -> OpenItem:
    released = "offered once more" if digital_only else "sent on paper"
    return OpenItem(
        "OFFER_QUARANTINED",
        offer.shipment_id,
        f"Altinn does not accept this letter: {why}",
        f"look at it; svarut release: it is {released}. Or handle it by hand: svarut handled",
    )
