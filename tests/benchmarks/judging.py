"""A whole plan with its verdict, beside a bare loop over the same pairs that answers only yes or no."""

from __future__ import annotations

from typing import TYPE_CHECKING

from releases.domain.constraints import compile_range
from releases.domain.plans import Candidate, PlanFacts, PlanRequest, build_plan
from releases.domain.versions import parse
from tests.benchmarks.instances import platform
from tests.benchmarks.measuring import Line, least_seconds

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from releases.domain.rules import Rules
    from releases.domain.versions import Version
    from tests.benchmarks.instances import Instance

TARGETS = {50: 0.050, 500: 0.500}
VERSIONS = 20


def plans() -> Iterator[Line]:
    """Plan once where everything fits, and once where a tenth of the services must be mended."""
    for services, seconds in TARGETS.items():
        for moved in (0, services // 10):
            instance = platform(services=services, versions=VERSIONS, moved=moved)
            facts, request = _facts(instance), _request(instance)
            best = least_seconds(
                {
                    "plan": lambda facts=facts, request=request: build_plan(request, facts),  # type: ignore[misc]
                    "loop": lambda instance=instance: _broken(instance.versions, instance.rules),  # type: ignore[misc]
                }
            )
            name = f"plan + verdict, {services} services, {moved} moved"
            yield Line(name=name, ours=best["plan"], against="what is promised", other=seconds, target=1)
            yield Line(name=name, ours=best["plan"], against="bare loop over the pairs", other=best["loop"])


def _facts(instance: Instance) -> PlanFacts:
    return PlanFacts(
        baseline=parse("2.1.0"),
        live=instance.hidden,
        candidates={
            service: tuple(
                Candidate(version_raw=version.raw, registry_status="COMPLETED", release_status="RELEASED")
                for version in versions
            )
            for service, versions in instance.candidates.items()
        },
        rules=instance.rules,
    )


def _request(instance: Instance) -> PlanRequest:
    return PlanRequest(
        overrides={service: version.raw for service, version in instance.versions.items()}, reason="a benchmark"
    )


def _broken(versions: Mapping[str, Version], rules: Rules) -> int:
    return sum(
        not compile_range(rule.provider_range).admits(versions[rule.provider])
        for rule in rules.constraints
        if compile_range(rule.consumer_range).admits(versions[rule.consumer])
    )
