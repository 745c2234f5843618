"""The vendor's word on single pieces: kept once, and a refused letter waits for a person."""

import json
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import jsonschema
import pytest
from at_the_vendor import BATCH, NIGHT, PACKAGE, AtTheVendor, at_the_vendor
from conftest import ROOT
from sqlalchemy import select, update

from flows.database import attempt_tables, attempts, holds, tables
from flows.database.attempts import TheWord
from flows.database.open_items import still_open
from flows.database.session import Database, reading, transaction
from flows.database.vendors import keep_profiles
from flows.domain.batch import BatchStatus
from flows.domain.shipment import ShipmentId
from flows.domain.vendor_profile import NEUTRAL, Calendar
from flows.print_batch.approval import Approval
from flows.print_batch.collecting import collect_acknowledgements

pytestmark = pytest.mark.integration

FOLDER = "ut/godkjenning"
ANSWER = f"{PACKAGE}.godkjenning.json"
AT_TEN = NIGHT + timedelta(hours=3)
NEXT_NIGHT = NIGHT + timedelta(days=1)


@pytest.fixture
def world(sqlite: Database, tmp_path: Path) -> Iterator[AtTheVendor]:
    with at_the_vendor(sqlite, tmp_path) as world:
        yield world


def one_is_refused(world: AtTheVendor, letters: int = 2) -> list[ShipmentId]:
    """Letters at the vendor, who refuses the first of them; the answer is kept."""
    ids = world.letters(paper=letters)
    world.night()
    world.shop.errors = {"refuse_piece"}
    assert world.answers().approved == 1
    return ids


def look_again(world: AtTheVendor) -> Any:
    return collect_acknowledgements(world.database, world.settings, NIGHT)


def its_answer(world: AtTheVendor) -> dict[str, Any]:
    (file,) = world.shop.root.rglob(ANSWER)
    answer: dict[str, Any] = json.loads(file.read_bytes())
    return answer


def pieces(world: AtTheVendor) -> list[tuple[bool, str, int | None]]:
    with reading(world.database) as tx:
        table = tables.pieces.c
        rows = tx.execute(select(table.live, table.left_as, table.left_attempt).order_by("number"))
        return [(row.live, row.left_as, row.left_attempt) for row in rows]


def kept(world: AtTheVendor) -> list[tuple[int, int]]:
    with reading(world.database) as tx:
        table = attempt_tables.package_approvals.c
        return [(row.approved, row.refused) for row in tx.execute(select(table))]


def close_all(world: AtTheVendor) -> None:
    with transaction(world.database) as tx:
        tx.execute(update(tables.open_items).values(closed_at=NIGHT))


def test_a_package_approved_whole_is_kept_and_nothing_changes(world: AtTheVendor) -> None:
    letters = world.letters(paper=2)
    world.night()
    world.shop.errors = {"approve_pieces"}

    answers = world.answers()

    assert (answers.acknowledged, answers.approved, answers.for_a_person) == (1, 1, 0)
    assert kept(world) == [(2, 0)]
    assert world.statuses(letters) == ["SENDT_PRINT"] * 2
    assert world.at_vendor(FOLDER) == []
    assert world.open_codes() == []


def test_a_refused_letter_is_held_for_a_person_who_is_told_why(world: AtTheVendor) -> None:
    first, second = one_is_refused(world)

    assert world.statuses([first, second]) == ["AKSEPTERT", "SENDT_PRINT"]
    assert pieces(world) == [(False, "REFUSED", 1), (True, "", None)]
    with reading(world.database) as tx:
        ((item, _),) = still_open(tx)
    assert (item.code, item.subject) == ("PIECE_REFUSED", first)
    assert item.what == (
        f"the vendor refused piece 1 of {BATCH}, attempt 1: TEXT_IN_MARK_ZONE on page 1, zone "
        "marks, 9 x 3.2 mm at 4.5 mm from the left and 120 mm from the top"
    )


def test_a_refused_letter_goes_again_when_a_person_lets_it_and_not_before(
    world: AtTheVendor,
) -> None:
    first, _ = one_is_refused(world)

    unasked = world.night(NEXT_NIGHT)
    with transaction(world.database) as tx:
        holds.release(tx, [first], by="ON", why="mended", at=NEXT_NIGHT)
    asked = world.night(NEXT_NIGHT)

    assert (unasked, len(asked)) == ([], 1)
    assert world.open_codes() == []
    assert world.statuses([first]) == ["SENDT_PRINT"]


def test_a_batch_is_settled_by_the_receipts_of_those_that_were_not_refused(
    world: AtTheVendor,
) -> None:
    one_is_refused(world)

    states = world.receipts(AT_TEN)

    assert states == ["APPLIED"]
    assert world.batch().status is BatchStatus.SETTLED


@pytest.mark.parametrize("moved", [0, 1])
def test_the_same_answer_twice_changes_nothing(world: AtTheVendor, moved: int) -> None:
    """Also half put away, as by a run that was killed."""
    one_is_refused(world)
    before = (pieces(world), kept(world))
    for name in (ANSWER, f"{ANSWER}.ok")[moved:]:
        (world.shop.root / "arkiv" / name).rename(world.shop.root / FOLDER / name)

    again = look_again(world)

    assert (again.approved, again.for_a_person) == (0, 0)
    assert (pieces(world), kept(world)) == before
    assert world.at_vendor(FOLDER) == []


