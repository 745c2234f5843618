"""Letters stopped after they have left: asked for, sent in a list, answered piece by piece."""

import json
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import jsonschema
import pytest
from at_the_vendor import BATCH, NIGHT, AtTheVendor, at_the_vendor
from conftest import ROOT
from sqlalchemy import select, update
from typer.testing import CliRunner

from flows.cli import app
from flows.database import attempts, stops, tables
from flows.database.attempts import TheWord
from flows.database.open_items import find_item
from flows.database.session import Database, reading, transaction
from flows.domain.batch import BatchStatus, StopState
from flows.domain.shipment import ShipmentId
from flows.errors import NeedsAPerson
from flows.print_batch.collecting import AcknowledgementCounts, collect_acknowledgements
from flows.print_batch.stop_list import StopAnswer
from flows.receipts import reconciling

pytestmark = pytest.mark.integration

LIST = "SVAR-stopp-000001.json"
ANSWER = f"{LIST}.svar.json"
AT_TEN = NIGHT + timedelta(hours=3)


@pytest.fixture
def world(sqlite: Database, tmp_path: Path) -> Iterator[AtTheVendor]:
    with at_the_vendor(sqlite, tmp_path) as world:
        yield world


def letters_at_the_vendor(world: AtTheVendor, count: int = 2) -> list[ShipmentId]:
    letters = world.letters(paper=count)
    world.night()
    world.answers()
    return letters


def ask(world: AtTheVendor, *letters: ShipmentId) -> int:
    with transaction(world.database) as tx:
        return stops.ask(tx, letters, by="ON", why="wrong decision", at=NIGHT)


def run(world: AtTheVendor, minutes: int = 0) -> AcknowledgementCounts:
    now = NIGHT + timedelta(minutes=minutes)
    return collect_acknowledgements(world.database, world.settings, now)


def asked_and_answered(world: AtTheVendor, *letters: ShipmentId, told: str = "") -> None:
    ask(world, *letters)
    assert run(world).stop_lists == 1
    world.shop.errors = {told} if told else set()
    world.shop.take_in(NIGHT)
    assert run(world).stop_answers == 1


def states(world: AtTheVendor) -> list[StopState]:
    with reading(world.database) as tx:
        wishes = stops.all_wishes(tx, unfinished=False, limit=99)
    return [one.state for one in sorted(wishes, key=lambda one: one.place)]


def left_as(world: AtTheVendor) -> list[tuple[bool, str]]:
    with reading(world.database) as tx:
        piece = tables.pieces.c
        rows = tx.execute(select(piece.live, piece.left_as).order_by(piece.number))
        return [(row.live, row.left_as) for row in rows]


def at_vendor(world: AtTheVendor, name: str) -> dict[str, Any]:
    (file,) = world.shop.root.rglob(name)
    content: dict[str, Any] = json.loads(file.read_bytes())
    return content


def test_a_stopped_letter_is_handled_by_hand_and_the_others_are_printed(database: Database,
    tmp_path: Path) -> None:  # fmt: skip
    with at_the_vendor(database, tmp_path) as world:
        letters = letters_at_the_vendor(world)

        asked_and_answered(world, letters[0])
        booked = world.receipts(AT_TEN)

        assert states(world) == [StopState.STOPPED]
        assert world.statuses(letters) == ["MANUELT_HANDTERT", "PRINTET"]
        assert left_as(world) == [(False, "STOPPED"), (True, "")]
        assert booked == ["APPLIED"]
        assert world.shop.printed() == {letters[1]: 1}
        assert world.batch().status is BatchStatus.SETTLED
        assert world.open_codes() == []
        assert world.at_vendor("ut/stopp") == []


def test_a_letter_it_was_too_late_for_is_printed_and_a_person_told(world: AtTheVendor) -> None:
    letters = letters_at_the_vendor(world)

    asked_and_answered(world, letters[0], told="stop_too_late")
    world.receipts(AT_TEN)

    assert states(world) == [StopState.TOO_LATE]
    assert world.statuses(letters) == ["PRINTET"] * 2
    assert world.open_codes() == ["STOP_TOO_LATE"]
    with pytest.raises(NeedsAPerson, match="not at the vendor"):
        ask(world, letters[0])


