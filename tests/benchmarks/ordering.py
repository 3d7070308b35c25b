"""Phases beside graphlib, and versions sorted by their stored key beside plain tuples and objects."""

from __future__ import annotations

import random
from graphlib import TopologicalSorter
from operator import itemgetter
from typing import TYPE_CHECKING

from semver import Version as SemverVersion

from releases.domain.dependencies import deployment_phases
from releases.domain.sort_keys import sort_key_of
from tests.benchmarks.instances import SEED
from tests.benchmarks.measuring import Line, least_seconds

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

SERVICES, NEEDS = 10_000, 5
VERSIONS = 100_000


def phases() -> Iterator[Line]:
    draw = random.Random(SEED)
    names = [f"service-{number:05}" for number in range(SERVICES)]
    graph = {name: frozenset(draw.sample(names[:place], min(NEEDS, place))) for place, name in enumerate(names)}
    if [list(phase) for phase in deployment_phases(graph)] != _phases_by_graphlib(graph):
        raise RuntimeError("graphlib has other phases")
    best = least_seconds({"ours": lambda: deployment_phases(graph), "graphlib": lambda: _phases_by_graphlib(graph)})
    name = f"phases, {SERVICES:,} services x {NEEDS} dependencies"
    yield Line(name=name, ours=best["ours"], against="graphlib", other=best["graphlib"])
    yield Line(name=name, ours=best["ours"], against="what is promised", other=1.0, target=1)


def _phases_by_graphlib(graph: Mapping[str, frozenset[str]]) -> list[list[str]]:
    sorter = TopologicalSorter(graph)
    sorter.prepare()
    found = []
    while sorter.is_active():
        ready = sorter.get_ready()
        sorter.done(*ready)
        found.append(sorted(ready))
    return found


def sorting() -> Iterator[Line]:
    draw = random.Random(SEED)
    labels = ("", "", "", "-rc.{}", "-beta.{}", "-alpha.{}.x")
    raws = [
        f"{draw.randrange(20)}.{draw.randrange(50)}.{draw.randrange(200)}{draw.choice(labels).format(draw.randrange(30))}"
        for _ in range(VERSIONS)
    ]
    stored = [(sort_key_of(raw), raw) for raw in raws]
    tuples = [(_tuple(raw), raw) for raw in raws]
    objects = [SemverVersion.parse(raw) for raw in raws]
    if [raw for _, raw in sorted(stored)] != [raw for _, raw in sorted(tuples)]:
        raise RuntimeError("the stored key sorts differently")
    key = itemgetter(0)
    best = least_seconds({"stored": lambda: sorted(stored, key=key), "tuples": lambda: sorted(tuples, key=key)})
    best |= least_seconds({"objects": lambda: sorted(objects)}, rounds=1)
    name = f"sorting {VERSIONS:,} versions by the stored key"
    yield Line(name=name, ours=best["stored"], against="plain tuples", other=best["tuples"], target=3)
    yield Line(name=name, ours=best["stored"], against="semver objects", other=best["objects"])


def _tuple(raw: str) -> tuple[object, ...]:
    """Write precedence as a tuple by hand, apart from our code; the words here never meet a number in one place."""
    core, _, label = raw.partition("-")
    identifiers = tuple(int(part) if part.isdigit() else part for part in label.split(".") if part)
    return (*map(int, core.split(".")), not label, identifiers)
