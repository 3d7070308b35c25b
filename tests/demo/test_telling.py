"""What the simulated services log: one search for a correlation id finds board and services."""

from __future__ import annotations

import json
import logging
from logging.handlers import QueueHandler
from queue import Queue
from typing import TYPE_CHECKING, Any

import pytest

from bookverse.demo.platform import platform_description
from bookverse.demo.telling import LOG
from bookverse.logs import JsonLines
from releases.actions.dispatches import send_due_dispatches
from tests import factories
from tests.demo.running import PATIENCE_S, dispatch, order, running_demo
from tests.kept_rows import put_platform

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tests.demo.board import FakeBoard

ABOUT = {
    "service": "inventory",
    "stage": "DEV",
    "release": "2.2.0-alpha.1",
    "correlation_id": "6f1c1a52-3c39-4d1c-9d0e-6a4f6f0a2a10",
}
# A line of a journal names the stage only where its entry does.
SHARED = ABOUT.keys() - {"stage"}
Line = dict[str, Any]


class Ear:
    """Hears what is logged, as soon as it is and as it would be written."""

    def __init__(self) -> None:
        self.records: Queue[logging.LogRecord] = Queue()

    def until(self, message: str, **numbers: int) -> list[Line]:
        """Return the lines from the last one that was asked for to this one, without the moments."""
        lines: list[Line] = []
        while not lines or not {"message": message, **numbers}.items() <= lines[-1].items():
            line = json.loads(JsonLines().format(self.records.get(timeout=PATIENCE_S)))
            lines.append({name: line[name] for name in line.keys() - {"timestamp"}})
        return lines


@pytest.fixture
def ear() -> Iterator[Ear]:
    """Let services and journals be told as with ``LOG_FORMAT=json``."""
    hearing = Ear()
    handler, loggers = QueueHandler(hearing.records), [LOG, logging.getLogger("releases.journal")]
    levels = [logger.level for logger in loggers]
    for logger in loggers:
        logger.setLevel(logging.INFO)
        logger.addHandler(handler)
    yield hearing
    for logger, level in zip(loggers, levels, strict=True):
        logger.removeHandler(handler)
        logger.setLevel(level)


def said(message: str, **more: object) -> Line:
    return {"level": "info", "logger": LOG.name, "message": message, **ABOUT, **more}


def about(line: Line, first_word: str) -> bool:
    return bool(line["message"].partition(".")[0] == first_word)


def test_a_deployment_is_told_in_lines_that_name_it_as_the_board_does(
    tmp_path: Path, board: FakeBoard, ear: Ear
) -> None:
    board.answers.put(503)
    with running_demo(tmp_path, "inventory") as demo, demo.client("inventory") as inventory:
        inventory.put("/settings", json={"duration_ms": 0, "mode": "fail"})
        dispatch(inventory, order(board.url), key="first")
        lines = ear.until("callback.answered", sequence=4)
        dispatch(inventory, order(board.url), key="first")
        again = ear.until("order.repeated")

    assert [line for line in lines if not about(line, "callback")] == [
        said("order.accepted"),
        said("deployment.accepted", sequence=1),
        said("deployment.progress", sequence=2),
        said("deployment.progress", sequence=3),
        said("deployment.failed", sequence=4),
    ]
    assert [line for line in lines if about(line, "callback")] == [
        said("callback.answered", sequence=sequence, status_code=status)
        for sequence, status in [(1, 503), (1, 200), (2, 200), (3, 200), (4, 200)]
    ]
    assert again == [said("order.repeated")]


def test_an_order_that_is_refused_and_a_board_that_does_not_answer_are_told(tmp_path: Path, ear: Ear) -> None:
    with running_demo(tmp_path, "inventory") as demo, demo.client("inventory") as inventory:
        inventory.put("/settings", json={"mode": "reject", "times": 1})
        dispatch(inventory, order("http://127.0.0.1:1/callbacks"), key="first")
        refused = ear.until("order.rejected")
        inventory.put("/settings", json={"duration_ms": 0})
        dispatch(inventory, order("http://127.0.0.1:1/callbacks"), key="second")
        unheard = ear.until("callback.unanswered")[-1]

    assert refused == [said("order.rejected")]
    assert unheard == said("callback.unanswered", sequence=1)


@pytest.mark.django_db(transaction=True)
def test_board_and_service_call_an_order_by_the_same_names(tmp_path: Path, ear: Ear) -> None:
    with running_demo(tmp_path, "inventory") as demo, demo.client("inventory") as inventory:
        inventory.put("/settings", json={"mode": "silent"})
        put_platform("one service", lambda url: platform_description(url_of=lambda _: url), url=str(inventory.base_url))
        factories.register(factories.KNOWN)
        factories.promote(factories.created())
        send_due_dispatches()
        lines = ear.until("order.accepted") + ear.until("dispatch.sent")
    told = {line["message"]: {name: line.get(name) for name in SHARED} for line in lines}

    assert told["order.accepted"] == told["dispatch.sent"]
    assert None not in told["order.accepted"].values()
