"""The gates of the stages, as the domain weighs them: freezes, soak time, validation, sign-offs, and who may pass."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import timedelta
from typing import TYPE_CHECKING

from django.db.models import Max

from releases.domain import gates
from releases.domain.lifecycle import PromotionState
from releases.domain.plan_kinds import ROLLBACK
from releases.domain.stage_gates import Passage, stage_gates
from releases.models import Bypass, Freeze, Promotion, Stage
from releases.queries.clock import database_now
from releases.queries.signoffs import signoffs_of
from releases.queries.stage_rules import release_rule, stage_before
from releases.queries.validations import latest_run

if TYPE_CHECKING:
    from datetime import datetime

    from releases.models import Release


def declared_freezes() -> tuple[gates.Freeze, ...]:
    """Return the freezes that are not over, by stage and then by when they begin."""
    lasting = Freeze.objects.filter(ends_at__gt=database_now()).select_related("stage")
    return tuple(map(freeze_value, lasting.order_by("stage__position", "starts_at", "pk")))


def closed_gate(stage: Stage, kind: str) -> gates.Gate | None:
    """Return the freeze that keeps a release of this kind out of this stage now; nothing keeps it from going back."""
    if kind == ROLLBACK:
        return None
    now = database_now()
    return gates.closed_gate(_running(stage, now), stage.name, now)


def resume_gate(promotion: Promotion) -> gates.Gate | None:
    """Return the freeze that paused what is on its way to this stage, and keeps it from being resumed."""
    if promotion.release.kind == ROLLBACK:
        return None
    now = database_now()
    return gates.pausing_gate(_running(promotion.stage, now), promotion.stage.name, now)


def _running(stage: Stage, now: datetime) -> tuple[gates.Freeze, ...]:
    rows = Freeze.objects.filter(stage=stage, starts_at__lte=now, ends_at__gt=now)
    return tuple(map(freeze_value, rows.select_related("stage")))


def release_gates(release: Release, stage: Stage, digest: str) -> tuple[gates.Gate, ...]:
    """Return every gate of this stage for this release, open or closed, and which of them somebody lets it pass.

    ``digest`` is that of what a sign-off would agree to now.
    """
    now, before = database_now(), stage_before(release, stage)
    frozen = closed_gate(stage, release.kind)
    asked = stage_gates(release_rule(release, stage, before), _passage(release, stage, before, digest), now)
    passed = active_bypasses(release, stage, now)
    return tuple(_passed(gate, passed) for gate in ((frozen, *asked) if frozen else asked))


def active_bypasses(release: Release, stage: Stage, now: datetime) -> dict[str, Bypass]:
    """Return by gate what lets this release pass; of several for one gate the one that lasts longest."""
    rows = Bypass.objects.filter(release=release, stage=stage, expires_at__gt=now).order_by("expires_at")
    return {row.gate: row for row in rows}


def lasting_bypasses(release: Release) -> tuple[Bypass, ...]:
    """Return everything that this release may pass now, in whatever stage, what expires first in front."""
    rows = Bypass.objects.filter(release=release, expires_at__gt=database_now()).select_related("stage")
    return tuple(rows.order_by("expires_at", "pk"))


def freezes_by_the_clock() -> tuple[tuple[object, ...], ...]:
    """Return the freezes that are on and those to come; another value means that every page shows others."""
    now = database_now()
    lasting = Freeze.objects.filter(ends_at__gt=now).order_by("pk").values_list("pk", "starts_at", "ends_at")
    return tuple((pk, starts_at <= now, ends_at) for pk, starts_at, ends_at in lasting)


def gates_by_the_clock(release_id: int) -> tuple[object, ...]:
    """Return what opens and closes gates without anybody acting: freezes and bypasses that last, and soak that is over.

    Another value means that a release's page looks different, though its journal tells nothing.
    """
    now = database_now()
    passing = Bypass.objects.filter(release=release_id, expires_at__gt=now).order_by("pk").values_list("pk", flat=True)
    soaks = Stage.objects.filter(soak_minutes__gt=0).values_list("pk", "soak_minutes")
    ran = Promotion.objects.filter(release=release_id, finished_at__isnull=False).aggregate(last=Max("finished_at"))
    last = ran["last"]
    soaked = [pk for pk, minutes in soaks if last is not None and now >= last + timedelta(minutes=minutes)]
    return freezes_by_the_clock(), tuple(passing), tuple(soaked)


@dataclass(frozen=True, slots=True, kw_only=True)
class GrantedBypass:
    """A bypass as it was granted."""

    id: int
    gate: str
    stage: str
    expires_at: datetime


def granted_bypass(number: int) -> GrantedBypass:
    """Return what was granted under this number."""
    row = Bypass.objects.select_related("stage").get(pk=number)
    return GrantedBypass(id=row.pk, gate=row.gate, stage=row.stage.name, expires_at=row.expires_at)


def validation_outcome(release: Release, stage: Stage) -> str:
    """Return how the newest validation of this release in this stage stands; only ``passed`` is good."""
    return latest_run(release, stage).state


def _passage(release: Release, stage: Stage, before: Stage | None, digest: str) -> Passage:
    """Read what the release brings to the stage, as far as the stage asks for it."""
    return Passage(
        stay=_stay(release, before) if before and stage.soak_minutes else None,
        outcome=validation_outcome(release, before) if before and stage.requires_validation else "",
        signoffs=signoffs_of(release, stage),
        digest=digest,
    )


def _stay(release: Release, stage: Stage) -> gates.Stay:
    succeeded = Promotion.objects.filter(stage=stage, state=PromotionState.SUCCEEDED.value)
    own = succeeded.filter(release=release, rolled_back_at=None).order_by("-epoch").first()
    if own is None:
        return gates.Stay(stage=stage.name, since=None)
    later = succeeded.filter(epoch__gt=own.epoch).order_by("epoch").first()
    return gates.Stay(stage=stage.name, since=own.finished_at, ended_at=later.finished_at if later else None)


def _passed(gate: gates.Gate, passed: dict[str, Bypass]) -> gates.Gate:
    bypass = passed.get(gate.kind.value)
    if bypass is None or gate.is_open:
        return gate
    said = f"{bypass.granted_by} bypasses this until {gates.clock(bypass.expires_at)} UTC: {bypass.reason}"
    return replace(gate, bypass=said)


def freeze_value(freeze: Freeze) -> gates.Freeze:
    """Return the freeze as the domain weighs it."""
    return gates.Freeze(
        id=freeze.pk,
        stage=freeze.stage.name,
        starts_at=freeze.starts_at,
        ends_at=freeze.ends_at,
        reason=freeze.reason,
        by=freeze.declared_by,
        in_flight=gates.InFlight(freeze.in_flight),
    )
