"""Reading what AppTrust says is in each version: due once a collection finds it completed, and read once."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from django.db import transaction
from django.db.models import F

from releases import conf
from releases.actions.claims import free, numbers, prolong, renewing, take, wait
from releases.clients.contents import Reading, Wanted, read_contents
from releases.domain.backoff import READING
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

    with renewing(lambda: _renew(numbers(claimed.values())), at_most=READING_TAKES):
        read_contents([_wanted(each) for each in claimed.values()], settle)
    return len(claimed)


def _due(now: datetime) -> QuerySet[VersionContent]:
    return _unread().filter(free(now), next_try_at__lte=now)


def _unread() -> QuerySet[VersionContent]:
    return VersionContent.objects.filter(read_at=None)


@transaction.atomic(durable=True)
def _claim() -> list[VersionContent]:
    now = database_now()
    # A release is planned with the newest, and its manifest says only what was read by then.
    newest = _due(now).order_by(F("service_version__registered_at").desc(nulls_last=True), "-pk")
    return take(newest.select_related("service_version__service"), now, at_most=AT_ONCE, counted_in="tries")


@transaction.atomic(durable=True)
def _renew(claims: Mapping[int, int]) -> None:
    prolong(_unread(), claims)


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
        row.next_try_at = now + wait(READING, row.tries, retry_after=reading.retry_after)
    else:
        row.sources, row.releasables = list(reading.content.sources), list(reading.content.releasables)
        row.read_at = now
    row.save(update_fields=["claimed_until", "problem", "next_try_at", "sources", "releasables", "read_at"])
