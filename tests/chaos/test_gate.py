"""The gate before a service, over real connections."""

from __future__ import annotations

from typing import TYPE_CHECKING

import httpx2
import pytest

from tests.chaos.exchanges import Upstream, post
from tests.chaos.gate import Gate, Mode
from tests.chaos.records import OrderRecord, Recorder, read_records
from tests.chaos.wire import Relays

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

NOBODY = 1  # a port at which nothing ever listens
ORDER = {"correlation_id": "c-1", "attempt": 1, "stage": "DEV", "to_version": "1.0.0"}


class Passage:
    """A gate with its service behind it."""

    def __init__(self, folder: Path, relays: Relays) -> None:
        self.folder = folder
        self.upstream = Upstream(relays, status=202)
        self.recorder = Recorder(folder)
        self.gate = Gate("inventory", self.upstream.port, self.recorder)
        self.port = relays.listen(self.gate.serve, 0)

    def order(self) -> int | None:
        answer = post(self.port, "/deployments", ORDER, **{"Idempotency-Key": "k-1"})
        return answer.status_code if answer else None

    def recorded(self) -> list[int | None]:
        return [record.answer_status for record in read_records(self.folder, OrderRecord)]


@pytest.fixture
def passage(tmp_path: Path) -> Iterator[Passage]:
    relays = Relays()
    passage = Passage(tmp_path, relays)
    yield passage
    relays.close()
    passage.recorder.close()


def test_an_open_gate_lets_an_order_and_its_answer_through(passage: Passage) -> None:
    assert passage.order() == 202
    assert passage.upstream.bodies() == [ORDER]
    assert passage.upstream.asked[0].header("idempotency-key") == "k-1"


def test_an_order_that_went_through_is_on_record(passage: Passage) -> None:
    passage.order()
    assert read_records(passage.folder, OrderRecord) == [
        OrderRecord(
            service="inventory",
            key="k-1",
            correlation_id="c-1",
            attempt=1,
            stage="DEV",
            to_version="1.0.0",
            answer_status=202,
        )
    ]


@pytest.mark.parametrize(
    ("mode", "answers", "reached", "recorded"),
    [
        (Mode.REFUSE, None, 0, []),
        (Mode.BUSY, 503, 0, []),
        (Mode.STALL, 202, 1, [202]),
        (Mode.LOSE, None, 1, [202]),
    ],
)
def test_a_shut_gate_treats_an_order_by_its_mode(
    passage: Passage, mode: Mode, answers: int | None, reached: int, recorded: list[int | None]
) -> None:
    passage.gate.shut(mode, orders=1)
    assert (passage.order(), len(passage.upstream.asked), passage.recorded()) == (answers, reached, recorded)


def test_a_gate_opens_again_after_so_many_orders(passage: Passage) -> None:
    passage.gate.shut(Mode.BUSY, orders=2)
    assert [passage.order() for _ in range(3)] == [503, 503, 202]


def test_a_question_passes_a_shut_gate_and_is_no_order(passage: Passage) -> None:
    passage.gate.shut(Mode.REFUSE, orders=1)
    answer = httpx2.get(f"http://127.0.0.1:{passage.port}/deployments/k-1", trust_env=False)
    assert (answer.status_code, passage.recorded(), passage.gate.mode) == (202, [], Mode.REFUSE)


def test_an_order_to_a_service_that_is_away_is_cut_off_and_on_record(passage: Passage) -> None:
    passage.gate.upstream = NOBODY
    assert passage.order() is None
    assert passage.recorded() == [None]
