"""What the Altinn stand-in remembers: correspondence, its readers, and a clock that can be moved.

Every recipient has a habit, chosen by a hash of the seed and the number, the same in every run:
45 in 100 read, 1 to 40 hours after publication; 5 confirm or download without opening; 4 have
reserved themselves; the rest never read. `readers` sets another habit for one number or one
sender's reference: `never`, `after:3h`, `confirm:3h`, `download:3h`, `reserved`, `unknown`,
`stuck` (never published), `fails` (publication fails), `purge:3h` (thrown away unread).
"""

import hashlib
import uuid
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Final

STATUSES: Final = (
    "Initialized", "ReadyForPublish", "Published", "Fetched", "Read", "Replied", "Confirmed",
    "PurgedByRecipient", "PurgedByAltinn", "Archived", "Reserved", "Failed", "AttachmentsDownloaded",
    "Forwarded",
)  # fmt: skip
"""In the API's own order: the status shown is the highest one ever reached, Fetched left out."""

ACTS: Final = {
    "after": "Read",
    "confirm": "Confirmed",
    "download": "AttachmentsDownloaded",
    "purge": "PurgedByRecipient",
}


@dataclass
class Mail:
    """One correspondence."""

    id: str
    key: str | None
    recipient: str
    """As a urn."""
    number: str
    reference: str
    resource: str
    created: datetime
    requested_publish: datetime
    attachments: list[dict[str, object]]
    """fileName, sha256, size; the bytes are not kept."""
    habit: str
    history: list[tuple[str, datetime]] = field(default_factory=list)

    def when(self, status: str) -> datetime | None:
        """Return when a status was first reached."""
        return next((at for name, at in self.history if name == status), None)

    @property
    def status(self) -> str:
        """The highest status ever reached."""
        reached = [name for name, _ in self.history if name != "Fetched"]
        return max(reached, key=STATUSES.index)

    @property
    def purged(self) -> bool:
        """Whether it is gone from everyone's sight."""
        return any(name.startswith("Purged") for name, _ in self.history)


class MailRoom:
    """All correspondence, and the clock."""

    def __init__(self, seed: int, publish_delay: timedelta) -> None:
        """Start empty, at wall time."""
        self.seed, self.publish_delay = seed, publish_delay
        self.now = datetime.now(UTC)
        self.mail: dict[str, Mail] = {}
        self.by_key: dict[str, str] = {}
        self.habits: dict[str, str] = {}

    def habit_of(self, number: str, reference: str) -> str:
        """Return how a recipient behaves."""
        told = self.habits.get(reference) or self.habits.get(number)
        if told:
            return told
        digest = hashlib.sha256(f"{self.seed}/{number}".encode()).digest()
        chance, hours = digest[0] * 100 // 256, 1 + digest[1] % 40
        if len(number) == 11 and chance < 4:
            return "reserved"
        if chance < 49:
            return f"after:{hours}h"
        if chance < 52:
            return f"confirm:{hours}h"
        return f"download:{hours}h" if chance < 54 else "never"

    def put(self, mail: Mail) -> None:
        """Keep a correspondence, waiting to be published."""
        self.mail[mail.id] = mail
        if mail.key:
            self.by_key[mail.key] = mail.id
        mail.history = [("Initialized", self.now), ("ReadyForPublish", self.now)]

    def move_clock(self, to: datetime) -> None:
        """Move the clock, and let happen what happens until then."""
        self.now = to
        for mail in self.mail.values():
            self.catch_up(mail)

    def catch_up(self, mail: Mail) -> None:
        """Let happen to one correspondence what its recipient's habit says, up to now."""
        if mail.purged or mail.habit == "stuck":
            return
        due = max(mail.created + self.publish_delay, mail.requested_publish)
        if mail.when("Published") is None and mail.when("Failed") is None and due <= self.now:
            mail.history.append(("Failed" if mail.habit == "fails" else "Published", due))
        published = mail.when("Published")
        act, _, wait = mail.habit.partition(":")
        if published is None or act not in ACTS or mail.when(ACTS[act]):
            return
        at = published + timedelta(hours=float(wait.removesuffix("h")))
        if at <= self.now:
            if act == "after":
                mail.history.append(("Fetched", at))
            mail.history.append((ACTS[act], at))


def new_id(seed: str) -> str:
    """Return an id that is the same for the same letter in the same run."""
    return str(uuid.UUID(bytes=hashlib.sha256(seed.encode()).digest()[:16], version=4))
