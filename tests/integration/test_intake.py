"""Packages in, answers out: real files, a real database, and every bad package among good ones."""

import io
import json
import logging
import os
import shutil
import zipfile
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pikepdf
import pytest
from builders import MONDAY, a_sender
from made_pdfs import at, drawn, lines
from PIL import Image
from sqlalchemy import func, select

from flows.archive import Archive
from flows.database import shipments, tables
from flows.database.open_items import still_open
from flows.database.senders import keep_senders
from flows.database.session import Database, reading, transaction
from flows.database.shipments import documents_of
from flows.database.vendors import keep_profiles
from flows.domain.shipment import ShipmentId
from flows.domain.vendor_profile import NEUTRAL
from flows.intake import inbox as inbox_room
from flows.intake.inbox import SourceSummary, take_in
from flows.intake.replaying import lay_again, put_away_packages
from flows.intake.retention import remove_old
from flows.settings import Settings

pytestmark = pytest.mark.integration

PERSON = "01818550029"
NAME = "Oline Prøve"


def a_pdf(pages: int = 1, width: float = 595.28, height: float = 841.89, **saving: object) -> bytes:
    pdf = pikepdf.new()
    for _ in range(pages):
        pdf.add_blank_page(page_size=(width, height))
    out = io.BytesIO()
    pdf.save(out, static_id=True, **saving)  # type: ignore[arg-type]
    return out.getvalue()


def a_letter(pdf: bytes | None = None, **fields: object) -> dict[str, bytes]:
    """Return a package's files; `mottaker` and others may be replaced."""
    description = {
        "tittel": "Vedtak om skoleskyss",
        "mottaker": {
            "navn": NAME,
            "adresselinje1": "Fjellveien 3",
            "postnummer": "8900",
            "poststed": "Brønnøysund",
            "digitalId": PERSON,
        },
        "dokumenter": [{"filnavn": "vedtak.pdf", "mimeType": "application/pdf"}],
        **fields,
    }
    described = json.dumps(description, ensure_ascii=False).encode()
    return {"forsendelse.json": described, "vedtak.pdf": a_pdf() if pdf is None else pdf}


class Intake:
    """One sender's inbox, on this disk, with a database behind it."""

    def __init__(self, home: Path, database: Database) -> None:
        self.database, self.inbox = database, home / "inbox" / "nordvik"
        self.inbox.mkdir(parents=True)
        self.settings = Settings(home=home, test_population=True, inbox_settle_seconds=0)
        self.archive = Archive(self.settings.archive_folder)
        with transaction(database) as tx:
            keep_senders(tx, [a_sender()])

    def lay_zip(self, name: str, files: dict[str, bytes]) -> Path:
        with zipfile.ZipFile(self.inbox / name, "w", zipfile.ZIP_DEFLATED) as archive:
            for each, content in files.items():
                archive.writestr(each, content)
        return self.inbox / name

    def lay_folder(self, name: str, files: dict[str, bytes]) -> Path:
        (self.inbox / name).mkdir()
        for each, content in files.items():
            (self.inbox / name / each).write_bytes(content)
        return self.inbox / name

    def run(self, *, dry_run: bool = False, known: bool = True) -> SourceSummary:
        return take_in(
            self.inbox,
            a_sender() if known else None,
            settings=self.settings,
            database=self.database,
            now=MONDAY,
            dry_run=dry_run,
        )

    def answer(self, name: str) -> dict[str, object]:
        text = (self.inbox / f"{name}.kvittering.json").read_text(encoding="utf-8")
        found: dict[str, object] = json.loads(text)
        return found

    def codes(self, name: str) -> list[str]:
        problems = self.answer(name)["problemer"]
        assert isinstance(problems, list)
        return [each["kode"] for each in problems]

    def everything(self) -> tuple[dict[str, bytes], dict[str, int]]:
        """Return every file in the inbox and archive, and how many rows each table has."""
        home = self.settings.home
        files = {
            str(path.relative_to(home)): path.read_bytes()
            for folder in ("inbox", "archive")
            for path in sorted((home / folder).rglob("*"))
            if path.is_file()
        }
        with reading(self.database) as tx:
            rows = {
                name: tx.scalar(select(func.count()).select_from(table)) or 0
                for name, table in tables.metadata.tables.items()
            }
        return files, rows


