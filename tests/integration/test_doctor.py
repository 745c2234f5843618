"""The doctor finds each fault that is planted in a world that was well, and says what to do."""

import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from servers import SftpServer, asyncssh_server, make_keys
from stand_ins import AltinnStandIn, running_altinn

from flows import clock
from flows.database.prices import keep_price_list
from flows.database.senders import keep_senders
from flows.database.session import open_database, transaction
from flows.database.vendors import keep_profiles
from flows.doctor import at_home
from flows.doctor.examination import examine
from flows.domain.price_list import parse_prices
from flows.domain.sender import parse_senders
from flows.domain.vendor_profile import NEUTRAL
from flows.settings import Settings
from flows.wording import TEMPLATES

pytestmark = pytest.mark.integration

FOLDERS = ("inn", "ut/mottak", "ut/kvittering", "arkiv")


@dataclass
class World:
    """A world that is well, until a fault is planted in it."""

    settings: Settings
    server: SftpServer
    monkeypatch: pytest.MonkeyPatch

    @property
    def home(self) -> Path:
        return self.settings.home

    def change(self, **changes: Any) -> None:
        self.settings = self.settings.model_copy(update=changes)

    def change_in(self, part: str, **changes: Any) -> None:
        self.change(**{part: getattr(self.settings, part).model_copy(update=changes)})


@pytest.fixture(scope="module")
def altinn() -> Iterator[AltinnStandIn]:
    with running_altinn() as stand_in:
        yield stand_in


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SftpServer]:
    with asyncssh_server(tmp_path_factory.mktemp("sftp")) as server:
        yield server


@pytest.fixture
def world(
    tmp_path: Path,
    sqlite_with_tables: Path,
    altinn: AltinnStandIn,
    server: SftpServer,
    monkeypatch: pytest.MonkeyPatch,
) -> World:
    monkeypatch.delenv("PREFECT_API_URL", raising=False)
    monkeypatch.setattr(at_home, "FREE_BYTES", 1)  # of our own machine nothing is known
    shutil.rmtree(server.root)
    for folder in FOLDERS:
        (server.root / folder).mkdir(parents=True)
    (tmp_path / "inbox").mkdir()
    shutil.copy(sqlite_with_tables, tmp_path / "svarut.db")
    settings = Settings(
        home=tmp_path,
        test_population=True,
        altinn={"url": altinn.url, "token": "sandbox"},
        contact_register={"url": altinn.url, "token": "sandbox"},
        vendor={
            "host": server.host,
            "port": server.port,
            "user": server.user,
            "key_file": server.key_file,
            "known_hosts_file": server.known_hosts_file,
        },
    )
    with open_database(settings.database_url) as database, transaction(database) as tx:
        keep_senders(tx, parse_senders(example("senders.toml")))
        keep_price_list(tx, parse_prices(example("prices.toml")))
    return World(settings, server, monkeypatch)


def example(name: str) -> str:
    return (TEMPLATES / "examples" / name).read_text(encoding="utf-8")


def the_database_is_gone(world: World) -> None:
    world.change(database_url="postgresql://nobody@127.0.0.1:1/svarut")


def the_database_is_empty(world: World) -> None:
    (world.home / "svarut.db").unlink()


def the_database_is_older(world: World) -> None:
    with open_database(world.settings.database_url) as database, transaction(database) as tx:
        tx.exec_driver_sql("UPDATE alembic_version SET version_num = '0008'")


def no_sender_is_known(world: World) -> None:
    with open_database(world.settings.database_url) as database, transaction(database) as tx:
        tx.exec_driver_sql("DELETE FROM senders")


def an_inbox_belongs_to_nobody(world: World) -> None:
    (world.home / "inbox" / "ukjent").mkdir()


def the_inboxes_are_gone(world: World) -> None:
    (world.home / "inbox").rmdir()


def made_up_people_in_the_real_altinn(world: World) -> None:
    world.change_in("altinn", url="https://platform.altinn.no.invalid")


def a_price_has_ended(world: World) -> None:
    ended = '[[price]]\nsku = "SHEET"\nprice_ore = "10"\nvalid_from = 2020-01-01\n'
    with open_database(world.settings.database_url) as database, transaction(database) as tx:
        keep_price_list(tx, parse_prices(f"{ended}valid_to = 2021-01-01\n"))


def a_folder_is_a_file(world: World) -> None:
    (world.home / "packages").write_text("not a folder", encoding="utf-8")


def the_disk_is_nearly_full(world: World) -> None:
    world.monkeypatch.setattr(at_home, "FREE_BYTES", 2**60)


def documents_are_kept_in_memory(world: World) -> None:
    world.change(archive_url="memory://documents")


