"""The Altinn stand-in against the published description: every operation, generated requests.

Where the description and the API's source disagree the source wins, and the test says where
(docs/decisions/0019): an expired token gives 401 without a body, and `content`, hidden from the
public description, has answers that are not described.
"""

import uuid
from collections import Counter
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path
from random import Random
from typing import Any

import httpx
import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, assume, given, settings
from schemathesis import GenerationMode
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    negative_data_rejection,
    response_schema_conformance,
    status_code_conformance,
)
from stand_ins import AltinnStandIn, running_altinn

from flows.sandbox.scenarios import number_for

API = "/correspondence/api/v1"
ONE = f"{API}/correspondence/{{correspondenceId}}"
FILE = f"{API}/attachment/{{attachmentId}}"
OPERATIONS = [
    f"POST {API}/attachment",
    f"POST {FILE}/upload",
    f"GET {FILE}",
    f"DELETE {FILE}",
    f"GET {FILE}/details",
    f"GET {FILE}/download",
    f"POST {API}/correspondence",
    f"GET {API}/correspondence",
    f"POST {API}/correspondence/upload",
    f"GET {ONE}",
    f"GET {ONE}/details",
    f"GET {ONE}/content",
    f"POST {ONE}/confirm",
    f"DELETE {ONE}/purge",
    f"GET {ONE}/attachment/{{attachmentId}}/download",
    f"POST {ONE}/markasread",
    f"POST {ONE}/forward",
    f"GET {ONE}/attachments/downloadall",
]
BODIES = tuple(
    f"POST {path}"
    for path in (
        f"{API}/attachment",
        f"{API}/correspondence",
        f"{API}/correspondence/upload",
        f"{ONE}/forward",
    )
)
EXAMPLES = 12
TOKEN = {"Authorization": "Bearer sandbox"}


class World:
    """A stand-in with things in it to ask about."""

    def __init__(self, altinn: AltinnStandIn) -> None:
        self.altinn = altinn
        self.client = httpx.Client(base_url=altinn.url, headers=TOKEN)
        self.random = Random(1)

    def letter(self, operation: str) -> tuple[str, str]:
        """A letter fit for an operation, and its attachment."""
        scenario = "stuck" if operation.endswith("/purge") else "after:0h"
        part = "correspondence.content.attachments[0]"
        form = {
            "recipients[0]": number_for("never_reads", self.random),
            "correspondence.resourceId": "forwardable",
            "correspondence.sendersReference": "described",
            "correspondence.content.messageTitle": "Vedtak",
            "correspondence.content.messageBody": "Se vedlegg.",
            "correspondence.allowForwarding": "true",
            "correspondence.propertyList.scenario": scenario,
            f"{part}.fileName": "brev.pdf",
            f"{part}.sendersReference": "1",
        }
        files = {"attachments": ("brev.pdf", b"%PDF-1.7", "application/pdf")}
        answer = self.client.post(f"{API}/correspondence/upload", data=form, files=files)
        said = answer.raise_for_status().json()
        return said["correspondences"][0]["correspondenceId"], said["attachmentIds"][0]

    def attachment(self, operation: str) -> str:
        """A shared attachment fit for an operation."""
        said = {"resourceId": "x", "fileName": "brev.pdf", "sendersReference": "1"}
        found = self.client.post(f"{API}/attachment", json=said).raise_for_status().json()
        if not operation.endswith("/upload"):
            octets = {"Content-Type": "application/octet-stream"}
            url = f"{API}/attachment/{found}/upload"
            self.client.post(url, content=b"%PDF-1.7", headers=octets).raise_for_status()
        return str(found)

    def made_real(self, operation: str, case: Any) -> None:
        """Let a generated request be about something there is, and break no rule of the trade."""
        if "correspondenceId" in case.path_parameters:
            letter, attachment = self.letter(operation)
            case.path_parameters["correspondenceId"] = letter
            if "attachmentId" in case.path_parameters:
                case.path_parameters["attachmentId"] = attachment
        elif "attachmentId" in case.path_parameters:
            case.path_parameters["attachmentId"] = self.attachment(operation)
        # The description says that bodies may be left out; a request that does a thing has one.
        assume(operation not in BODIES or isinstance(case.body, dict))
        if operation.endswith("/attachment"):
            case.body |= {"fileName": "brev.pdf", "expirationInDays": None}
        elif operation.endswith("/upload") and operation.startswith(f"POST {FILE}"):
            case.body = b"%PDF-1.7"
        elif operation == f"POST {API}/correspondence":
            self._good(case.body)
        elif operation == f"POST {API}/correspondence/upload":
            case.body = self._good_form(case.body)
        elif operation == f"GET {API}/correspondence":
            case.query = {"resourceId": "forwardable", "role": "Sender"}

    def _good(self, body: dict[str, Any]) -> None:
        body["recipients"] = [number_for("never_reads", self.random)]
        body["idempotentKey"] = str(uuid.UUID(int=self.random.getrandbits(128), version=4))
        body.pop("existingAttachments", None)
        letter = body["correspondence"]
        letter["content"] |= {
            "messageTitle": "Vedtak",
            "messageBody": "Se vedlegg.",
            "language": "nb",
            "attachments": [],
        }
        for name in (
            "messageSender",
            "requestedPublishTime",
            "dueDateTime",
            "externalReferences",
            "replyOptions",
            "notification",
            "isConfirmationNeeded",
            "allowForwarding",
        ):
            letter.pop(name, None)

    def _good_form(self, body: dict[str, Any]) -> dict[str, Any]:
        return {
            "Correspondence.ResourceId": "forwardable",  # no colon, which the form's schema omits
            "Correspondence.SendersReference": body["Correspondence.SendersReference"],
            "Correspondence.Content.MessageTitle": "Vedtak",
            "Correspondence.Content.MessageBody": "Se vedlegg.",
            "Recipients": [number_for("never_reads", self.random)],
            "IdempotentKey": str(uuid.UUID(int=self.random.getrandbits(128), version=4)),
        }


