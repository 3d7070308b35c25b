from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from releases.domain.observations import observed_reasons, set_digest, spell_out
from releases.domain.rules import Observation, Rules
from releases.domain.versions import parse

BEGAN = datetime(2026, 11, 1, 12, tzinfo=UTC)
SET = {"inventory": "1.4.0", "checkout": "1.5.3+build.7"}


def observation(
    versions: dict[str, str] = SET, *, ended_at: datetime | None = None, probes: int = 0, failed_probes: int = 0
) -> Observation:
    return Observation(
        id=6,
        stage="QA",
        platform_version="2.2.0-beta.1",
        digest=set_digest(versions),
        began_at=BEGAN,
        ended_at=ended_at,
        probes=probes,
        failed_probes=failed_probes,
    )


def told(*observations: Observation) -> list[tuple[str, str]]:
    rules = Rules(observations=observations)
    versions = {service: parse(version) for service, version in SET.items()}
    return [(reason.code, reason.text) for reason in observed_reasons(versions, rules)]


@given(st.dictionaries(st.text(min_size=1), st.text(min_size=1)))
def test_a_digest_does_not_depend_on_the_order_of_the_services(versions: dict[str, str]) -> None:
    assert set_digest(dict(reversed(versions.items()))) == set_digest(versions)


@given(st.dictionaries(st.text(), st.text()), st.dictionaries(st.text(), st.text()))
def test_only_equal_sets_have_equal_digests(one: dict[str, str], other: dict[str, str]) -> None:
    assert (set_digest(one) == set_digest(other)) is (one == other)


def test_another_build_is_another_set() -> None:
    assert told(observation({**SET, "checkout": "1.5.3"})) == []


def test_a_set_that_still_runs_says_since_when_and_that_nobody_probed_it() -> None:
    assert told(observation()) == [
        (
            "observed-together",
            "Exactly this set has run since 2026-11-01 12:00 UTC in QA: nobody probed its services.",
        )
    ]


def test_one_probe_is_one() -> None:
    assert told(observation(probes=1)) == [
        ("observed-together", "Exactly this set has run since 2026-11-01 12:00 UTC in QA: the one probe passed."),
    ]


def test_a_set_that_ended_says_how_long_it_ran() -> None:
    ended = observation(ended_at=BEGAN + timedelta(minutes=61), probes=40)
    assert told(ended) == [("observed-together", "Exactly this set ran for 1 hour in QA: all 40 probes passed.")]


def test_failed_probes_are_told_as_a_warning() -> None:
    assert told(observation(probes=40, failed_probes=3)) == [
        ("failed-probes-together", "Exactly this set has run since 2026-11-01 12:00 UTC in QA: 3 of 40 probes failed."),
    ]


@pytest.mark.parametrize(
    ("seconds", "words"),
    [(0, "0 seconds"), (1, "1 second"), (119, "1 minute"), (7200, "2 hours"), (86400, "1 day")],
)
def test_a_span_is_named_in_its_largest_whole_unit(seconds: int, words: str) -> None:
    assert spell_out(timedelta(seconds=seconds)) == words
