"""What the Altinn stand-in remembers: correspondence, and a clock that can be moved.

Nothing happens until somebody looks: a letter catches up with the clock when it is looked up, so
moving the clock costs nothing however much mail there is. Kept small: 100,000 letters fit in a
few hundred MB.
"""

import hashlib
import json
import sys
import uuid
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from flows.sandbox.altinn_files import Attachment
from flows.sandbox.altinn_index import SearchIndex
from flows.sandbox.altinn_readers import STATUSES, read_habit
from flows.sandbox.scenarios import habit_named, scenario_of, usual_habit

FAILURES = {
    "fails": "Dialogporten dialog of {id} was not found",
    "reserved_later": "Recipient of {id} has been set to reserved",
    "reserved": "Recipient of {id} has been set to reserved",
    "malware": "Failed",
    "no_roles": "Recipient of {id} lacks roles to read confidential mail: consider physical mail",
    "not_in_register": "Recipient of {id} was not found in Altinn Register",
}
"""Why publication fails, by the recipient's fate."""


@dataclass(slots=True)
class Mail:
    """One correspondence."""

    id: str
    key: str | None
    recipient: str
    """As a urn."""
    reference: str
    resource: str
    created: datetime
    requested_publish: datetime
    habit: str
    said: bytes
    """The request's `correspondence`, as JSON."""
    consumer: str | None = None
    """The organisation that sent it; None: the static token's holder."""
    attachments: tuple[Attachment, ...] = ()
    history: list[tuple[str, datetime]] = field(default_factory=list)
    not_before: datetime | None = None
    """No publication earlier: a stuck letter that was let loose."""
    due: datetime | None = None
    """When something happens next; None: nothing more will."""

    @property
    def number(self) -> str:
        """The recipient's number."""
        return self.recipient.rpartition(":")[2]

    def when(self, status: str) -> datetime | None:
        """Return when a status was first reached."""
        return next((at for name, at in self.history if name == status), None)

    @property
    def status(self) -> str:
        """The highest status ever reached."""
        reached = [name for name, _ in self.history if name != "Fetched"]
        return max(reached, key=STATUSES.index)

    @property
    def status_text(self) -> str:
        """The status in words: for a failure, why."""
        status = self.status
        if status != "Failed":
            return status
        return FAILURES.get(read_habit(self.habit).fate, FAILURES["fails"]).format(id=self.id)

    @property
    def purged(self) -> bool:
        """Whether it is gone from everyone's sight."""
        return any(name.startswith("Purged") for name, _ in self.history)

    def fields(self) -> dict[str, Any]:
        """Return what the request said."""
        said: dict[str, Any] = json.loads(self.said)
        return said

    def reach(self, status: str, at: datetime) -> None:
        """Reach a status, once."""
        if self.when(status) is None:
            self.history.append((sys.intern(status), at))


class MailRoom:
    """All correspondence, all attachments, and the clock."""

    def __init__(self, seed: int, publish_delay: timedelta, scan_delay: timedelta) -> None:
        """Start empty, at wall time."""
        self.seed, self.publish_delay, self.scan_delay = seed, publish_delay, scan_delay
        self.now = datetime.now(UTC)
        self.mail: dict[str, Mail] = {}
        self.by_key: dict[str, str] = {}
        self.index: SearchIndex[Mail] = SearchIndex()
        self.attachments: dict[str, Attachment] = {}
        self.habits: dict[str, str] = {}
        self.contacts: dict[str, str] = {}
        """What the contact register was told to say, by number."""
        self.resources: dict[str, dict[str, Any]] = {}
        """Registered resources; empty: every resource exists, and anyone may use it."""
        self.attempts: dict[tuple[str, str], int] = {}
        """How often a letter whose sendings are spoiled was sent, by key and fault."""

    def habit_of(self, number: str, reference: str = "", named: str | None = None) -> str:
        """Return how a recipient behaves; what is ordered comes before what the letter names."""
        told = self.habits.get(reference) or self.habits.get(number) or named
        if told:
            return sys.intern(habit_named(told))
        scenario = scenario_of(number)
        return sys.intern(scenario.habit if scenario else usual_habit(self.seed, number))

    def put(self, mail: Mail) -> None:
        """Keep a correspondence, waiting to be published."""
        self.mail[mail.id] = mail
        if mail.key:
            self.by_key[mail.key] = mail.id
        fate = read_habit(mail.habit).fate
        mail.history = [("Initialized", self.now)]
        if fate == "reserved":
            mail.reach("Reserved", self.now)
        elif fate != "malware":
            mail.reach("ReadyForPublish", self.now)
        for attachment in mail.attachments:
            attachment.linked.append(mail.id)
        mail.due = self._next(mail)
        self.index.add(mail)

    def set_habits(self, habits: dict[str, str]) -> None:
        """Give recipients other habits from now on; what has happened has happened.

        Raises ValueError for a habit that is none.
        """
        for habit in habits.values():
            habit_named(habit)
        changed = [m for m in self.mail.values() if m.reference in habits or m.number in habits]
        for mail in changed:
            self.catch_up(mail)
        self.habits |= habits
        for mail in changed:
            waited = read_habit(mail.habit).fate in {"stuck", "races"}
            mail.not_before = self.now if waited else mail.not_before
            mail.habit = self.habit_of(mail.number, mail.reference)
            mail.due = self._next(mail)

    def catch_up(self, mail: Mail) -> None:
        """Let happen to one correspondence what its recipient's habit says, up to now."""
        if mail.due is None or mail.due > self.now:
            return
        for at, status in sorted(self._coming(mail), key=lambda one: one[0]):
            if at <= self.now and not mail.purged:
                mail.reach(status, at)
        mail.due = self._next(mail)

    def found(self, mail_id: str) -> Mail | None:
        """Return a correspondence, up to date."""
        mail = self.mail.get(mail_id)
        if mail is not None:
            self.catch_up(mail)
        return mail

    def publish_now(self, mail: Mail) -> None:
        """Publish a letter this instant: publication has won a race."""
        mail.reach("Published", self.now)
        mail.due = self._next(mail)

    def _next(self, mail: Mail) -> datetime | None:
        if mail.purged:
            return None
        return min((at for at, _ in self._coming(mail)), default=None)

    def _coming(self, mail: Mail) -> Iterator[tuple[datetime, str]]:
        """Yield what has not happened yet, and when it will."""
        habit = read_habit(mail.habit)
        published = mail.when("Published")
        if published is None:
            if habit.fate in {"stuck", "races"} or mail.when("Failed"):
                return
            published = max(mail.created + self.publish_delay + habit.late, mail.requested_publish)
            published = max(published, mail.not_before or published)
            fails = habit.fate in FAILURES
            yield published, "Failed" if fails else "Published"
            if fails:
                return
        for act in habit.acts:
            for status in act.statuses:
                if mail.when(status) is None:
                    yield act.when(published), status


def new_id(seed: str) -> str:
    """Return an id that is the same for the same letter in the same run."""
    return str(uuid.UUID(bytes=hashlib.sha256(seed.encode()).digest()[:16], version=4))


def text_of(at: datetime | None) -> str | None:
    """Return an instant as the API writes it."""
    return at.isoformat().replace("+00:00", "Z") if at else None
