"""Letters are found by everything people know of them: by index, in pages, and as files."""

import csv
import os
from datetime import timedelta
from pathlib import Path

import openpyxl
import pytest
from builders import MONDAY, a_registration, a_sender, handed_over, on_paper, registered
from command_line import run_svarut
from sqlalchemy import event, text
from sqlalchemy.dialects import postgresql, sqlite
from typer.testing import CliRunner

from flows.cli import app
from flows.database import follow, letter_search, schema
from flows.database.letter_search import Search, place_of, search, search_all
from flows.database.senders import keep_senders
from flows.database.session import Database, open_database, reading, transaction
from flows.domain.problem import Problem
from flows.domain.role import OPERATOR, role_named, sight_of
from flows.domain.shipment import Route, ShipmentId
from flows.domain.status import Status
from reports.letter_list import write_letters

pytestmark = pytest.mark.integration

HOUR = timedelta(hours=1)
OTHER_PERSON = "13846598765"


def some_letters(database: Database) -> list[ShipmentId]:
    """Lay four letters in the database, an hour between them."""
    with transaction(database) as tx:
        keep_senders(tx, [a_sender("sorvik")])
        made = [
            a_registration(account_code="0410", reference="SAK-A"),
            a_registration(sender_id="sorvik", account_code="=1+1", digital_id=None),
            a_registration(digital_id=OTHER_PERSON),
            a_registration(Problem("FILE_MISSING", "vedtak.pdf")),
        ]
        ids = []
        for hours, one in enumerate(made):
            ids += registered(tx, one, at=MONDAY + hours * HOUR)
        on_paper(tx, ids[1])
    return ids


def found(database: Database, wanted: Search) -> list[ShipmentId]:
    with reading(database) as tx:
        return [one.id for one in search(tx, wanted)]


def test_letters_are_found_by_everything_people_know_of_them(database: Database) -> None:
    first, paper, other, rejected = some_letters(database)

    by = {
        "all, the latest first": found(database, Search()),
        "id": found(database, Search(beginning=other)),
        "id's beginning": found(database, Search(beginning=other[:-1])),
        "sender": found(database, Search(sender="sorvik")),
        "status": found(database, Search(statuses=(Status.REJECTED,))),
        "statuses": found(database, Search(statuses=(Status.REJECTED, Status.READ))),
        "reference": found(database, Search(reference="SAK-A")),
        "account code": found(database, Search(account_code="0410")),
        "recipient": found(database, Search(recipient=OTHER_PERSON)),
        "channel": found(database, Search(route=Route.PAPER)),
        "period": found(database, Search(since=MONDAY + HOUR, until=MONDAY + 3 * HOUR)),
        "nothing": found(database, Search(sender="sorvik", reference="SAK-A")),
        "no id": found(database, Search(beginning="' OR 1=1")),
    }

    shared = [one for one in (rejected, other, paper, first) if one[:-1] == other[:-1]]
    assert by == {
        "all, the latest first": [rejected, other, paper, first],
        "id": [other],
        "id's beginning": shared,
        "sender": [paper],
        "status": [rejected],
        "statuses": [rejected],
        "reference": [first],
        "account code": [first],
        "recipient": [other],
        "channel": [paper],
        "period": [other, paper],
        "nothing": [],
        "no id": [],
    }


