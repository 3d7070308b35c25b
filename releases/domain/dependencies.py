"""Order of deployment from a dependency graph: phases, cycles, and who is affected by whom."""

from __future__ import annotations

from collections import Counter, deque
from typing import TYPE_CHECKING

from releases.domain.errors import Conflict

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator, Mapping

    Graph = Mapping[str, Collection[str]]
    Phases = tuple[tuple[str, ...], ...]

# A search from every member of a huge knot is quadratic: past this many starts, a longer cycle may be shown.
MAX_CYCLE_STARTS = 64


class CyclicDependency(Conflict):
    """No order exists; one closed path per knot (first == last), and the services that wait for one in vain."""

    code = "cyclic-dependency"

    def __init__(self, cycles: tuple[tuple[str, ...], ...], blocked: tuple[str, ...]) -> None:
        shown = "; ".join(" -> ".join(cycle) for cycle in cycles)
        waiting = f" Blocked by it: {', '.join(blocked)}." if blocked else ""
        super().__init__(f"Services depend on each other in a circle: {shown}.{waiting}")
        self.cycles = cycles
        self.blocked = blocked

    @property
    def members(self) -> tuple[str, ...]:
        return tuple(sorted({name for cycle in self.cycles for name in cycle}))


def restrict(depends_on: Graph, services: Collection[str]) -> dict[str, frozenset[str]]:
    """Keep only these services and the edges between them; each service has an entry, if an empty one."""
    kept = frozenset(services)
    return {name: kept.intersection(depends_on.get(name, ())) for name in sorted(kept)}


def deployment_phases(depends_on: Graph, *, only: Collection[str] | None = None) -> Phases:
    """Levels of the graph, providers first, names sorted; raises ``CyclicDependency``.

    A name that only occurs as a provider is a service too. With ``only``, the other services are left out of the
    phases but still order them.
    """
    graph = _complete(depends_on)
    levels = tuple(_levels(graph))
    if sum(map(len, levels)) < len(graph):
        raise _explain(graph, {name for level in levels for name in level})
    wanted = graph.keys() if only is None else frozenset(only)
    phases = (tuple(sorted(wanted & level)) for level in levels)
    return tuple(phase for phase in phases if phase)


def rollback_phases(depends_on: Graph, *, only: Collection[str] | None = None) -> Phases:
    """Reverse the deployment phases: dependents first, still parallel inside a phase."""
    return deployment_phases(depends_on, only=only)[::-1]


def against(depends_on: Graph) -> dict[str, frozenset[str]]:
    """Turn every edge around: on the way back a provider waits for what needs it."""
    return {name: frozenset(dependents) for name, dependents in _reverse(_complete(depends_on)).items()}


def transitive_dependents(depends_on: Graph, services: Collection[str]) -> tuple[str, ...]:
    """Everything that needs one of these services, at any distance, without the services themselves; sorted."""
    reached = _reach(_reverse(_complete(depends_on)), services)
    return tuple(sorted(reached.difference(services)))


def _complete(depends_on: Graph) -> dict[str, frozenset[str]]:
    names = {*depends_on, *(provider for providers in depends_on.values() for provider in providers)}
    return {name: frozenset(depends_on.get(name, ())) for name in sorted(names)}


def _reverse(graph: Graph) -> dict[str, list[str]]:
    dependents: dict[str, list[str]] = {name: [] for name in graph}
    for consumer in sorted(graph):
        for provider in graph[consumer]:
            dependents[provider].append(consumer)
    return dependents


def _reach(graph: Graph, starts: Iterable[str]) -> set[str]:
    reached = set(starts)
    waiting = deque(reached)
    while waiting:
        found = set(graph.get(waiting.popleft(), ())) - reached
        reached |= found
        waiting.extend(found)
    return reached


