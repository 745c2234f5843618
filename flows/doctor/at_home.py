"""What must be so on our own machine: database, folders, disk, words."""

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from flows import clock
from flows.database import schema
from flows.database.prices import read_price_list
from flows.database.senders import all_senders
from flows.database.session import Tx, open_database, reading
from flows.domain.sender import LANGUAGES
from flows.errors import NeedsAPerson
from flows.object_archive import ObjectArchive, open_archive
from flows.print_batch.logo import KINDS, can_be_read
from flows.settings import Settings
from flows.wording import FONTS, TEMPLATES

FREE_BYTES: Final = 2 * 1024**3
"""A night's packages and its documents must have somewhere to be."""

REAL_ALTINN: Final = ".altinn.no"
"""Where letters reach people who exist."""

WORDS: Final = (
    "problems.toml",
    "expected_values.toml",
    *(f"cover_page/{language}.toml" for language in LANGUAGES),
    "alarm_mail.txt",
    "altinn_words.toml",
    *(f"month_workbook/{language}.toml" for language in ("nb", "nn", "en")),
    *(f"altinn_message.{language}.md" for language in LANGUAGES),
)
"""Templates without which a flow cannot say anything."""


@contextmanager
def our_rows(settings: Settings) -> Iterator[Tx]:
    """Read the database; raises NeedsAPerson when it has no tables."""
    with open_database(settings.database_url) as database:
        if schema.revision_of(database) is None:
            raise NeedsAPerson("the database has no tables", do="run: svarut db upgrade")
        with reading(database) as tx:
            yield tx


def database(settings: Settings) -> str:
    """See that the database has the shape this version needs."""
    with open_database(settings.database_url) as database:
        found = schema.revision_of(database)
    if found != schema.newest():
        raise NeedsAPerson(
            f"revision {found or 'none'}, this version needs {schema.newest()}",
            do="run: svarut db upgrade",
        )
    return f"revision {found}"


def senders(settings: Settings) -> str:
    """See that senders are known, and that every inbox is one of theirs."""
    with our_rows(settings) as tx:
        known = all_senders(tx)
    strays = sorted(set(_inboxes(settings)) - set(known))
    if not known:
        raise NeedsAPerson("no sender is known", do="run: svarut senders import FILE")
    if strays:
        raise NeedsAPerson(
            f"inboxes that belong to no sender: {', '.join(strays)}",
            where=str(settings.inbox_folder),
            do="import the sender, or remove the folder",
        )
    return f"{len(known)} known"


def people(settings: Settings) -> str:
    """See that an installation which takes made-up numbers sends nothing to real people."""
    real = REAL_ALTINN in settings.altinn.url and "tt02" not in settings.altinn.url
    if settings.test_population and real:
        raise NeedsAPerson(
            "numbers of made-up people are accepted, and letters go to the real Altinn",
            where="SVARUT_TEST_POPULATION",
            do="set it to false here; true is for a test environment",
        )
    return "made-up" if settings.test_population else "real"


def prices(settings: Settings) -> str:
    """See that every article that had a price has one today."""
    today = clock.oslo_date(clock.now())
    with our_rows(settings) as tx:
        known = read_price_list(tx)
    ended = [sku for sku in known.articles if known.price_on(sku, today) is None]
    if not known.articles:
        raise NeedsAPerson(
            "no price is known: costs are told as unknown, and nothing can be expected",
            do="svarut prices import FILE; docs/prices.md",
        )
    if ended:
        raise NeedsAPerson(
            f"no price today for {', '.join(ended)}",
            where="price list",
            do="import a list that reaches further: svarut prices import FILE",
        )
    return f"{len(known.articles)} articles have one today"


def folders(settings: Settings) -> str:
    """See that we may write wherever a flow does."""
    wanted = {
        "archive_folder": settings.archive_folder,
        "packages_folder": settings.packages_folder,
        "work_folder": settings.work_folder,
        "reports_folder": settings.reports_folder,
        "by_hand_folder": settings.by_hand_folder,
        "invoices_folder": settings.invoices_folder,
    }
    shut = [name for name, folder in wanted.items() if not _may_write(_existing(folder))]
    if shut:
        raise NeedsAPerson(
            f"we may not write in {', '.join(shut)}",
            where=", ".join(str(wanted[name]) for name in shut),
            do="give our user the right, or name other folders in the settings",
        )
    return f"{len(wanted)} can be written in"


