"""Who a command acts for, and what that one may see and do: the one place that decides."""

from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from flows.domain.shipment import SenderId
from flows.errors import NeedsAPerson


class Kind(StrEnum):
    """The roles there are."""

    OPERATOR = "operator"
    SENDER = "sender"
    FINANCE = "finance"


@dataclass(frozen=True)
class Role:
    """Who a command acts for; a sender is a certain one."""

    kind: Kind
    sender: SenderId | None = None

    def __str__(self) -> str:
        """Return it as people write it."""
        return f"{self.kind}:{self.sender}" if self.sender else str(self.kind)


@dataclass(frozen=True)
class Sight:
    """What a role is shown."""

    only_sender: SenderId | None
    """Whose letters; None: everybody's."""
    recipients: bool
    """Whether it may search by recipient, and see where a letter goes."""
    money: bool
    """What letters cost."""


OPERATOR: Final = Role(Kind.OPERATOR)

COMMANDS: Final[dict[Kind, frozenset[str]]] = {
    Kind.SENDER: frozenset({"list", "show"}),
    Kind.FINANCE: frozenset({"list", "show", "invoice", "price", "prices"}),
}
"""What each role may run; an operator runs everything."""


def role_named(text: str) -> Role:
    """Return the role that is written `operator`, `finance` or `sender:<id>`.

    Raises NeedsAPerson for anything else.
    """
    kind, colon, sender = text.strip().partition(":")
    if kind == Kind.SENDER and sender:
        return Role(Kind.SENDER, SenderId(sender))
    if not colon and kind in {Kind.OPERATOR, Kind.FINANCE}:
        return Role(Kind(kind))
    raise NeedsAPerson(
        "that is no role", where=text, do="write operator, finance or sender:<the sender's id>"
    )


def narrowed(set_to: Role, wanted: Role | None) -> Role:
    """Return whom a command acts for: what is wanted, if the setting does not say otherwise.

    Raises NeedsAPerson when somebody who is no operator wants to be another.
    """
    if wanted is None or wanted == set_to:
        return set_to
    if set_to.kind is not Kind.OPERATOR:
        raise NeedsAPerson(
            "another role is not given here",
            where=f"--as {wanted}, acting_as {set_to}",
            do="ask an operator",
        )
    return wanted


def sight_of(role: Role) -> Sight:
    """Return what a role is shown.

    A sender: its own letters alone, with what they cost it. Finance: money, and no recipients.
    """
    return Sight(
        only_sender=role.sender,
        recipients=role.kind is not Kind.FINANCE,
        money=True,
    )


def may_run(role: Role, command: str) -> bool:
    """Say whether a role may run a command of `svarut`."""
    return role.kind is Kind.OPERATOR or command in COMMANDS[role.kind]


def whose(sight: Sight, wanted: str | None) -> str | None:
    """Return whose letters are looked for; raises NeedsAPerson for another's."""
    if sight.only_sender is None or wanted in {None, "", sight.only_sender}:
        return sight.only_sender or wanted or None
    raise NeedsAPerson(
        "a sender sees its own letters alone",
        where=f"--sender {wanted}",
        do=f"leave it out: the letters of {sight.only_sender} are shown",
    )
