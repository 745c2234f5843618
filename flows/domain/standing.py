"""How everything stands at one moment: what a screen shows and alarms are decided from."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Final

from flows.domain.batch import BatchStatus
from flows.domain.flow_run import FlowHistory
from flows.domain.price_list import PriceList
from flows.domain.status import Status
from flows.domain.vendor_profile import Calendar

USUAL: Final = Calendar()
"""A vendor of whom nothing is said."""


@dataclass(frozen=True)
class OpenLetters:
    """Letters whose walk is not over and that are alike in all that matters here."""

    status: Status
    letters: int
    oldest: datetime
    """Since when the first of them has its status."""
    route: str | None = None
    held_for: str = ""
    sender_on_hold: bool = False
    capped: bool = False
    """Its sender has a limit a night."""
    by_hand: bool = False
    """Its sender prints itself."""
    digital_only: bool = False
    in_batch: bool = False
    not_printable: bool = False
    """An open item says that it cannot be put on paper."""
    past_due: bool = False
    oldest_due: datetime | None = None

    @property
    def kept_back(self) -> bool:
        """Whether something else says already why they do not move."""
        return bool(self.held_for) or self.sender_on_hold or self.not_printable


@dataclass(frozen=True)
class OpenBatch:
    """A batch that is not settled."""

    id: str
    status: BatchStatus
    status_at: datetime
    created_at: datetime
    handed_over_at: datetime | None
    acknowledged_at: datetime | None
    letters: int
    unanswered: int
    """Letters of it that have no receipt."""
    calendar: Calendar = USUAL
    """The vendor's, of the day it was made."""


@dataclass(frozen=True)
class Items:
    """Open items of one code."""

    code: str
    count: int
    oldest: datetime
    untaken: int = 0
    oldest_untaken: datetime | None = None


@dataclass(frozen=True)
class Waiting:
    """So many of something, since when."""

    what: str
    count: int
    oldest: datetime | None = None


@dataclass(frozen=True)
class ChannelTrouble:
    """Messages that a channel has not taken."""

    channel: str
    messages: int
    oldest: datetime
    fault: str


@dataclass(frozen=True)
class Forecast:
    """What the next print night would send of one job class."""

    job_class: str
    letters: int
    sheets: int
    net_ore: int
    unknown: tuple[str, ...] = ()
    """Articles without a price that day."""


@dataclass(frozen=True)
class Night:
    """The next print night, as far as it is known."""

    at: datetime
    posted_on: date
    classes: Sequence[Forecast] = ()
    waiting: Mapping[str, int] = field(default_factory=dict, hash=False)
    """Letters that would wait, by why."""


@dataclass(frozen=True)
class Disk:
    """Room where something of ours lies."""

    name: str
    """The settings that name folders there."""
    free_bytes: int


@dataclass(frozen=True)
class Expiry:
    """A key or certificate, and when it ends."""

    name: str
    ends_at: datetime | None
    """None: nobody has said, neither the file nor the settings."""
    fault: str = ""
    """Why its file says nothing, where it should."""


@dataclass(frozen=True)
class Standing:
    """Everything that is looked at. Nothing personal."""

    now: datetime
    ended: Mapping[Status, int] = field(default_factory=dict, hash=False)
    """Letters whose walk is over."""
    letters: Sequence[OpenLetters] = ()
    batches: Sequence[OpenBatch] = ()
    items: Sequence[Items] = ()
    quarantined: Sequence[Waiting] = ()
    undelivered: Sequence[Waiting] = ()
    """What has come from the vendor and is not booked; what senders have not been told."""
    runs: Sequence[FlowHistory] = ()
    watched_since: datetime | None = None
    """When the first run that is known began."""
    schedules: Mapping[str, str] = field(default_factory=dict, hash=False)
    """When each flow should run: flow -> cron, Norwegian time."""
    channels: Sequence[ChannelTrouble] = ()
    calendar: Calendar = USUAL
    """The vendor's, today."""
    night: Night | None = None
    """None: not looked at."""
    prices: PriceList | None = None
    disks: Sequence[Disk] = ()
    expiries: Sequence[Expiry] = ()
