"""What a release's page is made of, read once in a fixed number of queries."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from django.db.models import Count, Q

from releases.domain.access import Permission, why_not
from releases.domain.aggregation import LATE_DISPOSITIONS
from releases.models import AggregationSession, Dispatch, Promotion, PromotionStep, Release, Stage
from releases.queries.late_results import late_results

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from releases.domain.access import Actor
    from releases.queries.views import LateResult

_LATE = [disposition.value for disposition in LATE_DISPOSITIONS]


@dataclass(frozen=True, slots=True, kw_only=True)
class ReleaseFacts:
    """``promotion`` is the latest one; ``viewer`` is whoever looks, as far as they may act."""

    release: Release
    viewer: Actor
    promotion: Promotion | None
    stages: Sequence[Stage]
    promotions: Sequence[Promotion]
    steps: Sequence[PromotionStep]
    dispatches: dict[int, Dispatch]
    late: dict[int, int]
    late_results: Mapping[int, LateResult]
    sessions: Sequence[AggregationSession]


def read_facts(release: Release, viewer: Actor) -> ReleaseFacts:
    """Read everything about a release and its latest promotion."""
    promotions = list(release.promotions.select_related("stage").order_by("-pk"))
    latest = promotions[0] if promotions else None
    steps = list(latest.steps.select_related("service")) if latest else []
    dispatches = Dispatch.objects.filter(step__promotion=latest).select_related("session").order_by("attempt")
    late = (
        PromotionStep.objects.filter(promotion=latest)
        .annotate(late=Count("dispatches__callbacks", filter=Q(dispatches__callbacks__disposition__in=_LATE)))
        .values_list("pk", "late")
    )
    return ReleaseFacts(
        release=release,
        viewer=viewer,
        promotion=latest,
        stages=list(Stage.objects.select_related("live_version").order_by("position")),
        promotions=promotions,
        steps=steps,
        dispatches={dispatch.step_id: dispatch for dispatch in dispatches},
        late=dict(late),
        late_results=late_results(latest),
        sessions=list(AggregationSession.objects.filter(promotion=latest).order_by("-pk")),
    )


def refusal_in(facts: ReleaseFacts, permission: Permission, stage: str) -> str:
    """Return why whoever looks may not; who may act nowhere is told the same of everything."""
    return why_not(facts.viewer, Permission.OPERATE) or why_not(facts.viewer, permission, stage)


def phases_of(facts: ReleaseFacts) -> list[list[str]]:
    """Return the phases of the promotion, or of the plan before there is one."""
    phases: list[list[str]] = facts.promotion.phases if facts.promotion else facts.release.plan["all_phases"]
    return phases
