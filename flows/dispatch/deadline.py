"""The moment an unread letter becomes due for print."""

from datetime import datetime

from flows.domain.sender import Sender
from flows.domain.working_days import deadline


def due_at(published_at: datetime, sender: Sender) -> datetime:
    """Return when a letter published then is due, by its sender's policy, in UTC.

    The clock starts when the channel has published, not when it was offered. Stored once.
    """
    return deadline(sender.deadline_policy, published_at)
