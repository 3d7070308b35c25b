"""Which kinds of the journal somebody wants to hear of."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from releases.domain.journal import Kind
from releases.domain.telling import DEFAULT_EVENTS, is_told, is_wanted, patterns_of, why_not_patterns

KINDS = st.sampled_from([kind.value for kind in Kind])


@given(KINDS)
def test_a_star_names_every_kind(kind: str) -> None:
    assert is_wanted(kind, "", events="*", stages=())


@given(KINDS)
def test_a_kind_names_itself_and_its_family(kind: str) -> None:
    assert is_wanted(kind, "", events=kind, stages=())
    assert is_wanted(kind, "", events=f"{kind.partition('.')[0]}.*", stages=())


@given(KINDS, KINDS)
def test_one_kind_does_not_name_another(kind: str, other: str) -> None:
    assert is_wanted(kind, "", events=other, stages=()) is (kind == other)


@pytest.mark.parametrize(("stage", "wanted"), [("DEV", True), ("QA", False), ("", False)])
def test_stages_narrow_what_is_heard(stage: str, wanted: bool) -> None:  # noqa: FBT001
    assert is_wanted("promotion.held", stage, events="*", stages=["DEV", "PROD"]) is wanted


def test_patterns_stand_on_lines_or_between_commas() -> None:
    assert patterns_of("a.b, c.*\n\nd.e a.b") == ("a.b", "c.*", "d.e")


def test_what_goes_out_is_not_told() -> None:
    assert sorted(kind for kind in Kind if not is_told(kind)) == [
        "delivery.repeated",
        "inbox.delivered",
        "inbox.gave_up",
    ]


def test_the_default_names_known_events() -> None:
    assert why_not_patterns("\n".join(DEFAULT_EVENTS)) == ""


@pytest.mark.parametrize("events", ["", " ,\n", "promotion.vanished", "inbox.*", "Promotion.held", "promotion.[a-z]*"])
def test_patterns_that_name_nothing_are_refused(events: str) -> None:
    assert why_not_patterns(events).startswith(("Name at least one event", "No event is called"))
