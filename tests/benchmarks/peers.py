"""The same question put to a constraint solver and to a MaxSAT solver: fewest changes, and nothing else.

Ours goes on to downgrades, levels, prereleases and age; theirs stop at the first, so the comparison is in their favour.
Both are given ranges as intervals of places in the line of versions, which is how people who know them would write it.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from ortools.sat.python import cp_model
from pysat.examples.rc2 import RC2
from pysat.formula import WCNF

from releases.domain.constraints import compile_range

if TYPE_CHECKING:
    from tests.benchmarks.instances import Instance


@dataclass(frozen=True, slots=True, kw_only=True)
class Interval:
    """Places from ``first`` up to and without ``end``."""

    first: int
    end: int


def fewest_changes_by_cp_sat(instance: Instance) -> int:
    model = cp_model.CpModel()
    places = _Places(instance)
    chosen = {name: model.new_int_var(0, places.last, name) for name in instance.versions}
    changed = []
    for name, version in instance.versions.items():
        literal = model.new_bool_var("")
        model.add(chosen[name] == places.of[version]).only_enforce_if(~literal)
        changed.append(literal)
    concerned: dict[tuple[str, str], cp_model.IntVar] = {}
    for rule in instance.rules.constraints:
        mine, theirs = places.interval(rule.consumer_range), places.interval(rule.provider_range)
        key = (rule.consumer, rule.consumer_range)
        if key not in concerned:
            literal = concerned[key] = model.new_bool_var("")
            outside = cp_model.Domain.from_intervals([[0, mine.first - 1], [mine.end, places.last]])
            model.add_linear_expression_in_domain(chosen[rule.consumer], outside).only_enforce_if(~literal)
        inside = cp_model.Domain(theirs.first, theirs.end - 1)
        model.add_linear_expression_in_domain(chosen[rule.provider], inside).only_enforce_if(concerned[key])
    model.minimize(sum(changed))
    solver = cp_model.CpSolver()
    solver.parameters.num_workers = 1
    if solver.solve(model) != cp_model.OPTIMAL:
        raise RuntimeError("CP-SAT did not prove its answer")
    fewest: float = solver.objective_value
    return round(fewest)


def fewest_changes_by_rc2(instance: Instance) -> int:
    """Order encoding: one literal says that a service's place is below a border."""
    places = _Places(instance)
    size = places.last
    below = {name: number * size for number, name in enumerate(instance.versions)}
    formula = WCNF()
    for start in below.values():
        formula.extend([[-(start + border), start + border + 1] for border in range(1, size)])
    free = len(below) * size
    for name, version in instance.versions.items():
        free += 1
        own = Interval(first=places.of[version], end=places.of[version] + 1)
        formula.extend([[-free, *clause] for clause in _inside(below[name], own, size)])
        formula.append([free], weight=1)
    for rule in instance.rules.constraints:
        outside = [-literal for (literal,) in _inside(below[rule.consumer], places.interval(rule.consumer_range), size)]
        inside = _inside(below[rule.provider], places.interval(rule.provider_range), size)
        formula.extend([[*outside, *clause] for clause in inside])
    with RC2(formula) as solver:
        if solver.compute() is None:
            raise RuntimeError("RC2 found no answer")
        return int(solver.cost)


def _inside(start: int, interval: Interval, size: int) -> list[list[int]]:
    """Clauses that a place is inside; ``start + n`` says that it is below n."""
    clauses = [[-(start + interval.first)]] if interval.first > 0 else []
    return clauses + ([[start + interval.end]] if interval.end <= size else [])


class _Places:
    """The line that all services of an instance share; each range is read once."""

    def __init__(self, instance: Instance) -> None:
        self.line = next(iter(instance.candidates.values()))
        self.last = len(self.line) - 1
        self.of = {version: number for number, version in enumerate(self.line)}
        self._known: dict[str, Interval] = {}

    def interval(self, text: str) -> Interval:
        if text not in self._known:
            compiled = compile_range(text)
            admitted = [number for number, version in enumerate(self.line) if compiled.admits(version)]
            self._known[text] = Interval(first=admitted[0], end=admitted[-1] + 1)
        return self._known[text]
