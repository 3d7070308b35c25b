"""Layered drawing of the phases: each phase is a column, and an edge that skips a phase gets a lane of its own there.

The page stacks every column's boxes in the order given here and centres the stack; this module knows the boxes' sizes,
so the edges it computes meet them without a script or an inline style.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from itertools import pairwise
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

Dependencies = tuple[tuple[str, frozenset[str]], ...]
Chain = tuple[str, ...]

_SWEEPS = 4


@dataclass(frozen=True, slots=True, kw_only=True)
class Geometry:
    """Pixels at a root size of 16; ``tokens.css`` holds the same lengths."""

    node_width: int = 264
    node_height: int = 68
    lane_height: int = 16
    column_gap: int = 44
    row_gap: int = 12

    def left(self, column: int) -> int:
        return column * (self.node_width + self.column_gap)


@dataclass(frozen=True, slots=True, kw_only=True)
class Box:
    """What stands in a column: a service, or an empty lane when ``service`` is empty."""

    key: str
    service: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Edge:
    """``target`` needs ``source``; ``path`` is an SVG path."""

    source: str
    target: str
    path: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Drawing:
    """Columns of boxes from top to bottom, and the edges behind them, in pixels."""

    columns: tuple[tuple[Box, ...], ...]
    edges: tuple[Edge, ...]
    width: int
    height: int


ROOMY = Geometry()
COMPACT = Geometry(node_width=204, column_gap=28)


def draw(
    phases: Iterable[Sequence[str]],
    depends_on: Mapping[str, frozenset[str]],
    geometry: Geometry = ROOMY,
) -> Drawing:
    """Lay out ``phases``; a dependency outside of them is not drawn."""
    known = tuple(tuple(phase) for phase in phases)
    inside = frozenset(name for phase in known for name in phase)
    needs = tuple(sorted((name, depends_on.get(name, frozenset()) & inside) for name in inside))
    return _draw(known, needs, geometry)


@lru_cache(maxsize=256)
def _draw(phases: tuple[tuple[str, ...], ...], depends_on: Dependencies, geometry: Geometry) -> Drawing:
    chains = _chains(phases, _without_shortcuts(depends_on))
    columns = _ordered(phases, chains)
    middles, height = _middles(columns, geometry)
    where = {key: column for column, keys in enumerate(columns) for key in keys}
    return Drawing(
        columns=tuple(tuple(Box(key=key, service="" if _is_lane(key) else key) for key in keys) for keys in columns),
        edges=tuple(
            Edge(source=chain[0], target=chain[-1], path=_path(chain, where, middles, geometry)) for chain in chains
        ),
        width=max(0, geometry.left(len(columns)) - geometry.column_gap),
        height=height,
    )


def _is_lane(key: str) -> bool:
    return ">" in key


def _without_shortcuts(depends_on: Dependencies) -> dict[str, frozenset[str]]:
    """Drop each edge that a longer path already implies (transitive reduction)."""
    direct = dict(depends_on)
    reach: dict[str, frozenset[str]] = {}
    for name in _dependencies_first(direct):
        reach[name] = direct[name].union(*(reach.get(other, frozenset()) for other in direct[name]))
    return {
        name: frozenset(
            other for other in needs if not any(other in reach.get(third, frozenset()) for third in needs - {other})
        )
        for name, needs in direct.items()
    }


def _dependencies_first(direct: Mapping[str, frozenset[str]]) -> list[str]:
    """Order names so that needs precede needers; a cycle ends the order early, for plans with one have no phases."""
    order: list[str] = []
    placed: set[str] = set()
    ready = sorted(name for name in direct if not direct[name])
    while ready:
        order += ready
        placed |= set(ready)
        ready = sorted(name for name in direct if name not in placed and direct[name] <= placed)
    return order


def _chains(phases: tuple[tuple[str, ...], ...], needs: Mapping[str, frozenset[str]]) -> tuple[Chain, ...]:
    """Give each edge as the boxes it passes: source, a lane in every phase between, target."""
    column = {name: index for index, phase in enumerate(phases) for name in phase}
    return tuple(
        (source, *(f"{source}>{target}@{at}" for at in range(column[source] + 1, column[target])), target)
        for target in sorted(needs, key=lambda name: (column[name], name))
        for source in sorted(needs[target])
        if column[source] < column[target]
    )


def _ordered(phases: tuple[tuple[str, ...], ...], chains: tuple[Chain, ...]) -> list[list[str]]:
    """Sort each column by the mean place of its neighbours, a few times over: fewer crossings."""
    columns = [sorted(phase) for phase in phases]
    first = {name: index for index, phase in enumerate(phases) for name in phase}
    near: dict[str, list[str]] = {name: [] for phase in phases for name in phase}
    for chain in chains:
        for offset, key in enumerate(chain[1:-1], start=1):
            columns[first[chain[0]] + offset].append(key)
            near[key] = []
        for here, there in pairwise(chain):
            near[here].append(there)
            near[there].append(here)
    for _ in range(_SWEEPS):
        for column in columns:
            _sort_by_neighbours(column, near, _places(columns))
    return columns


def _places(columns: list[list[str]]) -> dict[str, float]:
    """Measure each box's row from its column's middle, as columns are centred."""
    return {key: row - (len(column) - 1) / 2 for column in columns for row, key in enumerate(column)}


def _sort_by_neighbours(column: list[str], near: Mapping[str, list[str]], place: Mapping[str, float]) -> None:
    def mean(key: str) -> float:
        return sum(place[other] for other in near[key]) / len(near[key]) if near[key] else place[key]

    column.sort(key=lambda key: (mean(key), _is_lane(key), key))


def _middles(columns: list[list[str]], geometry: Geometry) -> tuple[dict[str, int], int]:
    """Give the vertical middle of every box, and the drawing's height."""

    def size(key: str) -> int:
        return geometry.lane_height if _is_lane(key) else geometry.node_height

    def stack(column: list[str]) -> int:
        return sum(size(key) + geometry.row_gap for key in column) - geometry.row_gap if column else 0

    height = max((stack(column) for column in columns), default=0)
    middles: dict[str, int] = {}
    for column in columns:
        top = (height - stack(column)) // 2
        for key in column:
            middles[key] = top + size(key) // 2
            top += size(key) + geometry.row_gap
    return middles, height


def _path(chain: Chain, where: Mapping[str, int], middles: Mapping[str, int], geometry: Geometry) -> str:
    x, y = geometry.left(where[chain[0]]) + geometry.node_width, middles[chain[0]]
    parts = [f"M{x} {y}"]
    for key in chain[1:]:
        next_x, next_y = geometry.left(where[key]), middles[key]
        half = (x + next_x) // 2
        parts.append(f"C{half} {y} {half} {next_y} {next_x} {next_y}")
        x, y = next_x, next_y
        if _is_lane(key):
            x += geometry.node_width
            parts.append(f"H{x}")
    return "".join(parts)
