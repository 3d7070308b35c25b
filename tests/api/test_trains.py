"""Trains through the API, as scripts use it."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from releases.domain.access import Role
from releases.models import Train
from tests.api.calling import Caller, caller_for
from tests.factories import person
from tests.trains import held_for_a_number, next_train, scheduled

if TYPE_CHECKING:
    from typing import Any

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def train(transactional_db: None) -> Train:
    return next_train()


@pytest.fixture
def conductor(train: Train) -> Caller:
    return caller_for("maria")


def in_days(days: float) -> str:
    return (datetime.now(UTC) + timedelta(days=days)).isoformat()


def test_a_train_tells_who_is_on_board_and_what_may_be_done(conductor: Caller, train: Train) -> None:
    answer = conductor.get(f"/trains/{train.label}").json()
    assert (answer["id"], answer["state"], answer["verdict"], answer["steps"]) == (
        train.label,
        "boarding",
        "COMPATIBLE",
        [],
    )
    assert {each["service"]: (each["state"], each["version"]) for each in answer["passengers"]} == {
        "inventory": ("on_board", "1.4.0"),
        "recommendations": ("on_board", "2.2.0"),
        "checkout": ("on_board", "1.5.3"),
        "web": ("on_board", "3.0.2"),
        "helm": ("on_board", "1.1.1"),
    }
    assert answer["resume"] == {
        "verb": "resume",
        "allowed": False,
        "why_not": f"Train {train.label} is not held, but boarding.",
    }


def test_trains_come_in_pages(conductor: Caller) -> None:
    first = conductor.get("/trains", {"limit": 3}).json()
    second = conductor.get("/trains", {"limit": 3, "cursor": first["next_cursor"]}).json()
    assert (len(first["items"]), len(second["items"]), second["next_cursor"]) == (3, 1, None)
    assert len({each["id"] for each in first["items"] + second["items"]}) == 4


def test_more_trains_cost_no_more_queries(conductor: Caller) -> None:
    def queries() -> int:
        with CaptureQueriesContext(connection) as captured:
            assert conductor.get("/trains").status_code == 200
        return len(captured)

    before = queries()
    scheduled("second")
    assert queries() == before


def test_an_extra_train_is_added_once_for_each_key(conductor: Caller) -> None:
    body = {"schedule": "platform", "departs_at": in_days(5), "cut_off_at": in_days(4)}
    answers = [conductor.post("/trains", body, Idempotency_Key="extra-1") for _ in range(2)]
    assert [answer.status_code for answer in answers] == [201, 201]
    assert answers[0].json()["id"] == answers[1].json()["id"]
    assert Train.objects.filter(is_extra=True).count() == 1


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"schedule": "platform"},
        {"schedule": "platform", "departs_at": "tomorrow"},
        {"schedule": "platform", "departs_at": "2030-01-01T10:00:00"},
        {"schedule": "platform", "departs_at": "9999-12-31T23:59:59-12:00"},
        {"schedule": "platform", "departs_at": "2020-01-01T10:00:00Z"},
        {"schedule": "platform", "departs_at": "2030-01-01T10:00:00Z", "cut_off_at": "2031-01-01T10:00:00Z"},
        {"schedule": "platform", "departs_at": "2030-01-01T10:00:00Z", "color": "red"},
        {"schedule": "a\x00", "departs_at": "2030-01-01T10:00:00Z"},
    ],
)
def test_a_train_that_cannot_be_is_refused(conductor: Caller, body: dict[str, Any]) -> None:
    assert conductor.post("/trains", body).status_code == 422


def test_a_train_is_held_resumed_and_cancelled(conductor: Caller, train: Train) -> None:
    states = [
        conductor.post(f"/trains/{train.label}/{act}", body).json()["state"]
        for act, body in (("hold", {"reason": "incident"}), ("resume", None), ("cancel", {"reason": "holidays"}))
    ]
    assert states == ["held", "boarding", "cancelled"]


@pytest.mark.parametrize("body", [{}, {"reason": ""}, {"reason": "x" * 301}, {"reason": 1}])
@pytest.mark.parametrize("act", ["hold", "cancel"])
def test_a_command_without_a_reason_is_refused(
    conductor: Caller, train: Train, act: str, body: dict[str, object]
) -> None:
    assert conductor.post(f"/trains/{train.label}/{act}", body).status_code == 422


def test_what_is_not_possible_now_is_a_conflict_with_its_sentence(conductor: Caller, train: Train) -> None:
    answer = conductor.post(f"/trains/{train.label}/resume")
    assert (answer.status_code, answer.json()["detail"]) == (409, f"Train {train.label} is not held, but boarding.")


def test_a_viewer_may_look_and_no_more(train: Train) -> None:
    viewer = caller_for(person("vera", Role.VIEWER).name)
    codes = [viewer.get("/trains").status_code, viewer.get(f"/trains/{train.label}").status_code]
    acts = [viewer.post(f"/trains/{train.label}/hold", {"reason": "x"}).status_code]
    assert (codes, acts) == ([200, 200], [403])


@pytest.mark.parametrize("path", ["/trains", "/trains/2026-W48"])
def test_nobody_looks_without_a_token(transactional_db: None, path: str) -> None:
    assert Caller().get(path).status_code == 401


@pytest.mark.parametrize("path", ["/trains/2020-W01", "/trains/x"])
def test_a_train_that_is_not_there_is_not_found(conductor: Caller, path: str) -> None:
    assert conductor.get(path).status_code == 404


def test_a_train_departs_once_for_each_key(conductor: Caller, train: Train) -> None:
    answers = [conductor.post(f"/trains/{train.label}/depart", Idempotency_Key="go") for _ in range(2)]
    assert [(answer.status_code, answer.json()["state"]) for answer in answers] == [(200, "departed")] * 2
    assert [step["phase"] for step in answers[0].json()["steps"]] == [
        "collection",
        "determination",
        "compatibility",
        "build",
        "testing",
        "promotions",
        "production",
        "monitoring",
    ]
    assert conductor.post(f"/trains/{train.label}/depart").status_code == 409


def test_a_train_whose_number_was_used_up_says_the_next_free_one_and_goes_on_with_it(conductor: Caller) -> None:
    train = held_for_a_number()
    answer = conductor.get(f"/trains/{train.label}").json()
    assert (answer["choose_number"]["allowed"], answer["offered_version"]) == (True, "2.2.1")

    body = {"version": answer["offered_version"], "reason": "2.2.0 was given up"}
    answer = conductor.post(f"/trains/{train.label}/number", body, Idempotency_Key="number-1").json()
    assert (answer["state"], answer["choose_number"]["allowed"], answer["offered_version"]) == ("departed", False, "")


def test_a_number_that_no_plan_could_have_is_refused_with_the_mend(conductor: Caller) -> None:
    train = held_for_a_number()
    answer = conductor.post(f"/trains/{train.label}/number", {"version": "2.2.0", "reason": "x"})
    assert (answer.status_code, answer.json()["errors"]) == (
        422,
        [
            {
                "loc": ["body", "version"],
                "msg": "2.2.0 is already published. Choose another platform version, such as 2.2.1.",
            }
        ],
    )
