from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bookverse.demo.service.behaviour import Behaviour, Mode

if TYPE_CHECKING:
    import httpx2

    from tests.demo.running import Demo

DEFAULTS = {
    "mode": "succeed",
    "duration_ms": 2500,
    "jitter_ms": 0,
    "failure_message": "schema mismatch",
    "times": None,
}

behaviours = st.builds(
    Behaviour,
    mode=st.sampled_from([mode for mode in Mode if mode is not Mode.SUCCEED]),
    duration_ms=st.integers(0, 3_600_000),
    jitter_ms=st.integers(0, 3_600_000),
    failure_message=st.from_regex(r"[a-z][a-z ]{0,199}", fullmatch=True),
    times=st.none() | st.integers(1, 1000),
)


@given(behaviours)
def test_a_behaviour_reads_back_what_it_wrote(behaviour: Behaviour) -> None:
    assert Behaviour().changed(asdict(behaviour)) == behaviour


@given(behaviours, st.integers(1, 20))
def test_a_counted_mode_holds_for_exactly_its_number_of_deployments(behaviour: Behaviour, times: int) -> None:
    current = behaviour.changed({"mode": behaviour.mode, "times": times})
    modes = []
    for _ in range(times + 1):
        modes.append(current.mode)
        current = current.after_one()
    assert modes == [behaviour.mode] * times + [Mode.SUCCEED]


@given(behaviours)
def test_an_uncounted_mode_holds_until_it_is_changed(behaviour: Behaviour) -> None:
    uncounted = behaviour.changed({"mode": behaviour.mode})
    assert uncounted.after_one() == uncounted


def test_the_settings_begin_with_the_defaults(demo: Demo) -> None:
    with demo.client("inventory") as client:
        assert client.get("/settings").json() == DEFAULTS


def test_a_change_names_only_what_changes(demo: Demo) -> None:
    with demo.client("inventory") as client:
        answer = client.put("/settings", json={"mode": "fail", "times": 1})
        assert (answer.status_code, answer.json()) == (200, {**DEFAULTS, "mode": "fail", "times": 1})
        assert client.get("/settings").json() == {**DEFAULTS, "mode": "fail", "times": 1}


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("mode", "explode"),
        ("mode", ["fail"]),
        ("duration_ms", -1),
        ("duration_ms", 1.5),
        ("jitter_ms", "soon"),
        ("failure_message", ""),
        ("failure_message", "x" * 201),
        ("times", 0),
        ("times", False),
        ("colour", "red"),
    ],
)
def test_a_bad_setting_is_refused_by_name_and_changes_nothing(
    shared_inventory: httpx2.Client, field: str, value: object
) -> None:
    before = shared_inventory.get("/settings").json()
    answer = shared_inventory.put("/settings", json={"mode": "fail", field: value})
    assert (answer.status_code, answer.json()["errors"][0]["loc"]) == (422, [field])
    assert shared_inventory.get("/settings").json() == before


def test_the_form_changes_the_behaviour_and_goes_back_to_the_page(inventory: httpx2.Client) -> None:
    form = {"mode": "reject", "times": "2", "duration_ms": "40", "jitter_ms": "0", "failure_message": "no"}
    answer = inventory.post("/settings", data=form)
    assert (answer.status_code, answer.headers["location"]) == (303, "/")
    assert inventory.get("/settings").json() == {
        "mode": "reject",
        "times": 2,
        "duration_ms": 40,
        "jitter_ms": 0,
        "failure_message": "no",
    }


def test_a_bad_form_shows_the_page_with_what_is_wrong(shared_inventory: httpx2.Client) -> None:
    answer = shared_inventory.post("/settings", data={"mode": "fail", "times": "many"})
    assert answer.status_code == 422
    assert '<p role="alert">times must be a whole number from 1 to 1000.</p>' in answer.text
