"""How long promotions have taken."""

from __future__ import annotations

from collections import defaultdict
from statistics import median
from typing import TYPE_CHECKING

from django.db.models import F, Window
from django.db.models.functions import RowNumber

from releases.domain.lifecycle import SlotState
from releases.models import PromotionStep

if TYPE_CHECKING:
    from datetime import timedelta

REMEMBERED = 10
MS = 1_000


def step_durations() -> dict[str, int]:
    """Milliseconds by service: the median of the last attempts of its last ten steps that succeeded."""
    newest_first = Window(RowNumber(), partition_by=F("service_id"), order_by=(F("finished_at").desc(), F("pk").desc()))
    succeeded = PromotionStep.objects.filter(
        state=SlotState.SUCCEEDED.value, started_at__isnull=False, finished_at__isnull=False
    )
    remembered = succeeded.annotate(age=newest_first, took=F("finished_at") - F("started_at")).filter(
        age__lte=REMEMBERED
    )
    found: defaultdict[str, list[int]] = defaultdict(list)
    for service, took in remembered.values_list("service__slug", "took"):
        found[service].append(_milliseconds(took))
    return {service: round(median(durations)) for service, durations in found.items()}


def _milliseconds(duration: timedelta) -> int:
    return max(0, round(duration.total_seconds() * MS))
