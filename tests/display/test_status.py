from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from releases.display.status import STATUSES, Tone, release_word, status_of, words, worst
from releases.domain.lifecycle import PromotionState, ReleaseState, SessionState, SlotState
from releases.domain.rules import Severity
from releases.domain.verdicts import Overall

KNOWN = [*ReleaseState, *PromotionState, *SessionState, *SlotState, *Overall, *Severity]


@pytest.mark.parametrize("state", sorted({state.value.lower() for state in KNOWN}))
def test_every_state_of_the_domain_is_in_the_table(state: str) -> None:
    assert state in STATUSES


@pytest.mark.parametrize(
    ("state", "tone"),
    [
        ("pending", Tone.NEUTRAL),
        ("dispatched", Tone.NEUTRAL),
        ("skipped", Tone.NEUTRAL),
        ("cancelled", Tone.NEUTRAL),
        ("running", Tone.INFO),
        ("promoting", Tone.INFO),
        ("succeeded", Tone.SUCCESS),
        ("released", Tone.SUCCESS),
        ("COMPATIBLE", Tone.SUCCESS),
        ("held", Tone.WARNING),
        ("timed_out", Tone.WARNING),
        ("UNKNOWN", Tone.WARNING),
        ("late", Tone.WARNING),
        ("failed", Tone.DANGER),
        ("INCOMPATIBLE", Tone.DANGER),
        ("rejected", Tone.DANGER),
        ("rolled_back", Tone.ACCENT),
    ],
)
def test_a_state_has_the_tone_that_the_specification_gives_it(state: str, tone: Tone) -> None:
    assert status_of(state).tone is tone


def test_only_what_is_under_way_spins() -> None:
    assert {status.tone for status in STATUSES.values() if status.spins} == {Tone.INFO}


def test_an_unlisted_state_is_shown_in_its_own_words() -> None:
    assert (status_of("half_done").word, status_of("half_done").tone) == ("Half done", Tone.NEUTRAL)


def test_an_empty_state_still_has_a_word() -> None:
    assert status_of("").word == "None"


def test_words_spell_a_dotted_kind() -> None:
    assert words("deadline.was-extended") == "Deadline was extended"


def test_an_aggregate_shows_the_worst_with_its_count() -> None:
    assert worst(["succeeded", "failed", "running", "failed"]).text == "2 of 4 failed"


def test_within_a_tone_the_state_that_most_share_is_shown() -> None:
    assert worst(["held", "timed_out", "timed_out"]).text == "2 of 3 timed out"


def test_an_aggregate_of_nothing_is_empty() -> None:
    assert (worst([]).count, worst([]).total, worst([]).status) == (0, 0, STATUSES["empty"])


@given(st.lists(st.sampled_from(sorted(STATUSES)), min_size=1))
def test_no_state_is_graver_than_the_aggregate(states: list[str]) -> None:
    ranks = list(Tone)
    assert ranks.index(worst(states).status.tone) == min(ranks.index(status_of(state).tone) for state in states)


@pytest.mark.parametrize(
    ("state", "stage", "word"),
    [
        ("promoting", "QA", "Promoting to QA"),
        ("held", "STAGING", "Held in STAGING"),
        ("waiting", "DEV", "Waiting after DEV"),
        ("planned", "", "Planned"),
        ("released", "PROD", "Released"),
    ],
)
def test_a_release_says_where_it_stands(state: str, stage: str, word: str) -> None:
    assert release_word(state, stage) == word
