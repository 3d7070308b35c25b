"""What is public of releases: the versions that reached the last stage, and what each stage runs."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from releases.domain.errors import NotFound
from releases.domain.lifecycle import OPEN_PROMOTIONS, PromotionState, SlotState
from releases.domain.plan_kinds import ROLLBACK
from releases.models import Promotion, Stage
from releases.queries.release_notes import newest_texts

if TYPE_CHECKING:
    from datetime import datetime

    from releases.models import NotesRevision

NEWEST = 30
_OPEN = [state.value for state in OPEN_PROMOTIONS]


@dataclass(frozen=True, slots=True, kw_only=True)
class ReleasedVersion:
    """A version that went live in the last ``stage``; ``release`` is the page that tells of it.

    ``notes`` are Markdown: what somebody wrote last, or else the words that the release was created with.
    """

    number: int
    version: str
    stage: str
    release: str
    title: str
    notes: str
    by: str
    at: datetime
    updated_at: datetime
    went_back: bool
    changes: tuple[str, ...]


def released_versions() -> tuple[ReleasedVersion, ...]:
    """Return the newest versions that went live in the last stage, newest first, in five queries."""
    last = Stage.objects.order_by("-position").first()
    found = Promotion.objects.filter(stage=last, state=PromotionState.SUCCEEDED.value, finished_at__isnull=False)
    newest = found.select_related("release", "stage", "started_by").prefetch_related("steps__service")
    shown = list(newest.order_by("-finished_at", "-pk")[:NEWEST])
    written = newest_texts({promotion.release_id for promotion in shown})
    return tuple(_released(promotion, written.get(promotion.release_id)) for promotion in shown)


def _released(promotion: Promotion, written: NotesRevision | None) -> ReleasedVersion:
    assert promotion.finished_at is not None  # noqa: S101 (asked for above)
    moved = [step for step in promotion.steps.all() if step.state == SlotState.SUCCEEDED.value]
    return ReleasedVersion(
        number=promotion.pk,
        version=promotion.version,
        stage=promotion.stage.name,
        release=promotion.release.version,
        title=promotion.release.title,
        notes=written.text if written else promotion.release.notes,
        by=promotion.started_by.get_username(),
        at=promotion.finished_at,
        updated_at=max(promotion.finished_at, written.written_at) if written else promotion.finished_at,
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
