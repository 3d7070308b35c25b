"""How long a promotion will take, and whether such forecasts come true."""

from __future__ import annotations

from collections import defaultdict, deque
from random import Random
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from releases.domain.forecasts import (
    FEW,
    REMEMBERED,
    Calibration,
    Outcome,
    PhaseForecast,
    PromotionForecast,
    calibrate,
    foresee,
)
from tests.domain.platform import PHASES

if TYPE_CHECKING:
    from collections.abc import Iterator

TIMEOUT = 27_000
runs = st.dictionaries(
    st.sampled_from(["inventory", "checkout", "recommendations", "web", "helm"]),
    st.lists(st.integers(1, TIMEOUT), max_size=REMEMBERED),
)


def test_a_service_that_always_takes_the_same_is_foreseen_to_the_millisecond() -> None:
    found = foresee(
        (("inventory",), ("checkout", "web")),
        dict.fromkeys(("inventory", "checkout"), [2_000] * 9) | {"web": [5_000] * 9},
        TIMEOUT,
    )

    assert found == PromotionForecast(
        p50_ms=7_000,
        p90_ms=7_000,
        runs=9,
        unknown=(),
        slowest=("inventory", "web"),
        phases=(
            PhaseForecast(services=("inventory",), p50_ms=7_000, p90_ms=7_000),
            PhaseForecast(services=("checkout", "web"), p50_ms=5_000, p90_ms=5_000),
        ),
    )


def test_without_a_run_the_timeout_is_the_bound_and_no_middle_is_dared() -> None:
    found = foresee((("inventory",), ("web",)), {"inventory": [1_000] * 5}, TIMEOUT)

    assert (found.p50_ms, found.p90_ms, found.unknown) == (None, 1_000 + TIMEOUT, ("web",))
    assert found.basis == "no run of web there yet: the timeout is the bound"


def test_few_runs_are_said_and_bounded_by_the_timeout() -> None:
    found = foresee((("web",),), {"web": [1_000, 2_000, 3_000]}, TIMEOUT)

    assert (found.p50_ms, found.p90_ms) == (2_000, TIMEOUT)
    assert found.basis == "from 3 runs, so that the timeout is the bound"


def test_one_run_is_one_run() -> None:
    assert foresee((("web",),), {"web": [1_000]}, TIMEOUT).basis == "from 1 run, so that the timeout is the bound"


def test_enough_runs_allow_for_one_that_is_slower_than_all_of_them() -> None:
    found = foresee((("web",),), {"web": [1_000] * (FEW - 1) + [3_000]}, TIMEOUT)

    assert (found.p50_ms, found.p90_ms, found.basis) == (1_000, 5_000, f"from {FEW} runs")


def test_a_phase_in_which_nothing_moves_takes_no_time() -> None:
    found = foresee(((), ("web",), ()), {"web": [4_000] * 8}, TIMEOUT)

    assert [phase.p50_ms for phase in found.phases] == [4_000, 4_000, 0]


def test_what_runs_already_needs_no_time_at_all() -> None:
    found = foresee(((), ()), {}, TIMEOUT)

    assert (found.p50_ms, found.p90_ms, found.moves) == (0, 0, False)
    assert found.basis == "every service runs its version there already"


@given(runs)
def test_the_cautious_end_is_never_before_the_middle_and_later_phases_take_less(
    known: dict[str, list[int]],
) -> None:
    found = foresee(PHASES, known, TIMEOUT)

    assert all(phase.p50_ms is None or phase.p50_ms <= phase.p90_ms for phase in found.phases)
    assert [phase.p90_ms for phase in found.phases] == sorted((phase.p90_ms for phase in found.phases), reverse=True)
    assert found.p90_ms <= len(PHASES) * TIMEOUT


@given(runs)
def test_what_is_kept_with_a_promotion_reads_as_it_was_given(known: dict[str, list[int]]) -> None:
    found = foresee(PHASES, known, TIMEOUT)

    assert PromotionForecast.read(found.document()) == found


def releases(seed: int, count: int, together: float) -> Iterator[Outcome]:
    """Promote again and again, each forecast knowing what was before; ``together`` is how much all are slow at once."""
    random, history = Random(seed), defaultdict[str, deque[int]](lambda: deque(maxlen=REMEMBERED))
    usual = {service: random.uniform(2_000, 9_000) for phase in PHASES for service in phase}
    for _ in range(count):
        found = foresee(PHASES, history, TIMEOUT)
        day, took = random.gauss(0, together), 0
        for phase in PHASES:
            times = {service: round(usual[service] * 2 ** (random.gauss(0, 0.4) + day)) for service in phase}
            took += max(times.values())
            for service, time in times.items():
                history[service].append(time)
        yield Outcome(stage="QA", p50_ms=found.p50_ms, p90_ms=found.p90_ms, took_ms=took)


@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize("together", [0.0, 0.1])
def test_at_least_85_of_100_releases_end_before_the_cautious_end_given_at_their_start(
    seed: int, together: float
) -> None:
    found = calibrate("QA", list(releases(seed, 200, together)))

    assert found.p90_percent is not None
    assert found.p90_percent >= 85


@pytest.mark.parametrize("seed", range(3))
def test_about_half_of_them_end_before_the_middle(seed: int) -> None:
    found = calibrate("QA", list(releases(seed, 200, 0)))

    assert found.p50_percent is not None
    assert 40 <= found.p50_percent <= 60


def test_the_first_forecasts_hold_as_well() -> None:
    first = [outcome for seed in range(30) for outcome in releases(seed, 8, 0.1)]

    assert (calibrate("QA", first).p90_percent or 0) >= 85


def test_a_stage_is_calibrated_by_its_own_promotions() -> None:
    outcomes = [
        Outcome(stage="QA", p50_ms=None, p90_ms=9, took_ms=9),
        Outcome(stage="QA", p50_ms=5, p90_ms=9, took_ms=6),
        Outcome(stage="QA", p50_ms=5, p90_ms=9, took_ms=10),
        Outcome(stage="DEV", p50_ms=5, p90_ms=9, took_ms=5),
    ]

    assert calibrate("QA", outcomes) == Calibration(stage="QA", ended=3, with_p50=2, within_p50=0, within_p90=2)
    assert (calibrate("QA", outcomes).p50_percent, calibrate("QA", outcomes).p90_percent) == (0, 67)
    assert calibrate("PROD", outcomes).p90_percent is None
