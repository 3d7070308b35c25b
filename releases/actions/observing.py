"""Noting which exact sets ran together: a row is opened when a set is complete and closed when one of it moves."""

from __future__ import annotations

from typing import TYPE_CHECKING

from releases.domain.observations import set_digest
from releases.models import Deployment, Observation

if TYPE_CHECKING:
    from datetime import datetime

    from releases.models import Promotion, Stage


def open_observation(
    stage: Stage, *, platform_version: str, at: datetime, promotion: Promotion | None = None
) -> Observation | None:
    """Note what the stage runs from now on; without a promotion it is a set that ran before the board did.

    What really runs counts, not what was planned: a step that somebody skipped left its service where it was.
    """
    manifest = dict(
        Deployment.objects.filter(stage=stage).order_by("service__slug").values_list("service__slug", "version")
    )
    close_observation(stage, at=at)
    if not manifest:
        return None
    return Observation.objects.create(
        stage=stage,
        platform_version=platform_version,
        manifest=manifest,
        digest=set_digest(manifest),
        began_at=at,
        release=promotion.release if promotion else None,
        recorded_by=promotion.started_by.get_username() if promotion else "",
        sessions=_sessions(promotion) if promotion else [],
    )


def _sessions(promotion: Promotion) -> list[str]:
    return [str(session.correlation_id) for session in promotion.sessions.order_by("pk")]


def close_observation(stage: Stage, *, at: datetime) -> None:
    """End what is being observed in the stage, if anything is; what was written stays as it is."""
    Observation.objects.filter(stage=stage, ended_at=None).update(ended_at=at)


def note_move(stage: Stage, *, service_id: int, to_version: str, at: datetime) -> None:
    """End the observation of a set as soon as one of its services runs another version, leaves it, or joins it."""
    if not Deployment.objects.filter(stage=stage, service_id=service_id, version=to_version).exists():
        close_observation(stage, at=at)
