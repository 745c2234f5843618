"""Packages that a vendor wants encrypted: to the pinned key, once, and opened by gpg."""

import hashlib
import json
import os
import shutil
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import paramiko
import pytest
from abandoning import Fuse
from at_the_vendor import AGAIN, BATCH, NIGHT, PACKAGE, AtTheVendor, at_the_vendor
from pysequoia import Cert, Tsk, decrypt
from servers import openssh_server
from sqlalchemy.engine.default import DefaultDialect

from flows.database import attempts, batches
from flows.database.attempts import TheWord
from flows.database.session import Database, transaction
from flows.database.vendors import keep_profiles
from flows.doctor import vendor_keys
from flows.domain.batch import BatchId, BatchStatus
from flows.domain.vendor_profile import NEUTRAL
from flows.errors import NeedsAPerson
from flows.intake.retention import remove_old
from flows.object_archive import open_archive
from flows.print_batch import resending, transfer
from flows.print_batch.assembling import assemble_batch
from flows.print_batch.parcel import parcel_of
from flows.print_batch.reserving import reserve_batches
from flows.print_batch.sending import batches_under_way
from flows.print_batch.transfer import hand_over_batch
from flows.print_batch.vendor_key import KeyUnusable
from flows.sandbox import locked_packages
from flows.sftp import connect

pytestmark = pytest.mark.integration

LOCKED = f"{PACKAGE}.pgp"


@pytest.fixture(scope="module")
def pair(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The vendor's pair of keys, made as a vendor makes it: by gpg, where that is installed."""
    folder = tmp_path_factory.mktemp("pair")
    locked_packages.make_pair(folder)
    return folder


@pytest.fixture
def vendor(sqlite: Database, tmp_path: Path, pair: Path) -> Iterator[AtTheVendor]:
    with at_the_vendor(sqlite, tmp_path, openssh_server) as vendor:
        for name in (locked_packages.BOTH_HALVES, locked_packages.PUBLIC):
            shutil.copy(pair / name, vendor.shop.keys / name)
        key = (pair / locked_packages.PUBLIC).read_bytes()
        wants_encrypted(vendor, key)
        yield vendor


def wants_encrypted(vendor: AtTheVendor, key: bytes, **way: Any) -> None:
    """The vendor's profile asks for encryption to a key, and we have put the key in place."""
    folder = vendor.settings.openpgp.keys_folder
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "vendor.asc").write_bytes(key)
    pinned = {
        "encryption": "pgp",
        "recipient_key": "vendor.asc",
        "recipient_fingerprint": Cert.from_bytes(key).fingerprint.upper(),
    }
    profile = replace(NEUTRAL, transport=replace(NEUTRAL.transport, **(pinned | way)))
    with transaction(vendor.database) as tx:
        keep_profiles(tx, [profile])


def opened(vendor: AtTheVendor, name: str = LOCKED) -> bytes:
    return locked_packages.what_lies_in(vendor.shop.root / "inn" / name, vendor.shop.keys)


def assembled(vendor: AtTheVendor) -> BatchId:
    vendor.letters(paper=1)
    reserve_batches(vendor.database, vendor.settings, NIGHT)
    (batch,) = batches_under_way(vendor.database)
    archive = open_archive(vendor.settings)
    assemble_batch(vendor.database, archive, vendor.settings, batch.id, NIGHT)
    return batch.id


def at_work(vendor: AtTheVendor, batch_id: BatchId = BATCH) -> bool:
    return hand_over_batch(vendor.database, vendor.settings, batch_id, NIGHT)


def delivered_and_killed(vendor: AtTheVendor) -> None:
    """The package and its .ok lie there, and we have not written it down."""
    with transaction(vendor.database) as tx:
        assert batches.begin_hand_over(tx, BATCH, NIGHT)
        way = transfer.profile_of(tx, vendor.settings, batches.read_batch(tx, BATCH)).transport
    parcel = parcel_of(vendor.batch(), way)
    with connect(vendor.settings.vendor) as server:
        transfer.deliver(server, parcel, vendor.database, vendor.settings, NIGHT)


def test_the_vendor_opens_the_package_and_answers_about_what_was_in_it(
    vendor: AtTheVendor,
) -> None:
    vendor.letters(paper=2)

    vendor.night()
    package = opened(vendor)
    answers = vendor.answers()
    states = vendor.receipts(NIGHT + timedelta(hours=6))

    batch = vendor.batch()
    assert hashlib.sha256(package).hexdigest() == batch.package_sha256
    assert answers.acknowledged == 1
    assert states == ["APPLIED", "APPLIED"]
    assert vendor.open_codes() == []


def test_only_the_encrypted_file_lies_there_and_its_ok_says_what_both_are(
    vendor: AtTheVendor,
) -> None:
    vendor.letters(paper=1)

    vendor.night()

    content = (vendor.shop.root / "inn" / LOCKED).read_bytes()
    assert vendor.at_vendor() == [LOCKED, f"{LOCKED}.ok"]
    assert json.loads((vendor.shop.root / "inn" / f"{LOCKED}.ok").read_bytes()) == {
        "sha256": hashlib.sha256(content).hexdigest(),
        "size_bytes": len(content),
        "letters": 1,
        "package_sha256": vendor.batch().package_sha256,
    }
    assert b"manifest.xml" not in content


