"""An alarm: something is so that a person must hear of, and since when."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum


@dataclass(frozen=True)
class Alarm:
    """Code and subject are its key. Nothing personal."""

    code: str
    subject: str
    what: str
    letters: int = 0
    """How many letters it is about; 0: it is about none in particular."""
    since: datetime | None = None
    """When its clock began."""


@dataclass(frozen=True)
class Mute:
    """Nobody is told of an alarm for a while."""

    code: str
    subject: str
    """Empty: every alarm of the code."""
    until: datetime
    by: str
    why: str

    def holds(self, alarm: Alarm, now: datetime) -> bool:
        """Say whether it keeps an alarm quiet now."""
        return self.code == alarm.code and self.subject in {"", alarm.subject} and now < self.until


class News(StrEnum):
    """What a message says about an alarm."""

    RAISED = "raised"
    STILL = "still so"
    ENDED = "ended"
