"""Runs: a sheet with a letter a row, from a spreadsheet program, one answer for all."""

import io
import json
import os
import zipfile
from pathlib import Path

import openpyxl
import pikepdf
import pytest
from builders import MONDAY, a_sender
from reportlab.pdfgen.canvas import Canvas
from sqlalchemy import select

from flows.archive import Archive
from flows.database import tables
from flows.database.senders import keep_senders
from flows.database.session import Database, reading, transaction
from flows.intake.inbox import SourceSummary, take_in
from flows.intake.spreadsheet import HEADINGS
from flows.settings import Settings

pytestmark = pytest.mark.integration

GOOD = {
    "referanse": "F-1",
    "tittel": "Foreldremøte",
    "navn": "Oline Prøve",
    "adresselinje1": "Fjellveien 3",
    "postnummer": "0150",
    "poststed": "Oslo",
    "dokumenter": "innkalling.pdf",
}


def a_pdf(*texts: str) -> bytes:
    out = io.BytesIO()
    canvas = Canvas(out, invariant=1)
    for text in texts or ("Innkalling",):
        canvas.drawString(100, 500, text)
        canvas.showPage()
    canvas.save()
    return out.getvalue()


def xlsx(*rows: dict[str, object], headings: tuple[str, ...] = HEADINGS) -> bytes:
    book = openpyxl.Workbook()
    sheet = book.worksheets[0]
    sheet.append(list(headings))
    for row in rows:
        sheet.append([row.get(heading) for heading in headings])
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


def with_sheet(inside: bytes) -> bytes:
    """A workbook whose sheet is written by somebody who means harm."""
    out = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(xlsx(GOOD))) as good, zipfile.ZipFile(out, "w") as bad:
        for part in good.infolist():
            of_sheet = part.filename == "xl/worksheets/sheet1.xml"
            bad.writestr(part.filename, inside if of_sheet else good.read(part))
    return out.getvalue()


class Inbox:
    def __init__(self, home: Path, database: Database) -> None:
        self.database, self.folder = database, home / "inbox" / "nordvik"
        self.folder.mkdir(parents=True)
        self.settings = Settings(home=home, test_population=True, inbox_settle_seconds=0)
        with transaction(database) as tx:
            keep_senders(tx, [a_sender()])

    def lay(self, sheet: bytes, name: str = "utsending.xlsx", **files: bytes) -> None:
        contents = {name: sheet, "innkalling.pdf": a_pdf(), **files}
        with zipfile.ZipFile(self.folder / "foreldremote.zip", "w") as package:
            for each, content in contents.items():
                package.writestr(each.replace("__", "."), content)

    def run(self, *, dry_run: bool = False) -> SourceSummary:
        return take_in(
            self.folder,
            a_sender(),
            settings=self.settings,
            database=self.database,
            now=MONDAY,
            dry_run=dry_run,
        )

    def answer(self) -> dict[str, object]:
        text = (self.folder / "foreldremote.kvittering.json").read_text(encoding="utf-8")
        found: dict[str, object] = json.loads(text)
        return found

    def rows(self) -> list[tuple[str, str]]:
        with reading(self.database) as tx:
            columns = (tables.shipments.c.reference, tables.shipments.c.status)
            return [(row[0], row[1]) for row in tx.execute(select(*columns).order_by("reference"))]


@pytest.fixture
def inbox(tmp_path: Path, database: Database) -> Inbox:
    return Inbox(tmp_path, database)


