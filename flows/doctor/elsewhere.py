"""What must be so elsewhere: Altinn, Maskinporten, the vendor's server, and the others we ask."""

import os
from datetime import timedelta
from email.utils import parsedate_to_datetime
from typing import Final
from urllib.parse import urlsplit

import httpx

from flows import clock as our_clock
from flows import sftp
from flows.bounded_http import PLAIN, bounded
from flows.clock import oslo_date
from flows.database import schema
from flows.database.senders import all_senders
from flows.database.session import open_database, reading
from flows.database.vendors import profile_on
from flows.dispatch.altinn import USER_AGENT
from flows.dispatch.contact_register import Silence, open_contact_register
from flows.dispatch.maskinporten import SUBSCRIPTION, tokens_of
from flows.doctor.at_home import our_rows
from flows.errors import NeedsAPerson
from flows.intake.malware import open_scanner
from flows.settings import Settings
from flows.watching import mail
from flows.watching.outcome import NotTaken

OTHERS: Final = 0o077
"""What nobody but us may do with a key file."""

OFF_BY: Final = timedelta(seconds=30)
"""A clock that is more wrong than this gets tokens refused, and letters their deadlines wrong."""

SECONDS: Final = 10
"""How long one of the others may take to answer."""


def malware(settings: Settings) -> str:
    """See that the malware scanner answers, where one is used."""
    scanner = open_scanner(settings.malware)
    return scanner.version() if scanner else "not used: documents are not scanned"


def maskinporten(settings: Settings) -> str:
    """See that Maskinporten gives us tokens, for everybody we act for."""
    tokens, file = tokens_of(settings), settings.maskinporten.key_file
    if tokens is None:
        return "not used: altinn.token is"
    if file.is_file() and file.stat().st_mode & OTHERS:
        raise NeedsAPerson("others may read the key file", where=str(file), do="chmod 600")
    with open_database(settings.database_url) as database:
        if schema.revision_of(database) is None:
            consumers = {""}
        else:
            with reading(database) as tx:
                consumers = {each.consumer_organisation for each in all_senders(tx).values()} | {""}
    for consumer in sorted(consumers):
        tokens.bearer(settings.maskinporten.scopes, consumer)
    return f"gives us tokens: our own, and for {len(consumers) - 1} we act for"


def altinn(settings: Settings) -> str:
    """See that Altinn answers, and accepts our token."""
    address = f"{settings.altinn.url.rstrip('/')}/correspondence/api/v1/correspondence"
    tokens, headers = tokens_of(settings), {"Accept": "application/json", "User-Agent": USER_AGENT}
    if tokens is None:
        headers["Authorization"] = f"Bearer {settings.altinn.token.get_secret_value()}"
    if settings.altinn.subscription_key.get_secret_value():
        headers[SUBSCRIPTION] = settings.altinn.subscription_key.get_secret_value()
    question = {"resourceId": settings.altinn.resource_id, "role": "Sender"}
    try:
        with httpx.Client(headers={**headers, **PLAIN}, timeout=SECONDS, **bounded()) as client:
            auth = tokens.altinn_auth() if tokens else None
            answer = client.get(address, params=question, auth=auth)
    except httpx.HTTPError as fault:
        raise NeedsAPerson(
            f"no answer ({type(fault).__name__})",
            where=settings.altinn.url,
            do="check the address and the network; SVARUT_ALTINN__URL",
        ) from fault
    if answer.status_code in {401, 403}:
        raise NeedsAPerson(
            f"the token is not accepted ({answer.status_code})",
            where=settings.altinn.url,
            do="check SVARUT_ALTINN__TOKEN, or Maskinporten's scopes",
        )
    if answer.is_error:
        raise NeedsAPerson(
            f"it answers {answer.status_code} to a search",
            where=settings.altinn.url,
            do="check SVARUT_ALTINN__RESOURCE_ID",
        )
    return "answers, and accepts our token"


