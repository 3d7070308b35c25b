"""Reading what AppTrust says is in each version: due once a collection finds it completed, and read once."""

from __future__ import annotations

import random
from datetime import timedelta
from typing import TYPE_CHECKING

from django.db import transaction
from django.db.models import F, Q

from releases import conf
from releases.actions.claims import CLAIM, renewing, without_waiting
from releases.clients.contents import Reading, Wanted, read_contents
from releases.domain.contents import wait_after
from releases.enqueue import task_on_commit
from releases.models import ServiceVersion, VersionContent
from releases.queries.clock import database_now

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from django.db.models import QuerySet

COMPLETED = "COMPLETED"
# A registry with thousands of versions is asked for all of them once; it has others to answer too.
AT_ONCE = 8
READING_TAKES = timedelta(seconds=90)


def want_contents(now: datetime) -> None:
    """Let what AppTrust completed be read; for the transaction that has just stored what it lists."""
    new = ServiceVersion.objects.filter(content=None, invalid_because="", registry_status=COMPLETED)
    rows = [VersionContent(service_version=version, next_try_at=now) for version in new.only("pk")]
    if rows:
        VersionContent.objects.bulk_create(rows, batch_size=500, ignore_conflicts=True)
        task_on_commit("releases.read_contents")


def read_due_contents() -> int:
    """Read what is due, the newest versions first, and return how many that were; any number may do so at once."""
    if not conf.registry_url() or not _due(database_now()).exists():
        return 0
    claimed = {each.pk: each for each in _claim()}

    def settle(wanted: Wanted, reading: Reading) -> None:
        _settle(claimed[wanted.content_id], reading)

    claims = {pk: each.claim_no for pk, each in claimed.items()}
    with renewing(lambda: _renew(claims), at_most=READING_TAKES):
        read_contents([_wanted(each) for each in claimed.values()], settle)
    return len(claimed)


def _due(now: datetime) -> QuerySet[VersionContent]:
    free = Q(claimed_until=None) | Q(claimed_until__lt=now)
    return VersionContent.objects.filter(free, read_at=None, next_try_at__lte=now)


@transaction.atomic(durable=True)
def _claim() -> list[VersionContent]:
    now = database_now()
    # A release is planned with the newest, and its manifest says only what was read by then.
    newest = _due(now).order_by(F("service_version__registered_at").desc(nulls_last=True), "-pk")
    claimed = list(without_waiting(newest.select_related("service_version__service"))[:AT_ONCE])
    for each in claimed:
        each.claim_no, each.claimed_until, each.tries = each.claim_no + 1, now + CLAIM, each.tries + 1
        each.save(update_fields=["claim_no", "claimed_until", "tries"])
    return claimed


@transaction.atomic(durable=True)
def _renew(claims: Mapping[int, int]) -> None:
    claimed = without_waiting(VersionContent.objects.filter(pk__in=claims).exclude(claimed_until=None))
    mine = [each.pk for each in claimed if each.claim_no == claims[each.pk]]
    VersionContent.objects.filter(pk__in=mine).update(claimed_until=database_now() + CLAIM)


def _wanted(row: VersionContent) -> Wanted:
    version = row.service_version
    return Wanted(content_id=row.pk, application_key=version.service.application_key, version=version.version)


@transaction.atomic(durable=True)
def _settle(claimed: VersionContent, reading: Reading) -> None:
    """Write down what was read, unless a later claim already went further or the version is gone."""
    row = VersionContent.objects.select_for_update().filter(pk=claimed.pk, claim_no=claimed.claim_no).first()
    if row is None:
        return
    now = database_now()
    row.claimed_until, row.problem = None, reading.problem[:300]
    if reading.content is None:
        delay = wait_after(row.tries, spread=random.uniform(-1, 1), retry_after=reading.retry_after)  # noqa: S311
        row.next_try_at = now + timedelta(seconds=delay)
    else:
        row.sources, row.releasables = list(reading.content.sources), list(reading.content.releasables)
        row.read_at = now
    row.save(update_fields=["claimed_until", "problem", "next_try_at", "sources", "releasables", "read_at"])
