"""Find shipments, and move them along with an event for every move."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any, Final

from sqlalchemy import Row, bindparam, func, insert, select, text, update

from flows.database.session import Tx, in_chunks
from flows.database.standing_holds import sender_is_held
from flows.database.tables import (
    documents,
    events,
    problems,
    recipients,
    senders,
    shipments,
)
from flows.domain.contact import Contact
from flows.domain.identity import ORGANISATION_DIGITS, PERSON_DIGITS
from flows.domain.postal_address import PostalAddress
from flows.domain.problem import Problem, faults
from flows.domain.shipment import (
    Document,
    Link,
    Recipient,
    RecipientKind,
    Route,
    SenderId,
    Shipment,
    ShipmentId,
    ToRoute,
)
from flows.domain.status import MOVES, Mover, Status
from flows.errors import ImpossibleState

_KINDS: Final = {
    PERSON_DIGITS: RecipientKind.PERSON,
    ORGANISATION_DIGITS: RecipientKind.ORGANISATION,
}


@dataclass(frozen=True)
class Known:
    """A submission we have answered before, found by its sender and reference."""

    shipment_id: ShipmentId
    contents_sha256: str
    status: Status


@dataclass(frozen=True)
class Registration:
    """A checked submission, ready to become a shipment.

    shipment is None where the metadata could not be read: then only the verdict is kept.
    """

    id: ShipmentId
    sender_id: SenderId
    reference: str
    contents_sha256: str
    shipment: Shipment | None
    problems: tuple[Problem, ...]
    """Faults and notes; faults alone reject it."""
    repeat_key: str = ""
    """The same for letters with the same sender, title and recipient; empty when not known."""

    @property
    def verdict(self) -> Status:
        """Accepted or rejected."""
        return Status.REJECTED if faults(self.problems) else Status.ACCEPTED


def known_submissions(
    tx: Tx,
    keys: Iterable[tuple[SenderId, str]],
) -> dict[tuple[SenderId, str], list[Known]]:
    """Find earlier submissions with the same sender and reference, oldest first."""
    wanted = set(keys)
    found: dict[tuple[SenderId, str], list[Known]] = {}
    columns = shipments.c
    for references in in_chunks(sorted({reference for _, reference in wanted})):
        rows = tx.execute(
            select(
                columns.sender_id,
                columns.reference,
                columns.id,
                columns.contents_sha256,
                columns.status,
            )
            .where(columns.reference.in_(references))
            .order_by(columns.received_at, columns.id),
        )
        for sender_id, reference, shipment_id, sha256, status in rows:
            if (sender_id, reference) in wanted:
                found.setdefault((sender_id, reference), []).append(
                    Known(shipment_id, sha256, Status(status)),
                )
    return found


def tries_since(tx: Tx, keys: Iterable[str], since: datetime) -> Counter[str]:
    """Return how often letters with each repeat key have come, accepted or not."""
    tries: Counter[str] = Counter()
    for some in in_chunks(sorted(keys)):
        rows = tx.execute(
            select(shipments.c.repeat_key, func.count())
            .where(shipments.c.repeat_key.in_(some), shipments.c.received_at >= since)
            .group_by(shipments.c.repeat_key),
        )
        for key, count in rows:
            tries[key] = count
    return tries


def register(tx: Tx, registrations: Sequence[Registration], at: datetime) -> None:
    """Make shipments of checked submissions: RECEIVED, then ACCEPTED or REJECTED, with events."""
    rows: dict[Any, list[dict[str, Any]]] = {
        shipments: [],
        recipients: [],
        documents: [],
        problems: [],
        events: [],
    }
    for each in registrations:
        verdict = each.verdict
        rows[shipments].append(_shipment_row(each, verdict, at))
        if each.shipment is not None:
            rows[recipients].append(_recipient_row(each.id, each.shipment.recipient))
            rows[documents].extend(_document_row(each.id, one) for one in each.shipment.documents)
        rows[problems].extend(
            {
                "shipment_id": each.id,
                "position": position,
                "code": problem.code,
                "field": problem.field,
                "page": problem.page,
                "values": dict(problem.values),
                "note": problem.note,
            }
            for position, problem in enumerate(each.problems, start=1)
        )
        rows[events].append(_event(each.id, at, None, Status.RECEIVED, Mover.INTAKE, {}))
        codes = {"problems": [problem.code for problem in each.problems]} if each.problems else {}
        if each.shipment is not None and each.shipment.held_for:
            codes["held_for"] = [each.shipment.held_for]
        rows[events].append(_event(each.id, at, Status.RECEIVED, verdict, Mover.INTAKE, codes))
    for table, new in rows.items():
        if new:
            tx.execute(insert(table), new)


def problems_of(tx: Tx, shipment_ids: Sequence[ShipmentId]) -> dict[ShipmentId, list[Problem]]:
    """Return each rejected shipment's problems, in the order they were found."""
    found: dict[ShipmentId, list[Problem]] = {}
    for ids in in_chunks(shipment_ids):
        rows = tx.execute(
            select(problems)
            .where(problems.c.shipment_id.in_(ids))
            .order_by(problems.c.shipment_id, problems.c.position),
        ).mappings()
        for row in rows:
            problem = Problem(
                code=row["code"],
                field=row["field"],
                page=row["page"],
                values=tuple(sorted(row["values"].items())),
                note=row["note"],
            )
            found.setdefault(row["shipment_id"], []).append(problem)
    return found


