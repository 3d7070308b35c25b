"""The gates of the stages, as the domain weighs them: freezes, soak time, validation, sign-offs, and who may pass."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import timedelta
from typing import TYPE_CHECKING

from django.db.models import Max

from releases.domain import gates
from releases.domain.lifecycle import PromotionState
from releases.domain.signoffs import approval_gate, needs_of
from releases.models import Bypass, Freeze, Promotion, Stage
from releases.queries.clock import database_now
from releases.queries.paths import stages_of
from releases.queries.signoffs import approval_rules, signoffs_of
from releases.queries.validations import latest_run

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime

    from releases.models import Release


def declared_freezes() -> tuple[gates.Freeze, ...]:
    """Return the freezes that are not over, by stage and then by when they begin."""
    lasting = Freeze.objects.filter(ends_at__gt=database_now()).select_related("stage")
    return tuple(map(_freeze, lasting.order_by("stage__position", "starts_at", "pk")))


def closed_gate(stage: Stage) -> gates.Gate | None:
    """Return the freeze that keeps this stage closed now."""
    now = database_now()
    freezes = Freeze.objects.filter(stage=stage, starts_at__lte=now, ends_at__gt=now).select_related("stage")
    return gates.closed_gate(map(_freeze, freezes), stage.name, now)


def release_gates(release: Release, stage: Stage, digest: str) -> tuple[gates.Gate, ...]:
    """Return every gate of this stage for this release, open or closed, and which of them somebody lets it pass.

    ``digest`` is that of what a sign-off would agree to now.
    """
    now = database_now()
    found = (closed_gate(stage), *_of_the_stage_before(release, stage, now), _approval(release, stage, digest))
    passed = active_bypasses(release, stage, now)
    return tuple(_passed(gate, passed) for gate in found if gate is not None)


def active_bypasses(release: Release, stage: Stage, now: datetime) -> dict[str, Bypass]:
    """Return by gate what lets this release pass; of several for one gate the one that lasts longest."""
    rows = Bypass.objects.filter(release=release, stage=stage, expires_at__gt=now).order_by("expires_at")
    return {row.gate: row for row in rows}


def gates_by_the_clock(release_id: int) -> tuple[object, ...]:
    """Return what opens and closes gates without anybody acting: freezes and bypasses that last, and soak that is over.

    Another value means that a release's page looks different, though its journal tells nothing.
    """
    now = database_now()
    frozen = Freeze.objects.filter(starts_at__lte=now, ends_at__gt=now).order_by("pk").values_list("pk", flat=True)
    passing = Bypass.objects.filter(release=release_id, expires_at__gt=now).order_by("pk").values_list("pk", flat=True)
    soaks = Stage.objects.filter(soak_minutes__gt=0).values_list("pk", "soak_minutes")
    ran = Promotion.objects.filter(release=release_id, finished_at__isnull=False).aggregate(last=Max("finished_at"))
    last = ran["last"]
    soaked = [pk for pk, minutes in soaks if last is not None and now >= last + timedelta(minutes=minutes)]
    return tuple(frozen), tuple(passing), tuple(soaked)


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


def _of_the_stage_before(release: Release, stage: Stage, now: datetime) -> Iterator[gates.Gate]:
    if not (stage.soak_minutes or stage.requires_validation):
        return
    before = next((each for each in reversed(stages_of(release)) if each.position < stage.position), None)
    if before is None:
        return
    if stage.soak_minutes:
        yield gates.soak_gate(stage=stage.name, minutes=stage.soak_minutes, stay=_stay(release, before), now=now)
    if stage.requires_validation:
        outcome = validation_outcome(release, before)
        yield gates.validation_gate(stage=stage.name, before=before.name, outcome=outcome)


def _stay(release: Release, stage: Stage) -> gates.Stay:
    succeeded = Promotion.objects.filter(stage=stage, state=PromotionState.SUCCEEDED.value)
    own = succeeded.filter(release=release, rolled_back_at=None).order_by("-epoch").first()
    if own is None:
        return gates.Stay(stage=stage.name, since=None)
    later = succeeded.filter(epoch__gt=own.epoch).order_by("epoch").first()
    return gates.Stay(stage=stage.name, since=own.finished_at, ended_at=later.finished_at if later else None)


def _approval(release: Release, stage: Stage, digest: str) -> gates.Gate | None:
    signed = signoffs_of(release, stage)
    return approval_gate(stage.name, needs_of(approval_rules(release, stage), signed, digest), signed)


def _passed(gate: gates.Gate, passed: dict[str, Bypass]) -> gates.Gate:
    bypass = passed.get(gate.kind.value)
    if bypass is None or gate.is_open:
        return gate
    said = f"{bypass.granted_by} bypasses this until {gates.clock(bypass.expires_at)} UTC: {bypass.reason}"
    return replace(gate, bypass=said)


def _freeze(freeze: Freeze) -> gates.Freeze:
    return gates.Freeze(
        id=freeze.pk,
        stage=freeze.stage.name,
        starts_at=freeze.starts_at,
        ends_at=freeze.ends_at,
        reason=freeze.reason,
    )