def test_every_row_is_a_letter_and_a_faulty_one_stops_no_other(inbox: Inbox) -> None:
    inbox.lay(
        xlsx(
            GOOD,
            {},
            {**GOOD, "referanse": "F-2", "postnummer": None, "dokumenter": "finnes-ikke.pdf"},
            {**GOOD, "referanse": "F-3", "tosidig": "kanskje"},
            {**GOOD, "referanse": "F-4", "navn": "Åse Prøve", "tosidig": "Ja"},
        ),
    )

    summary = inbox.run()

    assert (summary.accepted, summary.rejected) == (2, 2)
    answer = inbox.answer()
    assert (answer["status"], answer["rader"], answer["avvist"]) == ("DELVIS_AVVIST", 4, 2)
    told = {
        each["eksternReferanse"]: (each["rad"], [one["kode"] for one in each["problemer"]])
        for each in answer["svar"]  # type: ignore[attr-defined]
    }
    assert told == {
        "F-1": (2, []),
        "F-2": (4, ["POSTNUMMER_MANGLER", "FIL_MANGLER"]),
        "F-3": (5, ["REGNEARK_JA_NEI"]),
        "F-4": (6, []),
    }
    assert inbox.rows() == [
        ("F-1", "AKSEPTERT"),
        ("F-2", "AVVIST"),
        ("F-3", "AVVIST"),
        ("F-4", "AKSEPTERT"),
    ]
    assert (inbox.folder / ".ferdig" / "foreldremote.zip").exists()


def test_a_row_is_answered_by_the_columns_its_writer_sees(inbox: Inbox) -> None:
    inbox.lay(
        xlsx(
            {**GOOD, "postnummer": "15", "digital_id": "123", "kun_digital": "ja"},
            {**GOOD, "referanse": "F-2", "navn": None, "konteringskode": "å!"},
        ),
    )
    inbox.run()

    told = [
        (one["felt"], one["tekst"])
        for row in inbox.answer()["svar"]  # type: ignore[attr-defined]
        for one in row["problemer"]
    ]

    assert {field for field, _ in told} <= set(HEADINGS)
    assert {field for field, _ in told} == {"digital_id", "navn", "konteringskode"}
    assert not [text for _, text in told if "mottaker." in text]


def test_a_folder_is_left_alone_until_nothing_more_comes_to_it(inbox: Inbox) -> None:
    inbox.settings = inbox.settings.model_copy(update={"inbox_settle_seconds": 60})
    folder = inbox.folder / "foreldremote"
    folder.mkdir()
    (folder / "utsending.xlsx").write_bytes(xlsx(GOOD))  # its document is on the way
    assert inbox.run().left == 1
    assert inbox.rows() == []

    (folder / "innkalling.pdf").write_bytes(a_pdf())
    assert inbox.run().left == 1
    for path in (*folder.iterdir(), folder):
        os.utime(path, (1, 1))
    assert inbox.run().accepted == 1


def test_the_same_run_again_sends_nothing_twice_and_gives_the_first_answer(inbox: Inbox) -> None:
    sheet = xlsx(GOOD, {**GOOD, "referanse": "F-2", "navn": ""})
    inbox.lay(sheet)
    inbox.run()
    first = inbox.answer()
    inbox.lay(sheet)

    again = inbox.run()

    assert (again.accepted, again.rejected, again.answered_again) == (0, 0, 2)
    assert inbox.answer() == first


def test_a_corrected_sheet_sends_only_what_was_rejected(inbox: Inbox) -> None:
    inbox.lay(xlsx(GOOD, {**GOOD, "referanse": "F-2", "navn": ""}))
    inbox.run()
    inbox.lay(xlsx(GOOD, {**GOOD, "referanse": "F-2"}))

    second = inbox.run()

    assert (second.accepted, second.answered_again) == (1, 1)
    assert inbox.rows() == [("F-1", "AKSEPTERT"), ("F-2", "AVVIST"), ("F-2", "AKSEPTERT")]


def test_a_merged_pdf_is_cut_into_letters(inbox: Inbox) -> None:
    merged = a_pdf("brev 1", "brev 2 side 1", "brev 2 side 2")
    inbox.lay(
        xlsx(
            {**GOOD, "dokumenter": "alle.pdf", "sider": 1},
            {**GOOD, "referanse": "F-2", "dokumenter": "alle.pdf", "sider": "2-3"},
            {**GOOD, "referanse": "F-3", "dokumenter": "alle.pdf", "sider": "3-4"},
            {**GOOD, "referanse": "F-4", "dokumenter": "alle.pdf", "sider": "3-2"},
        ),
        alle__pdf=merged,
    )

    assert inbox.run().accepted == 2

    answer = inbox.answer()["svar"]
    assert [[one["kode"] for one in each["problemer"]] for each in answer] == [  # type: ignore[attr-defined]
        [],
        [],
        ["REGNEARK_SIDER_FINNES_IKKE"],
        ["REGNEARK_SIDER"],
    ]
    with reading(inbox.database) as tx:
        kept = tx.execute(
            select(tables.documents.c.sha256, tables.documents.c.file_name).order_by("file_name")
        ).all()
    archive = Archive(inbox.settings.archive_folder)
    assert [name for _, name in kept] == ["F-1.pdf", "F-2.pdf"]
    assert [len(pikepdf.open(archive.path_of(sha256)).pages) for sha256, _ in kept] == [1, 2]


