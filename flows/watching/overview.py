"""How everything stands as rows: what the screen, the Prefect artifact and JSON all show."""

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, date, datetime, timedelta

from flows.clock import OSLO
from flows.domain.alarm import Alarm
from flows.domain.batch import BatchStatus
from flows.domain.flow_run import FlowHistory
from flows.domain.money import kroner
from flows.domain.standing import OpenBatch, OpenLetters, Standing
from flows.domain.status import Status
from flows.watching.rules import RULE_OF
from flows.watching.rules_of_the_house import GIGABYTE
from flows.watching.rules_of_the_vendor import acknowledgement_is_late, receipts_are_late


@dataclass(frozen=True)
class Part:
    """One table of the overview: headings, and rows of what people read."""

    title: str
    headings: Sequence[str]
    rows: Sequence[Sequence[str]]


def parts_of(standing: Standing, alarms: Sequence[Alarm], muted: Sequence[Alarm]) -> list[Part]:
    """Return the whole overview; what is empty and says nothing is left out."""
    parts = [
        Part("alarms", ("code", "about", "letters", "owner", "says"), _alarms(alarms, muted)),
        Part("letters", ("status", "letters", "oldest"), _letters(standing)),
        Part("held", ("for", "letters", "oldest"), _held(standing)),
        Part(
            "the vendor's answers",
            ("to", "batches", "letters", "oldest", "late"),
            _answers(standing),
        ),
        Part("open items", ("code", "open", "nobody's", "oldest"), _items(standing)),
        _night(standing),
        Part("flows", ("flow", "began", "ended", "took", "says"), _runs(standing)),
        Part("keys", ("key or certificate", "ends"), _keys(standing)),
        Part("disks", ("GB free", "with"), _disks(standing)),
    ]
    return [part for part in parts if part.rows]


def as_json(standing: Standing, alarms: Sequence[Alarm], muted: Sequence[Alarm]) -> str:
    """Return the overview for machines: whole figures and instants, docs/watching.md."""
    night = standing.night
    whole = {
        "at": standing.now,
        "alarms": [
            {**asdict(one), "owner": RULE_OF[one.code].owner, "muted": one in muted}
            for one in alarms
        ],
        "letters": {
            status: {
                "letters": standing.ended.get(status, 0) + sum(one.letters for one in some),
                "oldest": min((one.oldest for one in some), default=None),
            }
            for status in Status
            for some in [[one for one in standing.letters if one.status is status]]
        },
        "held": [
            {"for": _why_held(one), "letters": one.letters, "oldest": one.oldest}
            for one in standing.letters
            if _is_held(one)
        ],
        "vendor_answers": [asdict(one) for one in awaited(standing)],
        "open_items": [asdict(one) for one in standing.items],
        "quarantined": [asdict(one) for one in standing.quarantined],
        "night": None if night is None else {**asdict(night), "waiting": dict(night.waiting)},
        "flows": [
            {"flow": one.flow, "last": asdict(one.last) if one.last else None}
            for one in standing.runs
        ],
        "keys": [asdict(one) for one in standing.expiries],
        "disks": [asdict(one) for one in standing.disks],
    }
    return json.dumps(whole, default=_plain, ensure_ascii=False, indent=1)


