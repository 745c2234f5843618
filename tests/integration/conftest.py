"""What the dispatch tests share: an Altinn on this machine, settings that lead there, a channel."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from builders import MONDAY
from dispatching import CONTENT
from pydantic import SecretStr
from stand_ins import AltinnStandIn, running_altinn

from flows.archive import Archive
from flows.dispatch.altinn import Altinn, open_altinn
from flows.settings import AltinnSettings, Settings


@pytest.fixture
def altinn() -> Iterator[AltinnStandIn]:
    with running_altinn() as stand_in:
        stand_in.set_clock(MONDAY)
        yield stand_in


@pytest.fixture
def settings(tmp_path: Path, altinn: AltinnStandIn) -> Settings:
    source = tmp_path / "brev.pdf"
    source.write_bytes(CONTENT)
    Archive(tmp_path / "archive").put(source)
    return Settings(
        home=tmp_path,
        altinn=AltinnSettings(url=altinn.url, token=SecretStr("sandbox"), timeout_seconds=5),
    )


@pytest.fixture
def channel(settings: Settings) -> Iterator[Altinn]:
    with open_altinn(settings) as opened:
        yield opened