WRONG: dict[str, dict[str, Any]] = {
    "another package": {"sha256": "0" * 64},
    "another attempt": {"attempt": 2},
    "another count": {"approved": 7},
    "an unknown piece": {"refused": [{"piece": 9, "shipment": "x", "findings": [{"code": "A"}]}]},
}


@pytest.mark.parametrize("wrong", WRONG)
def test_an_answer_that_cannot_be_about_the_package_is_for_a_person_and_stays(
    world: AtTheVendor, wrong: str
) -> None:
    letters = world.letters(paper=2)
    world.night()
    world.shop.errors = {"approve_pieces"}
    world.shop.take_in(NIGHT)
    world.put(FOLDER, ANSWER, {**its_answer(world), **WRONG[wrong]})

    answers = look_again(world)

    assert (answers.approved, answers.for_a_person) == (0, 1)
    assert world.open_codes() == ["APPROVAL_DIFFERS"]
    assert world.statuses(letters) == ["SENDT_PRINT"] * 2
    assert kept(world) == []
    assert world.at_vendor(FOLDER) == [ANSWER, f"{ANSWER}.ok"]


def test_a_contradicting_answer_is_for_a_person_until_that_person_closes_it(
    world: AtTheVendor,
) -> None:
    one_is_refused(world)
    before = (pieces(world), kept(world))
    world.put(FOLDER, ANSWER, {**its_answer(world), "approved": 2, "refused": []})

    told = look_again(world)
    close_all(world)
    settled = look_again(world)

    assert (told.for_a_person, settled.for_a_person) == (1, 0)
    assert (pieces(world), kept(world)) == before
    assert world.at_vendor(FOLDER) == []


def test_a_word_on_pieces_of_an_ended_attempt_is_told_as_late(world: AtTheVendor) -> None:
    letters = world.letters(paper=1)
    world.night()
    world.shop.errors = {"approve_pieces"}
    world.shop.take_in(NIGHT)
    answer = its_answer(world)
    for file in (world.shop.root / FOLDER).iterdir():
        file.unlink()
    look_again(world)
    with transaction(world.database) as tx:
        attempts.annul(tx, BATCH, TheWord("phoned", "ON"), NIGHT)
    world.put(FOLDER, ANSWER, answer)

    answers = look_again(world)

    assert answers.for_a_person == 1
    assert world.open_codes() == ["ACKNOWLEDGEMENT_LATE"]
    assert world.statuses(letters) == ["AKSEPTERT"]


def test_unreadable_and_unknown_answers_stop_nobody_and_a_right_one_settles(
    world: AtTheVendor,
) -> None:
    world.letters(paper=1)
    world.night()
    world.shop.errors = {"approve_pieces"}
    world.shop.take_in(NIGHT)
    right = its_answer(world)
    world.put(FOLDER, ANSWER, {"schema": "svarut/godkjenning/9"})
    world.put(FOLDER, "X-f1.zip.godkjenning.json", right)

    look_again(world)
    told = world.open_codes()
    world.put(FOLDER, ANSWER, right)
    look_again(world)

    assert told == ["APPROVAL_UNKNOWN", "APPROVAL_UNREADABLE"]
    assert world.open_codes() == ["APPROVAL_UNKNOWN"]
    assert kept(world) == [(1, 0)]


def test_an_answer_before_the_acknowledgement_waits_for_it(world: AtTheVendor) -> None:
    world.letters(paper=1)
    world.night()
    world.shop.errors = {"approve_pieces"}
    world.shop.take_in(NIGHT)
    mottak = world.shop.root / "ut/mottak"
    aside = {file.name: file.read_bytes() for file in mottak.iterdir()}
    for name in aside:
        (mottak / name).unlink()

    early = look_again(world)
    for name, content in aside.items():
        (mottak / name).write_bytes(content)
    later = look_again(world)

    assert (early.approved, early.for_a_person) == (0, 0)
    assert (later.acknowledged, later.approved) == (1, 1)


def test_a_vendor_who_must_decide_and_does_not_is_told_about(world: AtTheVendor) -> None:
    with transaction(world.database) as tx:
        calendar = Calendar(approve_within_minutes=120)
        keep_profiles(tx, [NEUTRAL.__class__(NEUTRAL.id, NEUTRAL.valid_from, calendar=calendar)])
    world.letters(paper=1)
    world.night()

    world.answers(NIGHT + timedelta(minutes=119))
    early = world.open_codes()
    world.answers(NIGHT + timedelta(minutes=121))

    assert (early, world.open_codes()) == ([], ["APPROVAL_MISSING"])


def test_what_the_stand_in_writes_and_the_page_shows_is_what_the_schema_says(
    world: AtTheVendor,
) -> None:
    schema = json.loads((ROOT / "docs/formats/approval.schema.json").read_text("utf-8"))
    page = (ROOT / "docs/formats/package.md").read_text("utf-8").split("## 7.")[1]
    shown = page.split("```json")[1].split("```")[0].replace("<64 hex of the package>", "ab" * 32)
    one_is_refused(world)

    for answer in (its_answer(world), json.loads(shown)):
        jsonschema.validate(answer, schema, format_checker=jsonschema.FormatChecker())
        assert Approval.model_validate_json(json.dumps(answer))
