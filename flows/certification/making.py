"""Make the set: packages as on a real night, in a folder that is as the vendor's server."""

import shutil
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Final

from flows.certification.letters import Trial, lay
from flows.clock import oslo_date
from flows.database import batches, schema
from flows.database.batches import Batch
from flows.database.senders import all_senders, keep_senders
from flows.database.session import open_database, transaction
from flows.database.vendors import keep_profiles
from flows.dispatch import choosing
from flows.domain.sender import Sender
from flows.domain.shipment import SenderId
from flows.domain.vendor_profile import VendorProfile
from flows.errors import ImpossibleState, NeedsAPerson
from flows.intake.inbox import take_in
from flows.print_batch.loading import load
from flows.print_batch.parcel import Cargo, Parcel, parcel_of
from flows.print_batch.reserving import reserve_batches
from flows.print_batch.sending import assemble
from flows.settings import OpenPgpSettings, Settings

CUSTOMER: Final = "TEST"
"""Batches that begin so are tests: should an answer to one ever reach us, it is parked."""

OURS: Final = ".svarut"
"""In the set's folder: our database, which knows what the answers must say."""

SENDER: Final = Sender(
    SenderId("prove"),
    "Prøvekommunen",
    "310000108",
    ("Postboks 1", "8900 Brønnøysund"),
    digital=False,
)


@dataclass(frozen=True)
class MadeSet:
    """What lies in the folder now."""

    trials: Sequence[Trial]
    batches: Sequence[Batch]


def home_of(folder: Path, vendor: str) -> Settings:
    """Return the settings of a set's own small installation."""
    return Settings(
        home=folder / OURS,
        test_population=True,
        inbox_settle_seconds=0,
        vendor={"customer": CUSTOMER, "profile": vendor},
    )


def make_set(
    folder: Path, profile: VendorProfile, now: datetime, keys: OpenPgpSettings | None = None
) -> MadeSet:
    """Make the set in a new folder, for a vendor as a profile has it.

    keys: with which its packages are encrypted, where the profile asks for that.
    Raises NeedsAPerson when the folder holds anything, KeyUnusable as `load` does.
    """
    if folder.exists() and any(folder.iterdir()):
        raise NeedsAPerson(
            "the folder is not empty",
            where=str(folder),
            do="name a new one; a set that was made is checked with --check",
        )
    settings, way = home_of(folder, profile.id), profile.transport
    settings = settings.model_copy(update={"openpgp": keys} if keys else {})
    trials = lay(settings.inbox_folder / SENDER.id)
    night = now - timedelta(days=1)  # so that nobody can answer before it
    came = night - timedelta(days=7)  # so that the night's cut-off is behind them
    with open_database(settings.database_url) as database:
        schema.upgrade(database)
        own = replace(profile, customers=(CUSTOMER,), valid_from=oslo_date(came))
        with transaction(database) as tx:
            keep_senders(tx, [SENDER])
            keep_profiles(tx, [replace(own, valid_to=None)])
            sender = all_senders(tx)[SENDER.id]
        inbox = settings.inbox_folder / SENDER.id
        taken = take_in(inbox, sender, settings=settings, database=database, now=came)
        if taken.accepted != len(trials):
            raise ImpossibleState(
                f"of the set's {len(trials)} letters {taken.accepted} were accepted",
                where=str(inbox),
                do="keep the folder and report it",
            )
        choosing.route_letters(database, came)
        made = []
        for batch_id in reserve_batches(database, settings, night):
            assemble(database, settings, batch_id, night)
            with transaction(database) as tx:
                batches.begin_hand_over(tx, batch_id, night)
                batches.record_handed_over(tx, batch_id, night)
                made.append(batches.read_batch(tx, batch_id))
            parcel = parcel_of(made[-1], way)
            _put(parcel, load(parcel, database, settings, now), folder)
    for name in (way.acknowledgements_folder, way.receipts_folder, way.returns_folder):
        (folder / name).mkdir(parents=True, exist_ok=True)
    return MadeSet(trials, made)


def _put(parcel: Parcel, cargo: Cargo, folder: Path) -> None:
    there = folder / parcel.way.upload_folder
    there.mkdir(parents=True, exist_ok=True)
    shutil.copy(cargo.file, there / parcel.name)
    (there / f"{parcel.name}.ok").write_bytes(parcel.ok(cargo))