def move(
    tx: Tx,
    shipment_ids: Sequence[ShipmentId],
    new: Status,
    *,
    by: Mover,
    at: datetime,
    detail: Mapping[str, Any] | None = None,
    detail_of: Mapping[ShipmentId, Mapping[str, Any]] | None = None,
    actor: str = "",
) -> None:
    """Move shipments to a status and write an event for each, or move none.

    The only place that writes shipments.status after registration, with `move_listed` below.
    detail: what every event says; detail_of: what one letter's event says more. No personal data.
    Raises ImpossibleState when the life of a shipment does not allow it for any of them.
    """
    for ids in in_chunks(shipment_ids):
        rows = tx.execute(
            select(shipments.c.id, shipments.c.status)
            .where(shipments.c.id.in_(ids))
            .with_for_update(),
        ).all()
        _refuse_forbidden({row.id: Status(row.status) for row in rows}, ids, new, by)
        tx.execute(
            update(shipments).where(shipments.c.id.in_(ids)).values(status=new, status_at=at),
        )
        tx.execute(
            insert(events),
            [
                _event(
                    row.id,
                    at,
                    Status(row.status),
                    new,
                    actor or by,
                    {**(detail or {}), **(detail_of or {}).get(row.id, {})},
                )
                for row in rows
            ],
        )


def move_listed(tx: Tx, listed: str, old: Status, new: Status, *, by: Mover, at: datetime) -> None:
    """Move the letters of a temporary table from one status to another, or move none.

    The bulk form of `move`; the table has the columns shipment_id and detail (JSON as text), and
    a letter once. Raises ImpossibleState when one of them is not where it was.
    """
    if by not in MOVES.get((old, new), frozenset()):
        _refuse_forbidden({}, [ShipmentId(listed)], new, by)
    moved = tx.execute(
        update(shipments)
        .where(
            shipments.c.id.in_(text(f"SELECT shipment_id FROM {listed}")),  # noqa: S608
            shipments.c.status == old,
        )
        .values(status=new, status_at=at),
    ).rowcount
    written = tx.execute(
        text(
            "INSERT INTO events (shipment_id, at, kind, from_status, to_status, actor, detail) "  # noqa: S608
            "SELECT shipment_id, :at, 'moved', :old, :new, :by, "
            f"CAST(detail AS {'json' if tx.dialect.name == 'postgresql' else 'text'}) "
            f"FROM {listed} ORDER BY line",
        ).bindparams(bindparam("at", at, events.c.at.type)),
        {"old": old.value, "new": new.value, "by": by.value},
    ).rowcount
    if moved != written:
        raise ImpossibleState(
            f"{written - moved} of {written} shipments were not {old} any more",
            where="shipments",
            do="keep the log and report it; nothing was changed",
        )


def note_each(
    tx: Tx,
    notes: Sequence[tuple[ShipmentId, str, Mapping[str, Any]]],
    *,
    actor: str,
    at: datetime,
) -> None:
    """Write an event that is not a move for each letter: its kind and its detail."""
    if notes:
        tx.execute(
            insert(events),
            [
                {**_event(one, at, None, None, actor, detail), "kind": kind}
                for one, kind, detail in notes
            ],
        )


def note(
    tx: Tx,
    shipment_ids: Sequence[ShipmentId],
    kind: str,
    *,
    actor: str,
    at: datetime,
    detail: Mapping[str, Any] | None = None,
) -> None:
    """Write an event that is not a move, for example `reserved` or `read_after_hand_over`."""
    if shipment_ids:
        tx.execute(
            insert(events),
            [
                {**_event(one, at, None, None, actor, dict(detail or {})), "kind": kind}
                for one in shipment_ids
            ],
        )


