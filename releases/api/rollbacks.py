"""Taking releases back: the way as it would be, starting it, and what is left when services do not go along."""

# ruff: noqa: ARG001 (ninja hands the request to every operation)

from __future__ import annotations

from django.http import HttpRequest
from ninja import Field, Router, Schema, Status

from releases.actions.recovery import recover
from releases.actions.rollbacks import RollbackRequest, roll_back
from releases.api.addresses import board_url, release_url
from releases.api.answers import SteeredRelease
from releases.api.authentication import actor_behind
from releases.api.bodies import RecoveryBody, RollbackBody, RollbackPreviewBody
from releases.api.fields import IdempotencyKey, VersionText
from releases.api.plan_answers import ForecastAnswer, ProblemAnswer, RiskAnswer, VerdictAnswer
from releases.api.reasons import problem_document
from releases.domain.rollback_documents import rollback_document
from releases.models import Release
from releases.queries.release_pages import release_by_label
from releases.queries.rollbacks import promotion_to_take_back, rollback_plan

router = Router(tags=["rollbacks"])


class MoveAnswer(Schema):
    """``from`` is null for a service that does not run there now, ``to`` for one that is uninstalled.

    ``spared`` says why its present version is not put in quarantine, ``is_registered`` whether AppTrust has it in this
    stage, and takes it back too.
    """

    service: str
    from_version: str | None = Field(alias="from")
    to_version: str | None = Field(alias="to")
    irreversible: list[str]
    spared: str
    is_registered: bool


class RollbackAnswer(Schema):
    """The way back; ``quarantine`` names the services whose versions nobody may plan with afterwards."""

    stage: str
    version: str
    target_version: str
    target_since: str
    target_is_verified: bool
    versions: dict[str, str]
    changes: list[MoveAnswer]
    phases: list[list[str]]
    verdict: VerdictAnswer
    risks: list[RiskAnswer]
    irreversible: list[str]
    quarantine: list[str]
    forecast: ForecastAnswer | None
    problems: list[ProblemAnswer]
    can_start: bool
    digest: str


class StartedRollback(Schema):
    version: str
    url: str
    board_url: str


@router.post("/releases/{version}/rollback/preview", response=RollbackAnswer, by_alias=True)
def preview(request: HttpRequest, version: VersionText, body: RollbackPreviewBody | None = None) -> dict[str, object]:
    """What going back would do, phase by phase; stores nothing."""
    said = body or RollbackPreviewBody()
    promotion = promotion_to_take_back(release_by_label(version), said.stage or "")
    plan = rollback_plan(promotion, said.target_version or "")
    return {**rollback_document(plan), "problems": [problem_document(problem) for problem in plan.problems]}


@router.post("/releases/{version}/rollback", response={202: StartedRollback})
def start(
    request: HttpRequest, version: VersionText, key: IdempotencyKey, body: RollbackBody
) -> Status[dict[str, object]]:
    """Cancel what is open there and go back; the answer names the rollback, a release of its own."""
    wanted = RollbackRequest(
        version=version,
        reason=body.reason,
        stage=body.stage or "",
        target_version=body.target_version or "",
        accept_digest=body.accept_digest,
        accept_irreversible=body.accept_irreversible,
        quarantine=body.quarantine,
        lock_version=body.lock_version,
    )
    rollback = roll_back(actor=actor_behind(request), request=wanted, key=key or "")
    return Status(
        202,
        {"version": rollback, "url": release_url(request, rollback), "board_url": board_url(request, rollback)},
    )


@router.post("/releases/{version}/recover", response=SteeredRelease)
def start_recovery(request: HttpRequest, version: VersionText, key: IdempotencyKey, body: RecoveryBody) -> Release:
    """Freeze the stage of a held rollback and bring back what can be brought back; what cannot is named and left."""
    recover(
        actor=actor_behind(request), version=version, reason=body.reason, lock_version=body.lock_version, key=key or ""
    )
    return release_by_label(version)
