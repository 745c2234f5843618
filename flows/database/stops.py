"""Letters that are to be stopped after they have left: the wish, its list, the vendor's answer."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from sqlalchemy import Row, Select, func, insert, select, update

from flows.database import shipments as moves
from flows.database.attempt_tables import stop_lists, stops
from flows.database.batch_states import lock_batch
from flows.database.batches import settle_batches
from flows.database.giving_back import take_out, withdraw
from flows.database.open_items import OpenItem, sound
from flows.database.session import Tx
from flows.database.tables import batches, pieces, shipments
from flows.domain.batch import AT_THE_VENDOR, BatchId, BatchStatus, LeftAs, StopState
from flows.domain.shipment import ShipmentId
from flows.domain.status import Mover, Status
from flows.errors import NeedsAPerson

TOO_LATE: Final = "STOP_TOO_LATE"
CONTRADICTED: Final = "STOP_CONTRADICTED"
"""Open items of a letter that should have been stopped; their subject is the letter."""


@dataclass(frozen=True, order=True)
class Place:
    """A piece of one package."""

    batch_id: BatchId
    attempt: int
    number: int


@dataclass(frozen=True)
class StopWish:
    """That one letter is not printed after all, and how far it has come."""

    place: Place
    shipment_id: ShipmentId
    state: StopState
    asked_at: datetime
    asked_by: str
    why: str
    list_name: str = ""
    """Empty: it is in no list yet."""


@dataclass(frozen=True)
class StopList:
    """A file of such wishes; what is in it never changes."""

    number: int
    name: str
    made_at: datetime
    sent_at: datetime | None
    answered_at: datetime | None
    wishes: tuple[StopWish, ...]


def ask(tx: Tx, letters: Sequence[ShipmentId], *, by: str, why: str, at: datetime) -> int:
    """Write down that letters which have left are to be stopped; return how many are new.

    Raises NeedsAPerson for a letter that has not left, or has come to its end, and asks for none.
    """
    if not by.strip() or not why.strip():
        raise NeedsAPerson(
            "who stops a letter, and why, must be written down", do="give --by and --why"
        )
    places = {one: _place_to_stop(tx, one) for one in letters}
    known = {one: _state_at(tx, place) for one, place in places.items()}
    for letter, state in known.items():
        if state is StopState.TOO_LATE:
            raise NeedsAPerson(
                "the vendor has answered that it is too late to stop the letter",
                where=f"shipment {letter}",
                do="it is printed; tell whoever asked",
            )
    new = [one for one in letters if known[one] is None]
    if new:
        tx.execute(
            insert(stops),
            [
                {
                    "batch_id": places[one].batch_id,
                    "number": places[one].number,
                    "attempt": places[one].attempt,
                    "shipment_id": one,
                    "state": StopState.ASKED,
                    "asked_at": at,
                    "asked_by": by,
                    "why": why,
                }
                for one in new
            ],
        )
    moves.note(tx, new, "stop_asked", actor=by, at=at, detail={"why": why})
    return len(new)


def make_list(tx: Tx, customer: str, at: datetime) -> str | None:
    """Put every wish that is in no list in a new one; return its name, None without a wish."""
    waiting = tx.execute(
        select(stops.c.batch_id, stops.c.number, stops.c.attempt)
        .where(stops.c.state == StopState.ASKED, stops.c.list_number.is_(None))
        .order_by(stops.c.batch_id, stops.c.attempt, stops.c.number)
        .with_for_update(),
    ).all()
    if not waiting:
        return None
    number = int(tx.scalar(select(func.coalesce(func.max(stop_lists.c.number), 0))) or 0) + 1
    name = f"{customer}-stopp-{number:06d}.json"
    tx.execute(insert(stop_lists).values(number=number, name=name, made_at=at))
    for row in waiting:
        _set(tx, Place(row.batch_id, row.attempt, row.number), list_number=number)
    return name


def lists_to_send(tx: Tx) -> list[StopList]:
    """Return the lists that have not surely reached the vendor, oldest first."""
    return _lists(tx, select(stop_lists).where(stop_lists.c.sent_at.is_(None)))


def lists_waiting(tx: Tx) -> list[StopList]:
    """Return the lists the vendor has and has not answered."""
    waiting = stop_lists.c.sent_at.is_not(None) & stop_lists.c.answered_at.is_(None)
    return _lists(tx, select(stop_lists).where(waiting))


def list_named(tx: Tx, name: str) -> StopList | None:
    """Return a list by its file's name."""
    found = _lists(tx, select(stop_lists).where(stop_lists.c.name == name))
    return found[0] if found else None


