"""Everything that differs between installations, read and checked once."""

import os
from pathlib import Path
from typing import Final, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, SecretStr, ValidationError, model_validator
from pydantic_settings import (
    BaseSettings,
    PydanticBaseSettingsSource,
    SettingsConfigDict,
    TomlConfigSettingsSource,
)

from flows.errors import NeedsAPerson
from flows.watch_settings import WatchSettings

SETTINGS_FILE: Final = "SVARUT_SETTINGS"
"""Names the TOML file; without it `svarut.toml` in the current folder is read, if it is there."""


class SftpSettings(BaseModel):
    """An SFTP server, and how we log in there."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    host: str = Field("127.0.0.1", description="The server's name or address.")
    port: int = Field(22, ge=1, le=65535, description="The server's port.")
    user: str = Field("svarut", description="Our user there.")
    key_file: Path = Field(Path("keys/vendor_ed25519"), description="Our private key, mode 0600.")
    known_hosts_file: Path = Field(
        Path("keys/known_hosts"),
        description="The server's host key, as OpenSSH writes it; others are refused.",
    )
    timeout_seconds: float = Field(60, gt=0, description="How long to wait for the server.")

    def starting_at(self, home: Path) -> Self:
        """Return the same with the files' relative paths starting at a folder."""
        return self.model_copy(
            update={
                "key_file": home / self.key_file,
                "known_hosts_file": home / self.known_hosts_file,
            },
        )


class InboxServerSettings(SftpSettings):
    """An SFTP server where senders lay their packages; no host, no such server."""

    host: str = Field("", description="The server's name or address; empty: there is none.")
    key_file: Path = Field(Path("keys/inbox_ed25519"), description="Our private key, mode 0600.")
    folder: str = Field("inbox", description="There: one folder a sender, named by its id.")


class VendorSettings(SftpSettings):
    """The print vendor's SFTP server."""

    customer: str = Field(
        "SVAR",
        pattern=r"^[A-Z0-9]{2,10}$",
        description="Our code at the vendor; batch ids begin with it.",
    )
    profile: str = Field(
        "default",
        description="The vendor's profile: how its answers are read. `svarut vendors show`.",
    )


class OpenPgpSettings(BaseModel):
    """Keys of packages that are encrypted, where a vendor's profile asks for it."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    keys_folder: Path = Field(
        Path("keys/openpgp"), description="Vendors' public keys; a profile names its file."
    )
    signing_key_file: Path = Field(
        Path("keys/openpgp-signing.asc"),
        description="Our secret key, mode 0600, where a profile wants packages signed.",
    )
    signing_password_file: Path | None = Field(
        None, description="Its password, mode 0600; left out: it has none."
    )

    def starting_at(self, home: Path) -> Self:
        """Return the same with relative paths starting at a folder."""
        password = self.signing_password_file
        return self.model_copy(
            update={
                "keys_folder": home / self.keys_folder,
                "signing_key_file": home / self.signing_key_file,
                "signing_password_file": home / password if password else None,
            },
        )


class AltinnSettings(BaseModel):
    """The Altinn 3 Correspondence API."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    url: str = Field("http://127.0.0.1:8080", description="The platform's address, without a path.")
    resource_id: str = Field(
        "svarut-post",
        description="The correspondence resource, where a sender has none of its own.",
    )
    token: SecretStr = Field(
        SecretStr(""),
        description="A bearer token that never changes: the sandbox's. Not beside Maskinporten.",
    )
    subscription_key: SecretStr = Field(
        SecretStr(""),
        description="Ocp-Apim-Subscription-Key, where Altinn has given one.",
    )
    timeout_seconds: float = Field(60, gt=0, description="How long to wait for an answer.")
    parallel_calls: int = Field(8, ge=1, le=64, description="Calls under way at once.")
    uploads_per_minute: int = Field(0, ge=0, description="Letters offered; 0: no limit of ours.")
    overviews_per_minute: int = Field(0, ge=0, description="Questions about one letter.")
    details_per_minute: int = Field(0, ge=0, description="Questions about one letter's history.")
    searches_per_minute: int = Field(0, ge=0, description="Searches.")
    purges_per_minute: int = Field(0, ge=0, description="Letters taken back.")
    longest_wait_seconds: float = Field(
        300,
        ge=0,
        description="A call whose turn is further off is left to the next run.",
    )


