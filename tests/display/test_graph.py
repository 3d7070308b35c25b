from __future__ import annotations

import re
from itertools import pairwise
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from releases.display.graph import COMPACT, ROOMY, Drawing, Geometry, draw
from tests.quality.sources import text_of

if TYPE_CHECKING:
    from collections.abc import Mapping

PHASES = (("inventory",), ("checkout", "recommendations"), ("web",), ("helm",))
NEEDS: Mapping[str, frozenset[str]] = {
    "inventory": frozenset(),
    "checkout": frozenset({"inventory"}),
    "recommendations": frozenset({"inventory"}),
    "web": frozenset({"inventory", "checkout", "recommendations"}),
    "helm": frozenset({"inventory", "checkout", "recommendations", "web"}),
}
PLATFORM = (("inventory", "platform"), *PHASES[1:])


def services(drawing: Drawing) -> list[list[str]]:
    return [[box.service for box in column if box.service] for column in drawing.columns]


def ends(path: str) -> tuple[tuple[int, int], tuple[int, int]]:
    numbers = [int(number) for number in re.findall(r"\d+", path)]
    return (numbers[0], numbers[1]), (numbers[-2], numbers[-1])


def test_each_phase_is_a_column() -> None:
    assert [sorted(column) for column in services(draw(PHASES, NEEDS))] == [sorted(phase) for phase in PHASES]


def test_an_edge_that_a_longer_path_implies_is_not_drawn() -> None:
    edges = {(edge.source, edge.target) for edge in draw(PHASES, NEEDS).edges}
    assert edges == {
        ("inventory", "checkout"),
        ("inventory", "recommendations"),
        ("checkout", "web"),
        ("recommendations", "web"),
        ("web", "helm"),
    }


def test_an_edge_that_skips_a_phase_has_a_lane_there() -> None:
    drawing = draw(PLATFORM, {**NEEDS, "platform": frozenset(), "web": NEEDS["web"] | {"platform"}})
    assert [box.key for box in drawing.columns[1] if not box.service] == ["platform>web@1"]


def test_a_column_of_one_stands_in_the_middle_of_a_column_of_two() -> None:
    drawing = draw(PHASES, NEEDS)
    starts = {ends(edge.path)[0] for edge in drawing.edges if edge.source == "inventory"}
    assert starts == {(ROOMY.node_width, drawing.height // 2)}


def test_a_dependency_outside_of_the_phases_is_not_drawn() -> None:
    assert draw((("web",),), {"web": frozenset({"inventory"})}).edges == ()


def test_dependencies_in_a_circle_are_left_out_rather_than_fail() -> None:
    assert draw((("a", "b"),), {"a": frozenset({"b"}), "b": frozenset({"a"})}).edges == ()


def test_nothing_is_drawn_for_no_phases() -> None:
    assert draw((), {}) == Drawing(columns=(), edges=(), width=0, height=0)


@st.composite
def graphs(draw_one: st.DrawFn) -> tuple[tuple[tuple[str, ...], ...], dict[str, frozenset[str]]]:
    sizes = draw_one(st.lists(st.integers(1, 4), min_size=1, max_size=5))
    phases = tuple(tuple(f"s{column}{row}" for row in range(size)) for column, size in enumerate(sizes))
    needs: dict[str, frozenset[str]] = {}
    for column, phase in enumerate(phases):
        earlier = [name for before in phases[:column] for name in before]
        for name in phase:
            needs[name] = draw_one(st.frozensets(st.sampled_from(earlier))) if earlier else frozenset()
    return phases, needs


@given(graphs())
def test_every_edge_runs_rightwards_within_the_drawing(
    graph: tuple[tuple[tuple[str, ...], ...], dict[str, frozenset[str]]],
) -> None:
    drawing = draw(*graph)
    for edge in drawing.edges:
        (x, y), (to_x, to_y) = ends(edge.path)
        assert 0 < x < to_x <= drawing.width
        assert 0 <= min(y, to_y) <= max(y, to_y) <= drawing.height


@given(graphs())
def test_what_is_reachable_stays_reachable_without_the_shortcuts(
    graph: tuple[tuple[tuple[str, ...], ...], dict[str, frozenset[str]]],
) -> None:
    phases, needs = graph
    drawn: dict[str, frozenset[str]] = dict.fromkeys(needs, frozenset())
    for edge in draw(phases, needs).edges:
        drawn[edge.target] |= {edge.source}
    assert closure(drawn) == closure(needs)


def closure(needs: Mapping[str, frozenset[str]]) -> dict[str, frozenset[str]]:
    reach: dict[str, frozenset[str]] = {}
    for name in sorted(needs):  # names sort by phase
        reach[name] = needs[name].union(*(reach[other] for other in needs[name]))
    return reach


@given(graphs())
def test_the_order_of_the_input_does_not_matter(
    graph: tuple[tuple[tuple[str, ...], ...], dict[str, frozenset[str]]],
) -> None:
    phases, needs = graph
    backwards = tuple(phase[::-1] for phase in phases)
    assert draw(backwards, dict(reversed(needs.items()))) == draw(phases, needs)


def lengths(css: str) -> dict[str, int]:
    """Pixels at a root size of 16."""
    return {name: round(float(rem) * 16) for name, rem in re.findall(r"--([a-z-]+): ([\d.]+)rem;", css)}


@pytest.mark.parametrize(
    ("geometry", "overrides"),
    [(ROOMY, ""), (COMPACT, text_of("static/css/layout.css").split("&.compact")[1].split("}")[0])],
)
def test_the_style_sheet_has_the_lengths_that_the_edges_assume(geometry: Geometry, overrides: str) -> None:
    css = lengths(text_of("static/css/tokens.css")) | lengths(overrides)
    assert geometry == Geometry(
        node_width=css["node-width"],
        node_height=css["node-height"],
        lane_height=css["lane-height"],
        column_gap=css["column-gap"],
        row_gap=css["row-gap"],
    )


def test_boxes_of_a_column_keep_their_distance() -> None:
    drawing = draw((("a", "b", "c"), ("d",)), {"d": frozenset({"a", "b", "c"})})
    starts = sorted(ends(edge.path)[0][1] for edge in drawing.edges)
    assert {below - above for above, below in pairwise(starts)} == {ROOMY.node_height + ROOMY.row_gap}
