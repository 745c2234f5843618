"""A night made once, and put back before every seed: home, database, the vendor's server."""

import getpass
import resource
import shutil
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path

import psycopg
from builders import MONDAY
from cut_line import Line, cut_line
from nights.letters import letters_arrive
from servers import SftpServer, openssh_server
from sqlalchemy import insert, select

from flows.database import schema
from flows.database.senders import all_senders, keep_senders
from flows.database.session import in_chunks, open_database, reading, transaction
from flows.database.tables import metadata
from flows.dispatch import choosing
from flows.domain.sender import Sender
from flows.domain.shipment import SenderId
from flows.intake.inbox import take_in
from flows.settings import ExaminationSettings, Settings, VendorSettings

NIGHT = MONDAY + timedelta(days=1)
SENDER = Sender(
    SenderId("nordvik"), "Nordvik", "310000108", ("Postboks 1", "8900 Sted"), digital=False
)
TIMEOUT_SECONDS = 4
"""How long a silent line is believed in."""


@dataclass
class World:
    """One home, one vendor's server and the line to it; put back before every night."""

    folder: Path
    server: SftpServer
    line: Line
    postgres: str
    """A server's URL; empty where nights run on SQLite only."""
    letters_per_batch: int
    settings: Settings = field(init=False)

    def __post_init__(self) -> None:
        self.settings = self._settings(self.folder / "template", "sqlite:///svarut.db")

    @property
    def home(self) -> Path:
        return self.folder / "home"

    def put_back(self, database: str) -> None:
        """Be as in the evening, with a database of this kind."""
        self.line.mend()
        self.vendor_has_room(room=True)
        for folder in (self.home, self.server.root, self.server.root.parent / "verksted"):
            shutil.rmtree(folder, ignore_errors=True)
        shutil.copytree(self.folder / "template", self.home)
        self.server.root.mkdir()
        url = "sqlite:///svarut.db"
        if database == "postgres":
            self._in_postgres("DROP DATABASE IF EXISTS night WITH (FORCE)")
            self._in_postgres("CREATE DATABASE night TEMPLATE evening")
            url = self._url("night")
        self.settings = self._settings(self.home, url)

    def vendor_has_room(self, *, room: bool, bytes_left: int = 0) -> None:
        """Give the vendor's disk room, or so many bytes for each file."""
        pid = int((self.server.root.parent / "sshd.pid").read_text())
        soft = resource.RLIM_INFINITY if room else bytes_left
        resource.prlimit(pid, resource.RLIMIT_FSIZE, (soft, resource.RLIM_INFINITY))

    def make_the_letters(self, count: int) -> None:
        """Take the letters in, once, and have the same rows in both kinds of database."""
        settings = self.settings
        letters_arrive(settings.inbox_folder / SENDER.id, count)
        with open_database(settings.database_url) as database:
            schema.upgrade(database)
            with transaction(database) as tx:
                keep_senders(tx, [SENDER])
                sender = all_senders(tx)[SENDER.id]
            inbox = settings.inbox_folder / SENDER.id
            taken = take_in(inbox, sender, settings=settings, database=database, now=MONDAY)
            assert taken.accepted == count, taken
            choosing.route_letters(database, MONDAY)
        shutil.rmtree(settings.inbox_folder)
        if self.postgres:
            self._in_postgres("DROP DATABASE IF EXISTS evening WITH (FORCE)")
            self._in_postgres("CREATE DATABASE evening")
            _copy_rows(settings.database_url, self._url("evening"))

    def _settings(self, home: Path, url: str) -> Settings:
        return Settings(
            home=home,
            database_url=url,
            test_population=True,
            letters_per_batch=self.letters_per_batch,
            inbox_settle_seconds=0,
            examination=ExaminationSettings(processes=1),
            vendor=VendorSettings(
                host=self.server.host,
                port=self.line.port,
                user=getpass.getuser(),
                key_file=self.server.key_file,
                known_hosts_file=self.server.known_hosts_file,
                timeout_seconds=TIMEOUT_SECONDS,
            ),
        )

    def _url(self, name: str) -> str:
        return _named(self.postgres, name)

    def _in_postgres(self, statement: str) -> None:
        with psycopg.connect(self.postgres, autocommit=True) as connection:
            connection.execute(statement.encode())


@contextmanager
def open_world(folder: Path, count: int, letters_per_batch: int, postgres: str) -> Iterator[World]:
    """Start a real OpenSSH server and a line to it, and take the letters in."""
    with ExitStack() as stack:
        server = stack.enter_context(openssh_server(folder / "sftp"))
        line = stack.enter_context(cut_line(server.port))
        hosts = server.known_hosts_file
        hosts.write_text(hosts.read_text().replace(f":{server.port} ", f":{line.port} "))
        world = World(folder, server, line, postgres, letters_per_batch)
        world.make_the_letters(count)
        yield world


def _named(url: str, name: str) -> str:
    """Return a server's URL with another database's name."""
    before, _, after = url.partition("?")
    return before.rpartition("/")[0] + f"/{name}" + (f"?{after}" if after else "")


def _copy_rows(source: str, target: str) -> None:
    with open_database(source) as old, open_database(target) as new:
        schema.upgrade(new)
        with reading(old) as looked_at, transaction(new) as tx:
            for table in metadata.sorted_tables:
                rows = [dict(row) for row in looked_at.execute(select(table)).mappings()]
                if tx.execute(select(table).limit(1)).first():  # the migrations wrote it
                    continue
                for some in in_chunks(rows):
                    tx.execute(insert(table), list(some))
                if rows and isinstance(rows[0].get("id"), int):
                    tx.exec_driver_sql(
                        f"SELECT setval(pg_get_serial_sequence('{table.name}', 'id'),"
                        f" (SELECT max(id) FROM {table.name}))"
                    )
