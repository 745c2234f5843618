"""Batches annulled and sent again: nobody gets two letters, and nobody none."""

import json
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from at_the_vendor import AGAIN, BATCH, NIGHT, PACKAGE, AtTheVendor, at_the_vendor
from builders import handed_over
from sqlalchemy import func, select, update

from flows.database import attempts, batch_states, follow, offers, tables
from flows.database.attempts import TheWord
from flows.database.giving_back import GivenBack
from flows.database.session import Database, reading, transaction
from flows.database.tables import receipt_lines
from flows.domain.batch import AT_THE_VENDOR, BatchId, BatchStatus
from flows.domain.status import Status
from flows.domain.vendor_profile import NEUTRAL
from flows.errors import NeedsAPerson
from flows.print_batch import resending
from flows.receipts import ingestion, reconciling, replaying
from flows.receipts.answers import complete_answers
from flows.sandbox import vendor_files
from flows.sandbox.print_shop import Taken, _receipt
from flows.sftp import connect

pytestmark = pytest.mark.integration

NEXT_NIGHT = NIGHT + timedelta(days=1)
AT_TEN = NIGHT + timedelta(hours=3)
WORD = TheWord("phoned 08:40, case 77", "ON")
OF_TUESDAY = BatchId("SVAR-20261124-01-C5SHS")


@pytest.fixture
def world(sqlite: Database, tmp_path: Path) -> Iterator[AtTheVendor]:
    with at_the_vendor(sqlite, tmp_path) as world:
        yield world


def annul(world: AtTheVendor, batch: BatchId = BATCH) -> GivenBack | None:
    with transaction(world.database) as tx:
        return attempts.annul(tx, batch, WORD, NIGHT + timedelta(hours=1))


def resend(world: AtTheVendor) -> GivenBack:
    with transaction(world.database) as tx:
        return resending.resend(tx, BATCH, vendor_said="nothing printed", by="ON", at=NIGHT)


def test_letters_of_an_annulled_batch_go_the_next_night_in_another(world: AtTheVendor) -> None:
    letters = world.letters(paper=2, unread=1)
    world.night()
    world.answers()

    given = annul(world)

    assert given == GivenBack(due=tuple(letters))
    assert world.batch().status is BatchStatus.ANNULLED
    assert world.statuses(letters) == ["AKSEPTERT", "AKSEPTERT", "VARSLET"]
    with transaction(world.database) as tx:
        offers.record_asked(tx, [f"key-{letters[2][-12:]}"], NEXT_NIGHT)
    assert world.night(NEXT_NIGHT) == [BatchId("SVAR-20261127-01-C5SHS")]
    assert world.statuses(letters) == ["SENDT_PRINT"] * 3


def test_an_annulled_batch_annulled_again_stays_as_it_is(world: AtTheVendor) -> None:
    world.letters(paper=1)
    world.night()
    annul(world)
    with reading(world.database) as tx:
        before = batch_states.history_of(tx, BATCH)

    assert annul(world) is None
    with reading(world.database) as tx:
        assert batch_states.history_of(tx, BATCH) == before


def test_a_letter_read_meanwhile_is_finished_and_never_printed(database: Database) -> None:
    letters = handed_over(database, 2)
    with transaction(database) as tx:
        rows = tables.offers
        tx.execute(
            rows.insert().values(
                key="k",
                shipment_id=letters[0],
                channel="altinn",
                attempt=1,
                state="READ",
                intended_at=NIGHT,
                read_at=NIGHT,
            )
        )

    with transaction(database) as tx:
        given = attempts.annul(tx, OF_TUESDAY, WORD, NIGHT)

    assert given == GivenBack(due=(letters[1],), read=(letters[0],))
    with reading(database) as tx:
        walks = [follow.walk_of(tx, one) for one in letters]
    assert [walk.letter.status for walk in walks if walk] == [Status.READ, Status.ACCEPTED]
    assert [walk.events[-1].actor for walk in walks if walk] == ["ON", "ON"]


@pytest.mark.parametrize("status", sorted(set(BatchStatus) - AT_THE_VENDOR))
def test_only_a_package_that_has_surely_left_can_be_taken_back(
    sqlite: Database, status: BatchStatus
) -> None:
    handed_over(sqlite, 1)
    with transaction(sqlite) as tx:
        tx.execute(update(tables.batches).values(status=status))

    with transaction(sqlite) as tx, pytest.raises(NeedsAPerson, match="nothing can be taken back"):
        resending.resend(tx, OF_TUESDAY, vendor_said="annulled", by="ON", at=NIGHT)


def test_a_batch_of_which_something_was_printed_is_not_annulled(world: AtTheVendor) -> None:
    world.letters(paper=2)
    world.night()
    world.answers()
    world.shop.errors = {"missing_line"}
    assert world.receipts(AT_TEN) == ["APPLIED"]

    with pytest.raises(NeedsAPerson, match="have been printed: 1"):
        annul(world)


