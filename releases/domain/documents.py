"""Plans and verdicts as plain JSON: the shape that the API answers, releases store and the command line prints."""

from __future__ import annotations

from dataclasses import asdict
from datetime import UTC
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from releases.domain.conflict import Conflict
    from releases.domain.critical_path import Forecast
    from releases.domain.gates import Gate
    from releases.domain.hotfixes import HotfixScope
    from releases.domain.judgement import Judgement
    from releases.domain.plans import Plan, PlanChange
    from releases.domain.solver import Recommendation
    from releases.domain.transitions import RiskWindow
    from releases.domain.verdicts import Reason, Verdict

Document = dict[str, object]


def plan_document(plan: Plan) -> Document:
    """Return the plan; a phase is a list of services, absent versions are null."""
    return {
        "kind": plan.kind,
        "path": list(plan.path),
        "baseline": plan.baseline,
        "platform_version": plan.platform_version,
        "bump": plan.level.value,
        "rationale": list(plan.rationale),
        "warnings": list(plan.warnings),
        "versions": plan.versions,
        "changes": [_change(change) for change in plan.changes],
        "verdict": verdict_document(plan.verdict),
        "phases": [list(phase) for phase in plan.phases],
        "all_phases": [list(phase) for phase in plan.all_phases],
        "rollback_phases": [list(phase) for phase in plan.rollback_phases],
        "reverify": list(plan.reverify),
        "hotfix": hotfix_document(plan.hotfix) if plan.hotfix else None,
        "risks": [risk_document(window) for window in plan.risks],
        "gates": [gate_document(gate) for gate in plan.gates],
        "forecast": forecast_document(plan.forecast) if plan.forecast else None,
        "recommended": recommendation_document(plan.recommended),
        "alternative": recommendation_document(plan.alternative),
        "search": plan.search.value if plan.search else None,
        "conflict": conflict_document(plan.conflict),
        "problems": [asdict(problem) for problem in plan.problems],
        "can_be_created": plan.can_be_created,
        "digest": plan.digest,
    }


def hotfix_document(scope: HotfixScope) -> Document:
    """Return what a hotfix goes through, must pass and leaves out; an empty path goes through every stage."""
    return {
        "urgency": scope.urgency.value,
        "path": list(scope.path),
        "skipped_stages": list(scope.skipped_stages),
        "scenarios": [scenario.value for scenario in scope.scenarios],
        "skipped_scenarios": [scenario.value for scenario in scope.skipped_scenarios],
        "budget_ms": scope.budget_ms,
        "debt_days": scope.debt_days,
    }


def verdict_document(verdict: Verdict) -> Document:
    """Return the overall answer with every reason, worst first."""
    return {"overall": verdict.overall.value, "reasons": [reason_document(reason) for reason in verdict.reasons]}


def judgement_document(judgement: Judgement, versions: Mapping[str, str]) -> Document:
    """Return the verdict on these versions, with the nearest set that fits or else the rules to blame."""
    return {
        **verdict_document(judgement.verdict),
        "recommended": recommendation_document(judgement.recommended),
        "alternative": recommendation_document(judgement.alternative),
        "search": judgement.search.value if judgement.search else None,
        "conflict": conflict_document(judgement.conflict),
        "versions": dict(versions),
    }


def reason_document(reason: Reason) -> Document:
    """Return one reason."""
    return {**asdict(reason), "severity": reason.severity.value}


def _change(change: PlanChange) -> Document:
    return {
        "service": change.service,
        "from": change.from_version,
        "to": change.to_version or None,
        "direction": change.direction.value,
        "level": change.level.value,
        "flags": [flag.value for flag in change.flags],
        "text": change.text,
        "chosen_by": change.chosen_by.value,
    }


def risk_document(window: RiskWindow) -> Document:
    """Return one risk window; its phases are counted from 1."""
    return {
        "consumer": window.consumer,
        "consumer_version": window.consumer_version,
        "provider": window.provider,
        "provider_version": window.provider_version,
        "begins": window.begins,
        "ends": window.ends,
        "overall": window.overall.value,
        "reasons": [reason_document(reason) for reason in window.reasons],
        "avoidable_by": list(window.avoidable_by) if window.avoidable_by else None,
        "text": window.text,
        "fix": window.fix,
    }


def forecast_document(forecast: Forecast) -> Document:
    """Return how long it will take; null where nobody knows."""
    return {
        "critical_path_ms": forecast.critical_path_ms,
        "critical_path": list(forecast.critical_path),
        "barrier_ms": forecast.barrier_ms,
        "unknown": list(forecast.unknown),
    }


def gate_document(gate: Gate) -> Document:
    """Return one gate with its times in RFC 3339."""
    return {
        "kind": gate.kind.value,
        "stage": gate.stage,
        "is_open": gate.is_open,
        "text": gate.text,
        "begins": _moment(gate.begins),
        "until": _moment(gate.until),
    }


def _moment(moment: datetime | None) -> str | None:
    return None if moment is None else f"{moment.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}"


def compared_document(edited: Plan, now: Plan) -> Document:
    """Return the plan as things are, and of its changes and reasons those that the edited plan has not."""
    return {
        "digest": now.digest,
        "overall": now.verdict.overall.value,
        "platform_version": now.platform_version,
        "can_be_created": now.can_be_created,
        "changes": [_change(change) for change in now.changes if change not in edited.changes],
        "reasons": [reason_document(reason) for reason in now.verdict.reasons if reason not in edited.verdict.reasons],
        "risks": [risk_document(window) for window in now.risks if window not in edited.risks],
        "gates": [gate_document(gate) for gate in now.gates if gate not in edited.gates],
    }


def recommendation_document(recommendation: Recommendation | None) -> Document | None:
    """Return the nearest set that fits, null when there is none."""
    if recommendation is None:
        return None
    return {
        "versions": {service: version.raw for service, version in sorted(recommendation.versions.items())},
        "changes": [
            {
                "service": change.service,
                "from": change.before.raw if change.before else None,
                "to": change.after.raw,
                "why": change.why,
            }
            for change in recommendation.changes
        ],
        "proof": recommendation.proof.value,
    }


def conflict_document(conflict: Conflict | None) -> Document | None:
    """Return the first rules that rule every set out, with how many there are; null when no rule is to blame."""
    if conflict is None:
        return None
    return {
        "rules": [{"evidence": rule.evidence, "text": rule.text} for rule in conflict.shown],
        "count": conflict.count,
        "is_minimal": conflict.is_minimal,
    }