def test_a_hand_over_killed_anywhere_sends_one_file_and_always_the_same(
    vendor: AtTheVendor, monkeypatch: pytest.MonkeyPatch
) -> None:
    fuse = Fuse()
    inbox, packages = vendor.shop.root / "inn", vendor.settings.packages_folder
    for owner, name in (
        (os, "replace"),
        (paramiko.SFTPClient, "rename"),
        (DefaultDialect, "do_commit"),
    ):
        monkeypatch.setattr(owner, name, watched(fuse, getattr(owner, name)))

    for point in range(1, 100):
        batch_id = assembled(vendor)
        with fuse.lit(point):
            at_work(vendor, batch_id)
            break
        there = {file.name: file.read_bytes() for file in inbox.glob(f"{batch_id}*")}
        at_work(vendor, batch_id)

        file = packages / f"{batch_id}-f1.zip.pgp"
        assert (inbox / file.name).read_bytes() == file.read_bytes(), point
        assert all((inbox / name).read_bytes() == content for name, content in there.items())
        assert vendor.batch(batch_id).status is BatchStatus.HANDED_OVER
        assert len(list(inbox.glob(f"{batch_id}*"))) == 2

    assert point > 10
    assert len(list(packages.glob(".*"))) == 0


def watched(fuse: Fuse, function: Any) -> Any:
    def wrapper(*arguments: Any, **options: Any) -> Any:
        fuse.pass_a_point()
        result = function(*arguments, **options)
        fuse.pass_a_point()
        return result

    return wrapper


def test_what_a_run_killed_while_it_encrypted_has_left_is_written_over(
    vendor: AtTheVendor,
) -> None:
    assembled(vendor)
    half = vendor.settings.packages_folder / f".{LOCKED}.part"
    half.write_bytes(b"half of a file, and longer than what comes" * 100_000)

    at_work(vendor)

    assert hashlib.sha256(opened(vendor)).hexdigest() == vendor.batch().package_sha256
    assert not half.exists()


def test_a_package_made_again_is_encrypted_again(vendor: AtTheVendor) -> None:
    """A letter was read after the package was encrypted, and before the vendor answered."""
    assembled(vendor)
    packages = vendor.settings.packages_folder
    (packages / LOCKED).write_bytes(b"of the package before")
    record = {"sha256": hashlib.sha256(b"of the package before").hexdigest(), "size_bytes": 21}
    of_another = {"package_sha256": "ab" * 32, "recipient": "cd" * 20}
    (packages / f"{LOCKED}.json").write_text(json.dumps(record | of_another), encoding="utf-8")

    at_work(vendor)

    assert hashlib.sha256(opened(vendor)).hexdigest() == vendor.batch().package_sha256


def test_another_file_under_our_name_is_left_alone(vendor: AtTheVendor) -> None:
    batch_id = assembled(vendor)
    (vendor.shop.root / "inn" / LOCKED).write_bytes(b"somebody else's")

    with pytest.raises(NeedsAPerson, match="it is not ours"):
        at_work(vendor, batch_id)

    assert (vendor.shop.root / "inn" / LOCKED).read_bytes() == b"somebody else's"
    assert vendor.open_codes() == ["PACKAGE_DIFFERS"]


def test_where_our_encrypted_file_is_lost_the_ok_there_tells_that_it_was_handed_over(
    vendor: AtTheVendor,
) -> None:
    assembled(vendor)
    delivered_and_killed(vendor)
    (vendor.settings.packages_folder / LOCKED).unlink()
    (vendor.shop.root / "inn" / LOCKED).unlink()  # the vendor has taken it in

    assert at_work(vendor)

    assert vendor.at_vendor() == [f"{LOCKED}.ok"]


def test_where_our_encrypted_file_is_lost_and_one_lies_there_a_person_decides(
    vendor: AtTheVendor,
) -> None:
    assembled(vendor)
    delivered_and_killed(vendor)
    (vendor.settings.packages_folder / LOCKED).unlink()

    with pytest.raises(NeedsAPerson, match="our own encrypted file is lost"):
        at_work(vendor)

    assert vendor.open_codes() == ["PACKAGE_DIFFERS"]


def test_a_package_sent_again_is_encrypted_by_itself(vendor: AtTheVendor) -> None:
    vendor.letters(paper=1)
    vendor.night()
    with transaction(vendor.database) as tx:
        resending.resend(tx, BATCH, vendor_said="annulled, case 4", by="ON", at=NIGHT)

    vendor.night()
    vendor.answers()

    assert vendor.at_vendor() == sorted([LOCKED, f"{LOCKED}.ok", f"{AGAIN}.pgp", f"{AGAIN}.pgp.ok"])
    assert hashlib.sha256(opened(vendor, f"{AGAIN}.pgp")).hexdigest() == (
        vendor.batch().package_sha256
    )
    # The stand-in takes in the annulled one too, and that is told.
    assert vendor.open_codes() == ["ACKNOWLEDGEMENT_LATE"]


