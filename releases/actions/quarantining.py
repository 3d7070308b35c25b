"""Putting versions in quarantine that were taken back: here at once, in the registry as soon as it can be told."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from django.db import transaction

from releases import conf
from releases.actions.claims import free, numbers, prolong, renewing, take, wait
from releases.actions.ledger import open_ledger
from releases.clients.quarantines import Taken, TakenBack, tell_taken_back
from releases.domain.backoff import SENDING
from releases.domain.journal import Kind
from releases.domain.selection import QUARANTINE
from releases.enqueue import task_on_commit
from releases.models import Quarantine, ServiceVersion
from releases.queries.clock import database_now
from releases.queries.sessions import last_correlation_id

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from django.db.models import QuerySet

    from releases.actions.ledger import Ledger
    from releases.models import PromotionStep

BATCH = 50
NOT_THERE = "AppTrust does not know this version."
# Three calls of at most 35 s each.
TELLING_TAKES = timedelta(seconds=110)


def quarantine(ledger: Ledger, step: PromotionStep) -> None:
    """Put the version that a step of a rollback has just left in quarantine, if the rollback was started to do so."""
    if step.service.slug not in ledger.release.plan.get("quarantine", ()):
        return
    stage = step.promotion.stage
    Quarantine.objects.create(
        release=ledger.release,
        service=step.service,
        stage=stage,
        version=step.from_version,
        began_at=ledger.now,
        next_try_at=ledger.now,
    )
    # Nobody may plan with it from this moment on, whenever the registry is told.
    ServiceVersion.objects.filter(service=step.service, version=step.from_version).update(tag=QUARANTINE)
    ledger.append(Kind.VERSION_QUARANTINED, service=step.service.slug, stage=stage.name, version=step.from_version)
    task_on_commit("releases.tell_registry")


def tell_registry() -> int:
    """Tell the registry of all that it does not know yet and return how much that was; any number may do so at once."""
    if not conf.registry_url() or not _due(database_now()).exists():
        return 0
    claimed = {each.pk: each for each in _claim()}

    def settle(taken: Taken, answer: TakenBack) -> None:
        _settle(claimed[taken.quarantine_id], answer)

    with renewing(lambda: _renew(numbers(claimed.values())), at_most=TELLING_TAKES):
        tell_taken_back([_taken(each) for each in claimed.values()], settle)
    return len(claimed)


def _untold() -> QuerySet[Quarantine]:
    return Quarantine.objects.filter(told_at=None, lifted_at=None)


def _due(now: datetime) -> QuerySet[Quarantine]:
    return _untold().filter(free(now), next_try_at__lte=now).select_related("service", "stage").order_by("next_try_at")


@transaction.atomic(durable=True)
def _claim() -> list[Quarantine]:
    now = database_now()
    return take(_due(now), now, at_most=BATCH, counted_in="tries")


@transaction.atomic(durable=True)
def _renew(claims: Mapping[int, int]) -> None:
    prolong(_untold(), claims)


def _taken(told: Quarantine) -> Taken:
    return Taken(
        quarantine_id=told.pk,
        application_key=told.service.application_key,
        version=told.version,
        stage=told.stage.name,
        tag=QUARANTINE,
        correlation_id=last_correlation_id(told.release_id),
    )


@transaction.atomic(durable=True)
def _settle(told: Quarantine, answer: TakenBack) -> None:
    """Write down what the registry made of it, unless a later claim already went further."""
    ledger = open_ledger(release_id=told.release_id, actor="board")
    now = _untold().select_related("service").filter(pk=told.pk, claim_no=told.claim_no).first()
    if now is None:
        return
    now.claimed_until = None
    if answer.problem:
        _put_off(ledger, now, answer)
    else:
        _finish(ledger, now, answer)
    now.save(update_fields=["claimed_until", "next_try_at", "problem", "told_at", "registry_stage"])
    ledger.close()


def _put_off(ledger: Ledger, told: Quarantine, answer: TakenBack) -> None:
    told.next_try_at = ledger.now + wait(SENDING, told.tries, retry_after=answer.retry_after)
    problem = answer.problem[:300]
    # The same cause is told once, however often it stands in the way.
    if problem != told.problem:
        told.problem = problem
        ledger.append(Kind.REGISTRY_UNREACHED, service=told.service.slug, version=told.version, reason=problem)


def _finish(ledger: Ledger, told: Quarantine, answer: TakenBack) -> None:
    told.told_at, told.registry_stage = ledger.now, answer.stage[:64]
    told.problem = "" if answer.is_known else NOT_THERE
    ledger.append(
        Kind.REGISTRY_TOLD,
        service=told.service.slug,
        version=told.version,
        registry_stage=told.registry_stage,
        is_known=answer.is_known,
    )
    registered = ServiceVersion.objects.filter(service=told.service, version=told.version)
    registered.update(registry_stage=told.registry_stage)


def keep_quarantines(listed: Mapping[tuple[int, str], str], *, asked_at: datetime, now: datetime) -> None:
    """Keep what was taken back in quarantine, whatever the registry's list says, unless its tag was emptied there.

    ``listed`` are the tags just stored, by service and version: the caller holds those rows, so that what is put in
    quarantine meanwhile is either seen here or written afterwards. ``asked_at`` is since when the list was asked for.
    """
    for known in Quarantine.objects.filter(lifted_at=None).order_by("pk"):
        tag = listed.get((known.service_id, known.version))
        if tag is not None and tag.casefold() != QUARANTINE:
            _keep(known, tag, asked_at=asked_at, now=now)


def _keep(known: Quarantine, tag: str, *, asked_at: datetime, now: datetime) -> None:
    # A list that was asked for before the registry was told may not know it yet.
    is_news = known.told_at is not None and known.told_at < asked_at
    if is_news and not tag:
        known.lifted_at = now
        known.save(update_fields=["lifted_at"])
        return
    ServiceVersion.objects.filter(service=known.service_id, version=known.version).update(tag=QUARANTINE)
    if is_news:
        # Another tag is no way out: the registry is told again.
        known.told_at, known.next_try_at = None, now
        known.save(update_fields=["told_at", "next_try_at"])
