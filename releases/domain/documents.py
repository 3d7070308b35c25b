"""Plans and verdicts as plain JSON: the shape that the API answers, releases store and the command line prints."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from releases.domain.plans import Plan, PlanChange
    from releases.domain.solver import Recommendation
    from releases.domain.verdicts import Reason, Verdict

Document = dict[str, object]


def plan_document(plan: Plan) -> Document:
    """Return the plan; a phase is a list of services, absent versions are null."""
    return {
        "kind": plan.kind,
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
        "gates": [],
        "forecast": None,
        "recommended": recommendation_document(plan.recommended),
        "problems": [asdict(problem) for problem in plan.problems],
        "can_be_created": plan.can_be_created,
        "digest": plan.digest,
    }


def verdict_document(verdict: Verdict) -> Document:
    """Return the overall answer with every reason, worst first."""
    return {"overall": verdict.overall.value, "reasons": [reason_document(reason) for reason in verdict.reasons]}


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