def clock(settings: Settings) -> str:
    """See that our clock says what Altinn's does."""
    try:
        with httpx.Client(headers=PLAIN, timeout=SECONDS, **bounded()) as client:
            said = client.get(settings.altinn.url).headers.get("Date", "")
        there = parsedate_to_datetime(said)
    except (httpx.HTTPError, httpx.InvalidURL, ValueError) as fault:
        raise NeedsAPerson(
            f"nobody to compare with ({type(fault).__name__})",
            where=settings.altinn.url,
            do="see what is said of altinn",
        ) from fault
    off = our_clock.now() - there
    if abs(off) > OFF_BY:
        raise NeedsAPerson(
            f"our clock is {off.total_seconds():.0f} seconds off Altinn's",
            do="let this machine follow a time server (NTP)",
        )
    return "ours and Altinn's agree"


def contact_register(settings: Settings) -> str:
    """See that the contact register answers, and knows us."""
    if not settings.contact_register.url:
        return "not asked: Altinn alone refuses letters to reserved people"
    with open_contact_register(settings) as register:
        said = register.look_up([])
    # Nobody is asked about: a register that is well, and knows us, calls the question wrong.
    if isinstance(said, Silence) and said.why != "http 400":
        raise NeedsAPerson(
            f"the contact register does not answer us: {said.why}",
            where=settings.contact_register.url,
            do="check address and token, or Maskinporten's scope for it",
        )
    return "answers, and accepts our token"


def vendor(settings: Settings) -> str:
    """See that the vendor's server is who it was, knows us, and has the profile's folders."""
    with our_rows(settings) as tx:
        way = profile_on(tx, settings.vendor.profile, oslo_date(our_clock.now())).transport
    wanted = (way.upload_folder, way.acknowledgements_folder, way.receipts_folder)
    with sftp.connect(settings.vendor) as server:
        missing = [folder for folder in wanted if server.size_of(folder) is None]
        waiting = server.files_in(way.receipts_folder)
    if missing:
        raise NeedsAPerson(
            f"the vendor's server has no {', '.join(missing)}",
            where=f"profile {settings.vendor.profile}",
            do="let the vendor make them, or mend the profile: svarut vendors import FILE",
        )
    return f"host key and login are right, {len(waiting)} files wait"


def alarms(settings: Settings) -> str:
    """See that somebody is told when something is not well, as far as that can be seen unasked."""
    watch = settings.watch
    ways = [f"webhook to {urlsplit(watch.webhook_url.get_secret_value()).hostname}"] * bool(
        watch.webhook_url.get_secret_value()
    )
    if watch.mail_to:
        try:
            with mail.reach(watch):
                ways.append(f"e-mail to {len(watch.mail_to)}")
        except NotTaken as fault:
            raise NeedsAPerson(
                f"alarms reach nobody by e-mail: {fault.what}",
                where=f"{watch.smtp_host}:{watch.smtp_port}",
                do="mend watch.smtp_*, or the server; svarut status shows what nobody was told",
            ) from fault
    if not ways:
        return "nobody is told: set watch.mail_to or watch.webhook_url"
    unwatched = "" if watch.heartbeat_url.get_secret_value() else "; nobody outside watches us"
    return ", ".join(ways) + unwatched


def prefect(_: Settings) -> str:
    """See that Prefect's server answers, where there is one."""
    address = os.environ.get("PREFECT_API_URL", "")
    if not address:
        return "no server: flows run by hand or by cron"
    try:
        with httpx.Client(headers=PLAIN, timeout=SECONDS, **bounded()) as client:
            client.get(f"{address.rstrip('/')}/health").raise_for_status()
    except (httpx.HTTPError, httpx.InvalidURL) as fault:
        raise NeedsAPerson(
            f"Prefect's server does not answer ({type(fault).__name__}): nothing is scheduled",
            where=address,
            do="start it, or mend PREFECT_API_URL; meanwhile: svarut run FLOW",
        ) from fault
    return "its server answers"
