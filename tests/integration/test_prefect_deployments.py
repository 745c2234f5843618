"""prefect.yaml against a real Prefect server: deployed, and scheduled runs appear."""

import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
import yaml
from conftest import ROOT

pytestmark = pytest.mark.integration

PREFECT = [sys.executable, "-m", "prefect"]


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, str]]:
    """A Prefect server on a free port; the environment that talks to it."""
    with socket.socket() as line:
        line.bind(("127.0.0.1", 0))
        port = line.getsockname()[1]
    home = tmp_path_factory.mktemp("prefect")
    kept = {name: value for name, value in os.environ.items() if not name.startswith("PREFECT_")}
    environment = {
        **kept,
        "DO_NOT_TRACK": "1",
        "PREFECT_API_URL": f"http://127.0.0.1:{port}/api",
        "PREFECT_CLI_PROMPT": "0",
        "PREFECT_HOME": str(home),
        "PREFECT_LOGGING_TO_API_ENABLED": "false",
        "PREFECT_SERVER_ANALYTICS_ENABLED": "false",
        "PREFECT_CLOUD_ENABLE_ORCHESTRATION_TELEMETRY": "false",
        "PREFECT_SERVER_SERVICES_SCHEDULER_LOOP_SECONDS": "2",
    }
    log = home / "server.log"
    with (
        log.open("w") as output,
        subprocess.Popen(
            [*PREFECT, "server", "start", "--host", "127.0.0.1", "--port", str(port)],
            env=environment,
            stdout=output,
            stderr=subprocess.STDOUT,
        ) as process,
    ):
        try:
            _wait_for_health(environment["PREFECT_API_URL"], process, log)
            yield environment
        finally:
            process.kill()


def _wait_for_health(api: str, process: subprocess.Popen[bytes], log: Path) -> None:
    for _ in range(240):
        if process.poll() is not None:
            pytest.fail(f"the server stopped: {log.read_text()[-2000:]}")
        try:
            if httpx.get(f"{api}/health", timeout=2).is_success:
                return
        except httpx.HTTPError:
            pass
        time.sleep(0.5)
    pytest.fail("the server did not answer within two minutes")


def run_prefect(environment: dict[str, str], *arguments: str) -> str:
    done = subprocess.run(
        [*PREFECT, *arguments],
        env=environment,
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=180,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def test_every_deployment_gets_scheduled_runs(server: dict[str, str]) -> None:
    # Health checks stay green when the scheduler fails in every cycle; only the runs show it.
    written = yaml.safe_load((ROOT / "prefect.yaml").read_text(encoding="utf-8"))
    run_prefect(server, "work-pool", "create", "svarut", "--type", "process")

    run_prefect(server, "--no-prompt", "deploy", "--all")

    api = server["PREFECT_API_URL"]
    deployments = httpx.post(f"{api}/deployments/filter", json={}).json()
    assert sorted(one["name"] for one in deployments) == sorted(
        one["name"] for one in written["deployments"]
    )
    waiting = {one["id"] for one in deployments}
    question = {"flow_runs": {"state": {"type": {"any_": ["SCHEDULED"]}}}, "limit": 200}
    deadline = time.monotonic() + 60
    while waiting and time.monotonic() < deadline:
        runs = httpx.post(f"{api}/flow_runs/filter", json=question).json()
        waiting -= {run["deployment_id"] for run in runs}
        time.sleep(1)
    assert not waiting, "no scheduled runs for some deployments"


def test_a_run_leaves_its_figures_and_the_watch_the_whole_screen(
    server: dict[str, str], tmp_path: Path
) -> None:
    work = (
        "from flows.database import schema; from flows.database.session import open_database\n"
        "from flows.settings import read_settings\n"
        "with open_database(read_settings().database_url) as database: schema.upgrade(database)\n"
        "from flows.print_batch.flow import Progress; from flows.watching.flow import watch\n"
        "watch()\n"
        "night = Progress(4)\n"
        "night.show(0); night.show(3)\n"
    )

    done = subprocess.run(
        [sys.executable, "-c", work],
        env={**server, "SVARUT_HOME": str(tmp_path), "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )

    assert done.returncode == 0, done.stdout + done.stderr
    api = server["PREFECT_API_URL"]
    found = {one["key"]: one for one in httpx.post(f"{api}/artifacts/filter", json={}).json()}
    assert {"run-watch", "status-flows", "status-the-night", "status-disks"} <= found.keys()
    assert '"ended"' in found["run-watch"]["data"]
    assert '"flow": "print-batch"' in found["status-flows"]["data"]
    assert (found["print-night"]["data"], found["print-night"]["type"]) == (75, "progress")
