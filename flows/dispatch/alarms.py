"""What dispatch asks a person to look at; an alarm ends by itself when all is well again."""

from collections.abc import Collection, Mapping
from datetime import datetime, timedelta
from typing import Final

from flows.database import asking, contacts
from flows.database.open_items import OpenItem, silence, silence_all_but, sound
from flows.database.session import Database, transaction
from flows.dispatch.channel import Tenant
from flows.dispatch.choosing import LookedUp
from flows.dispatch.contact_register import Silence
from flows.errors import NeedsAPerson

UNPUBLISHED_FOR: Final = timedelta(hours=4)
"""Publication takes minutes, at worst tens of minutes; longer than this is not normal."""

STOPPED, UNPUBLISHED = "CHANNEL_STOPPED", "UNPUBLISHED_TOO_LONG"
SILENT: Final = "CONTACT_REGISTER_SILENT"


def about_stopped(
    database: Database,
    stopped: Mapping[Tenant, str],
    answered: Collection[Tenant],
    now: datetime,
) -> None:
    """Say in whose name nothing can be done; take back what was said of those answered since."""
    items = [
        OpenItem(
            "CHANNEL_STOPPED",
            _named(tenant),
            f"Altinn refuses everything in this name: {why}",
            "check token, scopes, delegation and resource: svarut doctor. All its letters wait",
        )
        for tenant, why in stopped.items()
    ]
    well = {_named(tenant) for tenant in answered} - {item.subject for item in items}
    with transaction(database) as tx:
        sound(tx, items, now)
        silence(tx, STOPPED, sorted(well), now)


def stop_for(stopped: Mapping[Tenant, str], silence_of_register: Silence | None = None) -> None:
    """Raise NeedsAPerson for what a run could not do; everything else has been done by now."""
    if stopped:
        raise NeedsAPerson(
            f"Altinn refuses us, everything else was done: {next(iter(stopped.values()))}",
            where=", ".join(_named(tenant) for tenant in stopped),
            do="check token, scopes, delegation and resource: svarut doctor. Their letters wait",
        )
    if silence_of_register is not None and silence_of_register.for_a_person:
        raise NeedsAPerson(
            f"the contact register refuses us, everything else was done: {silence_of_register.why}",
            where="contact_register.url",
            do="check address, token and scope. Letters to people wait",
        )


def about_unpublished(database: Database, now: datetime) -> int:
    """Say which resources have letters unpublished for hours; return how many letters."""
    with transaction(database) as tx:
        late = asking.unpublished_since(tx, now - UNPUBLISHED_FOR)
        items = [
            OpenItem(
                "UNPUBLISHED_TOO_LONG",
                each.resource,
                f"{each.letters} letters are offered and not published, since {each.oldest:%F %R}Z",
                "ask Altinn's support. Those unpublished at their deadline are taken back and go "
                "on paper by themselves",
            )
            for each in late
        ]
        sound(tx, items, now)
        silence_all_but(tx, UNPUBLISHED, [each.resource for each in late], now)
    return sum(each.letters for each in late)


def about_the_register(
    database: Database,
    looked_up: LookedUp,
    alarm_after: timedelta,
    now: datetime,
) -> None:
    """Say that letters have waited long for the contact register's answer."""
    with transaction(database) as tx:
        waiting, oldest = contacts.oldest_not_routed(tx)
        silent = looked_up.silence
        if oldest is not None and (now - oldest >= alarm_after or (silent and silent.for_a_person)):
            why = silent.why if silent else "it says nothing readable about some people"
            item = OpenItem(
                "CONTACT_REGISTER_SILENT",
                "contact register",
                f"{waiting} letters wait for its answer, since {oldest:%F %R}Z: {why}",
                "check address, token and scope; they go on by themselves when it answers",
            )
            sound(tx, [item], now)
        elif oldest is None:
            silence(tx, SILENT, ["contact register"], now)


def _named(tenant: Tenant) -> str:
    return f"{tenant.resource} for {tenant.consumer}" if tenant.consumer else tenant.resource
