"""Keeping AppTrust's own record of a release: wanted in the transaction that moves it, told as soon as it can be."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import TYPE_CHECKING

from django.db import transaction

from releases import conf
from releases.actions.claims import free, numbers, prolong, renewing, take, wait
from releases.actions.ledger import open_ledger
from releases.clients.registry_records import Standing, Wanted, is_configured, tell_records
from releases.domain.backoff import SENDING
from releases.domain.journal import Kind
from releases.domain.lifecycle import PromotionState
from releases.domain.plan_kinds import ROLLBACK
from releases.enqueue import task_on_commit
from releases.models import RegistryRecord, Stage
from releases.queries.clock import database_now
from releases.queries.sessions import last_correlation_id

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from django.db.models import QuerySet

    from releases.actions.ledger import Ledger
    from releases.models import Promotion, Release

BATCH = 50
# A version that went all the way back is looked at and moved once for each stage, each call at most 35 s.
TELLING_TAKES = timedelta(seconds=350)


def want_record(ledger: Ledger) -> None:
    """Let AppTrust make its version of this release, which is promoted for the first time; nothing without one."""
    release = ledger.release
    if not is_configured() or RegistryRecord.objects.filter(release=release).exists():
        return
    RegistryRecord.objects.create(
        release=release,
        application_key=conf.platform_application_key(),
        version=json.loads(release.stored_manifest.body)["version"],
        next_try_at=ledger.now,
    )
    task_on_commit("releases.tell_records")


def move_record(ledger: Ledger, promotion: Promotion) -> None:
    """Let AppTrust's version follow a promotion that succeeded: up with its release, or back with what that undoes."""
    release = ledger.release
    if release.kind != ROLLBACK:
        _want(release, promotion.stage.name, at=ledger.now)
    elif release.rolls_back is not None:
        _want(release.rolls_back, _stage_left(release.rolls_back), at=ledger.now)


def _stage_left(taken: Release) -> str:
    """Return the last stage that the release reached and was not taken out of, empty for none."""
    kept = taken.promotions.filter(state=PromotionState.SUCCEEDED.value, rolled_back_at=None)
    return kept.order_by("-stage__position").values_list("stage__name", flat=True).first() or ""


def _want(release: Release, stage: str, *, at: datetime) -> None:
    wanted = RegistryRecord.objects.filter(release=release)
    if wanted.update(wanted_stage=stage, told_at=None, next_try_at=at, tries=0):
        task_on_commit("releases.tell_records")


def tell_due_records() -> int:
    """Tell AppTrust of all that it does not know yet and return how much that was; any number may do so at once."""
    if not is_configured() or not _due(database_now()).exists():
        return 0
    claimed = {each.pk: each for each in _claim()}
    stages = tuple(Stage.objects.order_by("position").values_list("name", flat=True))

    def settle(wanted: Wanted, standing: Standing) -> None:
        _settle(claimed[wanted.record_id], standing)

    with renewing(lambda: _renew(numbers(claimed.values())), at_most=TELLING_TAKES):
        tell_records([_wanted(each, stages) for each in claimed.values()], settle)
    return len(claimed)


def _due(now: datetime) -> QuerySet[RegistryRecord]:
    return _untold().filter(free(now), next_try_at__lte=now).order_by("next_try_at")


def _untold() -> QuerySet[RegistryRecord]:
    return RegistryRecord.objects.filter(told_at=None)


@transaction.atomic(durable=True)
def _claim() -> list[RegistryRecord]:
    now = database_now()
    due = _due(now).select_related("release__stored_manifest")
    return take(due, now, at_most=BATCH, counted_in="tries")


@transaction.atomic(durable=True)
def _renew(claims: Mapping[int, int]) -> None:
    prolong(_untold(), claims)


def _wanted(record: RegistryRecord, stages: tuple[str, ...]) -> Wanted:
    applications = json.loads(record.release.stored_manifest.body)["applications"]
    return Wanted(
        record_id=record.pk,
        application_key=record.application_key,
        version=record.version,
        applications={each["application_key"]: each["version"] for each in applications},
        stage=record.wanted_stage,
        stages=stages,
        correlation_id=last_correlation_id(record.release_id),
    )


@transaction.atomic(durable=True)
def _settle(told: RegistryRecord, standing: Standing) -> None:
    """Write down what AppTrust made of it, unless a later claim already went further."""
    ledger = open_ledger(release_id=told.release_id, actor="board")
    # The row too: a rollback moves what its release wants under the lock of its own.
    now = RegistryRecord.objects.select_for_update().filter(pk=told.pk, claim_no=told.claim_no).first()
    if now is None:
        return
    now.claimed_until = None
    if standing.problem:
        _put_off(ledger, now, standing)
    else:
        _finish(ledger, now, told, standing)
    now.save(update_fields=["claimed_until", "next_try_at", "problem", "told_at", "registry_stage", "is_known"])
    ledger.close()


def _put_off(ledger: Ledger, record: RegistryRecord, standing: Standing) -> None:
    record.next_try_at = ledger.now + wait(SENDING, record.tries, retry_after=standing.retry_after)
    if standing.is_known:
        record.is_known, record.registry_stage = True, standing.stage[:64]
    problem = standing.problem[:300]
    # The same cause is told once, however often it stands in the way.
    if problem != record.problem:
        record.problem = problem
        ledger.append(Kind.PLATFORM_UNRECORDED, version=record.version, reason=problem)


def _finish(ledger: Ledger, record: RegistryRecord, told: RegistryRecord, standing: Standing) -> None:
    record.is_known, record.registry_stage, record.problem = True, standing.stage[:64], ""
    # What is wanted by now is told next.
    if record.wanted_stage == told.wanted_stage:
        record.told_at = ledger.now
    ledger.append(
        Kind.PLATFORM_RECORDED,
        application_key=record.application_key,
        version=record.version,
        registry_stage=record.registry_stage,
    )
