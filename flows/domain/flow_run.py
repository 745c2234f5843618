"""A run of a flow, and how it ended."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum


class Ended(StrEnum):
    """How a run ended; the same branches as the errors, by who acts next."""

    WELL = "WELL"
    TRY_AGAIN = "TRY_AGAIN"
    NEEDS_A_PERSON = "NEEDS_A_PERSON"
    OUR_MISTAKE = "OUR_MISTAKE"
    """An impossible state, or an error nobody foresaw."""
    STOPPED = "STOPPED"
    """Cancelled, or interrupted by a person."""


@dataclass(frozen=True)
class FlowRun:
    """One run. Nothing personal."""

    flow: str
    started_at: datetime
    ended_at: datetime | None
    """None: it is under way, or was killed."""
    ended_as: Ended | None
    says: str = ""
    """What a person must know of one that did not go well."""
    counts: Mapping[str, int] = field(default_factory=dict, hash=False)
    version: str = ""

    @property
    def seconds(self) -> float | None:
        """How long it took."""
        return None if self.ended_at is None else (self.ended_at - self.started_at).total_seconds()


@dataclass(frozen=True)
class FlowHistory:
    """What is known of one flow's runs."""

    flow: str
    last: FlowRun | None = None
    """The one that began last."""
    last_ended: FlowRun | None = None
    last_well: FlowRun | None = None
    failing_since: datetime | None = None
    """When the first run after the last good one began, if the last that ended did not go well."""
