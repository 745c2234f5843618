"""Hold the settings against the world, and name everything that is wrong."""

import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import httpx

from flows import sftp
from flows.database import schema
from flows.database.senders import all_senders
from flows.database.session import open_database, reading
from flows.dispatch.altinn import USER_AGENT
from flows.dispatch.contact_register import Silence, open_contact_register
from flows.dispatch.maskinporten import SUBSCRIPTION, tokens_of
from flows.domain.sender import LANGUAGES
from flows.errors import LetterError, NeedsAPerson
from flows.object_archive import ObjectArchive, open_archive
from flows.print_batch.logo import KINDS, can_be_read
from flows.settings import Settings
from flows.wording import FONTS, TEMPLATES

FREE_BYTES: Final = 2 * 1024**3
"""A night's packages and its documents must have somewhere to be."""

OTHERS: Final = 0o077
"""What nobody but us may do with a key file."""

WORDS: Final = (
    "problems.toml",
    "expected_values.toml",
    *(f"cover_page/{language}.toml" for language in LANGUAGES),
    "altinn_words.toml",
    "workbook.toml",
    *(f"altinn_message.{language}.md" for language in LANGUAGES),
)
"""Templates without which a flow cannot say anything."""


@dataclass(frozen=True)
class Finding:
    """What one look found."""

    what: str
    """Which part of the world was looked at."""
    well: bool
    says: str
    do: str = ""


ELSEWHERE: Final = frozenset({"maskinporten", "altinn", "contact register", "print vendor"})
"""Looks that ask others."""


def examine(settings: Settings, *, here: bool = False) -> list[Finding]:
    """Look at everything once; one fault never hides the next. here: ask nobody else."""
    looks: tuple[tuple[str, Callable[[Settings], str]], ...] = (
        ("database", _database),
        ("senders", _senders),
        ("inbox", _inbox),
        ("disk", _disk),
        ("archive", _archive),
        ("assembly", _assembly),
        ("maskinporten", _maskinporten),
        ("altinn", _altinn),
        ("contact register", _contact_register),
        ("print vendor", _vendor),
        ("words and fonts", _words),
        ("logos", _logos),
        ("time zone", _time_zone),
    )
    return [
        _look(name, look, settings) for name, look in looks if not here or name not in ELSEWHERE
    ]


def _look(name: str, look: Callable[[Settings], str], settings: Settings) -> Finding:
    try:
        return Finding(name, well=True, says=look(settings))
    except LetterError as fault:
        where = f" ({fault.where})" if fault.where else ""
        return Finding(name, well=False, says=f"{fault.what}{where}", do=fault.do)


def _database(settings: Settings) -> str:
    with open_database(settings.database_url) as database:
        found = schema.revision_of(database)
    if found != schema.newest():
        raise NeedsAPerson(
            f"revision {found or 'none'}, this version needs {schema.newest()}",
            do="run: svarut db upgrade",
        )
    return f"revision {found}"


def _senders(settings: Settings) -> str:
    with open_database(settings.database_url) as database:
        if schema.revision_of(database) is None:
            raise NeedsAPerson("the database has no tables", do="run: svarut db upgrade")
        with reading(database) as tx:
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


def _inbox(settings: Settings) -> str:
    if not settings.inbox_folder.is_dir():
        raise NeedsAPerson(
            "the inbox folder is not there",
            where=str(settings.inbox_folder),
            do="make it, or set SVARUT_INBOX_FOLDER",
        )
    return f"{len(list(_inboxes(settings)))} inboxes"


def _disk(settings: Settings) -> str:
    folders = (settings.archive_folder, settings.packages_folder, settings.reports_folder)
    least = min(shutil.disk_usage(_existing(folder)).free for folder in folders)
    if least < FREE_BYTES:
        raise NeedsAPerson(
            f"{least // 1024**2} MiB free, {FREE_BYTES // 1024**2} wanted",
            where=", ".join(str(folder) for folder in folders),
            do="make room: nothing is taken in or assembled on a full disk",
        )
    return f"{least // 1024**3} GiB free"


def _archive(settings: Settings) -> str:
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


