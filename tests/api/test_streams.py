from __future__ import annotations

import asyncio
import json
from threading import Event
from typing import TYPE_CHECKING, Any, cast

import pytest
from asgiref.sync import sync_to_async
from django.db import connections
from django.test import AsyncClient

from releases import stopping
from tests.api.calling import caller_for, create_candidate, open_dispatches, promote, report
from tests.api.platform import build_platform

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from django.http import StreamingHttpResponse

    from tests.api.calling import Caller

pytestmark = pytest.mark.django_db(transaction=True)
PATIENCE_S = 20


@pytest.fixture
def manager(transactional_db: None) -> Caller:
    build_platform()
    caller = caller_for("manager")
    create_candidate(caller)
    return caller


@pytest.fixture
def correlation_id(manager: Caller) -> str:
    started: str = promote(manager)["correlation_id"]
    return started


@pytest.fixture(autouse=True)
async def closed_connections(manager: Caller) -> AsyncIterator[None]:
    """Views of these tests run in a thread of the loop, whose connection would outlive the test's database."""
    yield
    await sync_to_async(connections.close_all)()


async def follow(manager: Caller, correlation_id: str, after: int | None = None) -> StreamingHttpResponse:
    headers = {"Authorization": f"Bearer {manager.token}"} | (
        {"Last-Event-ID": str(after)} if after is not None else {}
    )
    answer = await AsyncClient().get(f"/api/v1/sessions/{correlation_id}/stream", headers=headers)
    return cast("StreamingHttpResponse", answer)


async def blocks_of(response: StreamingHttpResponse) -> list[str]:
    """Read a stream to its end."""
    async with asyncio.timeout(PATIENCE_S):
        content = cast("AsyncIterator[bytes]", response.streaming_content)
        return [block.decode() async for block in content]


async def events(response: StreamingHttpResponse) -> list[dict[str, Any]]:
    return [parsed(block) for block in await blocks_of(response) if not block.startswith(":")]


def parsed(block: str) -> dict[str, Any]:
    fields = dict(line.split(": ", 1) for line in block.strip().splitlines())
    return {"id": int(fields["id"]), "event": fields["event"], "data": json.loads(fields["data"])}


async def finish_first_phase() -> None:
    def run() -> None:
        dispatch = open_dispatches()[0]
        for number, status in enumerate(("progress", "succeeded"), start=1):
            answer = report(dispatch, status, sequence=number)
            assert answer.status_code == 200, answer.content

    await sync_to_async(run)()


async def test_a_stream_tells_a_session_from_its_beginning_to_its_summary(manager: Caller, correlation_id: str) -> None:
    await finish_first_phase()
    told = await events(await follow(manager, correlation_id))
    assert [(event["event"], event["data"]["kind"]) for event in told] == [
        ("state", "session.opened"),
        ("callback", "callback.applied"),
        ("callback", "callback.applied"),
        ("state", "slot.closed"),
        ("summary", "session.closed"),
    ]
    assert told[-1]["data"]["payload"]["status"] == "COMPLETE"


async def test_the_id_of_an_event_is_its_number_in_the_journal(manager: Caller, correlation_id: str) -> None:
    await finish_first_phase()
    told = await events(await follow(manager, correlation_id))
    assert [event["id"] for event in told] == [event["data"]["sequence"] for event in told]
    assert [event["id"] for event in told] == [3, 4, 5, 6, 7]


async def test_a_stream_follows_what_happens_after_it_was_opened(manager: Caller, correlation_id: str) -> None:
    response = await follow(manager, correlation_id)
    reading = asyncio.create_task(events(response))
    await finish_first_phase()
    assert [event["event"] for event in await reading] == ["state", "callback", "callback", "state", "summary"]


async def test_a_stream_goes_on_after_the_last_event_that_was_seen(manager: Caller, correlation_id: str) -> None:
    await finish_first_phase()
    told = await events(await follow(manager, correlation_id, after=5))
    assert [event["id"] for event in told] == [6, 7]


async def test_who_follows_where_the_board_stops_is_told_to_come_back_and_misses_nothing(
    manager: Caller, correlation_id: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    stop = Event()
    monkeypatch.setattr(stopping, "_BEGUN", stop)
    stop.set()
    blocks = await blocks_of(await follow(manager, correlation_id))
    assert [block.partition(":")[0] for block in blocks] == ["id", "retry"]

    stop.clear()
    await finish_first_phase()
    told = await events(await follow(manager, correlation_id, after=parsed(blocks[0])["id"]))
    assert [event["event"] for event in told] == ["callback", "callback", "state", "summary"]


async def test_after_the_summary_there_is_nothing_to_follow(manager: Caller, correlation_id: str) -> None:
    await finish_first_phase()
    response = await follow(manager, correlation_id, after=7)
    assert (response.status_code, response.content) == (204, b"")


@pytest.mark.parametrize("unknown", ["00000000-0000-4000-8000-000000000000", "nonsense"])
async def test_the_stream_of_an_unknown_session_is_not_found(manager: Caller, unknown: str) -> None:
    assert (await follow(manager, unknown)).status_code == 404


async def test_a_last_event_id_below_zero_is_malformed(manager: Caller, correlation_id: str) -> None:
    assert (await follow(manager, correlation_id, after=-1)).status_code == 422


async def test_a_stream_is_for_those_who_may_look(correlation_id: str) -> None:
    answer = await AsyncClient().get(f"/api/v1/sessions/{correlation_id}/stream")
    assert answer.status_code == 401
