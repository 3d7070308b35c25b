"""Plans and verdicts that store nothing."""

# ruff: noqa: ARG001 (ninja hands the request to every operation)

from __future__ import annotations

from django.http import HttpRequest
from ninja import Router

from releases.api.bodies import PlanBody, VerdictBody
from releases.api.plan_answers import JudgementAnswer, PlanAnswer
from releases.api.reasons import problem_document
from releases.api.what_if import PreviewBody
from releases.domain.documents import compared_document, judgement_document
from releases.domain.plans import Plan, PlanRequest
from releases.queries.forecasts import foreseen_document
from releases.queries.plans import compared_plans, computed_plan
from releases.queries.verdicts import judged_set

router = Router(tags=["plans"])


def plan_request(body: PlanBody) -> PlanRequest:
    """Return what the body asks for."""
    return PlanRequest(
        kind=body.kind,
        urgency=body.urgency or "",
        overrides=body.versions,
        target_version=body.target_version,
        reason=body.reason,
        forced=body.forced,
    )


@router.post("/plans/preview", response=PlanAnswer, by_alias=True)
def preview(request: HttpRequest, body: PreviewBody) -> dict[str, object]:
    """Compute a plan: the platform version and why, the changes, the verdict, the phases.

    With `what_if` the plan is the one that those rules and freezes would make, compared with the one as things are.
    """
    edits = body.what_if.edits()
    if edits.is_empty:
        return {**_document(computed_plan(plan_request(body))), "compared": None}
    edited, now = compared_plans(plan_request(body), edits)
    return {**_document(edited), "compared": compared_document(edited, now)}


def _document(plan: Plan) -> dict[str, object]:
    return {**foreseen_document(plan), "problems": [problem_document(problem) for problem in plan.problems]}


@router.post("/verdict", response=JudgementAnswer, by_alias=True)
def verdict(request: HttpRequest, body: VerdictBody) -> dict[str, object]:
    """Can these versions be released? Whatever is not named is judged as it is live."""
    judged = judged_set(body.versions, body.platform_version)
    return judgement_document(judged.judgement, judged.versions)
