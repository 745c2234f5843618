"""Letters sent to the Altinn stand-in as a sender sends them, for its own tests."""

import hashlib
import uuid
from datetime import UTC, datetime, timedelta
from random import Random
from typing import Any

import httpx
from stand_ins import AltinnStandIn

from flows.sandbox.scenarios import number_for

NOW = datetime(2026, 11, 23, 8, tzinfo=UTC)
API = "/correspondence/api/v1"
BASE = f"{API}/correspondence"
URN = "urn:altinn:person:identifier-no:"
PDF = b"%PDF-1.7 brev"
HEADERS = {"Authorization": "Bearer sandbox", "Accept": "application/json"}
PART = "correspondence.content.attachments[0]"


class Sender:
    """A sender at a running stand-in."""

    def __init__(self, altinn: AltinnStandIn) -> None:
        self.altinn, self.random = altinn, Random(1)
        self.client = httpx.Client(base_url=altinn.url, headers=HEADERS)

    def someone(self, scenario: str = "never_reads") -> str:
        return number_for(scenario, self.random)

    def form(self, **changes: Any) -> dict[str, Any]:
        usual = {
            "recipients[0]": self.someone(),
            "idempotentKey": str(uuid.UUID(int=self.random.getrandbits(128), version=4)),
            "correspondence.resourceId": "svarut-post",
            "correspondence.sendersReference": f"shipment-{self.random.getrandbits(32)}",
            "correspondence.content.messageTitle": "Vedtak",
            "correspondence.content.messageBody": "Se vedlegg.",
            f"{PART}.fileName": "brev.pdf",
            f"{PART}.sendersReference": "1",
            f"{PART}.checksum": hashlib.md5(PDF).hexdigest(),
        }
        return {name: value for name, value in {**usual, **changes}.items() if value is not None}

    def send(self, **changes: Any) -> httpx.Response:
        form = self.form(**changes)
        name = form.get(f"{PART}.fileName") or "brev.pdf"
        files = {"attachments": (name, PDF, "application/pdf")}
        return self.client.post(f"{BASE}/upload", data=form, files=files)

    def sent(self, scenario: str = "never_reads", **changes: Any) -> str:
        answer = self.send(**{"recipients[0]": self.someone(scenario), **changes})
        assert answer.status_code == 200, answer.text
        found: str = answer.json()["correspondences"][0]["correspondenceId"]
        return found

    def json(self, *recipients: str, **changes: Any) -> dict[str, Any]:
        return {
            "correspondence": {
                "resourceId": "svarut-post",
                "sendersReference": "shipment-1",
                "content": {"messageTitle": "Vedtak", "messageBody": "Se vedlegg."},
            },
            "recipients": list(recipients) or [self.someone()],
            **changes,
        }

    def post(self, path: str, body: Any) -> httpx.Response:
        return self.client.post(f"{API}{path}", json=body)

    def overview(self, letter: str) -> Any:
        return self.client.get(f"{BASE}/{letter}").json()

    def history(self, letter: str) -> list[str]:
        details = self.client.get(f"{BASE}/{letter}/details").json()
        return [one["status"] for one in details["statusHistory"]]

    def search(self, **query: str) -> Any:
        question = {"resourceId": "svarut-post", "role": "Sender", **query}
        return self.client.get(BASE, params=question).json()

    def later(self, **span: float) -> None:
        self.altinn.set_clock(NOW + timedelta(**span))
