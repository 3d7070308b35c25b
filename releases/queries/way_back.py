"""Whether a release can still be taken back, for its page: drawn so often that it looks only half of the plan up."""

from __future__ import annotations

from typing import TYPE_CHECKING

from releases.domain.errors import Conflict
from releases.domain.plan_kinds import ROLLBACK
from releases.queries.rollbacks import promotion_to_take_back, verified_target
from releases.queries.views import QuarantineView, WayBack

if TYPE_CHECKING:
    from releases.models import Release


def way_back(release: Release) -> WayBack:
    """Return where the release's last stage would go back to."""
    if release.kind == ROLLBACK:
        taken = release.rolls_back
        return WayBack(
            takes_back=taken.version if taken else "",
            why_not="This is a way back already.",
            quarantines=_quarantines(release),
        )
    rollbacks = tuple(release.rollbacks.order_by("-pk").values_list("version", flat=True))
    try:
        promotion = promotion_to_take_back(release)
        target = verified_target(promotion)
    except Conflict as refusal:
        return WayBack(why_not=refusal.message, taken_back_by=rollbacks)
    return WayBack(stage=promotion.stage.name, target=target.version, taken_back_by=rollbacks)


def _quarantines(rollback: Release) -> tuple[QuarantineView, ...]:
    return tuple(
        QuarantineView(
            service=each.service.slug,
            version=each.version,
            told_at=each.told_at,
            registry_stage=each.registry_stage,
            lifted_at=each.lifted_at,
            problem=each.problem,
        )
        for each in rollback.quarantines.select_related("service").order_by("service__slug")
    )
