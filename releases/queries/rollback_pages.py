"""The page of a way back that is not started yet."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, TypedDict

from releases.domain.access import Actor, Permission, why_not
from releases.domain.dependencies import against, restrict
from releases.domain.errors import Conflict
from releases.queries.rollbacks import is_last_stage, promotion_to_take_back, rollback_plan, targets_of
from releases.queries.rules import declared_dependencies
from releases.queries.views import Control

if TYPE_CHECKING:
    from collections.abc import Mapping

    from releases.domain.rollbacks import RollbackPlan, Target
    from releases.domain.transitions import RiskWindow
    from releases.models import Promotion, Release


@dataclass(frozen=True, slots=True, kw_only=True)
class RollbackPage:
    """``plan`` is None where there is no way back; ``must_type`` is the version to type for the last stage."""

    version: str
    target_version: str
    title: str
    lock_version: int
    stage: str = ""
    cancels: str = ""
    """What is still open there and would be cancelled first, as a sentence; empty when nothing is."""
    plan: RollbackPlan | None = None
    targets: tuple[Target, ...] = ()
    depends_on: Mapping[str, frozenset[str]]
    must_type: str = ""
    start: Control

    @property
    def risks(self) -> tuple[RiskWindow, ...]:
        return self.plan.risks if self.plan else ()


def rollback_page(release: Release, actor: Actor, *, stage: str = "", target: str = "") -> RollbackPage:
    """Return what going back would do; ``InvalidInput`` for a target that never ran there."""
    try:
        promotion = promotion_to_take_back(release, stage)
        plan = rollback_plan(promotion, target)
    except Conflict as refusal:
        return RollbackPage(**_about(release), depends_on={}, start=_control(refusal.message))
    refusal_text = why_not(actor, Permission.PROMOTE, promotion.stage.name)
    refusal_text = refusal_text or (plan.problems[0].text if plan.problems else "")
    return RollbackPage(
        **_about(release),
        stage=promotion.stage.name,
        cancels=_cancels(promotion),
        plan=plan,
        targets=targets_of(promotion),
        depends_on=against(restrict(declared_dependencies(), {name for phase in plan.phases for name in phase})),
        must_type=promotion.version if is_last_stage(promotion.stage) else "",
        start=_control(refusal_text),
    )


class _About(TypedDict):
    version: str
    target_version: str
    title: str
    lock_version: int


def _about(release: Release) -> _About:
    return {
        "version": release.version,
        "target_version": release.target_version,
        "title": release.title,
        "lock_version": release.lock_version,
    }


def _cancels(promotion: Promotion) -> str:
    if promotion.finished_at is not None:
        return ""
    return f"The promotion to {promotion.stage.name} is {promotion.state}; it is cancelled first."


def _control(why_not_start: str) -> Control:
    return Control(verb="start", allowed=not why_not_start, why_not=why_not_start)
