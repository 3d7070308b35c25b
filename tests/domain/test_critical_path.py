from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from releases.domain.critical_path import Forecast, forecast
from releases.domain.dependencies import CyclicDependency, deployment_phases
from tests.domain.platform import DEPENDS_ON, PHASES
from tests.domain.strategies import acyclic_graphs

if TYPE_CHECKING:
    from collections.abc import Mapping

WITH_PLATFORM = {**DEPENDS_ON, "helm": DEPENDS_ON["helm"] | {"platform"}}
MINUTES = {"inventory": 3, "platform": 8, "recommendations": 5, "checkout": 4, "web": 5, "helm": 4}


def test_the_bookverse_waits_22_for_its_phases_where_17_would_do() -> None:
    assert forecast(WITH_PLATFORM, deployment_phases(WITH_PLATFORM), MINUTES) == Forecast(
        critical_path_ms=17,
        critical_path=("inventory", "recommendations", "web", "helm"),
        barrier_ms=22,
        unknown=(),
    )


def test_two_chains_that_cross_wait_20_for_their_phases_where_11_would_do() -> None:
    needs = {"p": set[str](), "q": set[str](), "r": {"p"}, "s": {"q"}}
    durations = {"p": 10, "q": 1, "r": 1, "s": 10}
    assert forecast(needs, (("p", "q"), ("r", "s")), durations) == Forecast(
        critical_path_ms=11, critical_path=("p", "r"), barrier_ms=20, unknown=()
    )


def test_a_service_that_was_never_promoted_makes_the_forecast_unknown_and_is_named() -> None:
    durations = {service: minutes for service, minutes in MINUTES.items() if service not in {"web", "checkout"}}
    assert forecast(DEPENDS_ON, PHASES, durations) == Forecast(
        critical_path_ms=None, critical_path=(), barrier_ms=None, unknown=("checkout", "web")
    )


def test_services_that_stay_take_no_time_and_still_order_the_others() -> None:
    assert forecast(DEPENDS_ON, (("inventory",), ("helm",)), {"inventory": 3, "helm": 4}) == Forecast(
        critical_path_ms=7, critical_path=("inventory", "helm"), barrier_ms=7, unknown=()
    )


def test_nothing_to_do_takes_no_time() -> None:
    assert forecast(DEPENDS_ON, (), {}) == Forecast(critical_path_ms=0, critical_path=(), barrier_ms=0, unknown=())


def test_a_circle_has_no_longest_chain() -> None:
    with pytest.raises(CyclicDependency):
        forecast({"a": {"b"}, "b": {"a"}}, (("a",), ("b",)), {"a": 1, "b": 1})


@given(acyclic_graphs, st.dictionaries(st.sampled_from("abcdefgh"), st.integers(0, 9)))
def test_the_longest_chain_is_a_chain_and_no_phase_barrier_is_shorter(
    graph: Mapping[str, frozenset[str]], some: dict[str, int]
) -> None:
    phases = deployment_phases(graph)
    durations = {service: some.get(service, 1) for phase in phases for service in phase}
    found = forecast(graph, phases, durations)
    assert found.critical_path_ms == sum(durations[service] for service in found.critical_path)
    assert [step for step in pairwise(found.critical_path) if step[0] not in graph[step[1]]] == []
    assert found.barrier_ms == sum(max(durations[service] for service in phase) for phase in phases)
    assert found.critical_path_ms == max((_longest(service, graph, durations) for service in durations), default=0)


def _longest(service: str, graph: Mapping[str, frozenset[str]], durations: Mapping[str, int]) -> int:
    before = (_longest(provider, graph, durations) for provider in graph.get(service, ()))
    return durations[service] + max(before, default=0)
