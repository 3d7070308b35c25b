"""A plan and its verdict as lines of a terminal, in the words of the pages."""

from __future__ import annotations

from datetime import timedelta
from itertools import chain
from typing import TYPE_CHECKING

from releases.display.durations import duration
from releases.display.status import status_of
from releases.domain.hotfixes import name_of
from releases.domain.solver import Search

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from releases.domain.conflict import Conflict
    from releases.domain.critical_path import Forecast
    from releases.domain.hotfixes import HotfixScope
    from releases.domain.judgement import Judgement
    from releases.domain.plans import Plan, PlanChange
    from releases.domain.solver import Recommendation
    from releases.domain.transitions import RiskWindow
    from releases.domain.verdicts import Reason

INDENT = "  "
NOT_FOUND = {
    Search.NONE: "No set of known versions fits.",
    Search.UNDETERMINED: "The time for the search ended before a set that fits was found or ruled out.",
}


def judgement_lines(judged: Judgement | Plan, versions: Mapping[str, str]) -> Iterator[str]:
    """The overall answer and its set, every reason, and the nearest set that fits or why there is none."""
    yield f"{status_of(judged.verdict.overall).word}: {_set(versions)}"
    yield from chain.from_iterable(map(reason_lines, judged.verdict.reasons))
    yield from _recommended("The nearest set that fits", judged.recommended)
    yield from _recommended("The nearest set that keeps what was chosen", judged.alternative)
    if judged.search in NOT_FOUND and not judged.recommended:
        yield NOT_FOUND[judged.search]
    yield from _conflict(judged.conflict)


def plan_lines(plan: Plan) -> Iterator[str]:
    """The plan from its number to its forecast; what stands in its way comes first."""
    yield f"Platform version: {_step(plan.baseline, plan.platform_version)} ({plan.level.value})"
    yield from (INDENT + text for text in (*plan.rationale, *plan.warnings))
    for problem in plan.problems:
        yield f"Problem: {problem.text}"
        yield f"{INDENT}Fix: {problem.fix}"
    yield "Versions:"
    yield from (INDENT + _change(change) for change in plan.changes)
    yield from phase_lines(plan.phases)
    if plan.hotfix:
        yield from _hotfix(plan.hotfix)
    if plan.reverify:
        yield f"To verify again: {', '.join(plan.reverify)}"
    yield from judgement_lines(plan, plan.versions)
    yield from chain.from_iterable(map(risk_lines, plan.risks))
    yield from (f"Gate: {gate.text}" for gate in plan.gates)
    yield from forecast_lines(plan.forecast)
    yield f"Digest: {plan.digest}"


def _hotfix(scope: HotfixScope) -> Iterator[str]:
    left_out = [*scope.skipped_stages, *map(name_of, scope.skipped_scenarios)]
    yield f"Skipped by a {scope.urgency} hotfix, and owed afterwards: {', '.join(left_out) or 'nothing'}"
    required = ", ".join(map(name_of, scope.scenarios)) or "nothing"
    yield f"Must pass before the last stage: {required}"


def _set(versions: Mapping[str, str]) -> str:
    return ", ".join(f"{service} {version}" for service, version in sorted(versions.items())) or "no services"


def reason_lines(reason: Reason) -> Iterator[str]:
    yield f"{status_of(reason.counts_as).word}: {reason.text}"
    if reason.ignored:
        yield INDENT + reason.ignored
    elif reason.fix:
        yield f"{INDENT}Fix: {reason.fix}"
    if reason.evidence:
        yield f"{INDENT}Evidence: {reason.evidence}"


def _recommended(what: str, recommended: Recommendation | None) -> Iterator[str]:
    if recommended is None or not recommended.changes:
        return
    is_proven = recommended.proof.value == "PROVEN"
    how = "proven to be the nearest" if is_proven else "the best that was found in time"
    yield f"{what} ({how}):"
    for change in recommended.changes:
        before = str(change.before) if change.before else None
        yield f"{INDENT}{change.service} {_step(before, str(change.after))}: {change.why}"


def _conflict(conflict: Conflict | None) -> Iterator[str]:
    if conflict is None:
        return
    how = "Rules that rule out every set" if conflict.is_minimal else "Fewest rules found that rule out every set"
    yield f"{how} ({len(conflict.shown)} of {conflict.count} shown):"
    yield from (f"{INDENT}{rule.text} ({rule.evidence})" for rule in conflict.shown)


def _step(before: str | None, after: str | None) -> str:
    return f"{before or 'none'} → {after or 'none'}"


def _change(change: PlanChange) -> str:
    if not change.is_change:
        return f"{change.service} {change.to_version} stays."
    return f"{change.service} {_step(change.from_version, change.to_version or None)} ({change.level.value})"


def phase_lines(phases: Sequence[Sequence[str]]) -> Iterator[str]:
    if phases:
        yield "Phases:"
        yield from (f"{INDENT}{number}. {', '.join(phase)}" for number, phase in enumerate(phases, start=1))


def risk_lines(window: RiskWindow) -> Iterator[str]:
    yield f"Risk ({status_of(window.overall).word.lower()}): {window.text}"
    yield f"{INDENT}Fix: {window.fix}"


def forecast_lines(forecast: Forecast | None) -> Iterator[str]:
    if forecast is None:
        return
    if forecast.barrier_ms is None or forecast.critical_path_ms is None:
        yield f"Forecast: unknown, because nothing has been timed yet for {', '.join(forecast.unknown)}."
        return
    barrier, longest = _ms(forecast.barrier_ms), _ms(forecast.critical_path_ms)
    yield f"Forecast: {barrier} phase by phase; the longest chain takes {longest}."
    if forecast.critical_path:
        yield f"{INDENT}Longest chain: {' → '.join(forecast.critical_path)}"


def _ms(milliseconds: int) -> str:
    return duration(timedelta(milliseconds=milliseconds))