def to_route(
    tx: Tx,
    limit: int,
    *,
    after: ShipmentId | None = None,
    asked_since: datetime | None = None,
) -> list[ToRoute]:
    """Return accepted letters for which nobody has chosen digital or paper yet, by id.

    after: the last letter of an earlier call; asked_since: what the contact register said before
    that is left out.
    """
    query = (
        select(
            shipments.c.id,
            shipments.c.digital_only,
            shipments.c.shipment_type,
            shipments.c.confidential,
            shipments.c.contact,
            shipments.c.contact_at,
            recipients.c.digital_id,
            senders.c.digital,
            senders.c.information_types,
            senders.c.confidential_resource,
        )
        .join(recipients, recipients.c.shipment_id == shipments.c.id)
        .join(senders, senders.c.id == shipments.c.sender_id)
        .where(
            shipments.c.status == Status.ACCEPTED,
            shipments.c.route.is_(None),
            shipments.c.held_for == "",
            ~sender_is_held(),
        )
        .order_by(shipments.c.id)
        .limit(limit)
    )
    if after is not None:
        query = query.where(shipments.c.id > after)
    return [_to_route(row, asked_since) for row in tx.execute(query)]


def record_routes(
    tx: Tx,
    chosen: Sequence[tuple[ShipmentId, Route, str]],
    at: datetime,
) -> None:
    """Keep the choice between digital and paper, and why, for each letter."""
    if not chosen:
        return
    alike: dict[tuple[Route, str], list[ShipmentId]] = {}
    for one, route, why in chosen:
        alike.setdefault((route, why), []).append(one)
    for (route, why), letters in alike.items():
        for ids in in_chunks(letters):
            tx.execute(
                update(shipments)
                .where(shipments.c.id.in_(ids))
                .values(route=route, route_reason=why),
            )
    tx.execute(
        insert(events),
        [
            {
                **_event(one, at, None, None, Mover.DISPATCH, {"route": route, "reason": why}),
                "kind": "routed",
            }
            for one, route, why in chosen
        ],
    )


def record_not_delivered(tx: Tx, reasons: Mapping[ShipmentId, str], at: datetime) -> None:
    """Close digital-only letters that cannot go digitally, each with its reason."""
    alike: dict[str, list[ShipmentId]] = {}
    for one, why in reasons.items():
        alike.setdefault(why, []).append(one)
    for why, letters in alike.items():
        for ids in in_chunks(letters):
            tx.execute(update(shipments).where(shipments.c.id.in_(ids)).values(route_reason=why))
        detail = {"reason": why}
        move(tx, letters, Status.NOT_DELIVERED, by=Mover.DISPATCH, at=at, detail=detail)


def digital_only(tx: Tx, shipment_ids: Sequence[ShipmentId]) -> set[ShipmentId]:
    """Return those of the letters that are never printed."""
    return {
        one
        for ids in in_chunks(shipment_ids)
        for one in tx.scalars(
            select(shipments.c.id).where(shipments.c.id.in_(ids), shipments.c.digital_only),
        )
    }


def recipients_of(tx: Tx, shipment_ids: Sequence[ShipmentId]) -> dict[ShipmentId, Recipient]:
    """Return who each letter is for."""
    found: dict[ShipmentId, Recipient] = {}
    for ids in in_chunks(shipment_ids):
        rows = tx.execute(select(recipients).where(recipients.c.shipment_id.in_(ids))).mappings()
        for row in rows:
            found[row["shipment_id"]] = Recipient(
                address=PostalAddress(
                    name=row["name"],
                    lines=tuple(row["address_lines"]),
                    postcode=row["postcode"],
                    place=row["place"],
                    country=row["country"],
                ),
                digital_id=row["digital_id"],
                title=row["title"],
                reply_to=_address(row["reply_to"]),
                links=tuple(Link(**one) for one in row["links"]),
                records=row["records"],
            )
    return found


