from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any
from uuid import uuid4

import pytest
from django.utils import timezone

from releases.clients.signing import callback_token
from releases.conf import signing_key
from releases.models import Callback, Dispatch, Release
from tests.api.calling import Caller, open_dispatches, promote, report

if TYPE_CHECKING:
    from collections.abc import Callable


@pytest.fixture
def dispatch(manager: Caller, candidate: str) -> Dispatch:
    """The order of the first phase's only service."""
    promote(manager)
    return open_dispatches()[0]


def body_for(dispatch: Dispatch) -> dict[str, Any]:
    return {
        "correlation_id": str(dispatch.session.correlation_id),
        "source": "inventory",
        "attempt": 1,
        "status": "succeeded",
    }


def test_a_callback_is_answered_with_its_journal_entry(dispatch: Dispatch) -> None:
    answer = report(dispatch, "progress", percent=30, message="Copying", sequence=1, details={"host": "a"})
    expected = {"sequence": Release.objects.get().sequence, "duplicate": False, "late": False}
    assert (answer.status_code, answer.json()) == (200, expected)
    stored = Callback.objects.get()
    assert (stored.percent, stored.message, stored.details) == (30, "Copying", {"host": "a"})


def test_mistake_46_a_callback_that_is_repeated_is_stored_once(dispatch: Dispatch) -> None:
    receipts = [report(dispatch, "progress", sequence=1).json() for _ in range(2)]
    assert [receipt["duplicate"] for receipt in receipts] == [False, True]
    assert Callback.objects.count() == 1


def test_a_callback_after_the_result_is_stored_as_late(dispatch: Dispatch) -> None:
    report(dispatch, "succeeded")
    answer = report(dispatch, "failed")
    assert (answer.status_code, answer.json()["late"], Callback.objects.count()) == (200, True, 2)


def wrong_token(dispatch: Dispatch) -> tuple[str, dict[str, Any]]:
    return "nonsense", body_for(dispatch)


def no_token(dispatch: Dispatch) -> tuple[str, dict[str, Any]]:
    return "", body_for(dispatch)


def token_of_another_dispatch(dispatch: Dispatch) -> tuple[str, dict[str, Any]]:
    return callback_token(signing_key=signing_key(), dispatch_key=uuid4()), body_for(dispatch)


def unknown_session(dispatch: Dispatch) -> tuple[str, dict[str, Any]]:
    return token_of(dispatch), body_for(dispatch) | {"correlation_id": str(uuid4())}


def source_that_was_not_asked(dispatch: Dispatch) -> tuple[str, dict[str, Any]]:
    return token_of(dispatch), body_for(dispatch) | {"source": "web"}


def source_that_does_not_exist(dispatch: Dispatch) -> tuple[str, dict[str, Any]]:
    return token_of(dispatch), body_for(dispatch) | {"source": "nowhere"}


def expired_token(dispatch: Dispatch) -> tuple[str, dict[str, Any]]:
    report(dispatch, "succeeded")
    long_ago = timezone.now() - timedelta(days=3)
    Dispatch.objects.filter(pk=dispatch.pk).update(closed_at=long_ago)
    type(dispatch.session).objects.update(deadline_at=long_ago)
    return token_of(dispatch), body_for(dispatch)


def token_of(dispatch: Dispatch) -> str:
    return callback_token(signing_key=signing_key(), dispatch_key=dispatch.key)


FORGERIES = [
    wrong_token,
    no_token,
    token_of_another_dispatch,
    unknown_session,
    source_that_was_not_asked,
    source_that_does_not_exist,
    expired_token,
]


@pytest.mark.parametrize("forge", FORGERIES)
def test_a_forged_callback_gets_one_and_the_same_answer_and_is_not_stored(
    dispatch: Dispatch, forge: Callable[[Dispatch], tuple[str, dict[str, Any]]]
) -> None:
    token, body = forge(dispatch)
    before = (Release.objects.get().sequence, Callback.objects.count())
    answer = Caller(token=token).post("/callbacks", body)
    assert (answer.status_code, answer["Content-Type"], answer["WWW-Authenticate"]) == (
        401,
        "application/problem+json",
        "Bearer",
    )
    assert answer.json() == {
        "type": "urn:bookverse:problem:unauthorized",
        "title": "Unauthorized",
        "status": 401,
        "detail": "Unknown callback.",
    }
    assert (Release.objects.get().sequence, Callback.objects.count()) == before


def test_mistake_49_the_token_of_a_person_is_none_of_a_dispatch(dispatch: Dispatch, manager: Caller) -> None:
    assert manager.post("/callbacks", body_for(dispatch)).status_code == 401


def test_the_token_of_a_dispatch_opens_nothing_else(dispatch: Dispatch) -> None:
    assert Caller(token=token_of(dispatch)).get("/services").status_code == 401


def test_a_callback_of_an_attempt_that_was_not_made_is_malformed(dispatch: Dispatch) -> None:
    answer = Caller(token=token_of(dispatch)).post("/callbacks", body_for(dispatch) | {"attempt": 2})
    assert (answer.status_code, answer.json()["errors"][0]["loc"]) == (422, ["body", "attempt"])


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("correlation_id", "nonsense"),
        ("source", ""),
        ("source", "x" * 65),
        ("source", "in\0ventory"),
        ("attempt", 0),
        ("attempt", "1"),
        ("attempt", 2**63),
        ("attempt", True),
        ("status", "finished"),
        ("percent", 101),
        ("percent", -1),
        ("percent", 1.5),
        ("message", "\ud800"),
        ("message", "x" * 10_001),
        ("sequence", -1),
        ("sequence", 2**63),
        ("details", []),
        ("details", {"a": ["\0"]}),
        ("details", {"\ud800": 1}),
    ],
)
def test_a_malformed_callback_is_told_which_field(dispatch: Dispatch, field: str, value: object) -> None:
    answer = report(dispatch, "progress", **{field: value}) if field != "status" else report(dispatch, str(value))
    assert (answer.status_code, answer.json()["errors"][0]["loc"][:2]) == (422, ["body", field])


def test_details_may_not_be_nested_endlessly(dispatch: Dispatch) -> None:
    nested: dict[str, Any] = {}
    for _ in range(30):
        nested = {"in": nested}
    assert report(dispatch, "progress", details=nested).status_code == 422


def test_a_name_that_is_not_known_is_ignored(dispatch: Dispatch) -> None:
    assert report(dispatch, "progress", flavour="vanilla").status_code == 200


def test_a_callback_over_64_kib_is_too_large(dispatch: Dispatch) -> None:
    answer = report(dispatch, "progress", details={"log": "x" * 65_536})
    assert (answer.status_code, answer.json()["detail"]) == (413, "A callback is at most 64 KiB.")


def test_a_callback_over_the_limit_of_all_bodies_is_too_large(dispatch: Dispatch) -> None:
    answer = report(dispatch, "progress", details={"log": "x" * 2_000_000})
    assert answer.status_code == 413