@pytest.fixture
def intake(tmp_path: Path, sqlite: Database) -> Intake:
    return Intake(tmp_path, sqlite)


def truncated(intake: Intake) -> None:
    package = intake.lay_zip("bad.zip", a_letter())
    package.write_bytes(package.read_bytes()[:-40])


def declaring_gigabytes(intake: Intake) -> None:
    package = intake.lay_zip("bad.zip", a_letter())
    content = bytearray(package.read_bytes())
    place = content.find(b"PK\1\2")
    while place >= 0:
        content[place + 24 : place + 28] = (2**32 - 2).to_bytes(4, "little")
        place = content.find(b"PK\1\2", place + 1)
    package.write_bytes(content)


def files(pdf: bytes | None = None, **fields: object) -> Callable[[Intake], object]:
    return lambda intake: intake.lay_zip("bad.zip", a_letter(pdf, **fields))


def raw(description: bytes) -> Callable[[Intake], object]:
    bad = {**a_letter(), "forsendelse.json": description}
    return lambda intake: intake.lay_zip("bad.zip", bad)


def without_pdf(intake: Intake) -> None:
    intake.lay_zip("bad.zip", {"forsendelse.json": a_letter()["forsendelse.json"]})


def climbing(intake: Intake) -> None:
    intake.lay_zip("bad.zip", {**a_letter(), "../../x": b"x"})


def not_utf8(intake: Intake) -> None:
    package = intake.lay_folder("bad", a_letter())
    (package / os.fsdecode(b"\xff.pdf")).touch()


TWICE = [{"filnavn": name, "mimeType": "application/pdf"} for name in ("vedtak.pdf", "VEDTAK.PDF")]
GIRO = [{"filnavn": "vedtak.pdf", "mimeType": "application/pdf", "giroarkSider": [10**30]}]
ADDRESS = {"navn": NAME, "poststed": "Brønnøysund", "digitalId": "01818550028"}

BAD: dict[str, tuple[Callable[[Intake], object], set[str]]] = {
    "truncated zip": (truncated, {"PAKKE_ODELAGT"}),
    "missing PDF": (without_pdf, {"FIL_MANGLER"}),
    "wrong types": (
        files(tittel=7, dokumenter=[{"filnavn": 3, "mimeType": "application/pdf"}]),
        {"FELT_FEIL_TYPE"},
    ),
    "not JSON": (raw(b"{"), {"METADATA_IKKE_JSON"}),
    "number of 5000 digits": (raw(b'{"a":' + b"1" * 5000 + b"}"), {"METADATA_IKKE_JSON"}),
    "password": (
        files(pdf=a_pdf(encryption=pikepdf.Encryption(user="x", owner="y"))),
        {"PDF_PASSORD"},
    ),
    "garbage PDF": (files(pdf=b"garbage"), {"PDF_ULESELIG"}),
    "climbing path": (climbing, {"PAKKE_STI"}),
    "gigabytes declared": (
        declaring_gigabytes,
        {"PAKKE_FOR_STOR", "PAKKE_KOMPRIMERT_FOR_MYE"},
    ),
    "check digit and postcode": (
        files(mottaker=ADDRESS),
        {"ID_FEIL_KONTROLLSIFFER", "POSTNUMMER_MANGLER"},
    ),
    "names by case": (files(dokumenter=TWICE), {"FILNAVN_IKKE_UNIKT", "FIL_MANGLER"}),
    "giro page 10**30": (files(dokumenter=GIRO), {"FELT_UGYLDIG"}),
    "zero character": (files(tittel="a\0b", eksternReferanse="c\0"), {"FELT_UGYLDIG"}),
    "file name not UTF-8": (not_utf8, {"PAKKE_FILNAVN"}),
}


