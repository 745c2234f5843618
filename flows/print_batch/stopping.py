"""Bring stop lists to the vendor once, and keep what it answers."""

import logging
from collections import Counter
from collections.abc import Sequence
from datetime import datetime
from enum import Enum, auto

from pydantic import ValidationError

from flows.clock import oslo_date
from flows.database import stops
from flows.database.open_items import OpenItem, silence, sound
from flows.database.session import Database, reading, transaction
from flows.database.stops import StopList
from flows.database.vendors import profile_on
from flows.domain.opening_hours import answer_due, downtime_at
from flows.domain.vendor_profile import Transport, VendorProfile
from flows.errors import NeedsAPerson
from flows.print_batch.answer_files import (
    Place,
    complete,
    present_in,
    put_away,
    put_away_strays,
    read_both,
)
from flows.print_batch.ok_file import OkFile, sha256_of_bytes
from flows.print_batch.stop_list import StopAnswer, content_of, ok_of, read_answer, why_not
from flows.print_batch.telling import tell_of_file
from flows.settings import Settings
from flows.sftp import RemoteFile, Sftp

log = logging.getLogger(__name__)

NOT_SENT, MISSING, UNREADABLE = (
    "STOP_LIST_NOT_SENT",
    "STOP_ANSWER_MISSING",
    "STOP_ANSWER_UNREADABLE",
)
DIFFERS, UNKNOWN = "STOP_ANSWER_DIFFERS", "STOP_ANSWER_UNKNOWN"


class Outcome(Enum):
    """What became of one answer."""

    KEPT = auto()
    KNOWN = auto()
    EARLY = auto()
    """Its list is not written down as sent; the next run looks again."""
    FOR_A_PERSON = auto()


def send_stop_lists(database: Database, server: Sftp, settings: Settings, now: datetime) -> int:
    """Put what is asked for in a list, and bring every list to the vendor; return how many.

    A list that cannot be brought is told about and stops no other; the next run tries again.
    """
    with reading(database) as tx:
        profile = profile_on(tx, settings.vendor.profile, oslo_date(now))
    if downtime_at(now, profile.transport.downtime, profile.calendar):
        return 0
    with transaction(database) as tx:
        stops.make_list(tx, settings.vendor.customer, now)
    with reading(database) as tx:
        lists = stops.lists_to_send(tx)
    return sum(_send(database, server, settings, one, now) for one in lists)


def collect_stop_answers(
    database: Database, server: Sftp, settings: Settings, now: datetime
) -> Counter[Outcome]:
    """Keep every new answer; one that cannot be read never stops the next."""
    outcomes: Counter[Outcome] = Counter()
    with reading(database) as tx:
        days = {oslo_date(now), *(oslo_date(one.made_at) for one in stops.lists_waiting(tx))}
        ways = [profile_on(tx, settings.vendor.profile, day).transport for day in sorted(days)]
    for place in dict.fromkeys(map(_of_answers, ways)):
        present = present_in(server, place)
        for name, file in complete(place, present).items():
            outcomes[_keep(database, server, settings, place, (name, file), now)] += 1
        put_away_strays(server, place, present)
    _tell_of_missing(database, settings, now)
    return outcomes


def _send(
    database: Database, server: Sftp, settings: Settings, wanted: StopList, now: datetime
) -> bool:
    content = content_of(wanted, settings.vendor.customer)
    way = _profile(database, settings, wanted).transport
    try:
        _deliver(server, way, wanted.name, content, ok_of(content, len(wanted.wishes)))
    except NeedsAPerson as fault:
        log.warning("not sent list=%s: %s", wanted.name, fault)
        with transaction(database) as tx:
            sound(tx, [OpenItem(NOT_SENT, wanted.name, fault.what, fault.do)], now)
        return False
    with transaction(database) as tx:
        stops.record_sent(tx, wanted, now)
        silence(tx, NOT_SENT, [wanted.name], now)
    log.info("sent list=%s letters=%d", wanted.name, len(wanted.wishes))
    return True