def _may_write(folder: Path) -> bool:
    return folder.is_dir() and os.access(folder, os.W_OK | os.X_OK)


def inbox(settings: Settings) -> str:
    """See that the folder of inboxes is there."""
    if not settings.inbox_folder.is_dir():
        raise NeedsAPerson(
            "the inbox folder is not there",
            where=str(settings.inbox_folder),
            do="make it, or set SVARUT_INBOX_FOLDER",
        )
    return f"{len(list(_inboxes(settings)))} inboxes"


def disk(settings: Settings) -> str:
    """See that a night has room."""
    folders = (settings.archive_folder, settings.packages_folder, settings.reports_folder)
    least = min(shutil.disk_usage(_existing(folder)).free for folder in folders)
    if least < FREE_BYTES:
        raise NeedsAPerson(
            f"{least // 1024**2} MiB free, {FREE_BYTES // 1024**2} wanted",
            where=", ".join(str(folder) for folder in folders),
            do="make room: nothing is taken in or assembled on a full disk",
        )
    return f"{least // 1024**3} GiB free"


def archive(settings: Settings) -> str:
    """See that documents are kept where they stay."""
    archive = open_archive(settings)
    if not isinstance(archive, ObjectArchive):
        return "a folder"
    if settings.archive_url.startswith("memory:"):
        raise NeedsAPerson(
            "documents would be gone with the process that took them in",
            where="SVARUT_ARCHIVE_URL",
            do="memory:// is for tests; name a folder or an object store",
        )
    archive.has("0" * 64)
    return f"{settings.archive_url} answers"


def assembly(settings: Settings) -> str:
    """See that whoever assembles packages sees what we see."""
    wanted = settings.workers
    if wanted.task_runner == "process_pool":
        return f"{wanted.processes or 'a process a processor'} at once, on this machine"
    from flows.task_workers import workers_that_see  # noqa: PLC0415  -- Prefect takes its time

    seeing = workers_that_see(_existing(settings.packages_folder), wanted)
    if not wanted.scheduler:
        return "Dask: a cluster on this machine, for as long as a run"
    blind = sorted(address for address, sees in seeing.items() if not sees)
    if blind or not seeing:
        raise NeedsAPerson(
            "workers do not see the packages folder" if blind else "the cluster has no worker",
            where=", ".join(blind) or wanted.scheduler,
            do="give every worker the same folders and settings as here: docs/scaling.md",
        )
    return f"Dask: {len(seeing)} workers"


def words(_: Settings) -> str:
    """See that no text or font is missing."""
    wanted = [TEMPLATES / name for name in WORDS]
    wanted += [FONTS / "LiberationSans-Regular.ttf", FONTS / "LiberationSans-Bold.ttf"]
    missing = [file.name for file in wanted if not file.is_file()]
    if missing:
        raise NeedsAPerson(
            f"missing: {', '.join(missing)}", where=str(TEMPLATES), do="install svarut again"
        )
    return f"{len(wanted)} files"


def logos(settings: Settings) -> str:
    """See that every sender's logo can be read."""
    files = sorted(one for one in settings.logos_folder.glob("*") if one.suffix in KINDS)
    broken = [file.name for file in files if not can_be_read(file)]
    if broken:
        raise NeedsAPerson(
            f"logos that cannot be read: {', '.join(broken)}",
            where=str(settings.logos_folder),
            do="put a PNG or JPEG there, or remove it; until then those letters go without",
        )
    return f"{len(files)} files"


def time_zone(_: Settings) -> str:
    """See that Norwegian time is known."""
    try:
        ZoneInfo("Europe/Oslo")
    except ZoneInfoNotFoundError as fault:
        raise NeedsAPerson("Europe/Oslo is not known here", do="install tzdata") from fault
    return "Europe/Oslo"


def _inboxes(settings: Settings) -> Iterator[str]:
    if settings.inbox_folder.is_dir():
        for folder in sorted(settings.inbox_folder.iterdir()):
            if folder.is_dir() and not folder.name.startswith("."):
                yield folder.name


def _existing(folder: Path) -> Path:
    while not folder.exists():
        folder = folder.parent
    return folder