def test_pages_follow_each_other_without_gap_or_repeat(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    ids = some_letters(database)
    with transaction(database) as tx:
        ids += registered(tx, *(a_registration() for _ in range(3)), at=MONDAY)
    monkeypatch.setattr(letter_search, "PAGE", 2)

    with reading(database) as tx:
        page = search(tx, Search(limit=3))
        following = search(tx, Search(limit=9, after=place_of(tx, page[-1].id)))
        everything = [one.id for one in search_all(tx, Search())]

    assert [one.id for one in page + following] == everything
    assert sorted(everything) == sorted(ids)


SEARCHES = {
    "ix_shipments_received_at_id": Search(since=MONDAY),
    "ix_shipments_sender_id_received_at_id": Search(sender="nordvik"),
    "ix_shipments_status_received_at_id": Search(statuses=(Status.ACCEPTED,)),
    "ix_shipments_sender_id_status_received_at_id": Search(
        sender="nordvik", statuses=(Status.ACCEPTED,)
    ),
    "ix_shipments_account_code_received_at_id": Search(account_code="0410"),
    "ix_shipments_reference": Search(reference="SAK-A"),
    "ix_recipients_digital_id": Search(recipient=OTHER_PERSON),
    "shipments": Search(beginning="3f0a"),
}
"""Each search, and the index that answers it; an id's beginning is answered by the key's."""


@pytest.mark.parametrize("index", SEARCHES)
def test_each_search_is_answered_by_its_index(database: Database, index: str) -> None:
    some_letters(database)
    dialect = {"sqlite": sqlite, "postgresql": postgresql}[database.dialect.name].dialect()
    query = letter_search._query(SEARCHES[index])
    said = str(query.compile(dialect=dialect, compile_kwargs={"literal_binds": True}))
    explain = "EXPLAIN QUERY PLAN" if database.dialect.name == "sqlite" else "EXPLAIN"

    with database.connect() as tx:
        if database.dialect.name == "postgresql":
            # Few rows are read faster whole: the question is whether an index could answer.
            tx.exec_driver_sql("SET enable_seqscan = off; SET enable_bitmapscan = off")
        plan = "\n".join(
            str(row) for row in tx.execute(text(f"{explain} {said}".replace(":", "\\:")))
        )

    whole = ("SCAN shipments\n", "SCAN recipients", "Seq Scan on shipments", "Seq Scan on recip")
    assert index in plan
    assert not [each for each in whole if each in f"{plan}\n"], plan


def test_the_letters_ever_taken_in_are_counted_by_an_index(sqlite: Database) -> None:
    some_letters(sqlite)
    asked: list[str] = []

    with reading(sqlite) as tx:
        event.listen(tx, "before_cursor_execute", lambda *said: asked.append(said[2]))
        follow.taken_in(tx)
        plan = str(tx.exec_driver_sql(f"EXPLAIN QUERY PLAN {asked[-1]}", ("MOTTATT",)).all())

    assert "ix_events_beginning" in plan


def test_a_list_is_taken_out_as_inert_text(sqlite: Database, tmp_path: Path) -> None:
    some_letters(sqlite)
    handed_over(sqlite, 1)
    book, table = tmp_path / "brev.xlsx", tmp_path / "brev.csv"

    with reading(sqlite) as tx:
        letters = list(search_all(tx, Search()))
    counts = [write_letters(file, letters, sight_of(OPERATOR)) for file in (book, table)]

    sheet = openpyxl.load_workbook(book).worksheets[0]
    cells = {cell.value: cell for row in sheet.iter_rows() for cell in row}
    rows = list(csv.reader(table.read_text("utf-8-sig").splitlines(), delimiter=";"))
    codes = {row[rows[0].index("Konteringskode")] for row in rows[1:]}
    assert counts == [5, 5]
    assert (cells["=1+1"].data_type, cells["0410"].data_type) == ("s", "s")
    assert codes == {"'=1+1", "0410", ""}
    assert {"Person", "Uten nummer", "Papir"} <= {cell for row in rows for cell in row}
    assert book.stat().st_mode & 0o077 == table.stat().st_mode & 0o077 == 0
    assert OTHER_PERSON not in table.read_text("utf-8-sig")


def test_finance_takes_out_no_recipients(sqlite: Database, tmp_path: Path) -> None:
    some_letters(sqlite)
    with reading(sqlite) as tx:
        write_letters(tmp_path / "brev.csv", search(tx, Search()), sight_of(role_named("finance")))

    head = (tmp_path / "brev.csv").read_text("utf-8-sig").splitlines()[0]
    assert "Mottaker" not in head
    assert "Postnummer" not in head
    assert "Kostnad" in head


def test_the_command_finds_by_recipient_and_keeps_to_its_role(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'svarut.db'}"
    with open_database(url) as database:
        schema.upgrade(database)
        first, paper, *_ = some_letters(database)
    home = {"SVARUT_HOME": str(tmp_path)}

    everything = run_svarut("list", environment=at(home))
    mine = run_svarut("list", "--as", "sender:sorvik", environment=at(home))
    another = run_svarut(
        "list", "--as", "operator", environment=at(home | {"SVARUT_ACTING_AS": "sender:sorvik"})
    )
    held = run_svarut("holds", environment=at(home | {"SVARUT_ACTING_AS": "sender:sorvik"}))
    number = CliRunner().invoke(app, ["list", "--recipient"], input=OTHER_PERSON, env=at(home))
    searched = run_svarut("events", environment=at(home))
    theirs = run_svarut("show", first, "--as", "sender:sorvik", environment=at(home))
    shown = run_svarut("show", paper, environment=at(home))

    assert number.output.count("-4000-8000-") == 1
    assert OTHER_PERSON not in number.output + searched.stdout
    assert "searched by recipient" in searched.stdout
    assert first in everything.stdout
    assert "taken in" in everything.stdout
    assert paper in mine.stdout
    assert first not in mine.stdout
    assert [another.returncode, held.returncode, theirs.returncode] == [3, 3, 3]
    assert "no letter has that id" in theirs.stderr
    assert "PAPER" in shown.stdout
    assert not {"Oline", "Fjellveien"} & set(everything.stdout.split() + shown.stdout.split())


def at(settings: dict[str, str]) -> dict[str, str]:
    return {**os.environ, "SVARUT_SETTINGS": "", **settings}
