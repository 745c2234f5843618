"""Alarms: raised once, ended by themselves, muted by a person; and the messages about them."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from typing import Any, Final
from uuid import uuid4

from sqlalchemy import ColumnElement, func, insert, or_, select, text, update

from flows.database.session import Tx, in_chunks
from flows.database.watching_tables import alarm_messages, alarm_mutes, alarms
from flows.domain.alarm import Alarm, Mute

STILL_SENDING: Final = timedelta(minutes=5)
"""A message begun this lately may be on its way from another watch."""


@dataclass(frozen=True)
class KeptAlarm:
    """An alarm as it is kept."""

    id: int
    alarm: Alarm
    raised_at: datetime
    told_at: datetime | None
    ended_at: datetime | None = None


@dataclass(frozen=True)
class Message:
    """What is told through one channel, and how far it has come."""

    id: str
    """Its key: whoever gets it twice can see that it is the same."""
    channel: str
    made_at: datetime
    content: Mapping[str, Any]
    state: str
    attempts: int
    repeated: bool
    """It may have arrived before."""


def wait_for_turn(tx: Tx) -> None:
    """Wait until no other watch keeps alarms; keep the turn until the end."""
    if tx.dialect.name != "sqlite":
        tx.execute(text("SELECT pg_advisory_xact_lock(hashtext('svarut: alarms'))"))


def keep(tx: Tx, found: Sequence[Alarm], now: datetime) -> tuple[list[KeptAlarm], list[KeptAlarm]]:
    """Keep what is found: raise what is new, end what is no more. Return what is on, and ended."""
    wanted = {(one.code, one.subject): one for one in found}
    known = {(one.alarm.code, one.alarm.subject): one for one in live(tx)}
    new = [one for key, one in wanted.items() if key not in known]
    if new:
        tx.execute(insert(alarms), [{**asdict(one), "raised_at": now} for one in new])
    gone = [one for key, one in known.items() if key not in wanted]
    for ids in in_chunks([one.id for one in gone]):
        tx.execute(update(alarms).where(alarms.c.id.in_(ids)).values(ended_at=now))
    for key, one in wanted.items():
        if key in known and known[key].alarm != one:
            tx.execute(
                update(alarms)
                .where(alarms.c.id == known[key].id)
                .values(what=one.what, letters=one.letters, since=one.since),
            )
    return live(tx), gone


def live(tx: Tx) -> list[KeptAlarm]:
    """Return the alarms that are on, in the order they were raised."""
    return _alarms(tx, alarms.c.ended_at.is_(None))


def since(tx: Tx, instant: datetime) -> list[KeptAlarm]:
    """Return the alarms that are on, or ended since an instant."""
    return _alarms(tx, or_(alarms.c.ended_at.is_(None), alarms.c.ended_at >= instant))


def mark_told(tx: Tx, kept: Collection[KeptAlarm], now: datetime) -> None:
    """Remember that a message about alarms is written."""
    for ids in in_chunks([one.id for one in kept]):
        tx.execute(update(alarms).where(alarms.c.id.in_(ids)).values(told_at=now))


def mute(tx: Tx, wanted: Mute, at: datetime) -> None:
    """Keep a person's word that nobody is to be told for a while; the last word holds."""
    tx.execute(insert(alarm_mutes).values(**asdict(wanted), at=at))


def mutes(tx: Tx, now: datetime) -> list[Mute]:
    """Return the mutes that hold now."""
    mute_ = alarm_mutes.c
    latest = select(func.max(mute_.id)).group_by(mute_.code, mute_.subject)
    rows = tx.execute(
        select(mute_.code, mute_.subject, mute_.until, mute_.by, mute_.why)
        .where(mute_.id.in_(latest), mute_.until > now, mute_.until > mute_.at)
        .order_by(mute_.id),
    )
    return [Mute(*row) for row in rows.tuples()]


def write_messages(
    tx: Tx, channels: Sequence[str], content: Mapping[str, Any], now: datetime
) -> None:
    """Write down what is to be told through each channel, before anything is sent."""
    tx.execute(
        insert(alarm_messages),
        [
            {
                "id": f"{now:%Y%m%dT%H%M%SZ}-{channel}-{uuid4().hex[:12]}",
                "channel": channel,
                "made_at": now,
                "content": dict(content),
            }
            for channel in channels
        ],
    )


def to_send(tx: Tx, now: datetime) -> list[Message]:
    """Return the messages to send, oldest first: those waiting, and those whose end is unknown."""
    message = alarm_messages.c
    stopped = (message.state == "BEGUN") & (message.begun_at <= now - STILL_SENDING)
    rows = tx.execute(
        select(alarm_messages)
        .where(message.ended_at.is_(None), or_(message.state == "WAITING", stopped))
        .order_by(message.made_at, message.id),
    ).mappings()
    return [
        Message(
            id=row["id"],
            channel=row["channel"],
            made_at=row["made_at"],
            content=row["content"],
            state=row["state"],
            attempts=row["attempts"],
            repeated=row["repeated"],
        )
        for row in rows
    ]


def begin(tx: Tx, message: Message, now: datetime, *, repeated: bool) -> bool:
    """Say that a message is being sent; False when another watch was first."""
    done = tx.execute(
        update(alarm_messages)
        .where(
            alarm_messages.c.id == message.id,
            alarm_messages.c.attempts == message.attempts,
            alarm_messages.c.ended_at.is_(None),
        )
        .values(state="BEGUN", begun_at=now, attempts=message.attempts + 1, repeated=repeated),
    )
    return done.rowcount == 1


def record_sent(tx: Tx, message: Message, now: datetime) -> None:
    """Say that a message has been taken."""
    _change(tx, message, state="SENT", ended_at=now, fault="")


def record_not_taken(tx: Tx, message: Message, fault: str) -> None:
    """Say that a message was certainly not taken: the next watch tries again."""
    _change(tx, message, state="WAITING", fault=fault[:200])


def record_unknown(tx: Tx, message: Message, fault: str) -> None:
    """Say that nobody knows whether a message was taken: it is repeated once, and says so."""
    _change(tx, message, fault=fault[:200])


def give_up(tx: Tx, message: Message, now: datetime, fault: str) -> None:
    """Say that a message is not sent any more."""
    _change(tx, message, state="GIVEN_UP", ended_at=now, fault=fault[:200])


def _change(tx: Tx, message: Message, **values: Any) -> None:
    tx.execute(update(alarm_messages).where(alarm_messages.c.id == message.id).values(**values))


def _alarms(tx: Tx, which: ColumnElement[bool]) -> list[KeptAlarm]:
    rows = tx.execute(select(alarms).where(which).order_by(alarms.c.id)).mappings()
    return [
        KeptAlarm(
            row["id"],
            Alarm(row["code"], row["subject"], row["what"], row["letters"], row["since"]),
            row["raised_at"],
            row["told_at"],
            row["ended_at"],
        )
        for row in rows
    ]