@pytest.mark.parametrize(("lay", "expected"), BAD.values(), ids=BAD)
def test_a_bad_package_is_answered_and_stops_no_other(
    tmp_path: Path,
    database: Database,
    lay: Callable[[Intake], object],
    expected: set[str],
) -> None:
    intake = Intake(tmp_path, database)
    intake.lay_zip("a-good.zip", a_letter(eksternReferanse="A"))
    lay(intake)
    intake.lay_zip("z-good.zip", a_letter(eksternReferanse="Z"))

    summary = intake.run()

    assert (summary.accepted, summary.rejected, summary.left) == (2, 1, 0)
    assert set(intake.codes("bad")) == expected
    assert intake.answer("bad")["id"] is not None
    kept = {path.name for path in (intake.inbox / ".avvist").iterdir()}
    assert "bad.kvittering.json" in kept
    assert len(kept) == 2


def test_a_good_letter_is_archived_answered_and_put_away(intake: Intake) -> None:
    content = a_pdf(3)
    intake.lay_zip("vedtak-0042.zip", a_letter(content, eksternReferanse="SAK-1"))

    summary = intake.run()

    answer = intake.answer("vedtak-0042")
    assert (summary.accepted, summary.rejected) == (1, 0)
    assert answer["status"] == "AKSEPTERT"
    assert answer["pakke"] == "vedtak-0042.zip"
    assert answer["eksternReferanse"] == "SAK-1"
    shipment = ShipmentId(str(answer["id"]))
    with reading(intake.database) as tx:
        (document,) = documents_of(tx, [shipment])[shipment]
    assert document.pages == 3
    with intake.archive.open(document.sha256) as kept:
        assert kept.read() == content
    assert (intake.inbox / ".ferdig" / "vedtak-0042.zip").is_file()


def test_nothing_changes_when_it_is_run_again(intake: Intake) -> None:
    intake.lay_zip("a.zip", a_letter())
    intake.lay_zip("b.zip", a_letter(tittel=""))
    intake.run()
    before = intake.everything()

    again = intake.run()

    assert again == SourceSummary("nordvik")
    assert intake.everything() == before


def test_a_folder_gets_the_answer_its_zip_got(intake: Intake) -> None:
    intake.lay_zip("a.zip", a_letter(eksternReferanse="SAK-1"))
    intake.run()
    first = intake.answer("a")
    intake.lay_folder("b", a_letter(eksternReferanse="SAK-1"))

    summary = intake.run()

    assert (summary.accepted, summary.answered_again) == (0, 1)
    assert intake.answer("b")["id"] == first["id"]


def test_a_reference_used_for_other_contents_is_refused_with_the_first_id(intake: Intake) -> None:
    intake.lay_zip("a.zip", a_letter(eksternReferanse="SAK-1"))
    intake.lay_zip("b.zip", a_letter(a_pdf(2), eksternReferanse="SAK-1"))

    summary = intake.run()

    assert (summary.accepted, summary.rejected) == (1, 1)
    assert intake.codes("b") == ["REFERANSE_BRUKT"]
    assert str(intake.answer("a")["id"]) in json.dumps(intake.answer("b"))


def test_a_letter_whose_address_may_be_hidden_is_accepted_and_waits_for_a_person(
    intake: Intake,
) -> None:
    hidden = {"navn": NAME, "adresselinje1": "Strengt fortrolig adresse", "postnummer": "8900"}
    recipient = {**hidden, "poststed": "Brønnøysund", "digitalId": PERSON}
    intake.lay_zip("brev.zip", a_letter(mottaker=recipient))

    assert intake.run().accepted == 1

    answer = intake.answer("brev")
    assert answer["status"] == "AKSEPTERT"
    codes = [each["kode"] for each in answer["merknader"]]  # type: ignore[attr-defined]
    assert codes == ["TIL_MANUELL_VURDERING", "PDF_UTEN_INNHOLD"]
    with reading(intake.database) as tx:
        [(item, _)] = still_open(tx)
        assert shipments.to_route(tx, limit=10) == []
    assert (item.code, item.subject) == ("ADDRESS_MAY_BE_HIDDEN", answer["id"])


