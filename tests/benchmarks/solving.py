"""The search for the nearest set, beside solvers that people know, and where no solver is quick."""

from __future__ import annotations

from time import monotonic
from typing import TYPE_CHECKING

from releases.domain.budgets import NODES, SECONDS, Budget
from releases.domain.constraints import compile_range
from releases.domain.evidence import open_rules
from releases.domain.solver import Outcome, Proof, search
from tests.benchmarks.instances import colouring, platform
from tests.benchmarks.measuring import Line, least_seconds
from tests.benchmarks.peers import fewest_changes_by_cp_sat, fewest_changes_by_rc2

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.benchmarks.instances import Instance

SERVICES, VERSIONS = 200, 200
# One step of the search may be under way when the time is over.
LAST_STEP = 1.1


def solved(instance: Instance) -> Outcome:
    """Start from the declared rules, with nothing known of their ranges."""
    compile_range.cache_clear()
    book = open_rules(instance.rules, platform_version=None, include_prereleases=False)
    budget = Budget(clock=monotonic)
    return search(versions=instance.versions, book=book, candidates=instance.candidates, budget=budget)


def beside_solvers() -> Iterator[Line]:
    for moved in (10, 50, SERVICES):
        instance = platform(services=SERVICES, versions=VERSIONS, moved=moved)
        _must_agree(instance)
        best = least_seconds(
            {
                "ours": lambda instance=instance: solved(instance),  # type: ignore[misc]
                "CP-SAT": lambda instance=instance: fewest_changes_by_cp_sat(instance),  # type: ignore[misc]
                "RC2": lambda instance=instance: fewest_changes_by_rc2(instance),  # type: ignore[misc]
            }
        )
        name = f"nearest set, {SERVICES} x {VERSIONS}, {moved} moved"
        faster = min(("CP-SAT", "RC2"), key=best.__getitem__)
        for peer in ("CP-SAT", "RC2"):
            target = 2 if peer == faster else None
            yield Line(name=name, ours=best["ours"], against=peer, other=best[peer], target=target)


def _must_agree(instance: Instance) -> None:
    found = solved(instance).recommendation
    if found is None or found.proof is not Proof.PROVEN:
        raise RuntimeError("the nearest set was not proven")
    counts = {len(found.changes), fewest_changes_by_cp_sat(instance), fewest_changes_by_rc2(instance)}
    if len(counts) > 1:
        raise RuntimeError(f"the solvers disagree on the fewest changes: {counts}")


def adversarial() -> Iterator[Line]:
    """Colour a hundred services with three colours: the clock of the budget runs as it does in the product."""
    for neighbours in (3, 4, 5, 6):
        instance = colouring(services=100, neighbours=neighbours)
        began = monotonic()
        outcome = solved(instance)
        seconds = monotonic() - began
        name = f"3-colouring, 100 x {neighbours}: {outcome.result}, {outcome.nodes} nodes"
        if outcome.nodes > NODES:
            raise RuntimeError("more nodes than the budget allows")
        yield Line(name=name, ours=seconds, against="the budget", other=SECONDS, target=LAST_STEP)
