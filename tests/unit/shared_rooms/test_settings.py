"""Settings: read once, checked together, and never repeated in a message."""

from pathlib import Path

import pytest

from flows.errors import NeedsAPerson
from flows.settings import SETTINGS_FILE, read_settings


@pytest.fixture(autouse=True)
def clean(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv(SETTINGS_FILE, raising=False)


def test_everything_has_a_default_below_home(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SVARUT_HOME", str(tmp_path))

    settings = read_settings()

    assert settings.inbox_folder == tmp_path / "inbox"
    assert settings.database_url == f"sqlite:///{tmp_path}/svarut.db"
    assert settings.vendor.key_file == tmp_path / "keys/vendor_ed25519"
    assert not settings.test_population


def test_the_environment_wins_over_the_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / "mine.toml"
    file.write_text('letters_per_batch = 7\n[altinn]\nurl = "http://file"\nparallel_calls = 3\n')
    monkeypatch.setenv(SETTINGS_FILE, str(file))
    monkeypatch.setenv("SVARUT_ALTINN__URL", "http://environment")

    settings = read_settings()

    assert settings.letters_per_batch == 7
    assert settings.altinn.url == "http://environment"
    assert settings.altinn.parallel_calls == 3


def test_every_fault_is_said_at_once_and_no_value_is_repeated(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("SVARUT_LETTERS_PER_BATCH", "hemmelig-1")
    monkeypatch.setenv("SVARUT_VENDOR__PORT", "hemmelig-2")
    monkeypatch.setenv("SVARUT_VENDOR__CUSTOMER", "små bokstaver")

    with pytest.raises(NeedsAPerson, match="3 faults") as caught:
        read_settings()

    said = str(caught.value)
    assert "letters_per_batch" in said
    assert "vendor.port" in said
    assert "vendor.customer" in said
    assert "hemmelig" not in said


def test_a_settings_file_that_is_not_there_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(SETTINGS_FILE, "finnes-ikke.toml")

    with pytest.raises(NeedsAPerson, match="not there"):
        read_settings()


def test_a_misspelt_setting_is_said(tmp_path: Path) -> None:
    (tmp_path / "svarut.toml").write_text("leters_per_batch = 7\n")

    with pytest.raises(NeedsAPerson, match="leters_per_batch"):
        read_settings()


def test_secrets_do_not_print(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SVARUT_ALTINN__TOKEN", "svært-hemmelig")

    settings = read_settings()

    assert "svært-hemmelig" not in repr(settings)
    assert settings.altinn.token.get_secret_value() == "svært-hemmelig"


def test_settings_do_not_change(monkeypatch: pytest.MonkeyPatch) -> None:
    settings = read_settings()

    with pytest.raises(Exception, match="frozen"):
        settings.letters_per_batch = 1


def test_we_are_known_to_altinn_in_one_way_only(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SVARUT_ALTINN__TOKEN", "hemmelig")
    monkeypatch.setenv("SVARUT_MASKINPORTEN__CLIENT_ID", "client-1")
    monkeypatch.setenv("SVARUT_MASKINPORTEN__ISSUER", "https://maskinporten.example/")
    monkeypatch.setenv("SVARUT_MASKINPORTEN__KEY_ID", "key-1")

    with pytest.raises(NeedsAPerson, match="both set") as caught:
        read_settings()

    assert "hemmelig" not in str(caught.value)


def test_a_maskinporten_client_is_set_up_whole(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SVARUT_MASKINPORTEN__CLIENT_ID", "client-1")

    with pytest.raises(NeedsAPerson, match="issuer, key_id"):
        read_settings()


def test_an_issuer_without_its_slash_is_not_maskinportens(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SVARUT_MASKINPORTEN__ISSUER", "https://maskinporten.example")

    with pytest.raises(NeedsAPerson, match="slash"):
        read_settings()


def test_maskinportens_key_starts_at_home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SVARUT_HOME", str(tmp_path))

    settings = read_settings()

    assert settings.maskinporten.key_file == tmp_path / "keys/maskinporten.pem"