class MaskinportenSettings(BaseModel):
    """Who we are to Maskinporten; no client, no Maskinporten."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    client_id: str = Field("", description="Our client there; empty: `altinn.token` is used.")
    issuer: str = Field("", description="Its name for itself, an address ending in a slash.")
    token_url: str = Field("", description="Where tokens are given; empty: `token` under issuer.")
    key_id: str = Field("", description="The registered key's id (kid).")
    key_file: Path = Field(
        Path("keys/maskinporten.pem"),
        description="Our private RSA key, PEM, mode 0600.",
    )
    scopes: str = Field(
        "altinn:correspondence.write altinn:serviceowner",
        description="What to ask for Altinn, separated by spaces. Never correspondence.read.",
    )

    @property
    def token_address(self) -> str:
        """Where a grant is handed in."""
        return self.token_url or f"{self.issuer}token"

    @model_validator(mode="after")
    def _is_whole(self) -> Self:
        missing = [name for name in ("issuer", "key_id") if not getattr(self, name)]
        if self.client_id and missing:
            raise ValueError(f"client_id is set, so these must be too: {', '.join(missing)}")
        if self.issuer and not self.issuer.endswith("/"):
            raise ValueError("issuer must end in a slash, as Maskinporten writes itself")
        return self


class ContactRegisterSettings(BaseModel):
    """The contact and reservation register (KRR); no address, and it is not asked."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    url: str = Field(
        "",
        description="The register's address, without a path; empty: it is not asked, and Altinn "
        "alone refuses letters to reserved people.",
    )
    token: SecretStr = Field(
        SecretStr(""),
        description="A bearer token that never changes: the sandbox's. Not used beside "
        "Maskinporten.",
    )
    timeout_seconds: float = Field(30, gt=0, description="How long to wait for an answer.")
    alarm_after_minutes: int = Field(
        60,
        ge=1,
        description="An open item says so when a letter has waited this long for its answer.",
    )


class ExaminationSettings(BaseModel):
    """How documents are looked at: each in a process of its own, within limits."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    processes: int = Field(0, ge=0, le=256, description="At once; 0: one a processor.")
    seconds: float = Field(30, gt=0, description="Of the processor, for one document.")
    memory_mb: int = Field(
        1024, ge=256, description="For one document, the libraries' 250 MB among them."
    )


class MalwareSettings(BaseModel):
    """Who looks at what senders hand in before we do."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    clamd: str = Field(
        "",
        description="clamd's socket, a path or host:port; empty: documents are not scanned.",
    )
    timeout_seconds: float = Field(120, gt=0, description="How long to wait for one document.")


class WorkersSettings(BaseModel):
    """Who assembles packages when a night has more than one: docs/scaling.md."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    task_runner: Literal["process_pool", "dask"] = Field(
        "process_pool",
        description="process_pool: processes of this machine; dask: a Dask cluster (extra `dask`).",
    )
    processes: int = Field(
        0,
        ge=0,
        le=256,
        description="Packages assembled at once on this machine; 0: one a processor; 1: one after "
        "the other, in the run's own process.",
    )
    scheduler: str = Field(
        "",
        description="Dask's scheduler, tcp://host:port; empty: a cluster on this machine, for as "
        "long as a run.",
    )
    from_letters: int = Field(
        20_000,
        ge=0,
        description="Fewer letters to assemble than this, and no other process is started for it.",
    )


class ReconcileSettings(BaseModel):
    """How long things may take before the nightly reconciliation tells a person."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    posting_working_days: int = Field(
        2, ge=0, description="A letter is posted within so many working days after hand-over."
    )
    invoice_days: int = Field(
        60, ge=1, description="A receipt is on the vendor's invoice within so many days."
    )
    looked_back_days: int = Field(
        120,
        ge=1,
        description="Older batches are looked at only while something about them is open.",
    )