def test_a_national_number_where_the_window_shows_it_is_rejected(intake: Intake) -> None:
    recipient = {"navn": NAME, "adresselinje1": f"f.nr. {PERSON}", "postnummer": "8900"}
    intake.lay_zip("brev.zip", a_letter(mottaker={**recipient, "poststed": "Brønnøysund"}))

    assert intake.run().rejected == 1
    assert intake.codes("brev") == ["ADRESSE_FODSELSNUMMER"]


@pytest.mark.parametrize(
    ("most_sheets", "vendor", "rejected"), [(2, "default", 1), (3, "default", 0), (2, "manual", 0)]
)
def test_a_letter_has_as_many_sheets_as_its_senders_vendor_takes(
    intake: Intake, most_sheets: int, vendor: str, rejected: int
) -> None:
    paper = replace(NEUTRAL.paper, most_sheets=most_sheets)
    with transaction(intake.database) as tx:
        keep_profiles(tx, [replace(NEUTRAL, paper=paper)])
    intake.lay_zip("brev.zip", a_letter(a_pdf(2)))

    found = take_in(
        intake.inbox,
        a_sender(print_vendor=vendor),
        settings=intake.settings,
        database=intake.database,
        now=MONDAY,
    )

    assert found.rejected == rejected
    assert ("UTSKRIFT_FOR_MANGE_ARK" in intake.codes("brev")) == bool(rejected)


def test_a_letter_cleared_long_ago_gets_its_first_answer_again(intake: Intake) -> None:
    files = a_letter(kryptert=False, eksponertFor=["310000108"])
    intake.lay_zip("brev.zip", files)
    intake.run()
    first = intake.answer("brev")
    for path in intake.settings.archive_folder.rglob("*"):
        os.utime(path, (1, 1))
    with transaction(intake.database) as tx:
        ended = {"status": "LEST", "status_at": MONDAY}
        tx.execute(tables.shipments.update().values(**ended))
    removed = remove_old(intake.database, intake.settings, MONDAY + timedelta(days=100))
    intake.lay_zip("brev.zip", files)

    again = intake.run()

    assert (removed.letters, removed.documents) == (1, 2)  # the document and its print copy
    assert (again.accepted, again.answered_again) == (0, 1)
    without_names = json.dumps(first).replace("vedtak.pdf", "(slettet)")
    assert intake.answer("brev") == json.loads(without_names)
    assert [path for path in intake.settings.archive_folder.rglob("*") if path.is_file()] == []


def test_a_mended_letter_may_keep_its_reference(intake: Intake) -> None:
    intake.lay_zip("a.zip", a_letter(tittel="", eksternReferanse="SAK-1"))
    intake.run()
    intake.lay_zip("a.zip", a_letter(eksternReferanse="SAK-1"))

    summary = intake.run()

    assert summary.accepted == 1
    assert intake.answer("a")["status"] == "AKSEPTERT"


def test_a_faulty_folder_that_was_mended_is_judged_anew(intake: Intake) -> None:
    (intake.lay_folder("a", a_letter()) / "mappe").mkdir()
    intake.run()
    intake.lay_folder("a", {f"{number}.pdf": b"" for number in range(1001)})

    intake.run()

    assert intake.codes("a") == ["PAKKE_FOR_MANGE_FILER"]


def test_packages_in_nobodys_inbox_are_kept_and_told(intake: Intake) -> None:
    intake.lay_zip("a.zip", a_letter())
    intake.lay_zip("b.zip", a_letter())

    summary = intake.run(known=False)

    assert summary.turned_away == 2
    assert intake.answer("a")["id"] is None
    assert intake.codes("a") == intake.codes("b") == ["UKJENT_AVSENDER"]
    assert (intake.inbox / ".avvist" / "a.zip").is_file()
    with reading(intake.database) as tx:
        assert [(item.code, item.subject) for item, _ in still_open(tx)] == [
            ("UNKNOWN_SENDER", "nordvik"),
        ]


def test_a_dry_run_touches_nothing(intake: Intake) -> None:
    intake.lay_zip("a.zip", a_letter())
    intake.lay_zip("b.zip", a_letter(tittel=""))
    before = intake.everything()

    summary = intake.run(dry_run=True)

    assert (summary.accepted, summary.rejected) == (1, 1)
    assert intake.everything() == before