def documents_of(
    tx: Tx,
    shipment_ids: Sequence[ShipmentId],
) -> dict[ShipmentId, tuple[Document, ...]]:
    """Return each letter's documents in the sender's order."""
    found: dict[ShipmentId, list[Document]] = {}
    for ids in in_chunks(shipment_ids):
        rows = tx.execute(
            select(documents)
            .where(documents.c.shipment_id.in_(ids))
            .order_by(documents.c.shipment_id, documents.c.position),
        ).mappings()
        for row in rows:
            found.setdefault(row["shipment_id"], []).append(
                Document(
                    position=row["position"],
                    file_name=row["file_name"],
                    sha256=row["sha256"],
                    size_bytes=row["size_bytes"],
                    pages=row["pages"],
                    excluded_from_print=row["excluded_from_print"],
                    giro_pages=tuple(row["giro_pages"]),
                    print_sha256=row["print_sha256"],
                    print_size_bytes=row["print_size_bytes"],
                    colour_pages=row["colour_pages"],
                ),
            )
    return {shipment_id: tuple(one) for shipment_id, one in found.items()}


def _to_route(row: Row[Any], asked_since: datetime | None) -> ToRoute:
    stale = asked_since is not None and row.contact_at is not None and row.contact_at < asked_since
    return ToRoute(
        id=row.id,
        recipient=_KINDS.get(len(row.digital_id or ""), RecipientKind.NOBODY),
        sender_digital=row.digital,
        digital_only=row.digital_only,
        information=row.shipment_type in row.information_types,
        confidential=row.confidential,
        confidential_resource=bool(row.confidential_resource),
        contact=None if row.contact is None or stale else Contact(row.contact),
    )


def _refuse_forbidden(
    old: Mapping[ShipmentId, Status],
    asked: Sequence[ShipmentId],
    new: Status,
    by: Mover,
) -> None:
    wrong = {
        one: old.get(one)
        for one in asked
        if one not in old or by not in MOVES.get((old[one], new), frozenset())
    }
    if wrong:
        some = ", ".join(f"{one} is {status}" for one, status in list(wrong.items())[:5])
        raise ImpossibleState(
            f"{len(wrong)} shipments may not move to {new} by {by}: {some}",
            where="shipments",
            do="keep the log and report it; nothing was changed",
        )


def _event(
    shipment_id: ShipmentId,
    at: datetime,
    old: Status | None,
    new: Status | None,
    actor: str,
    detail: Mapping[str, Any],
) -> dict[str, Any]:
    return {
        "shipment_id": shipment_id,
        "at": at,
        "kind": "moved",
        "from_status": old,
        "to_status": new,
        "actor": actor,
        "detail": dict(detail),
    }


def _shipment_row(each: Registration, verdict: Status, at: datetime) -> dict[str, Any]:
    described = each.shipment
    return {
        "id": each.id,
        "sender_id": each.sender_id,
        "reference": each.reference,
        "contents_sha256": each.contents_sha256,
        "status": verdict,
        "status_at": at,
        "received_at": at,
        "digital_only": described is not None and described.digital_only,
        "duplex": described is not None and described.duplex,
        "colour": described is not None and described.colour,
        "account_code": described.account_code if described else "",
        "shipment_type": described.shipment_type if described else "",
        "sending_system": described.sending_system if described else "",
        "correlation_id": described.correlation_id if described else "",
        "confidential": described is not None and described.confidential,
        "own_address_page": described is not None and described.own_address_page,
        "held_for": described.held_for if described else "",
        "repeat_key": each.repeat_key,
    }


def _address(kept: Mapping[str, Any] | None) -> PostalAddress | None:
    return None if kept is None else PostalAddress(**{**kept, "lines": tuple(kept["lines"])})


def _recipient_row(shipment_id: ShipmentId, recipient: Recipient) -> dict[str, Any]:
    address = recipient.address
    return {
        "shipment_id": shipment_id,
        "title": recipient.title,
        "name": address.name,
        "address_lines": list(address.lines),
        "postcode": address.postcode,
        "place": address.place,
        "country": address.country,
        "digital_id": recipient.digital_id,
        "reply_to": asdict(recipient.reply_to) if recipient.reply_to else None,
        "links": [asdict(one) for one in recipient.links],
        "records": dict(recipient.records),
    }


def _document_row(shipment_id: ShipmentId, document: Document) -> dict[str, Any]:
    return {
        "shipment_id": shipment_id,
        "position": document.position,
        "file_name": document.file_name,
        "sha256": document.sha256,
        "size_bytes": document.size_bytes,
        "pages": document.pages,
        "excluded_from_print": document.excluded_from_print,
        "giro_pages": list(document.giro_pages),
        "print_sha256": document.print_sha256,
        "print_size_bytes": document.print_size_bytes,
        "colour_pages": document.colour_pages,
    }
