"""How everything stands, as Prometheus' text file has it: counts and codes, nothing personal."""

from collections.abc import Sequence
from pathlib import Path
from typing import Final

from prometheus_client import CollectorRegistry, Gauge, generate_latest

from flows.domain.alarm import Alarm
from flows.domain.batch import BatchStatus
from flows.domain.flow_run import Ended
from flows.domain.standing import Standing
from flows.domain.status import Status
from flows.errors import NeedsAPerson
from flows.watching.overview import awaited

ORE_A_KRONE: Final = 100


def write(file: Path, standing: Standing, alarms: Sequence[Alarm], muted: Sequence[Alarm]) -> None:
    """Write the file whole: whoever reads it meanwhile reads the one before."""
    temporary = file.with_name(f".{file.name}.part")
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        temporary.write_bytes(as_text(standing, alarms, muted))
        temporary.replace(file)
    except OSError as fault:
        raise NeedsAPerson(
            "the metrics cannot be written",
            where=str(file),
            do="make room or mend the rights there, or set watch.metrics_file",
        ) from fault


def as_text(standing: Standing, alarms: Sequence[Alarm], muted: Sequence[Alarm]) -> bytes:
    """Return the metrics as text; docs/watching.md lists them."""
    registry = CollectorRegistry()
    _of_letters(registry, standing)
    _of_the_vendor(registry, standing)
    _of_runs(registry, standing)
    _of_the_house(registry, standing)
    on = _gauge(registry, "alarms", "Alarms that are on", "code", "muted")
    for one in alarms:
        on.labels(one.code, "yes" if one in muted else "no").inc()
    _gauge(registry, "watched_timestamp_seconds", "When this was looked at").set(
        standing.now.timestamp()
    )
    return generate_latest(registry)


def _of_letters(registry: CollectorRegistry, standing: Standing) -> None:
    letters = _gauge(registry, "letters", "Letters by status", "status")
    oldest = _gauge(
        registry, "oldest_letter_age_seconds", "How long the first has had its status", "status"
    )
    for status in Status:
        some = [one for one in standing.letters if one.status is status]
        count = standing.ended.get(status, 0) + sum(one.letters for one in some)
        letters.labels(status).set(count)
        if some:
            age = standing.now - min(one.oldest for one in some)
            oldest.labels(status).set(age.total_seconds())
    held = _gauge(registry, "held_letters", "Letters held for a person, by why", "reason")
    for one in standing.letters:
        if one.held_for:
            held.labels(one.held_for).inc(one.letters)
    items = _gauge(registry, "open_items", "Open items by code", "code")
    untaken = _gauge(registry, "open_items_untaken", "Open items nobody has taken", "code")
    for item in standing.items:
        items.labels(item.code).set(item.count)
        untaken.labels(item.code).set(item.untaken)


def _of_the_vendor(registry: CollectorRegistry, standing: Standing) -> None:
    batches = _gauge(registry, "open_batches", "Batches that are not settled", "status")
    for status in BatchStatus:
        count = sum(one.status is status for one in standing.batches)
        if status not in {BatchStatus.SETTLED, BatchStatus.ANNULLED}:
            batches.labels(status).set(count)
    waited = _gauge(
        registry, "vendor_answers_awaited", "Packages and letters without an answer", "to"
    )
    late = _gauge(registry, "vendor_answers_late", "Those the vendor is late with", "to")
    for answer in awaited(standing):
        packages = answer.to == "packages"
        waited.labels(answer.to).set(answer.batches if packages else answer.letters)
        late.labels(answer.to).set(answer.late)
    if standing.night is not None:
        letters = _gauge(registry, "forecast_letters", "Letters of the next night", "job_class")
        sheets = _gauge(registry, "forecast_sheets", "Sheets of the next night", "job_class")
        cost = _gauge(
            registry, "forecast_cost_kroner", "Cost of the next night without VAT", "job_class"
        )
        for one in standing.night.classes:
            letters.labels(one.job_class).set(one.letters)
            sheets.labels(one.job_class).set(one.sheets)
            cost.labels(one.job_class).set(one.net_ore / ORE_A_KRONE)


def _of_runs(registry: CollectorRegistry, standing: Standing) -> None:
    began = _gauge(registry, "flow_last_start_timestamp_seconds", "When a flow last began", "flow")
    well = _gauge(
        registry, "flow_last_well_timestamp_seconds", "When a flow last ended well", "flow"
    )
    took = _gauge(registry, "flow_last_duration_seconds", "How long its last run took", "flow")
    success = _gauge(registry, "flow_last_success", "1 when its last run ended well", "flow")
    for history in standing.runs:
        if history.last is not None:
            began.labels(history.flow).set(history.last.started_at.timestamp())
        if history.last_well is not None and history.last_well.ended_at is not None:
            well.labels(history.flow).set(history.last_well.ended_at.timestamp())
        if history.last_ended is not None:
            took.labels(history.flow).set(history.last_ended.seconds or 0)
            success.labels(history.flow).set(history.last_ended.ended_as is Ended.WELL)


def _of_the_house(registry: CollectorRegistry, standing: Standing) -> None:
    free = _gauge(registry, "disk_free_bytes", "Room where our folders are", "folders")
    for disk in standing.disks:
        free.labels(disk.name).set(disk.free_bytes)
    ends = _gauge(registry, "key_ends_timestamp_seconds", "When a key or certificate ends", "name")
    for one in standing.expiries:
        if one.ends_at is not None:
            ends.labels(one.name).set(one.ends_at.timestamp())


def _gauge(registry: CollectorRegistry, name: str, says: str, *labels: str) -> Gauge:
    return Gauge(f"svarut_{name}", says, labels, registry=registry)
