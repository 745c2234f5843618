"""Letters that have left: a database, a real SFTP server, and a print shop behind it."""

import json
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

from builders import MONDAY, a_document, a_registration, notified, on_paper, registered
from reportlab.pdfgen.canvas import Canvas
from servers import SftpServer, asyncssh_server
from sqlalchemy import select

from flows.archive import Archive
from flows.database import batches, follow, offers
from flows.database.batches import Batch
from flows.database.open_items import still_open
from flows.database.session import Database, reading, transaction
from flows.database.tables import receipt_lines
from flows.domain.batch import BatchId
from flows.domain.shipment import Document, ShipmentId
from flows.domain.vendor_profile import NEUTRAL
from flows.print_batch.collecting import AcknowledgementCounts, collect_acknowledgements
from flows.print_batch.reserving import reserve_batches
from flows.print_batch.sending import batches_under_way, send_batch
from flows.receipts import ingestion
from flows.receipts.answers import complete_answers
from flows.sandbox.print_shop import PrintShop
from flows.settings import Settings, VendorSettings
from flows.sftp import connect

NIGHT = MONDAY + timedelta(days=3)
"""Thursday morning at nine."""
BATCH = BatchId("SVAR-20261126-01-C5SHS")
PACKAGE = f"{BATCH}-f1.zip"
AGAIN = f"{BATCH}-f2.zip"


@dataclass
class AtTheVendor:
    """Our side and the vendor's."""

    database: Database
    settings: Settings
    shop: PrintShop

    def letters(self, *, paper: int = 0, unread: int = 0) -> list[ShipmentId]:
        """Letters due for print: sent on paper, and offered digitally and not read."""
        made = [a_registration(documents=(self._document(),)) for _ in range(paper + unread)]
        with transaction(self.database) as tx:
            ids = registered(tx, *made)
            on_paper(tx, *ids[:paper])
            sent = notified(tx, *ids[paper:]) if unread else []
            offers.record_asked(tx, [one.key for one in sent], NIGHT)
        return ids

    def night(self, now: datetime = NIGHT) -> list[BatchId]:
        """Reserve what is due and hand every batch over; return which."""
        reserve_batches(self.database, self.settings, now)
        under_way = [batch.id for batch in batches_under_way(self.database)]
        for batch_id in under_way:
            send_batch(self.database, self.settings, batch_id, now)
        return under_way

    def answers(self, now: datetime = NIGHT) -> AcknowledgementCounts:
        """Let the shop take in what is there, and collect what it says."""
        self.shop.take_in(now)
        return collect_acknowledgements(self.database, self.settings, now)

    def receipts(self, now: datetime) -> list[str]:
        """Let the shop print and post what it has, and book it; return each line's state."""
        self.shop.print_and_post(now)
        with connect(self.settings.vendor) as server:
            answers = complete_answers(server, NEUTRAL)
        for answer in answers:
            ingestion.ingest(self.database, self.settings, answer, now)
        with reading(self.database) as tx:
            return sorted(tx.scalars(select(receipt_lines.c.state)))

    def batch(self, batch_id: BatchId = BATCH) -> Batch:
        with reading(self.database) as tx:
            return batches.read_batch(tx, batch_id)

    def statuses(self, letters: list[ShipmentId]) -> list[str]:
        with reading(self.database) as tx:
            walks = [follow.walk_of(tx, one) for one in letters]
        return [str(walk.letter.status) for walk in walks if walk]

    def open_codes(self) -> list[str]:
        with reading(self.database) as tx:
            return sorted({item.code for item, _ in still_open(tx)})

    def put(self, folder: str, name: str, content: dict[str, object]) -> None:
        """Write a file as the vendor does."""
        self.shop._publish(folder, name, json.dumps(content).encode())

    def at_vendor(self, folder: str = "inn") -> list[str]:
        return sorted(file.name for file in (self.shop.root / folder).iterdir())

    def _document(self) -> Document:
        file = self.settings.home / "letter.pdf"
        if not file.exists():
            canvas = Canvas(str(file), invariant=1)
            canvas.drawString(100, 500, "side 1")
            canvas.showPage()
            canvas.save()
        sha256 = Archive(self.settings.archive_folder).put(file)
        return a_document(1, 1, sha256=sha256)


@contextmanager
def at_the_vendor(
    database: Database,
    folder: Path,
    make: Callable[[Path], AbstractContextManager[SftpServer]] = asyncssh_server,
) -> Iterator[AtTheVendor]:
    """Run a vendor below a folder, behind a server of a make."""
    with make(folder / "vendor/sftp") as server:
        settings = Settings(
            home=folder,
            vendor=VendorSettings(
                host=server.host,
                port=server.port,
                user=server.user,
                key_file=server.key_file,
                known_hosts_file=server.known_hosts_file,
                timeout_seconds=20,
            ),
        )
        yield AtTheVendor(database, settings, PrintShop(server.root, "SVAR"))