def record_sent(tx: Tx, sent: StopList, at: datetime) -> None:
    """Say that a list and its `.ok` are at the vendor."""
    tx.execute(
        update(stop_lists)
        .where(stop_lists.c.number == sent.number, stop_lists.c.sent_at.is_(None))
        .values(sent_at=at),
    )
    done = tx.scalars(
        update(stops)
        .where(stops.c.list_number == sent.number, stops.c.state == StopState.ASKED)
        .values(state=StopState.SENT)
        .returning(stops.c.shipment_id),
    )
    detail = {"list": sent.name}
    moves.note(tx, sorted(done), "stop_sent", actor=Mover.PRINT_BATCH, at=at, detail=detail)


def record_answer(tx: Tx, number: int, said: Mapping[Place, bool], at: datetime) -> None:
    """Keep what the vendor answers about every piece of a list: stopped, or too late.

    A stopped letter is handled by hand from here on; one that has its receipt was not stopped,
    whatever the vendor says, and a person is told.
    """
    for batch_id in sorted({place.batch_id for place in said}):
        lock_batch(tx, batch_id)
    rows = tx.execute(_wishes().where(stops.c.list_number == number).with_for_update(of=stops))
    for row in rows.all():
        wish = _wish(row)
        if said[wish.place]:
            _stop(tx, wish, Status(row.letter_status), at)
        else:
            _go_on(tx, wish, at)
    tx.execute(update(stop_lists).where(stop_lists.c.number == number).values(answered_at=at))
    settle_batches(tx, sorted({place.batch_id for place in said}), at)


def agrees(known: StopList, said: Mapping[Place, bool]) -> bool:
    """Say whether an answer is the one that was kept; what a person has been told of, agrees."""
    as_said = {True: StopState.STOPPED, False: StopState.TOO_LATE}
    return all(
        wish.state in {as_said[said[wish.place]], StopState.CONTRADICTED} for wish in known.wishes
    )


def all_wishes(tx: Tx, *, unfinished: bool, limit: int) -> list[StopWish]:
    """Return wishes, the latest first; unfinished: those without an answer."""
    query = _wishes().order_by(None).order_by(stops.c.asked_at.desc(), stops.c.shipment_id)
    if unfinished:
        query = query.where(stops.c.state.in_((StopState.ASKED, StopState.SENT)))
    return [_wish(row) for row in tx.execute(query.limit(limit))]


def wishes_in(tx: Tx, *states: StopState) -> list[StopWish]:
    """Return the wishes that have come so far, by their places."""
    return [_wish(row) for row in tx.execute(_wishes().where(stops.c.state.in_(states)))]


def contradict(tx: Tx, wish: StopWish, how: str, at: datetime) -> None:
    """Say of a letter that was stopped that it was printed all the same."""
    _set(tx, wish.place, state=StopState.CONTRADICTED, answered_at=at)
    _note(tx, wish, "stop_contradicted", at)
    do = "tell whoever asked, and ask the vendor what became of it; what it cost is in dispute"
    sound(tx, [OpenItem(CONTRADICTED, wish.shipment_id, f"{_piece(wish)} {how}", do)], at)


def come_too_late(tx: Tx, wish: StopWish, how: str, at: datetime) -> None:
    """Say of a letter that it is printed, since the wish to stop it came too late."""
    _set(tx, wish.place, state=StopState.TOO_LATE, answered_at=at)
    _note(tx, wish, "stop_too_late", at)
    do = "tell whoever asked for the stop that the letter goes; then close this"
    sound(tx, [OpenItem(TOO_LATE, wish.shipment_id, f"{_piece(wish)} {how}", do)], at)