def _levels(graph: Graph) -> Iterator[frozenset[str]]:
    """Yield each level once its providers are done; whatever is on or behind a cycle never comes."""
    open_providers = {name: len(providers) for name, providers in graph.items()}
    dependents = _reverse(graph)
    level = frozenset(name for name, count in open_providers.items() if not count)
    while level:
        yield level
        ready: set[str] = set()
        for consumer in (consumer for name in level for consumer in dependents[name]):
            open_providers[consumer] -= 1
            if not open_providers[consumer]:
                ready.add(consumer)
        level = frozenset(ready)


def _explain(graph: Graph, done: set[str]) -> CyclicDependency:
    stuck = {name: sorted(provider for provider in graph[name] if provider not in done) for name in graph.keys() - done}
    knots = [knot for knot in strong_components(stuck) if len(knot) > 1 or knot[0] in stuck[knot[0]]]
    members = {name for knot in knots for name in knot}
    cycles = sorted(_show_cycle(knot, stuck) for knot in knots)
    return CyclicDependency(tuple(cycles), tuple(sorted(stuck.keys() - members)))


def strong_components(graph: Graph) -> list[tuple[str, ...]]:
    """Group services that reach each other (Tarjan's algorithm without recursion); every provider must be a key."""
    walk = _Walk(graph)
    for root in sorted(graph):
        walk.visit(root)
    return walk.found


class _Walk:
    """One depth-first walk; ``lowest`` is the earliest open service that each one reaches."""

    def __init__(self, graph: Graph) -> None:
        self.graph = graph
        self.found: list[tuple[str, ...]] = []
        self.order: dict[str, int] = {}
        self.lowest: dict[str, int] = {}
        self.open: dict[str, None] = {}
        self.path: list[tuple[str, Iterator[str]]] = []

    def visit(self, root: str) -> None:
        if root not in self.order:
            self._enter(root)
        while self.path:
            name, providers = self.path[-1]
            provider = next(providers, None)
            if provider is None:
                self._leave(name)
            elif provider not in self.order:
                self._enter(provider)
            elif provider in self.open:
                self.lowest[name] = min(self.lowest[name], self.order[provider])

    def _enter(self, name: str) -> None:
        self.order[name] = self.lowest[name] = len(self.order)
        self.open[name] = None
        self.path.append((name, iter(sorted(self.graph[name]))))

    def _leave(self, name: str) -> None:
        self.path.pop()
        if self.path:
            parent = self.path[-1][0]
            self.lowest[parent] = min(self.lowest[parent], self.lowest[name])
        if self.lowest[name] == self.order[name]:
            self.found.append(self._close(name))

    def _close(self, name: str) -> tuple[str, ...]:
        members: list[str] = []
        while name in self.open:
            members.append(self.open.popitem()[0])
        return tuple(sorted(members))


def _show_cycle(knot: tuple[str, ...], graph: Graph) -> tuple[str, ...]:
    """One shortest cycle of the knot, closed, begun at the service that most others depend on."""
    inside = restrict(graph, knot)
    needed = Counter(provider for providers in graph.values() for provider in providers)
    ranked = sorted(knot, key=lambda name: (-needed[name], name))
    rank = {name: place for place, name in enumerate(ranked)}
    cycle = min((_cycle_through(name, inside) for name in ranked[:MAX_CYCLE_STARTS]), key=len)
    start = min(range(len(cycle)), key=lambda place: rank[cycle[place]])
    return (*cycle[start:], *cycle[:start], cycle[start])


def _cycle_through(start: str, graph: Graph) -> tuple[str, ...]:
    """Shortest way from a service back to itself, by breadth; names break ties."""
    came_from: dict[str, str] = {}
    waiting = deque([start])
    while start not in came_from:
        name = waiting.popleft()
        for provider in sorted(graph[name]):
            if provider not in came_from:
                came_from[provider] = name
                waiting.append(provider)
    path = [came_from[start]]
    while path[-1] != start:
        path.append(came_from[path[-1]])
    return tuple(reversed(path))
