"""The errors of this pipeline, arranged by who must act next."""

from typing import Any


class LetterError(Exception):
    """What happened, where, and what to do about it; never names, addresses or contents."""

    def __init__(self, what: str, *, where: str = "", do: str = "") -> None:
        """Keep the three parts apart, so that a terminal and a log can each show them well."""
        self.what, self.where, self.do = what, where, do
        super().__init__(what, where, do)

    def __str__(self) -> str:
        """All three parts on one line, for logs."""
        parts = [self.what]
        if self.where:
            parts.append(f"where: {self.where}")
        if self.do:
            parts.append(f"do: {self.do}")
        return "; ".join(parts)

    def __reduce__(self) -> tuple[Any, ...]:
        """Travel between processes whole, to be raised where a worker is waited for."""
        return _again, (type(self), self.args), self.__dict__


class TryAgainLater(LetterError):  # noqa: N818  -- the branch says who acts, not that it is an error
    """The network, a lock, a busy vendor: nothing is lost, the next run goes on from here."""


class NeedsAPerson(LetterError):  # noqa: N818
    """A setting, a refused package, an unreadable file: stopped, kept and told."""


class ImpossibleState(LetterError):  # noqa: N818
    """Our own mistake: stopped, with the evidence kept."""


def _again(kind: type[LetterError], parts: tuple[str, ...]) -> LetterError:
    return kind.__new__(kind, *parts)
