"""The crons of prefect.yaml, reckoned by Prefect itself."""

import asyncio
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import yaml
from conftest import ROOT
from prefect.server.schemas.schedules import CronSchedule


@dataclass(frozen=True)
class Cron:
    """One schedule of a deployment."""

    flow: str
    text: str
    timezone: str

    def moments(self, after: datetime, until: datetime) -> list[datetime]:
        """Return when it fires after one moment, up to and with another; in UTC."""
        cron = CronSchedule(cron=self.text, timezone=self.timezone)
        # Prefect begins with a moment that is the start itself.
        start = after + timedelta(seconds=1)
        found = asyncio.run(cron.get_dates(n=100_000, start=start, end=until))
        return [datetime.fromtimestamp(one.timestamp(), UTC) for one in found]  # no pendulum here

    def fires_at(self, moment: datetime) -> bool:
        return self.moments(moment - timedelta(minutes=1), moment) == [moment]


def crons() -> list[Cron]:
    """Return every schedule of prefect.yaml."""
    deployments = yaml.safe_load((ROOT / "prefect.yaml").read_text("utf-8"))["deployments"]
    return [
        Cron(deployment["entrypoint"].rpartition(".")[2], one["cron"], one["timezone"])
        for deployment in deployments
        for one in deployment["schedules"]
    ]