@pytest.mark.parametrize("encoding", ["utf-8-sig", "cp1252"])
def test_a_sheet_may_be_csv_as_excel_writes_it(inbox: Inbox, encoding: str) -> None:
    lines = [";".join(HEADINGS), ";".join(GOOD.get(heading, "") for heading in HEADINGS)]
    inbox.lay("\r\n".join(lines).encode(encoding), name="utsending.csv")

    assert inbox.run().accepted == 1
    with reading(inbox.database) as tx:
        assert tx.scalar(select(tables.recipients.c.name)) == "Oline Prøve"


@pytest.mark.parametrize(
    ("sheet", "codes"),
    [
        (b"not a workbook", ["REGNEARK_ULESELIG"]),
        (xlsx(GOOD)[:400], ["REGNEARK_ULESELIG"]),
        (with_sheet(b"<worksheet><sheetData><row><c"), ["REGNEARK_ULESELIG"]),
        (with_sheet(b'<!DOCTYPE x [<!ENTITY a "b">]><x/>'), ["REGNEARK_ULESELIG"]),
        (xlsx(), ["REGNEARK_TOMT"]),
        (xlsx(GOOD, GOOD), ["REGNEARK_REFERANSE_TO_GANGER"]),
        (
            xlsx(GOOD, headings=("referanse", "tittel", "navn", "fødselsdato")),
            ["REGNEARK_KOLONNE_MANGLER", "REGNEARK_KOLONNE_UKJENT"],
        ),
        (xlsx(GOOD, headings=(*HEADINGS, "navn")), ["REGNEARK_KOLONNE_TO_GANGER"]),
    ],
)
def test_a_sheet_that_cannot_be_used_sends_no_row(
    inbox: Inbox, sheet: bytes, codes: list[str]
) -> None:
    inbox.lay(sheet)

    assert inbox.run().rejected == 1

    problems = inbox.answer()["problemer"]
    assert [each["kode"] for each in problems] == codes  # type: ignore[attr-defined]
    assert inbox.rows() == []
    assert (inbox.folder / ".avvist" / "foreldremote.zip").exists()


def test_a_dry_run_counts_and_leaves_everything(inbox: Inbox) -> None:
    inbox.lay(xlsx(GOOD, {**GOOD, "referanse": "F-2", "navn": ""}))

    summary = inbox.run(dry_run=True)

    assert (summary.accepted, summary.rejected) == (1, 1)
    assert inbox.rows() == []
    assert [path.name for path in inbox.folder.iterdir()] == ["foreldremote.zip"]


def test_a_run_killed_half_way_is_finished_by_the_next(
    inbox: Inbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    from flows.intake import spreadsheet_run  # noqa: PLC0415

    inbox.lay(xlsx(*({**GOOD, "referanse": f"F-{n}", "navn": f"Prøve {n}"} for n in range(1, 6))))
    real, calls = spreadsheet_run.register_all, iter(range(9))

    def stop_at_the_third(*arguments: object) -> object:
        if next(calls) == 2:
            raise KeyboardInterrupt
        return real(*arguments)  # type: ignore[arg-type]

    with monkeypatch.context() as patched:
        patched.setattr(spreadsheet_run, "ROWS_AT_ONCE", 2)
        patched.setattr(spreadsheet_run, "register_all", stop_at_the_third)
        with pytest.raises(KeyboardInterrupt):
            inbox.run()
    assert len(inbox.rows()) == 4

    second = inbox.run()

    assert (second.accepted, second.answered_again) == (1, 4)
    assert inbox.answer()["akseptert"] == 5