def test_a_receipt_of_an_annulled_batch_is_parked_and_costs_nothing(world: AtTheVendor) -> None:
    letters = world.letters(paper=2)
    world.night()
    world.answers()
    annul(world)

    states = world.receipts(AT_TEN)  # the shop has not heard of it, and prints

    assert states == ["QUARANTINED", "QUARANTINED"]
    assert world.statuses(letters) == ["AKSEPTERT", "AKSEPTERT"]
    assert world.open_codes() == ["PRINTED_THOUGH_ENDED", "RECEIPT_LINES_QUARANTINED"]


def sent_again_while_the_shop_prints(world: AtTheVendor) -> None:
    """The vendor has taken in the first attempt, and the second has left the night after."""
    world.letters(paper=2)
    world.night()
    world.answers()
    resend(world)
    world.night(NEXT_NIGHT)


def test_a_late_receipt_of_an_ended_attempt_is_not_the_newer_ones(world: AtTheVendor) -> None:
    sent_again_while_the_shop_prints(world)

    states = world.receipts(AT_TEN)  # posted before the second attempt left

    assert states == ["QUARANTINED", "QUARANTINED"]
    assert waiting_items(world)["PRINTED_THOUGH_ENDED"][0] == BATCH
    assert world.batch().status is BatchStatus.HANDED_OVER
    assert charged(world) == 0


def test_the_reconciliation_says_what_an_ended_attempt_costs_until_it_is_decided(
    world: AtTheVendor,
) -> None:
    sent_again_while_the_shop_prints(world)
    world.receipts(AT_TEN)
    with reading(world.database) as tx:
        lines = tx.execute(select(receipt_lines)).all()

    reconciling.look_and_keep(world.database, world.settings, NEXT_NIGHT)
    told = waiting_items(world)["PRINTED_THOUGH_ENDED"]
    file = lines[0].file_sha256
    numbers = [one.line for one in lines]
    replaying.dismiss(world.database, file, numbers, by="ON", why="credited", now=NEXT_NIGHT)
    reconciling.look_and_keep(world.database, world.settings, NEXT_NIGHT)

    assert told == (BATCH, sum(one.production_ore + one.postage_ore for one in lines))
    assert "PRINTED_THOUGH_ENDED" not in waiting_items(world)


def test_between_two_attempts_a_receipt_keeps_the_next_from_leaving(world: AtTheVendor) -> None:
    world.letters(paper=1)
    world.night()
    world.answers()
    resend(world)

    assert world.receipts(AT_TEN) == ["QUARANTINED"]
    with pytest.raises(NeedsAPerson, match="it may be printing"):
        world.night(NEXT_NIGHT)


def test_a_person_says_that_the_ended_attempt_is_the_one_that_counts(world: AtTheVendor) -> None:
    sent_again_while_the_shop_prints(world)
    world.receipts(AT_TEN)
    with reading(world.database) as tx:
        lines = tx.execute(select(receipt_lines)).all()
    for one in lines:
        place = (world.database, one.file_sha256, one.line)
        changes = {"attempt": AGAIN}
        replaying.fix_line(*place, changes, by="ON", why="the newer is stopped", now=NEXT_NIGHT)

    file = lines[0].file_sha256
    counts = replaying.replay_lines(world.database, file, [], by="ON", why="so", now=NEXT_NIGHT)

    assert counts.applied == 2
    assert charged(world) == sum(one.production_ore + one.postage_ore for one in lines)


def test_a_vendor_who_names_the_ended_attempt_is_believed_whatever_the_hour(
    world: AtTheVendor,
) -> None:
    sent_again_while_the_shop_prints(world)
    columns = dict(NEUTRAL.receipts.columns)
    later = NEXT_NIGHT + timedelta(hours=3)

    ingest_posted(world, later, {columns["attempt"]: PACKAGE})

    assert charged(world) == 0
    assert waiting_items(world)["PRINTED_THOUGH_ENDED"][0] == BATCH


def ingest_posted(world: AtTheVendor, now: datetime, said: dict[str, str]) -> None:
    """Let the shop write a receipt file with a column more, and book it."""
    (book,) = world.shop.books.glob(f"{PACKAGE}.json")
    letters = [Taken(**row) for row in json.loads(book.read_text(encoding="utf-8"))["letters"]]
    rows = [{**_receipt(one, now), **said} for one in letters]
    columns = (*vendor_files.COLUMNS, *said)
    costs = [
        sum(int(row[name].replace(",", "")) for row in rows)
        for name in ("produksjonskostnad", "porto")
    ]
    totals = ";".join(f"{ore // 100},{ore % 100:02d}" for ore in costs)
    lines = [f"#svarut-kvittering;1;SVAR;{len(rows)};{totals}", ";".join(columns)]
    lines += [";".join(row[name] for name in columns) for row in rows]
    world.shop._publish("ut/kvittering", "SVAR-1.csv", "\n".join(lines).encode())
    with connect(world.settings.vendor) as server:
        (answer,) = complete_answers(server, NEUTRAL)
    ingestion.ingest(world.database, world.settings, answer, now)


def charged(world: AtTheVendor) -> int:
    with reading(world.database) as tx:
        return tx.scalar(select(func.coalesce(func.sum(tables.charges.c.net_ore), 0))) or 0


