"""The way back as plain JSON, for the API, the stored release and the command line."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING

from releases.domain.documents import forecast_document, risk_document, verdict_document

if TYPE_CHECKING:
    from releases.domain.documents import Document
    from releases.domain.rollbacks import Move, RollbackPlan


def rollback_document(plan: RollbackPlan) -> Document:
    """Return the plan; a phase is a list of services, one that is not there now comes from null, or goes to null."""
    phases = [list(phase) for phase in plan.phases]
    return {
        "kind": "rollback",
        "stage": plan.stage,
        "version": plan.version,
        "target_version": plan.target.version,
        "target_since": plan.target.since.isoformat(),
        "target_is_verified": plan.target.is_verified,
        "versions": plan.manifest,
        "changes": [_move(move) for move in plan.moves],
        "phases": phases,
        # What does not move is in none of them: nobody is asked to stay.
        "all_phases": phases,
        "verdict": verdict_document(plan.verdict),
        "risks": [risk_document(window) for window in plan.risks],
        "irreversible": list(plan.irreversible),
        "quarantine": list(plan.quarantine),
        "forecast": forecast_document(plan.forecast) if plan.forecast else None,
        "problems": [asdict(problem) for problem in plan.problems],
        "can_start": plan.can_start,
        "digest": plan.digest,
    }


def _move(move: Move) -> Document:
    return {
        "service": move.service,
        "from": move.from_version or None,
        "to": move.to_version or None,
        "irreversible": list(move.irreversible),
        "spared": move.spared,
        "is_registered": move.is_registered,
    }
