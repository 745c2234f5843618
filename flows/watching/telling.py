"""Tell people of alarms: each message written down, sent, and written down as sent."""

import logging
from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Final

from flows.database import alarms
from flows.database.alarms import Message
from flows.database.session import Database, reading, transaction
from flows.settings import Settings
from flows.watching import mail, webhook
from flows.watching.outcome import NobodyKnows, NotTaken

log = logging.getLogger(__name__)

Send = Callable[[Message], None]

OLDEST: Final = timedelta(days=2)
"""News older than this is none; the alarm itself is told again if it is still so."""


def channels_of(settings: Settings) -> dict[str, Send]:
    """Return the ways of telling a person that the settings name."""
    watch = settings.watch
    channels: dict[str, Send] = {}
    if watch.mail_to:
        channels["mail"] = lambda message: mail.send(watch, message)
    if watch.webhook_url.get_secret_value():
        channels["webhook"] = lambda message: webhook.send(watch, message)
    return channels


def send_messages(
    database: Database, channels: Mapping[str, Send], now: datetime
) -> tuple[int, int]:
    """Send what is written down; return how many messages were taken, and how many were not.

    A channel that does not take one gets no more of them now; the others go on. Killed between
    sending and writing down, a message is sent once more, and says that it may have come before.
    """
    with reading(database) as tx:
        waiting = alarms.to_send(tx, now)
    taken, silent = 0, set()
    for message in waiting:
        if message.channel in silent:
            continue
        reason = _not_to_be_sent(message, channels, now)
        if reason:
            _give_up(database, message, now, reason)
        elif _send(database, channels[message.channel], message, now):
            taken += 1
        else:
            silent.add(message.channel)
    with reading(database) as tx:
        left = len(alarms.to_send(tx, now + alarms.STILL_SENDING))
    return taken, left


def _not_to_be_sent(message: Message, channels: Mapping[str, Send], now: datetime) -> str:
    if message.channel not in channels:
        return "the settings name this channel no more"
    if message.state == "BEGUN" and message.repeated:
        return "sent twice, and nobody knows whether it arrived"
    return "too old to be news" if now - message.made_at > OLDEST else ""


def _send(database: Database, send: Send, message: Message, now: datetime) -> bool:
    """Send one message; return False when it was not taken, as far as anybody knows."""
    repeated = message.repeated or message.state == "BEGUN"
    with transaction(database) as tx:
        if not alarms.begin(tx, message, now, repeated=repeated):
            return True  # another watch is at it
    try:
        send(replace(message, repeated=repeated))
    except NotTaken as fault:
        log.warning("not told channel=%s message=%s: %s", message.channel, message.id, fault.what)
        with transaction(database) as tx:
            alarms.record_not_taken(tx, message, fault.what)
        return False
    except NobodyKnows as fault:
        log.warning("told? channel=%s message=%s: %s", message.channel, message.id, fault.what)
        with transaction(database) as tx:
            alarms.record_unknown(tx, message, fault.what)
        return False
    with transaction(database) as tx:
        alarms.record_sent(tx, message, now)
    return True


def _give_up(database: Database, message: Message, now: datetime, reason: str) -> None:
    log.warning("given up channel=%s message=%s: %s", message.channel, message.id, reason)
    with transaction(database) as tx:
        alarms.give_up(tx, message, now, reason)
