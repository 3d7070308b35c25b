"""What is public of releases: the versions that reached the last stage, and what each stage runs."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from releases.domain.errors import NotFound
from releases.domain.lifecycle import OPEN_PROMOTIONS, PromotionState, SlotState
from releases.domain.plan_kinds import ROLLBACK
from releases.models import Promotion, Stage

if TYPE_CHECKING:
    from datetime import datetime

NEWEST = 30
_OPEN = [state.value for state in OPEN_PROMOTIONS]


@dataclass(frozen=True, slots=True, kw_only=True)
class ReleasedVersion:
    """A version that went live in the last ``stage``; ``release`` is the page that tells of it."""

    number: int
    version: str
    stage: str
    release: str
    title: str
    notes: str
    by: str
    at: datetime
    went_back: bool
    changes: tuple[str, ...]


def released_versions() -> tuple[ReleasedVersion, ...]:
    """Return the newest versions that went live in the last stage, newest first, in three queries."""
    last = Stage.objects.order_by("-position").first()
    found = Promotion.objects.filter(stage=last, state=PromotionState.SUCCEEDED.value, finished_at__isnull=False)
    newest = found.select_related("release", "stage", "started_by").prefetch_related("steps__service")
    return tuple(_released(promotion) for promotion in newest.order_by("-finished_at", "-pk")[:NEWEST])


def _released(promotion: Promotion) -> ReleasedVersion:
    assert promotion.finished_at is not None  # noqa: S101 (asked for above)
    moved = [step for step in promotion.steps.all() if step.state == SlotState.SUCCEEDED.value]
    return ReleasedVersion(
        number=promotion.pk,
        version=promotion.version,
        stage=promotion.stage.name,
        release=promotion.release.version,
        title=promotion.release.title,
        notes=promotion.release.notes,
        by=promotion.started_by.get_username(),
        at=promotion.finished_at,
        went_back=promotion.release.kind == ROLLBACK,
        changes=tuple(
            f"{step.service.slug} {step.from_version or 'new'} → {step.to_version or 'uninstalled'}" for step in moved
        ),
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class StageStanding:
    """What a stage runs, empty before the first, and the state of the promotion that is open there, or ``live``."""

    stage: str
    version: str
    state: str


def stage_standing(name: str) -> StageStanding:
    """Return how a stage stands, by its name in any case; ``NotFound`` for one that there is not."""
    stage = Stage.objects.select_related("live_version").filter(name__iexact=name).first()
    if stage is None:
        raise NotFound(f"There is no stage {name[:64]}.")
    under_way = stage.promotions.filter(state__in=_OPEN).values_list("state", flat=True).first()
    version = stage.live_version.version if stage.live_version else ""
    return StageStanding(stage=stage.name, version=version, state=under_way or ("live" if version else "empty"))
