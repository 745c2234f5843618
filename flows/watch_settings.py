"""The settings of what watches the rest: whom to tell, and how long things may take."""

from datetime import date
from pathlib import Path
from typing import Self

from pydantic import BaseModel, ConfigDict, Field, SecretStr, model_validator


class WatchSettings(BaseModel):
    """Who is told of alarms and how, and what is too long, too little or too soon."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    mail_to: tuple[str, ...] = Field((), description="Who is told by e-mail; none: nobody.")
    mail_from: str = Field("svarut@localhost", description="Whom the e-mail is from.")
    smtp_host: str = Field("127.0.0.1", description="The mail server.")
    smtp_port: int = Field(25, ge=1, le=65535, description="Its port.")
    smtp_starttls: bool = Field(
        default=False, description="Encrypt with STARTTLS, and refuse a server that will not."
    )
    smtp_ca_file: Path | None = Field(
        None, description="Who vouches for the mail server; left out: whom the machine trusts."
    )
    smtp_user: str = Field("", description="Our name there; empty: no login. Only with STARTTLS.")
    smtp_password: SecretStr = Field(SecretStr(""), description="Our password there.")
    webhook_url: SecretStr = Field(
        SecretStr(""), description="Where alarms are posted as JSON; empty: nowhere."
    )
    webhook_secret: SecretStr = Field(
        SecretStr(""), description="Signs what is posted: docs/watching.md."
    )
    heartbeat_url: SecretStr = Field(
        SecretStr(""),
        description="Called whenever the watch has run: whoever is called hears when it stops.",
    )
    timeout_seconds: float = Field(20, gt=0, description="How long to wait for each of these.")
    runbook_url: str = Field(
        "docs/runbook.md", description="Where the runbook is for those who are told."
    )
    metrics_file: Path | None = Field(
        None, description="Prometheus' text file, written by each watch; left out: none."
    )
    schedules: dict[str, str] = Field(
        default_factory=dict,
        description="Where flows do not run as in prefect.yaml: flow -> cron; empty: never.",
    )
    grace_minutes: int = Field(20, ge=1, description="A run may begin so much later than planned.")
    failing_minutes: int = Field(
        60, ge=0, description="A flow may fail for want of a network or a lock for so long."
    )
    run_hours: int = Field(4, ge=1, description="A run that has not ended by then is lost.")
    remind_hours: int = Field(24, ge=1, description="An alarm that is still so is told again.")
    runs_kept_days: int = Field(
        90, ge=7, description="Runs, ended alarms and messages are kept this long."
    )
    received_hours: int = Field(1, ge=0, description="A letter may be MOTTATT for so long.")
    accepted_hours: int = Field(
        4, ge=0, description="A letter may be AKSEPTERT, and not due for print, for so long."
    )
    digital_days: int = Field(
        90, ge=1, description="A digital-only letter may be SENDT_DIGITALT, unread, for so long."
    )
    held_days: int = Field(7, ge=0, description="A letter may be held for so long.")
    batch_hours: int = Field(
        6, ge=0, description="A batch may be reserved, assembled or half handed over for so long."
    )
    answer_hours: int = Field(
        2, ge=0, description="What came from the vendor, and what senders are to be told, may wait."
    )
    due_working_days: int = Field(
        1, ge=0, description="A letter may be due and in no batch until so many have passed."
    )
    item_hours: int = Field(1, ge=0, description="An open item may wait for somebody to take it.")
    price_days: int = Field(
        14, ge=0, description="A price list that ends sooner than this is an alarm."
    )
    expiry_days: int = Field(
        30, ge=0, description="A key or certificate that ends sooner than this is an alarm."
    )
    expires_on: dict[str, date] = Field(
        default_factory=dict,
        description="What ends when, where no file says so: a name -> a date. `maskinporten key`.",
    )
    certificate_files: tuple[Path, ...] = Field(
        (), description="More files whose end is watched: X.509, OpenSSH or OpenPGP."
    )
    disk_free_gb: float = Field(5, ge=0, description="Less room than this on a disk is an alarm.")

    def starting_at(self, home: Path) -> Self:
        """Return the same with relative paths starting at a folder."""
        files = {
            name: home / file
            for name in ("smtp_ca_file", "metrics_file")
            if (file := getattr(self, name)) is not None
        }
        more = tuple(home / file for file in self.certificate_files)
        return self.model_copy(update={**files, "certificate_files": more})

    @model_validator(mode="after")
    def _keep_the_password_to_ourselves(self) -> Self:
        if self.smtp_user and not self.smtp_starttls:
            raise ValueError("smtp_user is set, so smtp_starttls must be: a password is not shown")
        if self.webhook_url.get_secret_value() and not self.webhook_secret.get_secret_value():
            raise ValueError("webhook_url is set, so webhook_secret must be too")
        return self
