"""Hotfixes for tests, and what was tested on their way."""

from __future__ import annotations

from typing import TYPE_CHECKING

from releases.actions.releases import NewRelease
from releases.domain.plans import PlanRequest
from releases.models import Hotfix, Stage, ValidationResult, ValidationRun
from releases.queries.clock import database_now
from tests.factories import finish, promote, stored

if TYPE_CHECKING:
    from releases.domain.access import Actor
    from releases.models import Release

REASON = "Orders fail at checkout"


def hotfix_request(urgency: str = "CRITICAL", reason: str = REASON, **versions: str) -> PlanRequest:
    overrides = versions or {"checkout": "1.5.3"}
    return PlanRequest(kind="hotfix", urgency=urgency, reason=reason, overrides=overrides)


def created_hotfix(
    urgency: str = "CRITICAL", *, reason: str = REASON, actor: Actor | None = None, **versions: str
) -> Release:
    request = hotfix_request(urgency, reason, **versions)
    return stored(NewRelease(request=request, sight_unseen=True), actor)


def note_validation(release: Release, stage: str = "STAGING", **outcomes: str) -> None:
    """Note what a validation of the release in the stage found, by scenario."""
    now = database_now()
    run = ValidationRun.objects.create(
        release=release,
        stage=Stage.objects.get(name=stage),
        version=release.version,
        scenarios=list(outcomes),
        required=[],
        epoch=1,
        state="failed" if "failed" in outcomes.values() else "passed",
        requested_by="maria",
        requested_at=now,
        due_at=now,
        finished_at=now,
    )
    ValidationResult.objects.bulk_create(
        ValidationResult(
            run=run,
            scenario=scenario,
            outcome=outcome,
            message="" if outcome == "passed" else "web answered 500",
            steps=[],
        )
        for scenario, outcome in outcomes.items()
    )


def live_hotfix(urgency: str = "CRITICAL", *, outcomes: dict[str, str] | None = None, **versions: str) -> Release:
    """Bring a hotfix through its stages; by default everything passed that it must pass."""
    release = stored(NewRelease(request=hotfix_request(urgency, REASON, **versions), sight_unseen=True))
    for stage in release.path or ("DEV", "QA", "STAGING", "PROD"):
        if stage == "PROD":
            note_validation(
                release, **(outcomes or dict.fromkeys(Hotfix.objects.get(release=release).scenarios, "passed"))
            )
        finish(promote(release, stage))
        release.refresh_from_db()
    return release
