"""Creating a release from the plan that somebody saw, and giving one up."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from django.db import transaction

from releases.actions.hotfixes import store_hotfix
from releases.actions.ledger import Ledger
from releases.actions.manifests import store_manifest
from releases.actions.receipts import fingerprint, recall, remember
from releases.domain.access import Actor, Permission, require
from releases.domain.documents import hotfix_document, plan_document
from releases.domain.errors import Conflict, InvalidInput, VerdictRefused
from releases.domain.journal import Kind
from releases.domain.versions import next_in_channel, parse
from releases.models import PlatformVersion, Release, Stage
from releases.queries.clock import database_now
from releases.queries.paths import first_channel
from releases.queries.plans import computed_plan, taken_versions

if TYPE_CHECKING:
    from collections.abc import Sequence

    from releases.domain.plans import Plan, PlanRequest
    from releases.domain.versions import Version


class PlanChanged(Conflict):
    """The plan that was accepted is not the plan that would be carried out."""

    code = "plan-changed"


@dataclass(frozen=True, slots=True, kw_only=True)
class NewRelease:
    """What somebody asks to be created: the plan's request, the digest they saw, and words of their own.

    ``sight_unseen`` accepts the plan as it is at the moment of creation, whatever its digest.
    """

    request: PlanRequest
    accept_digest: str = ""
    sight_unseen: bool = False
    title: str = ""
    notes: str = ""


@transaction.atomic(durable=True)
def create_release(*, actor: Actor, new: NewRelease, key: str = "") -> str:
    """Store the plan as a release and return its version; refused when it changed since or may not be created."""
    require(actor, Permission.PLAN)
    # The stages are locked so that two releases never take the same version number.
    if Stage.objects.select_for_update(no_key=True).order_by("position").first() is None:
        message = "The platform has no stages yet; add them to the catalog first."
        raise Conflict(message)
    _refuse_path(new.request.path)
    print_ = fingerprint("create_release", new=new)
    if known := recall(actor=actor, key=key, print_=print_):
        return str(known["version"])
    plan = computed_plan(new.request)
    _refuse(plan, new)
    label = next_in_channel(parse(plan.platform_version or ""), first_channel(plan.path), taken_versions())
    release = _store(actor, new, plan, label)
    store_hotfix(release, plan, new.request.reason)
    remember(actor=actor, key=key, print_=print_, result={"version": release.version})
    return release.version


def _refuse_path(path: Sequence[str]) -> None:
    known = list(Stage.objects.order_by("position").values_list("name", flat=True))
    if list(path) != [name for name in known if name in path]:
        message = f"A release goes through stages in their order: {', '.join(known)}; {', '.join(path)} is no such way."
        raise InvalidInput("path", message)


def _refuse(plan: Plan, new: NewRelease) -> None:
    if plan.problems:
        message = f"This plan cannot become a release: {plan.problems[0].text} {plan.problems[0].fix}".strip()
        raise VerdictRefused(message, plan.problems)
    if not plan.can_be_created:
        message = f"This plan cannot become a release: the set is {plan.verdict.overall.lower()}."
        raise VerdictRefused(message, plan.verdict.reasons)
    if plan.digest != new.accept_digest and not new.sight_unseen:
        message = "The plan has changed since you saw it: versions or rules were edited. Look at it again, then create."
        raise PlanChanged(message)


def _store(actor: Actor, new: NewRelease, plan: Plan, label: Version) -> Release:
    now = database_now()
    release = Release.objects.create(
        version=label.raw,
        target_version=plan.platform_version or "",
        kind=plan.kind,
        path=list(plan.path),
        title=new.title[:200],
        notes=new.notes,
        manifest=plan.versions,
        plan=plan_document(plan),
        digest=plan.digest,
        created_by_id=actor.person_id,
        created_at=now,
        updated_at=now,
    )
    PlatformVersion.objects.create(version=label.raw, manifest=release.manifest, release=release, created_at=now)
    _open_journal(actor, release, plan)
    return release


def _open_journal(actor: Actor, release: Release, plan: Plan) -> None:
    # Nobody else knows the new row, so there is nothing to lock; and it was created when its journal says so.
    ledger = Ledger(release=release, actor=actor.name, now=release.created_at)
    ledger.append(
        Kind.RELEASE_CREATED,
        version=release.version,
        target=release.target_version,
        release_kind=release.kind,
        title=release.title,
        services=release.manifest,
        manifest=store_manifest(release, actor),
        phases=release.plan["all_phases"],
        **_particulars(release, plan),
    )
    ledger.close()


def _particulars(release: Release, plan: Plan) -> dict[str, Any]:
    """Return what the journal tells besides of a release that leaves something out."""
    path = {"path": release.path} if release.path else {}
    return {**path, "hotfix": hotfix_document(plan.hotfix)} if plan.hotfix else path
