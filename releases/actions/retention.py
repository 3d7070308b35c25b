"""Forgetting by policy: callbacks and sent messages of releases that are over; never releases, never journals."""

from __future__ import annotations

import logging
from datetime import timedelta
from typing import TYPE_CHECKING

from django.db import transaction

from releases import conf
from releases.domain.aggregation import LATE_DISPOSITIONS
from releases.domain.lifecycle import OPEN_RELEASES
from releases.models import Callback, Delivery, Pulse
from releases.queries.clock import database_now

if TYPE_CHECKING:
    from datetime import datetime

    from django.db.models import Model, QuerySet

LOG = logging.getLogger(__name__)
PULSE = "retention"
LOOK_EVERY = timedelta(minutes=1)
# What one transaction deletes, so that nobody waits for it.
BATCH = 1_000
# The journal counts them, so that a replay would miss them.
_COUNTED = [disposition.value for disposition in LATE_DISPOSITIONS]
_OPEN = [state.value for state in OPEN_RELEASES]


def keep_retention() -> int:
    """Delete one batch of each kind that is older than its policy allows, once a minute; return how many rows."""
    callbacks, events = conf.retain_callbacks(), conf.retain_events()
    if not (callbacks or events) or not _claim():
        return 0
    now = database_now()
    gone = _forget(_callbacks(now - callbacks)) if callbacks else 0
    gone += _forget(_events(now - events)) if events else 0
    if gone:
        LOG.info("forgot %s callbacks and messages that are older than the policy keeps them", gone)
    return gone


def _claim() -> bool:
    now = database_now()
    Pulse.objects.get_or_create(name=PULSE, defaults={"at": now - LOOK_EVERY})
    due = Pulse.objects.filter(name=PULSE, at__lte=now - LOOK_EVERY)
    return due.exists() and bool(due.update(at=now))


def _callbacks(before: datetime) -> QuerySet[Callback]:
    """Return what was applied long ago; what a replay counts stays, and so does all of a release that is open."""
    old = Callback.objects.filter(received_at__lt=before).exclude(disposition__in=_COUNTED)
    return old.exclude(dispatch__step__promotion__release__state__in=_OPEN)


def _events(before: datetime) -> QuerySet[Delivery]:
    """Return messages that ended long ago; one that was sent again goes after its repetition."""
    delivered = Delivery.objects.filter(delivered_at__lt=before) | Delivery.objects.filter(gave_up_at__lt=before)
    return delivered.filter(repetitions=None)


@transaction.atomic(durable=True)
def _forget(old: QuerySet[Callback] | QuerySet[Delivery]) -> int:
    model: type[Model] = old.model
    oldest = list(old.order_by("pk").values_list("pk", flat=True)[:BATCH])
    gone, _ = model._base_manager.filter(pk__in=oldest).delete()  # noqa: SLF001
    return gone