def test_a_stopped_letter_with_a_receipt_contradicts_and_is_not_charged(
    world: AtTheVendor,
) -> None:
    letters = letters_at_the_vendor(world)
    asked_and_answered(world, letters[0], told="print_stopped")

    booked = world.receipts(AT_TEN)

    assert states(world) == [StopState.CONTRADICTED]
    assert booked == ["APPLIED", "QUARANTINED"]
    assert world.statuses(letters) == ["MANUELT_HANDTERT", "PRINTET"]
    assert world.open_codes() == ["RECEIPT_LINES_QUARANTINED", "STOP_CONTRADICTED"]


def test_stopped_says_the_vendor_of_a_letter_that_has_its_receipt(world: AtTheVendor) -> None:
    letters = letters_at_the_vendor(world, 1)
    ask(world, *letters)
    run(world)
    world.shop.errors = {"print_stopped"}
    world.shop.take_in(NIGHT)
    world.receipts(AT_TEN)

    run(world, 240)

    assert states(world) == [StopState.CONTRADICTED]
    assert world.statuses(letters) == ["PRINTET"]
    assert world.open_codes() == ["STOP_CONTRADICTED"]


def test_a_letter_printed_before_its_list_was_sent_is_too_late(world: AtTheVendor) -> None:
    letters = letters_at_the_vendor(world, 1)
    ask(world, *letters)

    world.receipts(AT_TEN)

    assert states(world) == [StopState.TOO_LATE]
    assert world.open_codes() == ["STOP_TOO_LATE"]


def test_each_list_has_a_name_of_its_own_and_holds_what_was_new(world: AtTheVendor) -> None:
    letters = letters_at_the_vendor(world, 3)

    new = ask(world, *letters[:2])
    run(world)
    again = ask(world, *letters[:2])
    ask(world, letters[2])
    counts = [run(world).stop_lists for _ in range(2)]

    assert (new, again, counts) == (2, 0, [1, 0])
    lists = [one for one in world.at_vendor("stopp") if one.endswith(".json")]
    assert lists == [LIST, "SVAR-stopp-000002.json"]
    asked = [[one["shipment"] for one in at_vendor(world, name)["pieces"]] for name in lists]
    assert asked == [letters[:2], letters[2:]]


def test_the_commands_ask_and_list(world: AtTheVendor, monkeypatch: pytest.MonkeyPatch) -> None:
    letters = letters_at_the_vendor(world)
    monkeypatch.setenv("SVARUT_HOME", str(world.settings.home))
    monkeypatch.setenv("COLUMNS", "250")

    asked = svarut("stop", letters[0], "--by", "ON", "--why", "wrong decision")
    again = svarut("stop", letters[0], "--by", "ON", "--why", "wrong decision")
    listed = svarut("stops")
    run(world)
    world.shop.take_in(NIGHT)
    run(world)

    assert "1 letters to be stopped, 0 asked for before" in asked
    assert "0 letters to be stopped, 1 asked for before" in again
    assert f"{letters[0]}" in listed
    assert "none yet" in listed
    assert letters[0] not in svarut("stops")
    assert "STOPPED" in svarut("stops", "--all")
    assert "stopped" in svarut("batch", "show", BATCH)


def svarut(*arguments: str) -> str:
    result = CliRunner().invoke(app, list(arguments), catch_exceptions=False)
    assert result.exit_code == 0, result.output
    return result.output


def test_only_what_is_at_the_vendor_can_be_stopped(world: AtTheVendor) -> None:
    (letter,) = world.letters(paper=1)

    with pytest.raises(NeedsAPerson, match="not at the vendor"):
        ask(world, letter)
    world.night()
    with transaction(world.database) as tx:
        tx.execute(update(tables.batches).values(status=BatchStatus.HANDING_OVER))
    with pytest.raises(NeedsAPerson, match="not surely left"):
        ask(world, letter)


def test_a_wish_is_fulfilled_when_the_package_is_annulled(world: AtTheVendor) -> None:
    letters = letters_at_the_vendor(world)
    ask(world, letters[0])
    run(world)

    with transaction(world.database) as tx:
        attempts.annul(tx, BATCH, TheWord("phoned", "ON"), NIGHT)
    world.shop.take_in(NIGHT)
    run(world)

    assert states(world) == [StopState.STOPPED]
    assert world.statuses(letters) == ["MANUELT_HANDTERT", "AKSEPTERT"]
    assert world.open_codes() == []


def test_an_answer_that_does_not_come_is_told_and_a_late_one_settles(world: AtTheVendor) -> None:
    letters = letters_at_the_vendor(world)
    ask(world, letters[0])
    run(world)

    run(world, 119)
    early = world.open_codes()
    run(world, 121)
    told = world.open_codes()
    world.shop.take_in(NIGHT)
    run(world, 130)

    assert (early, told, world.open_codes()) == ([], ["STOP_ANSWER_MISSING"], [])