def age(since: datetime | None, now: datetime) -> str:
    """Return how old something is, as people say it: `3 d 4 h`, `2 h 5 min`, `12 min`."""
    if since is None or since > now:  # looked at as if it were earlier
        return ""
    minutes = int((now - since) / timedelta(minutes=1))
    days, hours = divmod(minutes // 60, 24)
    if days:
        return f"{days} d {hours} h"
    return f"{hours} h {minutes % 60} min" if hours else f"{minutes} min"


def local(instant: datetime | None) -> str:
    """Return an instant on Norway's clock, to the minute."""
    return instant.astimezone(OSLO).strftime("%d.%m. %H:%M") if instant else "–"


def _alarms(alarms: Sequence[Alarm], muted: Sequence[Alarm]) -> list[Sequence[str]]:
    return [
        (
            one.code,
            one.subject,
            str(one.letters or ""),
            f"{RULE_OF[one.code].owner}{' (muted)' if one in muted else ''}",
            one.what,
        )
        for one in alarms
    ]


def _letters(standing: Standing) -> list[Sequence[str]]:
    rows: list[Sequence[str]] = []
    for status in Status:
        some = [one for one in standing.letters if one.status is status]
        count = sum(one.letters for one in some) + standing.ended.get(status, 0)
        if count:
            oldest = min((one.oldest for one in some), default=None)
            rows.append((status, str(count), age(oldest, standing.now)))
    return rows


def _held(standing: Standing) -> list[Sequence[str]]:
    kept = [one for one in standing.letters if _is_held(one)]
    rows: list[Sequence[str]] = []
    for reason in sorted({_why_held(one) for one in kept}):
        some = [one for one in kept if _why_held(one) == reason]
        oldest = min(one.oldest for one in some)
        rows.append((reason, str(sum(one.letters for one in some)), age(oldest, standing.now)))
    return rows


def _is_held(one: OpenLetters) -> bool:
    return bool(one.held_for) or one.sender_on_hold


def _why_held(one: OpenLetters) -> str:
    return one.held_for or "sender on hold"


def _plain(thing: object) -> str:
    if isinstance(thing, datetime):
        return thing.astimezone(UTC).isoformat(timespec="seconds")
    if isinstance(thing, date):
        return thing.isoformat()
    raise TypeError(type(thing))


@dataclass(frozen=True)
class Awaited:
    """What the vendor owes us an answer to."""

    to: str
    batches: int
    letters: int
    oldest: datetime | None
    late: int


def awaited(standing: Standing) -> list[Awaited]:
    """Return what waits for the vendor: acknowledgements by batch, receipts by letter."""
    unanswered = [one for one in standing.batches if one.status is BatchStatus.HANDED_OVER]
    unreceipted = [
        one for one in standing.batches if one.status is BatchStatus.ACKNOWLEDGED and one.unanswered
    ]
    return [
        Awaited(
            "packages",
            len(unanswered),
            sum(one.letters for one in unanswered),
            _oldest(unanswered),
            sum(acknowledgement_is_late(one, standing) for one in unanswered),
        ),
        Awaited(
            "letters",
            len(unreceipted),
            sum(one.unanswered for one in unreceipted),
            _oldest(unreceipted),
            sum(one.unanswered for one in unreceipted if receipts_are_late(one, standing)),
        ),
    ]


def _oldest(batches: Sequence[OpenBatch]) -> datetime | None:
    return min((one.handed_over_at or one.created_at for one in batches), default=None)


def _answers(standing: Standing) -> list[Sequence[str]]:
    return [
        (
            one.to,
            str(one.batches),
            str(one.letters),
            age(one.oldest, standing.now),
            str(one.late or ""),
        )
        for one in awaited(standing)
        if one.batches
    ]


def _items(standing: Standing) -> list[Sequence[str]]:
    return [
        (one.code, str(one.count), str(one.untaken or ""), age(one.oldest, standing.now))
        for one in standing.items
    ]


def _night(standing: Standing) -> Part:
    night = standing.night
    if night is None:
        return Part("", (), ())
    rows: list[Sequence[str]] = [
        (
            one.job_class,
            str(one.letters),
            str(one.sheets),
            kroner(one.net_ore),
            ", ".join(one.unknown),
        )
        for one in night.classes
    ]
    rows.append(
        (
            "in all",
            str(sum(one.letters for one in night.classes)),
            str(sum(one.sheets for one in night.classes)),
            kroner(sum(one.net_ore for one in night.classes)),
            "",
        )
    )
    rows += [(f"would wait: {why}", str(count), "", "", "") for why, count in night.waiting.items()]
    title = f"the night of {local(night.at)}, as it looks now"
    return Part(title, ("job class", "letters", "sheets", "kr without VAT", "no price for"), rows)


def _runs(standing: Standing) -> list[Sequence[str]]:
    return [
        _run(one, standing) for one in standing.runs if one.last or one.flow in standing.schedules
    ]


def _run(history: FlowHistory, standing: Standing) -> Sequence[str]:
    last = history.last
    if last is None:
        return (history.flow, "never", "", "", "")
    began = f"{local(last.started_at)} ({age(last.started_at, standing.now)})"
    if last.ended_as is None:
        return (history.flow, began, "not yet", "", "")
    seconds = "" if last.seconds is None else f"{last.seconds:.1f} s"
    did = ", ".join(f"{_spoken(name)} {count}" for name, count in _figures(last.counts))
    return (history.flow, began, str(last.ended_as), seconds, last.says or did)


def _figures(counts: Mapping[str, int]) -> Iterator[tuple[str, int]]:
    """Give the first few figures that are not nought."""
    shown = [(name, count) for name, count in counts.items() if count]
    yield from shown[:4]


def _spoken(name: str) -> str:
    """Return a figure's name for people: of `problems.CODE`, the code as it is."""
    before, point, code = name.partition(".")
    return f"{before.replace('_', ' ')}{point and ' '}{code}"


def _keys(standing: Standing) -> list[Sequence[str]]:
    return [
        (one.name, one.fault or (local_date(one.ends_at) if one.ends_at else "not known"))
        for one in standing.expiries
    ]


def local_date(instant: datetime) -> str:
    """Return the Norwegian date of an instant."""
    return instant.astimezone(OSLO).strftime("%d.%m.%Y")


def _disks(standing: Standing) -> list[Sequence[str]]:
    return [(f"{one.free_bytes / GIGABYTE:.1f}", one.name) for one in standing.disks]
