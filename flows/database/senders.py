"""Keep the senders and how each wants its letters sent."""

from collections.abc import Sequence

from sqlalchemy import insert, select

from flows.database.session import Tx
from flows.database.tables import senders
from flows.domain.sender import Sender
from flows.domain.shipment import SenderId
from flows.domain.working_days import DeadlinePolicy


def all_senders(tx: Tx) -> dict[SenderId, Sender]:
    """Return every sender by its id."""
    found: dict[SenderId, Sender] = {}
    for row in tx.execute(select(senders).order_by(senders.c.id)).mappings():
        found[row["id"]] = Sender(
            id=row["id"],
            name=row["name"],
            organisation_number=row["organisation_number"],
            return_address=tuple(row["return_address"]),
            cover_text=row["cover_text"],
            deadline_policy=DeadlinePolicy.parse(row["deadline_policy"]),
            digital=row["digital"],
            on_hold=row["on_hold"],
            altinn_resource=row["altinn_resource"],
            invoice_reference=row["invoice_reference"],
        )
    return found


def keep_senders(tx: Tx, wanted: Sequence[Sender]) -> tuple[int, int]:
    """Add new senders and change known ones; return how many of each. None is removed."""
    before = all_senders(tx)
    new = [each for each in wanted if each.id not in before]
    changed = [each for each in wanted if each.id in before and before[each.id] != each]
    if new:
        tx.execute(insert(senders), [_row(each) for each in new])
    for each in changed:
        tx.execute(senders.update().where(senders.c.id == each.id).values(_row(each)))
    return len(new), len(changed)


def _row(sender: Sender) -> dict[str, object]:
    return {
        "id": sender.id,
        "name": sender.name,
        "organisation_number": sender.organisation_number,
        "return_address": list(sender.return_address),
        "cover_text": sender.cover_text,
        "deadline_policy": str(sender.deadline_policy),
        "digital": sender.digital,
        "on_hold": sender.on_hold,
        "altinn_resource": sender.altinn_resource,
        "invoice_reference": sender.invoice_reference,
    }
