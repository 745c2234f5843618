"""How log lines look, the same in every process: one event, one line, as text or as JSON."""

import json
import logging
import re
import traceback
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import UTC, datetime
from types import MappingProxyType
from typing import Any, Final, Literal

FORMAT: Final = "%(asctime)s %(levelname)s %(name)s %(message)s"

Shape = Literal["text", "json"]

CHATTY: Final = ("asyncio", "distributed", "httpx", "paramiko")
"""What others log may hold addresses of calls, and so the ids in them: ours says enough."""

_NONE: Final[Mapping[str, object]] = MappingProxyType({})
_IDS: ContextVar[Mapping[str, object]] = ContextVar("ids", default=_NONE)

# Everything that can end a line, move the cursor, or turn text around on a screen.
_UNSAFE: Final = re.compile(
    "[\\x00-\\x1f\\x7f-\\x9f\\u061c\\u200e\\u200f\\u2028\\u2029\\u202a-\\u202e\\u2066-\\u2069]"
)
_PLACE: Final = re.compile(r"(?:(\w+)=)?%(?:%|[-#0 +]*\d*(?:\.\d+)?([srdifgxX]))")
"""A value in a message, and the name before it: `shipment=%s`."""


def log_from(level: int | str, shape: Shape = "text") -> None:
    """Log our own steps from a level on, and others' warnings."""
    logging.basicConfig(level=level)
    log_as(shape)
    for name in CHATTY:
        logging.getLogger(name).setLevel(logging.WARNING)


def log_as(shape: Shape) -> None:
    """Write what this process logs as text or as JSON from now on."""
    for handler in logging.getLogger().handlers:
        if shape == "json" and isinstance(handler, logging.StreamHandler):
            handler.setFormatter(AsJson())
        elif type(handler) is logging.StreamHandler:  # Prefect's own have a look of their own
            handler.setFormatter(AsText(FORMAT))


def shape_now() -> Shape:
    """Return how this process logs, for those that it starts."""
    handlers = logging.getLogger().handlers
    return "json" if any(isinstance(each.formatter, AsJson) for each in handlers) else "text"


@contextmanager
def with_ids(**ids: object) -> Iterator[None]:
    """Say on every JSON line logged inside what it belongs to: a run, a batch, a shipment."""
    token = _IDS.set({**_IDS.get(), **ids})
    try:
        yield
    finally:
        _IDS.reset(token)


class AsText(logging.Formatter):
    """A line for people. Nothing logged can make a second line, or reach the terminal."""

    def formatMessage(self, record: logging.LogRecord) -> str:  # noqa: N802
        """Return the line, with what could end it written out."""
        return escaped(super().formatMessage(record))

    def formatException(self, ei: Any) -> str:  # noqa: N802
        """Return a traceback, each line behind a bar that no log line begins with."""
        lines = super().formatException(ei).split("\n")
        return "\n".join(f"  | {escaped(line)}" for line in lines)


class AsJson(logging.Formatter):
    """An object a line, for machines.

    Of an error of ours it says all; of others' only the kind and the way there, since their words
    may hold values.
    """

    def format(self, record: logging.LogRecord) -> str:
        """Return the line; JSON has no way to end it from inside."""
        at = datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds")
        line: dict[str, object] = {
            "at": at,
            "level": record.levelname,
            "logger": record.name,
            **_IDS.get(),
            **_named_values(record),
            "message": record.getMessage(),
        }
        if record.exc_info and record.exc_info[1] is not None:
            line |= _fault(record.exc_info[1])
        return json.dumps(line, default=str)


def escaped(text: str) -> str:
    """Return a text as one harmless line: control characters as Python writes them."""
    return _UNSAFE.sub(lambda found: found[0].encode("unicode_escape").decode("ascii"), text)


def _named_values(record: logging.LogRecord) -> dict[str, object]:
    """Return what a message says by name: of `sent batch=%s letters=%d` batch and letters."""
    if not isinstance(record.args, tuple):
        return {}
    places = [place for place in _PLACE.finditer(str(record.msg)) if place[2]]
    return {
        place[1]: value if isinstance(value, int | float) else str(value)
        for place, value in zip(places, record.args, strict=False)
        if place[1] and place[1] not in _OWN
    }


_OWN: Final = frozenset({"at", "level", "logger", "message", "error", "says", "trace"})


def _fault(fault: BaseException) -> dict[str, object]:
    steps = traceback.extract_tb(fault.__traceback__)
    told: dict[str, object] = {
        "error": type(fault).__name__,
        "trace": [f"{step.filename}:{step.lineno} {step.name}" for step in steps],
    }
    return {**told, "says": str(fault)} if hasattr(fault, "what") else told