def _assembly(settings: Settings) -> str:
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


def _maskinporten(settings: Settings) -> str:
    tokens, file = tokens_of(settings), settings.maskinporten.key_file
    if tokens is None:
        return "not used: altinn.token is"
    if file.is_file() and file.stat().st_mode & OTHERS:
        raise NeedsAPerson("others may read the key file", where=str(file), do="chmod 600")
    with open_database(settings.database_url) as database:
        if schema.revision_of(database) is None:
            consumers = {""}
        else:
            with reading(database) as tx:
                consumers = {each.consumer_organisation for each in all_senders(tx).values()} | {""}
    for consumer in sorted(consumers):
        tokens.bearer(settings.maskinporten.scopes, consumer)
    return f"gives us tokens: our own, and for {len(consumers) - 1} we act for"


def _altinn(settings: Settings) -> str:
    address = f"{settings.altinn.url.rstrip('/')}/correspondence/api/v1/correspondence"
    tokens, headers = tokens_of(settings), {"Accept": "application/json", "User-Agent": USER_AGENT}
    if tokens is None:
        headers["Authorization"] = f"Bearer {settings.altinn.token.get_secret_value()}"
    if settings.altinn.subscription_key.get_secret_value():
        headers[SUBSCRIPTION] = settings.altinn.subscription_key.get_secret_value()
    question = {"resourceId": settings.altinn.resource_id, "role": "Sender"}
    try:
        answer = httpx.get(
            address,
            params=question,
            headers=headers,
            auth=tokens.altinn_auth() if tokens else None,
            timeout=10,
        )
    except httpx.HTTPError as fault:
        raise NeedsAPerson(
            f"no answer ({type(fault).__name__})",
            where=settings.altinn.url,
            do="check the address and the network; SVARUT_ALTINN__URL",
        ) from fault
    if answer.status_code in {401, 403}:
        raise NeedsAPerson(
            f"the token is not accepted ({answer.status_code})",
            where=settings.altinn.url,
            do="check SVARUT_ALTINN__TOKEN, or Maskinporten's scopes",
        )
    if answer.is_error:
        raise NeedsAPerson(
            f"it answers {answer.status_code} to a search",
            where=settings.altinn.url,
            do="check SVARUT_ALTINN__RESOURCE_ID",
        )
    return "answers, and accepts our token"


def _contact_register(settings: Settings) -> str:
    if not settings.contact_register.url:
        return "not asked: Altinn alone refuses letters to reserved people"
    with open_contact_register(settings) as register:
        said = register.look_up([])
    # Nobody is asked about: a register that is well, and knows us, calls the question wrong.
    if isinstance(said, Silence) and said.why != "http 400":
        raise NeedsAPerson(
            f"the contact register does not answer us: {said.why}",
            where=settings.contact_register.url,
            do="check address and token, or Maskinporten's scope for it",
        )
    return "answers, and accepts our token"


def _vendor(settings: Settings) -> str:
    with sftp.connect(settings.vendor) as server:
        waiting = server.files_in("ut/kvittering")
    return f"host key and login are right, {len(waiting)} files wait"


def _words(_: Settings) -> str:
    wanted = [TEMPLATES / name for name in WORDS]
    wanted += [FONTS / "LiberationSans-Regular.ttf", FONTS / "LiberationSans-Bold.ttf"]
    missing = [file.name for file in wanted if not file.is_file()]
    if missing:
        raise NeedsAPerson(
            f"missing: {', '.join(missing)}", where=str(TEMPLATES), do="install svarut again"
        )
    return f"{len(wanted)} files"


def _logos(settings: Settings) -> str:
    files = sorted(one for one in settings.logos_folder.glob("*") if one.suffix in KINDS)
    broken = [file.name for file in files if not can_be_read(file)]
    if broken:
        raise NeedsAPerson(
            f"logos that cannot be read: {', '.join(broken)}",
            where=str(settings.logos_folder),
            do="put a PNG or JPEG there, or remove it; until then those letters go without",
        )
    return f"{len(files)} files"


def _time_zone(_: Settings) -> str:
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
