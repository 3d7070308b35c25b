"""The postman between services and board, over real connections."""

from __future__ import annotations

from random import Random
from typing import TYPE_CHECKING

import pytest

from tests.chaos.exchanges import Upstream, post
from tests.chaos.postman import Accident, Fault, Forgery, Postman
from tests.chaos.records import CallbackRecord, ForgedRecord, Recorder, read_records
from tests.chaos.wire import Relays
from tests.waiting import until

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

NOBODY = 1  # a port at which nothing ever listens
PATH = "/api/v1/callbacks"


def callback(sequence: int = 1) -> dict[str, object]:
    return {
        "correlation_id": "c-1",
        "source": "inventory",
        "attempt": 1,
        "status": "progress",
        "sequence": sequence,
        "message": "migrating",
    }


class Round:
    """A postman with two webs to go to."""

    def __init__(self, folder: Path, relays: Relays) -> None:
        self.folder, self.relays = folder, relays
        self.webs = [Upstream(relays), Upstream(relays)]
        self.ports = [web.port for web in self.webs]
        self.recorder = Recorder(folder)
        self.postman = Postman(webs=lambda: self.ports, recorder=self.recorder, chance=Random(1), begin=relays.begin)
        self.port = relays.listen(self.postman.serve, 0)

    def meet(self, fault: Fault) -> None:
        self.postman.accidents.append(Accident(fault=fault, wait_s=0.0))

    def send(self, sequence: int = 1, token: str = "genuine") -> int | None:
        answer = post(self.port, PATH, callback(sequence), Authorization=f"Bearer {token}")
        return answer.status_code if answer else None

    def delivered(self) -> list[dict[str, object]]:
        return [body for web in self.webs for body in web.bodies()]

    def recorded(self) -> list[CallbackRecord]:
        return read_records(self.folder, CallbackRecord)

    def forge(self, forgery: Forgery) -> None:
        self.relays.run(self.postman.forge(forgery))

    def forged(self) -> list[ForgedRecord]:
        return read_records(self.folder, ForgedRecord)


@pytest.fixture
def round_(tmp_path: Path) -> Iterator[Round]:
    relays = Relays()
    found = Round(tmp_path, relays)
    yield found
    relays.close()
    found.recorder.close()


def test_a_callback_and_its_answer_are_brought_unchanged(round_: Round) -> None:
    assert round_.send() == 200
    assert round_.delivered() == [callback()]
    assert round_.recorded() == [CallbackRecord(**callback(), http_status=200, answer={"number": 1})]  # type: ignore[arg-type]


def test_a_web_that_is_away_is_passed_over(round_: Round) -> None:
    round_.ports = [NOBODY, round_.webs[0].port]
    assert {round_.send(sequence) for sequence in range(8)} == {200}
    assert None in [record.http_status for record in round_.recorded()]


def test_a_service_gets_no_answer_where_no_web_gives_one(round_: Round) -> None:
    round_.ports = [NOBODY]
    assert round_.send() is None
    assert [record.http_status for record in round_.recorded()] == [None]


@pytest.mark.parametrize(
    ("fault", "answered", "deliveries"),
    [
        (Fault.DELAY, 200, 1),
        (Fault.LOSE_REQUEST, None, 0),
        (Fault.LOSE_ANSWER, None, 1),
        (Fault.REPEAT, 200, 2),
        (Fault.TWICE_AT_ONCE, 200, 2),
        (Fault.COPY_LATER, 200, 2),
    ],
)
def test_an_accident_happens_to_one_callback(
    round_: Round, fault: Fault, answered: int | None, deliveries: int
) -> None:
    round_.meet(fault)
    assert round_.send() == answered
    until(lambda: len(round_.recorded()) == deliveries, what=round_.recorded)
    assert round_.delivered() == [callback()] * deliveries
    assert round_.send(2) == 200
    assert len(round_.recorded()) == deliveries + 1


def test_what_the_service_did_not_send_itself_is_a_copy(round_: Round) -> None:
    round_.meet(Fault.REPEAT)
    round_.send()
    assert [record.copy for record in round_.recorded()] == [False, True]


@pytest.mark.parametrize(
    ("forgery", "changed"),
    [
        (Forgery.WRONG_TOKEN, {"authorization": "Bearer eniuneg"}),
        (Forgery.NO_TOKEN, {"authorization": "Bearer"}),
        (Forgery.OTHER_TOKEN, {"authorization": "Bearer another"}),
        (Forgery.CUT_TOKEN, {"authorization": "Bearer gen"}),
        (Forgery.UNASKED_SOURCE, {"authorization": "Bearer genuine", "source": "nobody"}),
    ],
)
def test_a_forgery_is_a_known_callback_with_one_thing_wrong(
    round_: Round, forgery: Forgery, changed: dict[str, object]
) -> None:
    round_.send(token="another")
    round_.postman.recent.clear()
    round_.send(token="genuine")

    round_.forge(forgery)

    sent = next(each for web in round_.webs for each in web.asked if b"forged" in each.body)
    own = {**callback(), "status": "failed", "message": "forged 1"}
    assert sent.document() | {"authorization": sent.header("authorization")} == own | changed


def test_a_forged_correlation_id_is_known_to_nobody(round_: Round) -> None:
    round_.send()
    round_.forge(Forgery.UNKNOWN_ID)
    (forged,) = round_.forged()
    assert forged.correlation_id not in {"c-1", ""}


def test_a_forgery_is_repeated_until_the_board_judged_it(round_: Round) -> None:
    round_.send()
    for web in round_.webs:
        web.status = 503
    round_.relays.begin(round_.postman.forge(Forgery.NO_TOKEN))
    until(round_.forged, what=round_.forged)
    for web in round_.webs:
        web.status = 401
    until(lambda: round_.forged()[-1].http_status == 401, what=round_.forged)
    assert {record.http_status for record in round_.forged()[:-1]} == {503}