def test_an_annulled_package_gives_its_letters_back(vendor: AtTheVendor) -> None:
    vendor.letters(paper=2)
    vendor.night()
    with transaction(vendor.database) as tx:
        given = attempts.annul(tx, BATCH, TheWord("case 5", "ON"), NIGHT)

    assert given is not None
    assert len(given.due) == 2
    assert len(vendor.night()) == 1


@pytest.mark.parametrize("fault", ["another", "expired", "revoked", "secret", "broken", "gone"])
def test_without_a_good_key_nothing_is_begun_and_a_person_is_told(
    vendor: AtTheVendor, fault: str
) -> None:
    pair = Tsk.generate("Vendor", validity_seconds=1 if fault == "expired" else None)
    cert = pair.extract_certificate()
    content = bytes(cert)
    if fault == "revoked":
        content += bytes(cert.revoke(pair.certifier()))
    if fault == "secret":
        content = bytes(pair)
    wants_encrypted(vendor, content)
    file = vendor.settings.openpgp.keys_folder / "vendor.asc"
    if fault == "another":
        file.write_bytes(bytes(Tsk.generate("Else").extract_certificate()))
    if fault == "broken":
        file.write_text("no key", encoding="utf-8")
    if fault == "gone":
        file.unlink()
    batch_id = assembled(vendor)

    with pytest.raises(KeyUnusable) as raised:
        hand_over_batch(vendor.database, vendor.settings, batch_id, NIGHT + timedelta(days=365))

    assert raised.value.do
    assert vendor.at_vendor() == []
    assert vendor.batch(batch_id).status is BatchStatus.ASSEMBLED
    assert vendor.open_codes() == ["VENDOR_KEY_UNUSABLE"]


def test_a_good_key_ends_what_was_told_of_a_bad_one(vendor: AtTheVendor, pair: Path) -> None:
    file = vendor.settings.openpgp.keys_folder / "vendor.asc"
    file.unlink()
    batch_id = assembled(vendor)
    with pytest.raises(KeyUnusable):
        at_work(vendor, batch_id)

    shutil.copy(pair / locked_packages.PUBLIC, file)
    at_work(vendor, batch_id)

    assert vendor.open_codes() == []


def test_a_signed_package_is_signed_by_our_key(vendor: AtTheVendor) -> None:
    ours, theirs = Tsk.generate("We"), Tsk.generate("Vendor")
    wants_encrypted(vendor, bytes(theirs.extract_certificate()), signed=True)
    vendor.settings.openpgp.signing_key_file.parent.mkdir(parents=True, exist_ok=True)
    vendor.settings.openpgp.signing_key_file.write_text(str(ours), encoding="utf-8")
    assembled(vendor)

    at_work(vendor)

    found = decrypt(
        (vendor.shop.root / "inn" / LOCKED).read_bytes(),
        theirs.decryptor(),
        store=lambda _: [ours.extract_certificate()],
    )
    assert [one.certificate for one in found.valid_sigs] == [ours.extract_certificate().fingerprint]


def test_a_signing_key_that_cannot_be_used_stops_before_anything_leaves(
    vendor: AtTheVendor,
) -> None:
    wants_encrypted(vendor, bytes(Tsk.generate("Vendor").extract_certificate()), signed=True)
    batch_id = assembled(vendor)

    with pytest.raises(KeyUnusable, match="our signing key cannot be used"):
        at_work(vendor, batch_id)

    assert vendor.batch(batch_id).status is BatchStatus.ASSEMBLED


def test_retention_deletes_the_encrypted_file_with_the_package_of_every_attempt(
    vendor: AtTheVendor,
) -> None:
    vendor.letters(paper=1)
    vendor.night()
    with transaction(vendor.database) as tx:
        resending.resend(tx, BATCH, vendor_said="annulled, case 4", by="ON", at=NIGHT)
    vendor.night()
    with transaction(vendor.database) as tx:
        attempts.annul(tx, BATCH, TheWord("case 5", "ON"), NIGHT)

    done = remove_old(vendor.database, vendor.settings, NIGHT + timedelta(days=200))

    assert done.packages == 2
    assert list(vendor.settings.packages_folder.iterdir()) == []


def test_the_doctor_looks_at_the_key(vendor: AtTheVendor) -> None:
    assert vendor_keys.keys(vendor.settings).endswith("good without an end")

    for seconds, says in ((86400 * 10, "expires"), (86400 * 400, "")):
        key = Tsk.generate("V", validity_seconds=seconds).extract_certificate()
        wants_encrypted(vendor, bytes(key))
        if says:
            with pytest.raises(NeedsAPerson, match=says):
                vendor_keys.keys(vendor.settings)
        else:
            assert "good until" in vendor_keys.keys(vendor.settings)
