"""How the platform fares: one row for each time that it stayed as it was."""

from __future__ import annotations

from django.db import models
from django.db.models import Q

from releases.domain.health import Health


class HealthReport(models.Model):
    """From ``began_at`` to ``checked_at`` each of ``looks`` found the same statuses; ``checks`` is the newest of them.

    Between its last look and the next row's first nobody looked.
    """

    status = models.CharField(max_length=16, choices=[(status.value, status.value) for status in Health])
    stage = models.CharField(max_length=32, blank=True)
    platform_version = models.CharField(max_length=128, blank=True)
    services = models.JSONField()
    checks = models.JSONField()
    began_at = models.DateTimeField()
    checked_at = models.DateTimeField()
    looks = models.PositiveIntegerField(default=1)

    class Meta:
        indexes = (models.Index(fields=("-checked_at",)),)
        constraints = (
            models.CheckConstraint(
                condition=Q(status__in=[status.value for status in Health]), name="health_status_is_known"
            ),
            models.CheckConstraint(condition=Q(checked_at__gte=models.F("began_at")), name="health_lasts"),
        )

    def __str__(self) -> str:
        return f"{self.status} since {self.began_at}"