@pytest.mark.parametrize("effect", ["put", "register", "write_answer", "put_away"])
@pytest.mark.parametrize("when", ["before", "after"])
def test_a_run_stopped_at_any_effect_ends_as_if_it_was_not(
    tmp_path: Path,
    sqlite: Database,
    monkeypatch: pytest.MonkeyPatch,
    effect: str,
    when: str,
) -> None:
    intake = Intake(tmp_path, sqlite)
    intake.lay_zip("a.zip", a_letter(eksternReferanse="A"))
    intake.lay_zip("b.zip", a_letter(tittel="", eksternReferanse="B"))
    stopped = {"put": Archive, "register": shipments}.get(effect, inbox_room)
    real = getattr(stopped, effect)

    def stop(*arguments: object, **named: object) -> None:
        if when == "after":
            real(*arguments, **named)
        raise KeyboardInterrupt

    with monkeypatch.context() as patched:
        patched.setattr(stopped, effect, stop)
        with pytest.raises(KeyboardInterrupt):
            intake.run()
    intake.run()

    found_files, rows = intake.everything()
    names = sorted(name.removeprefix("inbox/nordvik/") for name in found_files)
    assert [name for name in names if not name.startswith("archive/")] == [
        ".avvist/b.kvittering.json",
        ".avvist/b.zip",
        ".ferdig/a.zip",
        "a.kvittering.json",
        "b.kvittering.json",
    ]
    assert rows["shipments"] == 2
    assert rows["documents"] == 1
    # The document as it came, and its copy for print.
    assert sum(name.startswith("archive/") for name in names) == 2


def test_a_document_that_changes_while_it_is_read_waits_for_the_next_run(
    intake: Intake, monkeypatch: pytest.MonkeyPatch
) -> None:
    intake.lay_folder("a", a_letter(a_pdf(2), eksternReferanse="A"))
    intake.lay_zip("b.zip", a_letter(eksternReferanse="B"))
    real = Archive.put

    def changed_first(self: Archive, source: Path) -> str:
        if source.is_relative_to(intake.inbox):
            source.write_bytes(a_pdf(7))
        return real(self, source)

    with monkeypatch.context() as patched:
        patched.setattr(Archive, "put", changed_first)
        first = intake.run()
    second = intake.run()

    assert (first.accepted, first.left) == (1, 1)
    assert (second.accepted, second.left) == (1, 0)
    shipment = ShipmentId(str(intake.answer("a")["id"]))
    with reading(intake.database) as tx:
        (document,) = documents_of(tx, [shipment])[shipment]
    assert document.pages == 7
    assert intake.archive.path_of(document.sha256).is_file()


def test_a_second_copy_is_not_promised_what_the_first_did_not_get(
    intake: Intake, monkeypatch: pytest.MonkeyPatch
) -> None:
    intake.lay_folder("a", a_letter(eksternReferanse="A"))
    intake.lay_zip("b.zip", a_letter(eksternReferanse="A"))
    real = Archive.put

    def gone(self: Archive, source: Path) -> str:
        if source.is_relative_to(intake.inbox):
            raise FileNotFoundError(2, "gone")
        return real(self, source)

    with monkeypatch.context() as patched:
        patched.setattr(Archive, "put", gone)
        first = intake.run()
    second = intake.run()

    assert (first.accepted, first.answered_again, first.left) == (0, 0, 2)
    assert (second.accepted, second.answered_again, second.left) == (1, 1, 0)


def test_an_answer_that_cannot_be_written_stops_no_other_in_nobodys_inbox(intake: Intake) -> None:
    intake.lay_zip("a.zip", a_letter())
    intake.lay_zip("b.zip", a_letter())
    (intake.inbox / ".a.kvittering.json.part").mkdir()  # in the way of the answer's own name

    summary = intake.run(known=False)

    assert (summary.turned_away, summary.left) == (1, 1)
    assert intake.codes("b") == ["UKJENT_AVSENDER"]
    assert (intake.inbox / "a.zip").is_file()