@pytest.fixture(scope="module")
def world() -> Iterator[World]:
    no_time = timedelta()
    with running_altinn(publish_delay=no_time, scan_delay=no_time) as altinn:
        altinn.order("resources", forwardable={"authentication_level": 0}, **{"*": {}})
        made = World(altinn)
        yield made
        made.client.close()


@pytest.fixture(scope="module")
def description(shared: Path) -> Any:
    path = shared / "specs/altinn/altinn-correspondence-v1.derived-2026-08.json"
    return schemathesis.openapi.from_path(str(path))


def operations(description: Any) -> dict[str, Any]:
    return {one.ok().label: one.ok() for one in description.get_all_operations()}


def ask(
    world: World, operation: Any, mode: GenerationMode, change: Callable[[Any], None]
) -> Counter[int]:
    """Ask with generated requests; every answer is checked; return how often which status came."""
    seen: Counter[int] = Counter()
    checks = [not_a_server_error, status_code_conformance, content_type_conformance]
    checks.append(response_schema_conformance)
    if mode is GenerationMode.NEGATIVE:
        checks.append(negative_data_rejection)

    @settings(
        max_examples=EXAMPLES,
        database=None,
        deadline=None,
        derandomize=True,
        suppress_health_check=list(HealthCheck),
        phases=[Phase.generate],
    )
    @given(case=operation.as_strategy(generation_mode=mode))
    def run(case: Any) -> None:
        change(case)
        answer = case.call(base_url=world.altinn.url, headers=TOKEN)
        seen[answer.status_code] += 1
        without_body = answer.status_code == 401 and not answer.content
        hidden = operation.label.endswith("/content")
        if without_body or (hidden and answer.status_code == 404):
            return
        case.validate_response(answer, checks=checks)

    run()
    return seen


def nothing(_: Any) -> None:
    """Leave a request as it is."""


def test_the_description_has_these_operations(description: Any) -> None:
    assert sorted(operations(description)) == sorted(OPERATIONS)


@pytest.mark.parametrize("label", OPERATIONS)
def test_answers_are_as_described(world: World, description: Any, label: str) -> None:
    operation = operations(description)[label]

    ask(world, operation, GenerationMode.POSITIVE, nothing)
    ask(world, operation, GenerationMode.NEGATIVE, nothing)
    real = ask(
        world,
        operation,
        GenerationMode.POSITIVE,
        lambda case: world.made_real(label, case),
    )

    assert set(real) == {200}
