"""The board is killed in the middle of a release of each other kind and started again: it is carried out once."""

from __future__ import annotations

from collections import Counter
from functools import partial
from typing import TYPE_CHECKING

import pytest
from django.conf import settings

from bookverse.demo.addresses import SERVICES
from tests.factories import LIVE
from tests.waiting import until

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.flows.processes import Script
    from tests.flows.whole_board import Board

pytestmark = [
    pytest.mark.process,
    pytest.mark.skipif(bool(settings.REDIS_URL), reason="one process holds everything only without Redis"),
]
# Long enough to die in the middle of it, and within every deadline.
SLOW_MS = 5_000


def alone(_board: Board, script: Script) -> str:
    return planned(script, kind="independent", versions={"checkout": "1.5.3"})


def hotfix(_board: Board, script: Script) -> str:
    versions = {"checkout": "1.5.3"}
    return planned(script, kind="hotfix", urgency="CRITICAL", reason="Orders fail", versions=versions)


def planned(script: Script, **body: object) -> str:
    digest = script.post("/plans/preview", body)["digest"]
    return str(script.post("/releases", {**body, "accept_digest": digest})["version"])


def crash_after_the_first_callback(board: Board, version: str) -> None:
    until(lambda: "callback.applied" in board.kinds_of(version), what=partial(board.kinds_of, version))
    assert "promotion.succeeded" not in board.kinds_of(version)
    board.crash()
    board.restart()


def wait_for(board: Board, version: str, kind: str, count: int = 1) -> None:
    told = partial(board.kinds_of, version)
    until(lambda: told().count(kind) >= count, what=told)


def running(script: Script, stage: str) -> dict[str, str]:
    return {service["slug"]: service["live"][stage] for service in script.get("/services")["items"]}


@pytest.mark.parametrize("kind", [alone, hotfix])
def test_what_moves_one_service_moves_it_once(
    board: Board, script: Script, kind: Callable[[Board, Script], str]
) -> None:
    board.behave("checkout", duration_ms=SLOW_MS)
    version = kind(board, script)
    stage = script.get(f"/releases/{version}")["promote_stage"]
    script.promote(version, stage)
    crash_after_the_first_callback(board, version)
    wait_for(board, version, "promotion.succeeded")

    assert board.effects() == {("checkout", stage, 1): 1}
    assert running(script, stage) == {**LIVE, "checkout": "1.5.3"}


def test_a_rollback_brings_everything_back_once_and_apptrust_hears_of_it(board: Board, script: Script) -> None:
    version = script.create_release()
    script.promote(version, "DEV")
    wait_for(board, version, "promotion.succeeded")
    digest = script.post(f"/releases/{version}/rollback/preview", {})["digest"]
    body = {"reason": "orders fail", "accept_digest": digest}
    rollback = str(script.post(f"/releases/{version}/rollback", body)["version"])
    crash_after_the_first_callback(board, rollback)
    wait_for(board, rollback, "registry.told", len(SERVICES))

    assert board.effects() == dict.fromkeys([(service, "DEV", 1) for service in SERVICES], 2)
    assert (running(script, "DEV"), script.get(f"/releases/{rollback}")["state"]) == (LIVE, "released")
    assert Counter(board.kinds_of(rollback))["version.quarantined"] == len(SERVICES)


def test_a_failed_promotion_is_undone_though_the_board_dies_meanwhile(board: Board, script: Script) -> None:
    board.behave("checkout", mode="fail", times=1)
    version = script.create_release()
    script.post(f"/releases/{version}/promotions", {"stage": "DEV", "timeout_ms": 27_000, "on_failure": "roll_back"})
    until(lambda: board.releases("rollback"), what=board.kinds)
    board.crash()
    board.restart()
    [rollback] = board.releases("rollback")
    wait_for(board, rollback, "release.released")

    assert running(script, "DEV") == LIVE
    assert board.kinds_of(version).count("rollback.started") == 1


def test_a_train_goes_on_where_the_board_died(board: Board, script: Script) -> None:
    label = script.get("/trains")["items"][0]["id"]
    script.post(f"/trains/{label}/depart", {})
    until(lambda: board.releases("train"), what=lambda: script.get(f"/trains/{label}"))
    [version] = board.releases("train")
    crash_after_the_first_callback(board, version)
    wait_for(board, version, "promotion.succeeded", 2)

    assert {effect: count for effect, count in board.effects().items() if count > 1} == {}
    assert {(service, stage, 1) for service in SERVICES for stage in ("DEV", "QA")} <= set(board.effects())
