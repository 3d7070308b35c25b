"""The way back from a release: what its stage ran before, and the plan to run it again."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING

from django.db.models import Exists, OuterRef

from releases.domain.errors import Conflict, InvalidInput
from releases.domain.lifecycle import OPEN_PROMOTIONS, PromotionState
from releases.domain.plan_kinds import ROLLBACK
from releases.domain.rollbacks import RollbackFacts, RollbackPlan, Target, build_rollback
from releases.models import Deployment, Observation, PlatformVersion, Promotion, ServiceVersion, Stage
from releases.queries.forecasts import step_durations
from releases.queries.rules import declared_rules
from releases.queries.versions import quarantined_versions

if TYPE_CHECKING:
    from collections.abc import Mapping

    from releases.models import Release

REMEMBERED = 20
_OPEN = [state.value for state in OPEN_PROMOTIONS]
_BROUGHT = [*_OPEN, PromotionState.SUCCEEDED.value, PromotionState.CANCELLED.value]


def promotion_to_take_back(release: Release, stage: str = "") -> Promotion:
    """Return a release's newest promotion that left something in its stage; ``Conflict`` says why there is none."""
    if release.kind == ROLLBACK:
        message = f"{release.version} is a rollback itself: plan a release to go forward again."
        raise Conflict(message)
    found = (
        release.promotions.filter(state__in=_BROUGHT, rolled_back_at=None)
        .select_related("stage__live_version", "started_by")
        .order_by("-pk")
    )
    for promotion in found.filter(stage__name=stage) if stage else found:
        if promotion.state in _OPEN or _is_the_last_word(promotion):
            return promotion
    where = f" in {stage}" if stage else ""
    replaced = found.filter(state=PromotionState.SUCCEEDED.value, **({"stage__name": stage} if stage else {})).first()
    raise Conflict(_replaced(replaced) or f"{release.version} has brought nothing{where} that could be taken back.")


def _replaced(promotion: Promotion | None) -> str:
    if promotion is None or promotion.stage.live_version is None:
        return ""
    stage, now = promotion.stage.name, promotion.stage.live_version.version
    return f"What {promotion.version} brought to {stage} was replaced since: {now} runs there, so take that back."


def _is_the_last_word(promotion: Promotion) -> bool:
    """Tell whether nobody has promoted anything to the stage since."""
    return promotion.epoch == promotion.stage.epoch and Deployment.objects.filter(step__promotion=promotion).exists()


def targets_of(promotion: Promotion) -> tuple[Target, ...]:
    """Return the sets that the promotion's stage ran before it, newest first, each once."""
    seen = Observation.objects.filter(stage=promotion.stage, began_at__lt=promotion.started_at)
    known = PlatformVersion.objects.filter(version__in=seen.values("platform_version")).values_list(
        "version", flat=True
    )
    labels, found = set(known), dict[str, Target]()
    for observation in seen.exclude(release=promotion.release).order_by("-began_at")[:REMEMBERED]:
        if observation.platform_version in labels:
            found.setdefault(observation.digest, _target(observation))
    return tuple(found.values())


def _target(observation: Observation) -> Target:
    return Target(
        version=observation.platform_version,
        manifest=observation.manifest,
        since=observation.began_at,
        until=observation.ended_at,
        probes=observation.probes,
        failed_probes=observation.failed_probes,
    )


def rollback_plan(promotion: Promotion, target_version: str = "") -> RollbackPlan:
    """Compute the way back from a promotion, to the last set that ran verified together or to the one that is named."""
    stage = promotion.stage
    return build_rollback(
        RollbackFacts(
            stage=stage.name,
            version=promotion.version,
            running=dict(Deployment.objects.filter(stage=stage).values_list("service__slug", "version")),
            target=_chosen(promotion, target_version),
            rules=declared_rules(),
            include_prereleases=stage.admits_prereleases,
            irreversible=_irreversible(),
            quarantined=quarantined_versions(),
            later=_later(stage),
            registry_stages=_registry_stages(stage),
            durations=step_durations(),
        )
    )


def _chosen(promotion: Promotion, target_version: str) -> Target:
    if target_version:
        stage, targets = promotion.stage.name, targets_of(promotion)
        named = next((target for target in targets if target.version == target_version), None)
        if named is None:
            names = ", ".join(target.version for target in targets) or "nothing"
            message = f"{stage} never ran {target_version} before {promotion.version}; it ran {names}."
            raise InvalidInput("target_version", message)
        return named
    return verified_target(promotion)


def verified_target(promotion: Promotion) -> Target:
    """Return the last set that ran verified together before the promotion; ``Conflict`` says why there is none."""
    stage, targets = promotion.stage.name, targets_of(promotion)
    verified = next((target for target in targets if target.is_verified), None)
    if verified is None:
        ran = ", ".join(f"{target.version} ({target.failed_probes} probes failed)" for target in targets)
        text = (
            f"no set that ran there before was verified: {ran}; name one to go back to" if ran else "it was the first"
        )
        message = f"{stage} has nothing to go back to from {promotion.version}: {text}."
        raise Conflict(message)
    return verified


def _irreversible() -> Mapping[str, Mapping[str, str]]:
    found: defaultdict[str, dict[str, str]] = defaultdict(dict)
    rows = ServiceVersion.objects.exclude(irreversible="").filter(invalid_because="")
    for service, version, text in rows.values_list("service__slug", "version", "irreversible"):
        found[service][version] = text
    return found


def _later(stage: Stage) -> Mapping[str, Mapping[str, str]]:
    found: defaultdict[str, dict[str, str]] = defaultdict(dict)
    further = Deployment.objects.filter(stage__position__gt=stage.position).order_by("stage__position")
    for service, version, name in further.values_list("service__slug", "version", "stage__name"):
        found[service][version] = name
    return found


def _registry_stages(stage: Stage) -> Mapping[str, str]:
    """Return where the registry has what the stage runs."""
    runs = Deployment.objects.filter(stage=stage, service=OuterRef("service"), version=OuterRef("version"))
    return dict(ServiceVersion.objects.filter(Exists(runs)).values_list("service__slug", "registry_stage"))


def is_last_stage(stage: Stage) -> bool:
    """Tell whether what runs there is published."""
    return not Stage.objects.filter(position__gt=stage.position).exists()
