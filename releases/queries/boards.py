"""The board: every stage and service in one grid, and the lists of releases."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING

from django.db.models import Q, Sum

from releases.domain.access import Actor, Permission, why_not
from releases.domain.compatibility import Rules, judge
from releases.domain.lifecycle import (
    DONE_SLOTS,
    OPEN_PROMOTIONS,
    OPEN_RELEASES,
    OPEN_SLOTS,
    RETRYABLE_SLOTS,
    PromotionState,
    ReleaseState,
    SlotState,
)
from releases.domain.versions import parse
from releases.models import Deployment, Promotion, PromotionStep, Release, Service, Stage
from releases.queries.access import NOBODY
from releases.queries.catalog import services_in_order
from releases.queries.freezes import freeze_panel
from releases.queries.paths import on_the_way
from releases.queries.rules import declared_rules
from releases.queries.views import BoardCell, BoardRow, BoardStage, BoardView, Control, ReleaseLine

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from datetime import datetime

    from releases.queries.freeze_views import FreezePanel

_OPEN = [state.value for state in OPEN_PROMOTIONS]
PAGE = 25
_STAGE_STATE = {
    PromotionState.RUNNING: "promoting",
    PromotionState.HELD: "held",
    PromotionState.PAUSED: "paused",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class _Facts:
    stages: Sequence[Stage]
    services: Sequence[Service]
    deployments: dict[tuple[int, int], Deployment]
    promotions: dict[int, Promotion]
    steps: dict[tuple[int, int], PromotionStep]
    rules: Rules
    freezes: FreezePanel


def board_view(viewer: Actor) -> BoardView:
    """Return the whole board, in a fixed number of queries, for who looks."""
    # Read before all else: what the board shows may be newer than its number, never older.
    sequence = board_sequence()
    facts, refusal = _facts(viewer), why_not(viewer, Permission.PLAN)
    releases = Release.objects.filter(state__in=[state.value for state in OPEN_RELEASES])
    return BoardView(
        sequence=sequence,
        stages=tuple(_stage(facts, stage) for stage in facts.stages),
        rows=tuple(_row(facts, service) for service in facts.services),
        open_releases=release_lines(releases.order_by("-updated_at")[:PAGE]),
        plan=Control(verb="plan", allowed=not refusal, why_not=refusal),
        freezes=facts.freezes,
    )


def board_sequence() -> int:
    """Return a number that grows with every change of any release.

    Not the newest entry's row number: PostgreSQL gives those out before it is known who commits first.
    """
    return Release.objects.aggregate(entries=Sum("sequence"))["entries"] or 0


def _facts(viewer: Actor) -> _Facts:
    rules = declared_rules()
    promotions = Promotion.objects.filter(state__in=_OPEN).select_related("release", "started_by")
    steps = PromotionStep.objects.filter(promotion__state__in=_OPEN).select_related("promotion")
    stages = list(Stage.objects.select_related("live_version__release").order_by("position"))
    return _Facts(
        stages=stages,
        services=services_in_order(rules.depends_on),
        deployments={(each.stage_id, each.service_id): each for each in Deployment.objects.all()},
        promotions={promotion.stage_id: promotion for promotion in promotions},
        steps={(step.promotion.stage_id, step.service_id): step for step in steps},
        rules=rules,
        freezes=freeze_panel(viewer, stages, everywhere=stages),
    )


def _stage(facts: _Facts, stage: Stage) -> BoardStage:
    promotion = facts.promotions.get(stage.pk)
    live = stage.live_version
    release = promotion.release if promotion else (live.release if live else None)
    return BoardStage(
        stage=stage.name,
        version=live.version if live else "",
        state=_STAGE_STATE[PromotionState(promotion.state)] if promotion else ("live" if live else "empty"),
        release=promotion.version if promotion else (live.version if release and live else ""),
        since=promotion.started_at if promotion else stage.live_since_at,
        by=promotion.started_by.get_username() if promotion else "",
        verdict=_verdict(facts, stage),
        next_step=_next_step(facts, stage),
        frozen_until=_frozen_until(facts, stage),
    )


def _verdict(facts: _Facts, stage: Stage) -> str:
    """Judge what really runs there, which in the middle of a promotion is a mixture."""
    slugs = {service.pk: service.slug for service in facts.services}
    running = {
        slugs[service_id]: parse(deployment.version)
        for (stage_id, service_id), deployment in facts.deployments.items()
        if stage_id == stage.pk
    }
    if not running:
        return ""
    label = parse(stage.live_version.version) if stage.live_version else None
    target = parse(".".join(map(str, label.core))) if label else None
    verdict = judge(
        versions=running,
        platform_version=target,
        rules=facts.rules,
        include_prereleases=stage.admits_prereleases,
    )
    return verdict.overall.value.lower()


def _next_step(facts: _Facts, stage: Stage) -> str:
    live = stage.live_version
    if live is None or live.release is None or ReleaseState(live.release.state) is not ReleaseState.WAITING:
        return ""
    way = on_the_way(facts.stages, live.release.path)
    after = next((each for each in way if each.position > stage.position), None)
    return f"Ready for {after.name}" if after and live.release.version == live.version else ""


def _frozen_until(facts: _Facts, stage: Stage) -> datetime | None:
    ends = [each.ends_at for each in facts.freezes.freezes if each.is_on and each.stage == stage.name]
    return max(ends, default=None)


def _row(facts: _Facts, service: Service) -> BoardRow:
    cells = tuple(_cell(facts, stage, service) for stage in facts.stages)
    return BoardRow(service=service.slug, name=service.name, cells=cells)


def _cell(facts: _Facts, stage: Stage, service: Service) -> BoardCell:
    deployment = facts.deployments.get((stage.pk, service.pk))
    step = facts.steps.get((stage.pk, service.pk))
    promotion = facts.promotions.get(stage.pk)
    version = deployment.version if deployment else ""
    is_moving = step is not None and step.to_version != step.from_version
    return BoardCell(
        stage=stage.name,
        version=version,
        state=step.state if step is not None and is_moving else ("live" if deployment else "absent"),
        to_version=step.to_version if step is not None and is_moving and step.to_version != version else "",
        percent=step.percent if step is not None and SlotState(step.state) in OPEN_SLOTS else None,
        release=promotion.version if promotion else "",
        by=deployment.deployed_by if deployment else "",
        since=deployment.deployed_at if deployment else None,
    )


def service_cells(service: Service) -> tuple[BoardCell, ...]:
    """Return what one service runs in every stage."""
    return _row(_facts(NOBODY), service).cells


def release_lines(releases: Iterable[Release]) -> tuple[ReleaseLine, ...]:
    """Return releases as lines of a list, with the stage that each was last promoted to."""
    listed = list(releases)
    latest: dict[int, Promotion] = {}
    for promotion in Promotion.objects.filter(release__in=listed).select_related("stage").order_by("pk"):
        latest[promotion.release_id] = promotion
    steps: defaultdict[int, list[PromotionStep]] = defaultdict(list)
    for step in PromotionStep.objects.filter(promotion__in=latest.values()).select_related("service"):
        steps[step.promotion_id].append(step)
    names = dict(Release.objects.filter(pk__in=[each.pk for each in listed]).values_list("pk", "created_by__username"))
    return tuple(_line(release, latest.get(release.pk), steps, names[release.pk]) for release in listed)


def _line(
    release: Release, promotion: Promotion | None, steps: Mapping[int, Sequence[PromotionStep]], created_by: str
) -> ReleaseLine:
    return ReleaseLine(
        version=release.version,
        target_version=release.target_version,
        kind=release.kind,
        title=release.title,
        state=ReleaseState(release.state),
        stage=promotion.stage.name if promotion else "",
        summary=_words(release, promotion, steps.get(promotion.pk, ())) if promotion else "Not promoted yet",
        created_by=created_by,
        created_at=release.created_at,
        updated_at=release.updated_at,
    )


def _words(release: Release, promotion: Promotion, steps: Sequence[PromotionStep]) -> str:
    """Say what the state alone does not: how far it is, or who holds it up and why."""
    if promotion.rolled_back_at is not None:
        return f"Taken back from {promotion.stage.name}"
    failed = [step for step in steps if SlotState(step.state) in RETRYABLE_SLOTS]
    if failed:
        return "; ".join(_failure(step) for step in failed)
    if ReleaseState(release.state) is ReleaseState.WAITING:
        return f"In {promotion.stage.name}, ready for the next stage"
    done = sum(SlotState(step.state) in DONE_SLOTS for step in steps)
    return f"{done} of {len(steps)} services done in {promotion.stage.name}"


def _failure(step: PromotionStep) -> str:
    state = step.state.replace("_", " ")
    return f"{step.service.slug} {state}: {step.message}" if step.message else f"{step.service.slug} {state}"


def find_releases(
    *, query: str = "", state: str = "", before: int | None = None, limit: int = PAGE
) -> tuple[list[Release], int | None]:
    """Return a page of releases, newest first, and the cursor of the next page (None on the last)."""
    found = Release.objects.order_by("-pk")
    if query:
        named = Q(labels__version__icontains=query) | Q(title__icontains=query)
        found = found.filter(named | Q(created_by__username__icontains=query)).distinct()
    if state:
        found = found.filter(state=state)
    if before is not None:
        found = found.filter(pk__lt=before)
    page = list(found[: limit + 1])
    return page[:limit], page[limit - 1].pk if len(page) > limit else None
