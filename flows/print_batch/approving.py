"""A night larger than usual: what waits until a person has approved it."""

import re
from datetime import datetime
from typing import Final

from flows import clock
from flows.database.item_history import acts_of, record_acts
from flows.database.open_items import OpenItem, raise_item, silence
from flows.database.session import Tx
from flows.errors import NeedsAPerson
from flows.settings import Settings

TOO_MANY: Final = "NIGHT_TO_APPROVE"
"""The open item of a night whose letters wait; its subject is the night."""

_APPROVED: Final = "approved"


def night_of(settings: Settings, now: datetime) -> str:
    """Return a night's name, `<customer>-<yyyymmdd>`: how the ids of its batches begin."""
    return f"{settings.vendor.customer}-{clock.oslo_date(now):%Y%m%d}"


def night_named(settings: Settings, text: str) -> str:
    """Return the night that is meant by its name, its date, or the id of a batch of it.

    Raises NeedsAPerson for anything else.
    """
    customer = settings.vendor.customer
    found = re.fullmatch(
        rf"(?:{re.escape(customer)}-)?(\d{{4}})-?(\d\d)-?(\d\d)(?:-\d+-\w+)?", text
    )
    if found is None:
        raise NeedsAPerson(
            "that is no night",
            where=text,
            do=f"write its name or its date: {customer}-20261126, 2026-11-26",
        )
    return f"{customer}-{''.join(found.groups())}"


def is_approved(tx: Tx, night: str) -> bool:
    """Say whether a person has approved a night, whatever its size."""
    return any(act == _APPROVED for _, act, _, _ in acts_of(tx, TOO_MANY, night))


def approve(tx: Tx, night: str, *, by: str, why: str, at: datetime) -> bool:
    """Approve a night, also one to come; return False when it was approved already."""
    if is_approved(tx, night):
        return False
    raise_item(tx, OpenItem(TOO_MANY, night, "approved before it began", "nothing"), at)
    record_acts(tx, [(TOO_MANY, night)], _APPROVED, at, by=by, why=why)
    silence(tx, TOO_MANY, [night], at)
    return True