def waiting_items(world: AtTheVendor) -> dict[str, tuple[str, int | None]]:
    items = tables.open_items.c
    with reading(world.database) as tx:
        rows = tx.execute(
            select(items.code, items.subject, items.amount_ore).where(items.closed_at.is_(None))
        )
        return {row.code: (row.subject, row.amount_ore) for row in rows}


def test_nobody_annuls_without_saying_who_and_on_whose_word() -> None:
    for said, by in ((" ", "ON"), ("phoned", "")):
        with pytest.raises(NeedsAPerson):
            TheWord(said, by)


def test_a_batch_goes_again_under_a_name_of_its_own(world: AtTheVendor) -> None:
    letters = world.letters(paper=2)
    world.shop.errors = {"refuse_package"}
    world.night()
    assert world.answers().refused == 1

    given = resend(world)

    assert given == GivenBack(due=tuple(letters))
    assert world.open_codes() == []
    assert world.night() == [BATCH]
    assert {PACKAGE, AGAIN} <= set(world.at_vendor())
    assert world.answers().acknowledged == 1
    assert world.batch().package == AGAIN
    assert world.receipts(AT_TEN) == ["APPLIED", "APPLIED"]
    assert world.shop.printed() == dict.fromkeys(letters, 1)
    assert world.batch().status is BatchStatus.SETTLED


def test_a_second_attempt_refused_asks_for_a_person_again(world: AtTheVendor) -> None:
    world.letters(paper=1)
    for _ in range(2):
        world.shop.errors = {"refuse_package"}
        world.night()
        world.answers()
        assert world.open_codes() == ["PACKAGE_REFUSED"]
        resend(world)


def test_without_the_vendors_word_two_persons_are_needed(world: AtTheVendor) -> None:
    world.letters(paper=1)
    world.night()

    def approve(by: str) -> None:
        with transaction(world.database) as tx:
            resending.approve_resend(tx, BATCH, by=by, at=NIGHT)

    with pytest.raises(NeedsAPerson, match="nobody has asked"):
        approve("KL")
    with transaction(world.database) as tx:
        resending.ask_to_resend(tx, BATCH, why="their disk burned", by="Ola N", at=NIGHT)
    assert world.batch().attempt == 1
    for one in ("Ola N", " ola  n", "OlaN"):
        with pytest.raises(NeedsAPerson, match="the person who asked cannot approve"):
            approve(one)
    with pytest.raises(NeedsAPerson, match="must be written down"):
        approve(" ")
    approve("Kari L")

    assert world.batch().attempt == 2
    assert world.open_codes() == []
    with reading(world.database) as tx:
        (ended,) = attempts.ended_of(tx, BATCH)
    assert (ended.ended_by, ended.approved_by) == ("Ola N", "Kari L")


def test_what_was_asked_is_not_approved_once_the_vendor_has_answered(world: AtTheVendor) -> None:
    world.letters(paper=1)
    world.night()
    with transaction(world.database) as tx:
        resending.ask_to_resend(tx, BATCH, why="no answer", by="ON", at=NIGHT)
    world.answers(NIGHT + timedelta(minutes=5))

    with transaction(world.database) as tx, pytest.raises(NeedsAPerson, match="has changed since"):
        resending.approve_resend(tx, BATCH, by="KL", at=NIGHT + timedelta(minutes=9))


def test_a_late_answer_about_the_first_attempt_keeps_the_second_from_leaving(
    world: AtTheVendor,
) -> None:
    letters = world.letters(paper=1)
    world.night()
    resend(world)
    found = world.answers(NIGHT + timedelta(minutes=20))  # it had arrived after all

    assert (found.acknowledged, found.for_a_person) == (0, 1)
    assert world.open_codes() == ["ACKNOWLEDGEMENT_LATE"]
    with pytest.raises(NeedsAPerson, match="an earlier attempt"):
        world.night()
    assert AGAIN not in world.at_vendor()
    assert world.statuses(letters) == ["AKSEPTERT"]
    assert world.at_vendor("ut/mottak") == []


def test_a_late_refusal_of_an_ended_attempt_asks_for_nobody(world: AtTheVendor) -> None:
    world.letters(paper=1)
    world.night()
    resend(world)
    world.shop.errors = {"refuse_package"}

    found = world.answers()

    assert found.for_a_person == 0
    assert world.open_codes() == []
    assert world.night() == [BATCH]


def test_an_answer_changed_afterwards_is_for_a_person(world: AtTheVendor) -> None:
    world.letters(paper=1)
    world.night()
    world.answers()
    archived = (world.shop.root / f"arkiv/{PACKAGE}.mottak.json").read_bytes()
    world.shop._publish("ut/mottak", f"{PACKAGE}.mottak.json", archived)
    assert world.answers().for_a_person == 0
    refused = archived.replace(b'"accepted": true', b'"accepted": false')
    world.shop._publish("ut/mottak", f"{PACKAGE}.mottak.json", refused)

    assert world.answers().for_a_person == 1
    assert world.open_codes() == ["ACKNOWLEDGEMENT_DIFFERS"]
    assert world.batch().status is BatchStatus.ACKNOWLEDGED
