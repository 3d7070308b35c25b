from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

if TYPE_CHECKING:
    from tests.api.calling import Caller

POSTS = [
    "/services/inventory/versions",
    "/plans/preview",
    "/verdict",
    "/releases",
    "/releases/2.2.0-alpha.1/promotions",
    "/releases/2.2.0-alpha.1/pause",
    "/releases/2.2.0-alpha.1/resume",
    "/releases/2.2.0-alpha.1/steps/inventory/retry",
    "/releases/2.2.0-alpha.1/steps/inventory/skip",
    "/callbacks",
]
BODIES: list[Any] = ["{", "[]", "null", '"text"', "1", "NaN", '{"a": NaN}', '{"a": 1e999}', "[" * 60_000, b"\xff"]
NAMES = [
    "version",
    "versions",
    "stage",
    "timeout_ms",
    "lock_version",
    "reason",
    "notes",
    "accept_digest",
    "target_version",
]
NASTY = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(min_value=-(2**70), max_value=2**70),
    st.floats(allow_nan=False, allow_infinity=False),
    st.text(alphabet=st.characters(), max_size=20),
    st.sampled_from(["\0", "\ud800", "x" * 30_000, "1.0.0\0", "DEV\ud8ff"]),
    st.lists(st.integers(), max_size=2),
    st.dictionaries(st.sampled_from(["inventory", "\0", "\ud800", "nowhere"]), st.text(max_size=5), max_size=2),
)


@pytest.mark.parametrize("body", BODIES, ids=lambda body: repr(body)[:12])
@pytest.mark.parametrize("path", POSTS)
def test_a_body_that_is_no_json_object_is_malformed(manager: Caller, path: str, body: str | bytes) -> None:
    answer = manager.post(path, body)
    optional = body == "null" and path.endswith(("pause", "resume", "retry"))
    assert answer.status_code == (404 if optional else 422), answer.content
    assert answer["Content-Type"] == "application/problem+json"


@pytest.mark.parametrize("path", POSTS)
@settings(max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(body=st.dictionaries(st.sampled_from(NAMES), NASTY, max_size=4))
def test_whatever_comes_in_never_breaks_the_board(manager: Caller, path: str, body: dict[str, Any]) -> None:
    assert manager.post(path, json.dumps(body)).status_code < 500


@pytest.mark.parametrize("name", ["limit", "cursor"])
@pytest.mark.parametrize("value", ["-1", "x", str(2**63), "1e3", ""])
@pytest.mark.parametrize("path", ["/services", "/releases", "/services/inventory/versions"])
def test_a_page_that_cannot_be_is_malformed(viewer: Caller, path: str, name: str, value: str) -> None:
    answer = viewer.get(path, {name: value})
    assert (answer.status_code, answer.json()["errors"][0]["loc"]) == (422, ["query", name])


@pytest.mark.parametrize("part", ["%00", "%ED%A0%80", "x" * 300])
@pytest.mark.parametrize("path", ["/releases/{}", "/services/{}/versions", "/releases/{}/journal", "/sessions/{}"])
def test_a_name_in_the_path_that_cannot_be_is_refused(viewer: Caller, path: str, part: str) -> None:
    assert viewer.get(path.format(part)).status_code in {404, 422}


def test_a_refusal_of_a_malformed_body_does_not_repeat_what_was_sent(manager: Caller) -> None:
    answer = manager.post("/releases", {"accept_digest": ["hunter2"], "title": 5, "version": "hunter2"})
    assert (answer.status_code, b"hunter2" in answer.content) == (422, False)


def test_a_misspelt_name_is_told(manager: Caller) -> None:
    answer = manager.post("/releases/2.2.0/promotions", {"stage": "DEV", "timeout": 5})
    assert answer.json()["errors"] == [{"loc": ["body", "timeout"], "msg": "Extra inputs are not permitted"}]