def _stop(tx: Tx, wish: StopWish, letter: Status, at: datetime) -> None:
    if wish.state is not StopState.SENT:
        return  # annulled or refused meanwhile, or a person has been told already
    if letter is not Status.SENT_TO_PRINT:
        contradict(tx, wish, "is stopped, says the vendor, and its receipt has come", at)
        return
    detail = {"batch": wish.place.batch_id, "attempt": wish.place.attempt, "list": wish.list_name}
    withdraw(tx, {wish.shipment_id: (wish.asked_by, wish.why)}, at, detail)
    take_out(tx, wish.place.batch_id, [wish.shipment_id], LeftAs.STOPPED, wish.place.attempt)


def _go_on(tx: Tx, wish: StopWish, at: datetime) -> None:
    if wish.state is StopState.SENT:
        come_too_late(tx, wish, "could not be stopped: the vendor says it is too late", at)
    elif wish.state is StopState.STOPPED:
        contradict(tx, wish, "was annulled or refused, and the vendor says it is printed", at)


def _place_to_stop(tx: Tx, letter: ShipmentId) -> Place:
    """Return where a letter is at the vendor; raises NeedsAPerson when it is not there."""
    row = tx.execute(
        select(pieces.c.batch_id, pieces.c.number, batches.c.attempt, batches.c.status)
        .join(batches, batches.c.id == pieces.c.batch_id)
        .join(shipments, shipments.c.id == pieces.c.shipment_id)
        .where(
            pieces.c.shipment_id == letter,
            pieces.c.live,
            shipments.c.status.in_((Status.ACCEPTED, Status.NOTIFIED, Status.SENT_TO_PRINT)),
        ),
    ).first()
    if row is None:
        raise NeedsAPerson(
            "the letter is not at the vendor",
            where=f"shipment {letter}",
            do="before it is in a batch: svarut hold. svarut show tells its walk",
        )
    if BatchStatus(lock_batch(tx, row.batch_id)) not in AT_THE_VENDOR:
        raise NeedsAPerson(
            f"the letter's batch is {row.status}: it has not surely left",
            where=f"shipment {letter}, {row.batch_id}",
            do="svarut run print, then ask again",
        )
    return Place(row.batch_id, row.attempt, row.number)


def _state_at(tx: Tx, place: Place) -> StopState | None:
    state = tx.scalar(select(stops.c.state).where(*_at(place)))
    return None if state is None else StopState(state)


def _lists(tx: Tx, query: Select[Any]) -> list[StopList]:
    return [
        StopList(
            number=row.number,
            name=row.name,
            made_at=row.made_at,
            sent_at=row.sent_at,
            answered_at=row.answered_at,
            wishes=tuple(
                _wish(each)
                for each in tx.execute(_wishes().where(stops.c.list_number == row.number))
            ),
        )
        for row in tx.execute(query.order_by(stop_lists.c.number)).all()
    ]


def _wishes() -> Select[Any]:
    return (
        select(stops, stop_lists.c.name, shipments.c.status.label("letter_status"))
        .join(shipments, shipments.c.id == stops.c.shipment_id)
        .outerjoin(stop_lists, stop_lists.c.number == stops.c.list_number)
        .order_by(stops.c.batch_id, stops.c.attempt, stops.c.number)
    )


def _wish(row: Row[Any]) -> StopWish:
    return StopWish(
        place=Place(row.batch_id, row.attempt, row.number),
        shipment_id=row.shipment_id,
        state=StopState(row.state),
        asked_at=row.asked_at,
        asked_by=row.asked_by,
        why=row.why,
        list_name=row.name or "",
    )


def _set(tx: Tx, place: Place, **values: object) -> None:
    tx.execute(update(stops).where(*_at(place)).values(**values))


def _at(place: Place) -> tuple[Any, ...]:
    return (
        stops.c.batch_id == place.batch_id,
        stops.c.number == place.number,
        stops.c.attempt == place.attempt,
    )


def _note(tx: Tx, wish: StopWish, kind: str, at: datetime) -> None:
    detail = {"batch": wish.place.batch_id, "attempt": wish.place.attempt}
    moves.note(tx, [wish.shipment_id], kind, actor=Mover.PRINT_BATCH, at=at, detail=detail)


def _piece(wish: StopWish) -> str:
    return f"piece {wish.place.number} of {wish.place.batch_id}, attempt {wish.place.attempt},"
