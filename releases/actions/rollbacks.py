"""Taking a release back out of a stage: a release of its own, planned, journalled and steered like any other."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING

from django.db import transaction

from releases import conf
from releases.actions.advancing import advance
from releases.actions.ledger import Ledger, claim_turn, open_ledger_of_label
from releases.actions.manifests import store_manifest
from releases.actions.promotions import Opening, locked_stage, open_promotion
from releases.actions.receipts import fingerprint, recall, remember
from releases.actions.releases import PlanChanged
from releases.actions.steering import REASON_LIMIT, cancel_promotion
from releases.domain.access import Actor, Permission, require
from releases.domain.errors import Conflict, InvalidInput, VerdictRefused
from releases.domain.journal import Kind
from releases.domain.lifecycle import OPEN_PROMOTIONS, PromotionState
from releases.domain.plan_kinds import ROLLBACK
from releases.domain.rollback_documents import rollback_document
from releases.domain.rollbacks import CHANNEL, core_of
from releases.domain.versions import next_in_channel
from releases.models import PlatformVersion, Promotion, Release
from releases.queries.plans import taken_versions
from releases.queries.rollbacks import promotion_to_take_back, rollback_plan

if TYPE_CHECKING:
    from releases.domain.rollbacks import RollbackPlan
    from releases.models import Stage


@dataclass(frozen=True, slots=True, kw_only=True)
class RollbackRequest:
    """``version`` is any label of the release; an empty ``stage`` is the last one that it reached.

    An empty ``target_version`` is the last set that ran there verified. ``accept_irreversible`` says that what cannot
    be undone is known. ``accept_digest`` is that of the preview, None to go by what is true now. ``quarantine`` is
    whether nobody may plan with the versions any more that are taken back.
    """

    version: str
    reason: str
    stage: str = ""
    target_version: str = ""
    accept_digest: str | None = None
    accept_irreversible: bool = False
    quarantine: bool = True
    lock_version: int | None = None


@transaction.atomic(durable=True)
def roll_back(*, actor: Actor, request: RollbackRequest, key: str = "") -> str:
    """Start the way back and return the rollback's version; an open promotion there is cancelled first.

    Refused where the stage ran nothing before, was promoted to by somebody since, or the plan is not the one accepted.
    """
    if not request.reason.strip():
        raise InvalidInput("reason", "Say why the release is taken back; it becomes part of the record.")
    print_ = _fingerprint(request)
    ledger = open_ledger_of_label(version=request.version, actor=actor.name)
    if known := recall(actor=actor, key=key, print_=print_):
        return str(known["version"])
    promotion = promotion_to_take_back(ledger.release, request.stage)
    require(actor, Permission.PROMOTE, promotion.stage.name)
    claim_turn(ledger, request.lock_version)
    version = _take_back(ledger, actor, promotion, request)
    ledger.close()
    remember(actor=actor, key=key, print_=print_, result={"version": version})
    return version


def _fingerprint(request: RollbackRequest) -> str:
    said = {**asdict(request), "lock_version": None}
    # Left out where nothing was asked for, so that keys which were given before there was this still mean the same.
    if request.quarantine:
        del said["quarantine"]
    return fingerprint("roll_back", **said)


def _take_back(ledger: Ledger, actor: Actor, promotion: Promotion, request: RollbackRequest) -> str:
    stage = locked_stage(promotion.stage.name)
    if stage.epoch != promotion.epoch:
        raise Conflict(f"{stage.name} was promoted to by somebody else since; take that release back.")
    plan = rollback_plan(promotion, request.target_version)
    _refuse(plan, request)
    _close(ledger, promotion, request.reason)
    rollback = _create(ledger, actor, plan, quarantine=request.quarantine)
    ledger.append(
        Kind.ROLLBACK_STARTED,
        stage=stage.name,
        target=plan.target.version,
        rollback=rollback.version,
        reason=request.reason[:REASON_LIMIT],
    )
    _begin(rollback, actor, stage, plan, request.reason, at=ledger)
    return rollback.version


def _refuse(plan: RollbackPlan, request: RollbackRequest) -> None:
    if plan.problems:
        raise VerdictRefused(plan.problems[0].text, plan.verdict.reasons)
    if request.accept_digest is not None and plan.digest != request.accept_digest:
        raise PlanChanged("The way back has changed since you saw it. Look at it again, then roll back.")
    if plan.irreversible and not request.accept_irreversible:
        text = f"Going back does not undo everything: {'; '.join(plan.irreversible)}. Accept that, or go forward."
        raise InvalidInput("accept_irreversible", text)


def _close(ledger: Ledger, promotion: Promotion, reason: str) -> None:
    """End what is open, and let the release count as not having reached the stage."""
    if PromotionState(promotion.state) in OPEN_PROMOTIONS:
        cancel_promotion(ledger, promotion, reason)
    promotion.rolled_back_at = ledger.now
    promotion.save(update_fields=["rolled_back_at"])


def _create(ledger: Ledger, actor: Actor, plan: RollbackPlan, *, quarantine: bool) -> Release:
    taken = ledger.release
    label = next_in_channel(core_of(plan.version), CHANNEL, taken_versions()).raw
    release = Release.objects.create(
        version=label,
        target_version=core_of(plan.target.version).raw,
        kind=ROLLBACK,
        title=f"Back to {plan.target.version} in {plan.stage}",
        manifest=plan.manifest,
        plan={**rollback_document(plan), "quarantine": list(plan.quarantine) if quarantine else []},
        path=[plan.stage],
        digest=plan.digest,
        rolls_back=taken,
        created_by_id=actor.person_id,
        created_at=ledger.now,
        updated_at=ledger.now,
    )
    PlatformVersion.objects.create(version=label, manifest=plan.manifest, release=release, created_at=ledger.now)
    return release


def _begin(rollback: Release, actor: Actor, stage: Stage, plan: RollbackPlan, reason: str, *, at: Ledger) -> None:
    # Nobody else knows the new row, so there is nothing to lock.
    ledger = Ledger(release=rollback, actor=actor.name, now=at.now)
    ledger.append(
        Kind.RELEASE_CREATED,
        version=rollback.version,
        target=rollback.target_version,
        release_kind=ROLLBACK,
        title=rollback.title,
        services=rollback.manifest,
        manifest=store_manifest(rollback, actor),
        phases=rollback.plan["all_phases"],
        path=rollback.path,
        reason=reason[:REASON_LIMIT],
    )
    opening = Opening(
        version=plan.target.version,
        timeout_ms=conf.default_timeout_ms(),
        strategy="stream",
        started_by_id=actor.person_id,
    )
    advance(ledger, open_promotion(ledger, stage, opening))
    ledger.close()
