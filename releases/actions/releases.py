"""Creating a release from the plan that somebody saw, and giving one up."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from django.db import transaction

from releases.actions.ledger import Ledger, open_ledger
from releases.actions.receipts import fingerprint, recall, remember
from releases.domain.access import Actor, Permission, require
from releases.domain.documents import plan_document
from releases.domain.errors import Conflict, VerdictRefused
from releases.domain.journal import Kind
from releases.domain.versions import next_in_channel, parse
from releases.models import PlatformVersion, Release, Stage
from releases.queries.clock import database_now
from releases.queries.plans import computed_plan, taken_versions

if TYPE_CHECKING:
    from releases.domain.plans import Plan, PlanRequest
    from releases.domain.versions import Version


class PlanChanged(Conflict):
    """The plan that was accepted is not the plan that would be carried out."""

    code = "plan-changed"


@dataclass(frozen=True, slots=True, kw_only=True)
class NewRelease:
    """What somebody asks to be created: the plan's request, the digest they saw, and words of their own."""

    request: PlanRequest
    accept_digest: str
    title: str = ""
    notes: str = ""


@transaction.atomic(durable=True)
def create_release(*, actor: Actor, new: NewRelease, key: str = "") -> str:
    """Store the plan as a release and return its version; refused when it changed since or may not be created."""
    require(actor, Permission.PLAN)
    # The stages are locked so that two releases never take the same version number.
    first_stage = Stage.objects.select_for_update().order_by("position").first()
    if first_stage is None:
        message = "The platform has no stages yet; add them to the catalog first."
        raise Conflict(message)
    print_ = fingerprint("create_release", new=new)
    if known := recall(actor=actor, key=key, print_=print_):
        return str(known["version"])
    plan = computed_plan(new.request)
    _refuse(plan, new.accept_digest)
    label = next_in_channel(parse(plan.platform_version or ""), first_stage.channel, taken_versions())
    release = _store(actor, new, plan, label)
    remember(actor=actor, key=key, print_=print_, result={"version": release.version})
    return release.version


def _refuse(plan: Plan, accepted: str) -> None:
    if plan.problems:
        message = f"This plan cannot become a release: {plan.problems[0].text} {plan.problems[0].fix}".strip()
        raise VerdictRefused(message, plan.problems)
    if not plan.can_be_created:
        message = f"This plan cannot become a release: the set is {plan.verdict.overall.lower()}."
        raise VerdictRefused(message, plan.verdict.reasons)
    if plan.digest != accepted:
        message = "The plan has changed since you saw it: versions or rules were edited. Look at it again, then create."
        raise PlanChanged(message)


def _store(actor: Actor, new: NewRelease, plan: Plan, label: Version) -> Release:
    now = database_now()
    manifest = {change.service: change.to_version for change in plan.changes if change.to_version}
    release = Release.objects.create(
        version=label.raw,
        target_version=plan.platform_version or "",
        kind=plan.kind,
        title=new.title[:200],
        notes=new.notes,
        manifest=manifest,
        plan=plan_document(plan),
        digest=plan.digest,
        created_by_id=actor.person_id,
        created_at=now,
        updated_at=now,
    )
    PlatformVersion.objects.create(version=label.raw, manifest=manifest, release=release, created_at=now)
    ledger: Ledger = open_ledger(release_id=release.pk, actor=actor.name)
    ledger.append(
        Kind.RELEASE_CREATED,
        version=label.raw,
        target=release.target_version,
        services=manifest,
    )
    ledger.close()
    return release
