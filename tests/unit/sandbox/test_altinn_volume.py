"""A hundred thousand letters fit, and a search looks at its window alone."""

import asyncio
import gc
import tracemalloc
from datetime import datetime, timedelta

import httpx
from altinn_letters import API, HEADERS, NOW

from flows.sandbox.altinn import create_app
from flows.sandbox.altinn_index import SearchIndex
from flows.sandbox.altinn_mail import Mail

LETTERS = 400
BYTES_A_LETTER = 6_000
"""A hundred thousand of them are 600 MB, so that all of it stays under 1 GB."""


def body(place: int) -> dict[str, object]:
    return {
        "correspondence": {
            "resourceId": "svarut-post",
            "sendersReference": f"shipment-{place:036d}",
            "content": {
                "messageTitle": "Vedtak om kommunale avgifter",
                "messageBody": "Du har fått et brev. Det ligger som vedlegg. " * 10,
            },
            "propertyList": {"scenario": "reads_at_once"},
        },
        "recipients": ["01818550029"],
        "idempotentKey": f"5f6c2a0e-7d0b-5c52-8c7a-{place:012d}",
    }


def test_a_letter_costs_a_few_kilobytes() -> None:
    app = create_app()
    transport = httpx.ASGITransport(app)

    async def send(first: int) -> None:
        url = "http://altinn"
        async with httpx.AsyncClient(transport=transport, base_url=url, headers=HEADERS) as client:
            for place in range(first, first + LETTERS):
                answer = await client.post(f"{API}/correspondence", json=body(place))
                assert answer.status_code == 200
            app.state.room.now += timedelta(days=2)
            ids = list(app.state.room.mail)
            for letter in ids[-LETTERS:]:
                await client.get(f"{API}/correspondence/{letter}")

    asyncio.run(send(0))  # whatever is made once is made now
    gc.collect()
    tracemalloc.start()
    asyncio.run(send(LETTERS))
    gc.collect()
    used, _ = tracemalloc.get_traced_memory()
    tracemalloc.stop()

    assert len(app.state.room.mail) == 2 * LETTERS
    assert used / LETTERS < BYTES_A_LETTER


def test_a_search_looks_only_inside_its_window() -> None:
    index: SearchIndex[Mail] = SearchIndex()
    for place in range(1000):
        index.add(mail(NOW + timedelta(minutes=place % 100)))

    inside = list(index.window("svarut-post", NOW, NOW + timedelta(minutes=2)))

    assert [one.requested_publish for one in inside] == [NOW + timedelta(minutes=1)] * 10


def mail(at: datetime) -> Mail:
    return Mail("id", None, "urn", "reference", "svarut-post", NOW, at, "never", b"{}")
