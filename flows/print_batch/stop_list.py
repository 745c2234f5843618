"""The list of letters the vendor is to stop, as a file, and the vendor's answer to it."""

import json
from datetime import UTC
from typing import Literal

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, ValidationError

from flows.database.stops import Place, StopList
from flows.domain.batch import BatchId
from flows.print_batch.ok_file import Sha256, is_whole, sha256_of_bytes


class StopResult(BaseModel):
    """What became of one piece."""

    model_config = ConfigDict(frozen=True, strict=True, extra="ignore")

    batch: str
    attempt: int = Field(ge=1)
    piece: int = Field(ge=1)
    shipment: str = Field(max_length=64)
    result: Literal["stopped", "too_late"]


class StopAnswer(BaseModel):
    """The answer file of docs/formats/stop_list.md, section 3."""

    model_config = ConfigDict(frozen=True, strict=True, extra="ignore")

    schema_version: Literal["svarut/stoppsvar/1"] = Field(alias="schema")
    list_name: str = Field(alias="list")
    number: int
    answered: AwareDatetime
    sha256: Sha256
    pieces: list[StopResult]

    @property
    def said(self) -> dict[Place, bool]:
        """Whether each piece was stopped."""
        return {
            Place(BatchId(one.batch), one.attempt, one.piece): one.result == "stopped"
            for one in self.pieces
        }


def content_of(wanted: StopList, customer: str) -> bytes:
    """Return a list as the vendor gets it: the same bytes whenever it is made. Nothing personal."""
    said = {
        "schema": "svarut/stoppliste/1",
        "customer": customer,
        "number": wanted.number,
        "made": wanted.made_at.astimezone(UTC).isoformat(timespec="seconds"),
        "pieces": [
            {
                "package": f"{one.place.batch_id}-f{one.place.attempt}.zip",
                "batch": one.place.batch_id,
                "attempt": one.place.attempt,
                "piece": one.place.number,
                "shipment": one.shipment_id,
            }
            for one in wanted.wishes
        ],
    }
    return f"{json.dumps(said, indent=1)}\n".encode()


def ok_of(content: bytes, letters: int) -> bytes:
    """Return the `.ok` of a list."""
    facts = {"sha256": sha256_of_bytes(content), "size_bytes": len(content), "letters": letters}
    return json.dumps(facts).encode()


def read_answer(content: bytes, ok: bytes) -> StopAnswer | None:
    """Read an answer and its `.ok`; None when either is not what the format says."""
    if not is_whole(content, ok):
        return None
    try:
        return StopAnswer.model_validate_json(content)
    except ValidationError:
        return None


def why_not(answer: StopAnswer, sent: StopList, sha256: str) -> str:
    """Return why an answer cannot be to a list with this SHA-256; empty: it can."""
    pairs = [
        (answer.list_name, sent.name, "list"),
        (answer.number, sent.number, "number"),
        (answer.sha256, sha256, "SHA-256"),
    ]
    wrong = [f"another {what} than was sent" for theirs, ours, what in pairs if theirs != ours]
    asked = sorted((one.place, str(one.shipment_id)) for one in sent.wishes)
    answered = sorted(
        (Place(BatchId(one.batch), one.attempt, one.piece), one.shipment) for one in answer.pieces
    )
    if answered != asked:
        wrong.append("it answers for other pieces than were asked about, or not for each once")
    return "; ".join(wrong)
