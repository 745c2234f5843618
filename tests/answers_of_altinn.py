"""Answers made from Altinn's own description, and answers as a bad day makes them."""

import json
from collections.abc import Mapping
from functools import cache
from typing import Any

import httpx
from hypothesis import strategies as st
from legal_requests import BASE, document

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=20),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3)
    ),
    max_leaves=6,
)

TEXTS: Mapping[str, st.SearchStrategy[str]] = {
    "uuid": st.uuids().map(str) | st.uuids().map(str) | st.sampled_from(["", "17", "../x"]),
    "date-time": st.sampled_from(
        [
            "2026-11-24T05:00:04.2Z",
            "2026-11-25T18:00:00+01:00",
            "2026-11-24T05:00:04.1234567Z",
            "2026-11-24T05:00:04",
            "0001-01-01T00:00:00",
            "0001-01-01T00:00:00+14:00",
            "9999-12-31T23:59:59.9999999Z",
        ]
    ),
}

CODES = [1001, 1013, 1014, 1018, 1020, 1029, 1030, 1032, 1034, 1036, 1044, 1047, 1055]
CODES += [2000, 2002, 2008, 2014, 2022, 3004, 4001, 4002, 4009, 9999, 0, -1]

DEEP = {
    "CorrespondenceContentExt",
    "InitializeCorrespondenceNotificationExt",
    "CorrespondenceNotificationOverview",
    "InitializedCorrespondencesNotificationsExt",
    "NotificationExt",
    "ExternalReferenceExt",
    "CorrespondenceReplyOptionExt",
}
"""Parts of an answer that no question of ours is about."""

TELLING = {
    *("correspondences", "correspondenceId", "ids", "status", "statusText", "statusChanged"),
    *("published", "read", "statusHistory", "errorCode", "code"),
}
"""Parts of an answer that decide what becomes of a letter."""

STATUSES = [201, 204, 301, *[400] * 6, 401, 403, 404, 405, 406, 408, 409, 410]
STATUSES += [413, 415, 422, 429, 451, 500, 502, 503, 504, 599]

BARE = st.text(max_size=30).map(lambda text: json.dumps(text).encode())
HTML = b"<html><head><title>502 Bad Gateway</title></head><body>\xe6\xf8\xe5</body></html>"


@cache
def named(name: str) -> st.SearchStrategy[Any]:
    """Return values of one of the description's schemas."""
    return st.deferred(lambda: _valid(document()["components"]["schemas"][name]))


@st.composite
def _objects(draw: st.DrawFn, properties: Mapping[str, Any]) -> dict[str, Any]:
    """Return objects as described, some of the rest left out, half of them with one damage."""
    telling = [name for name in properties if name in TELLING]
    rest = [name for name in properties if name not in TELLING]
    some = draw(st.lists(st.sampled_from(rest), max_size=2, unique=True)) if rest else []
    found = {name: draw(_valid(properties[name])) for name in (*telling, *some)}
    if found and draw(st.booleans()):
        name = draw(st.sampled_from(sorted(found)))
        found[name] = draw(st.none() | JSON)
        if found[name] == 0:
            del found[name]
    if draw(st.integers(0, 5)) == 5:
        found["colour"] = draw(JSON)
    return found


def _valid(schema: Mapping[str, Any]) -> st.SearchStrategy[Any]:
    if "$ref" in schema:
        name = schema["$ref"].split("/")[-1]
        return named(name) if name not in DEEP else st.just({})
    if "enum" in schema:
        known = st.sampled_from(schema["enum"])
        return known | known | known | st.sampled_from(["Snoozed", "", "read"])
    kind = schema.get("type")
    if kind == "object":
        return _objects(schema.get("properties", {}))
    if kind == "array":
        item = _valid(schema["items"])
        return st.lists(item, max_size=4) | st.lists(item, max_size=4) | st.lists(item | JSON)
    simple: Mapping[str, st.SearchStrategy[Any]] = {
        "boolean": st.booleans(),
        "integer": st.sampled_from(CODES) | st.integers(),
    }
    return simple.get(str(kind), TEXTS.get(schema.get("format", ""), st.text(max_size=20)))


SHAPES = {
    "upload": "InitializeCorrespondencesResponseExt",
    "search": "CorrespondencesExt",
    "overview": "CorrespondenceOverviewExt",
    "details": "CorrespondenceDetailsExt",
    "purge": "",
}
HEADERS = [
    {"Content-Type": "application/json"},
    {"Content-Type": "application/problem+json; charset=utf-16"},
    {"Content-Type": "text/html; charset=nonsense"},
    {"Retry-After": "2"},
    {"Retry-After": "Tue, 24 Nov 2026 12:00:41 GMT"},
    {"Retry-After": "Tue, 99 Nov 2026"},
    {"Location": "http://[::"},
]


@st.composite
def answers(draw: st.DrawFn, operation: str, reference: str) -> httpx.Response:
    """Return an answer of an operation: good, a problem, or damaged."""
    good = draw(st.integers(0, 9)) < 6
    status = 200 if good else draw(st.sampled_from(STATUSES))
    headers = HEADERS[0] if good else draw(st.sampled_from(HEADERS))
    shape = SHAPES[operation] if status < 300 else "AltinnProblemDetails"
    whole = draw(named(shape)) if shape else draw(st.just(reference) | JSON)
    return httpx.Response(status, headers=headers, content=draw(_on_the_wire(json.dumps(whole))))


@st.composite
def _on_the_wire(draw: st.DrawFn, text: str) -> bytes:
    whole = text.encode()
    kind = draw(st.integers(0, 15))
    if kind == 11:
        return whole[: draw(st.integers(0, len(whole)))]
    damaged = {12: st.just(HTML), 13: st.just(b""), 14: st.binary(max_size=40), 15: BARE}
    return draw(damaged.get(kind, st.just(whole)))


def operation_of(request: httpx.Request) -> str:
    """Return which operation a request asks for."""
    tail = request.url.path.removeprefix(BASE).strip("/").rpartition("/")[2]
    if tail in SHAPES:
        return tail
    return "overview" if tail else "search"
