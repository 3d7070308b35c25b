"""What the stages ask of a release, or of a plan, on its way."""

from __future__ import annotations

from typing import TYPE_CHECKING

from releases.domain.stage_gates import StageRule
from releases.models import ApprovalRule, Stage
from releases.queries.paths import on_the_way, stages_of
from releases.queries.signoffs import approval_rules, rules_for

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from releases.domain.signoffs import ApprovalRule as Approval
    from releases.models import Release


def stage_before(release: Release, stage: Stage) -> Stage | None:
    """Return the stage that a release comes from, None before its first."""
    return next((each for each in reversed(stages_of(release)) if each.position < stage.position), None)


def release_rule(release: Release, stage: Stage, before: Stage | None) -> StageRule:
    """Return what the stage asks of the release that comes from the stage ``before``."""
    return _rule(stage, before, approval_rules(release, stage))


def way_rules(path: Sequence[str], kind: str, urgency: str) -> tuple[StageRule, ...]:
    """Return what the stages on a way ask of releases of a kind and, for hotfixes, an urgency."""
    way = on_the_way(Stage.objects.order_by("position"), path)
    approvals = rules_for(ApprovalRule.objects.all(), kind, urgency)
    return tuple(_rule(stage, before, approvals) for before, stage in zip((None, *way), way, strict=False))


def _rule(stage: Stage, before: Stage | None, approvals: Iterable[Approval]) -> StageRule:
    return StageRule(
        stage=stage.name,
        before=before.name if before else "",
        soak_minutes=stage.soak_minutes,
        requires_validation=stage.requires_validation,
        approvals=tuple(rule for rule in approvals if rule.stage == stage.name),
    )
