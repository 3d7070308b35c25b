from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from releases.actions.dispatches import send_due_dispatches
from tests.api.calling import caller_for, create_candidate, finish_promotion, open_dispatches, promote, report

if TYPE_CHECKING:
    from pytest_httpserver import HTTPServer

    from tests.api.calling import Caller


def counters(manager: Caller, correlation_id: str) -> tuple[str, int, int, int, int]:
    session = manager.get(f"/sessions/{correlation_id}").json()
    return tuple(session[name] for name in ("state", "expected", "received", "respondents", "errors"))


def second_phase(manager: Caller) -> str:
    """Bring the promotion to the phase of checkout and recommendations; returns its session."""
    promote(manager)
    report(open_dispatches()[0], "succeeded")
    return str(open_dispatches()[0].session.correlation_id)


def test_an_open_session_tells_its_slots_and_deadline(manager: Caller, candidate: str) -> None:
    started = promote(manager, timeout_ms=5000)
    session = manager.get(f"/sessions/{started['correlation_id']}").json()
    assert (session["state"], session["release"], session["stage"], session["phase"]) == (
        "running",
        candidate,
        "DEV",
        1,
    )
    assert (session["timeout_ms"], session["deadline"]) == (5000, started["deadline"])
    assert [(slot["source"], slot["state"], slot["attempt"]) for slot in session["slots"]] == [
        ("inventory", "pending", 1)
    ]


@pytest.mark.parametrize(
    ("first", "second", "expected"),
    [
        ("succeeded", "succeeded", ("succeeded", 2, 2, 2, 0)),
        ("succeeded", "rejected", ("partial", 2, 2, 1, 0)),
        ("rejected", "rejected", ("failed", 2, 2, 0, 0)),
        ("failed", "succeeded", ("partial", 2, 2, 1, 1)),
        ("failed", "progress", ("running", 2, 1, 0, 1)),
    ],
)
def test_the_counters_follow_from_the_slots(
    manager: Caller, candidate: str, first: str, second: str, expected: tuple[str, int, int, int, int]
) -> None:
    correlation_id = second_phase(manager)
    for dispatch, status in zip(open_dispatches(), (first, second), strict=True):
        report(dispatch, status)
    assert counters(manager, correlation_id) == expected


def test_a_late_callback_is_shown_and_leaves_the_summary(manager: Caller, candidate: str) -> None:
    started = promote(manager)
    dispatch = open_dispatches()[0]
    report(dispatch, "succeeded")
    before = manager.get(f"/sessions/{started['correlation_id']}").json()
    report(dispatch, "failed", message="Too late")
    after = manager.get(f"/sessions/{started['correlation_id']}").json()
    assert [(late["source"], late["status"], late["message"]) for late in after["late"]] == [
        ("inventory", "failed", "Too late")
    ]
    assert after == before | {"late": after["late"]}


@pytest.mark.parametrize("correlation_id", ["00000000-0000-4000-8000-000000000000", "nonsense", "%00"])
def test_an_unknown_session_is_not_found(viewer: Caller, correlation_id: str) -> None:
    assert viewer.get(f"/sessions/{correlation_id}").status_code in {404, 422}


@pytest.mark.django_db(transaction=True)
def test_services_are_really_asked_and_their_callbacks_end_the_promotion(reachable_platform: HTTPServer) -> None:
    manager = caller_for("manager")
    candidate = create_candidate(manager)
    promote(manager)
    while send_due_dispatches():
        order = reachable_platform.log[-1][0].get_json()
        assert order["callback_url"] == "http://127.0.0.1:8000/api/v1/callbacks"
        for dispatch in open_dispatches():
            assert report(dispatch, "succeeded").status_code == 200
    finish_promotion()
    assert manager.get(f"/releases/{candidate}").json()["state"] == "waiting"
    assert sorted({request.path for request, _ in reachable_platform.log}) == [
        "/checkout",
        "/helm",
        "/inventory",
        "/recommendations",
        "/web",
    ]
