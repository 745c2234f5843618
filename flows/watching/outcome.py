"""What may become of a message that was not taken well."""

from flows.errors import TryAgainLater


class NotTaken(TryAgainLater):
    """It was certainly not taken: nothing is lost by sending it again."""


class NobodyKnows(TryAgainLater):
    """The answer did not come: it may have been taken."""