def test_nothing_personal_is_logged(
    intake: Intake, caplog: pytest.LogCaptureFixture, shared: Path
) -> None:
    caplog.set_level(logging.DEBUG)
    damaged = a_pdf(2).replace(b"startxref", b"startXref")
    intake.lay_folder("oline-prøve-vedtak", a_letter(damaged, eksternReferanse=PERSON))
    intake.lay_zip("oline-prøve.zip", a_letter(mottaker={"navn": NAME}, tittel=5))
    shutil.copytree(intake.inbox / "oline-prøve-vedtak", intake.inbox / "oline-prøve-2")
    (intake.inbox / "oline-prøve-2" / "mappe").mkdir()
    (intake.inbox / "..oline-prøve.tmp").touch()

    intake.run()

    said = caplog.text.lower()
    assert "shipment=" in said
    for personal in ("oline", "prøve", PERSON, "fjellveien", "skoleskyss", "vedtak"):
        assert personal not in said


def test_every_real_document_is_answered(intake: Intake, shared: Path) -> None:
    samples = sorted((shared / "samples" / "pdf").glob("*.pdf"))
    for number, sample in enumerate(samples):
        intake.lay_zip(f"{number:03d}.zip", a_letter(sample.read_bytes()))

    summary = intake.run()

    assert summary.accepted + summary.rejected == len(samples) > 30
    assert summary.left == 0
    assert len(list(intake.inbox.glob("*.kvittering.json"))) == len(samples)


def test_a_printed_document_gets_a_print_ready_copy_and_stays_as_it_came(intake: Intake) -> None:
    lying = a_pdf(2, width=841.89, height=595.28)
    intake.lay_zip("a.zip", a_letter(lying, eksternReferanse="A"))

    intake.run()

    shipment = ShipmentId(str(intake.answer("a")["id"]))
    with reading(intake.database) as tx:
        (document,) = documents_of(tx, [shipment])[shipment]
    assert document.print_sha256 is not None
    assert document.print_sha256 != document.sha256
    assert document.colour_pages == 0
    with intake.archive.open(document.sha256) as kept:
        assert kept.read() == lying
    with intake.archive.open(document.print_sha256) as kept, pikepdf.open(kept) as copy:
        assert [tuple(map(float, page.mediabox)) for page in copy.pages] == [
            (0, 0, 595.276, 841.89)
        ] * 2
    copy_file = intake.archive.path_of(document.print_sha256)
    assert copy_file.stat().st_size == document.print_size_bytes


@pytest.mark.parametrize("how", ["excluded", "digital only"])
def test_what_is_not_printed_has_no_copy_and_may_have_any_size(intake: Intake, how: str) -> None:
    files = a_letter(a_pdf(1, width=2000), kunDigitalLevering=how == "digital only")
    if how == "excluded":
        plan = {"filnavn": "plan.pdf", "mimeType": "application/pdf"}
        letter = {"filnavn": "brev.pdf", "mimeType": "application/pdf"}
        documents = [letter, {**plan, "skalEkskluderesFraUtskrift": True}]
        files = {
            **a_letter(dokumenter=documents),
            "brev.pdf": a_pdf(),
            "plan.pdf": a_pdf(1, width=2000),
        }
        del files["vedtak.pdf"]
    intake.lay_zip("a.zip", files)

    intake.run()

    assert intake.answer("a")["status"] == "AKSEPTERT"
    shipment = ShipmentId(str(intake.answer("a")["id"]))
    with reading(intake.database) as tx:
        last = documents_of(tx, [shipment])[shipment][-1]
    assert (last.pages, last.print_sha256, last.colour_pages) == (1, None, None)


def test_a_page_that_stands_wrong_is_shown_beside_the_answer(intake: Intake) -> None:
    bad = drawn(at(30, 60), at(4, 120))
    intake.lay_zip("a.zip", a_letter(bad, eksternReferanse="A"))
    intake.lay_zip("b.zip", a_letter(eksternReferanse="B"))

    intake.run()

    (fault,) = intake.answer("a")["problemer"]  # type: ignore[misc]
    assert fault["kode"] == "PDF_INNHOLD_I_MERKESONE"
    assert (fault["felt"], fault["side"], fault["sone"]) == ("vedtak.pdf", 2, "styremerker")
    assert fault["mm"] == {"x": 4, "y": 117, "bredde": 10, "hoyde": 3}
    assert pictures_in(intake.inbox) == ["a.side-2.png"]
    assert pictures_in(intake.inbox / ".avvist") == ["a.side-2.png"]
    with Image.open(intake.inbox / "a.side-2.png") as picture:
        red = sum(count for count, colour in picture.getcolors(10**6) if colour == (214, 0, 28))
        assert picture.size[0] > 800
    assert red > 100