class InvoiceSettings(BaseModel):
    """Who invoices the senders, and how; no seller, no invoices."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    seller_name: str = Field("", description="Our name, as Foretaksregisteret has it.")
    seller_organisation_number: str = Field(
        "", pattern=r"^([0-9]{9})?$", description="Ours, nine digits; empty: nothing is invoiced."
    )
    seller_street: str = Field("", description="Our address.")
    seller_postcode: str = Field("", pattern=r"^([0-9]{4})?$", description="Our postcode.")
    seller_city: str = Field("", description="Our town.")
    seller_in_business_register: bool = Field(
        default=False, description="We stand in Foretaksregisteret; every AS must, and say so."
    )
    bank_account: str = Field("", description="Where to pay, eleven digits.")
    days_to_pay: int = Field(30, ge=1, description="From invoice to due date.")
    grace_days: int = Field(
        5,
        ge=0,
        le=25,
        description="Receipts that come this far into the next month still belong to their own.",
    )
    unusual_percent: int = Field(
        50,
        ge=1,
        description="A person approves what differs more from the median of the last 3 months.",
    )
    first_number: int = Field(10001, ge=1, description="The first number of each series.")
    rules_folder: Path | None = Field(
        None,
        description="The published rule files; left out: only our own checks. docs/invoices.md.",
    )


class Settings(BaseSettings):
    """One frozen object. Environment (`SVARUT_ALTINN__URL`) wins over the TOML file."""

    model_config = SettingsConfigDict(
        env_prefix="SVARUT_",
        env_nested_delimiter="__",
        frozen=True,
        extra="forbid",
    )

    home: Path = Field(Path(), description="Relative paths below start here.")
    database_url: str = Field(
        "sqlite:///svarut.db",
        description="SQLAlchemy URL: sqlite:///file or postgresql://user@host/name.",
    )
    inbox_folder: Path = Field(Path("inbox"), description="One folder a sender, named by its id.")
    archive_folder: Path = Field(Path("archive"), description="Documents by SHA-256.")
    archive_url: str = Field(
        "",
        description="An archive elsewhere, s3://bucket/folder for example; empty: archive_folder.",
    )
    archive_cache_mb: int = Field(
        512,
        ge=1,
        description="What one process keeps of an archive elsewhere, in its work folder.",
    )
    packages_folder: Path = Field(Path("packages"), description="Packages for the print vendor.")
    work_folder: Path = Field(
        Path("work"),
        description="Letters while they are looked at; on this machine's disk, swept by itself.",
    )
    reports_folder: Path = Field(Path("reports-out"), description="Workbooks for finance.")
    by_hand_folder: Path = Field(
        Path("by-hand"), description="Print files for senders who print by hand, until confirmed."
    )
    invoices_folder: Path = Field(
        Path("invoices"), description="Every frozen invoice: XML, PDF and specification."
    )
    logos_folder: Path = Field(
        Path("logos"),
        description="A sender's logo on its cover pages: `<sender id>.png` or `.jpg`.",
    )
    acting_as: str = Field(
        "operator",
        pattern=r"^(operator|finance|sender:[\w.-]+)$",
        description="Whom commands act for: operator, finance, or sender:ID; `--as` only narrows.",
    )
    test_population: bool = Field(
        default=False,
        description="Synthetic national numbers (month + 80) are people. Never in production.",
    )
    max_package_bytes: int = Field(
        2 * 1024 * 1024 * 1024,
        gt=0,
        description="One package, unpacked. What is printed has a lower limit of its own.",
    )
    inbox_settle_seconds: float = Field(
        60,
        ge=0,
        description="A package written to this lately, and seemingly unfinished, is left alone.",
    )
    retention_months: int = Field(
        3,
        ge=1,
        description="Documents, names and addresses are kept this long after a letter's end.",
    )
    letters_per_batch: int = Field(500, ge=1, description="A batch is cut at this many letters.")
    read_check_max_age_minutes: int = Field(
        120,
        ge=1,
        description="A letter is printed only if Altinn said 'unread' at most this long ago.",
    )
    altinn: AltinnSettings = AltinnSettings()
    contact_register: ContactRegisterSettings = ContactRegisterSettings()
    examination: ExaminationSettings = ExaminationSettings()
    inbox_server: InboxServerSettings = InboxServerSettings()
    malware: MalwareSettings = MalwareSettings()
    maskinporten: MaskinportenSettings = MaskinportenSettings()
    openpgp: OpenPgpSettings = OpenPgpSettings()
    vendor: VendorSettings = VendorSettings()
    workers: WorkersSettings = WorkersSettings()
    reconcile: ReconcileSettings = ReconcileSettings()
    invoice: InvoiceSettings = InvoiceSettings()
    log_format: Literal["text", "json"] = Field(
        "text", description="How log lines are written: for people, or an object a line."
    )
    watch: WatchSettings = WatchSettings()

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,  # noqa: ARG003
        file_secret_settings: PydanticBaseSettingsSource,  # noqa: ARG003
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """Arguments first, then the environment, then the TOML file."""
        file = Path(os.environ.get(SETTINGS_FILE, "svarut.toml"))
        return init_settings, env_settings, TomlConfigSettingsSource(settings_cls, file)

    @model_validator(mode="after")
    def _one_way_to_be_known(self) -> Self:
        if self.maskinporten.client_id and self.altinn.token.get_secret_value():
            raise ValueError("altinn.token and maskinporten.client_id are both set; unset one")
        return self

    @model_validator(mode="after")
    def _start_paths_at_home(self) -> Self:
        home = self.home.expanduser().absolute()
        for name in type(self).model_fields:
            if name.endswith("_folder"):
                object.__setattr__(self, name, home / getattr(self, name))
        for group in ("inbox_server", "openpgp", "vendor"):
            object.__setattr__(self, group, getattr(self, group).starting_at(home))
        port = self.maskinporten.model_copy(update={"key_file": home / self.maskinporten.key_file})
        object.__setattr__(self, "maskinporten", port)
        object.__setattr__(self, "watch", self.watch.starting_at(home))
        object.__setattr__(self, "home", home)
        prefix = "sqlite:///"
        if self.database_url.startswith(prefix):
            file = home / self.database_url.removeprefix(prefix)
            object.__setattr__(self, "database_url", f"{prefix}{file}")
        return self


def read_settings() -> Settings:
    """Read the settings from the environment and the TOML file.

    Raises NeedsAPerson with every fault at once; values are not repeated, they may be secret.
    """
    named = os.environ.get(SETTINGS_FILE)
    if named and not Path(named).is_file():
        raise NeedsAPerson(
            "the settings file is not there",
            where=f"{SETTINGS_FILE}={named}",
            do="write it, or unset the variable; docs/settings.md lists every setting",
        )
    try:
        return Settings()
    except ValidationError as fault:
        faults = "; ".join(
            f"{'.'.join(str(part) for part in error['loc'])}: {error['msg']}"
            for error in fault.errors(include_input=False, include_url=False)
        )
        raise NeedsAPerson(
            f"the settings have {fault.error_count()} faults: {faults}",
            where=named or "environment SVARUT_* and svarut.toml",
            do="mend them all; docs/settings.md lists every setting",
        ) from None
