"""Strategy ``wait``: one answer for the whole promotion, or where it stands when the caller's patience ends."""

from __future__ import annotations

import asyncio
import json
from threading import Event
from typing import TYPE_CHECKING, Any

import pytest
from asgiref.sync import ThreadSensitiveContext, sync_to_async
from django.db import connections
from django.test import AsyncClient

from releases import stopping
from releases.actions.steering import pause_promotion, retry_step
from releases.api.waiting import patience_of
from tests.api.calling import CANDIDATE, caller_for, create_candidate, finish_promotion, open_dispatches, report
from tests.api.platform import build_platform
from tests.factories import person

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable

    from django.test.client import _MonkeyPatchedASGIResponse as Response

    from tests.api.calling import Caller

PATIENCE_S = 30


@pytest.fixture
async def closed_connections(transactional_db: None) -> AsyncIterator[None]:
    """Views of these tests run in a thread of the loop, whose connection would outlive the test's database."""
    yield
    await sync_to_async(connections.close_all)()


@pytest.fixture
def manager(transactional_db: None, closed_connections: None) -> Caller:
    build_platform()
    caller = caller_for("manager")
    create_candidate(caller)
    return caller


async def answer_to(manager: Caller, **headers: str) -> Response:
    # As a server does it: each request has a thread of its own.
    async with ThreadSensitiveContext():
        answer = await AsyncClient().post(
            f"/api/v1/releases/{CANDIDATE}/promotions",
            {"stage": "DEV", "strategy": "wait"},
            content_type="application/json",
            headers={"Authorization": f"Bearer {manager.token}", **headers},
        )
        await sync_to_async(connections.close_all)()
    return answer


async def promoted(manager: Caller, **headers: str) -> tuple[int, dict[str, Any], str]:
    answer = await answer_to(manager, **headers)
    return answer.status_code, json.loads(answer.content), answer.headers.get("Preference-Applied", "")


async def answered(manager: Caller, *deeds: Callable[[], object]) -> dict[str, Any]:
    """Return what who waits is told, where these deeds follow each other once the first order is out."""
    waiting = asyncio.create_task(promoted(manager))
    async with asyncio.timeout(PATIENCE_S):
        while not await sync_to_async(open_dispatches)():  # noqa: ASYNC110 (a commit elsewhere is no event here)
            await asyncio.sleep(0)
        for deed in deeds:
            assert not waiting.done()
            await sync_to_async(deed)()
        status, result, _ = await waiting
    assert status == 200, result
    return result


def say(status: str) -> Callable[[], object]:
    return lambda: report(open_dispatches()[0], status)


def pause() -> None:
    pause_promotion(actor=person(), version=CANDIDATE)


async def test_who_waits_gets_every_result_of_every_phase(manager: Caller) -> None:
    result = await answered(manager, finish_promotion)

    assert (result["state"], result["expected"], result["respondents"]) == ("succeeded", 5, 5)
    assert [(slot["source"], slot["state"]) for slot in result["slots"]] == [
        (service, "succeeded") for service in ("inventory", "checkout", "recommendations", "web", "helm")
    ]
    assert [(session["phase"], session["state"]) for session in result["sessions"]] == [
        (phase, "succeeded") for phase in (1, 2, 3, 4)
    ]


async def test_a_promotion_that_is_held_is_at_rest_once_nobody_works_any_more(manager: Caller) -> None:
    result = await answered(manager, say("succeeded"), say("failed"), say("succeeded"))

    states = {slot["source"]: slot["state"] for slot in result["slots"]}
    assert states == {"inventory": "succeeded", "checkout": "failed", "recommendations": "succeeded"}
    assert (result["state"], result["respondents"], result["errors"]) == ("held", 2, 1)


async def test_a_paused_promotion_is_at_rest_though_an_order_is_not_sent(manager: Caller) -> None:
    assert (await answered(manager, pause))["state"] == "paused"


async def test_a_paused_promotion_is_not_at_rest_while_a_service_works(manager: Caller) -> None:
    result = await answered(manager, say("accepted"), pause, say("succeeded"))

    assert (result["state"], [slot["state"] for slot in result["slots"]]) == ("paused", ["succeeded"])


async def test_of_a_service_that_was_asked_again_the_newest_attempt_counts(manager: Caller) -> None:
    def retry() -> None:
        report(open_dispatches()[0], "failed")
        retry_step(actor=person(), version=CANDIDATE, service="inventory")

    once = {"Prefer": "wait=0", "Idempotency-Key": "autumn"}
    assert (await promoted(manager, **once))[0] == 202
    await sync_to_async(retry)()
    await sync_to_async(finish_promotion)()
    status, result, _ = await promoted(manager, **once)

    assert (status, result["expected"], result["errors"], len(result["sessions"])) == (200, 5, 0, 5)


async def test_when_the_callers_patience_ends_it_is_told_the_state(manager: Caller) -> None:
    status, started, applied = await promoted(manager, Prefer="respond-async, wait=0")

    assert (status, started["state"], started["expected"], applied) == (202, "running", 1, "wait=0")


async def test_who_waits_where_the_board_stops_is_told_where_to_go_on(
    manager: Caller, monkeypatch: pytest.MonkeyPatch
) -> None:
    stop = Event()
    monkeypatch.setattr(stopping, "_BEGUN", stop)
    waiting = asyncio.create_task(answer_to(manager))
    async with asyncio.timeout(PATIENCE_S):
        while not await sync_to_async(open_dispatches)():  # noqa: ASYNC110 (a commit elsewhere is no event here)
            await asyncio.sleep(0)
        stop.set()
        answer = await waiting

    assert (answer.status_code, json.loads(answer.content)["state"]) == (202, "running")
    assert (answer["Location"], answer["Retry-After"]) == (f"http://testserver/api/v1/releases/{CANDIDATE}", "1")


async def test_when_every_phase_has_had_its_time_nobody_waits_longer(
    manager: Caller, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("releases.api.waiting.SWEEPS_TAKE", -PATIENCE_S * 4 * patience_of("wait=1"))

    status, started, _ = await promoted(manager)

    assert (status, started["state"]) == (202, "running")


@pytest.mark.parametrize(
    ("prefer", "seconds"),
    [
        ("", 300),
        ("wait=10", 10),
        ("wait=0", 0),
        ('handling=lenient; x="1", Wait = "20"', 20),
        ("respond-async,wait=7", 7),
        ("wait=99999", 300),
        ("wait=soon", 300),
        ("wait=-1", 300),
        ("await=5", 300),
        ("wait=10s", 300),
    ],
)
def test_patience_is_what_the_caller_prefers_up_to_five_minutes(prefer: str, seconds: int) -> None:
    assert patience_of(prefer).total_seconds() == seconds
