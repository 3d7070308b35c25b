"""Starting a promotion: the next stage of a release, against every rule that could say no."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from django.db import transaction

from releases import conf
from releases.actions.advancing import advance
from releases.actions.ledger import Ledger, claim_turn, open_ledger_of_label
from releases.actions.receipts import fingerprint, recall, remember
from releases.domain.access import Actor, Permission, require
from releases.domain.aggregation import Reason, Timeout, clamp_timeout
from releases.domain.errors import Conflict, InvalidInput, NotFound, VerdictRefused
from releases.domain.journal import Kind
from releases.domain.lifecycle import ReleaseState, SlotState
from releases.domain.versions import next_in_channel, parse
from releases.models import Deployment, PlatformVersion, Promotion, PromotionStep, Service, Stage
from releases.queries.plans import taken_versions
from releases.queries.promotability import promotion_refusal

if TYPE_CHECKING:
    from collections.abc import Mapping

STRATEGIES = ("stream", "wait")


@dataclass(frozen=True, slots=True, kw_only=True)
class PromotionRequest:
    """``version`` is any label of the release; ``lock_version`` what its page showed, None to go by its state alone."""

    version: str
    stage: str
    timeout_ms: int | None = None
    strategy: str = "stream"
    lock_version: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class StartedPromotion:
    """The promotion that was started, or was already by the same idempotency key; ``notice`` tells of a clamp."""

    promotion_id: int
    notice: str


@transaction.atomic(durable=True)
def promote_release(*, actor: Actor, request: PromotionRequest, key: str = "") -> StartedPromotion:
    """Start a promotion; refused out of order, beside another one in the stage, or against the verdict."""
    require(actor, Permission.PROMOTE, request.stage)
    timeout = _timeout(request)
    print_ = fingerprint("promote", version=request.version, stage=request.stage, timeout_ms=request.timeout_ms)
    ledger = open_ledger_of_label(version=request.version, actor=actor.name)
    if known := recall(actor=actor, key=key, print_=print_):
        return StartedPromotion(promotion_id=int(str(known["promotion_id"])), notice=timeout.notice)
    claim_turn(ledger, request.lock_version)
    stage = _locked_stage(request.stage)
    if refusal := promotion_refusal(ledger.release, stage):
        raise VerdictRefused(refusal.text, refusal.reasons) if refusal.reasons else Conflict(refusal.text)
    promotion = _start(ledger, actor, stage, request, timeout.milliseconds)
    advance(ledger, promotion)
    ledger.close()
    remember(actor=actor, key=key, print_=print_, result={"promotion_id": promotion.pk})
    return StartedPromotion(promotion_id=promotion.pk, notice=timeout.notice)


def _timeout(request: PromotionRequest) -> Timeout:
    if request.strategy not in STRATEGIES:
        message = f"The strategy is one of {', '.join(STRATEGIES)}."
        raise InvalidInput("strategy", message)
    try:
        return clamp_timeout(
            request.timeout_ms,
            default_ms=conf.default_timeout_ms(),
            maximum_ms=conf.maximum_timeout_ms(),
        )
    except ValueError as mistake:
        raise InvalidInput("timeout_ms", str(mistake)) from mistake


def _locked_stage(name: str) -> Stage:
    stage = Stage.objects.select_for_update().filter(name=name).first()
    if stage is None:
        names = ", ".join(Stage.objects.values_list("name", flat=True))
        message = f"There is no stage {name}; the stages are {names}."
        raise NotFound(message)
    return stage


def _start(
    ledger: Ledger,
    actor: Actor,
    stage: Stage,
    request: PromotionRequest,
    timeout_ms: int,
) -> Promotion:
    release = ledger.release
    stage.epoch += 1
    stage.save(update_fields=["epoch"])
    release.version = _label(ledger, stage)
    promotion = Promotion.objects.create(
        release=release,
        stage=stage,
        version=release.version,
        # All of them: a stage may run something else than the plan's baseline; what it has already is skipped.
        phases=release.plan["all_phases"],
        timeout_ms=timeout_ms,
        strategy=request.strategy,
        epoch=stage.epoch,
        started_by_id=actor.person_id,
        started_at=ledger.now,
    )
    ledger.move(ReleaseState.PROMOTING)
    ledger.append(
        Kind.PROMOTION_STARTED,
        stage=stage.name,
        version=promotion.version,
        services=release.manifest,
        timeout_ms=timeout_ms,
    )
    _create_steps(ledger, promotion)
    return promotion


def _label(ledger: Ledger, stage: Stage) -> str:
    """Return the platform version that this release carries in the stage; a second try keeps the first one's."""
    release = ledger.release
    earlier = release.promotions.filter(stage=stage).values_list("version", flat=True).first()
    if earlier:
        return earlier
    first = not release.promotions.exists() and stage.position == _first_position()
    if first:
        return release.version
    label = next_in_channel(parse(release.target_version), stage.channel, taken_versions()).raw
    PlatformVersion.objects.create(version=label, manifest=release.manifest, release=release, created_at=ledger.now)
    return label


def _first_position() -> int:
    return Stage.objects.order_by("position").values_list("position", flat=True)[0]


def _create_steps(ledger: Ledger, promotion: Promotion) -> None:
    services = {service.slug: service for service in Service.objects.all()}
    live: Mapping[str, str] = dict(
        Deployment.objects.filter(stage=promotion.stage).values_list("service__slug", "version"),
    )
    for number, phase in enumerate(promotion.phases):
        for slug in phase:
            _create_step(ledger, promotion, number, services[slug], live.get(slug, ""))


def _create_step(ledger: Ledger, promotion: Promotion, phase: int, service: Service, live: str) -> None:
    target = promotion.release.manifest[service.slug]
    unchanged = live == target
    PromotionStep.objects.create(
        promotion=promotion,
        service=service,
        phase=phase,
        from_version=live,
        to_version=target,
        dispatch_url=service.dispatch_url,
        state=SlotState.SKIPPED.value if unchanged else SlotState.PENDING.value,
        reason=Reason.UNCHANGED.value if unchanged else "",
        finished_at=ledger.now if unchanged else None,
    )
    if unchanged:
        reason = f"{target} already runs in {promotion.stage.name}"
        ledger.append(Kind.STEP_SKIPPED, service=service.slug, reason=reason)
