from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING

import pytest
from hypothesis import given

from releases.domain.dependencies import (
    CyclicDependency,
    deployment_phases,
    restrict,
    rollback_phases,
    strong_components,
    transitive_dependents,
)
from tests.domain.platform import DEPENDS_ON, PHASES
from tests.domain.strategies import acyclic_graphs, graphs

if TYPE_CHECKING:
    from collections.abc import Mapping


def test_the_bookverse_is_deployed_in_four_phases() -> None:
    assert deployment_phases(DEPENDS_ON) == PHASES


def test_the_platform_service_joins_the_first_phase() -> None:
    with_platform = {**DEPENDS_ON, "helm": DEPENDS_ON["helm"] | {"platform"}}
    assert deployment_phases(with_platform) == (("inventory", "platform"), *PHASES[1:])


def test_a_rollback_goes_through_the_same_phases_backwards() -> None:
    assert rollback_phases(DEPENDS_ON) == PHASES[::-1]


def test_only_the_named_services_are_in_the_phases_and_keep_their_order() -> None:
    assert deployment_phases(DEPENDS_ON, only={"helm", "inventory"}) == (("inventory",), ("helm",))
    assert rollback_phases(DEPENDS_ON, only={"helm", "inventory"}) == (("helm",), ("inventory",))


def test_no_services_have_no_phases() -> None:
    assert deployment_phases({}) == ()


def test_restricting_a_graph_keeps_every_service_and_only_inner_edges() -> None:
    assert restrict(DEPENDS_ON, {"web", "checkout", "new"}) == {
        "checkout": frozenset(),
        "new": frozenset(),
        "web": frozenset({"checkout"}),
    }


@pytest.mark.parametrize(
    ("services", "affected"),
    [
        ({"inventory"}, ("checkout", "helm", "recommendations", "web")),
        ({"web"}, ("helm",)),
        ({"checkout", "web"}, ("helm",)),
        ({"helm"}, ()),
        ({"elsewhere"}, ()),
    ],
)
def test_everything_that_needs_a_service_is_found(services: set[str], affected: tuple[str, ...]) -> None:
    assert transitive_dependents(DEPENDS_ON, services) == affected


def refusal_of(graph: Mapping[str, frozenset[str] | set[str] | list[str]]) -> CyclicDependency:
    with pytest.raises(CyclicDependency) as refusal:
        deployment_phases(graph)
    return refusal.value


def test_a_circle_is_shown_as_a_closed_path_with_what_waits_for_it() -> None:
    error = refusal_of({**DEPENDS_ON, "inventory": frozenset({"checkout"})})
    assert (error.cycles, error.blocked, error.members) == (
        (("inventory", "checkout", "inventory"),),
        ("helm", "recommendations", "web"),
        ("checkout", "inventory"),
    )
    assert error.message == (
        "Services depend on each other in a circle: inventory -> checkout -> inventory. "
        "Blocked by it: helm, recommendations, web."
    )


def test_a_circle_that_blocks_nobody_says_no_more() -> None:
    error = refusal_of({"a": {"b"}, "b": {"a"}})
    assert error.message == "Services depend on each other in a circle: a -> b -> a."


def test_each_knot_shows_one_shortest_circle() -> None:
    error = refusal_of({"a": {"b"}, "b": {"c"}, "c": {"a", "b"}, "x": {"y"}, "y": {"x", "c"}, "z": {"z"}})
    assert error.cycles == (("b", "c", "b"), ("x", "y", "x"), ("z", "z"))


def test_a_chain_of_ten_thousand_services_is_ordered() -> None:
    chain = {f"s{place:05}": {f"s{place - 1:05}"} if place else set[str]() for place in range(10_000)}
    assert deployment_phases(chain) == tuple((name,) for name in chain)


def test_a_circle_of_ten_thousand_services_is_shown_whole() -> None:
    ring = {f"s{place:05}": {f"s{(place + 1) % 10_000:05}"} for place in range(10_000)}
    assert refusal_of(ring).cycles == ((*ring, "s00000"),)


def test_services_that_reach_each_other_are_one_component() -> None:
    graph = {"a": ["b", "d"], "b": ["c"], "c": ["a"], "d": [], "e": ["d", "c"]}
    assert strong_components(graph) == [("d",), ("a", "b", "c"), ("e",)]


@given(acyclic_graphs)
def test_every_dependency_comes_in_an_earlier_phase(graph: Mapping[str, frozenset[str]]) -> None:
    phases = deployment_phases(graph)
    place = {name: number for number, phase in enumerate(phases) for name in phase}
    assert place.keys() == {*graph, *(name for needs in graph.values() for name in needs)}
    assert [edge for edge in edges(graph) if place[edge[1]] >= place[edge[0]]] == []
    assert rollback_phases(graph) == phases[::-1]


@given(acyclic_graphs)
def test_phases_do_not_depend_on_the_order_of_the_input(graph: Mapping[str, frozenset[str]]) -> None:
    shuffled = {name: sorted(graph[name], reverse=True) * 2 for name in sorted(graph, reverse=True)}
    assert deployment_phases(shuffled) == deployment_phases(graph)


@given(graphs)
def test_either_every_service_has_a_phase_or_every_circle_is_real(graph: Mapping[str, frozenset[str]]) -> None:
    placed, cycles, blocked = attempt(graph)
    steps = [step for cycle in cycles for step in pairwise(cycle)]
    assert [step for step in steps if step[1] not in graph[step[0]]] == []
    assert [cycle for cycle in cycles if cycle[0] != cycle[-1]] == []
    everyone = {*graph, *(name for needs in graph.values() for name in needs)}
    assert bool(placed) == (bool(everyone) and not cycles)
    assert placed == (set() if cycles else everyone)
    assert set(blocked).isdisjoint(name for cycle in cycles for name in cycle)


def attempt(
    graph: Mapping[str, frozenset[str]],
) -> tuple[set[str], tuple[tuple[str, ...], ...], tuple[str, ...]]:
    """Services with a phase, or else the circles and what they block."""
    try:
        phases = deployment_phases(graph)
    except CyclicDependency as error:
        return set(), error.cycles, error.blocked
    return {name for phase in phases for name in phase}, (), ()


def edges(graph: Mapping[str, frozenset[str]]) -> list[tuple[str, str]]:
    return [(consumer, provider) for consumer, needs in graph.items() for provider in needs]
