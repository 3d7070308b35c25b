"""The board is killed in the middle of a promotion and started again: nothing is lost, nothing is done twice."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

import pytest
from django.conf import settings

from bookverse.demo.addresses import SERVICES
from tests.waiting import until

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.flows.processes import Script
    from tests.flows.whole_board import Board

pytestmark = [
    pytest.mark.process,
    pytest.mark.skipif(bool(settings.REDIS_URL), reason="one process holds everything only without Redis"),
]


def has(kind: str, count: int) -> Callable[[Board], bool]:
    return lambda board: board.kinds().count(kind) >= count


MOMENTS = {
    "as soon as it was accepted": has("promotion.started", 1),
    "once the first order was sent": has("dispatch.sent", 1),
    "after the first callback": has("callback.applied", 1),
    "between two phases": has("session.closed", 1),
    "in the last phase": has("session.opened", 4),
}


def test_mistake_45_a_promotion_that_was_interrupted_at_every_turn_is_carried_out_once(
    board: Board, script: Script
) -> None:
    version = script.create_release()
    script.promote(version, "DEV")
    for moment, has_come in MOMENTS.items():
        until(partial(has_come, board), what=board.kinds)
        board.crash()
        assert board.kinds(), moment
        board.restart()

    until(lambda: "promotion.succeeded" in board.kinds(), what=board.kinds)

    assert script.get(f"/releases/{version}")["state"] == "waiting"
    assert board.effects() == dict.fromkeys([(service, "DEV", 1) for service in SERVICES], 1)
    assert [entry["sequence"] for entry in script.journal(version)] == list(range(1, len(board.kinds()) + 1))