def pictures_in(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.glob("*.png"))


def test_a_picture_in_the_inbox_is_no_package(intake: Intake) -> None:
    intake.lay_zip("a.zip", a_letter(a_pdf(1, width=2000), eksternReferanse="A"))
    intake.run()
    before = intake.everything()

    again = intake.run()

    assert again == SourceSummary("nordvik")
    assert intake.everything() == before


def test_at_most_three_pages_of_a_package_are_shown(intake: Intake) -> None:
    names = [f"{number}.pdf" for number in range(1, 6)]
    documents = [{"filnavn": name, "mimeType": "application/pdf"} for name in names]
    files = a_letter(dokumenter=documents, eksternReferanse="A")
    del files["vedtak.pdf"]
    intake.lay_zip("a.zip", files | {name: a_pdf(2, width=700) for name in names})

    intake.run()

    assert pictures_in(intake.inbox) == [
        "a.dokument-2.side-1.png", "a.dokument-3.side-1.png", "a.side-1.png",
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("postcode", "expected"), [("8900", []), ("8901", ["PDF_ADRESSE_AVVIKER"])]
)
def test_a_letter_of_a_sender_with_its_own_address_page_needs_no_cover(
    intake: Intake, postcode: str, expected: list[str]
) -> None:
    page = lines((25, 52, NAME), (25, 57, "Fjellveien 3"), (25, 62, f"{postcode} Brønnøysund"))
    intake.lay_zip("a.zip", a_letter(drawn(page), eksternReferanse="A"))

    take_in(
        intake.inbox,
        a_sender(own_address_page=True),
        settings=intake.settings,
        database=intake.database,
        now=MONDAY,
    )

    assert intake.codes("a") == expected
    with reading(intake.database) as tx:
        marked = tx.scalar(select(tables.shipments.c.own_address_page))
    assert marked is (not expected)


def laid_again(intake: Intake, *names: str) -> list[str]:
    """Lay packages that were put away in the inbox; return why some are not."""
    found = list(put_away_packages(intake.inbox, frozenset(names), None))
    laid = {each for each in found if not each.why_not and lay_again(each, intake.inbox)}
    return [each.why_not or "in the way" for each in found if each not in laid]


def test_packages_of_an_unknown_sender_are_taken_in_once_it_is_known(intake: Intake) -> None:
    intake.lay_zip("vedtak.zip", a_letter())
    intake.run(known=False)

    left = laid_again(intake)
    taken = intake.run()
    laid_again(intake)
    again = intake.run()

    assert left == []
    assert (taken.accepted, again.accepted, again.answered_again) == (1, 0, 1)
    assert intake.answer("vedtak")["status"] == "AKSEPTERT"
    assert len(list(intake.inbox.glob(".ferdig/*"))) == 1


def test_a_package_whose_name_was_changed_is_not_taken_for_another_letter(intake: Intake) -> None:
    for title in ("Et vedtak", "Et annet", "Et tredje"):
        intake.lay_zip("brev.zip", a_letter(tittel=title))
        intake.run()
    intake.lay_zip("sak.zip", a_letter())
    intake.run()
    intake.lay_zip("sak.zip", a_letter(tittel="Med referanse", eksternReferanse="SAK-2"))
    intake.run()
    away = sorted(each.name for each in intake.inbox.glob(".*/*.zip"))

    left = laid_again(intake)
    again = intake.run()
    kept = sorted(each.name for each in intake.inbox.glob(".*/*.zip"))

    assert len(away) == len(kept) == 5
    assert left[0].startswith("its name may have been changed")
    assert left[1:] == ["in the way"]
    assert (again.accepted, again.rejected, again.answered_again) == (0, 0, 3)
