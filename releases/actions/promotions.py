"""Starting a promotion: the next stage of a release, against every rule that could say no."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from django.db import transaction

from releases import conf
from releases.actions.advancing import advance
from releases.actions.ledger import Ledger, claim_turn, open_ledger_of_label
from releases.actions.receipts import fingerprint, recall, remember
from releases.actions.registry_records import want_record
from releases.domain.access import Actor, Permission, require
from releases.domain.aggregation import Reason, Timeout, clamp_timeout
from releases.domain.errors import Conflict, GateRefused, InvalidInput, NotFound, VerdictRefused
from releases.domain.journal import Kind
from releases.domain.lifecycle import OnFailure, ReleaseState, SlotState
from releases.domain.versions import AlreadyPublished, next_in_channel, parse
from releases.models import Deployment, Inbox, PlatformVersion, Promotion, PromotionStep, Service, Stage
from releases.queries.forecasts import forecast_for
from releases.queries.paths import first_channel, stages_of
from releases.queries.plans import taken_versions
from releases.queries.promotability import promotion_refusal

if TYPE_CHECKING:
    from collections.abc import Mapping

    from releases.domain.forecasts import PromotionForecast
    from releases.models import Release
    from releases.queries.promotability import Refusal

INBOX = "inbox"
STRATEGIES = ("stream", "wait", INBOX)


class NumberGone(Conflict):
    """Another release took the number that this one's manifest is sealed with."""

    code = AlreadyPublished.code

    def __init__(self, taken: AlreadyPublished) -> None:
        mend = f"Give this release up, and plan its versions again as {taken.free} or another number."
        super().__init__(f"{taken.message} {mend}")


@dataclass(frozen=True, slots=True, kw_only=True)
class PromotionRequest:
    """``version`` is any label of the release; ``lock_version`` what its page showed, None to go by its state alone.

    ``inbox`` names where strategy ``inbox`` posts the results of each phase. ``on_failure`` is ``hold``, so that a
    person decides, or ``roll_back``.
    """

    version: str
    stage: str
    timeout_ms: int | None = None
    strategy: str = "stream"
    inbox: str = ""
    on_failure: str = OnFailure.HOLD.value
    lock_version: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class StartedPromotion:
    """The promotion that was started, or was already by the same idempotency key; ``notice`` tells of a clamp."""

    promotion_id: int
    notice: str


@transaction.atomic(durable=True)
def promote_release(*, actor: Actor, request: PromotionRequest, key: str = "") -> StartedPromotion:
    """Start a promotion; refused out of order, beside another one in the stage, or against verdict or gate."""
    require(actor, Permission.PROMOTE, request.stage)
    timeout = _timeout(request)
    print_ = _fingerprint(request)
    ledger = open_ledger_of_label(version=request.version, actor=actor.name)
    if known := recall(actor=actor, key=key, print_=print_):
        return StartedPromotion(promotion_id=int(str(known["promotion_id"])), notice=timeout.notice)
    inbox = _inbox(request)
    claim_turn(ledger, request.lock_version)
    stage = locked_stage(request.stage)
    if refusal := promotion_refusal(ledger.release, stage):
        raise _refused(refusal)
    ledger.release.version = _label(ledger, stage)
    opening = Opening(
        version=ledger.release.version,
        timeout_ms=timeout.milliseconds,
        strategy=request.strategy,
        started_by_id=actor.person_id,
        inbox=inbox,
        on_failure=_on_failure(request),
    )
    promotion = open_promotion(ledger, stage, opening)
    want_record(ledger)
    advance(ledger, promotion)
    ledger.close()
    remember(actor=actor, key=key, print_=print_, result={"promotion_id": promotion.pk})
    return StartedPromotion(promotion_id=promotion.pk, notice=timeout.notice)


def _refused(refusal: Refusal) -> Conflict:
    if refusal.by_gate:
        return GateRefused(refusal.text, refusal.reasons)
    return VerdictRefused(refusal.text, refusal.reasons) if refusal.reasons else Conflict(refusal.text)


def _fingerprint(request: PromotionRequest) -> str:
    # Left out where there is none, so that keys which were given before there were these still stand for the same.
    more = {"inbox": request.inbox} if request.inbox else {}
    more |= {"on_failure": request.on_failure} if request.on_failure != OnFailure.HOLD.value else {}
    return fingerprint("promote", version=request.version, stage=request.stage, timeout_ms=request.timeout_ms, **more)


def _on_failure(request: PromotionRequest) -> OnFailure:
    offered = (OnFailure.HOLD.value, OnFailure.ROLL_BACK.value)
    if request.on_failure not in offered:
        raise InvalidInput("on_failure", f"What follows a failure is one of {', '.join(offered)}.")
    return OnFailure(request.on_failure)