@pytest.mark.parametrize(
    ("wrong", "code"),
    [
        ({"pieces": []}, "STOP_ANSWER_DIFFERS"),
        ({"sha256": "0" * 64}, "STOP_ANSWER_DIFFERS"),
        ({"schema": "x"}, "STOP_ANSWER_UNREADABLE"),
    ],
)
def test_an_answer_to_something_else_is_for_a_person_and_stays_until_a_right_one(
    world: AtTheVendor, wrong: dict[str, Any], code: str
) -> None:
    letters = letters_at_the_vendor(world)
    ask(world, letters[0])
    run(world)
    world.shop.take_in(NIGHT)
    right = at_vendor(world, ANSWER)
    world.put("ut/stopp", ANSWER, {**right, **wrong})

    told = run(world)
    codes, stay = world.open_codes(), world.at_vendor("ut/stopp")
    world.put("ut/stopp", ANSWER, right)
    run(world)

    assert (told.for_a_person, codes, len(stay)) == (1, [code], 2)
    assert states(world) == [StopState.STOPPED]
    assert world.open_codes() == []


def test_the_same_answer_again_is_harmless_and_another_is_for_a_person(
    world: AtTheVendor,
) -> None:
    letters = letters_at_the_vendor(world)
    asked_and_answered(world, letters[0])
    said = at_vendor(world, ANSWER)
    other = [{**said["pieces"][0], "result": "too_late"}]

    world.put("ut/stopp", ANSWER, said)
    same = run(world)
    world.put("ut/stopp", ANSWER, {**said, "pieces": other})
    contradicts = run(world)

    assert (same.for_a_person, contradicts.for_a_person) == (0, 1)
    assert states(world) == [StopState.STOPPED]
    assert world.open_codes() == ["STOP_ANSWER_DIFFERS"]


def test_a_list_the_vendor_does_not_take_is_told_until_it_is(world: AtTheVendor) -> None:
    letters = letters_at_the_vendor(world)
    ask(world, letters[0])
    folder = world.shop.root / "stopp"
    folder.rmdir()

    first = run(world)
    told = world.open_codes()
    folder.mkdir()
    then = run(world)

    assert (first.stop_lists, told) == (0, ["STOP_LIST_NOT_SENT"])
    assert (then.stop_lists, world.open_codes()) == (1, [])


def test_other_bytes_under_a_lists_name_are_never_overwritten(world: AtTheVendor) -> None:
    letters = letters_at_the_vendor(world)
    ask(world, letters[0])
    (world.shop.root / "stopp" / LIST).write_bytes(b"not ours")

    run(world)

    assert (world.shop.root / "stopp" / LIST).read_bytes() == b"not ours"
    assert world.open_codes() == ["STOP_LIST_NOT_SENT"]


def test_the_nightly_look_finds_stops_that_are_late_or_were_of_no_use(world: AtTheVendor) -> None:
    letters = letters_at_the_vendor(world, 2)
    asked_and_answered(world, letters[0], told="print_stopped")
    world.receipts(AT_TEN)
    now = NIGHT + timedelta(days=1)

    reconciling.look_and_keep(world.database, world.settings, now)
    with reading(world.database) as tx:
        found = find_item(tx, "STOP_CONTRADICTED", letters[0])

    assert found is not None
    assert not found.closed
    assert "A2" not in world.open_codes()


def test_what_both_sides_write_and_the_page_shows_is_what_the_schemas_say(
    world: AtTheVendor,
) -> None:
    page = (ROOT / "docs/formats/stop_list.md").read_text("utf-8")
    shown = [part.split("```")[0] for part in page.split("```json")[1:]]
    schemas = [
        json.loads((ROOT / f"docs/formats/{name}.schema.json").read_text("utf-8"))
        for name in ("stop_list", "stop_answer")
    ]
    letters = letters_at_the_vendor(world)
    asked_and_answered(world, letters[0])

    written = [at_vendor(world, LIST), at_vendor(world, ANSWER)]
    for schema, ours, example in zip(schemas, written, shown, strict=True):
        for content in (ours, json.loads(example.replace("<64 hex of the list>", "ab" * 32))):
            jsonschema.validate(content, schema, format_checker=jsonschema.FormatChecker())
    assert StopAnswer.model_validate_json(json.dumps(written[1]))
    assert set(written[0]) == {"schema", "customer", "number", "made", "pieces"}
