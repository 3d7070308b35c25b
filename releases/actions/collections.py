"""Collecting versions from the registry: asked for in one transaction, fetched outside, stored in another."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from django.db import IntegrityError, transaction

from releases.actions.claims import CLAIM, free, renewing
from releases.actions.contents import want_contents
from releases.actions.quarantining import keep_quarantines
from releases.clients.apptrust import RegisteredVersion, RegistryUnavailable, list_versions
from releases.domain.access import SYSTEM, Actor, Permission, require
from releases.domain.sort_keys import sort_key_of
from releases.domain.versions import InvalidVersion, parse
from releases.enqueue import task_on_commit
from releases.models import Collection, Service, ServiceVersion
from releases.queries.clock import database_now

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import datetime

# Longer than a registry may take to answer; afterwards somebody else may try.
COLLECTING_TAKES = timedelta(seconds=90)
KEEP = timedelta(days=7)


@transaction.atomic(durable=True)
def request_collection(*, actor: Actor) -> Collection:
    """Ask for a collection, or join the one that is already on its way."""
    if actor is not SYSTEM:
        require(actor, Permission.COLLECT)
    now = database_now()
    Collection.objects.filter(finished_at__lt=now - KEEP).delete()
    collection = _open_collection(actor, now)
    task_on_commit("releases.collect_due_versions")
    return collection


def _open_collection(actor: Actor, now: datetime) -> Collection:
    while True:
        running = Collection.objects.select_for_update().filter(finished_at=None).first()
        if running:
            return running
        try:
            with transaction.atomic():
                return Collection.objects.create(requested_by=actor.name, requested_at=now)
        except IntegrityError:
            # Somebody else's was committed between the look and the row: join that one.
            continue


def collect_due_versions() -> None:
    """Carry out the collection that was asked for, unless another process is at it."""
    collection = _claim()
    if collection is None:
        return
    keys = dict(Service.objects.values_list("application_key", "pk"))
    try:
        with renewing(lambda: _renew(collection), at_most=COLLECTING_TAKES):
            found = list_versions(list(keys))
    except RegistryUnavailable as failure:
        _finish(collection, error=str(failure))
    else:
        _store(collection, {keys[key]: versions for key, versions in found.items()})


def _claim() -> Collection | None:
    now = database_now()
    open_ones = Collection.objects.filter(free(now), finished_at=None)
    collection = open_ones.order_by("requested_at").first()
    if collection is None:
        return None
    won = open_ones.filter(pk=collection.pk).update(claimed_until=now + CLAIM)
    return collection if won else None


def _renew(collection: Collection) -> None:
    Collection.objects.filter(pk=collection.pk, finished_at=None).update(claimed_until=database_now() + CLAIM)


def _finish(collection: Collection, *, error: str = "", versions: int = 0) -> None:
    collection.finished_at = database_now()
    collection.error, collection.versions = error[:500], versions
    collection.save(update_fields=["finished_at", "error", "versions"])


@transaction.atomic(durable=True)
def _store(collection: Collection, found: Mapping[int, Sequence[RegisteredVersion]]) -> None:
    rows = [_row(service_id, version) for service_id, versions in found.items() for version in versions]
    # A version that slid to the next page while the pages were read is listed twice; PostgreSQL refuses such a batch.
    unique = {(row.service_id, row.version): row for row in rows}
    ServiceVersion.objects.bulk_create(
        unique.values(),
        batch_size=500,
        update_conflicts=True,
        unique_fields=["service", "version"],
        update_fields=[
            "invalid_because",
            "tag",
            "registry_status",
            "release_status",
            "registry_stage",
            "registered_at",
        ],
    )
    tags = {key: row.tag for key, row in unique.items()}
    now = database_now()
    keep_quarantines(tags, asked_at=collection.requested_at, now=now)
    want_contents(now)
    _finish(collection, versions=len(unique))


def _row(service_id: int, version: RegisteredVersion) -> ServiceVersion:
    return ServiceVersion(
        service_id=service_id,
        version=version.version[:255],
        sort_key=sort_key_of(version.version[:255]),
        invalid_because=_why_invalid(version.version),
        tag=version.tag[:128],
        registry_status=version.status[:32],
        release_status=version.release_status[:32],
        registry_stage=version.stage[:64],
        registered_at=version.created_at,
    )


def _why_invalid(raw: str) -> str:
    try:
        parse(raw)
    except InvalidVersion as refusal:
        return refusal.message[:300]
    return ""