def _inbox(request: PromotionRequest) -> Inbox | None:
    if request.strategy != INBOX:
        if request.inbox:
            message = "Only strategy inbox posts to an inbox; leave inbox out, or ask for that strategy."
            raise InvalidInput("inbox", message)
        return None
    inbox = Inbox.objects.filter(name=request.inbox).first()
    if inbox is None:
        names = ", ".join(Inbox.objects.values_list("name", flat=True))
        known = f"the inboxes are {names}." if names else "an administrator has to add one first."
        message = f"There is no inbox {request.inbox}; {known}" if request.inbox else f"Name an inbox; {known}"
        raise InvalidInput("inbox", message)
    return inbox


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


def locked_stage(name: str) -> Stage:
    """Lock a stage by name; ``NotFound`` names those that there are."""
    # Its name and number stay, so a commit elsewhere that refers to it need not wait, perhaps for us, and we for it.
    stage = Stage.objects.select_for_update(no_key=True).filter(name=name).first()
    if stage is None:
        names = ", ".join(Stage.objects.values_list("name", flat=True))
        message = f"There is no stage {name}; the stages are {names}."
        raise NotFound(message)
    return stage


@dataclass(frozen=True, slots=True, kw_only=True)
class Opening:
    """How a promotion starts; ``version`` is the platform version that the stage runs when it has succeeded."""

    version: str
    timeout_ms: int
    strategy: str
    started_by_id: int
    inbox: Inbox | None = None
    on_failure: OnFailure = OnFailure.HOLD


def open_promotion(ledger: Ledger, stage: Stage, opening: Opening) -> Promotion:
    """Write a promotion with its steps into a locked release and a locked stage; nobody is asked yet."""
    release = ledger.release
    stage.epoch += 1
    stage.save(update_fields=["epoch"])
    # All of them: a stage may run something else than the plan's baseline; what it has already is skipped.
    phases = release.plan["all_phases"]
    live = _live_versions(stage)
    forecast = forecast_for(stage, phases, release.manifest, live, opening.timeout_ms)
    promotion = Promotion.objects.create(
        release=release,
        stage=stage,
        version=opening.version,
        phases=phases,
        timeout_ms=opening.timeout_ms,
        strategy=opening.strategy,
        inbox=opening.inbox,
        epoch=stage.epoch,
        on_failure=opening.on_failure.value,
        started_by_id=opening.started_by_id,
        started_at=ledger.now,
        forecast=forecast.document(),
    )
    ledger.move(ReleaseState.PROMOTING)
    _note_start(ledger, promotion, live, forecast)
    _create_steps(ledger, promotion, live)
    return promotion


def _note_start(ledger: Ledger, promotion: Promotion, live: Mapping[str, str], forecast: PromotionForecast) -> None:
    ledger.append(
        Kind.PROMOTION_STARTED,
        stage=promotion.stage.name,
        version=promotion.version,
        services=ledger.release.manifest,
        running=live,
        phases=promotion.phases,
        timeout_ms=promotion.timeout_ms,
        forecast={"p50_ms": forecast.p50_ms, "p90_ms": forecast.p90_ms, "basis": forecast.basis},
    )


def _label(ledger: Ledger, stage: Stage) -> str:
    """Return the platform version that this release carries in the stage; a second try keeps the first one's."""
    release = ledger.release
    earlier = release.promotions.filter(stage=stage).values_list("version", flat=True).first()
    if earlier:
        return earlier
    if not release.promotions.exists() and _was_named_for(release, stage):
        return release.version
    try:
        label = next_in_channel(parse(release.target_version), stage.channel, taken_versions()).raw
    except AlreadyPublished as taken:
        raise NumberGone(taken) from taken
    PlatformVersion.objects.create(version=label, manifest=release.manifest, release=release, created_at=ledger.now)
    return label


def _was_named_for(release: Release, stage: Stage) -> bool:
    return stage == stages_of(release)[0] and stage.channel == first_channel(release.path)


def _live_versions(stage: Stage) -> Mapping[str, str]:
    return dict(Deployment.objects.filter(stage=stage).values_list("service__slug", "version"))


def _create_steps(ledger: Ledger, promotion: Promotion, live: Mapping[str, str]) -> None:
    services = {service.slug: service for service in Service.objects.all()}
    for number, phase in enumerate(promotion.phases):
        for slug in phase:
            _create_step(ledger, promotion, number, services[slug], live.get(slug, ""))


def _create_step(ledger: Ledger, promotion: Promotion, phase: int, service: Service, live: str) -> None:
    # What a rollback's target had not is in no manifest: it is uninstalled.
    target = promotion.release.manifest.get(service.slug, "")
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
        reason = f"{target} already runs in {promotion.stage.name}" if target else f"not in {promotion.stage.name}"
        ledger.append(Kind.STEP_SKIPPED, service=service.slug, reason=reason, cause=Reason.UNCHANGED.value)