def the_scanner_is_silent(world: World) -> None:
    world.change_in("malware", clamd=str(world.home / "nobody.socket"))


def altinn_is_down(world: World) -> None:
    world.change_in("altinn", url="http://127.0.0.1:1")


def the_token_is_old(world: World) -> None:
    world.change_in("altinn", token=world.settings.altinn.token.__class__("old"))


def the_clock_is_wrong(world: World) -> None:
    now = clock.now() + timedelta(minutes=5)
    world.monkeypatch.setattr(clock, "now", lambda: now)


def the_register_does_not_know_us(world: World) -> None:
    world.change_in("contact_register", token=world.settings.altinn.token.__class__("old"))


def the_vendor_is_another(world: World) -> None:
    host, _ = make_keys(world.home / "other")
    public = host.with_suffix(".pub").read_text(encoding="utf-8").strip()
    file = world.home / "known_hosts"
    file.write_text(f"[127.0.0.1]:{world.server.port} {public}\n", encoding="utf-8")
    world.change_in("vendor", known_hosts_file=file)


def the_vendor_does_not_know_us(world: World) -> None:
    _, ours = make_keys(world.home / "other")
    world.change_in("vendor", key_file=ours)


def the_vendor_has_no_folder(world: World) -> None:
    (world.server.root / "inn").rmdir()


def the_vendors_key_is_not_here(world: World) -> None:
    pinned = {"recipient_key": "vendor.asc", "recipient_fingerprint": "ab" * 20}
    way = replace(NEUTRAL.transport, encryption="pgp", **pinned)
    with open_database(world.settings.database_url) as database, transaction(database) as tx:
        keep_profiles(tx, [replace(NEUTRAL, transport=way)])


def the_profile_is_unknown(world: World) -> None:
    world.change_in("vendor", profile="nobody")


def prefect_is_down(world: World) -> None:
    world.monkeypatch.setenv("PREFECT_API_URL", "http://127.0.0.1:1/api")


def a_template_is_missing(world: World) -> None:
    shutil.copytree(TEMPLATES, world.home / "templates")
    (world.home / "templates" / "problems.toml").unlink()
    world.monkeypatch.setattr(at_home, "TEMPLATES", world.home / "templates")


def a_logo_is_broken(world: World) -> None:
    world.settings.logos_folder.mkdir(parents=True)
    (world.settings.logos_folder / "nordvik.png").write_bytes(b"no picture")


FAULTS: dict[Callable[[World], None], tuple[str, str]] = {
    the_database_is_gone: ("database", "did not answer"),
    the_database_is_empty: ("database", "revision none"),
    the_database_is_older: ("database", "revision 0008, this version needs"),
    no_sender_is_known: ("senders", "no sender is known"),
    an_inbox_belongs_to_nobody: ("senders", "ukjent"),
    the_inboxes_are_gone: ("inbox", "not there"),
    made_up_people_in_the_real_altinn: ("people", "made-up people"),
    a_price_has_ended: ("prices", "no price today for SHEET"),
    a_folder_is_a_file: ("folders", "packages_folder"),
    the_disk_is_nearly_full: ("disk", "MiB free"),
    documents_are_kept_in_memory: ("archive", "gone with the process"),
    the_scanner_is_silent: ("malware scanner", "does not answer"),
    altinn_is_down: ("altinn", "no answer"),
    the_token_is_old: ("altinn", "not accepted"),
    the_clock_is_wrong: ("clock", "seconds off Altinn's"),
    the_register_does_not_know_us: ("contact register", "does not answer us"),
    the_vendor_is_another: ("print vendor", "host key"),
    the_vendor_does_not_know_us: ("print vendor", "key"),
    the_vendor_has_no_folder: ("print vendor", "has no inn"),
    the_vendors_key_is_not_here: ("vendor's key", "there is no key of the vendor"),
    the_profile_is_unknown: ("print vendor", "nobody"),
    prefect_is_down: ("prefect", "nothing is scheduled"),
    a_template_is_missing: ("words and fonts", "problems.toml"),
    a_logo_is_broken: ("logos", "nordvik.png"),
}


def test_a_world_that_is_well_is_called_well(world: World) -> None:
    assert [one for one in examine(world.settings) if not one.well] == []


@pytest.mark.parametrize("fault", FAULTS, ids=lambda fault: fault.__name__)
def test_a_planted_fault_is_found_and_what_to_do_is_said(
    world: World, fault: Callable[[World], None]
) -> None:
    where, says = FAULTS[fault]
    fault(world)

    found = {one.what: one for one in examine(world.settings) if not one.well}

    assert says in found[where].says
    assert found[where].do