def _deliver(server: Sftp, way: Transport, name: str, content: bytes, ok: bytes) -> None:
    """Put a list and its `.ok` at the vendor, unless they are there already.

    A vendor who has taken both away before we wrote it down gets the same list again: the format
    says that it is one list. Raises NeedsAPerson when what is there is not ours.
    """
    there, sha256 = f"{way.stop_lists_folder}/{name}", sha256_of_bytes(content)
    if server.size_of(f"{there}.ok") is not None:
        if _promised(server.read(f"{there}.ok")) != sha256:
            raise _not_ours(way, name)
        return
    if server.size_of(there) is None:
        server.put_whole_bytes(content, way.stop_lists_folder, name)
    elif server.sha256_of(there) != sha256:
        raise _not_ours(way, name)
    server.put_whole_bytes(ok, way.stop_lists_folder, f"{name}.ok")


def _promised(ok: bytes) -> str:
    try:
        return OkFile.model_validate_json(ok).sha256
    except ValidationError:
        return ""


def _not_ours(way: Transport, name: str) -> NeedsAPerson:
    return NeedsAPerson(
        f"{name} is there already, and it is not ours",
        where=f"sftp, folder {way.stop_lists_folder}",
        do="find out who wrote it, together with the vendor; phone it about the letters meanwhile",
    )


def _keep(
    database: Database,
    server: Sftp,
    settings: Settings,
    place: Place,
    named: tuple[str, RemoteFile],
    now: datetime,
) -> Outcome:
    name, file = named
    content, ok = read_both(server, place, file)
    answer = read_answer(content, ok)
    with reading(database) as tx:
        sent = stops.list_named(tx, name)
    if sent is not None and sent.sent_at is None:
        return Outcome.EARLY
    item = _why_a_person(settings, name, sent, answer)
    if item is not None or sent is None or answer is None:
        item = item or _item(UNKNOWN, name, "an answer to no stop list of ours")
        closed = tell_of_file(database, item, sha256_of_bytes(content), now)
        if closed:
            put_away(server, place, file.name)
        return Outcome.KNOWN if closed else Outcome.FOR_A_PERSON
    outcome = Outcome.KNOWN
    if sent.answered_at is None:
        with transaction(database) as tx:
            stops.record_answer(tx, sent.number, answer.said, now)
            for code in (MISSING, UNREADABLE, DIFFERS):
                silence(tx, code, [sent.name], now)
        log.info("answered list=%s stopped=%d", sent.name, sum(answer.said.values()))
        outcome = Outcome.KEPT
    put_away(server, place, file.name)
    return outcome


def _why_a_person(
    settings: Settings, name: str, sent: StopList | None, answer: StopAnswer | None
) -> OpenItem | None:
    """Return what a person must be told of an answer; None: it can be kept."""
    if sent is None:
        return _item(UNKNOWN, name, "an answer to no stop list of ours")
    if answer is None:
        return _item(UNREADABLE, name, "not an answer to a stop list, or its .ok is wrong")
    sha256 = sha256_of_bytes(content_of(sent, settings.vendor.customer))
    wrong = why_not(answer, sent, sha256)
    if not wrong and sent.answered_at is not None and not stops.agrees(sent, answer.said):
        wrong = "the vendor answers once more, and otherwise"
    return _item(DIFFERS, name, wrong) if wrong else None


def _tell_of_missing(database: Database, settings: Settings, now: datetime) -> None:
    """Tell of lists that should have been answered, by the vendor's hours."""
    with reading(database) as tx:
        waiting: Sequence[StopList] = stops.lists_waiting(tx)
    for one in waiting:
        calendar = _profile(database, settings, one).calendar
        minutes = calendar.stop_within_minutes
        if one.sent_at is not None and answer_due(one.sent_at, calendar, minutes) < now:
            what = f"no answer {minutes} minutes of the vendor's hours after it was sent"
            tell_of_file(database, _item(MISSING, one.name, what), "", now)


def _profile(database: Database, settings: Settings, wanted: StopList) -> VendorProfile:
    """Return the vendor's profile of the day a list was made."""
    with reading(database) as tx:
        return profile_on(tx, settings.vendor.profile, oslo_date(wanted.made_at))


def _of_answers(way: Transport) -> Place:
    return Place(way.stop_answers_folder, way.stop_answer_names, way.archive_folder)


def _item(code: str, subject: str, what: str) -> OpenItem:
    do = "phone the vendor about these letters at once: svarut stops lists them"
    return OpenItem(code, subject[:255], what, do)
