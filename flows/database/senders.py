"""Keep the senders and how each wants its letters sent."""

from collections.abc import Sequence
from dataclasses import fields

from sqlalchemy import insert, select

from flows.database.session import Tx
from flows.database.tables import senders
from flows.domain.sender import Rules, Sender
from flows.domain.shipment import SenderId
from flows.domain.working_days import DeadlinePolicy


def all_senders(tx: Tx) -> dict[SenderId, Sender]:
    """Return every sender by its id."""
    return {
        row["id"]: Sender(
            **{
                **row,
                "return_address": tuple(row["return_address"]),
                "information_types": tuple(row["information_types"]),
                "deadline_policy": DeadlinePolicy.parse(row["deadline_policy"]),
                "rules": Rules(row["rules"]),
            },
        )
        for row in tx.execute(select(senders).order_by(senders.c.id)).mappings()
    }


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
        **{each.name: getattr(sender, each.name) for each in fields(Sender)},
        "return_address": list(sender.return_address),
        "information_types": list(sender.information_types),
        "notification_texts": dict(sender.notification_texts),
        "deadline_policy": str(sender.deadline_policy),
    }
