"""What operators decide by what a release's page says, and how they insist on an answer."""

from __future__ import annotations

from random import Random
from typing import TYPE_CHECKING, Any

import pytest

from tests.chaos.clashing import clash, orders
from tests.chaos.desk import Desk, Order
from tests.chaos.exchanges import Upstream
from tests.chaos.operators import free_target, mend, next_stage
from tests.chaos.records import CommandRecord, Recorder, read_records
from tests.chaos.schedule import Clash
from tests.chaos.wire import Relays

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

NOT_ITS_TURN = "It is not this stage's turn."
NOBODY = "http://127.0.0.1:1"


def stage(name: str, state: str, why_not: str) -> dict[str, Any]:
    return {"stage": name, "state": state, "promote": {"why_not": why_not}}


VIEW: dict[str, Any] = {
    "version": "2.2.0-alpha.1",
    "lock_version": 4,
    "stages": [stage("DEV", "live", NOT_ITS_TURN), stage("QA", "waiting", ""), stage("PROD", "waiting", NOT_ITS_TURN)],
    "steps": [{"service": "inventory", "state": "succeeded"}, {"service": "web", "state": "timed_out"}],
}


class Office:
    """A desk before a board that answers everything."""

    def __init__(self, folder: Path, relays: Relays) -> None:
        self.folder, self.board, self.recorder = folder, Upstream(relays), Recorder(folder)
        url = f"http://127.0.0.1:{self.board.port}"
        self.desk = Desk(
            "manager", "rb_token", urls=[url, url], recorder=self.recorder, chance=Random(1), gives_up=self.gives_up
        )
        self.tries = 0

    def gives_up(self) -> bool:
        """Try three times; between the tries the board comes to its senses."""
        self.tries += 1
        self.board.status = 200
        return self.tries >= 3

    def recorded(self) -> list[tuple[str, str, int | None]]:
        return [(record.path, record.key, record.http_status) for record in read_records(self.folder, CommandRecord)]


@pytest.fixture
def office(tmp_path: Path) -> Iterator[Office]:
    relays = Relays()
    office = Office(tmp_path, relays)
    yield office
    office.desk.close()
    relays.close()
    office.recorder.close()


def test_the_stage_whose_turn_it_is_is_promoted_to() -> None:
    assert next_stage(VIEW) == "QA"


def test_a_release_that_is_everywhere_has_no_next_stage() -> None:
    assert next_stage({"stages": [stage("DEV", "live", NOT_ITS_TURN)]}) == ""


@pytest.mark.parametrize(
    ("problems", "expected"),
    [
        ([], ""),
        ([{"code": "needs-reason", "fix": "Give a reason."}], ""),
        ([{"code": "already-published", "fix": "Choose another platform version, such as 2.2.5."}], "2.2.5"),
    ],
)
def test_a_number_that_was_given_up_is_passed_over(problems: list[dict[str, str]], expected: str) -> None:
    assert free_target({"problems": problems}) == expected


def test_a_command_is_repeated_with_its_key_until_it_is_answered(office: Office) -> None:
    office.board.status = 503
    reply = office.desk.insist(Order(path="/releases", body={}, key="manager-1"))
    assert reply is not None
    assert office.recorded() == [("/api/v1/releases", "manager-1", 503), ("/api/v1/releases", "manager-1", 200)]


def test_a_command_that_nobody_answers_is_given_up_in_the_end(office: Office) -> None:
    office.desk.urls = [NOBODY]
    assert office.desk.insist(Order(path="/releases", body={}, key="manager-1")) is None
    assert office.recorded() == [("/api/v1/releases", "manager-1", None)] * 3


@pytest.mark.parametrize(("skips", "verb"), [(0, "retry"), (100, "skip")])
def test_what_failed_is_mended(office: Office, skips: int, verb: str) -> None:
    mend(office.desk, VIEW, skips=skips)
    assert [path for path, *_ in office.recorded()] == [f"/api/v1/releases/2.2.0-alpha.1/steps/web/{verb}"]


@pytest.mark.parametrize("way", [Clash.PROMOTE_TWICE, Clash.RETRY_TWICE, Clash.CANCEL_TWICE])
def test_a_double_click_is_one_command_with_one_key(way: Clash) -> None:
    one, other = orders(way, VIEW, keys=("a", "b"))
    assert (one, one.key) == (other, "a")


@pytest.mark.parametrize(
    ("way", "paths"),
    [
        (Clash.PROMOTE_BOTH, ["promotions", "promotions"]),
        (Clash.RETRY_AND_SKIP, ["steps/web/retry", "steps/web/skip"]),
        (Clash.PAUSE_BOTH, ["pause", "pause"]),
        (Clash.PAUSE_AND_CANCEL, ["pause", "cancel"]),
        (Clash.RESUME_AND_CANCEL, ["resume", "cancel"]),
    ],
)
def test_two_people_act_on_the_page_that_both_saw(way: Clash, paths: list[str]) -> None:
    both = orders(way, VIEW, keys=("a", "b"))
    assert [order.path.removeprefix("/releases/2.2.0-alpha.1/") for order in both] == paths
    assert {order.body["lock_version"] for order in both} == {4}


def test_both_commands_of_a_clash_are_sent_and_on_record(office: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Desk, "read", lambda _desk, _path: VIEW)
    clash(Clash.PAUSE_BOTH, (office.desk, office.desk), VIEW["version"])
    assert office.recorded() == [("/api/v1/releases/2.2.0-alpha.1/pause", "", 200)] * 2
