"""The way back as lines of a terminal."""

from __future__ import annotations

from typing import TYPE_CHECKING

from releases.display.plan_lines import INDENT, forecast_lines, phase_lines, reason_lines, risk_lines
from releases.display.status import status_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from releases.domain.rollbacks import RollbackPlan


def rollback_lines(plan: RollbackPlan) -> Iterator[str]:
    """Where it goes back to, what moves in which order, what the set is worth, and what cannot be undone."""
    yield f"{plan.stage} goes back from {plan.version} to {plan.target.version}"
    yield from (f"Problem: {problem.text}" for problem in plan.problems)
    yield "Versions:"
    yield from (
        f"{INDENT}{move.service} {move.from_version or 'none'} → {move.to_version or 'none'}" for move in plan.moves
    )
    yield from phase_lines(plan.phases)
    yield f"Verdict: {status_of(plan.verdict.overall).word}"
    for reason in plan.verdict.reasons:
        yield from reason_lines(reason)
    for window in plan.risks:
        yield from risk_lines(window)
    yield from (f"Cannot be undone: {text}" for text in plan.irreversible)
    yield from forecast_lines(plan.forecast)
    yield f"Digest: {plan.digest}"
