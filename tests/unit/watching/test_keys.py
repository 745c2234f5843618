"""When keys and certificates end, from real files of each kind."""

import subprocess
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pysequoia
import pytest
from certificates import a_certificate

from flows.domain.standing import Expiry
from flows.settings import MaskinportenSettings, Settings, VendorSettings
from flows.watch_settings import WatchSettings
from flows.watching.keys import expiries

ENDS = datetime(2027, 3, 1, 11, 0, tzinfo=UTC)


def found(folder: Path, **watch: object) -> dict[str, Expiry]:
    settings = Settings(
        home=folder,
        vendor=VendorSettings(key_file=Path("vendor")),
        watch=WatchSettings(**watch),  # type: ignore[arg-type]
    )
    return {one.name: one for one in expiries(settings)}


def ssh_keygen(*arguments: str) -> None:
    subprocess.run(["ssh-keygen", "-q", *arguments], check=True, capture_output=True)


def test_an_x509_certificate_says_when_it_ends(tmp_path: Path) -> None:
    certificate, _ = a_certificate(ENDS)
    (tmp_path / "x.pem").write_bytes(certificate)

    assert found(tmp_path, certificate_files=(Path("x.pem"),))["x.pem"].ends_at == ENDS


def test_of_a_chain_the_first_to_end_counts(tmp_path: Path) -> None:
    later, _ = a_certificate(ENDS + timedelta(days=900))
    sooner, _ = a_certificate(ENDS)
    (tmp_path / "chain.pem").write_bytes(later + sooner)

    assert found(tmp_path, certificate_files=(Path("chain.pem"),))["chain.pem"].ends_at == ENDS


def test_an_openssh_certificate_beside_a_key_says_when_the_key_ends(tmp_path: Path) -> None:
    for name in ("authority", "vendor"):
        ssh_keygen("-t", "ed25519", "-N", "", "-f", str(tmp_path / name))
    ssh_keygen(
        *("-s", str(tmp_path / "authority"), "-I", "svarut", "-n", "svarut"),
        *("-V", "20260101000000Z:20270301110000Z", str(tmp_path / "vendor.pub")),
    )

    assert found(tmp_path)["vendor key"] == Expiry("vendor key", ENDS)


def test_an_openpgp_key_says_when_it_ends(tmp_path: Path) -> None:
    key = pysequoia.Tsk.generate("a vendor <v@example.com>", validity_seconds=10**7)
    cert = key.extract_certificate()
    (tmp_path / "vendor.pgp").write_bytes(bytes(cert))

    ends = found(tmp_path, certificate_files=(Path("vendor.pgp"),))["vendor.pgp"].ends_at

    assert cert.expiration is not None
    assert ends == cert.expiration


def test_a_plain_key_ends_when_the_settings_say(tmp_path: Path) -> None:
    ssh_keygen("-t", "ed25519", "-N", "", "-f", str(tmp_path / "vendor"))

    assert found(tmp_path)["vendor key"].ends_at is None
    said = found(
        tmp_path, expires_on={"vendor key": date(2027, 1, 1), "the contract": "2027-02-01"}
    )
    assert said["vendor key"].ends_at == datetime(2026, 12, 31, 23, 0, tzinfo=UTC)
    assert said["the contract"].ends_at == datetime(2027, 1, 31, 23, 0, tzinfo=UTC)


def test_the_sooner_of_what_the_settings_and_the_certificate_say_counts(tmp_path: Path) -> None:
    certificate, key = a_certificate(ENDS)
    (tmp_path / "vendor").write_bytes(key + certificate)

    assert (
        found(tmp_path, expires_on={"vendor key": date(2030, 1, 1)})["vendor key"].ends_at == ENDS
    )


def test_maskinporten_is_watched_where_it_is_used(tmp_path: Path) -> None:
    port = MaskinportenSettings(client_id="x", issuer="https://m/", key_id="k")

    names = [one.name for one in expiries(Settings(home=tmp_path, maskinporten=port))]

    assert names == ["vendor key", "maskinporten key"]


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (None, "the file cannot be read"),
        (b"", "no X.509, OpenSSH or OpenPGP certificate is in the file"),
        (b"\x00" * 2_000_000, "the file is too large for a certificate"),
        (
            b"-----BEGIN CERTIFICATE-----\nx\n",
            "no X.509, OpenSSH or OpenPGP certificate is in the file",
        ),
    ],
    ids=["not there", "empty", "huge", "broken"],
)
def test_a_certificate_that_says_nothing_is_told_of(
    tmp_path: Path, content: bytes | None, says: str
) -> None:
    if content is not None:
        (tmp_path / "x.pem").write_bytes(content)

    assert found(tmp_path, certificate_files=(Path("x.pem"),))["x.pem"].fault == says
